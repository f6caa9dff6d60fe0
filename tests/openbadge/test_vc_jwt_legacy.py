"""Tokens of VC Data Model 1.1, read for the VC-API."""

from __future__ import annotations

from typing import Any

import pytest

from openbadge.proof import vc_jwt, vc_jwt_legacy
from tests.openbadge.jose_keys import public, refused, token
from tests.openbadge.suite_inputs import P256
from tests.openbadge.vc_documents import ISSUER, minimal

MALFORMED, FORMAT = "MALFORMED_VALUE_ERROR", "UNSUPPORTED_FORMAT"
OLD = {
    "@context": ["https://www.w3.org/2018/credentials/v1"],
    "type": ["VerifiableCredential"],
    "issuer": {"id": ISSUER, "name": "Academy"},
    "credentialSubject": {"degree": "x"},
    "issuanceDate": "2010-01-01T19:23:24.123Z",
}
OLD_CLAIMS = {"iss": ISSUER, "jti": "urn:uuid:1", "sub": "did:example:1", "nbf": 1262373804, "exp": 1900000000}


def old_token(payload: Any) -> str:
    return token({"alg": "ES256", "kid": "did:example:1#k", "typ": "JWT"}, payload)


def test_an_older_token_is_read() -> None:
    found = vc_jwt_legacy.read(old_token({**OLD_CLAIMS, "vc": OLD}), vc_jwt_legacy.CREDENTIAL)
    vc_jwt.verify(found.token, public(P256))
    assert found.document == {
        **OLD,
        "id": "urn:uuid:1",
        "credentialSubject": {"id": "did:example:1", "degree": "x"},
        "expirationDate": "2030-03-17T17:46:40Z",
    }
    newer = {**minimal(), "validFrom": "2010-01-01T19:23:24Z"}
    again = vc_jwt_legacy.read(old_token({"vc": newer, "nbf": 1262373804, "exp": 1900000000}), "vc")
    assert again.document["validUntil"] == "2030-03-17T17:46:40Z"


def test_an_older_presentation_is_read() -> None:
    claims = {"iss": "did:example:h", "aud": "example.com", "nonce": "123", "vp": {"type": "VerifiablePresentation"}}
    found = vc_jwt_legacy.read(old_token(claims), vc_jwt_legacy.PRESENTATION)
    assert (found.document["holder"], found.audience, found.nonce) == ("did:example:h", ("example.com",), "123")
    assert vc_jwt_legacy.read(old_token({"vp": {}}), "vp").audience == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example"},
        {"iss": 5},
        {"jti": 5},
        {"nbf": 1262373805},
        {"nbf": "2010"},
        {"exp": -1},
        {"exp": 10**18},
        {"aud": 5},
        {"aud": [5]},
        {"nonce": 5},
        {"vc": {**OLD, "id": "urn:other"}},
        {"vc": {**OLD, "issuer": [ISSUER]}},
        {"vc": {**OLD, "credentialSubject": [{}]}},
        {"vc": {**OLD, "credentialSubject": {"id": "did:example:2"}}},
        {"vc": {**OLD, "expirationDate": "2011-01-01T00:00:00Z"}},
        {"vc": {**OLD, "issuanceDate": "yesterday"}},
        {"vc": {**OLD, "@context": []}},
    ],
)
def test_older_tokens_that_contradict_themselves(changes: dict[str, Any]) -> None:
    refused(MALFORMED, lambda: vc_jwt_legacy.read(old_token({**OLD_CLAIMS, "vc": OLD, **changes}), "vc"))


@pytest.mark.parametrize("payload", [{}, {"vc": "text"}, {"vc": [OLD]}, {"vp": {}}])
def test_older_tokens_without_their_document(payload: dict[str, Any]) -> None:
    refused("PARSING_ERROR", lambda: vc_jwt_legacy.read(old_token(payload), "vc"))


def test_the_badge_reader_still_refuses_older_tokens() -> None:
    refused(FORMAT, lambda: vc_jwt.parse(old_token({**OLD_CLAIMS, "vc": OLD})))
