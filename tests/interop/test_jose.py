"""The JOSE library of the JavaScript world reads our VC-JWT."""

from __future__ import annotations

from typing import Any

import pytest

from openbadge import did, strict_json
from openbadge.multibase import base64url_decode, base64url_encode
from openbadge.multikey import PublicKey
from tests.interop.badges import Key
from tests.interop.readers import Ask, Issued

pytestmark = pytest.mark.node


def _key(issued: Issued) -> PublicKey:
    header = strict_json.loads(base64url_decode(issued.token.split(".")[0]))
    document = issued.documents[issued.issuer]
    return did.find_method(document, issued.issuer, header["kid"], "assertionMethod").key


def _verify(ask: Ask, issued: Issued, **changes: Any) -> Any:
    options = {
        "algorithms": ["EdDSA"],
        "typ": "JWT",
        "issuer": changes.pop("issuer", issued.issuer),
        "subject": issued.credential["credentialSubject"]["id"],
        "requiredClaims": ["jti", "nbf"],
    }
    request = {"token": issued.token, "jwk": _key(issued).jwk(), "options": options}
    return ask("jwt.mjs", **{**request, **changes})


def test_accepts_our_token(ask: Ask, issued: Issued) -> None:
    answer = _verify(ask, issued)
    assert answer["verified"], answer["error"]
    assert answer["payload"]["jti"] == issued.credential["id"]
    assert answer["header"].keys() == {"alg", "kid", "typ"}


def test_the_token_says_what_the_embedded_form_says(ask: Ask, issued: Issued) -> None:
    payload = _verify(ask, issued)["payload"]
    embedded = {name: value for name, value in issued.credential.items() if name != "proof"}
    assert {name: payload.get(name) for name in embedded} == embedded


def test_refuses_another_key(ask: Ask, issued: Issued) -> None:
    assert not _verify(ask, issued, jwk=Key(99).public.jwk())["verified"]


def test_refuses_another_issuer(ask: Ask, issued: Issued) -> None:
    assert not _verify(ask, issued, issuer="did:web:elsewhere.example.org")["verified"]


def test_refuses_a_changed_payload(ask: Ask, issued: Issued) -> None:
    header, payload, signature = issued.token.split(".")
    changed = strict_json.dumps({**strict_json.loads(base64url_decode(payload)), "name": "Someone else"})
    answer = _verify(ask, issued, token=f"{header}.{base64url_encode(changed)}.{signature}")
    assert answer == {"verified": False, "error": "signature verification failed"}
