"""Signed checkpoints of the audit log: what proves that its end was not cut off, and that nothing in it was rewritten.

A chain of hashes alone can be written anew by whoever may write to the database. A checkpoint is a compact JWS by the
institution's key that says which hash the log had at which length. It is kept here, and has to be kept elsewhere, too:
then the log up to there cannot be changed unnoticed, not even by us. Payload (JSON):

    iss    the institution's DID        at     the moment (RFC 3339)
    seq    the number of the entry      hash   the hash of the entry, hexadecimal
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from issuer import audit
from issuer.db import Transaction
from issuer.errors import FieldError, IntegrityError
from issuer.keys import REVOKED, KeyInfo
from issuer.keys_kinds import DEFAULT_KIND
from issuer.model import AuditEntry
from issuer.model.forms import instant, instant_text
from issuer.model.keys import Checkpoint
from issuer.service import Service
from issuer.store import checkpoints as store
from openbadge import strict_json
from openbadge.errors import InvalidError
from openbadge.jose import jws

TYPE: Final = "microcred-checkpoint+jwt"
"""The `typ` of the token, so that it is never taken for a credential (RFC 8725 section 3.11)."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a checkpoint says. `counts` is False when its key was compromised: a thief could have signed it."""

    seq: int
    hash: bytes
    at: datetime
    key_id: str
    counts: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """The state of the log: its last entry, and the newest checkpoint that proves it up to there, if there is one."""

    last: AuditEntry | None
    proven: Statement | None

    def __str__(self) -> str:
        if self.last is None:
            return "empty"
        text = f"{self.last.seq} entries, chain whole"
        if self.proven is None:
            return f"{text}; no checkpoint proves that none is missing at the end"
        return f"{text}; proven up to entry {self.proven.seq} by the checkpoint of {instant_text(self.proven.at)}"


class Checkpoints:
    """The checkpoints of an installation."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def make(self) -> Checkpoint | None:
        """Sign and store a checkpoint of the log as it is; without new entries, return the one that there is.

        None for an empty log. Raises `IntegrityError` when what came since the last checkpoint does not follow from
        it, and what opening the key raises.
        """
        service = self._service
        with service.database.begin_read(unhurried=True) as tx:
            before = store.latest(tx)
            last = _walked(tx, before)
        if last is None or (before is not None and before.seq == last.seq):
            return before
        signer = service.signing.signer(service.institution.did, DEFAULT_KIND)
        now = service.clock()
        token = jws.sign({"typ": TYPE}, _payload(service.institution.did, last, now), signer)
        made = Checkpoint(last.seq, service.institution.id, last.hash, now, signer.verification_method, token)
        with service.database.begin_write() as tx:
            store.add(tx, made)
        return made

    def prove(self, others: Sequence[str] = ()) -> Proof:
        """Check the whole log against its chain, all stored checkpoints, and those that somebody kept (`others`).

        Raises `IntegrityError` naming the first entry that is missing, changed, or not what a checkpoint says, and
        `FieldError` for one of `others` that is no checkpoint of this institution.
        """
        keys = self._service.key_desk.published()
        with self._service.database.begin_read(unhurried=True) as tx:
            kept = store.every(tx)
            stored = [_stored(record, self._service.institution.did, keys) for record in kept]
            said = [*stored, *self._read(others, keys)]
            last = _compared(audit.chain(tx), said)
        good = [statement for statement in said if statement.counts]
        return Proof(last, max(good, key=lambda statement: statement.seq, default=None))

    def _read(self, tokens: Iterable[str], keys: Sequence[KeyInfo]) -> list[Statement]:
        found = []
        for number, token in enumerate(tokens):
            try:
                found.append(read(token, self._service.institution.did, keys))
            except InvalidError as error:
                raise FieldError(f"checkpoint {number + 1}", f"is not one of this log: {error.detail}") from None
        return found


def read(token: str, issuer: str, keys: Sequence[KeyInfo]) -> Statement:
    """Verify a checkpoint with the key of `issuer` that it names and return what it says. Raises `InvalidError`."""
    signed = jws.parse(token.strip())
    key = next((key for key in keys if key.verification_method == signed.key_id), None)
    if key is None:
        raise InvalidError("INVALID_VERIFICATION_METHOD", f"{issuer} never had the key {signed.key_id[:200]}.")
    jws.verify(signed, key.public_key)
    said = strict_json.loads(signed.payload)
    if signed.header.get("typ") != TYPE or said.get("iss") != issuer:
        raise InvalidError("MALFORMED_VALUE_ERROR", f"It is no checkpoint of {issuer}.")
    return Statement(*_values(said), key.verification_method, key.state != REVOKED)


def _values(said: dict[str, Any]) -> tuple[int, bytes, datetime]:
    try:
        seq, digest, at = said["seq"], bytes.fromhex(said["hash"]), instant(said["at"], "at")
        if isinstance(seq, int) and not isinstance(seq, bool):
            return seq, digest, at
    except (KeyError, TypeError, ValueError, FieldError):
        pass
    raise InvalidError("MALFORMED_VALUE_ERROR", "The checkpoint does not say what a checkpoint says.")


def _stored(record: Checkpoint, issuer: str, keys: Sequence[KeyInfo]) -> Statement:
    """Return what a stored checkpoint says; its columns are only for finding it."""
    try:
        said = read(record.token, issuer, keys)
    except InvalidError as error:
        raise IntegrityError(f"The checkpoint of entry {record.seq} is not good: {error.detail}") from None
    if (said.seq, said.hash) != (record.seq, record.hash):
        raise IntegrityError(f"The checkpoint of entry {record.seq} was changed after it was stored.")
    return said


def _compared(entries: Iterable[AuditEntry], said: Iterable[Statement]) -> AuditEntry | None:
    wanted: dict[int, list[Statement]] = {}
    for statement in said:
        wanted.setdefault(statement.seq, []).append(statement)
    last: AuditEntry | None = None
    for last in entries:  # the last one is what is wanted
        for statement in wanted.pop(last.seq, ()):
            _check(last, statement)
    for seq in sorted(wanted, reverse=True):
        raise IntegrityError(
            f"The audit log was cut off: there are {0 if last is None else last.seq} entries, and the checkpoint of "
            f"{instant_text(wanted[seq][0].at)} is of entry {seq}."
        )
    return last


def _walked(tx: Transaction, before: Checkpoint | None) -> AuditEntry | None:
    """Check what came since a checkpoint and return the last entry of the log."""
    start = None if before is None else store.entry(tx, before.seq)
    if before is not None and (start is None or start.hash != before.hash):
        raise IntegrityError(f"The audit log is not what the checkpoint of entry {before.seq} says.")
    last = start
    for entry in audit.chain(tx, start):
        last = entry
    return last


def _check(entry: AuditEntry, said: Statement) -> None:
    if entry.hash != said.hash:
        raise IntegrityError(
            f"The audit log was written anew: entry {entry.seq} is not the one that the checkpoint of "
            f"{instant_text(said.at)} was made of."
        )


def _payload(issuer: str, last: AuditEntry, now: datetime) -> bytes:
    return strict_json.dumps({"iss": issuer, "seq": last.seq, "hash": last.hash.hex(), "at": instant_text(now)})
