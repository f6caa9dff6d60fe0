"""What the suites of the W3C and its community group send to a verifier and issuer of the VC-API, in our own words.

Verifier: every member missing or of a wrong JSON type. Issuer: the same for a credential of VC Data Model 1.1 before it
is signed. Data model: what a verifier sees of a credential that should never have been issued.
"""

from __future__ import annotations

from typing import Any

import pytest

from openbadge import data_model
from openbadge.vocabulary import CREDENTIALS_V1, CREDENTIALS_V2
from tests.vectors import code_of
from tests.verifier.vc_world import (
    ED25519,
    EXAMPLES,
    Document,
    check,
    codes,
    credential,
    edited,
    load,
    put,
    sign,
    single,
    unsigned,
    unsigned_1_1,
)

MALFORMED = "MALFORMED_VALUE_ERROR"
ABSENT = object()
WRONG: dict[str, list[Any]] = {
    "@context": [ABSENT, 4, {}, {"a": "b"}, False, None, True, []],
    "type": [ABSENT, 4, None, True, [], {}, ["UnknownType"]],
    "issuer": [ABSENT, None, True, 4, [], {}, "fake-issuer"],
    "credentialSubject": [ABSENT, None, True, 4, [], "did:example:subject", {}, [{}]],
}
ROWS = [
    pytest.param(name, value, id=f"{name}-{'absent' if value is ABSENT else value}")
    for name, wrong in WRONG.items()
    for value in wrong
]


def changed(document: Document, name: str, value: Any) -> Document:
    rest = {member: part for member, part in document.items() if member != name}
    return rest if value is ABSENT else {**rest, name: value}


@pytest.mark.parametrize(("name", "value"), ROWS)
def test_the_issuer_refuses_a_credential_of_another_form(name: str, value: Any) -> None:
    for document in (unsigned(), unsigned_1_1()):
        assert code_of(data_model.check_credential, changed(document, name, value), issuing=True) == MALFORMED


@pytest.mark.parametrize(("name", "value"), ROWS)
def test_the_verifier_refuses_a_credential_of_another_form(name: str, value: Any) -> None:
    for document in (credential(), single(sign(unsigned_1_1()))):
        assert codes(check(changed(document, name, value))) == {MALFORMED}


@pytest.mark.parametrize("value", [ABSENT, None, [], {}, "proof", 4, True, [[]], [None], [4]])
def test_the_verifier_refuses_a_proof_of_another_form(value: Any) -> None:
    result = check(changed(credential(), "proof", value))
    assert codes(result) <= {"PROOF_VERIFICATION_ERROR", "UNSUPPORTED_SUITE", "DATA_LOSS_DETECTION_ERROR", MALFORMED}
    assert not result.verified


@pytest.mark.parametrize("value", [ABSENT, None, 4, True, [], {}, "", "x"])
@pytest.mark.parametrize("name", ["type", "created", "verificationMethod", "proofValue", "proofPurpose", "cryptosuite"])
def test_the_verifier_refuses_a_proof_with_a_member_of_another_form(name: str, value: Any) -> None:
    made = credential()
    result = check({**made, "proof": changed(made["proof"], name, value)})
    assert not result.verified
    assert codes(result) <= {
        "PROOF_VERIFICATION_ERROR", "UNSUPPORTED_SUITE", "DATA_LOSS_DETECTION_ERROR", MALFORMED,
        "INVALID_VERIFICATION_METHOD_URL", "CRYPTOGRAPHIC_SECURITY_ERROR",
    }  # fmt: skip


@pytest.mark.parametrize("value", [None, [], "a text", 4, True, '{"@context": []}', [credential()]])
def test_the_verifier_refuses_what_is_no_object(value: Any) -> None:
    assert codes(check(value)) == {"PARSING_ERROR"}


