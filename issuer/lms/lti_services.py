"""LTI Advantage services beyond results: a column for a badge and its scores (AGS 2.0 sections 3.1 and 3.2), and who is
in a course (NRPS 2.0 section 3.2)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from issuer.lms import ask, lti, lti_api
from issuer.lms.ask import Answer, Request
from issuer.lms.model import Outcome, Score
from issuer.lms.read import Node

COLUMNS: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
SCORES: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
MEMBERS: Final = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
"""Scopes of the services."""
RESULTS: Final = lti_api.RESULTS
TAG: Final = "badge"
"""Marks our columns among those of a tool."""
MAX_LABEL: Final = 200
"""Characters of the name of a column; Moodle keeps 255."""
_ITEM: Final = "application/vnd.ims.lis.v2.lineitem+json"
_ITEMS: Final = "application/vnd.ims.lis.v2.lineitemcontainer+json"
_RESULTS: Final = "application/vnd.ims.lis.v2.resultcontainer+json"
_SCORE: Final = "application/vnd.ims.lis.v1.score+json"
_MEMBERSHIPS: Final = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
_NEXT: Final = re.compile(r'<([^<>\s]{1,2000})>[^,<]*;\s*rel="?next"?', re.IGNORECASE)
_LEARNER: Final = frozenset({lti.LEARNER, "Learner"})
"""The role of learners; NRPS 2.0 section 2.2 also allows the short name."""
_ONLY_LEARNERS: Final = lti.ONLY_LEARNERS | _LEARNER


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a course: the platform's id of the person, what else it tells, and whether they are a learner now."""

    subject: str = field(repr=False)
    is_learner: bool
    sis: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Mark:
    """The point for a badge, or 0 for one that does not hold, since when that is so, and a sentence for people.

    The moment is written to the millisecond: two decisions may be made within a second, and platforms refuse a score
    that is not later than the one they have (AGS 2.0, `timestamp`).
    """

    points: int
    at: datetime
    comment: str


def columns(line_items: str, achievement: str, token: str) -> Request:
    """Ask for the columns of a course that are ours and about a badge."""
    query: dict[str, str | int] = {"resource_id": achievement, "tag": TAG, "limit": 10}
    return Request("GET", lti_api.below(line_items, "", query), {"Accept": _ITEMS, **_bearer(token)})


def graded_columns(line_items: str, token: str) -> Request:
    """Ask for all columns of a course that are this tool's."""
    return Request("GET", lti_api.below(line_items, "", {"limit": 100}), {"Accept": _ITEMS, **_bearer(token)})


def read_graded_columns(answer: Answer) -> tuple[str, ...]:
    """Return the columns that others put grades into: all but those for badges. Raises as `read_columns`."""
    return tuple(item.text("id") for item in ask.listed(answer) if item.maybe_text("tag") != TAG)


def results(column: str, token: str) -> Request:
    """Ask for all results of a column (AGS 2.0 section 3.3)."""
    return Request("GET", lti_api.below(column, "/results", {"limit": 100}), {"Accept": _RESULTS, **_bearer(token)})


def read_results(answer: Answer) -> dict[str, Outcome]:
    """Return how well people did, by the platform's ids of them. Raises as `read_columns`."""
    return {
        item.identifier("userId"): Outcome(score=Score(max(given, Decimal(0)), item.maybe_number("resultMaximum")))
        for item in ask.listed(answer)
        if (given := item.maybe_number("resultScore")) is not None
    }


def page(url: str, token: str) -> Request:
    """Ask for a further page of whatever it is."""
    return Request("GET", url, {"Accept": f"{_ITEMS}, {_RESULTS}, {_MEMBERSHIPS}", **_bearer(token)})


def read_columns(answer: Answer, achievement: str) -> str | None:
    """Return the address of the column for a badge, or None; platforms may ignore what they were asked for.

    Of several the same is chosen each time: where platforms count their columns, the one that was made first. Raises
    `SourceError` or `FieldError`.
    """
    found = [item.text("id") for item in ask.listed(answer) if _is_ours(item, achievement)]
    return min(found, key=lambda url: (len(url), url), default=None)


def new_column(line_items: str, achievement: str, label: str, token: str) -> Request:
    """Ask for a new column of one point for a badge."""
    body = {"scoreMaximum": 1, "label": label[:MAX_LABEL], "resourceId": achievement, "tag": TAG}
    headers = {"Accept": _ITEM, "Content-Type": _ITEM, **_bearer(token)}
    return Request("POST", line_items, headers, json.dumps(body).encode())


def read_new_column(answer: Answer) -> str:
    """Return the address of the column that was made. Raises `SourceError` or `FieldError`."""
    return ask.document(replace(answer, status=200) if answer.status == 201 else answer).text("id")


def score(column: str, subject: str, mark: Mark, token: str) -> Request:
    """Write the point for a badge, the same however often it is written."""
    body = {
        "userId": subject,
        "scoreGiven": mark.points,
        "scoreMaximum": 1,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "timestamp": mark.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "comment": mark.comment,
    }
    headers = {"Accept": "application/json", "Content-Type": _SCORE, **_bearer(token)}
    return Request("POST", lti_api.below(column, "/scores", {}), headers, json.dumps(body).encode())


def members(url: str, token: str) -> Request:
    """Ask for the members of a course."""
    return Request("GET", url, {"Accept": _MEMBERSHIPS, **_bearer(token)})


def read_members(answer: Answer) -> tuple[Member, ...]:
    """Return the members on a page. Raises `SourceError` or `FieldError`."""
    return tuple(_member(item) for item in ask.document(answer).items("members"))


def next_page(answer: Answer) -> str | None:
    """Return the address of the next page (RFC 8288, `rel="next"`), or None after the last one."""
    match = _NEXT.search(answer.headers.get("link", ""))
    return None if match is None else match[1]


def _member(item: Node) -> Member:
    roles = item.get("roles")
    names = frozenset(role for role in roles if isinstance(role, str)) if isinstance(roles, list) else frozenset()
    here = {role for role in names if role.startswith(lti.MEMBERSHIP) or "/" not in role}
    is_active = item.get("status") in (None, "Active")
    return Member(
        subject=item.identifier("user_id"),
        is_learner=bool(here & _LEARNER) and here <= _ONLY_LEARNERS and lti.TEST_USER not in names and is_active,
        sis=item.maybe_identifier("lis_person_sourcedid"),
        name=item.maybe_text("name"),
        email=item.maybe_text("email"),
    )


def _is_ours(item: Node, achievement: str) -> bool:
    return item.maybe_text("resourceId") == achievement and item.maybe_text("tag") == TAG


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
