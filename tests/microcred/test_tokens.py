"""The token form of an institution's credentials, by the kind of key that its settings name."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from issuer.errors import IntegrityError, NoActiveKeyError
from microcred import samples
from microcred.installation import settings_of
from microcred.samples import Sample
from microcred.world import World
from openbadge import did
from openbadge.proof import vc_jwt
from tests.microcred.conftest import Clock, Console
from tests.microcred.test_keys_command import report

pytestmark = pytest.mark.databases("sqlite")

NEW_RSA = ("keys", "new", "--algorithm", "RSA", "--bits", "2048")
KINDS = {"EdDSA": "Ed25519", "ES256": "P-256", "ES384": "P-384", "RS256": "RSA"}

Home = Callable[[str], tuple[Console, Sample]]


@pytest.fixture
def home(world: World) -> Home:
    """The prepared home under `MICROCRED_TOKEN_ALGORITHM`."""

    def under(algorithm: str) -> tuple[Console, Sample]:
        changed = replace(world, environ={**world.environ, "MICROCRED_TOKEN_ALGORITHM": algorithm})
        return Console(changed), samples.prepare(settings_of(changed), changed)

    return under


def header(token: str) -> dict[str, Any]:
    return dict(vc_jwt.parse(token).header)


@pytest.mark.parametrize(("algorithm", "kind"), KINDS.items())
def test_a_token_is_signed_as_configured_and_verifies(home: Home, algorithm: str, kind: str) -> None:
    console, sample = home(algorithm)
    if kind != "Ed25519":
        assert console("keys", "new", "--algorithm", kind, *(["--bits", "2048"] if kind == "RSA" else [])) == 0
        assert "It signs tokens from now on." in console.out.getvalue()
    document = report(sample, "N1")
    token = sample.service.signing.token(document)
    active = sample.service.keys.list()[-1]
    assert header(token) == {"alg": algorithm, "kid": active.verification_method, "typ": "JWT"}
    key = did.find_method(
        sample.service.signing.did_document(), active.controller, active.verification_method, "assertionMethod"
    ).key
    vc_jwt.verify(vc_jwt.parse(token), key)
    for presented in (document, token.encode()):
        assert console("verify", "-", stdin=presented) == 0, console.out.getvalue()
    assert json.loads(document)["proof"][0]["verificationMethod"] == sample.service.keys.list()[0].verification_method
    assert console("doctor") == 0
    assert f"{algorithm}, {active.verification_method}" in console.out.getvalue()


def test_without_such_a_key_there_is_no_token_and_no_other_signature_in_its_place(home: Home) -> None:
    console, sample = home("RS256")
    document = report(sample, "N1")
    with pytest.raises(NoActiveKeyError, match="microcred keys new --algorithm RSA"):
        sample.service.signing.token(document)
    for command in (("doctor",), ("serve", "--port", "0")):
        assert console(*command) == 1
        assert "microcred keys new --algorithm RSA" in console.out.getvalue() + console.err.getvalue()
    assert console(*NEW_RSA) == 0
    assert header(sample.service.signing.token(document))["alg"] == "RS256"


def test_a_key_that_is_not_asked_for_signs_nothing(home: Home) -> None:
    console, sample = home("EdDSA")
    assert console(*NEW_RSA) == 0
    assert "MICROCRED_TOKEN_ALGORITHM=RS256" in console.out.getvalue()
    assert header(sample.service.signing.token(report(sample, "N1")))["alg"] == "EdDSA"


def test_a_rotated_key_leaves_its_tokens_good_and_signs_no_more(home: Home, clock: Clock) -> None:
    console, sample = home("RS256")
    console(*NEW_RSA)
    document = report(sample, "N1")
    old = sample.service.signing.token(document)
    clock.forward(days=1)
    assert console(*NEW_RSA) == 0
    new = sample.service.signing.token(document)
    assert header(new)["kid"] != header(old)["kid"]
    assert header(new)["kid"] == sample.service.keys.list()[-1].verification_method
    for token in (old, new):
        assert console("verify", "-", stdin=token.encode()) == 0
    retired = sample.service.keys.list()[-1]
    assert console("keys", "retire", retired.name) == 0
    with pytest.raises(NoActiveKeyError):
        sample.service.signing.token(document)
    assert console("verify", "-", stdin=new.encode()) == 0


def test_a_revoked_key_takes_down_its_tokens_and_not_the_credentials(home: Home, clock: Clock) -> None:
    console, sample = home("RS256")
    console(*NEW_RSA)
    document = report(sample, "N1")
    token = sample.service.signing.token(document)
    clock.forward(minutes=1)
    assert console("keys", "compromise", sample.service.keys.list()[-1].name, "--yes") == 0
    assert "microcred keys new --algorithm RSA" in console.out.getvalue()
    clock.forward(minutes=1)
    assert console("verify", "-", stdin=token.encode()) == 1
    assert console("verify", "-", stdin=document) == 0


def test_an_institution_with_an_rsa_key_only_cannot_issue(home: Home) -> None:
    console, sample = home("RS256")
    console(*NEW_RSA)
    assert console("keys", "retire", sample.service.keys.list()[0].name) == 0
    with pytest.raises(NoActiveKeyError, match=r"no active Ed25519 key .*`microcred keys new`"):
        sample.service.signing.issuance()
    assert console("doctor") == 1
    assert "no active Ed25519 key" in console.out.getvalue()


def test_a_signature_that_does_not_verify_is_not_handed_out(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    console, sample = home("RS256")
    console(*NEW_RSA)
    document = report(sample, "N1")
    signer = sample.service.signing.token_signer()
    monkeypatch.setattr(sample.service.signing, "token_signer", lambda: replace(signer, _sign=lambda _: bytes(256)))
    with pytest.raises(IntegrityError):
        sample.service.signing.token(document)


@pytest.mark.parametrize(
    "wrong", [("--bits", "1024"), ("--bits", "2048.5"), ("--bits", "8192"), ("--algorithm", "DSA")]
)
def test_keys_that_are_not_made(console: Console, sample: Sample, wrong: tuple[str, ...]) -> None:
    assert console("keys", "new", "--algorithm", "RSA", *wrong) == 3
    assert len(sample.service.keys.list()) == 1


def test_a_size_for_another_kind_is_refused(console: Console, sample: Sample) -> None:
    assert console("keys", "new", "--bits", "2048") == 1
    assert "Only RSA" in console.err.getvalue()
    assert len(sample.service.keys.list()) == 1


def test_the_list_shows_the_key_as_it_is_published(home: Home) -> None:
    console, sample = home("RS256")
    console(*NEW_RSA)
    assert console("keys", "list", "--json") == 0
    shown = json.loads(console.out.getvalue())
    assert [sorted(item.keys() & {"publicKeyMultibase", "publicKeyJwk"}) for item in shown] == [
        ["publicKeyMultibase"],
        ["publicKeyJwk"],
    ]
    method = sample.service.signing.did_document()["verificationMethod"][1]
    assert (method["type"], method["publicKeyJwk"]) == ("JsonWebKey", shown[1]["publicKeyJwk"])
    assert "d" not in method["publicKeyJwk"]
