"""Completions: receiving each report once, deciding whether it can be issued, and keeping what became of it.

    received --> issuing --> issued          held --> received (again), rejected or withdrawn
        \\--> held, rejected, withdrawn

The report is stored as it came in, in the same transaction as the answer to it. Every state that a completion
reaches is appended to its history with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final
from uuid import UUID

from issuer import definitions
from issuer.db import Transaction
from issuer.definitions import Applies, Hold
from issuer.errors import ConflictError, FieldError, NotFoundError, StateError
from issuer.model import Completion, CompletionReport, CompletionState, CompletionStep, Definition
from issuer.status import is_revoked
from issuer.store import completions as store
from issuer.store import credentials
from issuer.store import definitions as definition_store

MAX_FUTURE: Final = timedelta(minutes=5)
"""How far the clock of a source may be ahead of ours; NTP keeps clocks within a second, forgotten ones drift."""

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
_CHANGING: Final = ("state", "reason_code", "reason", "definition_version_id", "version_rule", "credential_id")
"""The only columns of a completion that ever change; what the source said stays."""


@dataclass(frozen=True, slots=True)
class Received:
    """A completion, and whether this report created it (False: it was known already)."""

    completion: Completion
    created: bool


def receive(tx: Transaction, report: CompletionReport, raw: bytes, actor: str, now: datetime) -> Received:
    """Store a report and decide about it. The completion is then received, held or, if a twin is issued, issued.

    The same (source, source id) with the same content gives the completion that is there; with other content it
    raises `ConflictError`. `FieldError` is raised for a definition or version that is not known, a completion in the
    future, and results that the definition does not describe; nothing is stored then.
    """
    existing = store.by_source(tx, report.source, report.source_id)
    if existing is not None:
        return _again(existing, report)
    if report.completed_at > now + MAX_FUTURE:
        raise FieldError("completedAt", "lies in the future; check the clock of the source")
    completion = _decided(tx, new(tx, report, raw, actor, now))
    if not store.add_new(tx, completion):
        rival = store.by_source(tx, report.source, report.source_id)
        return _again(rival or completion, report)
    store.note(tx, completion, actor, now)
    return Received(completion, created=True)


def reconsider(tx: Transaction, completion: Completion, actor: str, now: datetime) -> Completion:
    """Decide again about a held completion, for example after an approval; return it in its new state."""
    if completion.state is not CompletionState.HELD:
        raise StateError(f"This completion is {completion.state}; only a held one can be reconsidered.")
    try:
        decided = _decided(tx, replace(completion, reason_code=None, reason=None))
    except FieldError as error:
        decided = _held(completion, Hold("report-does-not-fit", f"The report does not fit: {error.detail}."))
    if (decided.state, decided.reason_code) == (completion.state, completion.reason_code):
        return completion
    return _store(tx, completion, decided, actor, now)


def advance(
    tx: Transaction, completion: Completion, state: CompletionState, reason: Hold | None, actor: str, now: datetime
) -> Completion:
    """Bring a completion into another state, with a reason if there is one. Raises `StateError` if not allowed."""
    code, sentence = (None, None) if reason is None else (reason.code, reason.sentence)
    return _store(tx, completion, replace(completion, state=state, reason_code=code, reason=sentence), actor, now)


def mark_issued(tx: Transaction, completion: Completion, credential_id: UUID, actor: str, now: datetime) -> Completion:
    """Record that a credential exists for a completion."""
    issued = replace(completion, credential_id=credential_id, reason_code=None, reason=None)
    return _store(tx, completion, replace(issued, state=CompletionState.ISSUED), actor, now)


def held_for(tx: Transaction, definition_id: str, limit: int = 1_000, after: UUID | None = None) -> list[Completion]:
    """Return held completions of a definition in order of arrival, a page at a time."""
    return list(store.held(tx, definition_id, limit, after))


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
    """Return the states that a completion has been in, the first one first."""
    return store.steps(tx, completion.id)


def _again(existing: Completion, report: CompletionReport) -> Received:
    if existing.digest != report.digest:
        raise ConflictError(
            f"{report.source} has already reported “{report.source_id}” with other content. "
            "A correction needs a new sourceId."
        )
    return Received(existing, created=False)


def new(tx: Transaction, report: CompletionReport, raw: bytes, actor: str, now: datetime) -> Completion:
    """Return the completion that a report makes, not stored and nothing decided about it yet."""
    return Completion(
        id=tx.new_id(now),
        institution_id=tx.institution_id,
        source=report.source,
        source_id=report.source_id,
        raw=raw,
        digest=report.digest,
        state=CompletionState.RECEIVED,
        definition_id=report.definition.id,
        pinned_version=report.definition.version,
        person=report.learner.id,
        occurrence=report.occurrence,
        learner_name=report.learner.name,
        learner_email=report.learner.email,
        learner_did=report.learner.did,
        completed_at=report.completed_at,
        received_at=now,
        reported_by=actor,
        parsed=report,
    )


def _decided(tx: Transaction, completion: Completion) -> Completion:
    holder = credentials.awarded(tx, completion.person, completion.definition_id, completion.occurrence)
    if holder is not None:
        return _twin(tx, completion, holder)
    outcome = _which(tx, completion)
    if isinstance(outcome, Hold):
        return _held(completion, outcome)
    check_results(completion.report, outcome.version.definition)
    return replace(
        completion,
        state=CompletionState.RECEIVED,
        definition_version_id=outcome.version.id,
        version_rule=outcome.rule,
    )


def _twin(tx: Transaction, completion: Completion, credential_id: UUID) -> Completion:
    """Link a report of something already awarded to its credential; a revoked one needs a person to decide."""
    credential = credentials.get(tx, credential_id)
    if credential is not None and is_revoked(tx, credential):
        return _held(completion, Hold("earlier-award-revoked", "The earlier credential for this was revoked."))
    return replace(
        completion,
        state=CompletionState.ISSUED,
        credential_id=credential_id,
        reason_code="already-awarded",
        reason="The person already has the credential for this; it was not issued again.",
    )


def _which(tx: Transaction, completion: Completion) -> Applies | Hold:
    pinned = completion.pinned_version
    try:
        return definitions.which_version(tx, completion.definition_id, pinned, completion.completed_at)
    except NotFoundError as error:
        known = definition_store.versions(tx, completion.definition_id)
        raise FieldError("definition.version" if known else "definition.id", error.detail) from None


def check_results(report: CompletionReport, definition: Definition) -> None:
    """Raise `FieldError` for a result that the definition does not describe or whose value it does not allow.

    Something that is reached or not (resultType Status) needs a `status` (Open Badges 3.0, "Result").
    """
    described = {result.id: result.allowed_value for result in definition.results}
    described.update({outcome.id: () for outcome in definition.outcomes})
    names = {result.name.casefold(): result.id for result in definition.results}
    scored = {result.id for result in definition.results if result.result_type != "Status"}
    for index, result in enumerate(report.result):
        item = result.result_description or names.get((result.name or "").casefold())
        allowed = None if item is None else described.get(item)
        if allowed is None:
            member = "resultDescription" if result.name is None else "name"
            raise FieldError(f"result[{index}].{member}", "is not described by the definition")
        if allowed and result.value is not None and result.value not in allowed:
            raise FieldError(f"result[{index}].value", f"must be one of {', '.join(allowed)}")
        if item not in scored and result.status is None:
            raise FieldError(f"result[{index}].status", "is missing: this result is reached or not, and has no score")


def _held(completion: Completion, hold: Hold) -> Completion:
    return replace(completion, state=CompletionState.HELD, reason_code=hold.code, reason=hold.sentence)


def _store(tx: Transaction, before: Completion, after: Completion, actor: str, now: datetime) -> Completion:
    if after.state not in TRANSITIONS[before.state]:
        raise StateError(f"A completion that is {before.state} cannot become {after.state}.")
    if not store.change(tx, before, **{name: getattr(after, name) for name in _CHANGING}):
        raise StateError("This completion was changed by somebody else at the same time. Look again.")
    store.note(tx, after, actor, now)
    return after
