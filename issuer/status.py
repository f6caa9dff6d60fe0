"""Status entries: giving each credential its own, revoking, and the bits of a list (Bitstring Status List 1.0).

An entry's number must not tell when a credential was issued, or neighbours in the list would be neighbours in the
lecture hall. So entries are numbered by a counter, which never gives one out twice, and the counter is scattered
over the list by a secret permutation.

The permutation is a Feistel network over the smallest even number of bits that holds the length: the number is cut
into halves, and four times one half is mixed into the other with a keyed hash. Such a network can be undone step by
step, so it never maps two numbers to one. A result beyond the length is sent through again ("cycle walking") until it
falls inside, which keeps it one to one (Black and Rogaway 2002, section 4). Four rounds make it indistinguishable
from a random permutation for whoever sees entries only (Luby and Rackoff 1988). The keyed hash is BLAKE2b (RFC 7693
section 2.9): a pseudo-random function in one call. A half has so few values that all of them are hashed beforehand.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import lru_cache
from typing import Final
from uuid import UUID

from issuer import audit
from issuer.addresses import Addresses
from issuer.db import Transaction
from issuer.errors import BusyError, NotFoundError
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
    """Give away one entry, as `allocate_many` does."""
    return allocate_many(tx, purpose, 1, now, profile_id)[0]


def allocate_many(
    tx: Transaction, purpose: str, count: int, now: datetime, profile_id: UUID | None = None
) -> list[StatusSlot]:
    """Give away `count` entries that no other credential has or will have; opens a new list if the others are full.

    The lists are the institution's own, or those of an issuer profile. The entries are used up even if nothing comes
    of them, unless the transaction is rolled back.
    """
    slots: list[StatusSlot] = []
    while len(slots) < count:
        opened = store.open_list(tx, purpose, profile_id) or _open(tx, purpose, now, profile_id)
        part = min(count - len(slots), opened.length - opened.taken)
        if not store.take(tx, opened, part):
            raise BusyError("Another writer took status entries at the same time. Try again.")
        numbers = range(opened.taken, opened.taken + part)
        slots += [
            StatusSlot(opened.id, permute(number, opened.length, opened.permutation_key), opened.url)
            for number in numbers
        ]
    return slots


def permute(number: int, length: int, key: bytes) -> int:
    """Map 0 … `length` - 1 one to one onto itself, in an order that only the 32 bytes of `key` tell."""
    half = ((length - 1).bit_length() + 1) // 2
    rounds = _rounds(key, half)
    mask = (1 << half) - 1
    while True:
        left, right = number >> half, number & mask
        for mixed in rounds:
            left, right = right, left ^ mixed[right]
        number = left << half | right
        if number < length:
            return number


@lru_cache(maxsize=32)
def _rounds(key: bytes, half: int) -> tuple[tuple[int, ...], ...]:
    """Return what each round mixes in, for every half: 512 numbers for a list of the usual length, made once."""
    return tuple(tuple(_mixed(turn, right, key, half) for right in range(1 << half)) for turn in range(_ROUNDS))


def _mixed(turn: int, right: int, key: bytes, half: int) -> int:
    digest = hashlib.blake2b(bytes((turn,)) + right.to_bytes(8, "big"), key=key, digest_size=8).digest()
    return int.from_bytes(digest, "big") & ((1 << half) - 1)


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
        taken=0,
        permutation_key=tx.random_bytes(32),
        created_at=now,
        profile_id=profile_id,
    )
    store.add(tx, record)
    return record
