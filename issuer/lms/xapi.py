"""xAPI 1.0.3 and 2.0 (IEEE 9274.1.1): statements, as an LRS forwards them or an LMS sends them.

One statement or an array of them, or `multipart/mixed` with attachments. Filter by the type of the object, not by the
verb: Moodle's plugin says `completed` of activities and courses alike. A statement that contradicts itself is kept and
ignored, so that a batch is never refused for it; one that cannot be read refuses its whole batch, and says which.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from issuer.errors import FieldError
from issuer.lms import bulk, credentials, multipart, read, xapi_signature
from issuer.lms.connection import Adapter, Connection, Incoming, Verified, accepted
from issuer.lms.model import Course, Kind, Outcome, Reported, Reread, Score
from issuer.lms.people import split_code
from issuer.lms.read import Node
from issuer.lms.xapi_actor import actor
from issuer.lms.xapi_verbs import COURSE_TYPES, EXTERNAL_ID, VERBS, VOIDED
from issuer.model.canonical import sha256

AUTH: Final = ("basic", "bearer", "hmac")
"""How a sender can prove itself; the first two are those of the standard."""
VERSION_HEADER: Final = "x-experience-api-version"
_VERSION: Final = re.compile(r"(1\.0|2\.0)(\.[0-9]{1,3})?")
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_BY_STORE: Final = frozenset({"stored", "authority", "version", "attachments"})
"""What a store adds or changes; two statements are the same without it (part 2, section 2.3.1)."""


def verify(incoming: Incoming, connection: Connection, now: datetime) -> Verified:
    """Check the sender and the version header, and take attachments apart.

    Ralph forwards without the version header, so its absence is no error. Raises `SignatureError`, `FieldError` or
    `InvalidError`.
    """
    proof = credentials.check(incoming, connection, now, AUTH)
    version = incoming.header(VERSION_HEADER)
    if version and not _VERSION.fullmatch(version):
        raise FieldError(VERSION_HEADER, "must be 1.0.x or 2.0.x")
    verified = accepted(incoming, connection, proof, now)
    content_type = incoming.header("content-type")
    if not multipart.is_multipart(content_type):
        return verified
    first, *others = multipart.split(incoming.body, content_type)
    return replace(verified, content=first.content, parts={sha256(one.content).hex(): one.content for one in others})


def read_statements(verified: Verified, connection: Connection) -> tuple[Reported, ...]:
    """Read one statement or an array. Raises `InvalidError`, `FieldError` naming the statement, `SignatureError`."""
    if verified.content.lstrip(b" \t\r\n").startswith(b"["):
        nodes = [Node(item, f"[{index}]") for index, item in enumerate(bulk.array(verified.content))]
    else:
        nodes = [read.load(verified.content)]
    return tuple(_statement(node, verified, connection) for node in nodes)


def _statement(node: Node, verified: Verified, connection: Connection) -> Reported:
    signer = xapi_signature.check(node, verified.parts, connection)
    origin = verified.origin
    if signer:
        origin = replace(origin, verified_by=f"jws:{signer}", integrity=True)
    digest = read.digest({name: item for name, item in node.value.items() if name not in _BY_STORE})
    report: dict[str, Any] = {"reread": () if origin.integrity else (Reread.STATEMENT,), **_content(node, connection)}
    return Reported(
        origin=origin,
        event_id=_id(node) or f"sha256:{digest.hex()}",
        digest=digest,
        occurred_at=node.maybe_moment("timestamp") or node.maybe_moment("stored") or origin.received_at,
        emitted_at=node.maybe_moment("stored"),
        **report,
    )


def _content(node: Node, connection: Connection) -> dict[str, Any]:
    verb, target = node.at("verb").text("id"), node.at("object")
    if verb == VOIDED:
        return {"kind": Kind.WITHDRAWN, "voids": _reference(target)}
    kind = VERBS.get(verb)
    if kind is None:
        return _ignored("This verb is not about a completion or a grade.")
    if target.get("objectType") not in (None, "Activity"):
        return _ignored("The statement is not about an activity.")
    person = actor(node.at("actor"), connection)
    if person is None:
        return _ignored("The statement is about a group.")
    result = node.maybe("result")
    outcome = _outcome(result)
    verdict, reason = _verdict(kind, outcome, result)
    if reason:
        return _ignored(reason)
    return {"kind": verdict, "learner": person, "outcome": _settled(outcome, verdict), **_place(node, target)}


def _verdict(kind: Kind, outcome: Outcome, result: Node | None) -> tuple[Kind, str]:
    """Return what the statement says in the end, sharpened by `result`; and why it says nothing, or ""."""
    if kind is Kind.GRADED:
        return kind, "" if outcome.score is not None else "The statement about a grade has no score."
    if result is not None and result.maybe_flag("completion") is False and kind is not Kind.FAILED:
        return kind, "The statement says that nothing was completed."
    if outcome.passed is None:
        return kind, ""
    said = Kind.PASSED if outcome.passed else Kind.FAILED
    return said, "" if kind in (Kind.COMPLETED, said) else "The verb and result.success contradict each other."


def _settled(outcome: Outcome, kind: Kind) -> Outcome | None:
    passed = {Kind.PASSED: True, Kind.FAILED: False}.get(kind)
    settled = replace(outcome, passed=passed)
    return None if settled == Outcome() else settled


def _place(node: Node, target: Node) -> dict[str, Any]:
    """Return course and activity: the object itself is the course, or stands in the one that its context names."""
    activity = target.text("id")
    if _is_course(target):
        return {"course": _course(target)}
    around = node.maybe("context")
    around = around.maybe("contextActivities") if around else None
    found = [item for name in ("parent", "grouping") for item in _activities(around, name) if _is_course(item)]
    return {"course": _course(found[0]) if found else None, "activity": activity}


def _activities(around: Node | None, name: str) -> list[Node]:
    if around is None:
        return []
    value = around.get(name)
    return [around.at(name)] if isinstance(value, Mapping) else around.items(name)  # 1.0.3 also takes a single one


def _is_course(activity: Node) -> bool:
    definition = activity.maybe("definition")
    return definition is not None and definition.get("type") in COURSE_TYPES


def _course(activity: Node) -> Course:
    extensions = activity.at("definition").maybe("extensions")
    code, version = split_code(extensions.maybe_identifier(EXTERNAL_ID) if extensions else None)
    return Course(activity.text("id"), code=code, version=version)


def _outcome(result: Node | None) -> Outcome:
    if result is None:
        return Outcome()
    score = result.maybe("score")
    return Outcome(passed=result.maybe_flag("success"), score=None if score is None else _score(score))


def _score(score: Node) -> Score | None:
    """Read points, on their own scale if they have one, else the share from -1 to 1."""
    raw, least, most, scaled = (score.maybe_number(name) for name in ("raw", "min", "max", "scaled"))
    if scaled is not None and not -1 <= scaled <= 1:
        raise FieldError(score.where("scaled"), "must be between -1 and 1")
    if raw is not None and ((most is not None and raw > most) or (least is not None and raw < least)):
        raise FieldError(score.where("raw"), "lies outside min and max")
    if raw is not None and (most is not None or scaled is None):
        return Score(raw, most, least or Decimal(0))
    return None if scaled is None else Score(scaled, Decimal(1))


def _id(node: Node) -> str | None:
    value = node.maybe_text("id")
    if value is not None and not _UUID.fullmatch(value):
        raise FieldError(node.where("id"), "must be a UUID")
    return None if value is None else str(UUID(value))


def _reference(target: Node) -> str:
    if target.get("objectType") != "StatementRef":
        raise FieldError(target.where("objectType"), "must be StatementRef")
    found = _id(target)
    if found is None:
        raise FieldError(target.where("id"), "is missing")
    return found


def _ignored(reason: str) -> dict[str, Any]:
    return {"kind": Kind.IGNORED, "reason": reason, "reread": ()}


ADAPTER: Final = Adapter(verify, read_statements)
