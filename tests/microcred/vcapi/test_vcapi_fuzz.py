"""Whatever JSON arrives, no endpoint answers with a 5xx, and every refusal has a body of JSON."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.microcred.vcapi.conftest import VcApi

ENDPOINTS = (
    "/issuers/rdfc/credentials/issue", "/issuers/sd/credentials/issue", "/issuers/status-384/credentials/issue",
    "/credentials/status", "/credentials/verify", "/presentations/verify", "/credentials/derive",
)  # fmt: skip
NAMES = st.sampled_from(
    "@context @type @id @value @graph id type issuer credential credentialSubject credentialStatus options proof "
    "verifiableCredential verifiablePresentation holder mandatoryPointers selectivePointers proofValue validFrom "
    "credentialId status previousProof relatedResource statusPurpose".split()
)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(
        ["https://www.w3.org/ns/credentials/v2", "VerifiableCredential", "VerifiablePresentation",
         "EnvelopedVerifiableCredential", "DataIntegrityProof", "ecdsa-sd-2023", "did:key:z6Mk",
         "data:application/jwt,", "", "/issuer", "urn:a:b", "_:b0", "2026-01-01T00:00:00Z", "z" + "2" * 86, "u2V0Ah"]
    )
)  # fmt: skip
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=6), inner, max_size=5),
    max_leaves=15,
)
MEMBERS = ("credential", "verifiableCredential", "verifiablePresentation", "credentialStatus")
# The application is shared by all examples and keeps nothing of what it refuses.
SHARED = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def no_defect(api: VcApi, path: str, body: Any) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode("utf-8", "surrogatepass")
    answer = api.client.post(path, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in (200, 201, 400, 404), answer.text
    assert isinstance(answer.json(), dict)


@pytest.mark.parametrize("path", ENDPOINTS)
@SHARED
@given(st.data())
def test_any_json(api: VcApi, path: str, data: st.DataObject) -> None:
    body = data.draw(JSON | st.fixed_dictionaries({}, optional=dict.fromkeys((*MEMBERS, "options"), JSON)))
    no_defect(api, path, body)


@pytest.mark.parametrize("path", ENDPOINTS)
@SHARED
@given(st.binary(max_size=40))
def test_any_bytes(api: VcApi, path: str, body: bytes) -> None:
    no_defect(api, path, body)


@pytest.fixture(scope="session")
def documents(api: VcApi) -> dict[str, Any]:
    """Good requests by endpoint, to be spoiled."""
    secured, base = api.issued("rdfc"), api.issued("sd")
    presented = {"@context": secured["@context"], "type": ["VerifiablePresentation"], "verifiableCredential": [secured]}
    return {
        "/issuers/rdfc/credentials/issue": {"credential": api.credential("rdfc"), "options": {}},
        "/issuers/sd/credentials/issue": {
            "credential": api.credential("sd"),
            "options": {"mandatoryPointers": ["/id"]},
        },
        "/issuers/status-384/credentials/issue": {"credential": api.credential_1_1("status-384")},
        "/credentials/status": {
            "credentialId": "a",
            "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"},
            "status": True,
        },
        "/credentials/verify": {"verifiableCredential": secured, "options": {"checks": ["proof"]}},
        "/presentations/verify": {"verifiablePresentation": presented, "options": {"challenge": "1"}},
        "/credentials/derive": {"verifiableCredential": base, "options": {"selectivePointers": ["/issuer"]}},
    }


@pytest.mark.parametrize("path", ENDPOINTS)
@SHARED
@given(st.data())
def test_a_good_request_with_something_else_in_one_place(
    api: VcApi, documents: dict[str, Any], path: str, data: st.DataObject
) -> None:
    body = copy.deepcopy(documents[path])
    holder, place = data.draw(st.sampled_from(places(body)))
    if data.draw(st.booleans()) or isinstance(holder, list):
        holder[place] = data.draw(JSON)
    else:
        holder[data.draw(NAMES)] = holder.pop(place)
    no_defect(api, path, body)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every member and item of a document, as its holder and its name or number."""
    own: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        own = [(value, name) for name in value]
    elif isinstance(value, list):
        own = [(value, number) for number in range(len(value))]
    return own + [found for holder, place in list(own) for found in places(holder[place])]
