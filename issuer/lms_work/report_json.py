"""Reports and answers of sources as JSON, in which they are stored. Reading gives back an equal value."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from issuer.lms.model import (
    Course,
    Identifier,
    IdKind,
    Kind,
    Origin,
    Outcome,
    Reported,
    Reread,
    Score,
    SourceLearner,
    State,
)


def write(report: Reported) -> dict[str, Any]:
    """Return the JSON form of a report; what it does not say is left out."""
    form: dict[str, Any] = {
        "kind": report.kind.value,
        "origin": _origin(report.origin),
        "eventId": report.event_id,
        "digest": report.digest.hex(),
        "occurredAt": report.occurred_at.isoformat(),
        "order": report.order,
        "learner": None if report.learner is None else _learner(report.learner),
        "course": None if report.course is None else _course(report.course),
        "activity": report.activity,
        "outcome": _outcome(report.outcome),
        "emittedAt": _moment(report.emitted_at),
        "completionId": report.completion_id,
        "voids": report.voids,
        "hold": report.hold,
        "reason": report.reason,
        "reread": [item.value for item in report.reread],
    }
    return {name: value for name, value in form.items() if value not in (None, "", [], False, 0)}


def read(form: Mapping[str, Any]) -> Reported:
    """Return the report of a JSON form that `write` made."""
    learner, course = form.get("learner"), form.get("course")
    return Reported(
        kind=Kind(form["kind"]),
        origin=_read_origin(form["origin"]),
        event_id=form["eventId"],
        digest=bytes.fromhex(form["digest"]),
        occurred_at=datetime.fromisoformat(form["occurredAt"]),
        order=form.get("order", 0),
        learner=None if learner is None else _read_learner(learner),
        course=None if course is None else Course(*course),
        activity=form.get("activity"),
        outcome=_read_outcome(form.get("outcome")),
        emitted_at=_read_moment(form.get("emittedAt")),
        completion_id=form.get("completionId"),
        voids=form.get("voids"),
        hold=form.get("hold", False),
        reason=form.get("reason", ""),
        reread=tuple(Reread(item) for item in form.get("reread", ())),
    )


def write_state(state: State) -> dict[str, Any]:
    """Return the JSON form of what a source says now."""
    return {
        "evidence": state.evidence.hex(),
        "completed": state.completed,
        "completedAt": _moment(state.completed_at),
        "outcome": _outcome(state.outcome),
    }


def read_state(form: Mapping[str, Any]) -> State:
    """Return what `write_state` wrote."""
    return State(
        bytes.fromhex(form["evidence"]),
        form["completed"],
        _read_moment(form["completedAt"]),
        _read_outcome(form["outcome"]),
    )


def _origin(origin: Origin) -> list[Any]:
    raw = origin.raw_sha256.hex()
    return [origin.source, raw, origin.verified_by, origin.received_at.isoformat(), origin.integrity]


def _read_origin(form: list[Any]) -> Origin:
    source, raw, verified_by, received, integrity = form
    return Origin(source, bytes.fromhex(raw), verified_by, datetime.fromisoformat(received), integrity)


def _learner(learner: SourceLearner) -> dict[str, Any]:
    return {"ids": [[item.kind.value, item.namespace, item.value] for item in learner.ids], "name": learner.name}


def _read_learner(form: Mapping[str, Any]) -> SourceLearner:
    ids = tuple(Identifier(IdKind(kind), namespace, value) for kind, namespace, value in form["ids"])
    return SourceLearner(ids, form["name"])


def _course(course: Course) -> list[str | None]:
    return [course.id, course.section, course.term, course.code, course.version]


def _outcome(outcome: Outcome | None) -> dict[str, Any] | None:
    if outcome is None:
        return None
    score = outcome.score
    points = None if score is None else [_number(score.given), _number(score.maximum), _number(score.minimum)]
    return {"passed": outcome.passed, "score": points, "grade": outcome.grade, "credits": _number(outcome.credits)}


def _read_outcome(form: Mapping[str, Any] | None) -> Outcome | None:
    if form is None:
        return None
    points = form["score"]
    score = None
    if points is not None:
        given, maximum, minimum = (_read_number(item) for item in points)
        score = Score(given or Decimal(0), maximum, minimum or Decimal(0))
    return Outcome(form["passed"], score, form["grade"], _read_number(form["credits"]))


def _number(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _read_number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _moment(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _read_moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
