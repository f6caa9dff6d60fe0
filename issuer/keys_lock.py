"""What seals the secrets in key files: a passphrase, or a key-encryption key.

A passphrase is stretched by scrypt (RFC 7914); a key-encryption key has 256 random bits and needs no stretching: each
file gets a key of its own from it by HKDF-SHA256 (RFC 5869). Either way AES-256-GCM encrypts the secret and
authenticates the public part of the file along with it, so that neither can be moved under another name or issuer.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from issuer.db import RandomBytes
from issuer.errors import KeyStoreError, PassphraseError
from issuer.key_files import KeyFile, write_private
from issuer.model.canonical import canonical_json

SecretProvider = Callable[[], bytes]
"""Gives a passphrase or a key-encryption key when it is needed, or raises `PassphraseError`."""

SCRYPT_R: Final = 8
SCRYPT_P: Final = 1
CHOSEN_N: Final = 2**17
"""For a passphrase that a person chose: 128 MiB per guess, the least that OWASP's Password Storage Cheat Sheet asks."""
DRAWN_N: Final = 2**15
"""For a passphrase as long as ours, with 256 random bits: no guess ever meets it, stretched or not."""
DRAWN_LENGTH: Final = 43
"""Characters of 256 bits in base64url. A sentence of that length is beyond guessing, too."""
MAX_SCRYPT_BYTES: Final = 2**30
"""1 GiB: a file that asks for more memory would only stop the service."""
MAX_SCRYPT_P: Final = 16
KEY_BYTES: Final = 32
_FILE_KEY: Final = b"microcred key file: encryption"
_FINGERPRINT: Final = b"microcred key file: fingerprint"


class Lock(Protocol):
    """Seals secrets and opens them again."""

    def seal(self, secret: bytes, public: Mapping[str, Any], random_bytes: RandomBytes) -> dict[str, Any]:
        """Return the member `sealed` of a key file; `public` is authenticated with it. Raises `PassphraseError`."""
        ...

    def unseal(self, file: KeyFile) -> bytes:
        """Return the secret of a key file. Raises `PassphraseError` if this lock does not open it or the file was
        changed, `KeyStoreError` if it is damaged."""
        ...


@dataclass(frozen=True, slots=True)
class PassphraseLock:
    """Seals with a passphrase."""

    passphrase: SecretProvider = field(repr=False)

    def seal(self, secret: bytes, public: Mapping[str, Any], random_bytes: RandomBytes) -> dict[str, Any]:
        """As `Lock.seal`; takes a tenth of a second on purpose, or half a second for a short passphrase."""
        passphrase, salt = self.passphrase(), random_bytes(16)
        n = DRAWN_N if len(passphrase) >= DRAWN_LENGTH else CHOSEN_N
        key = _stretch(passphrase, salt, n, SCRYPT_R, SCRYPT_P)
        cost = {"n": n, "r": SCRYPT_R, "p": SCRYPT_P}
        return {**cost, "salt": _text(salt), **_encrypt(key, secret, public, random_bytes)}

    def unseal(self, file: KeyFile) -> bytes:
        """As `Lock.unseal`."""
        if "n" not in file.secret:
            raise PassphraseError(
                f"The key “{file.name}” is sealed with a key-encryption key, not with a passphrase. Set "
                "MICROCRED_KEY_ENCRYPTION_KEY_FILE."
            )
        return _decrypt(
            file, self._key, "Check MICROCRED_KEY_PASSPHRASE or the file that MICROCRED_KEY_PASSPHRASE_FILE names."
        )

    def _key(self, sealed: Mapping[str, Any]) -> bytes:
        n, r, p = (int(sealed[name]) for name in ("n", "r", "p"))
        if 128 * n * r > MAX_SCRYPT_BYTES or p > MAX_SCRYPT_P:
            raise KeyStoreError("A key file asks for more memory than any key of ours needs; restore it.")
        return _stretch(self.passphrase(), urlsafe_b64decode(sealed["salt"]), n, r, p)


