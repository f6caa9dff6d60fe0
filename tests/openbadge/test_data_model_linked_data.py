"""Related resources and their digests, and what JSON-LD adds to the data models."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbadge import contexts, data_model, multibase
from openbadge.data_model import linked_data
from openbadge.vocabulary import CREDENTIALS_V1, CREDENTIALS_V2, OB_CONTEXT
from tests.openbadge.test_data_model import VOCABULARY, credential, credential_1_1, presentation
from tests.vectors import code_of

V2 = contexts.contexts().data(CREDENTIALS_V2)
JULY_2024 = {
    "sha256": bytes.fromhex("24a18c90e9856d526111f29376e302d970b2bd10182e33959995b0207d7043b9"),
    "sha384": base64.b64decode("NSOcNpmdIVUxIJGvGUoe22FjTWrXiaXlsZ8q6912LdnR3KraQO2n75Ica4wK4Qeg"),
}
CODES = {"sha256": b"\x12\x20", "sha384": b"\x20\x30", "sha512": b"\x13\x40"}
CREDENTIAL_TERMS = "https://www.w3.org/2018/credentials#"
DATE = {"@value": "2020-01-01T00:00:00Z", "@type": "http://www.w3.org/2001/XMLSchema#dateTime"}


def sri(name: str, digest: bytes) -> dict[str, str]:
    return {"digestSRI": f"{name}-{base64.b64encode(digest).decode()}"}


def multihash(name: str, digest: bytes) -> bytes:
    return CODES[name] + digest


def related(*entries: dict[str, Any]) -> str:
    document = {**credential(), "relatedResource": [{"id": CREDENTIALS_V2, **entry} for entry in entries]}
    return code_of(data_model.check_credential, document, issuing=True)


@pytest.mark.parametrize("name", CODES)
def test_a_right_digest_is_accepted_in_every_form(name: str) -> None:
    digest = hashlib.new(name, V2).digest()
    assert related(sri(name, digest)) == "accepted"
    assert related({"digestMultibase": multibase.encode_base64url(multihash(name, digest))}) == "accepted"
    assert related({"digestMultibase": multibase.encode_base58btc(multihash(name, digest))}) == "accepted"
    assert (
        related({**sri(name, digest), "digestMultibase": multibase.encode_base64url(JULY_2024["sha256"])}) == "accepted"
    )


def test_a_bare_sha_256_digest_is_accepted() -> None:
    assert related({"digestMultibase": multibase.encode_base64url(hashlib.sha256(V2).digest())}) == "accepted"


@pytest.mark.parametrize("name", JULY_2024)
def test_the_former_base_context_is_accepted_for_its_own_url_only(name: str) -> None:
    assert related(sri(name, JULY_2024[name])) == "accepted"
    assert related({"digestMultibase": multibase.encode_base64url(multihash(name, JULY_2024[name]))}) == "accepted"
    other = {**credential(), "relatedResource": {"id": OB_CONTEXT, **sri(name, JULY_2024[name])}}
    assert code_of(data_model.check_credential, other, issuing=True) == "CRYPTOGRAPHIC_SECURITY_ERROR"


def test_the_digests_of_the_standard_are_those_of_our_files() -> None:
    final = "l/HrjlBCNWyAX91hr6LFV2Y3heB5Tcr6IeE4/Tje8YyzYBM8IhqjHWiWpr8+ZbYU"
    assert base64.b64encode(hashlib.sha384(V2).digest()).decode() == final


@pytest.mark.parametrize("name", CODES)
def test_a_wrong_digest_is_refused_whichever_of_the_two_it_is(name: str) -> None:
    right, wrong = hashlib.new(name, V2).digest(), hashlib.new(name, b"other").digest()
    assert related(sri(name, wrong)) == "CRYPTOGRAPHIC_SECURITY_ERROR"
    for one, two in ((right, wrong), (wrong, right)):
        entry = {**sri(name, one), "digestMultibase": multibase.encode_base64url(multihash(name, two))}
        assert related(entry) == "CRYPTOGRAPHIC_SECURITY_ERROR"


DIGEST = hashlib.sha384(V2).digest()
TEXT = base64.b64encode(DIGEST).decode()


@pytest.mark.parametrize(
    "entry",
    [
        {"digestSRI": f"sha384-{base64.urlsafe_b64encode(DIGEST).decode()}"},
        {"digestSRI": f"SHA384-{TEXT}"},
        {"digestSRI": f"md5-{TEXT}"},
        {"digestSRI": f"sha256-{TEXT}"},
        {"digestSRI": TEXT},
        {"digestSRI": f"sha384-{TEXT} "},
        {"digestSRI": "sha384-"},
        {"digestSRI": f"sha512-{base64.b64encode(hashlib.sha512(V2).digest()).decode().rstrip('=')}"},
        {"digestSRI": [f"sha384-{TEXT}"]},
        {"digestSRI": None},
        {"digestMultibase": TEXT},
        {"digestMultibase": "u"},
        {"digestMultibase": multibase.encode_base64url(DIGEST)},
        {"digestMultibase": multibase.encode_base64url(b"\x12\x21" + hashlib.sha256(V2).digest())},
        {"digestMultibase": multibase.encode_base64url(b"\x11\x14" + hashlib.sha256(V2).digest()[:20])},
        {"digestMultibase": {}},
    ],
)
def test_a_digest_in_another_form_is_refused(entry: dict[str, Any]) -> None:
    assert related(entry) == "MALFORMED_VALUE_ERROR"


def test_a_resource_that_nobody_has_is_named() -> None:
    known, unknown = (
        {"id": CREDENTIALS_V2, **sri("sha384", DIGEST)},
        {"id": "https://example.org/x", **sri("sha384", DIGEST)},
    )
    document = {**credential(), "relatedResource": [known, unknown]}
    data_model.check_credential(document, issuing=True)
    assert data_model.unchecked_resources(document) == ("https://example.org/x",)
    assert data_model.unchecked_resources(credential()) == ()


def test_the_final_bit_of_base64_cannot_hide() -> None:
    text = base64.b64encode(hashlib.sha256(V2).digest()).decode()
    twin = text[:-2] + chr(ord(text[-2]) + 1) + "="
    assert base64.b64decode(twin) == base64.b64decode(text)
    assert related({"digestSRI": f"sha256-{twin}"}) == "MALFORMED_VALUE_ERROR"


@given(st.text(max_size=100))
def test_any_text_as_a_digest_is_refused(text: str) -> None:
    assert related({"digestSRI": text}) == "MALFORMED_VALUE_ERROR"
    assert related({"digestMultibase": text}) == "MALFORMED_VALUE_ERROR"


def linked(document: dict[str, Any]) -> str:
    return code_of(linked_data.check, document)


@pytest.mark.parametrize(
    "document",
    [
        credential(),
        credential_1_1(),
        presentation(),
        {**credential(), "credentialSubject": {"id": "did:example:s", "x": {"@value": "نص", "@direction": "rtl"}}},
        {**credential(), "@context": [CREDENTIALS_V2, {"AlumniCredential": "https://a.example/A", **VOCABULARY}]},
        {**credential(), "id": "urn:x:1", "credentialSubject": {"id": "urn:x:1", "alumniOf": "itself"}},
        {**credential(), "credentialStatus": [{"type": "A"}, {"type": "B"}]},
    ],
)
def test_documents_with_a_meaning_are_accepted(document: dict[str, Any]) -> None:
    assert linked(document) == "accepted"


LOST = "DATA_LOSS_DETECTION_ERROR"
MALFORMED = "MALFORMED_VALUE_ERROR"


@pytest.mark.parametrize(
    ("context", "change", "code"),
    [
        ([CREDENTIALS_V2], {}, LOST),  # neither the type nor the claim has a meaning
        ([CREDENTIALS_V2], {"type": ["VerifiableCredential"]}, LOST),
        ([CREDENTIALS_V2, {"alumniOf": "https://a.example/of"}], {}, LOST),
        ([CREDENTIALS_V2, {"@vocab": None}], {}, MALFORMED),
        ([CREDENTIALS_V2, VOCABULARY, {"@vocab": None}], {"credentialSubject": {"id": "urn:x:1"}}, LOST),
        ([CREDENTIALS_V2, {"AlumniCredential": "no url"}, VOCABULARY], {}, MALFORMED),
        ([CREDENTIALS_V2, {"AlumniCredential": "https ://not-a-url"}, VOCABULARY], {}, MALFORMED),
        ([CREDENTIALS_V2, {"VerifiableCredential": "https://a.example/VC"}, VOCABULARY], {}, MALFORMED),
        (
            [CREDENTIALS_V2, {"@protected": True, "x": "https://a.example/x"}, {"x": "https://b.example/x"}],
            {},
            MALFORMED,
        ),
        ([CREDENTIALS_V2, "https://unknown.example/context"], {}, "CONTEXT_NOT_ALLOWED"),
        ([CREDENTIALS_V2, {"@import": "https://unknown.example/context"}], {}, "CONTEXT_NOT_ALLOWED"),
        ([CREDENTIALS_V2, VOCABULARY], {"credentialSubject": {"id": "relative", "a": "b"}}, LOST),
        ([CREDENTIALS_V2, VOCABULARY], {"evidence": {"id": "https ://x", "type": "E"}}, LOST),
        ([CREDENTIALS_V2, VOCABULARY], {"credentialSubject": {"a": {"id": "_:b0", "c": "d"}}}, MALFORMED),
    ],
)
def test_what_gets_lost_or_has_no_meaning_is_refused(context: list[Any], change: dict[str, Any], code: str) -> None:
    assert linked({**credential(), **change, "@context": context}) == code


HIDDEN = "NON_CANONICAL_FORM"


@pytest.mark.parametrize(
    "change",
    [
        {CREDENTIAL_TERMS + "validUntil": DATE},
        {CREDENTIAL_TERMS + "credentialStatus": {"type": "X"}},
        {"credentialStatus": {"type": "X"}, CREDENTIAL_TERMS + "credentialStatus": {"id": "urn:s:2", "type": "X"}},
        {"@included": {"id": "urn:x:1", CREDENTIAL_TERMS + "validUntil": DATE}},
        {"credentialSubject": {"a": {"id": "urn:x:1", CREDENTIAL_TERMS + "validUntil": DATE}}},
        {
            "credentialSubject": {
                "a": {"@reverse": {"b": {"id": "urn:x:1", CREDENTIAL_TERMS + "credentialStatus": {"type": "X"}}}}
            }
        },
    ],
)
def test_a_member_that_decides_cannot_hide(change: dict[str, Any]) -> None:
    assert linked({**credential(), "id": "urn:x:1", **change}) == HIDDEN


def test_an_alias_or_nesting_hides_nothing() -> None:
    document = {**credential(), "until": DATE["@value"]}
    document["@context"] = [
        CREDENTIALS_V2,
        {"until": {"@id": CREDENTIAL_TERMS + "validUntil", "@type": DATE["@type"]}},
        VOCABULARY,
    ]
    assert linked(document) == HIDDEN
    nested = {**credential(), "@nest": {"validUntil": DATE["@value"]}}
    assert linked(nested) == HIDDEN


def test_a_document_describes_one_thing() -> None:
    graph = {"@context": [CREDENTIALS_V2, VOCABULARY], "@graph": [{"a": "b"}, {"c": "d"}]}
    assert linked(graph) == HIDDEN
    assert linked({"@context": [CREDENTIALS_V2]}) == HIDDEN


def test_a_presentation_cannot_hide_its_credentials_or_holder() -> None:
    hidden = {**presentation(), CREDENTIAL_TERMS + "holder": {"id": "did:example:other"}}
    assert linked(hidden) == HIDDEN
    one_more = {"@graph": [{"@type": [CREDENTIAL_TERMS + "VerifiableCredential"]}]}
    assert linked({**presentation(), CREDENTIAL_TERMS + "verifiableCredential": one_more}) == HIDDEN


def test_issuing_asks_for_a_meaning_and_verifying_leaves_it_to_the_next_step() -> None:
    lost = {**credential(), "@context": [CREDENTIALS_V2]}
    assert code_of(data_model.check_credential, lost, issuing=False) == "accepted"
    assert code_of(data_model.check_credential, lost, issuing=True) == LOST
    assert (
        code_of(data_model.check_credential, {**credential_1_1(), "@context": [CREDENTIALS_V1]}, issuing=True) == LOST
    )


def test_the_context_documents_come_from_the_caller() -> None:
    extra = "https://extra.example/context"

    def load(url: str) -> Any:
        return {"@context": VOCABULARY} if url == extra else contexts.document(url)

    document = {**credential(), "@context": [CREDENTIALS_V2, extra]}
    assert code_of(data_model.check_credential, document, issuing=True) == "CONTEXT_NOT_ALLOWED"
    assert code_of(data_model.check_credential, document, issuing=True, load=load) == "accepted"
