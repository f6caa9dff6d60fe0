"""An institution whose key is in an HSM: what it issues, and what happens while the HSM is away."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from issuer.jobs.upkeep import Upkeep
from issuer.model import CompletionState
from microcred import samples
from microcred.app import build, checker
from microcred.installation import settings_of
from microcred.samples import Sample
from microcred.world import World
from tests.microcred.conftest import Clock, Console
from tests.microcred.test_api import Api
from tests.softhsm import PIN, SoftHsm
from tests.verifier.web_client import Client

pytestmark = pytest.mark.databases("sqlite")  # where the data is makes no difference to where the keys are


@pytest.fixture
def world(world: World, hsm: SoftHsm, clock: Clock) -> World:
    """The world of the other tests, with an HSM in it."""
    return World({**world.environ, **hsm.settings}, clock, os.urandom)


@pytest.fixture
def home(console: Console, world: World) -> Sample:
    """The sample's home with a new key, in the HSM."""
    assert console("keys", "new", "--store", "pkcs11") == 0, console.err.getvalue()
    return samples.prepare(settings_of(world), world)


@pytest.fixture
def api(home: Sample, world: World) -> Api:
    app = build(checker(world, home.service), home.service)
    return Api(Client(app, home.service.addresses.base_url), home.token)


@pytest.fixture
def away(hsm: SoftHsm) -> Iterator[Any]:
    """Pulls the tokens out, and brings them back; they are in after the test."""
    yield hsm
    if (hsm.folder / "away").exists():
        hsm.put_in()


def report(person: str) -> dict[str, Any]:
    return {"sourceId": person, "learner": {"id": person, "name": person}}


def test_what_a_key_in_the_hsm_signs_is_good(console: Console, home: Sample, api: Api) -> None:
    path = f"/credentials/{api.report(**report('N1')).json()['credential']['id']}"
    document = api.get(f"{path}.json").content
    assert console("verify", "-", stdin=document) == 0
    assert json.loads(document)["proof"][0]["verificationMethod"].endswith(home.service.keys.list()[-1].name)
    assert api.get(f"{path}.jwt").status_code == 200
    assert console("doctor") == 0, console.out.getvalue()
    assert "✓ HSM: microcred test (SoftHSM" in console.out.getvalue()


def test_while_it_is_away_completions_are_held_and_none_is_lost(home: Sample, api: Api, away: SoftHsm) -> None:
    assert api.report(**report("N1")).json()["completion"]["state"] == "issued"
    away.pull_out()
    for person in ("N2", "N3"):
        answer = api.report(**report(person)).json()
        assert answer["completion"]["state"] == "held"
        assert answer["completion"]["reason"]["code"] == "no-signing-key"
    assert (
        api.get("/.well-known/did.json")
        .json()["verificationMethod"][-1]["id"]
        .endswith(home.service.keys.list()[-1].name)
    )
    away.put_in()
    assert Upkeep(home.service).held_completions(home.service.clock()) == "2 held completions were issued"
    assert home.service.completions.page(CompletionState.HELD) == []
    assert len(home.service.list_credentials()) == 3


def test_what_needs_a_signature_at_once_says_that_trying_again_helps(home: Sample, api: Api, away: SoftHsm) -> None:
    away.pull_out()
    path, decision = "/definitions/coaching-clinical-teams/versions/1/approvals", {"decision": "AB-1"}
    answer = api.post(path, decision)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert answer.json()["code"] == "KEY_UNREACHABLE"
    away.put_in()
    assert api.post(path, decision).status_code == 201


def test_the_doctor_says_that_it_is_away(console: Console, home: Sample, away: SoftHsm) -> None:
    away.pull_out()
    assert console("doctor") == 1
    assert "✗ HSM: The token “microcred test” cannot be used" in console.out.getvalue()
    assert "✗ signing key" in console.out.getvalue()


def test_a_key_may_move_from_a_file_into_the_hsm_and_a_successor_stays_there(console: Console, home: Sample) -> None:
    assert [(key.store, key.state) for key in home.service.keys.list()] == [("file", "retired"), ("pkcs11", "active")]
    assert console("keys", "rotate", "--after", "0") == 0
    assert [key.store for key in home.service.keys.list()] == ["file", "pkcs11", "pkcs11"]


def test_the_pin_is_read_from_a_file(home: Sample, world: World, tmp_path: Path) -> None:
    environ = {name: value for name, value in world.environ.items() if name != "MICROCRED_PKCS11_PIN"}
    path = Path(environ["MICROCRED_HOME"]) / "keys" / "pin"
    path.write_text(PIN)
    path.chmod(0o644)
    console = Console(World(environ, world.clock, os.urandom))
    assert console("doctor") == 0, console.out.getvalue()
    assert f"Others can read {path}" in console.out.getvalue()
    path.write_text("")
    path.unlink()
    assert console("doctor") == 1
    assert "MICROCRED_PKCS11_PIN" in console.out.getvalue()


def test_a_home_without_an_hsm_makes_no_key_in_one(console: Console, world: World) -> None:
    environ = {name: value for name, value in world.environ.items() if "PKCS11" not in name}
    plain = Console(World(environ, world.clock, os.urandom))
    assert plain("keys", "new", "--store", "pkcs11") == 1
    assert "keys/README.md" in plain.err.getvalue()
