"""Launches of one person at different times, logins of many at the same time, and what a course says of its version."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from issuer.lms.ask import Answer, Request
from issuer.lms.lti import LEARNER, TEACHERS
from issuer.lms_work.bindings import BindingWish
from microcred.simulate.plays import Student
from tests.microcred.lti.conftest import DEFINITION, NAME, School
from tests.microcred.lti.platform import COURSE, ISSUER
from tests.microcred.lti.test_launches import PASSED, at, passes, standing, with_claims

pytestmark = pytest.mark.databases("sqlite")
ADA = Student("ada", 1)
LET_IN = {"rule": "completed"}


def let_in(school: School) -> httpx.Response:
    """Open the link at the time of the clock."""

    def change(claims: dict[str, Any]) -> dict[str, Any]:
        return {**claims, "iat": at(school, 0), "exp": at(school, 60)}

    return school.lms.open(ADA, change)


def test_who_opens_the_link_too_early_gets_the_badge_later(school: School) -> None:
    school.platforms.connections.remove(NAME, "tests")
    school.connect("second", ISSUER, counts="launch")
    school.clock.now = school.clock.now.replace(minute=10) + timedelta(hours=1)
    assert standing(let_in(school)) == "unbound"
    begin = school.clock() + timedelta(seconds=10)
    school.platforms.bindings.add(BindingWish("second", COURSE, DEFINITION, LET_IN, valid_from=begin), "tests")
    school.clock.forward(minutes=1)
    page = let_in(school)
    assert (standing(page), "Open this link again in a few hours." in page.text) == ("held", True)
    school.clock.forward(hours=1)
    assert (standing(let_in(school)), school.count("credential")) == ("earned", 1)
    school.clock.forward(hours=1)
    let_in(school)
    school.platforms.release()
    assert school.count("credential") == 1


def test_a_course_that_names_another_version_than_the_binding_waits_for_people(school: School) -> None:
    passes(school)

    def of_version(code: str, role: str = LEARNER) -> httpx.Response:
        return school.lms.open(
            ADA, with_claims(lis={"course_section_sourcedid": code, "person_sourcedid": ADA.number}), role
        )

    page = of_version("MC-DETH-01@v9")
    assert (standing(page), school.count("credential")) == ("held", 0)
    assert "Reference: version-disagrees." in page.text
    page = of_version("MC-DETH-01@v9", TEACHERS[0])
    assert (standing(page), "names another version" in page.text) == ("teacher", True)
    (version,) = (one.version for one in school.platforms.service.list_definitions() if one.definition_id == DEFINITION)
    assert (standing(of_version(f"MC-DETH-01@v{version}")), school.count("credential")) == ("earned", 1)


def test_logins_that_are_begun_at_the_same_moment_share_a_transaction(school: School) -> None:
    service, commits = school.platforms.service, []
    event.listen(service.database.engine, "commit", lambda _: commits.append(1))
    with ThreadPoolExecutor(12) as pool:
        with service.database.begin_write(service.institution.id):
            begun = [pool.submit(school.lms.login) for _ in range(12)]
            wait(begun, 0.5)  # all of them queue behind this transaction
        assert {one.result().status_code for one in begun} == {302}
    assert (school.count("lti_login"), len(commits) < 12) == (12, True)


def test_a_launch_under_way_is_answered_before_the_service_ends(school: School) -> None:
    asked, go = threading.Event(), threading.Event()

    def slow(request: Request) -> Answer:
        asked.set()
        assert go.wait(10)
        return Answer(200, PASSED % ADA.account)

    school.lms.services = slow
    with ThreadPoolExecutor(2) as pool:
        page = pool.submit(school.lms.open, ADA)
        assert asked.wait(10)
        ending = pool.submit(school.platforms.end)
        wait([ending], 0.3)
        go.set()
        assert standing(page.result()) == "earned"
        ending.result()
