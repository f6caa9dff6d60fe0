"""The issuer's settings: environment variables, read once at the start. The only module here that sees them.

Every setting is a row of `SETTINGS` with the sentence that the README prints. A bad value stops the start.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from issuer.addresses import is_loopback
from issuer.errors import SettingsError
from issuer.keys_kinds import DEFAULT_KIND, TOKEN_ALGORITHMS

DEFAULT_STATUS_SECONDS: Final = 2
MAX_STATUS_SECONDS: Final = 60
"""A minute: with the one that caches keep a list, far below the five that wallets allow for a revocation."""
_HOST: Final = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""A DNS name of several labels in ASCII, the last no number: no address, no `localhost`, no pattern."""


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
ENCRYPTION_KEY: Final = Setting(
    "MICROCRED_KEY_ENCRYPTION_KEY",
    "not set",
    "A key-encryption key, 32 random bytes in base64url, that seals the signing keys instead of a passphrase.",
)
ENCRYPTION_KEY_FILE: Final = Setting(
    "MICROCRED_KEY_ENCRYPTION_KEY_FILE",
    "not set",
    "The file with the key-encryption key, if there is one; best on another volume than MICROCRED_HOME.",
)
PKCS11_MODULE: Final = Setting(
    "MICROCRED_PKCS11_MODULE",
    "not set",
    "The library of an HSM such as /usr/lib/softhsm/libsofthsm2.so: keys can be made in it and sign there.",
)
PKCS11_TOKEN: Final = Setting(
    "MICROCRED_PKCS11_TOKEN", "not set; needed with the module", "The label of the token in the HSM."
)
PKCS11_PIN: Final = Setting(
    "MICROCRED_PKCS11_PIN", "not set", "The PIN of the token. Prefer the file: other programs may see the environment."
)
PKCS11_PIN_FILE: Final = Setting(
    "MICROCRED_PKCS11_PIN_FILE", "the file keys/pin in MICROCRED_HOME", "The file with the PIN of the token."
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
STATUS_SECONDS: Final = Setting(
    "MICROCRED_STATUS_SECONDS",
    "2",
    "After how many seconds at most a decision about a credential is published, when many are made: 0 to 60.",
)
LMS_PRIVATE_HOSTS: Final = Setting(
    "MICROCRED_LMS_PRIVATE_HOSTS",
    "none",
    "Learning platforms in the institution's own network that may be asked: host names with commas between them.",
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
    ENCRYPTION_KEY,
    ENCRYPTION_KEY_FILE,
    PKCS11_MODULE,
    PKCS11_TOKEN,
    PKCS11_PIN,
    PKCS11_PIN_FILE,
    TOKEN_ALGORITHM,
    STATUS_SECONDS,
    LMS_PRIVATE_HOSTS,
    VC_API_AUTH,
)
"""All of them, in the order of the README."""


@dataclass(frozen=True, slots=True)
class Pkcs11Settings:
    """A token in an HSM: the path of the HSM's library, the token's label, and its PIN or the file with the PIN."""

    module: Path
    token: str
    pin: str | None = field(repr=False)
    pin_file: Path


@dataclass(frozen=True, slots=True)
class IssuerSettings:
    """The settings, checked. Paths are as given, relative ones to the start folder.

    `base_url` and `verifier_url` end without a slash; None means the one that the home was prepared with, and the
    same as that. `token_algorithm` is the kind of key that signs tokens, a key of `issuer.keys_kinds.KINDS`. The
    passphrase seals keys unless a key-encryption key or its file is given; `pkcs11` is None without an HSM.
    """

    home: Path
    base_url: str | None
    database_url: str = field(repr=False)  # it may hold a password
    key_passphrase: str | None = field(repr=False)
    key_passphrase_file: Path
    vc_api_needs_token: bool = True
    verifier_url: str | None = None
    token_algorithm: str = DEFAULT_KIND
    key_encryption_key: str | None = field(default=None, repr=False)
    key_encryption_key_file: Path | None = None
    pkcs11: Pkcs11Settings | None = None
    status_seconds: int = DEFAULT_STATUS_SECONDS
    lms_private_hosts: frozenset[str] = frozenset()

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> IssuerSettings:
        """Read and check all settings. Raises `SettingsError` with the name of the variable and what it must be."""
        home = _read(environ, HOME, _path, Path("var"))
        if PASSPHRASE.name in environ and not {ENCRYPTION_KEY.name, ENCRYPTION_KEY_FILE.name}.isdisjoint(environ):
            raise SettingsError(f"{PASSPHRASE.name} and a key-encryption key are set; only one of them seals the keys.")
        return cls(
            home=home,
            base_url=_read(environ, BASE_URL, _base_url, None),
            database_url=_read(environ, DATABASE_URL, str, f"sqlite:///{home / 'microcred.sqlite3'}"),
            key_passphrase=_read(environ, PASSPHRASE, _not_empty, None),
            key_passphrase_file=_read(environ, PASSPHRASE_FILE, _path, home / "keys" / "passphrase"),
            vc_api_needs_token=_read(environ, VC_API_AUTH, _needs_token, True),
            verifier_url=_read(environ, VERIFIER_URL, _base_url, None),
            token_algorithm=_read(environ, TOKEN_ALGORITHM, _token_algorithm, DEFAULT_KIND),
            key_encryption_key=_read(environ, ENCRYPTION_KEY, _not_empty, None),
            key_encryption_key_file=_read(environ, ENCRYPTION_KEY_FILE, _path, None),
            pkcs11=_pkcs11(environ, home),
            status_seconds=_read(environ, STATUS_SECONDS, _status_seconds, DEFAULT_STATUS_SECONDS),
            lms_private_hosts=_read(environ, LMS_PRIVATE_HOSTS, _hosts, frozenset()),
        )

    @property
    def has_encryption_key(self) -> bool:
        """Whether a key-encryption key seals the signing keys, and not a passphrase."""
        return self.key_encryption_key is not None or self.key_encryption_key_file is not None

    @property
    def keys_directory(self) -> Path:
        """The folder of the signing keys."""
        return self.home / "keys"

    @property
    def status_directory(self) -> Path:
        """The folder of the published status lists."""
        return self.home / "status"


def _pkcs11(environ: Mapping[str, str], home: Path) -> Pkcs11Settings | None:
    module = _read(environ, PKCS11_MODULE, _path, None)
    if module is None:
        return None
    token = _read(environ, PKCS11_TOKEN, _not_empty, None)
    if token is None:
        raise SettingsError(f"{PKCS11_TOKEN.name} is needed with {PKCS11_MODULE.name}: the label of the token.")
    pin = _read(environ, PKCS11_PIN, _not_empty, None)
    return Pkcs11Settings(module, token, pin, _read(environ, PKCS11_PIN_FILE, _path, home / "keys" / "pin"))


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


def _not_empty(value: str) -> str:
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


def _status_seconds(value: str) -> int:
    if not re.fullmatch("[0-9]{1,2}", value) or int(value) > MAX_STATUS_SECONDS:
        raise ValueError(f"must be a whole number from 0 to {MAX_STATUS_SECONDS}")
    return int(value)


def _hosts(value: str) -> frozenset[str]:
    hosts = frozenset(host.strip().lower() for host in value.split(","))
    if not all(_HOST.fullmatch(host) for host in hosts):
        raise ValueError("must be full host names such as moodle.uni.internal, with commas between them")
    return hosts


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
