"""The public keys of platforms, fetched where a person said that they are published, and kept for a while.

A platform replaces its keys when it likes. So a key set (RFC 7517 section 5) is fetched again when it has become old,
and when a token names a key that is not in it, but not more often than every few minutes: whoever sends invented names
makes nobody busy. A key, or an address of keys, that a token itself brings is never looked at.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from issuer.lms import ask as asked
from issuer.lms.ask import Request
from issuer.lms.connection import Connection
from issuer.lms.errors import SourceError
from issuer.lms_work.asking import Ask
from openbadge.errors import InvalidError
from openbadge.multikey import PublicKey

OPTION: Final = "jwks"
"""The setting of a connection that says where its platform publishes its keys."""
MAX_AGE: Final = timedelta(hours=1)
"""After this a set is fetched again, so that a key that was withdrawn is soon good for nothing here."""
MAX_STALE: Final = timedelta(days=1)
"""How long keys are believed while their address does not answer: a night of maintenance, and no longer."""
PAUSE: Final = timedelta(minutes=5)
"""At least this long between two fetches of one set, whatever is asked for."""
MAX_KEYS: Final = 50
"""Keys of one set; vendors publish three, a platform with a key for each tool some more."""
WAIT_SECONDS: Final = 10.0
"""How long one waits for a fetch that another has begun."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of one set: the keys, when they were fetched, when that was last tried, and why it failed."""

    keys: Mapping[str, PublicKey] = field(default_factory=dict)
    fetched_at: datetime | None = None
    tried_at: datetime | None = None
    error: SourceError | None = None

    def is_old(self, now: datetime) -> bool:
        return self.fetched_at is None or now - self.fetched_at >= MAX_AGE

    def may_try(self, now: datetime) -> bool:
        return self.tried_at is None or now - self.tried_at >= PAUSE

    def good(self, now: datetime) -> Mapping[str, PublicKey]:
        """The keys that may still be believed."""
        return {} if self.fetched_at is None or now - self.fetched_at >= MAX_STALE else self.keys


class KeySets:
    """The key sets of the platforms of one process. Safe to use from several threads."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._known: dict[str, _Known] = {}
        self._lock = threading.Lock()
        self._fetching: dict[str, threading.Lock] = {}

    def keys(self, connection: Connection, kid: str, now: datetime) -> Mapping[str, PublicKey]:
        """Return the keys of a platform by their `kid`, fetching them if that of a token (`kid`) is not among them.

        Keys that a person entered count alone, and nothing is fetched. May wait for the network, up to half a minute.
        Raises `SourceError` when it cannot be known whether the platform has such a key, and `SettingsError` for a
        connection with neither keys nor an address of them. A key that is not in a set fetched lately is not there.
        """
        if connection.keys:
            return connection.keys
        url = connection.option(OPTION)
        if self._is_wanting(url, kid, now):
            self._fetch_once(url, kid, now)
        known = self._known.get(url, _Known())
        keys = known.good(now)
        if kid not in keys and known.error is not None:
            raise known.error
        return keys

    def is_at_hand(self, connection: Connection, kid: str, now: datetime) -> bool:
        """Whether `keys` answers without a question to the platform. Raises as `keys`."""
        if not connection.keys and self._is_wanting(connection.option(OPTION), kid, now):
            return False
        self.keys(connection, kid, now)
        return True

    def known(self, connection: Connection, now: datetime) -> Mapping[str, PublicKey]:
        """Return the keys that are known without asking anybody; none for a connection that has no keys."""
        return connection.keys or self._known.get(connection.options.get(OPTION, ""), _Known()).good(now)

    def _is_wanting(self, url: str, kid: str, now: datetime) -> bool:
        known = self._known.get(url, _Known())
        return (kid not in known.keys or known.is_old(now)) and known.may_try(now)

    def _fetch_once(self, url: str, kid: str, now: datetime) -> None:
        """Fetch, unless another thread does so; then wait for what it brings, but not for a key that is known."""
        with self._lock:
            turn = self._fetching.setdefault(url, threading.Lock())
        is_known = kid in self._known.get(url, _Known()).good(now)
        if not turn.acquire(timeout=0 if is_known else WAIT_SECONDS):
            if is_known:
                return
            raise SourceError("The keys of the platform are being fetched. Try again.", "busy", retry=True)
        try:
            if self._is_wanting(url, kid, now):
                self._known[url] = self._fetched(url, now)
        finally:
            turn.release()

    def _fetched(self, url: str, now: datetime) -> _Known:
        try:
            keys = fetch(url, self._ask)
        except SourceError as error:
            again = SourceError(f"The keys of the platform could not be fetched. {error.detail}", "keys", retry=True)
            return replace(self._known.get(url, _Known()), tried_at=now, error=again)
        return _Known(keys, now, now)


def fetch(url: str, ask: Ask) -> dict[str, PublicKey]:
    """Fetch a key set and return its keys for signatures by their `kid`. Raises `SourceError`.

    Keys of a kind that is not known here are left out, as RFC 7517 section 5 wants it.
    """
    found: dict[str, PublicKey] = {}
    members = asked.document(ask(Request("GET", url, {"Accept": "application/jwk-set+json, application/json"})))
    keys = members.get("keys")
    if not isinstance(keys, list) or len(keys) > MAX_KEYS:
        raise SourceError(f"At the address of the keys there is no set of up to {MAX_KEYS} keys.", "form")
    for jwk in keys:
        key = _read(jwk) if isinstance(jwk, dict) else None
        if key is not None and found.setdefault(jwk["kid"], key) != key:
            raise SourceError("The key set has two keys of one name (kid).", "form")
    return found


def _read(jwk: Mapping[str, Any]) -> PublicKey | None:
    name = jwk.get("kid")
    if not isinstance(name, str) or not name:
        return None
    try:
        return PublicKey.from_jwk(jwk)
    except InvalidError:
        return None
