"""The clock of the machine, held against what was signed before: a clock that was set back must not sign.

What is signed with a wrong time is wrong for ever: a credential would be valid from before its approval, a status list
out of date on the day it is published. A clock that is ahead shows only when it is set right again: then it is behind
what was signed meanwhile, and a person has to say that the clock is right now (`accept`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from issuer import audit
from issuer.db import Transaction
from issuer.errors import ClockError
from issuer.store import status_lists as store
from openbadge import timestamps

TOLERANCE: Final = timedelta(minutes=5)
"""How far the clock may be behind the last signature: several machines sign, and NTP corrects theirs in steps."""


def behind(last: datetime | None, now: datetime) -> str | None:
    """Return in a sentence that the clock is too far behind the last signature, None if it is not."""
    if last is None or now >= last - TOLERANCE:
        return None
    return (
        f"The clock of this service says {timestamps.write(now)}, and the last signature was made at "
        f"{timestamps.write(last)}. Nothing is signed until the clock is right. If it is right now and was ahead "
        "then, run `microcred clock accept`."
    )


def check(tx: Transaction, now: datetime) -> None:
    """Do nothing if the institution may sign at this time; otherwise raise `ClockError`."""
    reason = behind(store.last_signed_at(tx), now)
    if reason is not None:
        raise ClockError(reason)


def accept(tx: Transaction, now: datetime, actor: str) -> datetime | None:
    """Take the present time for the right one, and return the later one of the last signature, None if there is none.

    For after the clock was ahead. What was signed then keeps its time; status lists are signed again.
    """
    last = store.last_signed_at(tx)
    if last is None or last <= now:
        return None
    store.forget_future(tx, now)
    audit.append(tx, now, actor, "clock.accept", timestamps.write(now), {"last": timestamps.write(last)})
    return last