@pytest.mark.parametrize("document", [{}, {"@context": [CREDENTIALS_V2]}, {"type": ["UnknownType"]}, {"a": 1}])
def test_the_verifier_refuses_any_other_object(document: Document) -> None:
    assert codes(check(document)) == {MALFORMED}


def test_the_issuer_accepts_1_1_with_and_without_an_end() -> None:
    data_model.check_credential(unsigned_1_1(), issuing=True)
    data_model.check_credential({**unsigned_1_1(), "expirationDate": "2030-01-01T00:00:00Z"}, issuing=True)


ISSUE_BAD: list[tuple[str, Any]] = [
    ("type-undefined", put("type", value=["VerifiableCredential", "Undefined"])),
    ("claim-undefined", put("credentialSubject", "undefined", value="x")),
    ("status-entry-undefined", put("statusEntry", value={"id": "urn:x:1"})),
    ("member-undefined", put("undefined", value="x")),
    ("id-relative", put("credentialSubject", "id", value="relative")),
]


@pytest.mark.parametrize("change", [row[1] for row in ISSUE_BAD], ids=[row[0] for row in ISSUE_BAD])
@pytest.mark.parametrize("base", [CREDENTIALS_V1, CREDENTIALS_V2])
def test_the_issuer_drops_nothing_silently(base: str, change: Any) -> None:
    document = unsigned() if base == CREDENTIALS_V2 else unsigned_1_1()
    document |= {"@context": [base], "type": ["VerifiableCredential"], "credentialSubject": {"id": "did:example:s"}}
    data_model.check_credential(document, issuing=True)
    assert code_of(data_model.check_credential, edited(document, change), issuing=True) in (
        "DATA_LOSS_DETECTION_ERROR",
        MALFORMED,
    )


ISSUE_GOOD: list[tuple[str, Any]] = [
    ("id-did", put("id", value="did:example:1")),
    ("types-any-order", put("type", value=["Another", "VerifiableCredential"])),
    ("type-url", put("type", value=["VerifiableCredential", "https://example.org/Type"])),
    ("subjects", put("credentialSubject", value=[{"id": "did:example:1"}, {"alumniOf": "X"}])),
    ("dates", lambda d: d.update({"validFrom": "2030-01-01T00:00:00.000Z", "validUntil": "2031-01-01T00:00:00+01:00"})),
    ("past-end", lambda d: d.update({"validFrom": "2010-01-01T00:00:00Z", "validUntil": "2011-01-01T00:00:00Z"})),
    ("status-without-id", put("credentialStatus", value={"type": "AnyStatus"})),
    ("status-url-type", put("credentialStatus", value={"type": "https://example.org/Status", "id": "urn:x:1"})),
    ("schemas", put("credentialSchema", value=[{"id": "https://a.example/1", "type": "JsonSchema"}] * 2)),
    ("terms", put("termsOfUse", value=[{"type": "A"}, {"type": "B", "id": "https://a.example/1"}])),
    ("evidence", put("evidence", value=[{"type": "A", "id": "https://a.example/1"}, {"type": "B"}])),
    ("refresh", put("refreshService", value={"type": "Any", "id": "https://a.example/refresh"})),
    ("name-languages", put("name", value=[{"@value": "N", "@language": "en"}, {"@value": "ن", "@direction": "rtl"}])),
    ("issuer-object", put("issuer", value={"id": "did:example:1", "name": "N", "description": {"@value": "D"}})),
    ("contexts-mixed", put("@context", value=[CREDENTIALS_V2, EXAMPLES, {"term": "https://a.example/term"}])),
]


@pytest.mark.parametrize("change", [row[1] for row in ISSUE_GOOD], ids=[row[0] for row in ISSUE_GOOD])
def test_the_issuer_accepts_and_the_verifier_reads_back(change: Any) -> None:
    document = edited(unsigned(), change)
    data_model.check_credential(document, issuing=True, load=load)
    result = check(single(sign(document, ED25519)))
    assert codes(result) in (set(), {"ISSUER_NOT_BOUND"})  # some name another issuer
