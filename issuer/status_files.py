"""The folder of published status lists: one file per list, named as the last part of its address.

A web server or a content delivery network can serve it as it is, and we do while the database is away. A file is
written under another name and then renamed, so that readers see the old list or the new one. Whoever writes has the
folder's lock and reads the newest list under it, so that no file is ever replaced by an older one.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

from issuer.errors import StorageError

_FOLDER_MODE: Final = 0o755
_FILE_MODE: Final = 0o644
"""Everybody may read what is published."""
_LOCK: Final = ".lock"


class StatusFiles:
    """The published lists in a folder, which is made when the first one is written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, list_id: UUID) -> Path:
        """Return where a list is."""
        return self._folder / str(list_id)

    def read(self, list_id: UUID) -> bytes | None:
        """Return a published list, or None. Raises `StorageError`."""
        try:
            return self.path(list_id).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _refused(error) from error

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Be the only one who writes, of all processes with this folder. Raises `StorageError`."""
        try:
            self._folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
            lock = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _refused(error) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def write(self, list_id: UUID, document: bytes) -> None:
        """Publish a list, within `turn`. Raises `StorageError`: the list before it stays then."""
        partial = self._folder / f".{list_id}.partial"
        try:
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _FILE_MODE), "wb") as file:
                file.write(document)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self.path(list_id))
        except OSError as error:
            raise _refused(error) from error


def _refused(error: OSError) -> StorageError:
    return StorageError(
        f"The folder of published status lists cannot be used: {error.strerror}. Look after {error.filename}."
    )
