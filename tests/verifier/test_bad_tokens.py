"""Rows JWT-001 to JWT-023 of the corpus of bad inputs: credentials as signed tokens."""

from __future__ import annotations

import json
from typing import Any

import pytest

from openbadge.multibase import base64url_decode, base64url_encode
from openbadge.proof import vc_jwt
from tests.verifier.builders import (
    INVALID,
    ISSUER,
    KEY,
    UNDETERMINED,
    VALID,
    Change,
    Ed25519Signer,
    P256Signer,
    bad,
    badge,
    check,
    did_key_signer,
    key_document,
    material,
    problems,
    token,
    unsigned,
)

TOKEN = token()
HEADER, PAYLOAD, SIGNATURE = TOKEN.split(".")
ES256 = P256Signer(f"{ISSUER}#key-2")


def part(value: Any) -> str:
    return base64url_encode(value if isinstance(value, bytes) else json.dumps(value).encode())


def header() -> dict[str, Any]:
    return dict(json.loads(base64url_decode(HEADER)))


def payload() -> dict[str, Any]:
    return dict(json.loads(base64url_decode(PAYLOAD)))


def signed(head: Any, body: Any, signer: Ed25519Signer = KEY) -> str:
    """Return a token over any header and payload, rightly signed."""
    text = f"{part(head)}.{part(body)}"
    return f"{text}.{base64url_encode(signer.sign(text.encode()))}"


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_token_is_valid(end: str) -> None:
    report = check(TOKEN + end)
    assert bad(report) == {}
    assert (report.verdict, report.form) == (VALID, "jwt")


def test_a_token_with_a_p256_key() -> None:
    assert check(token(signer=ES256), material(keys=key_document(KEY, ES256))).verdict is VALID


@pytest.mark.parametrize("algorithm", ["none", "None", "nOnE", ""])
def test_jwt_001_no_signature(algorithm: str) -> None:
    report = check(f"{part({**header(), 'alg': algorithm})}.{PAYLOAD}.")
    assert report.verdict is INVALID
    assert problems(report) & {"CRYPTOGRAPHIC_SECURITY_ERROR", "PARSING_ERROR"}


def test_jwt_003_a_key_that_the_token_brings_along() -> None:
    attacker = Ed25519Signer("", 66)
    report = check(signed({"alg": "EdDSA", "jwk": attacker.public.jwk()}, payload(), attacker))
    assert report.verdict is UNDETERMINED
    assert bad(report) == {"issuer-binding": "ISSUER_NOT_BOUND"}
    assert "issuer is not proved" in report.headline


def test_jwt_003_a_token_that_its_own_key_did_not_sign_is_not_even_whole() -> None:
    attacker = Ed25519Signer("", 66)
    report = check(signed({"alg": "EdDSA", "jwk": KEY.public.jwk()}, payload(), attacker))
    assert report.verdict is INVALID
    assert bad(report) == {"proof": "CRYPTOGRAPHIC_SECURITY_ERROR", "issuer-binding": "ISSUER_NOT_BOUND"}


def test_jwt_003_a_proof_by_the_issuer_inside_such_a_token_counts() -> None:
    attacker = Ed25519Signer("", 66)
    body = {**payload(), "proof": badge()["proof"]}
    assert check(signed({"alg": "EdDSA", "jwk": attacker.public.jwk()}, body, attacker)).verdict is VALID


@pytest.mark.parametrize(
    "kid", ["https://attacker.example/key.json", did_key_signer(66).verification_method, "", "key-1"]
)
def test_jwt_005_keys_of_others(kid: Any) -> None:
    report = check(signed({**header(), "kid": kid}, payload(), Ed25519Signer("", 66)))
    assert report.verdict is INVALID
    assert bad(report)["issuer-binding"] == "ISSUER_NOT_BOUND"


@pytest.mark.parametrize(
    "members",
    [
        {"jku": "https://attacker.example/"},
        {"x5u": "https://attacker.example/"},
        {"x5c": ["AAAA"]},
        {"crit": ["zz"], "zz": 1},
        {"zip": "DEF"},
        {"kid": 5},
    ],
)
def test_jwt_006_jwt_008_header_members_that_are_refused(members: dict[str, Any]) -> None:
    report = check(signed({**header(), **members}, payload()))
    assert report.verdict is INVALID
    assert "CRYPTOGRAPHIC_SECURITY_ERROR" in problems(report)
    assert report.sources == ()


def test_jwt_010_an_unencoded_payload() -> None:
    report = check(signed({**header(), "b64": False, "crit": ["b64"]}, payload()))
    assert bad(report)["parse"] == "UNSUPPORTED_FORMAT"


def test_jwt_011_the_same_header_member_twice() -> None:
    head = b'{"alg":"none","alg":"EdDSA","kid":"did:web:badges.example.org#key-1"}'
    report = check(signed(head, payload()))
    assert bad(report)["parse"] == "DUPLICATE_JSON_KEY"


