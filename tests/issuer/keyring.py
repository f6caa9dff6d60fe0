"""Key stores for tests, in a folder, with a clock that stands still until a test moves it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from issuer.key_files import SEALED_FILE
from issuer.keys import KeyStore
from issuer.keys_lock import PassphraseLock
from issuer.keys_vault import FileVault
from tests.issuer.samples import NOW

PASSPHRASE: Final = b"a passphrase as long as those that are drawn at random"
"""Long, so that opening a key is quick: a short one is stretched for longer."""


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now


def key_store(folder: Path, passphrase: bytes = PASSPHRASE, clock: Clock | None = None) -> KeyStore:
    """A key store whose keys are sealed with a passphrase."""
    return KeyStore(folder, {SEALED_FILE: FileVault(PassphraseLock(lambda: passphrase))}, clock or Clock())
