"""What the API and the commands say of reports of learning platforms, as JSON."""

from __future__ import annotations

from typing import Any

from issuer.model.lms import LmsCase, LmsReport
from openbadge import timestamps


def held_json(report: LmsReport) -> dict[str, Any]:
    """Return a report that is held: what it is about, and what it waits for. Names of learners are left out."""
    return {
        "id": str(report.id),
        "source": report.source,
        "eventId": report.event_id,
        "kind": report.content["kind"],
        "course": report.course or None,
        "occurredAt": timestamps.write(report.occurred_at),
        "receivedAt": timestamps.write(report.received_at),
        "state": str(report.state),
        "reason": {"code": report.reason_code, "detail": report.reason},
    }


def case_json(case: LmsCase) -> dict[str, Any]:
    """Return a case for a person to look at."""
    return {
        "id": str(case.id),
        "kind": case.kind,
        "source": case.source,
        "eventId": case.event_id,
        "detail": case.sentence,
        "completion": None if case.completion_id is None else str(case.completion_id),
        "openedAt": timestamps.write(case.opened_at),
    }
