"""POST /issuers/{profile}/credentials/issue: what every suite of the W3C and the CCG sends an issuer."""

from __future__ import annotations

from typing import Any

import pytest

from openbadge import did
from openbadge.errors import PROBLEMS
from openbadge.proof import data_integrity
from tests.microcred.vcapi.conftest import (
    DATA_INTEGRITY,
    EMBEDDED,
    PLAIN,
    PROFILES,
    V1,
    V2,
    VOCABULARY,
    VcApi,
)

TYPES = {row.url for row in PROBLEMS.values()} | {"https://www.w3.org/TR/vcalm#UNKNOWN_OPTION_PROVIDED"}


def refused(api: VcApi, credential: Any, profile: str = "rdfc", **more: Any) -> str:
    """The problem type of an answer that must be a refusal of the credential."""
    answer = api.issue(profile, credential, **more)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] in TYPES
    assert body["title"]
    assert body["detail"]
    return str(body["type"]).rpartition("#")[2]


@pytest.mark.parametrize("profile", EMBEDDED)
@pytest.mark.parametrize("version", ["2.0", "1.1"])
def test_every_profile_issues_a_credential_that_verifies(api: VcApi, profile: str, version: str) -> None:
    sent = api.credential(profile) if version == "2.0" else api.credential_1_1(profile)
    secured = api.issued(profile, sent)
    proof = secured["proof"]
    issuer = api.ids[profile]
    assert issuer.startswith("did:key:")
    assert secured["issuer"] == issuer
    assert (proof["type"], proof["cryptosuite"]) == ("DataIntegrityProof", PROFILES[profile][0])
    assert proof["verificationMethod"] == f"{issuer}#{issuer.removeprefix('did:key:')}"
    assert proof["proofPurpose"] == "assertionMethod"
    assert proof["created"].endswith("Z")
    assert proof["proofValue"][0] == ("u" if PROFILES[profile][0] == "ecdsa-sd-2023" else "z")
    assert secured["credentialSubject"] == sent["credentialSubject"]
    shown = secured if profile in PLAIN else api.derive(secured, [""]).json()
    answer = api.verify(shown)
    assert (answer.status_code, answer.json()["verified"]) == (200, True), answer.text


@pytest.mark.parametrize("profile", EMBEDDED)
def test_a_1_1_credential_gets_the_vocabulary_of_the_proof(api: VcApi, profile: str) -> None:
    contexts = api.issued(profile, api.credential_1_1(profile))["@context"]
    assert contexts[:3] == [V1, VOCABULARY, DATA_INTEGRITY]
    given = api.issued(profile, api.credential_1_1(profile, **{"@context": [V1, DATA_INTEGRITY, VOCABULARY]}))
    assert given["@context"].count(DATA_INTEGRITY) == 1


def test_a_2_0_credential_keeps_its_vocabularies(api: VcApi) -> None:
    assert api.issued()["@context"] == [V2, VOCABULARY]


def test_a_jcs_proof_carries_the_vocabularies_of_the_document(api: VcApi) -> None:
    secured = api.issued("jcs", api.credential_1_1("jcs"))
    assert secured["proof"]["@context"] == secured["@context"]


@pytest.mark.parametrize("profile", ["rdfc", "sd", "jwt", "jwt-rsa"])
def test_an_enveloped_credential_or_one_with_a_proof(api: VcApi, profile: str) -> None:
    secured = api.issued(profile)
    if profile.startswith("jwt"):
        assert secured["@context"] == V2
        assert secured["type"] == "EnvelopedVerifiableCredential"
        assert secured["id"].startswith("data:application/vc+jwt,ey")
        assert api.verify(secured).status_code == 200
    else:
        assert "proof" in secured


def test_a_1_1_credential_has_no_enveloped_form(api: VcApi) -> None:
    refused(api, api.credential_1_1("jwt"), "jwt")


def test_an_issuer_object_keeps_what_it_says_and_gets_its_id(api: VcApi) -> None:
    name = {"name": "Northbridge", "description": "A university"}
    for given in (name, {"id": api.ids["rdfc"], **name}):
        assert api.issued("rdfc", api.credential(issuer=given))["issuer"] == {"id": api.ids["rdfc"], **name}


@pytest.mark.parametrize(
    "issuer",
    [..., None, True, 4, [], "", "fake-issuer", "did:key:z6MkOther", {"id": None}, {"id": "did:web:a.example"}],
)
def test_another_issuer_or_none_is_refused(api: VcApi, issuer: Any) -> None:
    assert refused(api, api.credential(issuer=issuer)) == "MALFORMED_VALUE_ERROR"
    refused(api, api.credential_1_1(issuer=issuer))


@pytest.mark.parametrize("profile", ["rdfc", "ecdsa-jcs", "sd", "jwt", "jwt-rsa"])
@pytest.mark.parametrize(
    ("member", "value"),
    [
        *(("@context", value) for value in (..., 4, {"a": "b"}, False, None, [], [VOCABULARY, V2], [V2, "https ://x"])),
        *(("type", value) for value in (..., 4, None, True, [], ["AlumniCredential"])),
        *(("credentialSubject", value) for value in (..., None, True, 4, [], "did:example:1234", {}, [{}])),
        *(("id", value) for value in (None, [], "urn:uuid: a")),
    ],
)
def test_members_of_the_wrong_form_are_refused(api: VcApi, profile: str, member: str, value: Any) -> None:
    refused(api, api.credential(profile, **{member: value}), profile)
    refused(api, api.credential_1_1(profile, **{member: value}), profile)


