"""A sample home that is connected to an LTI platform of other people's making."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pytest

from issuer.keys_rsa import make
from issuer.lms_work.bindings import BindingWish
from issuer.lms_work.connections import Wish
from issuer.lms_work.platforms import Platforms
from microcred.app import build, checker
from microcred.installation import open_installation, settings_of
from microcred.sample_platforms import SIS
from microcred.simulate.plays import Student
from microcred.world import World, now
from tests.microcred.conftest import Clock
from tests.microcred.lti.gradebook import ADA, BRAM, CHIARA, Gradebook
from tests.microcred.lti.platform import COURSE, ISSUER, LINE_ITEM, OPTIONS, Lms, WorldWithPlatform
from tests.verifier.web_client import Client

NAME = "campus"
DEFINITION = "data-ethics-foundations"
PASSED_60 = {"rule": "passed", "percent": "60", "gradeAlone": True}


@cache
def tool_key() -> bytes:
    return make(2_048)


@dataclass
class School:
    """The institution with its platform."""

    lms: Lms
    platforms: Platforms
    world: WorldWithPlatform
    clock: Clock

    def count(self, table: str) -> int:
        service = self.platforms.service
        with service.database.begin_read(service.institution.id) as tx:
            return int(tx.connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() or 0)

    def connect(self, name: str, issuer: str, **options: str) -> None:
        wish = Wish(name, "lti", issuer, SIS, {**OPTIONS, **options}, creates=True, links=True, secret=tool_key())
        self.platforms.connections.add(wish, "tests")

    def bind(self, name: str = NAME, rule: object = PASSED_60) -> None:
        self.platforms.bindings.add(BindingWish(name, COURSE, DEFINITION, rule), "tests")


@pytest.fixture
def school(world: World, clock: Clock) -> Iterator[School]:
    """The platform signs with the real time, so the clock is moved to it."""
    clock.now, lms = now(), Lms()
    there = WorldWithPlatform(world.environ, clock, os.urandom, lms)
    installation = open_installation(settings_of(there), there)
    service = installation.service()
    app = build(checker(there, service), service)
    lms.client = Client(app, service.addresses.base_url)
    made = School(lms, app.state.platforms, there, clock)
    made.connect(NAME, ISSUER)
    made.bind()
    yield made
    app.state.platforms.end()
    installation.database.close()


@pytest.fixture
def book(school: School) -> Gradebook:
    """A platform with services; its connection lets scores be written."""
    school.platforms.connections.remove(NAME, "tests")
    found = Gradebook(school.lms)
    school.connect("second", ISSUER, scores="write")
    school.bind("second")
    for student in (ADA, BRAM, CHIARA):
        found.enrol(student)
    return found


def earn(school: School, book: Gradebook, student: Student = ADA) -> None:
    """Let a learner open the link with enough points."""
    book.graded(LINE_ITEM, student, 80)
    assert 'data-standing="earned"' in school.lms.open(student, book.change).text
