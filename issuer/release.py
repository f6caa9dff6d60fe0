"""Releasing: held completions are issued once the cause is gone, in the order in which they happened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from issuer import completions, issue
from issuer.db import Transaction
from issuer.decide import Decision, reconsider
from issuer.definitions import Applies
from issuer.inbox import facts_of
from issuer.issue import Wanted
from issuer.make import Maker
from issuer.model import Completion, CompletionState
from issuer.store import completions as store
from issuer.store.rows import new_ids

CAUSES_THAT_PASS: Final = frozenset(
    {
        "clock-behind",
        "definition-not-approved",
        "no-signing-key",
        "no-version-effective",
        "not-effective-yet",
        "version-ambiguous",
    }
)
"""Why a completion may be held that can be gone the next minute without anybody looking at the completion itself."""


def due(tx: Transaction, held: Sequence[Completion], now: datetime) -> list[Completion]:
    """Return those of some held completions about which another decision would be made now. Changes nothing."""
    decisions = _decisions(tx, held, now)
    return [item for item, decision in zip(held, decisions, strict=True) if _differs(item, decision)]


def release(tx: Transaction, held: Sequence[Completion], maker: Callable[[], Maker], actor: str, now: datetime) -> int:
    """Decide again about held completions and issue what can be issued; return how many are issued now.

    Those that are not held any more are left alone. What stays held keeps its reason, or gets the new one.
    """
    stored = store.by_ids(tx, [item.id for item in held])
    current = [stored[item.id] for item in held if stored[item.id].state is CompletionState.HELD]
    decisions = _decisions(tx, current, now)
    wanted = [
        Wanted(completions.decided(item, decision, key), decision.version)
        for item, decision, key in zip(current, decisions, new_ids(tx, now, len(current)), strict=True)
        if isinstance(decision, Applies)
    ]
    made = {after.id: (after, issued) for after, issued in issue.make_all(tx, wanted, maker, now)}
    changes = []
    for before, decision in zip(current, decisions, strict=True):
        after = made[before.id][0] if before.id in made else completions.decided(before, decision)
        if (after.state, after.reason_code) != (before.state, before.reason_code):
            changes.append((before, after))
    completions.store_changes(tx, changes, actor, now)
    issue.store(tx, [(after, issued, actor) for after, issued in made.values()], now)
    return sum(after.state is CompletionState.ISSUED for _, after in changes)


def _decisions(tx: Transaction, held: Sequence[Completion], now: datetime) -> list[Decision]:
    reports = [item.report for item in held]
    facts = facts_of(tx, reports, now)
    return [reconsider(report, facts) for report in reports]


def _differs(held: Completion, decision: Decision) -> bool:
    after = completions.outcome(decision)
    return (after["state"], after.get("reason_code")) != (held.state, held.reason_code)
