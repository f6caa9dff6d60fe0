"""The key store: files that hold signing keys, sealed with a passphrase. Only `issuer/keys*` name private keys.

One file per key in `MICROCRED_HOME/keys`, mode 0600 in a folder of mode 0700, written whole or not at all. The
public part is readable; the secret part is sealed with AES-256-GCM under a key that scrypt makes of the passphrase.
The public part is authenticated along with it, so that a secret cannot be moved under another name or issuer.

For each issuer (a DID) and algorithm the newest key is the one that signs; older ones stay published, because
credentials that they signed must go on verifying. Thus rotation is one file write. `keys/README.md` is the runbook.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from issuer.db import RandomBytes
from issuer.errors import KeyStoreError, NoActiveKeyError
from issuer.key_files import PUBLIC_FORMS, KeyFile, PassphraseProvider, read_folder, seal, unseal, write_file
from issuer.keys_kinds import DEFAULT_KIND, fresh, kind
from issuer.model.forms import instant, instant_text
from openbadge import did, did_jwk
from openbadge.multikey import PublicKey, key_type

ACTIVE: Final = "active"
RETIRED: Final = "retired"
REVOKED: Final = "revoked"
"""States of a key: signs; no longer signs, but its signatures stand; known to others, so its signatures fall."""


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """The public part of a key.

    `verification_method` is `controller#name`, or what did:key and did:jwk have; `public_form` is the key as a member
    of a verification method, `publicKeyMultibase` or `publicKeyJwk`; `since` is when `state` began.
    """

    name: str
    controller: str
    verification_method: str
    algorithm: str
    public_form: Mapping[str, Any]
    state: str
    created: datetime
    since: datetime

    @property
    def public_key(self) -> PublicKey:
        """The key itself. Raises `InvalidError` INVALID_VERIFICATION_METHOD when its file was changed by hand."""
        return did.read_key(self.public_form)


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs with one key (`openbadge.proof.model.Signer`). `repr` shows nothing of the secret."""

    verification_method: str
    algorithm: str
    public_key: PublicKey
    _sign: Callable[[bytes], bytes] = field(repr=False)

    def sign(self, data: bytes) -> bytes:
        """Return the raw signature over `data`: 64 bytes for Ed25519 and P-256 (r||s), 96 for P-384, as many as the
        modulus has for RSA (RS256)."""
        return self._sign(data)


@dataclass(frozen=True, slots=True)
class KeyStore:
    """The keys in `directory`. `passphrase` is asked only when a secret is sealed or opened.

    `token_algorithm` is the kind of key that signs the token form of credentials, a key of `keys_kinds.KINDS`.
    """

    directory: Path
    passphrase: PassphraseProvider = field(repr=False)
    token_algorithm: str = DEFAULT_KIND

    def new(
        self,
        controller: str,
        now: datetime,
        random_bytes: RandomBytes,
        algorithm: str = DEFAULT_KIND,
        bits: int | None = None,
    ) -> KeyInfo:
        """Make a key for the issuer `controller` (a did:web) that signs from now on, and return its public part.

        The issuer's key of the same algorithm before it is retired by this. `bits` is the size of an RSA key, one of
        `keys_rsa.SIZES`; None is its default. Raises `KeyStoreError` for an algorithm that is not in the table, a size
        that it does not have, or another DID method, `PassphraseError` without a passphrase.
        """
        if not controller.startswith("did:web:") or "#" in controller:
            raise KeyStoreError(f"Keys can be made for did:web issuers only, not for “{controller}”.")
        secret, private = fresh(algorithm, random_bytes, bits)
        return self._add(controller, secret, private.public_key, now, random_bytes)

    def new_own_did(self, now: datetime, random_bytes: RandomBytes, algorithm: str) -> KeyInfo:
        """Make a key that is its own issuer: the controller is its did:key or, for RSA, its did:jwk, which never has
        another key.

        Raises `KeyStoreError` for an algorithm that is not in the table, `PassphraseError` without a passphrase.
        """
        secret, private = fresh(algorithm, random_bytes)
        return self._add(_own_did(private.public_key), secret, private.public_key, now, random_bytes)

    def _add(
        self, controller: str, secret: bytes, public_key: PublicKey, now: datetime, random_bytes: RandomBytes
    ) -> KeyInfo:
        algorithm = public_key.algorithm
        name = f"{algorithm.lower()}-{now:%Y%m%d}-{random_bytes(4).hex()}"
        public = {
            "name": name,
            "controller": controller,
            "algorithm": algorithm,
            "number": 1 + max((file.public["number"] for file in self._files()), default=0),
            **_public_form(did.method_form(public_key, controller=controller)),
            "created": instant_text(now),
        }
        write_file(self.directory, KeyFile(public, seal(secret, public, self.passphrase(), random_bytes)))
        return self.get(name)

    def list(self) -> tuple[KeyInfo, ...]:
        """Return the public parts of all keys, the oldest first. Needs no passphrase."""
        infos: builtins.list[KeyInfo] = []
        successors: dict[tuple[str, str], KeyInfo] = {}
        for file in reversed(self._files()):
            role = (file.public["controller"], file.public["algorithm"])
            info = _info(file, successors.get(role))
            successors[role] = info
            infos.append(info)
        return tuple(reversed(infos))

    def public_keys(self, controller: str) -> tuple[KeyInfo, ...]:
        """Return an issuer's keys for its DID document, the revoked ones among them. Needs no passphrase."""
        return tuple(key for key in self.list() if key.controller == controller)

    def get(self, name: str) -> KeyInfo:
        """Return the public part of one key. Raises `KeyStoreError` if there is none of this name."""
        for key in self.list():
            if key.name == name:
                return key
        raise KeyStoreError(f"There is no key “{name}”. `microcred keys list` shows those that there are.")

    def signer(self, controller: str, algorithm: str = DEFAULT_KIND) -> Signer:
        """Open the issuer's active key. Raises `NoActiveKeyError` or `PassphraseError`.

        Takes a tenth of a second on purpose (scrypt): open once, keep the signer, and open again after a rotation.
        """
        for key in self.public_keys(controller):
            if key.algorithm == algorithm and key.state == ACTIVE:
                return self._open(key)
        raise NoActiveKeyError(
            f"There is no active {algorithm} key for {controller[:100]}. {_remedy(controller, algorithm)}"
        )

    def retire(self, name: str, now: datetime) -> KeyInfo:
        """Take an active key out of use without a successor; its signatures stand."""
        return self._mark(name, RETIRED, now)

    def revoke(self, name: str, now: datetime) -> KeyInfo:
        """Declare a key compromised: published as revoked, every signature of it falls. Cannot be undone."""
        return self._mark(name, REVOKED, now)

    def _mark(self, name: str, state: str, now: datetime) -> KeyInfo:
        if self.get(name).state not in _MAY_BECOME[state]:
            raise KeyStoreError(f"The key “{name}” is {self.get(name).state} and cannot become {state}.")
        file = next(file for file in self._files() if file.name == name)
        write_file(self.directory, file.marked(state, instant_text(now)))
        return self.get(name)

    def _files(self) -> builtins.list[KeyFile]:
        return sorted(read_folder(self.directory), key=lambda file: (file.public["number"], file.name))

    def _open(self, key: KeyInfo) -> Signer:
        file = next(file for file in self._files() if file.name == key.name)
        private = kind(key.algorithm).from_secret(unseal(file, self.passphrase()))
        if private.public_key != key.public_key:
            raise KeyStoreError(f"The key file “{key.name}” holds a secret that is not that of its public key.")
        return Signer(key.verification_method, key.algorithm, private.public_key, private.sign)


