"""GET /1.0/identifiers/{did}: what the did:key suite asks of a resolver, over the application."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbadge import did_jwk
from openbadge.multikey import PublicKey
from tests.microcred.vcapi.conftest import VcApi

KEY = "z6MktKwz7Ge1Yxzr4JHavN33wiwa8y81QdcMRLXQsrH9T53b"
DID = f"did:key:{KEY}"
ACCEPT = {"Accept": 'application/ld+json;profile="https://w3id.org/did-resolution"'}


def ask(api: VcApi, identifier: str, **query: str) -> tuple[int, dict[str, Any]]:
    answer = api.client.get(f"/1.0/identifiers/{quote(identifier, safe='')}", params=query, headers=ACCEPT)
    body = answer.json()
    assert "json" in answer.headers["content-type"]
    assert isinstance(body["didDocument"], dict)
    assert {"@context", "didDocumentMetadata"} <= body.keys()
    assert ("didResolutionMetadata" in body) != ("didDereferencingMetadata" in body)
    return answer.status_code, body


def test_a_did_is_resolved(api: VcApi) -> None:
    status, body = ask(api, DID)
    assert status == 200
    assert body["didDocument"]["id"] == DID
    assert "error" not in body["didResolutionMetadata"]


def test_a_fragment_is_dereferenced(api: VcApi) -> None:
    status, body = ask(api, f"{DID}#{KEY}")
    assert (status, body["didDocument"]["controller"]) == (200, DID)
    assert "didDereferencingMetadata" in body


def test_the_issuers_of_profiles_resolve_to_the_keys_that_they_sign_with(api: VcApi) -> None:
    for profile in ("rdfc", "ecdsa-jcs-384"):
        _, body = ask(api, api.ids[profile])
        assert api.issued(profile)["proof"]["verificationMethod"] in body["didDocument"]["assertionMethod"]


@pytest.mark.parametrize(
    ("identifier", "query", "code", "where"),
    [
        (f"notDid:key:{KEY}", {}, "invalidDid", "didResolutionMetadata"),
        (f"did:experimental:{KEY}", {}, "methodNotSupported", "didResolutionMetadata"),
        (f"did:key:-4:{KEY}", {}, "invalidDid", "didResolutionMetadata"),
        (f"did:key:{KEY[1:]}", {}, "invalidDid", "didResolutionMetadata"),
        ("did:key:@", {}, "invalidDid", "didResolutionMetadata"),
        ("did:key:zTjsVPtY", {}, "invalidPublicKeyLength", "didResolutionMetadata"),
        (DID, {"publicKeyFormat": "unknown"}, "unsupportedPublicKeyType", "didResolutionMetadata"),
        (DID, {"enableExperimentalPublicKeyTypes": "perhaps"}, "invalidOptions", "didResolutionMetadata"),
        (f"{DID}/^bar^/?query=`#{KEY}", {}, "invalidDidUrl", "didDereferencingMetadata"),
        (
            f"{DID}#{KEY}",
            {"publicKeyFormat": "Ed25519VerificationKey2018", "enableExperimentalPublicKeyTypes": "false"},
            "invalidPublicKeyType",
            "didDereferencingMetadata",
        ),
    ],
)
def test_errors(api: VcApi, identifier: str, query: dict[str, str], code: str, where: str) -> None:
    status, body = ask(api, identifier, **query)
    assert status == 400
    assert body[where]["error"] == code
    assert body["didDocument"] == {}


def test_a_fragment_of_nobody_is_a_404(api: VcApi) -> None:
    status, body = ask(api, f"{DID}#nobody")
    assert (status, body["didDereferencingMetadata"]["error"]) == (404, "notFound")


def test_a_version_and_an_experimental_format_are_allowed(api: VcApi) -> None:
    assert ask(api, f"did:key:1.1:{KEY}")[0] == 200
    query = {"publicKeyFormat": "Ed25519VerificationKey2018", "enableExperimentalPublicKeyTypes": "true"}
    status, body = ask(api, DID, **query)
    assert (status, body["didDocument"]["verificationMethod"][0]["type"]) == (200, "Ed25519VerificationKey2018")


def test_a_did_jwk_is_resolved(api: VcApi) -> None:
    name = did_jwk.did_jwk(PublicKey.from_multibase(KEY).jwk())
    status, body = ask(api, name)
    assert (status, body["didDocument"]["id"]) == (200, name)
    assert ask(api, f"{name}#0")[1]["didDocument"]["id"] == f"{name}#0"


@given(st.text(min_size=1, max_size=40), st.sampled_from(["", "did:", "did:key:z", DID, f"{DID}#"]))
def test_no_question_is_a_500(api: VcApi, text: str, prefix: str) -> None:
    answer = api.client.get(f"/1.0/identifiers/{quote(prefix + text, safe='', errors='replace')}")
    assert answer.status_code < 500