@pytest.mark.parametrize("profile", ["rdfc", "jcs", "ecdsa-rdfc", "ecdsa-jcs-384", "sd", "jwt", "jwt-rsa"])
@pytest.mark.parametrize(
    "changes",
    [
        {"type": ["VerifiableCredential", "UndefinedType"]},
        {"credentialSubject": {"id": "did:example:subject", "undefinedTerm": "x"}},
        {"credentialStatus": {"type": "BitstringStatusListEntry", "statusEntry": "x"}},
        {"undefinedMember": "x"},
    ],
)
def test_nothing_is_dropped_without_a_word(api: VcApi, profile: str, changes: dict[str, Any]) -> None:
    refused(api, api.credential(profile, **{"@context": [V2], **changes}), profile)


@pytest.mark.parametrize(
    "changes",
    [
        {"validFrom": "2999-01-01T00:00:00Z"},
        {"validFrom": "2019-01-01T00:00:00.123+02:00", "validUntil": "2020-01-01T00:00:00Z"},
        {"credentialStatus": {"type": "SomeStatus"}},
        {"termsOfUse": [{"type": "Terms"}, {"type": "Terms", "id": "urn:terms:2"}]},
        {"id": ...},
        {"name": {"@value": "Grad", "@language": "de", "@direction": "ltr"}},
        {"credentialSubject": [{"alumniOf": "A"}, {"alumniOf": "B", "grade": 1.5}]},
    ],
)
def test_what_an_issuer_must_accept(api: VcApi, changes: dict[str, Any]) -> None:
    for profile in ("rdfc", "ecdsa-jcs"):
        sent = api.credential(profile, **changes)
        secured = api.issued(profile, sent)
        assert {name: value for name, value in secured.items() if name != "proof"} == sent
        assert api.verify(secured).status_code == 200


def test_an_expiration_date_of_the_old_model_is_accepted(api: VcApi) -> None:
    api.issued("rdfc", api.credential_1_1(expirationDate="2019-01-01T00:00:00Z", issuanceDate="2018-01-01T00:00:00Z"))


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"x"', b"{}", b'{"credential":"x"}', b'{"credential":[]}']
)
def test_a_body_without_a_credential(api: VcApi, body: bytes) -> None:
    answer = api.post("/issuers/rdfc/credentials/issue", body)
    assert answer.status_code == 400
    assert answer.json()["type"] in TYPES


def test_a_body_above_the_limit(api: VcApi) -> None:
    assert api.post("/issuers/rdfc/credentials/issue", b" " * (1024 * 1024 + 1)).status_code == 413


def test_a_body_nested_too_deep_is_no_oversize(api: VcApi) -> None:
    assert api.post("/issuers/rdfc/credentials/issue", b'{"credential":' + b"[" * 500).status_code == 400


def test_a_credential_that_would_cost_too_much_is_refused_at_once(api: VcApi) -> None:
    subject = {"alumniOf": [{"degree": str(number)} for number in range(1_500)]}
    assert refused(api, api.credential(credentialSubject=subject)) == "LIMIT_EXCEEDED"


@pytest.mark.parametrize("options", [None, [], "x", {"mandatoryPointers": "x"}, {"mandatoryPointers": [1]}])
def test_options_of_the_wrong_form(api: VcApi, options: Any) -> None:
    assert refused(api, api.credential(), options=options) == "MALFORMED_VALUE_ERROR"


def test_an_option_that_is_not_known(api: VcApi) -> None:
    assert refused(api, api.credential(), options={"colour": "red"}) == "UNKNOWN_OPTION_PROVIDED"


def test_a_credential_with_a_proof_is_not_signed_again(api: VcApi) -> None:
    assert refused(api, api.issued()) == "MALFORMED_VALUE_ERROR"


def test_an_unknown_profile(api: VcApi) -> None:
    answer = api.issue("nobody", api.credential())
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("pointers", [["/nothing"], ["issuer"], ["/credentialSubject/7"], ["~2"]])
def test_a_mandatory_pointer_without_match(api: VcApi, pointers: list[str]) -> None:
    refused(api, api.credential("sd"), "sd", options={"mandatoryPointers": pointers})


def test_mandatory_pointers_are_shown_by_every_derived_credential(api: VcApi) -> None:
    secured = api.issued("sd", mandatoryPointers=["/issuer", "/credentialSubject/degree"])
    shown = api.derive(secured, ["/id"]).json()
    assert shown["credentialSubject"] == {"id": "did:example:subject", "degree": "MSc"}
    assert api.verify(shown).status_code == 200


def test_what_is_issued_is_audited(api: VcApi) -> None:
    before = audited(api)
    api.issued()
    refused(api, api.credential(type=[]))
    assert audited(api) == before + 1


def audited(api: VcApi) -> int:
    """How many credentials the audit log says were issued through profiles."""
    with api.service.database.begin_read() as tx:
        return int(
            tx.connection.exec_driver_sql("SELECT count(*) FROM audit WHERE action='profile.issue'").scalar_one()
        )


def test_p384_signs_with_sha384(api: VcApi) -> None:
    secured = api.issued("ecdsa-rdfc-384")
    key = did.find_method(
        did.key_document(secured["issuer"]),
        secured["issuer"],
        secured["proof"]["verificationMethod"],
        "assertionMethod",
    ).key
    assert key.algorithm == "P-384"
    data_integrity.verify(secured, secured["proof"], key)
