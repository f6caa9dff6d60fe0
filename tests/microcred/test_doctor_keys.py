"""What `microcred doctor` says about keys: everything that can be wrong with them, each in a sentence."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from issuer.jobs.upkeep import KEY_AGE
from microcred.installation import open_installation, settings_of
from microcred.samples import Sample
from microcred.world import World
from openbadge import strict_json
from openbadge.errors import UnavailableError
from tests.microcred.conftest import Clock, Console, StrangeWorld
from verifier.fetch import DOCUMENT_LIMIT, Fetched

pytestmark = pytest.mark.databases("sqlite")
OWN = ("--name", "Example University", "--slug", "example", "--url", "https://www.example.edu", "--country", "IE")
PUBLIC = "https://badges.example.edu"


class Internet:
    """Answers one address with what a test says."""

    def __init__(self, body: Callable[[], bytes]) -> None:
        self._body = body
        self.asked: list[str] = []

    def fetch(self, url: str, accept: str, *, limit: int = DOCUMENT_LIMIT) -> Fetched:
        self.asked.append(url)
        return Fetched(url, accept, self._body(), Clock().now)


def away() -> bytes:
    raise UnavailableError("FETCH_FAILED", "badges.example.edu does not answer.")


@pytest.fixture
def public_world(tmp_path: Path, clock: Clock) -> World:
    world = World({"MICROCRED_HOME": str(tmp_path / "public"), "MICROCRED_BASE_URL": PUBLIC}, clock, os.urandom)
    for command in (("init", *OWN), ("keys", "new")):
        console = Console(world)
        assert console(*command) == 0, console.err.getvalue()
    return world


def document(world: World) -> dict[str, Any]:
    return open_installation(settings_of(world), world).service().signing.did_document()


def ask(world: World, body: Callable[[], bytes]) -> str:
    internet = Internet(body)
    console = Console(StrangeWorld(world.environ, world.clock, os.urandom, internet))
    console("doctor")
    assert internet.asked == [f"{PUBLIC}/.well-known/did.json"]
    return console.out.getvalue()


def test_the_document_that_the_internet_sees_is_that_of_the_keys(public_world: World) -> None:
    good = strict_json.dumps(document(public_world))
    said = ask(public_world, lambda: good)
    assert f"✓ DID document: 1 keys, as {PUBLIC}/.well-known/did.json says them" in said
    assert "Fit to issue." in said


@pytest.mark.parametrize("member", ["verificationMethod", "assertionMethod", "id"])
def test_another_document_is_noticed(public_world: World, member: str) -> None:
    other = {**document(public_world), member: "did:web:other.example" if member == "id" else []}
    assert "publishes other keys than there are" in ask(public_world, lambda: strict_json.dumps(other))


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"\xff"])
def test_what_is_no_document_is_called_that(public_world: World, body: bytes) -> None:
    assert "is no DID document" in ask(public_world, lambda: body)


def test_a_document_that_nobody_can_fetch_makes_the_service_unfit(public_world: World) -> None:
    said = ask(public_world, away)
    assert "cannot be read: badges.example.edu does not answer." in said
    assert "To mend: 1." in said


def test_a_key_that_somebody_put_there_is_noticed(console: Console, sample: Sample) -> None:
    sample.service.keys.new(sample.service.institution.did, secrets.token_bytes)
    assert console("doctor") == 1
    assert "is not on record yet" in console.out.getvalue()


def test_a_lost_file_is_noticed(console: Console, sample: Sample) -> None:
    (key,) = sample.service.keys.list()
    (sample.service.keys.directory / f"{key.name}.json").unlink()
    assert console("doctor") == 1
    assert f"The file of the key “{key.name}” is lost" in console.out.getvalue()
    assert "✗ signing key: There is no active Ed25519 key" in console.out.getvalue()
    assert console("keys", "new") == 0
    assert console("doctor") == 0, console.out.getvalue()
    assert console("keys", "list", "--json") == 0
    listed = json.loads(console.out.getvalue())
    assert [(item["store"], item["state"]) for item in listed] == [("lost", "retired"), ("file", "active")]


def test_wrong_modes_are_said_with_what_to_do(tmp_path: Path, clock: Clock) -> None:
    console, keys = (
        Console(World({"MICROCRED_HOME": str(tmp_path / "home")}, clock, os.urandom)),
        tmp_path / "home/keys",
    )
    assert [console(*command) for command in (("init", *OWN), ("keys", "new"), ("doctor",))] == [0, 0, 0]
    (path,) = keys.glob("*.json")
    path.chmod(0o644)
    assert console("doctor") == 1
    assert "chmod 600" in console.out.getvalue()
    path.chmod(0o600)
    (keys / "passphrase").chmod(0o644)
    assert console("doctor") == 0
    assert "! Others can read" in console.out.getvalue()


def test_an_old_key_is_a_warning(console: Console, sample: Sample, clock: Clock) -> None:
    assert console("doctor") == 0
    assert "signs since" not in console.out.getvalue()
    clock.now += KEY_AGE
    assert console("doctor") == 0
    assert "signs since 2026-11-24: `microcred keys rotate`" in console.out.getvalue()


def test_a_log_without_checkpoints_is_a_warning_after_a_while(console: Console, sample: Sample, clock: Clock) -> None:
    assert console("doctor") == 0
    assert "checkpoint for a while" not in console.out.getvalue()
    clock.forward(hours=4)
    assert console("doctor") == 0
    assert "! The audit log has had no checkpoint for a while" in console.out.getvalue()
    assert console("audit", "checkpoint") == 0
    assert console("doctor") == 0
    assert "checkpoint for a while" not in console.out.getvalue()
    assert "proven up to entry" in console.out.getvalue()


def test_a_key_for_tokens_that_is_missing_is_named(console: Console, sample: Sample, world: World) -> None:
    with_rs256 = Console(replace(world, environ={**world.environ, "MICROCRED_TOKEN_ALGORITHM": "RS256"}))
    assert with_rs256("doctor") == 1
    assert "✗ key for tokens: There is no active RSA key" in with_rs256.out.getvalue()


def test_passphrase_and_key_encryption_key_at_once_are_refused(world: World) -> None:
    both = {"MICROCRED_KEY_PASSPHRASE": "x", "MICROCRED_KEY_ENCRYPTION_KEY": "y"}
    console = Console(replace(world, environ={**world.environ, **both}))
    assert console("doctor") == 1
    assert "only one of them seals the keys" in console.err.getvalue()


def test_a_home_can_begin_with_a_key_encryption_key(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "elsewhere" / "kek"
    environ = {"MICROCRED_HOME": str(tmp_path / "home"), "MICROCRED_KEY_ENCRYPTION_KEY_FILE": str(path)}
    for command in (("init", *OWN), ("keys", "new"), ("doctor",)):
        console = Console(World(environ, clock, os.urandom))
        assert console(*command) == 0, console.out.getvalue() + console.err.getvalue()
    assert not (tmp_path / "home" / "keys" / "passphrase").exists()
    for text in (path.read_text(), path.read_text().strip("=\n")):
        inline = {"MICROCRED_HOME": environ["MICROCRED_HOME"], "MICROCRED_KEY_ENCRYPTION_KEY": text}
        assert Console(World(inline, clock, os.urandom))("doctor") == 0
    path.unlink()
    assert console("doctor") == 1
    assert "no readable key-encryption key" in console.out.getvalue()


def test_an_hsm_without_a_token_is_refused(world: World) -> None:
    console = Console(replace(world, environ={**world.environ, "MICROCRED_PKCS11_MODULE": "/usr/lib/x.so"}))
    assert console("doctor") == 1
    assert "MICROCRED_PKCS11_TOKEN is needed" in console.err.getvalue()
