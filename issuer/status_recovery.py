"""A database that was set back, by a backup that was older than what had been published.

The file of a list is then newer than what the database knows, and was never published by this database. Two things
must not happen: that a revoked credential is good again, and that an entry is given to a second credential. So what
the file tells and the database does not is decided again, and of all lists of before no entry is given away any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from issuer import audit, status
from issuer.db import Transaction
from issuer.model import StatusChange, StatusList, StatusState
from issuer.store import publications
from issuer.store import status_lists as store
from openbadge import strict_json, timestamps
from openbadge.errors import InvalidError
from openbadge.status import decode_list
from openbadge.status_suspension import suspended_bits

ACTOR: Final = "microcred"
"""Who does this, in the audit log: the program itself."""
REASON: Final = "Taken over from the published status list, after the database was set back."
MAX_FILE: Final = 4 * 1024 * 1024
"""Bytes of a file that is read: what a verifier takes, too."""


@dataclass(frozen=True, slots=True)
class Published:
    """What the file of a list tells: its bits, which of them can be lifted, and when it was signed, to the second."""

    bits: bytes
    liftable: bytes
    signed_at: datetime

    @classmethod
    def read(cls, data: bytes, record: StatusList) -> Published | None:
        """Read a file; None for one that is no such list, or damaged."""
        try:
            document = strict_json.loads(data, limit=MAX_FILE)
            signed_at = timestamps.parse(document.get("validFrom"), "validFrom")
            subject = document.get("credentialSubject")
            text = subject.get("encodedList") if isinstance(subject, dict) else None
            bits = decode_list(text, limit=record.length // 8) if isinstance(text, str) else b""
        except InvalidError:
            return None
        if document.get("id") != record.url or len(bits) * 8 != record.length:
            return None
        return cls(bits, suspended_bits(document, len(bits)) or bytes(len(bits)), signed_at)


def newer(tx: Transaction, record: StatusList, data: bytes) -> Published | None:
    """Return what the file of a list tells if it was published after what the database knows, and is unknown to it."""
    if publications.knows(tx, record.id, data):
        return None
    published = Published.read(data, record)
    mark = publications.mark_of(tx, record.id)
    is_older = (
        published is not None and mark is not None and published.signed_at < mark.signed_at.replace(microsecond=0)
    )
    return None if is_older else published


def recover(tx: Transaction, list_id: UUID, published: Published, now: datetime) -> int:
    """Decide what a file tells and the database does not, seal all lists, and return how many decisions were made."""
    known = store.marked(tx, list_id)
    told = {*known[StatusState.REVOKED], *known[StatusState.SUSPENDED]}
    made = [
        StatusChange(list_id, index, REASON, ACTOR, now, state)
        for index, state in _set_in(published)
        if index not in told
    ]
    store.add_changes(tx, made)
    audit.append(tx, now, ACTOR, "status.recover", str(list_id), {"decisions": len(made), "sealed": status.seal(tx)})
    return len(made)


def _set_in(published: Published) -> list[tuple[int, StatusState]]:
    return [
        (index, StatusState.SUSPENDED if _is_set(published.liftable, index) else StatusState.REVOKED)
        for index in range(len(published.bits) * 8)
        if _is_set(published.bits, index)
    ]


def _is_set(bits: bytes, index: int) -> bool:
    return bool(bits[index >> 3] & 0x80 >> (index & 7))
