"""Caliper 1.1 and 1.2: envelopes of events, as Blackboard and other sensors send them.

    {"sensor": "…", "sendTime": "…", "dataVersion": "http://purl.imsglobal.org/ctx/caliper/v1p2", "data": [event, …]}

The `actor` of a grade is the grading software; the learner is `object.assignee`, in Blackboard's own event
`object.user`. Caliper knows neither "passed" nor withdrawal. Blackboard sends the final grade of a course nightly
(`isCourseGrade`), and repeats the id of the sensor as the id of every event, so such ids are not taken for unique.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from issuer.errors import FieldError
from issuer.lms import bulk, credentials, read
from issuer.lms.caliper_entities import Entities
from issuer.lms.connection import Adapter, Connection, Incoming, Verified, accepted
from issuer.lms.model import Course, Kind, Outcome, Reported, Reread, Score
from issuer.lms.read import Node

AUTH: Final = ("bearer", "api-key", "hmac")
"""How a sensor can prove itself (Caliper 1.2 section 7: a bearer token)."""
VERSIONS: Final = frozenset(
    {
        "http://purl.imsglobal.org/ctx/caliper/v1p1",
        "http://purl.imsglobal.org/ctx/caliper/v1p2",
        "http://purl.imsglobal.org/caliper/v1p2/context",
    }
)
_COURSES: Final = ("CourseOffering", "CourseSection")


def verify(incoming: Incoming, connection: Connection, now: datetime) -> Verified:
    """Check the sender in the way that the connection's setting `auth` says. Raises `SignatureError`."""
    return accepted(incoming, connection, credentials.check(incoming, connection, now, AUTH), now)


def read_envelope(verified: Verified, connection: Connection) -> tuple[Reported, ...]:
    """Read all events of an envelope; entities in it are passed over. Raises `InvalidError` or `FieldError`."""
    body = Node(bulk.envelope(verified.content, "data"))
    if body.text("dataVersion") not in VERSIONS:
        raise FieldError("dataVersion", "must be Caliper 1.1 or 1.2")
    sensor, sent, data = body.text("sensor"), body.moment("sendTime"), body.needed("data")
    if not isinstance(data, list):
        raise FieldError("data", "must be an array")
    nodes = [Node(item, f"data[{index}]") for index, item in enumerate(data)]
    return tuple(_event(node, sensor, sent, verified, connection) for node in nodes if node.get("action") is not None)


def _event(node: Node, sensor: str, sent: datetime, verified: Verified, connection: Connection) -> Reported:
    digest = read.digest(node.value)
    name = node.maybe_text("id")
    unique = name is not None and name.lower().startswith("urn:uuid:") and name.removeprefix("urn:uuid:") != sensor
    kind = (node.text("type").rpartition("/")[2], node.text("action"))
    report = _EVENTS.get(kind, _other)(node, Entities(connection))
    return Reported(
        origin=verified.origin,
        event_id=name if unique and name else f"sha256:{digest.hex()}",
        digest=digest,
        occurred_at=node.moment("eventTime"),
        emitted_at=sent,
        **report,
    )


def _graded(node: Node, entities: Entities) -> dict[str, Any]:
    """A GradeEvent (1.2 section 3.8): an attempt of somebody at an assessment got a score."""
    attempt = node.at("object")
    assessment = attempt.maybe("assignable")
    return {
        "kind": Kind.GRADED,
        "learner": entities.person(attempt.at("assignee")),
        "course": _course(node.maybe("group"), entities),
        "activity": assessment.text("id") if assessment is not None else attempt.text("id"),
        "outcome": Outcome(score=_score(node.at("generated"), assessment)),
        "reread": (Reread.GRADE,),
    }


def _calculated(node: Node, entities: Entities) -> dict[str, Any]:
    """Blackboard's nightly grade. The final grade of a course is about the course, others about one of its columns."""
    grade = node.at("object")
    given, possible = grade.maybe_number("score"), grade.maybe_number("scorePossible")
    activity = None if grade.flag("isCourseGrade") else f"gradeitem:{grade.identifier('itemId')}"
    return {
        "kind": Kind.GRADED,
        "learner": entities.person(grade.at("user")),
        "course": entities.course(grade.at("course")),
        "activity": activity,
        "outcome": None if given is None else Outcome(score=Score(given, possible)),
        "order": grade.whole("syncVersion") if grade.get("syncVersion") is not None else 0,
        "reread": (Reread.GRADE,),
    }


def _completed(node: Node, entities: Entities) -> dict[str, Any]:
    """`Completed` of a course, as Open edX writes it; of anything else it is an activity of the course around it."""
    target = node.at("object")
    is_course = target.text("type") in _COURSES
    return {
        "kind": Kind.COMPLETED,
        "learner": entities.person(node.at("actor")),
        "course": entities.course(target) if is_course else _course(node.maybe("group"), entities),
        "activity": None if is_course else target.text("id"),
        "reread": (Reread.COMPLETION, Reread.GRADE),
    }


def _other(_: Node, __: Entities) -> dict[str, Any]:
    return {"kind": Kind.IGNORED, "reason": "This event is not about a completion or a grade."}


_EVENTS: Final[Mapping[tuple[str, str], Callable[[Node, Entities], dict[str, Any]]]] = MappingProxyType(
    {
        ("GradeEvent", "Graded"): _graded,
        ("CalculatedGradeSnapshotEvent", "Graded"): _calculated,
        ("Event", "Completed"): _completed,
        ("AssignableEvent", "Completed"): _completed,
    }
)
"""Events by type, without the vendor's namespace, and action."""


def _course(group: Node | None, entities: Entities) -> Course | None:
    return None if group is None or group.get("type") not in _COURSES else entities.course(group)


def _score(score: Node, assessment: Node | None) -> Score:
    """Read a score; a maximum of 0, as in the vendor's sample, is none, and the assessment may know a better one."""
    given = score.maybe_number("scoreGiven")
    if given is None:
        raise FieldError(score.where("scoreGiven"), "is missing")
    maxima = [score.maybe_number("maxScore"), assessment.maybe_number("maxScore") if assessment else None]
    return Score(given, next((one for one in maxima if one is not None and one > Decimal(0)), None))


ADAPTER: Final = Adapter(verify, read_envelope)
