"""Moodle: events in a webhook that our plugin signs. Behaviour of 4.3, as recorded.

    {"source": "https://lms.uni.example", "siteid": "…", "event": {"eventname": "\\\\core\\\\event\\\\course_completed",
     "objecttable": "course_completions", "objectid": "1", "userid": "4", "relateduserid": "3", "courseid": "2",
     "timecreated": 1795437148, "other": {…}}, "user": {"id": "3", …}, "course": {"id": "2", …}}

`userid` is who acted, often a teacher or the cron (-1); `relateduserid` is the learner. Moodle says nothing when a
completion is reset or a grade falls afterwards, and the event of a course carries no grade: so all is read again
(`moodle_api`) before signing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from issuer.errors import FieldError
from issuer.lms import credentials, read
from issuer.lms.connection import Adapter, Connection, Incoming, Verified, accepted
from issuer.lms.model import Course, Kind, Outcome, Reported, Reread, Score, SourceLearner
from issuer.lms.people import learner, split_code
from issuer.lms.read import Node

_ORDER: Final = re.compile(r"[0-9]{1,12}$")
_STATES: Final = (Kind.WITHDRAWN, Kind.COMPLETED, Kind.PASSED, Kind.FAILED)
"""`completionstate` 0 to 3: COMPLETION_INCOMPLETE, _COMPLETE, _COMPLETE_PASS, _COMPLETE_FAIL."""


def verify(incoming: Incoming, connection: Connection, now: datetime) -> Verified:
    """Check the plugin's signature over the raw body. Raises `SignatureError`."""
    return accepted(incoming, connection, credentials.check_hmac(incoming, connection, now), now)


def read_event(verified: Verified, connection: Connection) -> tuple[Reported, ...]:
    """Read the one event of a body. Raises `InvalidError` or `FieldError`."""
    body = read.load(verified.content)
    site = _check_site(body, connection)
    event = body.at("event")
    name = event.text("eventname")
    details = _EVENTS.get(name, _other)(event)
    related = details["kind"] is not Kind.IGNORED
    return (
        Reported(
            origin=verified.origin,
            event_id=f"{site}/{verified.message_id}",
            digest=read.digest({"site": site, "event": event.value}),
            occurred_at=event.unix("timecreated"),
            order=_order(verified.message_id),
            learner=_learner(body, event, connection) if related else None,
            course=_course(body, event) if related else None,
            **details,
        ),
    )


def _course_completed(event: Node) -> dict[str, Any]:
    return {"kind": Kind.COMPLETED, "completion_id": _row(event), "reread": (Reread.COMPLETION, Reread.GRADE)}


def _module_completed(event: Node) -> dict[str, Any]:
    state = event.at("other").whole("completionstate")
    if not 0 <= state < len(_STATES):
        raise FieldError("event.other.completionstate", "must be 0, 1, 2 or 3")
    verdict = {Kind.PASSED: True, Kind.FAILED: False}.get(_STATES[state])
    return {
        "kind": _STATES[state],
        "activity": f"cm:{event.identifier('contextinstanceid')}",
        "completion_id": _row(event),
        "outcome": None if verdict is None else Outcome(passed=verdict),
        "reread": (Reread.COMPLETION,),
    }


def _user_graded(event: Node) -> dict[str, Any]:
    other = event.at("other")
    given = other.maybe_number("finalgrade")
    return {
        "kind": Kind.GRADED,
        "activity": f"gradeitem:{other.identifier('itemid')}",
        "outcome": None if given is None else Outcome(score=Score(given)),
        "reread": (Reread.GRADE,),
    }


def _other(_: Node) -> dict[str, Any]:
    return {"kind": Kind.IGNORED, "reason": "This event is not about a completion or a grade."}


_EVENTS: Final[Mapping[str, Callable[[Node], dict[str, Any]]]] = MappingProxyType(
    {
        r"\core\event\course_completed": _course_completed,
        r"\core\event\course_module_completion_updated": _module_completed,
        r"\core\event\user_graded": _user_graded,
    }
)


def _check_site(body: Node, connection: Connection) -> str:
    """Return the site's id; events of another site, such as a copy for tests, are refused."""
    if body.text("source").rstrip("/") != connection.namespace.rstrip("/"):
        raise FieldError("source", "is another site than the one of this connection")
    site = body.text("siteid")
    if site != connection.options.get("site_id", site):
        raise FieldError("siteid", "is another site than the one of this connection")
    return site


def _learner(body: Node, event: Node, connection: Connection) -> SourceLearner:
    user_id = event.identifier("relateduserid")
    user = body.maybe("user")
    if user is None:
        return learner(connection, "event.relateduserid", lms=user_id)
    if user.identifier("id") != user_id:
        raise FieldError("user.id", "is not the learner that event.relateduserid names")
    return learner(
        connection,
        "user",
        full_name(user),
        lms=user_id,
        sis=user.maybe_identifier("idnumber"),
        username=user.maybe_text("username"),
        email=user.maybe_text("email"),
    )


def full_name(user: Node) -> str | None:
    """Return the name of a Moodle user: `fullname` as the site is set to write it, else first and last name."""
    parts = (user.maybe_text("firstname"), user.maybe_text("lastname"))
    return user.maybe_text("fullname") or " ".join(part for part in parts if part) or None


def _course(body: Node, event: Node) -> Course:
    course_id = event.identifier("courseid")
    course = body.maybe("course")
    if course is None:
        return Course(course_id)
    if course.identifier("id") != course_id:
        raise FieldError("course.id", "is not the course that event.courseid names")
    code, version = split_code(course.maybe_identifier("idnumber"))
    return Course(course_id, code=code, version=version)


def _row(event: Node) -> str:
    return f"{event.text('objecttable')}:{event.identifier('objectid')}"


def _order(message_id: str) -> int:
    """Return the number of the plugin's task: events of one second are queued in the order in which they happened."""
    match = _ORDER.search(message_id)
    return int(match[0]) if match else 0


ADAPTER: Final = Adapter(verify, read_event)
