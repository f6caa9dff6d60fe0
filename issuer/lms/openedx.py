"""Open edX: events of its bus, as a relay or the plugin `openedx-webhooks` posts them.

    {"metadata": {"event_type": "org.openedx.learning.certificate.created.v1", "id": "…", "time": "…"},
     "data": {"certificate": {"user": {"id": 42, "pii": {…}}, "course": {"course_key": "…"}, "grade": "0.91", …}}}

or, from the plugin, `{"openedx_events.learning.data.CertificateData": {…}, "event_metadata": {…}}`. The plugin cannot
sign and sends no header, so what it says is a hint to be read again. A passing status comes with every grade, true or
false: only the edge counts, which `rules` sees, since it looks at the state and not at the count of reports.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from issuer.errors import FieldError
from issuer.lms import credentials, read
from issuer.lms.connection import Adapter, Connection, Incoming, Verified, accepted
from issuer.lms.model import Course, Kind, Outcome, Reported, Reread, Score, SourceLearner
from issuer.lms.people import learner
from issuer.lms.read import Node

AUTH: Final = ("hmac", "basic", "bearer", "url")
"""How a relay or the plugin can prove itself."""
_TYPE: Final = re.compile(r"org\.openedx\.learning\.([a-z_.]{1,100})\.v1")
_PYTHON_TIME: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9:]{8}(?:\.[0-9]{1,6})?)(?:\+00:00)?")


def verify(incoming: Incoming, connection: Connection, now: datetime) -> Verified:
    """Check the sender in the way that the connection's setting `auth` says. Raises `SignatureError`."""
    return accepted(incoming, connection, credentials.check(incoming, connection, now, AUTH), now)


def read_event(verified: Verified, connection: Connection) -> tuple[Reported, ...]:
    """Read the one event of a body. Raises `InvalidError` or `FieldError`."""
    metadata, data = _parts(read.load(verified.content))
    match = _TYPE.fullmatch(metadata.text("event_type"))
    known = _EVENTS.get(match[1] if match else "")
    report: dict[str, Any] = {"kind": Kind.IGNORED, "reason": "This event is not about a completion or a grade."}
    if known is not None:
        report = known(data, connection)
    emitted = _time(metadata)
    return (
        Reported(
            origin=verified.origin,
            event_id=metadata.identifier("id"),
            digest=read.digest({"type": metadata.value["event_type"], "data": data.value}),
            emitted_at=emitted,
            **{"occurred_at": emitted, **report},
        ),
    )


def _certificate(data: Node, connection: Connection) -> dict[str, Any]:
    """A certificate has no id of its own; learner, course run and mode name it."""
    certificate = data.maybe("certificate") or data
    kind = _STATUSES.get(certificate.text("current_status"))
    if kind is None:
        return {"kind": Kind.IGNORED, "reason": "The certificate is in a state that says nothing final."}
    report = {"kind": kind, **_about(certificate, connection)}
    return report if kind is Kind.WITHDRAWN else report | {"outcome": _grade(certificate, passed=kind is Kind.PASSED)}


def _about(certificate: Node, connection: Connection) -> dict[str, Any]:
    user, course = certificate.at("user"), _course(certificate.at("course"))
    return {
        "learner": _learner(user, connection),
        "course": course,
        "completion_id": f"certificate:{user.identifier('id')}:{course.id}:{certificate.text('mode')}",
        "reread": (Reread.COMPLETION, Reread.GRADE),
    }


def _revoked(data: Node, connection: Connection) -> dict[str, Any]:
    """A revoked certificate takes the completion back, whatever status it is left with."""
    certificate = data.maybe("certificate") or data
    return _about(certificate, connection) | {"kind": Kind.WITHDRAWN}


def _passing(data: Node, connection: Connection) -> dict[str, Any]:
    status = data.maybe("course_passing_status") or data
    passed = status.flag("is_passing")
    return {
        "kind": Kind.PASSED if passed else Kind.FAILED,
        "learner": _learner(status.at("user"), connection),
        "course": _course(status.at("course")),
        "outcome": Outcome(passed=passed),
        "reread": (Reread.COMPLETION, Reread.GRADE),
    }


def _grade_summary(data: Node, connection: Connection) -> dict[str, Any]:
    """The only event that names the version of the course's content; it knows the learner's number only."""
    grade = data.maybe("grade") or data
    course = _course(grade.at("course"))
    share = grade.maybe_number("percent_grade")
    score = None if share is None else Score(share, Decimal(1))
    return {
        "kind": Kind.GRADED,
        "learner": learner(connection, grade.where("user_id"), lms=grade.identifier("user_id")),
        "course": Course(course.id, version=grade.maybe_identifier("course_version")),
        "outcome": Outcome(score=score, grade=grade.maybe_text("letter_grade")),
        "reread": (Reread.GRADE,),
    }


_EVENTS: Final[Mapping[str, Callable[[Node, Connection], dict[str, Any]]]] = MappingProxyType(
    {
        "certificate.created": _certificate,
        "certificate.changed": _certificate,
        "certificate.revoked": _revoked,
        "course.passing.status.updated": _passing,
        "course.persistent_grade_summary.changed": _grade_summary,
    }
)
_STATUSES: Final[Mapping[str, Kind]] = MappingProxyType(
    {"downloadable": Kind.PASSED, "notpassing": Kind.FAILED, "unavailable": Kind.WITHDRAWN}
)
"""Status of a certificate that says something final; `generating`, `audit_passing` and others do not."""


def _parts(body: Node) -> tuple[Node, Node]:
    """Return metadata and data of either form."""
    if body.maybe("event_metadata") is None:
        return body.at("metadata"), body.at("data")
    others = [name for name in body.value if name != "event_metadata"]
    if len(others) != 1:
        raise FieldError("", "must have event_metadata and one more member")
    return body.at("event_metadata"), body.at(others[0])


def _time(metadata: Node) -> datetime:
    """Read the event's time: RFC 3339, or as Python prints a moment in UTC, which is what the plugin does."""
    match = _PYTHON_TIME.fullmatch(str(metadata.needed("time")))
    if match is None:
        return metadata.moment("time")
    return read.moment(f"{match[1]}T{match[2]}Z", metadata.where("time")).astimezone(UTC)


def _learner(user: Node, connection: Connection) -> SourceLearner:
    pii = user.maybe("pii") or user
    return learner(
        connection,
        user.path,
        pii.maybe_text("name"),
        lms=user.identifier("id"),
        username=pii.maybe_text("username"),
        email=pii.maybe_text("email"),
    )


def _course(course: Node) -> Course:
    """The course key names the run, so every run has a binding of its own."""
    return Course(course.identifier("course_key"))


def _grade(certificate: Node, *, passed: bool) -> Outcome:
    share = certificate.maybe_number("grade")
    return Outcome(passed=passed, score=None if share is None else Score(share, Decimal(1)))


ADAPTER: Final = Adapter(verify, read_event)
