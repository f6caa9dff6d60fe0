"""Moodle's web services: reading completions, grades and people, without any plugin.

Every call is a POST of a form to one address, with our token in its body and not in its address, which ends up in
logs. Errors come with HTTP 200: `{"exception": …, "errorcode": …}`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from issuer.lms import ask
from issuer.lms.ask import Answer, Request
from issuer.lms.connection import Connection
from issuer.lms.errors import SourceError
from issuer.lms.model import Member, Outcome, Score, State
from issuer.lms.moodle import full_name
from issuer.lms.people import learner
from issuer.lms.read import Node
from issuer.model.canonical import sha256

PAGE: Final = 50
"""People asked for at once: their answer stays far below the limits of our JSON reader."""
ALL: Final = 1
"""COMPLETION_AGGREGATION_ALL: every criterion is needed; 2 is any one of them."""
_TRACKED: Final = "moodle/course:isincompletionreports"
"""Who has this capability in a course is tracked for completion there: the learners."""


def site_info(connection: Connection) -> Request:
    """Ask whether the address and the token are right, and which functions the token may call."""
    return _call(connection, "core_webservice_get_site_info", {})


def missing_functions(answer: Answer) -> list[str]:
    """Return the functions that we need and the token may not call. Raises `SourceError`."""
    allowed = {item.maybe_text("name") for item in _document(answer).items("functions")}
    return sorted(NEEDED - allowed)


def completion(connection: Connection, course: str, user: str) -> Request:
    """Ask whether a learner has completed a course."""
    return _call(connection, "core_completion_get_course_completion_status", {"courseid": course, "userid": user})


def read_completion(answer: Answer) -> State:
    """Read whether, and when the last criterion that was needed was met. Raises `SourceError` or `FieldError`."""
    status = _document(answer).at("completionstatus")
    completed = status.flag("completed")
    times = [item.unix("timecompleted") for item in status.items("completions") if _has_time(item)]
    latest = max if status.whole("aggregation") == ALL else min
    return State(sha256(answer.body), completed, latest(times) if completed and times else None)


def grades(connection: Connection, course: str, user: str) -> Request:
    """Ask for all grades of a learner in a course."""
    return _call(connection, "gradereport_user_get_grade_items", {"courseid": course, "userid": user})


def read_course_grade(answer: Answer) -> Outcome | None:
    """Read the total of the course, or None if there is none yet. Raises `SourceError` or `FieldError`."""
    for report in _document(answer).items("usergrades"):
        for item in report.items("gradeitems"):
            if item.get("itemtype") == "course" and (given := item.maybe_number("graderaw")) is not None:
                scale = item.maybe_number("grademax"), item.maybe_number("grademin") or Decimal(0)
                return Outcome(score=Score(given, *scale), grade=item.maybe_text("lettergradeformatted"))
    return None


def members(connection: Connection, course: str, start: int = 0) -> Request:
    """Ask for the learners of a course, `PAGE` of them from `start` on."""
    options = {"withcapability": _TRACKED, "userfields": "id,idnumber,username,email,fullname,roles"}
    wanted = {**options, "limitfrom": str(start), "limitnumber": str(PAGE)}
    form: dict[str, str] = {"courseid": course}
    for index, (name, setting) in enumerate(wanted.items()):
        form |= {f"options[{index}][name]": name, f"options[{index}][value]": setting}
    return _call(connection, "core_enrol_get_enrolled_users", form)


def read_members(answer: Answer, connection: Connection) -> tuple[Member, ...]:
    """Read a page of people; fewer than `PAGE` of them means that it is the last. Raises as above."""
    found = ask.value(answer)
    if isinstance(found, dict):
        _refuse_error(Node(found))
    return tuple(_member(item, connection) for item in ask.listed(answer))


def _member(user: Node, connection: Connection) -> Member:
    person = learner(
        connection,
        user.path,
        full_name(user),
        lms=user.identifier("id"),
        sis=user.maybe_identifier("idnumber"),
        username=user.maybe_text("username"),
        email=user.maybe_text("email"),
    )
    return Member(person, tuple(role.text("shortname") for role in user.items("roles")))


def _call(connection: Connection, function: str, form: dict[str, str]) -> Request:
    fields = {"wstoken": ask.token(connection), "wsfunction": function, "moodlewsrestformat": "json", **form}
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    url = ask.base(connection) + "/webservice/rest/server.php"
    return Request("POST", url, headers, urlencode(fields).encode("ascii"))


def _document(answer: Answer) -> Node:
    found = ask.document(answer)
    _refuse_error(found)
    return found


def _refuse_error(found: Node) -> None:
    if "exception" in found.value or "errorcode" in found.value:
        code: Any = found.get("errorcode")
        short = code[:50] if isinstance(code, str) and code.isascii() and code.isidentifier() else "unknown"
        raise SourceError(f"Moodle refused the question ({short}).", short, retry=short in _PASSING)


def _has_time(item: Node) -> bool:
    """Criteria that are not met yet have no time; Moodle writes null or 0."""
    return bool(item.get("complete")) and item.get("timecompleted") not in (None, 0, "0")


NEEDED: Final = frozenset(
    {
        "core_completion_get_course_completion_status",
        "core_enrol_get_enrolled_users",
        "gradereport_user_get_grade_items",
    }
)
"""What the token must be allowed to call."""
_PASSING: Final = frozenset({"sitemaintenance", "upgraderunning", "dbconnectionfailed"})