@pytest.mark.parametrize(
    "text",
    [
        f"{HEADER}=.{PAYLOAD}.{SIGNATURE}",
        f"{HEADER}.{PAYLOAD}=.{SIGNATURE}",
        f"{HEADER}.{PAYLOAD}.{SIGNATURE}==",
        f"{HEADER}.{PAYLOAD}.+{SIGNATURE[1:]}",
        f"{HEADER}.{PAYLOAD}.{SIGNATURE[:-1]}B",
        f"{HEADER}.{PAYLOAD[:9]}\n{PAYLOAD[9:]}.{SIGNATURE}",
        f"{HEADER}.{PAYLOAD[:9]} {PAYLOAD[9:]}.{SIGNATURE}",
        f"{HEADER}.{PAYLOAD}.{SIGNATURE[:9]}*{SIGNATURE[10:]}",
        f"{HEADER}.{PAYLOAD}.{SIGNATURE}.{SIGNATURE}",
        f"{HEADER}.{PAYLOAD}",
        f" {TOKEN}",
        f"{TOKEN} ",
        f"{TOKEN}\n\n",
        f"{TOKEN}ä",
    ],
)
def test_jwt_013_one_spelling_only(text: str) -> None:
    report = check(text)
    assert report.verdict is INVALID
    assert bad(report)["parse"] == "PARSING_ERROR"


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "HS256", "ES384", "eddsa"])
def test_jwt_015_the_key_decides_the_algorithm(algorithm: str) -> None:
    report = check(signed({**header(), "alg": algorithm}, payload()))
    assert report.verdict is INVALID
    assert bad(report)["proof"] == "CRYPTOGRAPHIC_SECURITY_ERROR"


def test_a_signature_of_another_token() -> None:
    other = token(lambda document: document.update(name="Else")).split(".")[2]
    assert bad(check(f"{HEADER}.{PAYLOAD}.{other}")) == {"proof": "CRYPTOGRAPHIC_SECURITY_ERROR"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("exp", value) for value in ("1869645600", 1.5, -1, 10**18, True, None, [1])),
        ("exp", 1869645601),
        ("nbf", 1774951201),
        ("nbf", "2026-03-31T10:00:00Z"),
        ("iss", "did:web:other.example"),
        ("jti", "urn:uuid:other"),
        ("sub", "did:key:other"),
    ],
)
def test_jwt_018_claims_that_contradict_the_credential(name: str, value: Any) -> None:
    report = check(signed(header(), {**payload(), name: value}))
    assert report.verdict is INVALID
    assert "MALFORMED_VALUE_ERROR" in problems(report)


@pytest.mark.parametrize("name", ["exp", "nbf", "iss", "jti", "sub"])
def test_jwt_018_claims_that_are_missing(name: str) -> None:
    body = payload()
    del body[name]
    assert bad(check(signed(header(), body))) == {"data-model": "MALFORMED_VALUE_ERROR"}


def test_an_end_that_only_the_token_has() -> None:
    body = payload()
    del body["validUntil"]
    assert check(signed(header(), body)).verdict is INVALID


def test_jwt_018_an_expired_token() -> None:
    text = token(lambda document: document.update(validUntil="2026-04-01T11:59:59Z"))
    assert bad(check(text)) == {"validity-period": "EXPIRED"}


def test_jwt_020_encrypted_tokens() -> None:
    report = check(f"{part({'alg': 'PBES2-HS256+A128KW', 'enc': 'A128GCM', 'p2c': 10**9})}.a.b.c.d")
    assert bad(report)["parse"] == "UNSUPPORTED_FORMAT"


@pytest.mark.parametrize("rest", ["~", "~WyJzYWx0IiwibmFtZSIsIkFkYSJd~", "~a~b.c.d"])
def test_sd_001_tokens_with_selective_disclosure_are_named(rest: str) -> None:
    assert bad(check(TOKEN + rest))["parse"] == "UNSUPPORTED_FORMAT"


@pytest.mark.parametrize("body", ["text", ["array"], 5, None])
def test_jwt_023_payloads_that_are_no_object(body: Any) -> None:
    assert bad(check(signed(header(), body)))["parse"] == "PARSING_ERROR"


def test_jwt_023_a_credential_of_the_older_data_model() -> None:
    assert bad(check(signed(header(), {"vc": unsigned()})))["parse"] == "UNSUPPORTED_FORMAT"


def change_of(name: str, value: Any) -> Change:
    return lambda document: document.update({name: value})


@pytest.mark.parametrize("name", ["note", "@index", "validFrom2"])
def test_a_token_must_be_in_normal_form_too(name: str) -> None:
    assert check(signed(header(), {**payload(), name: "x"})).verdict is INVALID


def test_a_token_around_an_embedded_proof_needs_both_to_be_right() -> None:
    body = {**payload(), "proof": badge()["proof"]}
    assert check(signed(header(), body)).verdict is VALID
    body["name"] = "Else"
    assert bad(check(signed(header(), body))) == {"proof": "PROOF_VERIFICATION_ERROR"}


def test_the_reader_and_the_writer_agree() -> None:
    assert vc_jwt.parse(TOKEN).credential == unsigned()