@dataclass(frozen=True, slots=True)
class EncryptionKeyLock:
    """Seals with a key-encryption key of 32 bytes, as a key service or a secret store hands it out."""

    key: SecretProvider = field(repr=False)

    def seal(self, secret: bytes, public: Mapping[str, Any], random_bytes: RandomBytes) -> dict[str, Any]:
        """As `Lock.seal`."""
        key, salt = self.key(), random_bytes(16)
        names = {"kek": _derive(key, b"", _FINGERPRINT)[:8].hex(), "salt": _text(salt)}
        return {**names, **_encrypt(_derive(key, salt, _FILE_KEY), secret, public, random_bytes)}

    def unseal(self, file: KeyFile) -> bytes:
        """As `Lock.unseal`."""
        if "kek" not in file.secret:
            raise PassphraseError(
                f"The key “{file.name}” is sealed with a passphrase, but a key-encryption key is set. `microcred keys "
                "reseal` changes what seals the keys."
            )
        return _decrypt(file, self._key, "Check the key-encryption key: MICROCRED_KEY_ENCRYPTION_KEY or …_KEY_FILE.")

    def _key(self, sealed: Mapping[str, Any]) -> bytes:
        return _derive(self.key(), urlsafe_b64decode(sealed["salt"]), _FILE_KEY)


def create_passphrase(path: Path, random_bytes: RandomBytes) -> None:
    """Write a file with a new random passphrase (256 bits, base64url), unless there is one already.

    It is a key-encryption key as well, if it is named as one.
    """
    if not path.exists():
        write_private(path, urlsafe_b64encode(random_bytes(KEY_BYTES)) + b"\n")


def passphrase_provider(value: str | None, path: Path) -> SecretProvider:
    """Return what gives the passphrase: `value` if it is set, otherwise the content of the file at `path`."""

    def from_file() -> bytes:
        try:
            return _not_empty(path.read_bytes().strip())
        except OSError:
            raise PassphraseError(
                f"There is no readable passphrase file at {path}. `microcred init` makes one; or set "
                "MICROCRED_KEY_PASSPHRASE or MICROCRED_KEY_PASSPHRASE_FILE."
            ) from None

    return from_file if value is None else lambda: _not_empty(value.encode())


def pin_provider(value: str | None, path: Path) -> SecretProvider:
    """Return what gives the PIN of a device: `value` if it is set, otherwise the content of the file at `path`."""

    def from_file() -> bytes:
        try:
            return path.read_bytes().strip()
        except OSError:
            raise PassphraseError(
                f"There is no readable PIN file at {path}. Write it, or set MICROCRED_PKCS11_PIN or …_PIN_FILE."
            ) from None

    return from_file if value is None else value.encode


def encryption_key_provider(source: str | Path) -> SecretProvider:
    """Return what gives the key-encryption key: `source` is its text, or the file that holds it.

    Either is 32 random bytes in base64url, as `create_passphrase` writes them.
    """

    def from_file() -> bytes:
        try:
            return read_encryption_key(Path(source).read_text("ascii"))
        except (OSError, UnicodeDecodeError):
            raise PassphraseError(f"There is no readable key-encryption key at {source}.") from None

    return from_file if isinstance(source, Path) else lambda: read_encryption_key(source)


def read_encryption_key(text: str) -> bytes:
    """Read a key-encryption key. Raises `PassphraseError` for anything but 32 bytes in base64url."""
    try:
        key = urlsafe_b64decode(text.strip().rstrip("=").encode("ascii") + b"=")
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise PassphraseError("A key-encryption key is 32 random bytes in base64url: 43 characters.")
    return key


def _not_empty(passphrase: bytes) -> bytes:
    if not passphrase:
        raise PassphraseError("The key passphrase is empty.")
    return passphrase


def _encrypt(key: bytes, secret: bytes, public: Mapping[str, Any], random_bytes: RandomBytes) -> dict[str, str]:
    nonce = random_bytes(12)
    ciphertext = AESGCM(key).encrypt(nonce, secret, canonical_json(dict(public)))
    return {"nonce": _text(nonce), "ciphertext": _text(ciphertext)}


def _decrypt(file: KeyFile, key_of: Callable[[Mapping[str, Any]], bytes], remedy: str) -> bytes:
    try:
        nonce, ciphertext = (urlsafe_b64decode(file.secret[name]) for name in ("nonce", "ciphertext"))
        return AESGCM(key_of(file.secret)).decrypt(nonce, ciphertext, canonical_json(dict(file.public)))
    except InvalidTag:
        raise PassphraseError(
            f"What is set does not open the key “{file.name}”, or its file was changed. {remedy}"
        ) from None
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise KeyStoreError(f"The key file “{file.name}” is damaged; restore it from a backup.") from None


def _stretch(passphrase: bytes, salt: bytes, n: int, r: int, p: int) -> bytes:
    return Scrypt(salt=salt, length=KEY_BYTES, n=n, r=r, p=p).derive(passphrase)


def _derive(key: bytes, salt: bytes, purpose: bytes) -> bytes:
    return HKDF(hashes.SHA256(), KEY_BYTES, salt, purpose).derive(key)


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode()
