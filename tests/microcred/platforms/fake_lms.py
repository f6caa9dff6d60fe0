"""A Moodle and a Canvas on the own machine that know what a test tells them, and a way to ask them without TLS.

The service asks public https addresses only; a test's world has an asker that leads every question to this server.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from issuer.lms.ask import Answer, Request
from issuer.lms_work.asking import Ask
from microcred.simulate.plays import Student
from microcred.world import World

TOKEN = "a-token-of-the-platform"  # of the server below


@dataclass
class Record:
    """What the platform knows of a learner in its one course."""

    student: Student
    completed_at: int | None = None
    grade: str | None = None


@dataclass
class FakeLms:
    """The platform; `broken` is the HTTP status of all its answers if it is set. `asked` are the questions."""

    port: int = 0
    records: dict[str, Record] = field(default_factory=dict)
    broken: int | None = None
    asked: list[str] = field(default_factory=list)

    def enrol(self, student: Student, completed_at: int | None = None, grade: str | None = None) -> None:
        self.records[str(student.account)] = Record(student, completed_at, grade)

    def ask(self, request: Request) -> Answer:
        parts = urlsplit(request.url)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(request.method, path, request.body, dict(request.headers))
        response = connection.getresponse()
        answer = Answer(response.status, response.read(), {k.lower(): v for k, v in response.getheaders()})
        connection.close()
        return answer

    def moodle(self, form: dict[str, str]) -> Any:
        if form.get("wstoken") != TOKEN:
            return {"exception": "moodle_exception", "errorcode": "invalidtoken", "message": "…"}
        self.asked.append(form["wsfunction"])
        return getattr(self, form["wsfunction"])(form)

    def core_webservice_get_site_info(self, _form: dict[str, str]) -> Any:
        names = ("core_completion_get_course_completion_status", "core_enrol_get_enrolled_users")
        return {"functions": [{"name": name} for name in (*names, "gradereport_user_get_grade_items")]}

    def core_completion_get_course_completion_status(self, form: dict[str, str]) -> Any:
        record = self.records.get(form["userid"])
        if record is None:
            return {"exception": "moodle_exception", "errorcode": "usernotenroled", "message": "…"}
        at = record.completed_at
        step = {"type": 4, "title": "Activity completion", "complete": at is not None, "timecompleted": at}
        return {"completionstatus": {"completed": at is not None, "aggregation": 1, "completions": [step]}}

    def gradereport_user_get_grade_items(self, form: dict[str, str]) -> Any:
        grade = self.records[form["userid"]].grade
        item = {"itemtype": "course", "graderaw": grade, "grademin": 0, "grademax": 100}
        return {"usergrades": [{"gradeitems": [item]}]}

    def core_enrol_get_enrolled_users(self, form: dict[str, str]) -> Any:
        start = int(form["options[2][value]"])
        page = list(self.records.values())[start : start + 50]
        return [
            {
                "id": record.student.account,
                "idnumber": record.student.number,
                "fullname": record.student.name,
                "roles": [{"shortname": "student"}],
            }
            for record in page
        ]

    def canvas(self, path: str) -> Any:
        self.asked.append(path)
        if path.endswith("/users"):
            return [
                {"id": record.student.account, "name": record.student.name, "sis_user_id": record.student.number}
                for record in self.records.values()
            ]
        return [{"id": record.student.account, "progress": self._progress(record)} for record in self.records.values()]

    def _progress(self, record: Record) -> dict[str, Any]:
        done = record.completed_at is not None
        at = "2026-11-24T10:00:00Z" if done else None
        return {"requirement_count": 6, "requirement_completed_count": 6 if done else 5, "completed_at": at}


@dataclass(frozen=True)
class WorldWithLms(World):
    """A world in which every platform is the fake one."""

    lms: FakeLms | None = None

    def asker(self) -> Ask:
        assert self.lms is not None
        return self.lms.ask


@contextmanager
def running() -> Iterator[FakeLms]:
    """Run the platform on a free port."""
    lms = FakeLms()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            form = {name: value[0] for name, value in parse_qs(self.rfile.read(length).decode()).items()}
            self._answer(lambda: lms.moodle(form))

        def do_GET(self) -> None:
            self._answer(lambda: lms.canvas(urlsplit(self.path).path))

        def _answer(self, make: Any) -> None:
            body = b"" if lms.broken else json.dumps(make()).encode()
            self.send_response(lms.broken or 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    lms.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield lms
    server.shutdown()
    thread.join()
    server.server_close()
