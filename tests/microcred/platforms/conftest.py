"""A sample home with its learning platforms, and few words to say what they send."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from issuer.lms.connection import Connection, Secret
from issuer.lms.credentials import sign
from issuer.lms_work.platforms import Platforms
from microcred.app import build, checker
from microcred.samples import Sample
from microcred.simulate.plays import Student
from microcred.world import World
from tests.microcred.conftest import START, Clock
from tests.verifier.web_client import Client

ADA = Student("ada", 1)
COURSE_COMPLETED = r"\core\event\course_completed"


@dataclass
class Campus:
    """The institution, its platforms, and a client that stands for whatever calls it."""

    platforms: Platforms
    client: Client
    clock: Clock

    def connection(self, name: str) -> Connection:
        return self.platforms.connections.get(name).connection

    def post(self, name: str, body: Any, message: str = "m-1", **options: Any) -> httpx.Response:
        """Post a body as a platform that signs does; `secret`, `at` and `signed` (another body) make it a bad one."""
        self.clock.forward(seconds=1)  # else the order of arrival would be lost: keys begin with the time
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        secret: Secret = options.get("secret") or self.connection(name).secrets[-1]
        at: datetime = options.get("at") or self.clock()
        headers = sign(secret, message, at, options.get("signed", data))
        return self.client.post(f"/lms/{name}", content=data, headers=headers)

    def moodle(self, message: str = "m-1", student: Student = ADA, **event: Any) -> httpx.Response:
        return self.post("moodle", moodle(student, **event), message)

    def count(self, table: str, where: str = "1 = 1") -> int:
        service = self.platforms.service
        with service.database.begin_read(service.institution.id) as tx:
            return int(tx.connection.exec_driver_sql(f"SELECT count(*) FROM {table} WHERE {where}").scalar() or 0)

    def states(self) -> list[tuple[str, str | None]]:
        """State and reason of every report in order of arrival."""
        service = self.platforms.service
        with service.database.begin_read(service.institution.id) as tx:
            rows = tx.connection.exec_driver_sql("SELECT state, reason_code FROM lms_report ORDER BY id")
            return [(state, code) for state, code in rows]

    def held(self) -> list[str | None]:
        return [item.reason_code for item in self.platforms.held()]


def moodle(student: Student = ADA, **event: Any) -> dict[str, Any]:
    """A message of our Moodle plugin; `event` replaces members of the event, `user` and `course` those around it."""
    user = event.pop("user", {})
    at = START - timedelta(hours=1)
    return {
        "source": "https://moodle.northbridge.example",
        "siteid": "northbridge-sample-site",
        "event": {
            "eventname": COURSE_COMPLETED,
            "objecttable": "course_completions",
            "objectid": "1",
            "userid": "4",
            "relateduserid": str(student.account),
            "courseid": "2",
            "timecreated": int(at.timestamp()),
            **event,
        },
        "user": {
            "id": str(student.account),
            "idnumber": student.number,
            "email": student.email,
            "fullname": student.name,
            **user,
        },
    }


def webhook(kind: str = "completed", student: Student = ADA, **more: Any) -> dict[str, Any]:
    """A message in our own format."""
    return {
        "kind": kind,
        "occurredAt": "2026-11-24T11:00:00Z",
        "learner": {"id": str(student.account), "sisId": student.number, "name": student.name},
        "course": {"id": "tdp-2026"},
        **more,
    }


@pytest.fixture
def campus(sample: Sample, world: World, clock: Clock) -> Iterator[Campus]:
    app = build(checker(world, sample.service), sample.service)
    yield Campus(app.state.platforms, Client(app, sample.service.addresses.base_url), clock)
    app.state.platforms.end()
    sample.installation.database.close()
