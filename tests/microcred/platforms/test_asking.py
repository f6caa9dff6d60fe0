"""Asking back: nothing is signed that the platform does not confirm, and what it never told is found at night."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from issuer.lms_work.bindings import BindingWish
from issuer.lms_work.connections import Wish
from issuer.lms_work.reconcile import Reconciliation
from microcred.app import build, checker
from microcred.samples import Sample
from microcred.simulate.plays import Student
from microcred.world import World
from tests.microcred.conftest import Clock, Console
from tests.microcred.platforms.conftest import ADA, Campus, moodle
from tests.microcred.platforms.fake_lms import TOKEN, FakeLms, WorldWithLms, running
from tests.verifier.web_client import Client

SITE = "https://lms2.northbridge.example"
AT = 1_795_428_000
PASSED_60 = {"rule": "passed", "percent": "60"}


@pytest.fixture
def lms() -> Iterator[FakeLms]:
    with running() as platform:
        yield platform


@pytest.fixture
def there(world: World, lms: FakeLms) -> WorldWithLms:
    return WorldWithLms(world.environ, world.clock, world.random_bytes, lms)


@pytest.fixture
def campus(sample: Sample, there: WorldWithLms, clock: Clock) -> Iterator[Campus]:
    app = build(checker(there, sample.service), sample.service)
    campus = Campus(app.state.platforms, Client(app, sample.service.addresses.base_url), clock)
    wish = Wish("asked", "moodle", SITE, "northbridge-sis", creates=True, links=True, api_token=TOKEN)
    campus.platforms.connections.add(wish, "tests")
    campus.platforms.bindings.add(BindingWish("asked", "2", "data-ethics-foundations", {"rule": "completed"}), "tests")
    yield campus
    app.state.platforms.end()
    sample.installation.database.close()


def tell(campus: Campus, message: str = "m-1", student: Student = ADA, **event: Any) -> None:
    body = {**moodle(student, timecreated=AT, **event), "source": SITE}
    assert campus.post("asked", body, message).status_code == 202
    campus.platforms.drain()


def test_nothing_is_signed_before_the_platform_agrees(campus: Campus, lms: FakeLms) -> None:
    lms.enrol(ADA, AT)
    tell(campus)
    assert (campus.held(), campus.count("credential")) == (["asking"], 0)
    assert campus.platforms.ask_due() == 1
    assert (campus.held(), campus.count("credential")) == ([], 1)
    assert campus.count("lms_award", "confirmed IS NOT NULL") == 1
    assert campus.platforms.ask_due() == 0


def test_what_the_platform_denies_is_held_until_it_says_so_again(campus: Campus, lms: FakeLms) -> None:
    lms.enrol(ADA)
    tell(campus)
    campus.platforms.ask_due()
    assert (campus.held(), campus.count("credential")) == (["source-disagrees"], 0)
    lms.enrol(ADA, AT)
    tell(campus, "m-2", objectid="2")
    campus.platforms.ask_due()
    assert (campus.held(), campus.count("credential")) == ([], 1)


def test_a_platform_that_is_away_is_asked_again_later(campus: Campus, lms: FakeLms) -> None:
    lms.enrol(ADA, AT)
    lms.broken = 503
    tell(campus)
    assert campus.platforms.ask_due() == 0
    assert campus.held() == ["asking"]
    lms.broken = None
    assert campus.platforms.ask_due() == 0
    campus.clock.forward(minutes=2)
    assert campus.platforms.ask_due() == 1
    assert campus.count("credential") == 1


def test_an_answer_that_is_a_refusal_is_final_and_says_why(campus: Campus) -> None:
    tell(campus)
    campus.platforms.ask_due()
    (report,) = campus.platforms.held()
    assert report.reason_code == "source-silent"
    assert report.reason
    assert "usernotenroled" in report.reason


def test_reconciliation_finds_what_was_never_told_and_what_is_not_confirmed(campus: Campus, lms: FakeLms) -> None:
    students = [Student("r", number) for number in range(60)]
    for number, student in enumerate(students):
        lms.enrol(student, AT if number < 55 else None)
    for number in range(50):
        tell(campus, f"m-{number}", students[number], objectid=str(number))
    while campus.platforms.ask_due():
        continue
    assert campus.count("credential") == 50
    lms.enrol(students[0], None)
    lms.asked.clear()
    desk = Reconciliation(campus.platforms)
    (found,) = desk.run(fix=False)
    assert (found.learners, found.completed, len(found.missing), found.unconfirmed) == (60, 54, 5, 1)
    assert "core_enrol_get_enrolled_users" in lms.asked
    assert desk.nightly(campus.clock()).startswith("5 completions were never reported, 1 not confirmed, 0 not asked.")
    assert campus.count("credential") == 50
    desk.run(fix=True)
    assert campus.count("credential") == 55
    (again,) = desk.run(fix=True)
    assert (len(again.missing), campus.count("credential")) == (0, 55)


@pytest.mark.databases("sqlite")
def test_canvas_is_read_by_courses(campus: Campus, lms: FakeLms) -> None:
    options = {"root_account_uuid": "x", "api": SITE}
    wish = Wish("canvas-2", "canvas", SITE, "northbridge-sis", options, creates=True, links=True, api_token=TOKEN)
    campus.platforms.connections.add(wish, "tests")
    campus.platforms.bindings.add(BindingWish("canvas-2", "7", "testing-data-products", {"rule": "completed"}), "tests")
    lms.enrol(ADA, AT)
    lms.enrol(Student("b", 2))
    found = {item.connection: item for item in Reconciliation(campus.platforms).run(fix=True)}
    assert (found["canvas-2"].learners, len(found["canvas-2"].missing)) == (2, 1)
    assert campus.count("completion", "definition_id = 'testing-data-products'") == 1


@pytest.mark.databases("sqlite")
def test_the_command_says_what_it_found(campus: Campus, lms: FakeLms, there: WorldWithLms) -> None:
    lms.enrol(ADA, AT)
    console = Console(there)
    assert console("reconcile", "--json") == 0
    (row,) = json.loads(console.out.getvalue())
    assert (row["missing"], row["error"]) == (1, None)
    assert console("reconcile", "--fix") == 0
    assert campus.count("credential") == 1
    lms.broken = 500
    assert console("reconcile") == 1


@pytest.mark.databases("sqlite")
def test_a_connection_can_be_tried_out(campus: Campus, lms: FakeLms, there: WorldWithLms) -> None:
    console = Console(there)
    assert console("connections", "test", "asked") == 0
    assert "Moodle answers" in console.out.getvalue()
    lms.broken = 500
    assert console("connections", "test", "asked") == 1
    assert "HTTP 500" in console.out.getvalue()
    assert console("connections", "test", "canvas") == 0
    assert campus.count("lms_message") == 0
