"""Decisions that a restored database does not know, from a copy of the audit log that goes on where it ends.

The copy is what `microcred audit export` writes. It is believed as far as it is one chain of hashes with the log of the
database: from the last entry that both have on, every entry must be whole and follow the one before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from issuer import audit, status
from issuer.db import Transaction
from issuer.errors import FieldError, IntegrityError
from issuer.model import AuditEntry, StatusChange, StatusState
from issuer.model.forms import instant
from issuer.store import status_lists as store
from openbadge import strict_json
from openbadge.errors import InvalidError

_STATES: Final[Mapping[str, tuple[str, StatusState]]] = MappingProxyType(
    {
        **{f"credential.{verb}": ("status", state) for state, verb in status.ACTIONS.items()},
        **{f"profile.{verb}": ("status", state) for state, verb in status.ACTIONS.items()},
        "credential.reissue": ("revokes", StatusState.REVOKED),
    }
)
"""The actions that decide about a status entry: the member of `detail` that names it, and what it becomes."""


@dataclass(frozen=True, slots=True)
class Lost:
    """What was found: entries of the copy that the database does not have, and decisions that it knows now."""

    entries: int
    decisions: int


def take_over(tx: Transaction, lines: Iterable[bytes], actor: str, now: datetime) -> Lost:
    """Decide again what a copy of the audit log says and the database does not know.

    Raises `FieldError` for a line that is no entry, `IntegrityError` for a copy that is not whole, or of another
    database.
    """
    unknown = list(_unknown(tx, lines))
    known_lists = {record.id for record in store.every(tx)}
    newest: dict[store.Place, StatusChange] = {}
    for entry in unknown:
        change = _change(entry)
        if change is not None and change.list_id in known_lists:
            newest[change.list_id, change.index] = change
    now_so = store.newest_changes(tx, newest)
    made = [change for place, change in newest.items() if place not in now_so or _differs(now_so[place], change)]
    store.add_changes(tx, made)
    detail = {"entries": len(unknown), "decisions": len(made), "sealed": status.seal(tx)}
    audit.append(tx, now, actor, "status.take-over", str(tx.institution_id), detail)
    return Lost(len(unknown), len(made))


def _differs(known: StatusChange, lost: StatusChange) -> bool:
    """Whether a lost decision is to be made again: none of after it, and none about what is revoked for good."""
    return known.state not in (lost.state, StatusState.REVOKED) and known.at <= lost.at


def _unknown(tx: Transaction, lines: Iterable[bytes]) -> Iterator[AuditEntry]:
    """Yield the entries of a copy that follow the last one that the database has, too."""
    last: AuditEntry | None = None
    shares, follows = False, False
    for entry in map(_read, lines):
        if follows or not audit.has(tx, entry.seq, entry.hash):
            if not shares:
                raise IntegrityError("This is not a copy of the log of this database: they have no entry in common.")
            audit.check_link(entry, last)
            follows = True
            yield entry
        last, shares = entry, True


def _read(line: bytes) -> AuditEntry:
    try:
        fields: dict[str, Any] = strict_json.loads(line)
        institution = fields["institution"]
        return AuditEntry(
            seq=int(fields["seq"]),
            at=instant(fields["at"], "at"),
            institution_id=None if institution is None else UUID(institution),
            actor=str(fields["actor"]),
            action=str(fields["action"]),
            subject=str(fields["subject"]),
            detail=dict(fields["detail"]),
            previous_hash=bytes.fromhex(fields["previous"]),
            hash=bytes.fromhex(fields["hash"]),
        )
    except (InvalidError, KeyError, TypeError, ValueError):
        raise FieldError("", "The file has a line that `microcred audit export` does not write.") from None


def _change(entry: AuditEntry) -> StatusChange | None:
    member, state = _STATES.get(entry.action, ("", None))
    place = entry.detail.get(member)
    if state is None or not isinstance(
        place, str
    ):  # entries of before have no place, and nothing can be done with them
        return None
    list_id, _, index = place.partition("#")
    reason = str(entry.detail.get("reason", "Taken over from a copy of the audit log."))
    try:
        return StatusChange(UUID(list_id), int(index), reason, entry.actor, entry.at, state)
    except ValueError:
        raise IntegrityError(f"Entry {entry.seq} of the copy decides about a status entry that cannot be.") from None
