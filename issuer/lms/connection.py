"""A connection to one source, what it sends, and what is left of it once it is proved.

The connection is given with its secrets opened; how they are stored is no business of this package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from issuer.errors import SettingsError
from issuer.lms.model import Origin, Reported
from issuer.model.canonical import sha256
from openbadge.multikey import PublicKey

MIN_SECRET: Final = 16
"""Bytes. Below 128 bits a secret can be guessed offline from one recorded delivery."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret shared with the source. While one replaces another, both are valid for a time."""

    id: str
    value: bytes = field(repr=False)
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def __post_init__(self) -> None:
        if len(self.value) < MIN_SECRET:
            raise SettingsError(f"The secret {self.id} has fewer than {MIN_SECRET} bytes. Make a new one.")

    def is_valid(self, now: datetime) -> bool:
        """Whether it is in force: from `valid_from` on and before `valid_until`."""
        return not (self.valid_from and now < self.valid_from) and not (self.valid_until and now >= self.valid_until)


@dataclass(frozen=True, slots=True)
class Connection:
    """How one source is known here.

    `kind` is a key of `ADAPTERS`. `namespace` says whose ids the source reports, such as `https://lms.uni.example`;
    `sis` is the name of the student system whose numbers it carries, empty if those are not to be relied on. `keys`
    are public keys by their id (JWKS); `options` are the settings that only its adapter understands; `api_token` opens
    the source's own interface to us, where we read it.
    """

    name: str
    kind: str
    namespace: str
    sis: str = ""
    secrets: tuple[Secret, ...] = ()
    keys: Mapping[str, PublicKey] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    api_token: str = field(default="", repr=False)

    @property
    def source(self) -> str:
        """The name under which its reports are kept."""
        return f"{self.kind}:{self.namespace}"

    def option(self, name: str) -> str:
        """Return a setting that must be there. Raises `SettingsError`."""
        value = self.options.get(name, "")
        if not value:
            raise SettingsError(f"The connection {self.name} lacks its setting “{name}”.")
        return value

    def secrets_at(self, now: datetime) -> Iterator[Secret]:
        """Yield the secrets in force."""
        return (secret for secret in self.secrets if secret.is_valid(now))


@dataclass(frozen=True, slots=True)
class Incoming:
    """One HTTP request: the raw body, and the headers by their names in small letters, repeated ones joined by `, `.

    `url_token` is the secret part of the address, for senders that can send nothing else.
    """

    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    url_token: str = field(default="", repr=False)

    def header(self, name: str) -> str:
        """Return a header without surrounding white space, or ""."""
        return self.headers.get(name, "").strip()


@dataclass(frozen=True, slots=True)
class Proof:
    """What a check of the sender found. `message_id` is the sender's name of this message, if the proof covers one."""

    by: str
    message_id: str = ""
    signed_at: datetime | None = None
    integrity: bool = True


@dataclass(frozen=True, slots=True)
class Verified:
    """Proved content, ready to be read; reading can be repeated from here, when a reader was wrong.

    `content` is what the proof covers: the body, or what was inside a signed token. `parts` are files sent along, by
    the SHA-256 of their content in hex.
    """

    content: bytes = field(repr=False)
    origin: Origin
    message_id: str = ""
    parts: Mapping[str, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Adapter:
    """One source.

    `verify` raises `SignatureError`, and `InvalidError` or `FieldError` where the sender can only be told by reading.
    `read` raises `InvalidError` or `FieldError` and needs no clock, so it can be repeated from what was stored; with
    signed single events (xAPI) it raises `SignatureError` too.
    """

    verify: Callable[[Incoming, Connection, datetime], Verified]
    read: Callable[[Verified, Connection], tuple[Reported, ...]]


def accepted(incoming: Incoming, connection: Connection, proof: Proof, now: datetime) -> Verified:
    """Return the body as proved content."""
    origin = Origin(connection.source, sha256(incoming.body), proof.by, now, proof.integrity)
    return Verified(incoming.body, origin, proof.message_id)
