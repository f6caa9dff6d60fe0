"""Where an issuer's key may be: https profiles, did:jwk, and the addresses that tokens name (Open Badges 3.0, 8.2)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from openbadge import did, did_jwk
from openbadge.errors import UnavailableError
from openbadge.jose import jwk as jose_jwk
from openbadge.multibase import base64url_encode
from openbadge.multikey import PublicKey
from openbadge.proof import vc_jwt
from tests.verifier.builders import (
    ATTACKER,
    INVALID,
    ISSUER,
    KEY,
    UNDETERMINED,
    VALID,
    Change,
    Document,
    Ed25519Signer,
    bad,
    badge,
    check,
    find,
    key_document,
    material,
    problems,
    unsigned,
)

HOME = "https://academy.example/issuers/1"
KID = "https://academy.example/keys/1"
WITH_FRAGMENT = Ed25519Signer(f"{HOME}#key-1")
AT_KID = Ed25519Signer(KID)
AWAY = UnavailableError("FETCH_FAILED", "away")


def issued_by(name: str) -> Change:
    def change(document: Document) -> None:
        document["issuer"]["id"] = name
        del document["credentialStatus"]

    return change


def profile(**members: Any) -> Document:
    """Return the profile of an https issuer with its keys in it, as Open Badges and Controlled Identifiers have it."""
    keys = did.document(HOME, [(WITH_FRAGMENT.verification_method, KEY.public)])
    return {**keys, "type": ["Profile"], "name": "Example Academy", **members}


def embedded(name: str = KID, controller: str = HOME) -> Document:
    return {"id": name, "type": "Multikey", "controller": controller, "publicKeyMultibase": KEY.public.multibase}


def by_proof(published: Any, signer: Ed25519Signer = WITH_FRAGMENT, **more: Any) -> Any:
    return check(badge(issued_by(HOME), signer), {HOME: published, **more})


def by_token(answers: dict[str, Any], signer: Any = AT_KID) -> Any:
    document = unsigned()
    issued_by(HOME)(document)
    return check(vc_jwt.create(document, signer), answers)


def test_an_https_profile_lists_the_key() -> None:
    report = by_proof(profile())
    assert bad(report) == {}
    assert report.verdict is VALID


def test_a_key_object_under_assertion_method() -> None:
    keys = profile(verificationMethod=[], assertionMethod=[embedded(WITH_FRAGMENT.verification_method)])
    assert by_proof(keys).verdict is VALID


def test_a_key_with_an_address_of_its_own_that_the_profile_lists() -> None:
    assert by_proof(profile(assertionMethod=[embedded()]), AT_KID).verdict is VALID
    assert by_proof(profile(verificationMethod=[embedded()], assertionMethod=[KID]), AT_KID).verdict is VALID


NEIGHBOUR = "https://academy.example/issuers/2"

UNLISTED: list[tuple[str, Any, str]] = [
    ("not-there", profile(), "ISSUER_NOT_BOUND"),
    (
        "not-for-this",
        profile(verificationMethod=[embedded()]),
        "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD",
    ),
    ("of-a-neighbour", profile(assertionMethod=[embedded(controller=NEIGHBOUR)]), "INVALID_VERIFICATION_METHOD"),
    ("of-another", profile(id=NEIGHBOUR, assertionMethod=[KID]), "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID"),
    ("no-object", b"[]", "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT"),
    ("no-lists", profile(assertionMethod="x", verificationMethod=5), "ISSUER_NOT_BOUND"),
]


@pytest.mark.parametrize(("published", "code"), [row[1:] for row in UNLISTED], ids=[row[0] for row in UNLISTED])
def test_a_key_on_the_issuers_origin_that_its_profile_does_not_list(published: Any, code: str) -> None:
    report = by_proof(published, AT_KID)
    assert report.verdict is INVALID
    assert bad(report)["issuer-binding"] == code


def test_an_unreachable_profile_cannot_tell_whose_key_it_is() -> None:
    assert bad(by_proof(AWAY, AT_KID))["issuer-binding"] == "FETCH_FAILED"
    assert by_proof(AWAY).verdict is UNDETERMINED


def test_di_006_missing_and_present_for_another_purpose_are_told_apart() -> None:
    lost = Ed25519Signer(f"{ISSUER}#lost")
    assert bad(check(badge(signer=lost)))["issuer-binding"] == "INVALID_VERIFICATION_METHOD"
    keys = key_document()
    keys["assertionMethod"] = []
    report = check(badge(), material(keys=keys))
    assert bad(report)["issuer-binding"] == "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD"
    keys["authentication"] = keys.pop("verificationMethod")
    report = check(badge(), material(keys=keys))
    assert bad(report)["issuer-binding"] == "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD"


def test_did_jwk() -> None:
    name = did_jwk.did_jwk(KEY.public.jwk())
    signer = Ed25519Signer(f"{name}#0")
    report = check(badge(issued_by(name), signer), {})
    assert bad(report) == {}
    assert report.sources == ()
    assert next(note for note in report.portability if note.id == "issuer-method").outcome == "unknown"
    other = Ed25519Signer(f"{name}#0", ATTACKER.seed)
    assert bad(check(badge(issued_by(name), other), {})) == {"proof": "CRYPTOGRAPHIC_SECURITY_ERROR"}
    wrong = Ed25519Signer(f"{name}#1")
    assert bad(check(badge(issued_by(name), wrong), {}))["issuer-binding"] == "INVALID_VERIFICATION_METHOD"


def test_did_jwk_that_holds_no_acceptable_key() -> None:
    name = "did:jwk:" + base64url_encode(b'{"kty":"oct","k":"AAAA"}')
    report = check(badge(issued_by(name), Ed25519Signer(f"{name}#0")), {})
    assert report.verdict is INVALID
    assert "INVALID_VERIFICATION_METHOD" in problems(report)


JWK = KEY.public.jwk()
OTHER = ATTACKER.public.jwk()

GOOD_KEYS: list[tuple[str, str, Any]] = [
    ("bare", KID, JWK),
    ("bare-with-a-name", KID, {**JWK, "kid": "thumbprint"}),
    ("set-of-one", KID, {"keys": [JWK]}),
    ("set-of-two", KID, {"keys": [{**OTHER, "kid": "old"}, {**JWK, "kid": KID}]}),
    ("set-and-fragment", f"{KID}#new", {"keys": [{**OTHER, "kid": "old"}, {**JWK, "kid": "new"}]}),
    ("bare-and-fragment", f"{KID}#new", JWK),
    ("query", f"{KID}?v=1", JWK),
]


@pytest.mark.parametrize(("kid", "answer"), [row[1:] for row in GOOD_KEYS], ids=[row[0] for row in GOOD_KEYS])
def test_a_token_whose_key_is_on_the_issuers_origin(kid: str, answer: Any) -> None:
    report = by_token({kid.partition("#")[0]: answer}, Ed25519Signer(kid))
    assert bad(report) == {}
    assert report.verdict is VALID


BAD_KEYS: list[tuple[str, str, Any]] = [
    ("empty-set", KID, {"keys": []}),
    ("nameless-among-two", KID, {"keys": [JWK, OTHER]}),
    ("same-name-twice", f"{KID}#a", {"keys": [{**JWK, "kid": "a"}, {**OTHER, "kid": "a"}]}),
    ("other-name", f"{KID}#new", {**JWK, "kid": "old"}),
    ("no-list", KID, {"keys": JWK}),
    ("no-objects", KID, {"keys": ["x"]}),
    ("too-many", KID, {"keys": [JWK] * 101}),
    ("private", KID, {**JWK, "d": "AAAA"}),
    ("symmetric", KID, {"kty": "oct", "k": "AAAA"}),
    ("array", KID, b"[]"),
    ("page", KID, b"<html></html>"),
    ("twice", KID, b'{"kty":"OKP","kty":"EC"}'),
]


@pytest.mark.parametrize(("kid", "answer"), [row[1:] for row in BAD_KEYS], ids=[row[0] for row in BAD_KEYS])
def test_addresses_that_give_no_acceptable_key(kid: str, answer: Any) -> None:
    report = by_token({kid.partition("#")[0]: answer}, Ed25519Signer(kid))
    assert report.verdict is INVALID
    assert bad(report)["issuer-binding"] == "INVALID_VERIFICATION_METHOD"


def test_an_address_that_gives_another_key() -> None:
    assert bad(by_token({KID: OTHER})) == {"proof": "CRYPTOGRAPHIC_SECURITY_ERROR"}


def test_an_address_that_gives_nothing() -> None:
    report = by_token({})
    assert report.verdict is UNDETERMINED
    assert bad(report) == {"proof": "FETCH_FAILED", "issuer-binding": "FETCH_FAILED"}


def test_a_profile_that_lists_keys_decides_about_those_on_its_origin() -> None:
    """A neighbour on the same web server cannot sign for an issuer that says which keys are its own."""
    assert bad(by_token({HOME: profile(), KID: JWK}))["issuer-binding"] == "INVALID_VERIFICATION_METHOD"
    assert by_token({HOME: profile(assertionMethod=[KID]), KID: JWK}).verdict is VALID
    assert by_token({HOME: profile(assertionMethod=[embedded()]), KID: OTHER}).verdict is VALID
    revoked = {**embedded(), "revoked": "2026-01-01T00:00:00Z"}
    assert by_token({HOME: profile(assertionMethod=[revoked]), KID: JWK}).verdict is INVALID


def test_a_profile_without_keys_leaves_it_to_the_address() -> None:
    assert by_token({HOME: {"id": HOME, "type": ["Profile"]}, KID: JWK}).verdict is VALID


@pytest.mark.parametrize(
    "kid",
    [
        "https://attacker.example/key.json",
        "https://academy.example.attacker.example/keys/1",
        "https://academy.example@attacker.example/keys/1",
        "https://academy.example:8443/keys/1",
        "https://academy.example\\.attacker.example/",
        "http://academy.example/keys/1",
        "https://ACADEMY.example.evil/keys/1",
        "https:academy.example/keys/1",
    ],
)
def test_jwt_005_addresses_on_other_origins(kid: str) -> None:
    report = by_token({kid: OTHER, HOME: profile()}, Ed25519Signer(kid, ATTACKER.seed))
    assert report.verdict is INVALID
    assert bad(report)["issuer-binding"] == "ISSUER_NOT_BOUND"
    assert kid not in [source.url for source in report.sources]


def test_a_did_web_issuer_has_its_keys_in_its_document_only() -> None:
    kid = "https://badges.example.org/keys/1"
    report = check(vc_jwt.create(unsigned(), Ed25519Signer(kid)), {**material(), kid: JWK})
    assert bad(report)["issuer-binding"] == "ISSUER_NOT_BOUND"


@dataclass(frozen=True)
class RsaSigner:
    """Signs with an RSA key made for the test run."""

    verification_method: str
    algorithm: str = "RSA"

    def sign(self, data: bytes) -> bytes:
        return PRIVATE.sign(data, padding.PKCS1v15(), hashes.SHA256())

    @cached_property
    def public(self) -> PublicKey:
        numbers = PRIVATE.public_key().public_numbers()
        parts = {name: value.to_bytes((value.bit_length() + 7) // 8, "big") for name, value in
                 (("n", numbers.n), ("e", numbers.e))}  # fmt: skip
        return PublicKey(*jose_jwk.read({"kty": "RSA", **{k: base64url_encode(v) for k, v in parts.items()}}))


PRIVATE = rsa.generate_private_key(65_537, 2048)


def test_rs256_the_algorithm_that_open_badges_asks_for() -> None:
    signer = RsaSigner(KID)
    public = {name: text for name, text in signer.public.jwk().items() if name != "alg"}
    report = by_token({KID: public}, signer)
    assert bad(report) == {}
    assert report.verdict is VALID
    assert by_token({KID: {**public, "alg": "PS256"}}, signer).verdict is INVALID
    assert by_token({KID: JWK}, signer).verdict is INVALID


def test_rs256_with_a_key_in_the_did_document() -> None:
    signer = RsaSigner(f"{ISSUER}#rsa")
    method = {"id": f"{ISSUER}#rsa", "type": "JsonWebKey", "controller": ISSUER, "publicKeyJwk": signer.public.jwk()}
    keys = key_document()
    keys["verificationMethod"].append(method)
    keys["assertionMethod"].append(method["id"])
    assert check(vc_jwt.create(unsigned(), signer), material(keys=keys)).verdict is VALID


@pytest.mark.parametrize(
    "weak", [{"n": base64url_encode(b"\xff" * 128)}, {"e": "AQ"}, {"e": base64url_encode(b"\x81" * 512)}]
)
def test_jwt_021_weak_rsa_keys(weak: dict[str, str]) -> None:
    report = by_token({KID: {**RsaSigner(KID).public.jwk(), **weak}}, RsaSigner(KID))
    assert report.verdict is INVALID
    assert bad(report)["issuer-binding"] == "INVALID_VERIFICATION_METHOD"


def test_an_issuer_whose_name_is_no_address() -> None:
    report = check(badge(issued_by("urn:x:y"), Ed25519Signer("urn:x:y#key")), {})
    assert report.verdict is INVALID
    assert find(report, "issuer-binding").problem == "INVALID_VERIFICATION_METHOD_URL"
