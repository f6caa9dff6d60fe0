"""The credential inside a token; the token itself (header, encoding, signature) is the matter of `test_jws`."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbadge import multibase, strict_json
from openbadge.proof import vc_jwt
from tests import vectors
from tests.openbadge import proof_samples as samples
from tests.vectors import W3C_METHOD, W3cSigner, code_of, edited, w3c_key


def badge():
    """A badge without a fraction: those are never written."""
    return edited(vectors.badge(), lambda d: d["credentialSubject"]["achievement"].update(creditsAvailable=3))


TOKEN = vc_jwt.create(badge(), W3cSigner())
CLAIMS = {
    "iss": "did:web:badges.example",
    "jti": "https://badges.example/credentials/1",
    "sub": "did:example:learner",
    "nbf": 1774951200,
    "exp": 1901181600,
}


def token(payload, header=None) -> str:
    """A token with any payload, signed by the W3C's key."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    parts = (json.dumps(header or {"alg": "EdDSA", "kid": W3C_METHOD}).encode(), body)
    text = ".".join(map(multibase.base64url_encode, parts))
    return f"{text}.{multibase.base64url_encode(W3cSigner().sign(text.encode()))}"


def claims(**changes) -> str:
    payload = {**badge(), **CLAIMS, **changes}
    return code_of(vc_jwt.check_claims, vc_jwt.parse(token({name: v for name, v in payload.items() if v is not ...})))


def test_a_token_holds_the_credential_and_claims_that_repeat_it():
    parsed = vc_jwt.parse(TOKEN)
    assert parsed.credential == badge()
    assert parsed.header == {"alg": "EdDSA", "kid": W3C_METHOD, "typ": "JWT"}
    assert {name: value for name, value in parsed.payload.items() if name in vc_jwt.CLAIMS} == CLAIMS
    vc_jwt.verify(parsed, w3c_key())
    vc_jwt.check_claims(parsed)


def test_an_embedded_proof_stays_outside():
    assert vc_jwt.create({**badge(), "proof": [{"type": "DataIntegrityProof"}]}, W3cSigner()) == TOKEN


@pytest.mark.parametrize("algorithm", ["Ed25519", "P-256", "P-384"])
def test_every_key_signs_tokens_that_no_other_accepts(algorithm):
    parsed = vc_jwt.parse(vc_jwt.create(badge(), samples.signer(algorithm)))
    vc_jwt.verify(parsed, samples.signer(algorithm).public_key)
    for other in ("Ed25519", "P-256", "P-384"):
        assert code_of(vc_jwt.verify, parsed, samples.signer(other, 2).public_key) == "CRYPTOGRAPHIC_SECURITY_ERROR"


@pytest.mark.parametrize("name", ["iss", "jti", "sub", "nbf", "exp"])
@pytest.mark.parametrize("value", [..., None, True, "x", "1774951200", 1774951200.0, 1901181600.0, -1, 10**18, [], {}])
def test_jwt_018_a_claim_repeats_the_credential_exactly(name, value):
    assert claims(**{name: value}) == "MALFORMED_VALUE_ERROR"


def test_jwt_018_numbers_that_are_none():
    body = json.dumps({**badge(), **CLAIMS}).replace(str(CLAIMS["exp"]), "NaN").encode()
    assert code_of(vc_jwt.parse, token(body)) == "PARSING_ERROR"
    body = json.dumps({**badge(), **CLAIMS}).replace(str(CLAIMS["exp"]), "1" * 5_000).encode()
    assert code_of(vc_jwt.parse, token(body)) == "LIMIT_EXCEEDED"


def test_claims_that_are_right():
    assert claims() == "accepted"
    assert claims(aud="anyone", iat=5) == "accepted"
    assert claims(validUntil=..., exp=...) == "accepted"


def test_an_end_that_only_the_token_or_only_the_credential_has():
    assert claims(validUntil=...) == "MALFORMED_VALUE_ERROR"
    assert claims(exp=...) == "MALFORMED_VALUE_ERROR"


@pytest.mark.parametrize("payload", [b'"x"', b"[]", b"5", b"null", b"", b"{", b'{"a":1}{"a":1}', b"\xff"])
def test_jwt_023_a_payload_that_is_no_object(payload):
    assert code_of(vc_jwt.parse, token(payload)) == "PARSING_ERROR"


def test_jwt_023_an_older_token():
    assert code_of(vc_jwt.parse, token({"vc": {"vc": {}}, **CLAIMS})) == "UNSUPPORTED_FORMAT"


def test_a_payload_with_a_member_twice():
    assert code_of(vc_jwt.parse, token(b'{"iss":"a","iss":"b"}')) == "DUPLICATE_JSON_KEY"


@pytest.mark.parametrize("typ", ["JOSE", "vc+sd-jwt", "", 5, [], {}, None, True])
def test_other_types_of_tokens(typ):
    header = {"alg": "EdDSA", "kid": W3C_METHOD, "typ": typ}
    assert code_of(vc_jwt.parse, token(badge(), header)) in ("UNSUPPORTED_FORMAT", "CRYPTOGRAPHIC_SECURITY_ERROR")


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.pop("id"),
        lambda d: d.pop("issuer"),
        lambda d: d.pop("validFrom"),
        lambda d: d["credentialSubject"].pop("id"),
        lambda d: d.update(issuer={"name": "x"}),
        lambda d: d.update(credentialSubject=["x"]),
        lambda d: d.update(validUntil="never"),
        lambda d: d["credentialSubject"]["achievement"].update(creditsAvailable=2**53),
    ],
)
def test_a_credential_that_cannot_be_a_token(change):
    document = edited(badge(), change)
    assert code_of(vc_jwt.create, document, W3cSigner()) == "MALFORMED_VALUE_ERROR"


@given(st.text(max_size=40), st.dictionaries(st.text(max_size=4), st.integers() | st.text(max_size=4) | st.none()))
def test_any_text_and_any_payload_get_an_answer(text, payload):
    code_of(vc_jwt.parse, text)
    code_of(vc_jwt.parse, f"{text}.{text}.{text}")
    if code_of(vc_jwt.parse, token(payload)) == "accepted":
        code_of(vc_jwt.check_claims, vc_jwt.parse(token(payload)))


@given(st.integers(0, len(TOKEN) - 1), st.characters())
def test_no_other_text_is_the_same_token(position, letter):
    changed = TOKEN[:position] + letter + TOKEN[position + 1 :]
    if changed != TOKEN and code_of(vc_jwt.parse, changed) == "accepted":
        assert code_of(vc_jwt.verify, vc_jwt.parse(changed), w3c_key()) != "accepted"


def test_what_is_written_is_strict_json():
    body = multibase.base64url_decode(TOKEN.split(".")[1])
    assert strict_json.dumps(strict_json.loads(body)) == body
