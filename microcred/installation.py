"""An installation: the settings, the database and the issuer that live in one home folder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from issuer import db, migrations
from issuer.addresses import Addresses, is_loopback
from issuer.db import Database
from issuer.errors import ConflictError, NotFoundError, SettingsError, UnreachableError
from issuer.keys import KeyStore
from issuer.keys_desk import KeyDesk
from issuer.migrations import Schema
from issuer.model import Institution
from issuer.publication import Publishing
from issuer.service import Places, Service
from issuer.settings import IssuerSettings
from issuer.status_files import StatusFiles
from issuer.store import institutions
from microcred.keys import key_store
from microcred.world import World
from openbadge import did

DEFAULT_BASE_URL: Final = "http://127.0.0.1:8000"
"""The address of a home that was not told another: this machine only."""


@dataclass(frozen=True, slots=True)
class Installation:
    """An open home folder."""

    settings: IssuerSettings
    world: World
    database: Database
    keys: KeyStore

    def institution(self) -> Institution:
        """Return the institution of this installation. Raises `NotFoundError` when there is none yet."""
        with self.database.begin_read() as tx:
            found = institutions.every(tx)
        if not found:
            raise NotFoundError("This home has no institution yet. Run `microcred init` first.")
        return found[0]

    def service(self) -> Service:
        """Return the issuer at work. Raises `NotFoundError` when the home is not prepared."""
        institution = self.institution()
        addresses = Addresses(institution.base_url, self.settings.verifier_url)
        delay = timedelta(seconds=self.settings.status_seconds)
        publishing = Publishing(StatusFiles(self.settings.status_directory), delay)
        places = Places(publishing, self.settings.home / "cache" / "compiled")
        return Service(self.database, institution, addresses, self.keys, self.world.clock, places)

    def key_desk(self) -> KeyDesk:
        """Return what people do to keys. Raises `NotFoundError` when the home is not prepared."""
        return KeyDesk(self.database, self.institution(), self.keys, self.world.clock)

    def add_institution(self, content: dict[str, str], base_url: str = DEFAULT_BASE_URL) -> Institution:
        """Store the institution (`slug`, `name`, `url`, `country`, …) if it is not there yet, and return it.

        Its public address, and with it the DID that it signs as, is that of the settings; without one, `base_url`.
        Raises `ConflictError` when the home belongs to another institution.
        """
        now = self.world.clock()
        base_url = self.settings.base_url or base_url
        with self.database.begin_write() as tx:
            others = [item for item in institutions.every(tx) if item.slug != content["slug"]]
            if others:
                raise ConflictError(
                    f"This home belongs to {others[0].name} ({others[0].slug}). Set MICROCRED_HOME to another folder."
                )
            found = institutions.by_slug(tx, content["slug"])
            if found is None:
                name = did.did_web(base_url)
                found = Institution(id=tx.new_id(now), did=name, base_url=base_url, created_at=now, **content)
                institutions.add(tx, found)
        return found

    def move(self, port: int, scheme: str = "http") -> None:
        """Record the public address that the settings give, or the port on the own machine that is served now.

        Other programs of this home then use the same address. Credentials and status lists keep the one they carry.
        Raises `SettingsError` for a public address when the institution signs as this machine, whose keys nobody
        else could ever find.
        """
        institution = self.institution()
        base_url = self.settings.base_url or _moved(institution.base_url, port, scheme)
        if not is_loopback(urlsplit(base_url).hostname) and _is_local(institution.did):
            raise SettingsError(
                f"This home was prepared for this machine only: it signs as {institution.did}, whose keys "
                f"nobody finds at {base_url}. Prepare a new MICROCRED_HOME with `microcred init --base-url {base_url}`."
            )
        if base_url != institution.base_url:
            with self.database.begin_write() as tx:
                institutions.move(tx, institution.id, base_url)


def settings_of(world: World, base_url: str | None = None) -> IssuerSettings:
    """Return the settings of this process, with another base URL if one is given. Raises `SettingsError`."""
    environ = dict(world.environ)
    if base_url is not None:
        environ["MICROCRED_BASE_URL"] = base_url
    return IssuerSettings.read(environ)


def open_installation(settings: IssuerSettings, world: World, *, create: bool = False) -> Installation:
    """Open the home folder; `create` makes it and brings the database to the newest form.

    Raises `SettingsError` with what to do when there is no home, or its database is of another version.
    """
    if create:
        make_home(settings.home)
    else:
        require_home(settings.home)
    database, schema = open_home_database(settings, world)
    if create:
        migrations.upgrade(database)
    elif schema.found is None:
        raise SettingsError(f"There is nothing in {settings.home} yet. Run `microcred init` first.")
    elif not schema.is_current:
        raise SettingsError("The database is of an older version of microcred. Run `microcred db upgrade`.")
    return Installation(settings, world, database, key_store(settings, world))


def open_home_database(settings: IssuerSettings, world: World) -> tuple[Database, Schema]:
    """Open the database of a home, whichever of our revisions it has, and say which.

    Raises `SettingsError` when it cannot be reached, with what the server said, or when a newer version made it.
    """
    database = db.open_database(settings.database_url, world.random_bytes)
    try:
        schema = migrations.check(database)
    except UnreachableError as error:
        raise SettingsError(f"The database cannot be reached: {error.reason or error.detail}") from None
    if not schema.is_known:
        raise SettingsError(
            f"The database was made by a newer microcred (revision {schema.found}; this one knows {schema.expected}). "
            "Run that version, or restore a backup."
        )
    return database, schema


def require_home(home: Path) -> None:
    """Raise `SettingsError` with what to do when there is no home folder, or none that may be seen."""
    try:
        there = home.is_dir()
    except OSError as error:
        raise SettingsError(f"The folder {home} cannot be read: {error.strerror}. Set MICROCRED_HOME.") from None
    if not there:
        raise SettingsError(f"There is no folder {home}. Run `microcred init` first, or set MICROCRED_HOME.")


def make_home(home: Path) -> None:
    """Make the home folder, readable by its owner only. Raises `SettingsError` when that is impossible."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"The folder {home} cannot be made: {error.strerror}. Set MICROCRED_HOME.") from None


def _is_local(issuer: str) -> bool:
    """Whether a did:web names this machine."""
    return is_loopback(urlsplit(did.did_web_url(issuer)).hostname)


def _moved(base_url: str, port: int, scheme: str) -> str:
    """Return an address on the own machine moved to `port` and `scheme`; a public one stays as it is."""
    parts = urlsplit(base_url)
    if not is_loopback(parts.hostname):
        return base_url
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{scheme}://{host}:{port}{parts.path}"
