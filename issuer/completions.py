"""Completions: the states that they can be in, what follows what, and the history of each.

    received --> issuing --> issued          held --> received (again), issued, rejected or withdrawn
        \\--> held, issued, rejected, withdrawn

A report that can be issued at once is stored as issued: nobody sees it in between. The state in which a completion was
stored stands in its own row; from the first change on, every state with its reason is in the history.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from issuer.db import Transaction
from issuer.decide import Decision
from issuer.definitions import Applies, Hold
from issuer.errors import NotFoundError, StateError
from issuer.model import Completion, CompletionState, CompletionStep
from issuer.store import completions as store

_S = CompletionState
TRANSITIONS: Final[Mapping[CompletionState, tuple[CompletionState, ...]]] = MappingProxyType(
    {
        _S.RECEIVED: (_S.HELD, _S.ISSUING, _S.ISSUED, _S.REJECTED, _S.WITHDRAWN),
        _S.HELD: (_S.RECEIVED, _S.HELD, _S.ISSUED, _S.REJECTED, _S.WITHDRAWN),
        _S.ISSUING: (_S.ISSUED, _S.HELD, _S.REJECTED),
        _S.ISSUED: (_S.WITHDRAWN,),
        _S.REJECTED: (),
        _S.WITHDRAWN: (),
    }
)
"""What may follow what. From issued only a withdrawal leads on: the credential itself is revoked, never unmade."""


_UNDECIDED: Final = MappingProxyType(
    {"reason_code": None, "reason": None, "definition_version_id": None, "version_rule": None, "credential_id": None}
)


def outcome(decision: Decision, credential_id: UUID | None = None) -> dict[str, Any]:
    """Return the fields of a completion that a decision about it fills.

    What applies is issued as the credential `credential_id`: whoever cannot make that one decides again.
    """
    if isinstance(decision, Applies):
        return {
            "state": _S.ISSUED,
            "definition_version_id": decision.version.id,
            "version_rule": decision.rule,
            "credential_id": credential_id,
        }
    if isinstance(decision, Hold):
        return {"state": _S.HELD, "reason_code": decision.code, "reason": decision.sentence}
    return {
        "state": _S.ISSUED,
        "credential_id": decision.credential_id,
        "reason_code": "already-awarded",
        "reason": "The person already has the credential for this; it was not issued again.",
    }


def decided(completion: Completion, decision: Decision, credential_id: UUID | None = None) -> Completion:
    """Return a completion after a decision about it, as `outcome` says."""
    return replace(completion, **{**_UNDECIDED, **outcome(decision, credential_id)})


def advance(
    tx: Transaction, completion: Completion, state: CompletionState, reason: Hold | None, actor: str, now: datetime
) -> Completion:
    """Bring a completion into another state, with a reason if there is one. Raises `StateError` if not allowed."""
    code, sentence = (None, None) if reason is None else (reason.code, reason.sentence)
    after = replace(completion, state=state, reason_code=code, reason=sentence)
    store_changes(tx, [(completion, after)], actor, now)
    return after


def store_changes(tx: Transaction, changes: Sequence[tuple[Completion, Completion]], actor: str, now: datetime) -> None:
    """Store the new states of completions, given as (before, after), with their history.

    Raises `StateError` for what may not follow, and when somebody else has changed one in the meantime.
    """
    for before, after in changes:
        if after.state not in TRANSITIONS[before.state]:
            raise StateError(f"A completion that is {before.state} cannot become {after.state}.")
    if store.change_many(tx, changes) != len(changes):
        raise StateError("This completion was changed by somebody else at the same time. Look again.")
    noted = store.noted_among(tx, [before.id for before, _ in changes])
    steps: list[CompletionStep] = []
    for before, after in changes:
        if before.id not in noted:
            steps.append(_first(before))
        steps.append(_step(after, actor, now))
    store.note_many(tx, steps)


def list_completions(
    tx: Transaction, state: CompletionState | None = None, limit: int = 100, after: UUID | None = None
) -> list[Completion]:
    """Return completions in order of arrival; `after` is the id of the last one that the caller has."""
    return list(store.page(tx, state, limit, after))


def get(tx: Transaction, completion_id: UUID) -> Completion:
    """Return one completion, or raise `NotFoundError`."""
    found = store.get(tx, completion_id)
    if found is None:
        raise NotFoundError("There is no such completion here.")
    return found


def history(tx: Transaction, completion: Completion) -> tuple[CompletionStep, ...]:
    """Return the states that a stored completion has been in, the first one first."""
    return store.steps(tx, completion.id) or (_first(completion),)


def _first(completion: Completion) -> CompletionStep:
    return _step(completion, completion.reported_by, completion.received_at)


def _step(completion: Completion, actor: str, at: datetime) -> CompletionStep:
    return CompletionStep(0, completion.id, at, completion.state, actor, completion.reason_code, completion.reason)
