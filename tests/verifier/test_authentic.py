"""`authentic` answers as the checks of the report that it is made of, with and without known shapes."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import Any

import pytest

from openbadge.errors import OpenBadgeError
from tests.verifier import builders
from tests.verifier.builders import ISSUER, NOW, badge, check, question
from verifier.authentic import Period, authentic
from verifier.known_shape import KnownShape
from verifier.material import gather
from verifier.parse import parse
from verifier.policy import Policy
from verifier.shapes import VOUCHED, Shapes
from verifier.trust import TrustList

GOOD = json.dumps(badge()).encode()
CHECKS = ("parse", "contexts", "proof", "issuer-binding", "validity-period")


def taught() -> Shapes:
    known = Shapes()
    for _ in range(VOUCHED.sightings):
        check(GOOD, shapes=known, trust=TrustList({ISSUER: "Example Academy"}))
    assert len(known) == 1
    return known


KNOWN = taught()


def answer(data: bytes, answers: dict[str, Any] | None, **changes: Any) -> Period | str:
    asked = question(answers, **changes)
    try:
        return authentic(data, gather(parse(data), asked.fetch), asked)
    except OpenBadgeError as error:
        return error.code


def same(data: bytes, answers: dict[str, Any] | None = None, **changes: Any) -> Period | str:
    """Ask with and without known shapes, and compare with the report."""
    without = answer(data, answers, **changes)
    assert answer(data, answers, shapes=KNOWN, **changes) == without
    report = check(data, answers, **changes)
    bad = [item.problem for name in CHECKS if (item := report.check(name)) is not None and item.problem is not None]
    assert isinstance(without, Period) == (not bad)
    return without


def test_a_good_badge() -> None:
    period = same(GOOD)
    assert isinstance(period, Period)
    assert period.end is not None
    assert period.start.isoformat() == "2026-03-31T10:00:00+00:00"
    assert KNOWN.find(GOOD) is not None


def test_other_spellings_of_moments() -> None:
    other = badge(lambda document: document.update(validFrom="2026-03-31T12:00:00.5+02:00"))
    assert same(json.dumps(other).encode()) != same(GOOD)
    assert KNOWN.find(json.dumps(other).encode()) is not None


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (GOOD.replace(b"Ada Learner", b"Eve Learner"), "CRYPTOGRAPHIC_SECURITY_ERROR"),
        (json.dumps(badge(lambda d: d.update(validUntil="2026-03-31T11:00:00Z"))).encode(), "EXPIRED"),
        (json.dumps(badge(lambda d: d.update(validFrom="2027-01-01T00:00:00Z"))).encode(), "NOT_YET_VALID"),
        (json.dumps(badge(created="2027-01-01T00:00:00Z")).encode(), "PROOF_VERIFICATION_ERROR"),
        (json.dumps(badge(expires="2026-04-01T11:00:00Z")).encode(), "PROOF_VERIFICATION_ERROR"),
        (json.dumps(badge(proofPurpose="authentication")).encode(), "PROOF_VERIFICATION_ERROR"),
        (json.dumps(badge(signer=builders.ATTACKER)).encode(), "ISSUER_NOT_BOUND"),
        (GOOD.replace(b'"name"', b'"https://schema.org/name"', 1), "NON_CANONICAL_FORM"),
    ],
)
def test_what_is_wrong_is_said_as_in_the_report(data: bytes, code: str) -> None:
    assert same(data) == code


def test_key_and_policy_are_asked_each_time() -> None:
    revoked = builders.key_document()
    revoked["verificationMethod"][0]["revoked"] = "2026-04-01T11:59:00Z"
    assert not isinstance(same(GOOD, builders.material(keys=revoked)), Period)
    assert not isinstance(same(GOOD, builders.material(keys=builders.key_document(builders.ATTACKER))), Period)
    assert not isinstance(same(GOOD, {}), Period)
    assert same(GOOD, policy=Policy(accepted_proofs=frozenset({"vc-jwt"}))) == "UNSUPPORTED_SUITE"
    assert same(GOOD, now=NOW + timedelta(days=2000)) == "EXPIRED"
    endless = json.dumps(badge(lambda document: document.pop("validUntil"))).encode()
    assert isinstance(same(endless), Period)
    assert same(endless, policy=Policy(require_expiry=True)) == "EXPIRED"


def test_a_shape_that_was_wrong_is_an_alarm(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    known = taught()
    monkeypatch.setattr(KnownShape, "hashed", lambda self, terms: bytes(64))
    with caplog.at_level(logging.CRITICAL):
        assert isinstance(answer(GOOD, None, shapes=known), Period)
    assert [record.levelname for record in caplog.records] == ["CRITICAL"]
    assert len(known) == 0
