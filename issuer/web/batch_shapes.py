"""What the API and the commands say of batches and deliveries, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from issuer.jobs import results
from issuer.model.jobs import Batch, Delivery, Progress
from openbadge import timestamps


def batch_json(batch: Batch, progress: Progress, base_url: str) -> dict[str, Any]:
    """Return a batch with how far it is. `rows` is null until the body was read."""
    url = f"{base_url}/completions/batches/{batch.id}"
    return {
        "id": str(batch.id),
        "url": url,
        "state": str(batch.state),
        "reason": batch.reason,
        "dryRun": batch.dry_run,
        "reportedBy": batch.reported_by,
        "createdAt": timestamps.write(batch.created_at),
        "finishedAt": _moment(batch.finished_at),
        "rows": batch.rows,
        "done": progress.rows_done,
        **{name: getattr(progress, name) for name in results.OUTCOMES},
        "results": {ending: f"{url}/result.{ending}" for ending in results.FORMATS},
    }


def delivery_json(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery with its tries."""
    return {
        "id": str(delivery.id),
        "channel": delivery.channel,
        "event": delivery.event,
        "subject": delivery.subject,
        "state": str(delivery.state),
        "attempts": delivery.attempts,
        "nextAttemptAt": _moment(delivery.next_attempt_at) if delivery.done_at is None else None,
        "lastError": delivery.last_error,
        "createdAt": timestamps.write(delivery.created_at),
    }


def _moment(value: datetime | None) -> str | None:
    return None if value is None else timestamps.write(value)
