"""What we found at a source by asking, as reports like all others: for the poll, and for reconciliation."""

from __future__ import annotations

from datetime import datetime

from issuer.errors import FieldError
from issuer.lms import read
from issuer.lms.connection import Connection
from issuer.lms.model import Course, IdKind, Kind, Origin, Reported, SourceLearner, State
from openbadge import timestamps


def completed(
    connection: Connection, course: Course, learner: SourceLearner, state: State, now: datetime
) -> Reported | None:
    """Return the report of a completion that was found at the source at `now`, or None if there is none.

    A completion without a time is held: which version of a definition applies hangs on it. Asking again gives the
    same event id, and with an unchanged answer the same digest.
    """
    if not state.completed:
        return None
    user = learner.id_of(IdKind.LMS)
    if user is None:
        raise FieldError("learner", "has no id of the platform that was asked")
    at = "" if state.completed_at is None else timestamps.write(state.completed_at)
    return Reported(
        kind=Kind.COMPLETED,
        origin=Origin(connection.source, state.evidence, "read:https", now),
        event_id=f"poll:{course.id}:{user}:{at}",
        digest=read.digest({"course": course.id, "learner": user, "at": at}),
        occurred_at=state.completed_at or now,
        learner=learner,
        course=course,
        outcome=state.outcome,
        hold=state.completed_at is None,
        reason="" if state.completed_at else "The platform does not say when the course was completed.",
    )
