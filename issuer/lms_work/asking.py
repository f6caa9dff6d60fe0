"""Asking platforms: whether they still say what they had reported, before anything is signed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from issuer.db import Database
from issuer.errors import FieldError, SettingsError
from issuer.lms import canvas_api, moodle_api, xapi_api
from issuer.lms.ask import Answer, Request
from issuer.lms.connection import Connection
from issuer.lms.errors import SourceError
from issuer.lms.model import State
from issuer.lms_work import report_json
from issuer.lms_work.connections import Connections
from issuer.model.canonical import sha256
from issuer.model.lms import LmsQuestion
from issuer.store import lms_outcomes as store

AT_ONCE: Final = 20
"""Questions of one round: a few seconds for a platform at its usual pace."""
FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=6)
"""Pauses before a platform that did not answer is asked again; doubled each time, up to four times a day."""

Ask = Callable[[Request], Answer]
"""Sends a request to a platform. Raises `SourceError` when there is no answer."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks the platforms of one institution."""

    database: Database
    connections: Connections
    clock: Callable[[], datetime]
    ask: Ask

    def ask_due(self) -> list[tuple[UUID, UUID, str]]:
        """Ask what is to be asked now; return connection, person and course of each answer that is final."""
        institution_id = self.connections.institution_id
        with self.database.begin_read(institution_id) as tx:
            due = store.due_questions(tx, self.clock(), AT_ONCE)
            opened = self.connections.within(tx, {item.connection_id for item in due})
        asked = [self._asked(item, opened[item.connection_id].connection) for item in due]
        if asked:
            with self.database.begin_write(institution_id) as tx:
                for item in asked:
                    store.answer(tx, item)
        return [(item.connection_id, item.person_id, item.course) for item in asked if item.due_at is None]

    def _asked(self, question: LmsQuestion, connection: Connection) -> LmsQuestion:
        now = self.clock()
        try:
            answer = _ASKERS[connection.kind](connection, question, self.ask)
        except SourceError as error:
            pause = min(FIRST_PAUSE * 2**question.tries, LONGEST_PAUSE)
            due = now + pause if error.retry else None
            tries = min(question.tries + 1, 20)
            return replace(question, due_at=due, tries=tries, asked_at=now, answer=None, error=error.detail)
        except (FieldError, SettingsError) as error:
            return replace(question, due_at=None, asked_at=now, answer=None, error=error.detail)
        return replace(question, due_at=None, asked_at=now, answer=answer, error=None)


def moodle(connection: Connection, course: str, learner: str, ask: Ask) -> State:
    """Ask Moodle whether a learner completed a course, and for the grade; a grade it does not tell stays unknown."""
    state = moodle_api.read_completion(ask(moodle_api.completion(connection, course, learner)))
    answer = ask(moodle_api.grades(connection, course, learner))
    try:
        outcome = moodle_api.read_course_grade(answer)
    except SourceError as error:
        if error.retry:
            raise
        outcome = None
    return replace(state, outcome=outcome, evidence=sha256(state.evidence + sha256(answer.body)))


def canvas(connection: Connection, course: str, learner: str, ask: Ask) -> State:
    """Ask Canvas for the progress and the grade of a learner; a course without requirements knows no progress."""
    progress = ask(canvas_api.progress(connection, course, learner))
    try:
        state = canvas_api.read_progress(progress)
    except SourceError as error:
        if error.reason != "none":
            raise
        state = State(sha256(progress.body))
    answer = ask(canvas_api.grade(connection, course, learner))
    return replace(state, outcome=canvas_api.read_grade(answer), evidence=sha256(state.evidence + sha256(answer.body)))


def _moodle(connection: Connection, question: LmsQuestion, ask: Ask) -> dict[str, Any]:
    return report_json.write_state(moodle(connection, question.course, question.learner, ask))


def _canvas(connection: Connection, question: LmsQuestion, ask: Ask) -> dict[str, Any]:
    return report_json.write_state(canvas(connection, question.course, question.learner, ask))


def _xapi(connection: Connection, question: LmsQuestion, ask: Ask) -> dict[str, Any]:
    answer = ask(xapi_api.statement(connection, question.statement))
    return {"inForce": xapi_api.still_there(answer), "evidence": sha256(answer.body).hex()}


_ASKERS: Final[Mapping[str, Callable[[Connection, LmsQuestion, Ask], dict[str, Any]]]] = MappingProxyType(
    {"moodle": _moodle, "canvas": _canvas, "xapi": _xapi}
)
