"""Canvas' REST interface: reading progress, grades and people. Answers come in pages (`ask.next_page`)."""

from __future__ import annotations

from decimal import Decimal
from typing import Final
from urllib.parse import quote

from issuer.lms import ask
from issuer.lms.ask import Answer, Request
from issuer.lms.connection import Connection
from issuer.lms.errors import SourceError
from issuer.lms.model import Member, Outcome, Score, SourceLearner, State
from issuer.lms.people import learner
from issuer.lms.read import Node
from issuer.model.canonical import sha256

PAGE: Final = 50
"""People asked for at once: their answer stays far below the limits of our JSON reader."""


def whoami(connection: Connection) -> Request:
    """Ask whether the address and the token are right."""
    return ask.get(connection, "/api/v1/users/self")


def progress(connection: Connection, course: str, user: str) -> Request:
    """Ask how many requirements of the course's modules a learner has met."""
    return ask.get(connection, f"{_course(course)}/users/{quote(user, safe='')}/progress")


def read_progress(answer: Answer) -> State:
    """Read whether and when the course was completed. Raises `SourceError`, also for a course without requirements."""
    return _state(ask.document(answer), answer)


def grade(connection: Connection, course: str, user: str) -> Request:
    """Ask for a learner's enrolment, which holds the grade of the course."""
    return ask.get(connection, f"{_course(course)}/enrollments", {"user_id": user, "type[]": "StudentEnrollment"})


def read_grade(answer: Answer) -> Outcome | None:
    """Read the final grade as posted: percent, and the letter if the course has a scheme. None if there is none yet.

    Someone enrolled in two sections has the same grade in both; different ones raise `SourceError`.
    """
    outcomes = {_outcome(item.at("grades")) for item in ask.listed(answer) if item.maybe("grades") is not None}
    known = {outcome for outcome in outcomes if outcome.score is not None or outcome.grade is not None}
    if len(known) > 1:
        raise SourceError("Canvas names several final grades of one learner in one course.", "grade-ambiguous")
    return known.pop() if known else None


def members(connection: Connection, course: str) -> Request:
    """Ask for the learners of a course; go on with `ask.next_page`."""
    return ask.get(connection, f"{_course(course)}/users", {"enrollment_type[]": "student", "per_page": PAGE})


def read_members(answer: Answer, connection: Connection) -> tuple[Member, ...]:
    """Read a page of learners. SIS ids are there only if the token may see them."""
    return tuple(Member(_person(item, connection), ("student",)) for item in ask.listed(answer))


def all_progress(connection: Connection, course: str) -> Request:
    """Ask for the progress of all learners of a course; go on with `ask.next_page`."""
    return ask.get(connection, f"{_course(course)}/bulk_user_progress", {"per_page": PAGE})


def read_all_progress(answer: Answer) -> dict[str, State]:
    """Read a page of progress: states by the learner's id in Canvas."""
    return {item.identifier("id"): _state(item.at("progress"), answer) for item in ask.listed(answer)}


def _state(found: Node, answer: Answer) -> State:
    if found.maybe("error") is not None:
        raise SourceError(
            "Canvas knows no progress: the course has no module requirements, or not this learner.", "none"
        )
    total, done = found.whole("requirement_count"), found.whole("requirement_completed_count")
    at = found.maybe_moment("completed_at")
    return State(sha256(answer.body), at is not None and done >= total, at)


def _outcome(grades: Node) -> Outcome:
    given = grades.maybe_number("final_score")
    score = None if given is None else Score(given, Decimal(100))
    return Outcome(score=score, grade=grades.maybe_text("final_grade"))


def _person(user: Node, connection: Connection) -> SourceLearner:
    return learner(
        connection,
        user.path,
        user.maybe_text("name"),
        lms=user.identifier("id"),
        sis=user.maybe_identifier("sis_user_id"),
        username=user.maybe_text("login_id"),
        email=user.maybe_text("email"),
    )


def _course(course: str) -> str:
    return f"/api/v1/courses/{quote(course, safe='')}"
