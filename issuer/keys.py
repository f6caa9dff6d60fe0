"""The key store: a file per key, and the places where secrets are. Only `issuer/keys*` name private keys.

The files are in `MICROCRED_HOME/keys`, mode 0600 in a folder of mode 0700, written whole or not at all. Their public
part is readable; the secret is sealed in the file, or stays in a device (`issuer.keys_vault`). Rotation is one file
write, and every process that uses the folder notices it at its next signature. `keys/README.md` is the runbook.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from issuer.db import RandomBytes
from issuer.errors import KeyStoreError, NoActiveKeyError
from issuer.key_files import SEALED_FILE, Folder, KeyFile
from issuer.keys_kinds import DEFAULT_KIND, Private, fresh
from issuer.keys_states import (
    ACTIVE,
    ANNOUNCED,
    MAY_BECOME,
    RETIRED,
    REVOKED,
    KeyInfo,
    key_infos,
    next_start,
    public_form,
)
from issuer.keys_vault import Vault, Wish
from issuer.model.forms import instant_text
from openbadge import did, did_jwk
from openbadge.multikey import PublicKey, key_type

__all__ = [
    "ACTIVE", "ANNOUNCED", "RETIRED", "REVOKED", "SEALED_FILE", "KeyInfo", "KeyStore", "Order", "Signer",
    "rehearsal_signer", "throwaway_signer",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs with one key (`openbadge.proof.model.Signer`). `repr` shows nothing of the secret."""

    verification_method: str
    algorithm: str
    public_key: PublicKey
    _sign: Callable[[bytes], bytes] = field(repr=False)
    _is_usable: Callable[[], bool] = field(default=lambda: True, repr=False)

    @classmethod
    def of(cls, verification_method: str, private: Private) -> Signer:
        """Return the signer of an opened key under the URL of its public part."""
        key = private.public_key
        return cls(verification_method, key.algorithm, key, private.sign, private.is_usable)

    def sign(self, data: bytes) -> bytes:
        """Return the raw signature over `data`: 64 bytes for Ed25519 and P-256 (r||s), 96 for P-384, as many as the
        modulus has for RSA (RS256).

        Raises `KeyUnreachableError` when the key is in a device that is away.
        """
        return self._sign(data)

    @property
    def is_usable(self) -> bool:
        """False once the device that has the key failed; it has to be opened again then."""
        return self._is_usable()


@dataclass(frozen=True, slots=True)
class Order:
    """What kind of key to make: a row of `keys_kinds.KINDS`, the size of an RSA key or None for its default, the place
    where its secret is to be, how long after it is published it begins to sign, and the highest number that a key has
    on record elsewhere: it is counted on from there, since keys whose files are lost have numbers, too."""

    algorithm: str = DEFAULT_KIND
    bits: int | None = None
    store: str = SEALED_FILE
    after: timedelta = timedelta()
    last_number: int = 0


@dataclass(frozen=True, slots=True)
class _Listed:
    """What was listed of these files, and from when until when that is so: it is asked for at every signature."""

    files: tuple[KeyFile, ...]
    since: datetime
    until: datetime | None
    keys: tuple[KeyInfo, ...]


