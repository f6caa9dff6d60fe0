"""What `microcred doctor` asks about published status lists, the clock and the disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from issuer import clock
from issuer.errors import StateError, StorageError
from issuer.publication import Listed
from issuer.status_document import RENEWAL
from microcred.installation import Installation
from openbadge import timestamps

LATE: Final = timedelta(hours=2)
"""How long after it was due a list may wait: the job that signs lists runs every hour, and looks every second."""
LEAST_FREE: Final = 500_000_000
"""Bytes that must be free in the home: a hundred thousand credentials, and the journal of a large transaction."""


def questions(installation: Installation) -> Iterator[tuple[str, Callable[[], str]]]:
    """Yield each question with what answers it in a sentence, or raises what is wrong."""
    yield "clock", lambda: _clock(installation)
    yield "status lists", lambda: _lists(installation)
    yield "disk", lambda: _disk(installation)


def _clock(installation: Installation) -> str:
    now = installation.world.clock()
    with installation.database.begin_read(installation.institution().id) as tx:
        clock.check(tx, now)
    return f"{timestamps.write(now)}, not behind the last signature"


def _lists(installation: Installation) -> str:
    lists = installation.service().status_lists.overview()
    now = installation.world.clock()
    late = [item for item in lists if item.is_due and now - _since(item) > RENEWAL + LATE]
    if late:
        raise StateError(
            f"{len(late)} of {len(lists)} lists should have been signed before {timestamps.write(now - LATE)}, such as "
            f"{late[0].record.url}. `microcred status publish` does it and says why it cannot; `microcred serve` or "
            "`microcred work` keeps them fresh."
        )
    waiting = sum(item.is_due for item in lists)
    return f"{len(lists)}, none late" + (f", {waiting} to be signed now" if waiting else "")


def _since(item: Listed) -> datetime:
    return item.record.created_at if item.mark is None else item.mark.signed_at


def _disk(installation: Installation) -> str:
    home = installation.settings.home
    free = shutil.disk_usage(home).free
    if free < LEAST_FREE:
        raise StorageError(f"Only {free // 1_000_000} MB are free in {home}. Make room before the database stops.")
    return f"{free / 1_000_000_000:.1f} GB free in {home}"
