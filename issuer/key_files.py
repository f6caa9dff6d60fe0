"""Key files: sealing a secret with a passphrase, and writing files that are whole or not there.

Knows bytes, not what kind of key they are. Form of a file (JSON):

    format   "microcred-key/1"
    public   name, controller, algorithm, number, created, and publicKeyMultibase or (RSA) publicKeyJwk: readable,
             and authenticated
    sealed   salt, nonce, n, r, p and the ciphertext, in base64url
    mark     {"state", "at"} once the key was retired or revoked by hand; writable without the passphrase
"""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from issuer.db import RandomBytes
from issuer.errors import KeyStoreError, PassphraseError
from issuer.model.canonical import canonical_json

PassphraseProvider = Callable[[], bytes]
"""Gives the passphrase when it is needed, or raises `PassphraseError`."""

FORMAT: Final = "microcred-key/1"
SCRYPT_N: Final = 2**15
SCRYPT_R: Final = 8
SCRYPT_P: Final = 1
"""32 MiB and about a tenth of a second per guess (RFC 7914 section 2). Our own passphrases have 256 random bits and
need no stretching; this is for those that people choose."""
_MAX_SCRYPT_N: Final = 2**20
"""1 GiB: a file that asks for more would only stop the service."""
PUBLIC_FORMS: Final[Mapping[str, type]] = {"publicKeyMultibase": str, "publicKeyJwk": dict}
"""The members that a public key can be written as, one of them in each file, and what each holds."""
_PUBLIC_TEXTS: Final = ("name", "controller", "algorithm", "created")
_OWN: Final = "It and all in it must belong to the user that runs microcred."
_MAX_FILE: Final = 64 * 1024
"""Bytes; a key file has one or two thousand, that of an RSA key four or five."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """One key file as it is on disk."""

    public: Mapping[str, Any]
    sealed: Mapping[str, Any]
    mark: Mapping[str, str] | None = None
    format: str = FORMAT

    @property
    def name(self) -> str:
        """The key's name, which is also the file's."""
        return str(self.public["name"])

    def marked(self, state: str, at: str) -> KeyFile:
        """Return the same file with a state set by hand."""
        return replace(self, mark={"state": state, "at": at})


def seal(secret: bytes, public: Mapping[str, Any], passphrase: bytes, random_bytes: RandomBytes) -> dict[str, Any]:
    """Encrypt `secret` (AES-256-GCM) under a scrypt key of the passphrase; `public` is authenticated with it."""
    salt, nonce = random_bytes(16), random_bytes(12)
    key = _stretch(passphrase, salt, SCRYPT_N, SCRYPT_R, SCRYPT_P)
    ciphertext = AESGCM(key).encrypt(nonce, secret, canonical_json(dict(public)))
    parts = {"salt": salt, "nonce": nonce, "ciphertext": ciphertext}
    encoded = {name: urlsafe_b64encode(part).decode() for name, part in parts.items()}
    return {"n": SCRYPT_N, "r": SCRYPT_R, "p": SCRYPT_P, **encoded}


def unseal(file: KeyFile, passphrase: bytes) -> bytes:
    """Decrypt the secret of a key file. Raises `PassphraseError` if the passphrase is wrong or the file changed."""
    try:
        salt, nonce, ciphertext = (urlsafe_b64decode(file.sealed[name]) for name in ("salt", "nonce", "ciphertext"))
        n, r, p = (int(file.sealed[name]) for name in ("n", "r", "p"))
        if n > _MAX_SCRYPT_N:
            raise KeyStoreError(f"The key file “{file.name}” asks for more memory than any key of ours needs.")
        key = _stretch(passphrase, salt, n, r, p)
        return AESGCM(key).decrypt(nonce, ciphertext, canonical_json(dict(file.public)))
    except InvalidTag:
        raise PassphraseError(
            f"The passphrase does not open the key “{file.name}”, or its file was changed. "
            "Check MICROCRED_KEY_PASSPHRASE or the file that MICROCRED_KEY_PASSPHRASE_FILE names."
        ) from None
    except (KeyError, TypeError, ValueError):
        raise KeyStoreError(f"The key file “{file.name}” is damaged; restore it from a backup.") from None


def write_file(directory: Path, file: KeyFile) -> None:
    """Write a key file so that at every moment the old one or the new one is there, complete and on disk."""
    _private_folder(directory)
    content = json.dumps(asdict(file), indent=2, ensure_ascii=False).encode() + b"\n"
    _write_whole(directory / f"{file.name}.json", content)


def read_folder(directory: Path) -> tuple[KeyFile, ...]:
    """Return all key files of a folder; none if it is not there.

    Raises `KeyStoreError` for a folder that cannot be read, or a file that is damaged or that others can read.
    """
    try:
        names = sorted(name for name in os.listdir(directory) if name.endswith(".json"))
        return tuple(_read(directory / name) for name in names)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise KeyStoreError(f"The key folder {directory} cannot be read: {error.strerror}. {_OWN}") from None


def create_passphrase(path: Path, random_bytes: RandomBytes) -> None:
    """Write a file with a new random passphrase (256 bits, base64url), unless there is one already."""
    if not path.exists():
        write_private(path, urlsafe_b64encode(random_bytes(32)) + b"\n")


def write_private(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 in a folder of mode 0700: whole or not at all, and on disk when this returns."""
    _private_folder(path.parent)
    _write_whole(path, content)


def passphrase_provider(value: str | None, path: Path) -> PassphraseProvider:
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


def _not_empty(passphrase: bytes) -> bytes:
    if not passphrase:
        raise PassphraseError("The key passphrase is empty.")
    return passphrase


def _stretch(passphrase: bytes, salt: bytes, n: int, r: int, p: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=n, r=r, p=p).derive(passphrase)


def _private_folder(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
    except OSError as error:
        raise KeyStoreError(f"The folder {directory} cannot be used: {error.strerror}. {_OWN}") from None


def _write_whole(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
        _flush_folder(path.parent)
    except OSError as error:
        raise KeyStoreError(f"The file {path} cannot be written: {error.strerror}. {_OWN}") from None


def _flush_folder(directory: Path) -> None:
    """Make the rename itself survive a power failure."""
    folder = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read(path: Path) -> KeyFile:
    if path.stat().st_mode & 0o077:
        raise KeyStoreError(f"Others can read the key file “{path.name}”. Run `chmod 600` on it.")
    try:
        with path.open("rb") as stream:
            file = KeyFile(**json.loads(stream.read(_MAX_FILE)))
        _check_form(file, path.stem)
        return file
    except (ValueError, TypeError, KeyError, RecursionError):
        raise KeyStoreError(f"The key file “{path.name}” is damaged; restore it from a backup.") from None


def _check_form(file: KeyFile, name: str) -> None:
    marked = file.mark is None or all(isinstance(file.mark[member], str) for member in ("state", "at"))
    texts = all(isinstance(file.public[member], str) for member in _PUBLIC_TEXTS)
    forms = [isinstance(file.public[member], kind) for member, kind in PUBLIC_FORMS.items() if member in file.public]
    known = file.format == FORMAT and file.name == name and isinstance(file.public["number"], int)
    if not (marked and texts and forms == [True] and known and isinstance(file.sealed, Mapping)):
        raise ValueError("not the form of a key file")
