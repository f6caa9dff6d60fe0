"""Connections, bindings and people on the command line."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from issuer.lms.connection import Secret
from issuer.lms.credentials import sign
from microcred import samples
from microcred.installation import settings_of
from microcred.samples import Sample
from microcred.world import World
from tests.microcred.conftest import Clock, Console
from tests.microcred.platforms.conftest import Campus, moodle, webhook

pytestmark = pytest.mark.databases("sqlite")


def secret_of(console: Console) -> bytes:
    (line,) = [line for line in console.out.getvalue().splitlines() if "Secret:" in line]
    return line.split()[1].encode()


def rows(console: Console) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(console.out.getvalue())
    return found


def test_a_connection_is_made_used_rotated_and_removed(campus: Campus, console: Console) -> None:
    source = b"https://moodle2.example\n"
    assert console("connections", "add", "moodle", "--name", "second", "--sis", "s", stdin=source) == 0
    assert "/lms/second" in console.out.getvalue()
    old = Secret("a", secret_of(console))
    body = {**moodle(), "source": "https://moodle2.example"}
    assert campus.post("second", body, secret=old).status_code == 202
    assert console("connections", "rotate-secret", "second", "--overlap-days", "2") == 0
    new = Secret("b", secret_of(console))
    assert [campus.post("second", body, secret=one).status_code for one in (old, new)] == [202, 202]
    campus.clock.forward(days=3)
    assert [campus.post("second", body, secret=one).status_code for one in (old, new)] == [401, 202]
    assert console("connections", "list", "--json") == 0
    assert "second" in {row["name"] for row in rows(console)}
    assert old.value.decode() not in console.out.getvalue()
    assert console("connections", "remove", "second") == 0
    assert campus.post("second", body, secret=new).status_code == 404
    assert console("connections", "add", "moodle", "--name", "second", "--source", "https://other.example") == 1


def test_settings_are_asked_for_and_checked(console: Console, sample: Sample, tmp_path: Path) -> None:
    sample.installation.database.close()
    assert (
        console("connections", "add", "xapi", "--name", "lrs", "--source", "https://lrs.example", stdin=b"basic\nlms\n")
        == 0
    )
    assert secret_of(console).startswith(b"microcred:")
    for argv in (
        ("moodle", "--name", "Big Name", "--source", "https://x.example"),
        ("moodle", "--name", "x", "--source", "with space"),
        ("moodle", "--name", "x", "--source", "https://x.example", "--option", "nothing=1"),
        ("moodle", "--name", "x", "--source", "https://moodle.northbridge.example"),
        ("xapi", "--name", "x", "--source", "https://x.example", "--option", "auth=none", "--option", "account=sis"),
        ("canvas", "--name", "x", "--source", "https://x.example", "--option", "root_account_uuid="),
        ("moodle", "--name", "x", "--source", "https://x.example", "--secret-file", str(tmp_path / "none")),
        ("canvas", "--name", "x", "--source", "https://x.example", "--keys", str(tmp_path / "none")),
    ):
        assert console("connections", "add", *argv) == 1, argv
        assert console.err.getvalue()


def test_keys_of_a_platform_are_taken_over(console: Console, sample: Sample, tmp_path: Path) -> None:
    sample.installation.database.close()
    path = tmp_path / "jwks.json"
    for content, code in (('{"keys": []}', 0), ('{"keys": [{"kty": "RSA"}]}', 1), ("[]", 1), ('{"keys": [1]}', 1)):
        path.write_text(content)
        assert console("connections", "keys", "canvas", str(path)) == code, console.err.getvalue()
    assert console("connections", "test", "canvas") == 1
    assert console("connections", "test", "nobody") == 1


def test_what_is_held_and_what_binding_does_about_it(campus: Campus, console: Console) -> None:
    campus.post("webhook", webhook(course={"id": "new-course"}))
    campus.platforms.drain()
    assert console("connections", "held", "--json") == 0
    assert [row["reason"]["code"] for row in rows(console)] == ["course-not-bound"]
    bind = ("bindings", "add", "webhook", "new-course", "data-ethics-foundations", "--from", "2026-01-01T00:00:00Z")
    assert console(*bind) == 0
    assert "1 reports are held no more" in console.out.getvalue()
    assert campus.count("credential") == 1
    assert console("bindings", "list", "--json") == 0
    (made,) = [row for row in rows(console) if row["course"] == "new-course"]
    assert made["rule"] == {"rule": "completed"}
    assert console("bindings", "remove", made["id"]) == 0
    assert console("bindings", "remove", made["id"]) == 1
    assert console("connections", "release") == 0


def test_rules_of_bindings(console: Console, sample: Sample) -> None:
    sample.installation.database.close()
    base = ("bindings", "add", "webhook", "c", "data-ethics-foundations")
    whole = '{"rule": "all", "of": [{"rule": "completed", "activity": "cm:2"}, {"rule": "passed", "percent": "50"}]}'
    assert console(*base, "--percent", "60", "--grades", "A, B", "--result", "percent=grade") == 0
    assert console(*base, "--rule", whole) == 0
    assert console("bindings", "list") == 0
    assert console(*base, "--rule", whole, "--passed") == 1
    assert console(*base, "--percent", "101") == 1
    assert console(*base, "--rule", "{") == 1


def test_people(campus: Campus, console: Console) -> None:
    campus.post("webhook", webhook(learner={"id": "77", "name": "Chiara"}))
    campus.platforms.drain()
    home = "lms:https://crm.northbridge.example="
    assert console("persons", "add", "N77", "--name", "Chiara Rossi", "--id", f"{home}77") == 0
    assert "1 reports are held no more" in console.out.getvalue()
    assert console("persons", "link", "N77", "--id", "email:=c@example.test", "--id", f"{home}78") == 0
    assert console("persons", "add", "N78", "--id", f"{home}77") == 1
    assert console("persons", "add", "N77") == 1
    assert console("persons", "link", "N99", "--id", f"{home}1") == 1
    assert console("persons", "link", "N77", "--id", "shoe:size=42") == 1
    assert console("persons", "list", "--json") == 0
    (row,) = rows(console)
    assert (row["number"], len(row["ids"])) == ("N77", 3)
    assert console("persons", "list") == 0


def test_a_case_is_settled_once(campus: Campus, console: Console) -> None:
    campus.moodle()
    campus.moodle(objectid="2")
    assert console("connections", "cases", "--json") == 0
    (case,) = rows(console)
    assert console("connections", "settle", case["id"], "--note", "the first one is right") == 0
    assert console("connections", "settle", case["id"], "--note", "again") == 1


def test_an_address_with_a_key_for_those_who_can_send_nothing_else(campus: Campus, console: Console) -> None:
    add = ("connections", "add", "openedx", "--source", "https://edx.example", "--option", "auth=url")
    assert console(*add) == 0
    (line,) = [line for line in console.out.getvalue().splitlines() if "Address:" in line]
    path = line.split()[1].partition("/lms/")[2]
    assert campus.client.post(f"/lms/{path}", content=b"{}").status_code == 422
    assert campus.client.post("/lms/openedx/key/wrong", content=b"{}").status_code == 401
    assert sign(Secret("x", b"0123456789abcdef"), "m", campus.clock(), b"")


def test_a_new_passphrase_opens_connections_too(tmp_path: Path, clock: Clock) -> None:
    world = World({"MICROCRED_HOME": str(tmp_path / "with-a-passphrase")}, clock, os.urandom)
    samples.prepare(settings_of(world), world).installation.database.close()
    console = Console(world)
    assert console("keys", "reseal") == 0
    assert "secrets of 7 connections" in console.out.getvalue()
    assert console("connections", "test", "moodle") == 0
    assert console("keys", "reseal") == 0
    assert console("connections", "test", "moodle") == 0