def rehearsal_signer(verification_method: str, algorithm: str, random_bytes: RandomBytes) -> Signer:
    """Return a signer with a key that is thrown away: the lints sign with it what is about to be signed for real.

    It carries the real `verification_method`, so that the rehearsed document differs from the signed one in the
    proof value alone. Raises `KeyStoreError` for an algorithm that is not in the table.
    """
    _, private = fresh(algorithm, random_bytes)
    return Signer(verification_method, algorithm, private.public_key, private.sign)


def throwaway_signer(algorithm: str, random_bytes: RandomBytes) -> Signer:
    """Return a signer with a key that is kept nowhere, under its own did:key or did:jwk. Raises `KeyStoreError`."""
    _, private = fresh(algorithm, random_bytes)
    method = did.own_method_id(_own_did(private.public_key))
    return Signer(method, algorithm, private.public_key, private.sign)


_MAY_BECOME: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({RETIRED: (ACTIVE,), REVOKED: (ACTIVE, RETIRED)})


def _info(file: KeyFile, successor: KeyInfo | None) -> KeyInfo:
    """The public part of a key; `successor` is the issuer's next key of the same algorithm, if there is one."""
    public = file.public
    created = instant(public["created"], "created")
    state, since = (ACTIVE, created) if successor is None else (RETIRED, successor.created)
    if file.mark is not None:
        state, since = file.mark["state"], instant(file.mark["at"], "at")
    controller = public["controller"]
    own = controller.startswith(("did:key:", "did:jwk:"))
    return KeyInfo(
        name=file.name,
        controller=controller,
        verification_method=did.own_method_id(controller) if own else f"{controller}#{file.name}",
        algorithm=public["algorithm"],
        public_form=_public_form(public),
        state=state,
        created=created,
        since=since,
    )


def _remedy(controller: str, algorithm: str) -> str:
    if not controller.startswith("did:web:"):
        return "Make a new profile with `microcred issuers add`: this one is its key."
    return f"Make one with `microcred keys new{'' if algorithm == DEFAULT_KIND else f' --algorithm {algorithm}'}`."


def _public_form(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: members[name] for name in PUBLIC_FORMS if name in members}


def _own_did(key: PublicKey) -> str:
    if key_type(key.algorithm).multicodec is not None:
        return did.did_key(key)
    return did_jwk.did_jwk({**key.jwk(), "use": "sig"})  # without `use` it would claim to agree on keys, too
