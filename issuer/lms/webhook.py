"""The generic signed webhook: our own format, for systems that have a developer or an integration platform.

    POST, with the headers webhook-id, webhook-timestamp and webhook-signature (`credentials.check_hmac`)
    {"kind": "completed", "occurredAt": "2026-11-23T12:32:28Z",
     "learner": {"id": "3", "sisId": "S1234567", "name": "Ada Nguyen", "email": "ada@example.test"},
     "course": {"id": "2", "term": "2026-2"}, "result": {"passed": true, "score": "91", "maximum": "100"}}

`webhook-id` stays the same over retries; it is the transport key. What is not in the format is refused.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from issuer.errors import FieldError
from issuer.lms import credentials, read
from issuer.lms.connection import Adapter, Connection, Incoming, Verified, accepted
from issuer.lms.model import Course, Kind, Outcome, Reported, Score, SourceLearner
from issuer.lms.people import learner
from issuer.model.definition import MAX_NAME
from issuer.model.fields import Fields, one_of

KINDS: Final = tuple(kind for kind in Kind if kind is not Kind.IGNORED)
"""What a sender can say; whatever it would have us ignore, it need not send."""


def verify(incoming: Incoming, connection: Connection, now: datetime) -> Verified:
    """Check the signature over the raw body. Raises `SignatureError`."""
    return accepted(incoming, connection, credentials.check_hmac(incoming, connection, now), now)


def read_report(verified: Verified, connection: Connection) -> tuple[Reported, ...]:
    """Read the one report of a body. Raises `InvalidError` or `FieldError`."""
    body = read.load(verified.content).value
    with Fields(body) as fields:
        kind = Kind(fields.required("kind", one_of(KINDS)))
        report = Reported(
            kind=kind,
            origin=verified.origin,
            event_id=verified.message_id,
            digest=read.digest(body),
            occurred_at=fields.required("occurredAt", read.moment),
            learner=fields.required("learner", lambda value, path: _learner(connection, value, path)),
            course=fields.optional("course", _course),
            activity=fields.optional_text("activity", MAX_NAME),
            outcome=fields.optional("result", _outcome),
            completion_id=fields.optional_text("completionId", MAX_NAME),
        )
    if report.course is None and kind is not Kind.IDENTITY:
        raise FieldError("course", "is missing")
    return (report,)


def _learner(connection: Connection, value: Any, path: str) -> SourceLearner:
    with Fields(value, path) as fields:
        return learner(
            connection,
            path,
            fields.optional_text("name", MAX_NAME),
            lms=fields.optional_text("id", MAX_NAME),
            sis=fields.optional_text("sisId", MAX_NAME),
            username=fields.optional_text("username", MAX_NAME),
            email=fields.optional_text("email", MAX_NAME),
        )


def _course(value: Any, path: str) -> Course:
    with Fields(value, path) as fields:
        return Course(
            id=fields.text("id", MAX_NAME),
            section=fields.optional_text("section", MAX_NAME),
            term=fields.optional_text("term", MAX_NAME),
            code=fields.optional_text("code", MAX_NAME),
            version=fields.optional_text("version", MAX_NAME),
        )


def _outcome(value: Any, path: str) -> Outcome:
    with Fields(value, path) as fields:
        given = fields.optional("score", read.number)
        maximum = fields.optional("maximum", read.number)
        minimum = fields.optional("minimum", read.number)
        outcome = Outcome(
            passed=fields.optional("passed", _flag),
            score=None if given is None else Score(given, maximum, minimum or Decimal(0)),
            grade=fields.optional_text("grade", MAX_NAME),
            credits=fields.optional("credits", read.number),
        )
    if given is None and (maximum is not None or minimum is not None):
        raise FieldError(path, "has a scale but no score")
    return outcome


def _flag(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise FieldError(path, "must be true or false")
    return value


ADAPTER: Final = Adapter(verify, read_report)
