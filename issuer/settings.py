"""The issuer's settings: environment variables, read once at the start. The only module here that sees them.

Every setting is a row of `SETTINGS` with the sentence that the README prints. A bad value stops the start.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from issuer.addresses import is_loopback
from issuer.errors import SettingsError
from issuer.keys_kinds import DEFAULT_KIND, TOKEN_ALGORITHMS


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its variable, what holds if it is not set (in words), what it does, and how it is read."""

    name: str
    default: str
    sentence: str


HOME: Final = Setting(
    "MICROCRED_HOME", "./var", "The one folder that the service writes to: database, keys, caches, results."
)
BASE_URL: Final = Setting(
    "MICROCRED_BASE_URL",
    "what `microcred init` was told, else http://127.0.0.1:8000",
    "The public address of the service, which credentials carry for ever: https, except on the own machine.",
)
DATABASE_URL: Final = Setting(
    "MICROCRED_DATABASE_URL",
    "the SQLite file microcred.sqlite3 in MICROCRED_HOME",
    "Where the data is, as a SQLAlchemy URL such as sqlite:////srv/microcred.sqlite3.",
)
PASSPHRASE: Final = Setting(
    "MICROCRED_KEY_PASSPHRASE",
    "not set",
    "The passphrase that opens the signing keys. Prefer the file: other programs may see the environment.",
)
PASSPHRASE_FILE: Final = Setting(
    "MICROCRED_KEY_PASSPHRASE_FILE",
    "the file keys/passphrase in MICROCRED_HOME",
    "The file with the passphrase that opens the signing keys; not used if MICROCRED_KEY_PASSPHRASE is set.",
)
TOKEN_ALGORITHM: Final = Setting(
    "MICROCRED_TOKEN_ALGORITHM",
    "EdDSA",
    "How the token form of credentials is signed: EdDSA, ES256, ES384 or RS256; the institution needs such a key.",
)
VERIFIER_URL: Final = Setting(
    "MICROCRED_VERIFIER_URL",
    "the public address of the service",
    "Where the public verifier is, for the links on credential pages: needed when another machine has that role.",
)
VC_API_AUTH: Final = Setting(
    "MICROCRED_VC_API_AUTH",
    "token",
    "Who may issue through the VC-API: `token` needs an access token, `none` lets anybody, for conformance tests only.",
)

SETTINGS: Final = (
    HOME,
    BASE_URL,
    VERIFIER_URL,
    DATABASE_URL,
    PASSPHRASE,
    PASSPHRASE_FILE,
    TOKEN_ALGORITHM,
    VC_API_AUTH,
)
"""All of them, in the order of the README."""


@dataclass(frozen=True, slots=True)
class IssuerSettings:
    """The settings, checked. Paths are as given, relative ones to the start folder.

    `base_url` and `verifier_url` end without a slash; None means the one that the home was prepared with, and the
    same as that. `token_algorithm` is the kind of key that signs tokens, a key of `issuer.keys_kinds.KINDS`.
    """

    home: Path
    base_url: str | None
    database_url: str = field(repr=False)  # it may hold a password
    key_passphrase: str | None = field(repr=False)
    key_passphrase_file: Path
    vc_api_needs_token: bool = True
    verifier_url: str | None = None
    token_algorithm: str = DEFAULT_KIND

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> IssuerSettings:
        """Read and check all settings. Raises `SettingsError` with the name of the variable and what it must be."""
        home = _read(environ, HOME, _path, Path("var"))
        return cls(
            home=home,
            base_url=_read(environ, BASE_URL, _base_url, None),
            database_url=_read(environ, DATABASE_URL, str, f"sqlite:///{home / 'microcred.sqlite3'}"),
            key_passphrase=_read(environ, PASSPHRASE, _passphrase, None),
            key_passphrase_file=_read(environ, PASSPHRASE_FILE, _path, home / "keys" / "passphrase"),
            vc_api_needs_token=_read(environ, VC_API_AUTH, _needs_token, True),
            verifier_url=_read(environ, VERIFIER_URL, _base_url, None),
            token_algorithm=_read(environ, TOKEN_ALGORITHM, _token_algorithm, DEFAULT_KIND),
        )

    @property
    def keys_directory(self) -> Path:
        """The folder of the signing keys."""
        return self.home / "keys"


def _read(environ: Mapping[str, str], setting: Setting, read: Callable[[str], Any], default: Any) -> Any:
    value = environ.get(setting.name)
    if value is None:
        return default
    try:
        return read(value)
    except ValueError as error:
        raise SettingsError(f"{setting.name} {error}.") from None


def _path(value: str) -> Path:
    if not value.strip() or "\x00" in value:
        raise ValueError("must be a path, not empty")
    return Path(value)


def _passphrase(value: str) -> str:
    if not value:
        raise ValueError("is set but empty; remove it or give it a value")
    return value


def _needs_token(value: str) -> bool:
    if value not in ("token", "none"):
        raise ValueError("must be token or none")
    return value == "token"


def _token_algorithm(value: str) -> str:
    if value not in TOKEN_ALGORITHMS:
        raise ValueError(f"must be one of {', '.join(TOKEN_ALGORITHMS)}")
    return TOKEN_ALGORITHMS[value]


def _base_url(value: str) -> str:
    url = urlsplit(value)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ValueError("must be an address such as https://badges.example.edu")
    if url.query or url.fragment or "@" in url.netloc:
        raise ValueError("must have no user name, no “?” and no “#”")
    if url.scheme == "http" and not is_loopback(url.hostname):
        raise ValueError("must begin with https: an http address is accepted only for the own machine")
    _ = url.port  # raises ValueError for a port that is none
    return value.rstrip("/")
