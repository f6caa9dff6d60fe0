"""A database that was set back, by a backup that was older than what had been published.

The file of a list is then newer than what the database knows, and was never published by this database. Two things
must not happen: that a revoked credential is good again, and that an entry is given to a second credential. So what
the file tells and the database does not is decided again, and of all lists of before no entry is given away any more.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from issuer import audit, status
from issuer.db import Transaction
from issuer.model import StatusChange, StatusList, StatusPublication, StatusState
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
_SECOND: Final = timedelta(seconds=1)


def is_ahead(tx: Transaction, published: bytes, latest: StatusPublication) -> bool:
    """Whether a file was published after the newest publication that the database knows, and is unknown to it."""
    if published == latest.document:
        return False
    try:
        document = strict_json.loads(published, limit=MAX_FILE)
        signed_at = timestamps.parse(document.get("validFrom"), "validFrom")
    except InvalidError:
        return False  # damaged, and written anew
    return signed_at >= latest.signed_at + _SECOND and not publications.knows(tx, latest.list_id, published)


def recover(tx: Transaction, record: StatusList, published: bytes, now: datetime) -> int:
    """Decide what a file tells and the database does not, seal all lists, and return how many decisions were made.

    Raises `InvalidError` for a file that is no status list of this length.
    """
    missing = _missing(tx, record, strict_json.loads(published, limit=MAX_FILE))
    made = [StatusChange(record.id, index, REASON, ACTOR, now, state) for index, state in missing]
    store.add_changes(tx, made)
    detail = {"list": str(record.id), "decisions": len(made), "sealed": status.seal(tx)}
    audit.append(tx, now, ACTOR, "status.recover", str(record.id), detail)
    return len(made)


def _missing(tx: Transaction, record: StatusList, document: dict[str, Any]) -> list[tuple[int, StatusState]]:
    bits = decode_list(document["credentialSubject"]["encodedList"], limit=record.length // 8)
    known = store.marked(tx, record.id)
    told = {*known[StatusState.REVOKED], *known[StatusState.SUSPENDED]}
    liftable = suspended_bits(document, len(bits)) or bytes(len(bits))
    return [
        (index, StatusState.SUSPENDED if _is_set(liftable, index) else StatusState.REVOKED)
        for index in range(record.length)
        if _is_set(bits, index) and index not in told
    ]


def _is_set(bits: bytes, index: int) -> bool:
    return bool(bits[index >> 3] & 0x80 >> (index & 7))
