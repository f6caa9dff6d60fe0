"""Definitions: taking them in, approving, retiring, and choosing the version that applies to a completion.

    draft --approve--> approved --retire--> retired

A draft may be replaced; from approval on its bytes never change again. Whoever wrote it does not approve it. Every
step is in the audit log with the digest of the bytes that it was about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from issuer import audit
from issuer.db import Transaction
from issuer.errors import ConflictError, ForbiddenError, NotFoundError, StateError
from issuer.model import Definition, DefinitionState, DefinitionVersion
from issuer.model.forms import instant_text
from issuer.store import definitions as store

PINNED: Final = "pinned"
EFFECTIVE: Final = "effective-at-completion"
"""The rules by which a version can apply, as they are kept with the completion."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The approving body's decision: its reference, and from when it has effect (None: from the approval on)."""

    reference: str
    effective_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Applies:
    """The version that applies, and the rule by which it does."""

    version: DefinitionVersion
    rule: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Why nothing can be issued yet: a code for programs, a sentence for people."""

    code: str
    sentence: str


def import_definition(
    tx: Transaction, content: Definition, actor: str, now: datetime, *, replace_draft: bool = False
) -> DefinitionVersion:
    """Take in a definition version as a draft and return it.

    The same content again changes nothing and returns what is there, in whichever state. Other content under the
    same version raises `ConflictError` unless it is still a draft and `replace_draft` is set; the actor is then its
    author. A version that it `supersedes` must exist (`NotFoundError`).
    """
    existing = store.find(tx, content.id, content.version)
    if existing is not None and existing.digest == content.digest:
        return existing
    if content.supersedes is not None:
        _get(tx, content.id, content.supersedes)
    if existing is None:
        return _add(tx, content, actor, now)
    return _replace(tx, existing, content, actor, now, allowed=replace_draft)


def approve(
    tx: Transaction, definition_id: str, version: str, decision: Decision, actor: str, now: datetime
) -> DefinitionVersion:
    """Approve a draft and return it; the caller then reconsiders the completions held for it.

    Raises `NotFoundError`, `StateError` if it is not a draft, `ForbiddenError` if the actor wrote it (names are
    compared without regard to case and surrounding white space), and `ConflictError` without a decision reference.
    """
    draft = _get(tx, definition_id, version)
    if draft.state is not DefinitionState.DRAFT:
        raise StateError(f"{_title(draft)} is {draft.state} already. Only a draft can be approved.")
    if _same_person(actor, draft.created_by):
        raise ForbiddenError(f"{_title(draft)} must be approved by somebody else than its author, {actor}.")
    if not decision.reference.strip():
        raise ConflictError("An approval needs the reference of the decision, such as AB-2026-17.")
    effective_from = now if decision.effective_from is None else decision.effective_from
    values = {
        "state": DefinitionState.APPROVED,
        "approved_by": actor,
        "approved_at": now,
        "decision_ref": decision.reference.strip(),
        "effective_from": effective_from,
    }
    detail = {"decision": decision.reference.strip(), "effectiveFrom": instant_text(effective_from)}
    record = _change(tx, draft, **values)
    _audit(tx, record, "definition.approve", actor, now, **detail)
    return record


def retire(tx: Transaction, definition_id: str, version: str, actor: str, now: datetime) -> DefinitionVersion:
    """Retire an approved version: it no longer applies to completions from now on. Earlier ones are still served.

    Retiring a retired version changes nothing. Raises `NotFoundError`, or `StateError` for a draft.
    """
    record = _get(tx, definition_id, version)
    if record.state is DefinitionState.RETIRED:
        return record
    if record.state is not DefinitionState.APPROVED:
        raise StateError(f"{_title(record)} is a {record.state}. Only an approved version can be retired.")
    retired = _change(tx, record, state=DefinitionState.RETIRED, retired_by=actor, retired_at=now)
    _audit(tx, retired, "definition.retire", actor, now)
    return retired


def which_version(
    known: Sequence[DefinitionVersion], definition_id: str, pinned: str | None, completed_at: datetime
) -> Applies | Hold:
    """Say which of the `known` versions of a definition applies to a completion. Never simply the latest.

    1. The report pins a version: that one, once it is approved, and unless it was retired before the completion.
    2. Otherwise the version effective at completion: among those approved, with `effective_from` at or before
       `completed_at` and not retired by then, the one that took effect last.
    3. No version, or two that took effect at the same moment: hold, with the reason.

    Raises `NotFoundError` if no version of the definition, or not the pinned one, was ever imported.
    """
    if not known:
        raise NotFoundError(f"There is no definition “{definition_id}” here.")
    if pinned is None:
        return _effective(definition_id, known, completed_at)
    named = next((record for record in known if record.version == pinned), None)
    if named is None:
        raise NotFoundError(_unknown(definition_id, pinned))
    return _pinned(named, completed_at)


def _pinned(record: DefinitionVersion, completed_at: datetime) -> Applies | Hold:
    if record.state is DefinitionState.DRAFT:
        return Hold("definition-not-approved", f"{_title(record)} is not approved yet.")
    if record.retired_at is not None and record.retired_at <= completed_at:
        return Hold("definition-retired", f"{_title(record)} was retired before this completion.")
    return Applies(record, PINNED)


def _effective(definition_id: str, known: Sequence[DefinitionVersion], completed_at: datetime) -> Applies | Hold:
    approved = [(record.effective_from, record) for record in known if record.effective_from is not None]
    if not approved:
        return Hold("definition-not-approved", f"No version of “{definition_id}” is approved yet.")
    newest, rivals = None, 0
    for start, record in approved:
        if start <= completed_at and (record.retired_at is None or completed_at < record.retired_at):
            if newest is None or newest[0] < start:
                newest, rivals = (start, record), 0
            elif newest[0] == start:
                rivals += 1
    if newest is None:
        return Hold("no-version-effective", f"No version of “{definition_id}” was in effect at the completion.")
    if rivals:
        return Hold("version-ambiguous", f"Two versions of “{definition_id}” took effect at the same time.")
    return Applies(newest[1], EFFECTIVE)


def _add(tx: Transaction, content: Definition, actor: str, now: datetime) -> DefinitionVersion:
    record = DefinitionVersion(
        id=tx.new_id(now),
        institution_id=tx.institution_id,
        definition_id=content.id,
        version=content.version,
        state=DefinitionState.DRAFT,
        content=content.canonical_bytes(),
        digest=content.digest,
        created_by=actor,
        created_at=now,
    )
    store.add(tx, record)
    _audit(tx, record, "definition.import", actor, now)
    return record


def _replace(
    tx: Transaction,
    existing: DefinitionVersion,
    content: Definition,
    actor: str,
    now: datetime,
    *,
    allowed: bool,
) -> DefinitionVersion:
    if existing.state is not DefinitionState.DRAFT:
        raise ConflictError(f"{_title(existing)} is {existing.state} and never changes. Use a new version.")
    if not allowed:
        raise ConflictError(f"{_title(existing)} is a draft with other content. Say so if you mean to replace it.")
    values = {"content": content.canonical_bytes(), "digest": content.digest, "created_by": actor, "created_at": now}
    record = _change(tx, existing, **values)
    _audit(tx, record, "definition.replace", actor, now, replaced=existing.digest.hex())
    return record


def _change(tx: Transaction, record: DefinitionVersion, **values: Any) -> DefinitionVersion:
    if not store.change(tx, record, record.state, **values):
        raise StateError(f"{_title(record)} was changed by somebody else at the same time. Look again.")
    return replace(record, **values)


def _get(tx: Transaction, definition_id: str, version: str) -> DefinitionVersion:
    record = store.find(tx, definition_id, version)
    if record is None:
        raise NotFoundError(_unknown(definition_id, version))
    return record


def _unknown(definition_id: str, version: str) -> str:
    return f"There is no version {version} of the definition “{definition_id}” here."


def _audit(tx: Transaction, record: DefinitionVersion, action: str, actor: str, now: datetime, **detail: str) -> None:
    subject = f"{record.definition_id}/{record.version}"
    audit.append(tx, now, actor, action, subject, {"digest": record.digest.hex(), **detail})


def _same_person(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def _title(record: DefinitionVersion) -> str:
    return f"Version {record.version} of “{record.definition_id}”"
