"""Prepared homes in temporary folders, on SQLite or on PostgreSQL, and as many different reports as wanted."""

from __future__ import annotations

import base64
import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Final

import psycopg

from issuer import migrations
from issuer.db import Database, open_database
from microcred import samples
from microcred.installation import settings_of
from microcred.samples import Sample
from microcred.world import World
from tests.postgres import Server, binaries

DATABASES: Final = ("sqlite", "postgres")
_NUMBERS: Final = count()
_SEAL: Final = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
"""What seals the secrets of these homes: a key opens them at once, a passphrase costs a tenth of a second each."""


@contextmanager
def home(database: str, base_url: str | None = None) -> Iterator[tuple[Sample, World]]:
    """A sample home on `sqlite` (synchronous=FULL) or on `postgres`, a server of its own that waits for the disk."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        environ = {**os.environ, "MICROCRED_HOME": str(folder), "MICROCRED_KEY_ENCRYPTION_KEY": _SEAL}
        if base_url is not None:
            environ["MICROCRED_BASE_URL"] = base_url
        if database == "postgres":
            environ["MICROCRED_DATABASE_URL"] = stack.enter_context(_server())
        world = World(environ)
        sample = samples.prepare(settings_of(world), world, with_platforms=False)
        try:
            yield sample, world
        finally:
            sample.service.database.close()


@contextmanager
def empty_beside(sample: Sample) -> Iterator[Database]:
    """A database with the tables and no rows: another file, or another database on the same server."""
    used = sample.service.database.engine.url
    with tempfile.TemporaryDirectory() as folder:
        if used.get_backend_name() == "sqlite":
            url = f"sqlite:///{folder}/empty.sqlite3"
        else:
            url = used.set(database="empty").render_as_string(hide_password=False)
            with psycopg.connect(used.set(drivername="postgresql").render_as_string(False), autocommit=True) as line:
                line.execute("CREATE DATABASE empty TEMPLATE template0")
        opened = open_database(url, secrets.token_bytes)
        try:
            migrations.upgrade(opened)
            yield opened
        finally:
            opened.close()


def has_postgres() -> bool:
    """Whether the programs of a PostgreSQL server are installed."""
    return binaries() is not None


@contextmanager
def _server() -> Iterator[str]:
    programs = binaries()
    assert programs is not None
    server = Server(programs, durable=True)
    try:
        yield server.make("bench")
    finally:
        server.remove()


def report() -> bytes:
    """A completion that was not reported yet, of a learner of its own."""
    number = next(_NUMBERS)
    return json.dumps(
        {
            "source": "bench",
            "sourceId": f"c-{number}",
            "definition": {"id": "testing-data-products"},
            "learner": {"id": f"s-{number}", "name": "Amara Okafor", "email": f"s{number}@example.org"},
            "completedAt": "2026-03-31T10:00:00Z",
            "result": [{"resultDescription": "grade", "value": "87"}],
        }
    ).encode()


def reports(number: int) -> list[bytes]:
    """That many of them."""
    return [report() for _ in range(number)]
