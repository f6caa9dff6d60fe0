"""What people do to keys: make, rotate, retire, declare compromised. Each is in the audit log with who did it.

A key file is written in a write transaction, so that whoever issues at that moment is done before, and sees the new
state after. The transaction then puts it on record; should it not come to that, the next one does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from issuer import audit, keys_register
from issuer.audit import Line
from issuer.db import Database, Transaction
from issuer.errors import NoActiveKeyError
from issuer.keys import ACTIVE, KeyInfo, KeyStore, Order
from issuer.keys_lock import Lock
from issuer.keys_register import Witness
from issuer.keys_reseal import Resealed, reseal
from issuer.keys_states import key_infos
from issuer.model import Institution
from issuer.store import keys as store
from openbadge.jose.jwk import rsa_numbers

ANNOUNCED_FOR: Final = timedelta(minutes=10)
"""How long a key is published before it takes over from another one: twice as long as our DID document may be kept by
those who read it (`issuer.web.published.MAX_AGE_KEYS`)."""


class KeyDesk:
    """The keys of one institution and of its issuer profiles. Safe to use from several threads."""

    def __init__(
        self, database: Database, institution: Institution, keys: KeyStore, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._institution = institution
        self._keys = keys
        self._clock = clock

    def new(self, order: Order, actor: str) -> KeyInfo:
        """Make a key for the institution. Raises what `KeyStore.new` raises."""
        with self._changing(actor) as tx:
            return self._make(tx, order)

    def rotate(self, algorithm: str, actor: str, after: timedelta = ANNOUNCED_FOR) -> tuple[KeyInfo, KeyInfo]:
        """Make a successor for the active key of a kind, in the same place and of the same size, that takes over when
        it has been published for a while; return the key and its successor.

        Raises `NoActiveKeyError` when there is nothing to take over from.
        """
        with self._changing(actor) as tx:
            active = self._active(algorithm)
            made = self._make(tx, Order(algorithm, _bits(active), active.store, after))
            return self._keys.get(active.name), made

    def retire(self, name: str, actor: str) -> KeyInfo:
        """Take a key out of use without a successor. Raises `KeyStoreError`."""
        with self._changing(actor):
            return self._keys.retire(name)

    def revoke(self, tx: Transaction, name: str, since: datetime | None, actor: str) -> KeyInfo:
        """Declare a key compromised, in a write transaction. Raises `KeyStoreError`."""
        with self._on_record(tx, actor):
            return self._keys.revoke(name, since)

    def reseal(self, old: Lock, new: Lock, kind: str, actor: str) -> Resealed:
        """Seal the key files with another lock, `kind` in words. Raises what `keys_reseal.reseal` raises."""
        with self._changing(actor) as tx:
            resealed = reseal(self._keys, old, new, tx.random_bytes)
            lines = [Line(actor, "key.reseal", name, {"with": kind}) for name in resealed.done]
            audit.append_many(tx, self._clock(), lines)
            return resealed

    def note(self, tx: Transaction, actor: str) -> None:
        """Put on record what was just done to the keys in a write transaction."""
        keys_register.bring_up(tx, self._keys.folder, Witness(actor, self._clock()))

    def bring_up(self, actor: str) -> None:
        """Put on record what was found in the key folder; see `keys_register.bring_up`."""
        with self._database.begin_read(self._institution.id) as tx:
            if not self._differs(tx):
                return
        with self._changing(actor):
            return

    def every(self) -> tuple[KeyInfo, ...]:
        """Return all keys, those whose files are lost among them, the oldest first."""
        with self._database.begin_read(self._institution.id) as tx:
            records = store.every(tx)
        files = self._keys.folder.read()
        return key_infos(keys_register.merged(files, records.values()), self._clock())

    def published(self) -> tuple[KeyInfo, ...]:
        """Return the keys for the institution's DID document."""
        return tuple(key for key in self.every() if key.controller == self._institution.did)

    @contextmanager
    def _changing(self, actor: str) -> Iterator[Transaction]:
        with self._database.begin_write(self._institution.id) as tx, self._on_record(tx, actor):
            yield tx

    @contextmanager
    def _on_record(self, tx: Transaction, actor: str) -> Iterator[None]:
        """First what was there already, then what is done in between, each under its own name."""
        witness = Witness(actor, self._clock(), found=True)
        keys_register.bring_up(tx, self._keys.folder, witness)
        yield
        keys_register.bring_up(tx, self._keys.folder, replace(witness, found=False))

    def _make(self, tx: Transaction, order: Order) -> KeyInfo:
        numbers = [record.public["number"] for record in store.every(tx).values()]
        order = replace(order, last_number=max(numbers, default=0))
        return self._keys.new(self._institution.did, tx.random_bytes, order)

    def _differs(self, tx: Transaction) -> bool:
        records = store.every(tx)
        on_record = {name: (record.public, record.mark) for name, record in records.items()}
        return any((file.public, file.mark) != on_record.get(file.name) for file in self._keys.folder.read())

    def _active(self, algorithm: str) -> KeyInfo:
        for key in self._keys.public_keys(self._institution.did):
            if (key.algorithm, key.state) == (algorithm, ACTIVE):
                return key
        raise NoActiveKeyError(f"There is no active {algorithm} key to take over from. `microcred keys new` makes one.")


def _bits(key: KeyInfo) -> int | None:
    """The size of an RSA key."""
    return rsa_numbers(key.public_key.raw)[0].bit_length() if key.algorithm == "RSA" else None
