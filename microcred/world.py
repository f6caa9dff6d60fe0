"""The real world: clock, randomness and network, chosen once."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from issuer.lms_work.asking import Ask
from issuer.settings import IssuerSettings
from microcred.outgoing.ask import GuardedAsk
from verifier.fetch import GuardedFetch
from verifier.fetch.system import system_network
from verifier.settings import VerifierSettings


def now() -> datetime:
    """Return the time of this machine, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class World:
    """What a command gets from outside; tests pass another one."""

    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    clock: Callable[[], datetime] = now
    random_bytes: Callable[[int], bytes] = secrets.token_bytes

    def network(self, settings: VerifierSettings) -> GuardedFetch:
        """Return the guarded network."""
        return GuardedFetch(system_network(time.monotonic, self.clock), seconds=settings.fetch_seconds)

    def asker(self) -> Ask:
        """Return what asks learning platforms, under the same guard. Raises `SettingsError`."""
        own = IssuerSettings.read(self.environ).lms_private_hosts
        return GuardedAsk(system_network(time.monotonic, self.clock), own=own)
