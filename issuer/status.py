"""Status entries: giving each credential its own, revoking, and the bits of a list (Bitstring Status List 1.0).

An entry's number must not tell when a credential was issued, or neighbours in the list would be neighbours in the
lecture hall. So entries are numbered by a counter, which never gives one out twice, and the counter is scattered
over the list by a secret permutation.

The permutation is a Feistel network over the smallest even number of bits that holds the length: the number is cut
into halves, and four times one half is mixed into the other with a keyed hash. Such a network can be undone step by
step, so it never maps two numbers to one. A result beyond the length is sent through again ("cycle walking") until it
falls inside, which keeps it one to one (Black and Rogaway 2002, section 4). Four rounds make it indistinguishable
from a random permutation for whoever sees entries only (Luby and Rackoff 1988). The keyed hash is BLAKE2b (RFC 7693
section 2.9): a pseudo-random function in one call, where HMAC-SHA256 costs five times as much, eight times an entry.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final
from uuid import UUID

from issuer import audit
from issuer.addresses import Addresses
from issuer.db import Transaction
from issuer.errors import NotFoundError
from issuer.model import IssuedCredential, StatusChange, StatusList, StatusSlot
from issuer.store import institutions
from issuer.store import status_lists as store
from openbadge.status import set_bits
from openbadge.vocabulary import MINIMUM_LIST_ENTRIES

REVOCATION: Final = "revocation"
LIST_LENGTH: Final = MINIMUM_LIST_ENTRIES
"""Entries of a list: the least that the standard allows, 16 KiB before compression. More than one list is normal."""
_ROUNDS: Final = 4


def allocate(tx: Transaction, purpose: str, now: datetime, profile_id: UUID | None = None) -> StatusSlot:
    """Give away an entry that no other credential has or will have; opens a new list if the others are full.

    The list is the institution's own, or that of an issuer profile. The entry is used up even if nothing comes of it,
    unless the transaction is rolled back.
    """
    taken = store.take(tx, purpose, profile_id)
    if taken is None:
        taken = _open(tx, purpose, now, profile_id)
    return StatusSlot(taken.id, permute(taken.taken - 1, taken.length, taken.permutation_key), taken.url)


def permute(number: int, length: int, key: bytes) -> int:
    """Map 0 … `length` - 1 one to one onto itself, in an order that only the 32 bytes of `key` tell."""
    half = ((length - 1).bit_length() + 1) // 2
    while True:
        number = _feistel(number, half, key)
        if number < length:
            return number


def revoke(tx: Transaction, credential: IssuedCredential, reason: str, actor: str, now: datetime) -> StatusChange:
    """Revoke a credential and return the decision. Revoking again changes nothing and returns the first decision."""
    before = store.newest_change(tx, credential.status_list_id, credential.status_index)
    if before is not None and before.value:
        return before
    change = store.add_change(
        tx,
        list_id=credential.status_list_id,
        index=credential.status_index,
        value=True,
        reason=reason,
        actor=actor,
        at=now,
    )
    audit.append(tx, now, actor, "credential.revoke", str(credential.id), {"reason": reason})
    return change


def is_revoked(tx: Transaction, credential: IssuedCredential) -> bool:
    """Whether the newest decision about a credential's entry sets its bit."""
    change = store.newest_change(tx, credential.status_list_id, credential.status_index)
    return change is not None and change.value


def revoked_indexes(tx: Transaction, list_id: UUID) -> tuple[int, ...]:
    """Return the entries of a list whose bit is set, in rising order."""
    return store.set_indexes(tx, list_id)


def bits(tx: Transaction, list_id: UUID) -> bytes:
    """Return the bitstring of a list, most significant bit first, before compression. Raises `NotFoundError`."""
    return set_bits(get(tx, list_id).length, revoked_indexes(tx, list_id))


def get(tx: Transaction, list_id: UUID) -> StatusList:
    """Return a list, or raise `NotFoundError`."""
    found = store.get(tx, list_id)
    if found is None:
        raise NotFoundError("There is no such status list.")
    return found


def is_published(tx: Transaction, list_id: UUID) -> bool:
    """Whether the newest publication of a list tells every decision made so far."""
    latest = store.latest(tx, list_id)
    return latest is not None and latest.last_change == store.last_change(tx, list_id)


def _open(tx: Transaction, purpose: str, now: datetime, profile_id: UUID | None) -> StatusList:
    list_id = tx.new_id(now)
    base_url = institutions.get(tx, tx.institution_id).base_url
    record = StatusList(
        id=list_id,
        institution_id=tx.institution_id,
        url=Addresses(base_url).status_list(list_id),
        purpose=purpose,
        length=LIST_LENGTH,
        taken=1,
        permutation_key=tx.random_bytes(32),
        created_at=now,
        profile_id=profile_id,
    )
    store.add(tx, record)
    return record


def _feistel(number: int, half: int, key: bytes) -> int:
    mask = (1 << half) - 1
    left, right = number >> half, number & mask
    for turn in range(_ROUNDS):
        mixed = hashlib.blake2b(bytes((turn,)) + right.to_bytes(8, "big"), key=key, digest_size=8).digest()
        left, right = right, left ^ (int.from_bytes(mixed, "big") & mask)
    return left << half | right
