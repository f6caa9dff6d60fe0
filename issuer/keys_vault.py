"""Where the secrets of keys are: the interface of such a place, and the one in which they lie sealed in files.

A place ("vault") makes a key, says its public part, and signs. It never has to give a secret away, so that a device
(`issuer.keys_pkcs11`) or the key service of a cloud can be one: a class with `create` and `open`, and a row in the
table of vaults that the key store is given.

What a vault owes: errors are `KeyStoreError`s, `KeyUnreachableError` when trying again may help; no call lasts longer
than a limit of its own; it tries nothing twice, since only the caller knows what that would delay. Signing the same
bytes twice should give the same signature: Ed25519 and RS256 always do, ECDSA where the vault follows RFC 6979.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from issuer.db import RandomBytes
from issuer.key_files import KeyFile
from issuer.keys_kinds import Private, fresh, kind
from issuer.keys_lock import Lock
from openbadge.multikey import PublicKey


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made. `keep` turns the public part of its file into the file."""

    public_key: PublicKey
    keep: Callable[[Mapping[str, Any]], KeyFile]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a new key is to be: a name, a row of `keys_kinds.KINDS`, the size of an RSA key or None for its default."""

    name: str
    algorithm: str
    bits: int | None = None


class Vault(Protocol):
    """A place where secrets of keys are."""

    def create(self, wish: Wish, random_bytes: RandomBytes) -> NewKey:
        """Make a key. Raises `KeyStoreError` for a kind or size that there is none of here."""
        ...

    def open(self, file: KeyFile) -> Private:
        """Return the public key as the vault has it, and what signs. Raises `KeyStoreError`."""
        ...


@dataclass(frozen=True, slots=True)
class FileVault:
    """Secrets in the key files themselves, sealed by a lock; kinds are those of `keys_kinds.KINDS`."""

    lock: Lock

    def create(self, wish: Wish, random_bytes: RandomBytes) -> NewKey:
        """Draw a secret. Raises `KeyStoreError`; `keep` raises `PassphraseError`."""
        secret, private = fresh(wish.algorithm, random_bytes, wish.bits)

        def keep(public: Mapping[str, Any]) -> KeyFile:
            return KeyFile(public, sealed=self.lock.seal(secret, public, random_bytes))

        return NewKey(private.public_key, keep)

    def open(self, file: KeyFile) -> Private:
        """Unseal the secret: slow on purpose with a passphrase. Raises `PassphraseError` and `KeyStoreError`."""
        return kind(file.public["algorithm"]).from_secret(self.lock.unseal(file))
