"""Status lists that are remembered save work, and change nothing that is said."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from openbadge.multikey import PublicKey
from tests.verifier import builders
from tests.verifier.builders import INDEX, LIST_URL, NOW, badge, check, material, outcomes, status_list
from verifier import remembered
from verifier.remembered import Lists
from verifier.report import Verdict

GOOD = badge()


@pytest.fixture
def signatures(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What was verified under some key, in order."""
    seen: list[bytes] = []
    real = PublicKey.verify

    def verify(self: PublicKey, signature: bytes, data: bytes) -> None:
        seen.append(data)
        real(self, signature, data)

    monkeypatch.setattr(PublicKey, "verify", verify)
    return seen


def taught() -> Lists:
    lists = Lists()
    assert check(GOOD, lists=lists).verdict is Verdict.VALID
    assert len(lists) == 1
    return lists


def same(lists: Lists, answers: dict[str, Any] | None = None, **changes: Any) -> dict[str, str]:
    without = check(GOOD, answers, **changes)
    assert check(GOOD, answers, lists=lists, **changes) == without
    return outcomes(without)


def test_a_list_is_verified_once(signatures: list[bytes]) -> None:
    lists = taught()
    assert len(signatures) == 2
    same(lists)
    assert len(signatures) == 2 + 2 + 1


def test_a_revocation_is_another_list() -> None:
    lists = taught()
    assert same(lists, material(status=status_list(revoked=(INDEX,))))["status"] == "failed"
    assert len(lists) == 2


def test_a_list_that_was_changed_is_not_believed() -> None:
    lists = taught()
    changed = json.loads(json.dumps(status_list(revoked=(INDEX,))))
    changed["credentialSubject"]["encodedList"] = status_list()["credentialSubject"]["encodedList"]
    assert same(lists, material(status=changed))["status"] == "unknown"
    assert len(lists) == 1


def test_the_key_is_asked_each_time(signatures: list[bytes]) -> None:
    lists = taught()
    other = builders.key_document(builders.Ed25519Signer(builders.KEY.verification_method, 5))
    assert same(lists, material(keys=other))["status"] == "unknown"
    assert same(lists, material(keys=builders.key_document(builders.ATTACKER)))["status"] == "unknown"
    revoked = builders.key_document()
    revoked["verificationMethod"][0]["revoked"] = "2026-04-01T11:59:00Z"
    assert same(lists, material(keys=revoked))["status"] == "unknown"


def test_dates_are_checked_each_time() -> None:
    lists = taught()
    assert same(lists, now=NOW + timedelta(minutes=10))["status"] == "passed"
    assert same(lists, now=NOW + timedelta(minutes=11))["status"] == "unknown"
    assert same(lists, now=NOW - timedelta(minutes=7))["status"] == "unknown"


def test_a_list_serves_its_address_and_issuer_only() -> None:
    lists = taught()
    elsewhere = "https://badges.example.org/status/2"
    moved = badge(lambda document: document.update(credentialStatus=builders.status_entry(url=elsewhere)))
    answers = {**material(), elsewhere: status_list()}
    assert check(moved, answers, lists=lists) == check(moved, answers)
    assert outcomes(check(moved, answers, lists=lists))["status"] == "unknown"
    signer = builders.did_key_signer()
    name = signer.verification_method.partition("#")[0]
    foreign = badge(lambda document: document["issuer"].update(id=name), signer)
    assert check(foreign, lists=lists) == check(foreign)
    assert outcomes(check(foreign, lists=lists))["status"] == "unknown"


def test_another_size_of_entries_is_decoded_anew() -> None:
    lists = taught()
    entry = {
        **builders.status_entry(index="1"),
        "statusSize": 2,
        "statusMessage": [{"status": f"0x{value}", "message": "m"} for value in range(4)],
    }
    wide = badge(lambda document: document.update(credentialStatus=entry))
    assert check(wide, lists=lists) == check(wide)


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MAX_BYTES", 100_000)
    lists = Lists()
    for minute in range(10):
        answers = material(
            status=status_list(lambda document, m=minute: document.update(validFrom=f"2026-04-01T11:{m + 10}:00Z"))
        )
        assert check(GOOD, answers, lists=lists).verdict is Verdict.VALID
    assert 0 < len(lists) < 10
    assert lists._bytes == sum(lists._sizes.values()) <= 100_000
    assert lists._lists.keys() == lists._sizes.keys()


def test_a_large_list_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MAX_BODY", 100)
    lists = Lists()
    assert check(GOOD, lists=lists).verdict is Verdict.VALID
    assert len(lists) == 0
    assert LIST_URL in material()
