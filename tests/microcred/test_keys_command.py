"""`microcred keys`: says what it does before it does it, and what holds afterwards."""

from __future__ import annotations

import json

import pytest

from microcred.samples import Sample
from tests.microcred.conftest import Clock, Console
from tests.microcred.test_api import REPORT

pytestmark = pytest.mark.databases("sqlite")


def report(sample: Sample, person: str) -> bytes:
    content = {**REPORT, "sourceId": person, "learner": {"id": person, "name": person}}
    credential = sample.service.completions.report(json.dumps(content).encode(), "test").credential
    assert credential is not None
    return credential.document


def test_revoking_a_key_says_what_it_means_and_waits_for_a_yes(console: Console, sample: Sample) -> None:
    key = sample.service.keys.list()[0].name
    assert console("keys", "compromise", key) == 1
    assert "Every credential that it signed stops verifying" in console.err.getvalue()
    assert "--yes" in console.err.getvalue()
    assert sample.service.keys.get(key).state == "active"
    assert console("keys", "compromise", "no-such-key", "--yes") == 1
    assert "keys list" in console.err.getvalue()


def test_a_revoked_key_takes_down_what_it_signed_and_nothing_else(
    console: Console, sample: Sample, clock: Clock
) -> None:
    key = sample.service.keys.list()[0].name
    old = report(sample, "N1")
    assert console("verify", "-", stdin=old) == 0
    clock.forward(minutes=1)
    assert console("keys", "compromise", key, "--yes") == 0
    assert "microcred keys new" in console.out.getvalue()
    assert console("serve", "--port", "0") == 1
    assert console("keys", "new") == 0
    clock.forward(minutes=1)
    # Both are in the same status list, which the revoked key had signed.
    assert console("verify", "-", stdin=report(sample, "N2")) == 0
    assert console("verify", "-", stdin=old) == 1
    assert console("keys", "compromise", key) == 0  # again: nothing is left to confirm


def test_the_key_of_a_profile_can_be_stopped_but_nobody_can_be_told(console: Console, sample: Sample) -> None:
    profile = ["--profile", "p", "--cryptosuite", "eddsa-rdfc-2022", "--key-type", "Ed25519"]
    assert console("issuers", "add", *profile) == 0
    key = sample.service.keys.list()[-1].name
    assert console("keys", "compromise", key) == 1
    assert "Nobody else can be told" in console.err.getvalue()
    assert console("keys", "compromise", key, "--yes") == 0
    assert console("doctor") == 0
