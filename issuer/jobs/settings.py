"""The settings of deliveries. Off unless an address is set; secrets are in files, never in the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote, urlsplit

from issuer.addresses import is_loopback
from issuer.errors import FieldError, SettingsError
from issuer.model.forms import email
from issuer.settings import Setting

SMTP_URL: Final = Setting(
    "MICROCRED_SMTP_URL",
    "not set: no mail is sent",
    "The mail server that takes messages to learners: smtps://user@host:465, or smtp://user@host:587 (STARTTLS).",
)
SMTP_PASSWORD_FILE: Final = Setting(
    "MICROCRED_SMTP_PASSWORD_FILE", "not set", "The file with the password of the user in MICROCRED_SMTP_URL."
)
MAIL_FROM: Final = Setting(
    "MICROCRED_MAIL_FROM", "not set", "The address that mail to learners comes from; needed with MICROCRED_SMTP_URL."
)
WEBHOOK_URL: Final = Setting(
    "MICROCRED_WEBHOOK_URL",
    "not set: nobody is called back",
    "The public https address that is told of issued and revoked credentials and of batches that are done.",
)
WEBHOOK_SECRET_FILE: Final = Setting(
    "MICROCRED_WEBHOOK_SECRET_FILE",
    "not set",
    "The file with the secret that signs these calls, 16 characters or more; two lines while one replaces the other.",
)
SETTINGS: Final = (SMTP_URL, SMTP_PASSWORD_FILE, MAIL_FROM, WEBHOOK_URL, WEBHOOK_SECRET_FILE)
"""All of them, in the order of the README."""

_PORTS: Final[Mapping[str, int]] = MappingProxyType({"smtp": 587, "smtps": 465})
_MAX_SECRET: Final = 4_096
_BAD_SMTP_URL: Final = f"{SMTP_URL.name} must be such as smtps://user@host:465, without a password."


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server. `tls` is `smtps` (from the first byte), `starttls`, or `none`, on the own machine only."""

    host: str
    port: int
    tls: str
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Callback:
    """The institution's address for calls, and the secrets that sign them, the newest first."""

    url: str
    secrets: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """The settings, checked; None is a way that is off."""

    mail: MailServer | None
    callback: Callback | None

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> DeliverySettings:
        """Read and check all settings. Raises `SettingsError` with the name of the variable and what it must be."""
        return cls(_mail(environ), _callback(environ))


def _mail(environ: Mapping[str, str]) -> MailServer | None:
    value = environ.get(SMTP_URL.name)
    if value is None:
        return None
    try:
        url = urlsplit(value)
        port = url.port
    except ValueError:
        raise SettingsError(_BAD_SMTP_URL) from None
    if url.scheme not in _PORTS or not url.hostname or url.password or url.path.strip("/"):
        raise SettingsError(_BAD_SMTP_URL)
    tls = "smtps" if url.scheme == "smtps" else "none" if is_loopback(url.hostname) else "starttls"
    password = _secrets(environ, SMTP_PASSWORD_FILE.name)
    if (url.username is None) != (not password):
        raise SettingsError(f"A user in {SMTP_URL.name} and {SMTP_PASSWORD_FILE.name} belong together.")
    return MailServer(
        url.hostname,
        _PORTS[url.scheme] if port is None else port,
        tls,
        _sender(environ),
        None if url.username is None else unquote(url.username),
        password[0].decode("utf-8", "replace") if password else None,
    )


def _sender(environ: Mapping[str, str]) -> str:
    try:
        return email(environ.get(MAIL_FROM.name, ""), MAIL_FROM.name)
    except FieldError as error:
        raise SettingsError(f"{error.detail}.") from None


def _callback(environ: Mapping[str, str]) -> Callback | None:
    url = environ.get(WEBHOOK_URL.name)
    if url is None:
        return None
    if not url.startswith("https://"):
        raise SettingsError(f"{WEBHOOK_URL.name} must be a public https address.")
    secrets = _secrets(environ, WEBHOOK_SECRET_FILE.name)
    if not 1 <= len(secrets) <= 2 or min(map(len, secrets)) < 16:
        raise SettingsError(
            f"{WEBHOOK_SECRET_FILE.name} must name a file with one or two lines of 16 characters or more."
        )
    return Callback(url, secrets)


def _secrets(environ: Mapping[str, str], name: str) -> tuple[bytes, ...]:
    value = environ.get(name)
    if value is None:
        return ()
    try:
        with Path(value).open("rb") as file:
            content = file.read(_MAX_SECRET)
    except (OSError, ValueError):
        raise SettingsError(f"{name} names a file that cannot be read.") from None
    return tuple(line.strip() for line in content.splitlines() if line.strip())
