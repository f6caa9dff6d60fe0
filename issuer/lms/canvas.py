"""Canvas: Live Events over HTTPS as signed JWT (RS256).

The whole body is one compact token; its payload is `{"metadata": {…}, "body": {…}}`. All Canvas institutions are signed
for by the same keys of the vendor: only `root_account_uuid`, compared with the setting of the connection, tells that
an event is ours. A plain JSON body proves nothing and is refused. `metadata.user_id` is who acted, not the learner.

Ids in bodies are local, those in metadata global (shard x 10^13 + local); here they are local to the institution's
shard, as people see them in addresses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from issuer.errors import FieldError
from issuer.lms import read
from issuer.lms.connection import Adapter, Connection, Incoming, Proof, Verified, accepted
from issuer.lms.errors import SignatureError
from issuer.lms.model import Course, Kind, Outcome, Reported, Reread, Score, SourceLearner
from issuer.lms.people import learner, split_code
from issuer.lms.read import Node
from issuer.lms.tokens import check_times, verify_token

SHARD: Final = 10**13
"""Global id = shard x 10^13 + local id (Canvas, "Shard" of the API)."""


def verify(incoming: Incoming, connection: Connection, now: datetime) -> Verified:
    """Check the token by the keys of the connection. Raises `SignatureError`, also for another institution's event,
    and `InvalidError` or `FieldError` for a payload that does not say whose it is.

    Tokens carry no time of signing that could be relied on, so an old one is told from a new one by its event id, not
    here: coming again it changes nothing.
    """
    signed = verify_token(incoming.body, connection.keys)
    claims = check_times(signed.payload, now)
    if claims.at("metadata").text("root_account_uuid") != connection.option("root_account_uuid"):
        raise SignatureError("The event belongs to another Canvas institution than this connection.")
    proof = Proof(f"jws:{signed.key_id}")
    return replace(accepted(incoming, connection, proof, now), content=signed.payload)


def read_event(verified: Verified, connection: Connection) -> tuple[Reported, ...]:
    """Read the one event of a token. Raises `InvalidError` or `FieldError`."""
    document = read.load(verified.content)
    metadata, body = document.at("metadata"), document.at("body")
    event = _Event(metadata, body, connection)
    details = _EVENTS.get(metadata.text("event_name"), _other)(event)
    emitted = metadata.moment("event_time")
    digest = read.digest({"name": metadata.value["event_name"], "body": body.value})
    report = {"occurred_at": emitted, "event_id": event.key(metadata.text("event_time"), digest.hex()), **details}
    return (Reported(origin=verified.origin, digest=digest, emitted_at=emitted, **report),)


class _Event:
    """One event, with the ids that it is about."""

    def __init__(self, metadata: Node, body: Node, connection: Connection) -> None:
        self.metadata = metadata
        self.body = body
        self._connection = connection
        self._shard = _global(metadata, "root_account_id") // SHARD

    def key(self, *parts: str) -> str:
        """The transport key, since Canvas gives none: SHA-256 over institution, event and what tells it apart."""
        names = (self.metadata.text("root_account_uuid"), self.metadata.text("event_name"))
        return "sha256:" + read.digest([*names, *parts]).hex()

    def local(self, node: Node, name: str) -> str:
        """The id as people of this institution see it; one of another shard stays global."""
        number = _global(node, name)
        return str(number % SHARD if number // SHARD == self._shard else number)

    def learner(self, user: Node, name: str, sis: str | None = None) -> SourceLearner:
        """The learner; the actor's SIS id is the learner's only when both are the same person."""
        user_id = self.local(user, name)
        actor = self.metadata.maybe_identifier("user_id")
        if sis is None and actor is not None and self.local(self.metadata, "user_id") == user_id:
            sis = self.metadata.maybe_identifier("user_sis_id")
        return learner(
            self._connection, user.path, user.maybe_text("name"), lms=user_id, sis=sis, email=user.maybe_text("email")
        )

    def context_course(self) -> Course:
        """The course in whose context the event happened."""
        if self.metadata.get("context_type") != "Course":
            raise FieldError("metadata.context_type", "must be Course")
        code, version = split_code(self.metadata.maybe_identifier("context_sis_source_id"))
        return Course(self.local(self.metadata, "context_id"), code=code, version=version)


def _course_completed(event: _Event) -> dict[str, Any]:
    """All requirements of all modules are met; that is not "passed"."""
    progress, course, user = (event.body.at(name) for name in ("progress", "course", "user"))
    if progress.get("completed_at") is None:
        return _ignored("The course is not completed yet.")
    at = progress.moment("completed_at")
    code, version = split_code(course.maybe_identifier("sis_source_id"))
    course_id, person = event.local(course, "id"), event.learner(user, "id")
    return {
        "kind": Kind.COMPLETED,
        "event_id": event.key(course_id, event.local(user, "id"), progress.text("completed_at")),
        "occurred_at": at,
        "learner": person,
        "course": Course(course_id, code=code, version=version),
        "reread": (Reread.COMPLETION, Reread.GRADE),
    }


def _grade_change(event: _Event) -> dict[str, Any]:
    body = event.body
    if body.maybe_flag("muted"):
        return _ignored("The grade is not published to the learner.")
    if body.maybe_flag("grading_complete") is False:
        return _ignored("The grading is not complete.")
    given, grade = body.maybe_number("score"), body.maybe_text("grade")
    score = None if given is None else Score(given, body.maybe_number("points_possible"))
    submission, when = event.local(body, "submission_id"), event.metadata.text("event_time")
    return {
        "kind": Kind.GRADED,
        "event_id": event.key(submission, when, str(given), str(grade)),
        "learner": event.learner(body, "user_id", body.maybe_identifier("student_sis_id")),
        "course": event.context_course(),
        "activity": f"assignment:{event.local(body, 'assignment_id')}",
        "outcome": Outcome(score=score, grade=grade),
        "reread": (Reread.GRADE,),
    }


def _course_grade_change(event: _Event) -> dict[str, Any]:
    """The total of the course in percent, as far as it is posted to the learner."""
    body = event.body
    if body.get("workflow_state") != "active":
        return _ignored("The grade was deleted with the enrolment.")
    given = body.maybe_number("final_score")
    course, user = event.local(body, "course_id"), event.local(body, "user_id")
    return {
        "kind": Kind.GRADED,
        "event_id": event.key(course, user, body.text("updated_at"), str(given)),
        "occurred_at": body.moment("updated_at"),
        "learner": event.learner(body, "user_id"),
        "course": Course(course),
        "outcome": None if given is None else Outcome(score=Score(given, Decimal(100))),
        "reread": (Reread.GRADE,),
    }


def _other(_: _Event) -> dict[str, Any]:
    return _ignored("This event is not about a completion or a grade.")


def _ignored(reason: str) -> dict[str, Any]:
    return {"kind": Kind.IGNORED, "reason": reason}


_EVENTS: Final[Mapping[str, Callable[[_Event], dict[str, Any]]]] = MappingProxyType(
    {
        "course_completed": _course_completed,
        "grade_change": _grade_change,
        "course_grade_change": _course_grade_change,
    }
)


def _global(node: Node, name: str) -> int:
    number = node.whole(name)
    if not 0 < number < SHARD * 10**6:
        raise FieldError(node.where(name), "is not an id of Canvas")
    return number


ADAPTER: Final = Adapter(verify, read_event)
