"""Changing what seals the key files: another passphrase, another key-encryption key, or one instead of the other."""

from __future__ import annotations

from dataclasses import dataclass, replace

from issuer.db import RandomBytes
from issuer.errors import PassphraseError
from issuer.key_files import SEALED_FILE, KeyFile
from issuer.keys import KeyStore
from issuer.keys_lock import Lock
from issuer.keys_states import ACTIVE, ANNOUNCED


@dataclass(frozen=True, slots=True)
class Resealed:
    """Names of keys: sealed anew now, sealed so before, and left as they were because nothing here opens them."""

    done: tuple[str, ...]
    before: tuple[str, ...]
    left: tuple[str, ...]


def reseal(keys: KeyStore, old: Lock, new: Lock, random_bytes: RandomBytes) -> Resealed:
    """Seal every secret that `old` opens with `new`, file by file; what `new` opens already is left alone.

    So it may be run again after it was interrupted. Raises `PassphraseError`, before anything is changed, when neither
    opens a key that signs or will; one that no longer signs may have been lost for good.
    """
    done, before, left = list[str](), list[str](), list[str]()
    secrets: list[tuple[KeyFile, bytes]] = []
    states = {key.name: key.state for key in keys.list()}
    for file in (item for item in keys.folder.read() if item.store == SEALED_FILE):
        secret = _opened(new, file)
        if secret is not None:
            before.append(file.name)
        elif (secret := _opened(old, file)) is not None:
            secrets.append((file, secret))
        elif states[file.name] in (ACTIVE, ANNOUNCED):
            raise PassphraseError(
                f"Neither what is set nor what is new opens the key “{file.name}”; nothing is changed."
            )
        else:
            left.append(file.name)
    for file, secret in secrets:
        keys.folder.write(replace(file, sealed=new.seal(secret, file.public, random_bytes)))
        done.append(file.name)
    return Resealed(tuple(done), tuple(before), tuple(left))


def _opened(lock: Lock, file: KeyFile) -> bytes | None:
    try:
        return lock.unseal(file)
    except PassphraseError:
        return None