@dataclass(frozen=True, slots=True)
class KeyStore:
    """The keys in `directory`; `vaults` are the places of secrets by name.

    `token_algorithm` is the kind of key that signs the token form of credentials, a key of `keys_kinds.KINDS`. Safe to
    use from several threads and processes.
    """

    directory: Path
    vaults: Mapping[str, Vault] = field(repr=False)
    clock: Callable[[], datetime] = field(repr=False)
    token_algorithm: str = DEFAULT_KIND
    folder: Folder = field(init=False, repr=False, compare=False)
    _listed: builtins.list[_Listed] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", Folder(self.directory))

    def new(self, controller: str, random_bytes: RandomBytes, order: Order | None = None) -> KeyInfo:
        """Make a key for the issuer `controller` (a did:web), an Ed25519 key unless ordered otherwise.

        The issuer's key of the same algorithm before it retires when this one begins to sign. Raises `KeyStoreError`
        for what there is none of, or another DID method, `PassphraseError` without a passphrase.
        """
        if not controller.startswith("did:web:") or "#" in controller:
            raise KeyStoreError(f"Keys can be made for did:web issuers only, not for “{controller}”.")
        return self._add(lambda _key: controller, order or Order(), random_bytes)

    def new_own_did(self, random_bytes: RandomBytes, algorithm: str) -> KeyInfo:
        """Make a key that is its own issuer: the controller is its did:key or, for RSA, its did:jwk, which never has
        another key.

        Raises `KeyStoreError` for an algorithm that is not in the table, `PassphraseError` without a passphrase.
        """
        return self._add(_own_did, Order(algorithm), random_bytes)

    def list(self) -> tuple[KeyInfo, ...]:
        """Return the public parts of all keys, the oldest first. Opens none."""
        files, now = self.folder.read(), self.clock()
        for known in self._listed:
            if known.files is files and known.since <= now and (known.until is None or now < known.until):
                return known.keys
        found = _Listed(files, now, next_start(files, now), key_infos(files, now))
        self._listed[:] = [found]
        return found.keys

    def public_keys(self, controller: str) -> tuple[KeyInfo, ...]:
        """Return an issuer's keys, the revoked ones among them. Opens none."""
        return tuple(key for key in self.list() if key.controller == controller)

    def get(self, name: str) -> KeyInfo:
        """Return the public part of one key. Raises `KeyStoreError` if there is none of this name."""
        for key in self.list():
            if key.name == name:
                return key
        raise KeyStoreError(f"There is no key “{name}”. `microcred keys list` shows those that there are.")

    def signer(self, controller: str, algorithm: str = DEFAULT_KIND) -> Signer:
        """Open the issuer's active key. Raises `NoActiveKeyError`, `PassphraseError`, `KeyUnreachableError`.

        Takes a tenth of a second or more with a passphrase (scrypt): open once, keep the signer, and open again after
        a rotation.
        """
        for key in self.public_keys(controller):
            if key.algorithm == algorithm and key.state == ACTIVE:
                return self._open(key)
        raise NoActiveKeyError(
            f"There is no active {algorithm} key for {controller[:100]}. {_remedy(controller, algorithm)}"
        )

    def retire(self, name: str) -> KeyInfo:
        """Take a key out of use now, for the key that is announced or for none; its signatures stand.

        Raises `KeyStoreError` for a key that is out of use already.
        """
        return self._mark(name, RETIRED, {})

    def revoke(self, name: str, compromised: datetime | None = None) -> KeyInfo:
        """Declare a key compromised: published as revoked, every signature of it falls. Cannot be undone.

        `compromised` is since when others may have known it, None means from now on. Raises `KeyStoreError` for a key
        that is revoked already, and for a moment in the future.
        """
        before, now = self.get(name), self.clock()
        if compromised is not None and compromised > now:
            raise KeyStoreError("A key cannot be compromised from a moment in the future on.")
        ends = {} if before.ends is None else {"ends": instant_text(before.ends)}
        return self._mark(name, REVOKED, {"compromised": instant_text(compromised or now), **ends})

    def _mark(self, name: str, state: str, more: Mapping[str, str]) -> KeyInfo:
        before = self.get(name)
        if before.state not in MAY_BECOME[state]:
            raise KeyStoreError(f"The key “{name}” is {before.state} and cannot become {state}.")
        if before.state == ACTIVE:
            self._put_successor_to_work(before)
        starts = {} if before.starts == before.created else {"starts": instant_text(before.starts)}
        self.folder.write(self.file(name).marked({"state": state, "at": instant_text(self.clock()), **starts, **more}))
        return self.get(name)

    def _put_successor_to_work(self, key: KeyInfo) -> None:
        """Let the key that is announced take over now: waiting for its time would help nobody."""
        for other in reversed(self.public_keys(key.controller)):
            if (other.algorithm, other.state) == (key.algorithm, ANNOUNCED):
                self._mark(other.name, ACTIVE, {})
                return

    def file(self, name: str) -> KeyFile:
        """Return the file of a key. Raises `KeyStoreError` if there is none of this name."""
        for file in self.folder.read():
            if file.name == name:
                return file
        raise KeyStoreError(f"There is no file of the key “{name}”.")

    def open(self, name: str) -> Private:
        """Open a key, whatever its state, and see that its secret is that of its public part.

        Raises `PassphraseError`, `KeyUnreachableError`, and `KeyStoreError` for another key.
        """
        file = self.file(name)
        private = self._vault(file.store).open(file)
        if private.public_key != self.get(name).public_key:
            raise KeyStoreError(f"The key “{name}” has a secret that is not that of its public key.")
        return private

    def _open(self, key: KeyInfo) -> Signer:
        return Signer.of(key.verification_method, self.open(key.name))

    def _vault(self, store: str) -> Vault:
        if store not in self.vaults:
            raise KeyStoreError(
                f"There is no key store “{store}” here; there is {', '.join(self.vaults)}. keys/README.md says how to "
                "set one up."
            )
        return self.vaults[store]

    def _add(self, controller_of: Callable[[PublicKey], str], order: Order, random_bytes: RandomBytes) -> KeyInfo:
        now = self.clock()
        name = f"{order.algorithm.lower()}-{now:%Y%m%d}-{random_bytes(4).hex()}"
        made = self._vault(order.store).create(Wish(name, order.algorithm, order.bits), random_bytes)
        controller = controller_of(made.public_key)
        public = {
            "name": name,
            "controller": controller,
            "algorithm": order.algorithm,
            "number": 1 + max((order.last_number, *(file.public["number"] for file in self.folder.read()))),
            **public_form(did.method_form(made.public_key, controller=controller)),
            "created": instant_text(now),
            **({"starts": instant_text(now + order.after)} if order.after else {}),
        }
        self.folder.write(made.keep(public))
        return self.get(name)


def rehearsal_signer(verification_method: str, algorithm: str, random_bytes: RandomBytes) -> Signer:
    """Return a signer with a key that is thrown away: the lints sign with it what is about to be signed for real.

    It carries the real `verification_method`, so that the rehearsed document differs from the signed one in the
    proof value alone. Raises `KeyStoreError` for an algorithm that is not in the table.
    """
    return Signer.of(verification_method, fresh(algorithm, random_bytes)[1])


def throwaway_signer(algorithm: str, random_bytes: RandomBytes) -> Signer:
    """Return a signer with a key that is kept nowhere, under its own did:key or did:jwk. Raises `KeyStoreError`."""
    _, private = fresh(algorithm, random_bytes)
    return Signer.of(did.own_method_id(_own_did(private.public_key)), private)


def _remedy(controller: str, algorithm: str) -> str:
    if not controller.startswith("did:web:"):
        return "Make a new profile with `microcred issuers add`: this one is its key."
    return f"Make one with `microcred keys new{'' if algorithm == DEFAULT_KIND else f' --algorithm {algorithm}'}`."


def _own_did(key: PublicKey) -> str:
    if key_type(key.algorithm).multicodec is not None:
        return did.did_key(key)
    return did_jwk.did_jwk({**key.jwk(), "use": "sig"})  # without `use` it would claim to agree on keys, too
