"""The audit log: who did what to what, in a chain of hashes.

The hash of an entry is SHA-256 over its canonical JSON, which holds the hash of the entry before. Changing or
removing an entry breaks every later hash; whoever keeps one hash elsewhere can show that nothing before it changed.
An entry is written in the transaction of what it reports, so that neither is there without the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from json.encoder import encode_basestring as _quoted
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import select

from issuer.db import Transaction
from issuer.errors import IntegrityError
from issuer.model import AuditEntry
from issuer.model.canonical import canonical_json, sha256
from issuer.model.forms import instant_text
from issuer.store.rows import insert_many, read_all
from issuer.store.tables import audit as table

GENESIS: Final = bytes(32)
"""What the first entry has as the hash before it."""
_BATCH: Final = 1_000
_LAST: Final = select(table.c.seq, table.c.hash).order_by(table.c.seq.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class Line:
    """What is to be logged.

    `action` is a verb with its object such as `definition.approve`, `subject` names what it was done to, `detail`
    is JSON without fractions and without personal data.
    """

    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any]


def append(tx: Transaction, at: datetime, actor: str, action: str, subject: str, detail: Mapping[str, Any]) -> None:
    """Add one entry to the chain, as `append_many` does."""
    append_many(tx, at, [Line(actor, action, subject, detail)])


def append_many(tx: Transaction, at: datetime, lines: Sequence[Line]) -> None:
    """Add entries to the chain, in order.

    Entries of all institutions form one chain. The numbers follow each other without a gap; two rivals for one number
    cannot both commit.
    """
    if not lines:
        return
    last = tx.connection.execute(_LAST).one_or_none()
    count, previous = (0, GENESIS) if last is None else last
    moment = instant_text(at)
    added: list[_Row] = []
    for seq, line in enumerate(lines, count + 1):
        detail = canonical_json(line.detail).decode()
        digest = _hash((seq, moment, tx.scope, line.actor, line.action, line.subject, detail, previous))
        added.append(_Row(seq, at, tx.scope, line.actor, line.action, line.subject, detail, previous, digest))
        previous = digest
    insert_many(tx, table, added, ready=("detail",))


def verify(tx: Transaction) -> AuditEntry | None:
    """Check the whole chain and return its last entry (`None`: the log is empty). Raises as `chain` does."""
    last: AuditEntry | None = None
    for entry in chain(tx):
        last = entry
    return last


def chain(tx: Transaction, last: AuditEntry | None = None) -> Iterator[AuditEntry]:
    """Yield all entries, of all institutions, each after its link to the one before was checked; those after `last`.

    Raises `IntegrityError` naming the first entry that is missing or was changed. An end that was cut off shows only
    against a hash that was kept elsewhere (`issuer.checkpoints`).
    """
    while batch := entries(tx, after=last.seq if last else 0, limit=_BATCH):
        for entry in batch:
            check_link(entry, last)
            yield entry
            last = entry


def entries(tx: Transaction, after: int = 0, limit: int = _BATCH) -> tuple[AuditEntry, ...]:
    """Return up to `limit` entries after number `after`, of all institutions, in order."""
    statement = select(table).where(table.c.seq > after).order_by(table.c.seq).limit(limit)
    return read_all(tx, statement, AuditEntry)


def has(tx: Transaction, seq: int, digest: bytes) -> bool:
    """Whether the log has an entry with this number and this hash."""
    return (
        tx.connection.execute(select(table.c.seq).where(table.c.seq == seq, table.c.hash == digest)).first() is not None
    )


def check_link(entry: AuditEntry, last: AuditEntry | None) -> None:
    """Accept an entry that is whole and follows `last` (`None`: it is the first), or raise `IntegrityError`."""
    seq, previous = (1, GENESIS) if last is None else (last.seq + 1, last.hash)
    if entry.seq != seq:
        raise IntegrityError(f"The audit log is broken: entry {seq} is missing.")
    if entry.previous_hash != previous or entry.hash != _hash_of(entry):
        raise IntegrityError(f"The audit log is broken: entry {seq} was changed after it was written.")


def _hash_of(entry: AuditEntry) -> bytes:
    detail = canonical_json(entry.detail).decode()
    moment, scope = instant_text(entry.at), entry.institution_id
    return _hash((entry.seq, moment, scope, entry.actor, entry.action, entry.subject, detail, entry.previous_hash))


def _hash(entry: tuple[int, str, UUID | None, str, str, str, str, bytes]) -> bytes:
    """SHA-256 over the canonical JSON of an entry without its hash, with the member `previous` for the one before."""
    seq, moment, scope, actor, action, subject, detail, previous = entry
    institution = "null" if scope is None else f'"{scope}"'
    return sha256(
        (
            f'{{"action":{_quoted(action)},"actor":{_quoted(actor)},"at":"{moment}","detail":{detail},'
            f'"institution":{institution},"previous":"{previous.hex()}","seq":{seq},"subject":{_quoted(subject)}}}'
        ).encode()
    )


class _Row(NamedTuple):
    """An entry as it is stored; `detail` is JSON text."""

    seq: int
    at: datetime
    institution_id: UUID | None
    actor: str
    action: str
    subject: str
    detail: str
    previous_hash: bytes
    hash: bytes
