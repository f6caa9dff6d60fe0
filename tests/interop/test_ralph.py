"""A record store that forwards: Ralph, real and unchanged, passes on what an LMS tells it, and credentials come of it.

Ralph forwards an array without the header that says the version, and forwards again what it has already. Its store of
files takes one request for each file; the file is put aside after each here, so it also forgets what it had.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import httpx
import pytest

from microcred.sample_platforms import PLATFORMS
from tests.conftest import missing
from tests.interop.served import SECONDS, Served, free_port, served

pytestmark = pytest.mark.store
PYTHON: Final = Path(__file__).parent / "ralph" / ".venv" / "bin" / "python"
SAMPLE: Final = PLATFORMS["xapi"]
LMS: Final = ("lms", "a password of the LMS")
"""With what the LMS opens the store."""
_HASH: Final = "import bcrypt, sys; print(bcrypt.hashpw(sys.stdin.buffer.read(), bcrypt.gensalt(4)).decode())"


@dataclass(frozen=True)
class Relay:
    """A running Ralph, as its LMS sees it, and a running microcred that it forwards to, as its staff see it."""

    store: httpx.Client
    badges: Served
    folder: Path

    def post(self, *statements: dict[str, Any]) -> int:
        return self._said(self.store.post("/xAPI/statements/", json=list(statements)))

    def put(self, statement: dict[str, Any]) -> int:
        name = {"statementId": statement["id"]}
        return self._said(self.store.put("/xAPI/statements/", params=name, json=statement))

    def _said(self, answer: httpx.Response) -> int:
        for file in (self.folder / "statements").iterdir():
            file.unlink()
        return answer.status_code


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    if not PYTHON.exists():
        missing("Ralph is not installed: .ci/run shows how tests/interop/ralph/.venv is made")
    folder = tmp_path_factory.mktemp("ralph")
    with served(folder / "home") as badges, _ralph(folder, badges.url, badges.secrets["xapi"]) as store:
        yield Relay(store, badges, folder)


def test_what_is_told_to_a_store_becomes_credentials(relay: Relay) -> None:
    assert relay.post(statement("R-1"), statement("R-2")) == 200
    assert relay.put(statement("R-3")) == 204
    assert relay.badges.issued(3) == ["R-1", "R-2", "R-3"]


def test_what_comes_again_or_was_not_passed_gives_nobody_another(relay: Relay) -> None:
    assert relay.put(statement("R-4")) == 204
    assert relay.put(statement("R-4")) == 204
    assert relay.post(statement("R-5", "failed"), statement("R-6", "passed", kind="assessment")) == 200
    assert relay.post(statement("R-7")) == 200
    numbers = relay.badges.issued(5)
    assert [number for number in numbers if number in ("R-4", "R-5", "R-6", "R-7")] == ["R-4", "R-7"]
    assert len(numbers) == len(set(numbers))


def test_nobody_reports_without_the_password(relay: Relay) -> None:
    answer = httpx.post(f"{relay.badges.url}lms/xapi/xapi/statements", json=[statement("R-9")])
    assert answer.status_code == 401


def statement(number: str, verb: str = "passed", kind: str = "course") -> dict[str, Any]:
    """A statement as an LMS sends it to its store."""
    return {
        "id": str(uuid5(NAMESPACE_URL, f"{number} {verb}")),
        "actor": {"name": f"Learner {number}", "account": {"homePage": SAMPLE.namespace, "name": number}},
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}"},
        "object": {"id": SAMPLE.course, "definition": {"type": f"http://adlnet.gov/expapi/activities/{kind}"}},
        "timestamp": "2026-11-24T11:00:00Z",
    }


@contextmanager
def _ralph(folder: Path, receiver: str, secret: str) -> Iterator[httpx.Client]:
    port = free_port()
    command = [str(PYTHON), "-m", "uvicorn", "ralph.api:app", "--host", "127.0.0.1", "--port", str(port)]
    environ = {**os.environ, **_settings(folder, f"{receiver}lms/xapi/xapi/statements", secret)}
    with (folder / "ralph.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environ, stdout=log, stderr=log)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", auth=LMS, timeout=30) as client:
                client.headers["X-Experience-API-Version"] = "1.0.3"
                _wait_for(client, process)
                yield client
        finally:
            process.terminate()
            process.wait(SECONDS)


def _settings(folder: Path, url: str, secret: str) -> dict[str, str]:
    """Ralph's settings: statements in a file, one user, one receiver."""
    hashed = subprocess.run([PYTHON, "-c", _HASH], input=LMS[1].encode(), capture_output=True, check=True)
    user = {
        "agent": {"name": "The LMS", "mbox": "mailto:lms@lms.example"},
        "scopes": ["all"],
        "username": LMS[0],
        "hash": hashed.stdout.decode().strip(),
    }
    (folder / "auth.json").write_text(json.dumps([user]))
    (folder / "statements").mkdir()
    name, _, password = secret.partition(":")
    receiver = {
        "url": url,
        "is_active": True,
        "basic_username": name,
        "basic_password": password,
        "max_retries": 1,
        "timeout": 10,
    }
    return {
        "RALPH_APP_DIR": str(folder),
        "RALPH_AUTH_FILE": str(folder / "auth.json"),
        "RALPH_BACKENDS__LRS__FS__DEFAULT_DIRECTORY_PATH": str(folder / "statements"),
        "RALPH_RUNSERVER_BACKEND": "fs",
        "RALPH_XAPI_FORWARDINGS": json.dumps([receiver]),
    }


def _wait_for(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            client.get("/__lbheartbeat__")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("Ralph does not start")
