"""Key files: their form, and files that are whole or not there. Knows bytes, not what kind of key they are.

Form of a file (JSON):

    format   "microcred-key/1"
    public   name, controller, algorithm, number, created, `starts` if it signs from another moment on, and
             publicKeyMultibase or (RSA) publicKeyJwk: readable
    sealed   the secret, encrypted (`issuer.keys_lock`), with which `public` is authenticated
    held     instead: where the secret is, `{"store": "pkcs11", …}`, if it never leaves a device
    mark     {"state", "at"} once the key was put to work before its time, retired or revoked by hand; writable without
             the secret. `starts` and `ends` are when it really began and stopped to sign, `compromised` since when
             others may have known the secret
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from issuer.errors import FieldError, KeyStoreError
from issuer.model.forms import instant

FORMAT: Final = "microcred-key/1"
SEALED_FILE: Final = "file"
"""The store of a key whose secret is in its file, sealed."""
PUBLIC_FORMS: Final[Mapping[str, type]] = {"publicKeyMultibase": str, "publicKeyJwk": dict}
"""The members that a public key can be written as, one of them in each file, and what each holds."""
_PUBLIC_TEXTS: Final = ("name", "controller", "algorithm")
_TIMES: Final = frozenset({"created", "starts", "at", "ends", "compromised"})
_OWN: Final = "It and all in it must belong to the user that runs microcred."
_MAX_FILE: Final = 64 * 1024
"""Bytes; a key file has one or two thousand, that of an RSA key four or five."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """One key file as it is on disk: with `sealed`, or with `held`."""

    public: Mapping[str, Any]
    sealed: Mapping[str, Any] | None = None
    held: Mapping[str, Any] | None = None
    mark: Mapping[str, str] | None = None
    format: str = FORMAT

    @property
    def name(self) -> str:
        """The key's name, which is also the file's."""
        return str(self.public["name"])

    @property
    def store(self) -> str:
        """Where the secret is: `SEALED_FILE`, or the name of another store."""
        return SEALED_FILE if self.held is None else str(self.held["store"])

    @property
    def secret(self) -> Mapping[str, Any]:
        """What the file says of the secret, `sealed` or `held`."""
        return (self.sealed if self.held is None else self.held) or {}

    def marked(self, mark: Mapping[str, str]) -> KeyFile:
        """Return the same file with a state set by hand."""
        return replace(self, mark=mark)


@dataclass(slots=True)
class Folder:
    """The key files of a folder. What was read is kept until one of them is another file. Safe to use from threads."""

    path: Path
    _seen: object = None
    _files: tuple[KeyFile, ...] = ()
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def read(self) -> tuple[KeyFile, ...]:
        """Return all key files; none if the folder is not there.

        Raises `KeyStoreError` for a folder that cannot be read or that others can write to, or a file that is damaged
        or that others can read.
        """
        try:
            with self._lock:
                seen = _state(self.path)
                if seen != self._seen:
                    self._files = tuple(_read(self.path / name) for name, *_ in seen)
                    self._seen = seen
                return self._files
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise KeyStoreError(f"The key folder {self.path} cannot be read: {error.strerror}. {_OWN}") from None

    def write(self, file: KeyFile) -> None:
        """Write a key file so that at every moment the old one or the new one is there, complete and on disk."""
        members = {name: value for name, value in asdict(file).items() if value is not None}
        content = json.dumps(members, indent=2, ensure_ascii=False).encode() + b"\n"
        write_private(self.path / f"{file.name}.json", content)


def write_private(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 in a folder of mode 0700: whole or not at all, and on disk when this returns."""
    _private_folder(path.parent)
    _write_whole(path, content)


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


def _state(directory: Path) -> list[tuple[str, int, int, int, int]]:
    """Return what tells one content of the folder from another: a file that is written is another file (inode)."""
    if directory.stat().st_mode & 0o022:
        raise KeyStoreError(f"Others can write to the key folder {directory}. Run `chmod 700` on it.")
    found = []
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.name.endswith(".json"):
                about = entry.stat()
                found.append((entry.name, about.st_mode, about.st_ino, about.st_size, about.st_mtime_ns))
    return sorted(found)


def _read(path: Path) -> KeyFile:
    if path.stat().st_mode & 0o077:
        raise KeyStoreError(f"Others can read the key file “{path.name}”. Run `chmod 600` on it.")
    try:
        with path.open("rb") as stream:
            file = KeyFile(**json.loads(stream.read(_MAX_FILE)))
        _check_form(file, path.stem)
        return file
    except (ValueError, TypeError, KeyError, RecursionError, FieldError):
        raise KeyStoreError(f"The key file “{path.name}” is damaged; restore it from a backup.") from None


def _check_form(file: KeyFile, name: str) -> None:
    texts = all(isinstance(file.public[member], str) for member in _PUBLIC_TEXTS)
    forms = [isinstance(file.public[member], kind) for member, kind in PUBLIC_FORMS.items() if member in file.public]
    known = file.format == FORMAT and file.name == name and isinstance(file.public["number"], int)
    if not (texts and forms == [True] and known and _is_mark(file.mark) and _is_secret(file)):
        raise ValueError("not the form of a key file")
    times = {"created": file.public["created"], **file.public, **(file.mark or {})}
    for member in _TIMES & times.keys():
        instant(times[member], member)


def _is_mark(mark: Any) -> bool:
    return mark is None or (isinstance(mark, dict) and {"state", "at"} <= mark.keys() and _texts(mark))


def _is_secret(file: KeyFile) -> bool:
    places = [place for place in (file.sealed, file.held) if place is not None]
    if len(places) != 1 or not isinstance(places[0], dict):
        return False
    return file.held is None or (_texts(file.held) and file.held.get("store", SEALED_FILE) != SEALED_FILE)


def _texts(members: Mapping[str, Any]) -> bool:
    return all(isinstance(value, str) for value in members.values())
