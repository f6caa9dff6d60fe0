"""Embedded proofs of any credential, for every suite: what the suites for EdDSA and ECDSA ask of a verifier, and more.

Each test is one sentence of VC Data Integrity 1.0 or its two cryptosuite specifications.
"""

from __future__ import annotations

import pytest

from openbadge import multibase
from openbadge.proof import data_integrity
from openbadge.vocabulary import CREDENTIALS_V2
from tests.verifier.vc_world import (
    ED25519,
    EXAMPLES,
    OTHER,
    P256,
    SUITE_IDS,
    SUITES,
    UNKNOWN_ISSUER,
    Change,
    Document,
    Signer,
    check,
    codes,
    credential,
    drop,
    edited,
    name_of,
    proof_only,
    put,
    sign,
    single,
    unsigned,
    unsigned_1_1,
    warned,
)

every_suite = pytest.mark.parametrize(("suite", "signer"), SUITES, ids=SUITE_IDS)
BAD_PROOF = "PROOF_VERIFICATION_ERROR"
LOST = "DATA_LOSS_DETECTION_ERROR"


@every_suite
def test_a_credential_of_2_0_is_verified(suite: str, signer: Signer) -> None:
    result = check(credential(signer=signer, suite=suite))
    assert codes(result) == set()
    assert warned(result) == set()
    assert [item.id for item in result.checks] == [
        "data-model", "json-ld", "proof", "issuer-binding", "validity-period", "status",
    ]  # fmt: skip


@every_suite
def test_a_credential_of_1_1_is_verified(suite: str, signer: Signer) -> None:
    assert codes(check(single(sign(unsigned_1_1(signer), signer, suite)))) == set()


@every_suite
def test_a_credential_with_the_examples_context_is_verified(suite: str, signer: Signer) -> None:
    made = credential(put("@context", value=[CREDENTIALS_V2, EXAMPLES]), signer, suite)
    assert codes(check(made)) == set()


@every_suite
def test_a_proof_as_issued_has_the_form_of_the_standard(suite: str, signer: Signer) -> None:
    proof = credential(signer=signer, suite=suite)["proof"]
    assert (proof["type"], proof["cryptosuite"], proof["proofPurpose"]) == (
        "DataIntegrityProof",
        suite,
        "assertionMethod",
    )
    assert proof["verificationMethod"] == signer.verification_method
    size = 96 if signer.algorithm == "P-384" else 64
    assert proof["proofValue"][0] == "z"
    assert len(multibase.decode_multibase(proof["proofValue"])) == size
    assert ("@context" in proof) is ("-jcs-" in suite)


FORM: list[tuple[str, Change, set[str]]] = [
    ("proof-absent", drop("proof"), {BAD_PROOF}),
    ("proof-null", put("proof", value=None), {BAD_PROOF}),
    ("proof-empty-list", put("proof", value=[]), {BAD_PROOF}),
    ("proof-text", put("proof", value="proof"), {BAD_PROOF, LOST}),
    ("proof-number", put("proof", value=4), {BAD_PROOF, "MALFORMED_VALUE_ERROR"}),
    ("type-absent", drop("proof", "type"), {"UNSUPPORTED_SUITE", BAD_PROOF, LOST}),
    ("type-unknown", put("proof", "type", value="UnknownProofType"), {"UNSUPPORTED_SUITE", LOST, BAD_PROOF}),
    ("type-null", put("proof", "type", value=None), {"UNSUPPORTED_SUITE", LOST, BAD_PROOF, "MALFORMED_VALUE_ERROR"}),
    ("cryptosuite-absent", drop("proof", "cryptosuite"), {BAD_PROOF}),
    ("cryptosuite-unknown", put("proof", "cryptosuite", value="unknown-2022"), {"UNSUPPORTED_SUITE"}),
    ("cryptosuite-number", put("proof", "cryptosuite", value=4), {BAD_PROOF}),
    ("method-absent", drop("proof", "verificationMethod"), {BAD_PROOF}),
    ("method-relative", put("proof", "verificationMethod", value="#key"), {LOST, "INVALID_VERIFICATION_METHOD_URL"}),
    ("method-number", put("proof", "verificationMethod", value=4), {BAD_PROOF, "MALFORMED_VALUE_ERROR"}),
    ("purpose-absent", drop("proof", "proofPurpose"), {BAD_PROOF}),
    ("purpose-other", put("proof", "proofPurpose", value="authentication"), {BAD_PROOF}),
    ("purpose-unknown", put("proof", "proofPurpose", value="invalidPurpose"), {BAD_PROOF, LOST}),
    ("value-absent", drop("proof", "proofValue"), {BAD_PROOF}),
    ("value-null", put("proof", "proofValue", value=None), {BAD_PROOF}),
    ("value-empty", put("proof", "proofValue", value=""), {BAD_PROOF}),
    ("created-malformed", put("proof", "created", value="yesterday"), {"MALFORMED_VALUE_ERROR"}),
    ("created-number", put("proof", "created", value=4), {"MALFORMED_VALUE_ERROR"}),
    ("expires-malformed", put("proof", "expires", value="tomorrow"), {"MALFORMED_VALUE_ERROR"}),
    ("id-relative", put("proof", "id", value="not-a-url"), {LOST}),
    ("domain-number", put("proof", "domain", value=[4]), {BAD_PROOF}),
    ("challenge-number", put("proof", "challenge", value=4), {BAD_PROOF}),
    ("undefined-member", put("proof", "unknownMember", value=1), {"CRYPTOGRAPHIC_SECURITY_ERROR", LOST}),
]


@every_suite
@pytest.mark.parametrize(("change", "expected"), [row[1:] for row in FORM], ids=[row[0] for row in FORM])
def test_a_proof_of_another_form_is_refused(change: Change, expected: set[str], suite: str, signer: Signer) -> None:
    found = codes(check(edited(credential(signer=signer, suite=suite), change)))
    assert found
    assert found <= expected


@every_suite
def test_a_proof_value_without_its_prefix_or_cut_off_is_refused(suite: str, signer: Signer) -> None:
    made = credential(signer=signer, suite=suite)
    value = made["proof"]["proofValue"]
    raw = multibase.decode_multibase(value)
    for changed in (value[1:], "u" + value[1:], multibase.encode_base64url(raw), value[:-4], value + "a", "z" + value):
        assert codes(check(edited(made, put("proof", "proofValue", value=changed)))) == {BAD_PROOF}


@every_suite
def test_a_signature_of_another_document_or_key_is_refused(suite: str, signer: Signer) -> None:
    other = credential(put("name", value="Other"), signer, suite)
    made = edited(credential(signer=signer, suite=suite), put("proof", value=other["proof"]))
    assert codes(check(made)) == {"CRYPTOGRAPHIC_SECURITY_ERROR"}
    bits = bytearray(multibase.decode_multibase(other["proof"]["proofValue"]))
    bits[10] ^= 1
    flipped = edited(other, put("proof", "proofValue", value=multibase.encode_base58btc(bytes(bits))))
    assert codes(check(flipped)) <= {"CRYPTOGRAPHIC_SECURITY_ERROR", BAD_PROOF}
    assert not check(flipped).verified


AFTER: list[tuple[str, Change]] = [
    ("name-added", put("name", value="Added")),
    ("claim-changed", put("credentialSubject", "alumniOf", value="Another School")),
    ("claim-added", put("credentialSubject", "degree", value="PhD")),
    ("claim-dropped", drop("credentialSubject", "alumniOf")),
    ("subject-changed", put("credentialSubject", "id", value="did:example:attacker")),
    ("type-added", put("type", value=["VerifiableCredential", "AlumniCredential", "Added"])),
    ("date-dropped", drop("validFrom")),
    ("date-added", put("validUntil", value="2036-01-01T00:00:00Z")),
    ("id-dropped", drop("id")),
    ("proof-date-changed", put("proof", "created", value="2026-03-31T09:00:00Z")),
]


@every_suite
@pytest.mark.parametrize("change", [row[1] for row in AFTER], ids=[row[0] for row in AFTER])
def test_a_change_after_the_signature_is_refused(change: Change, suite: str, signer: Signer) -> None:
    made = edited(credential(signer=signer, suite=suite), change)
    assert codes(check(made)) == {"CRYPTOGRAPHIC_SECURITY_ERROR"}
    assert codes(proof_only(made)) == {"CRYPTOGRAPHIC_SECURITY_ERROR"}


@every_suite
@pytest.mark.parametrize(
    "change",
    [
        put("undefined", value="x"),
        put("credentialSubject", "undefined", value="x"),
        put("type", value=["VerifiableCredential", "UndefinedType"]),
        put("evidence", value={"type": "UndefinedType"}),
        put("credentialSubject", "id", value="relative/id"),
    ],
)
def test_what_no_vocabulary_defines_is_refused_signed_or_added(change: Change, suite: str, signer: Signer) -> None:
    def defined(document: Document) -> None:
        document["@context"] = [CREDENTIALS_V2, {"alumniOf": "https://vocabulary.example/#alumniOf"}]
        document["type"] = ["VerifiableCredential"]

    made = credential(defined, signer, suite)
    assert codes(check(made)) == set()
    assert codes(check(edited(made, change))) <= {LOST, "MALFORMED_VALUE_ERROR"}
    assert not check(edited(made, change)).verified
    if "-jcs-" in suite:  # this one can be signed, since its suite signs any text

        def signed(document: Document) -> None:
            defined(document)
            change(document)

        assert codes(check(credential(signed, signer, suite))) <= {LOST, "MALFORMED_VALUE_ERROR"}
        assert not check(credential(signed, signer, suite)).verified


@every_suite
def test_times_of_a_proof_are_kept(suite: str, signer: Signer) -> None:
    for good in ({"expires": "2026-04-01T12:00:01Z"}, {"created": "2026-04-01T12:05:00Z"}):
        assert codes(check(credential(None, signer, suite, **good))) == set()
    for bad in (
        {"expires": "2026-04-01T11:59:59Z"},
        {"expires": "2026-04-01T12:00:00Z"},
        {"created": "2026-04-01T12:05:01Z"},
    ):
        assert codes(check(credential(None, signer, suite, **bad))) == {BAD_PROOF}


@every_suite
def test_challenge_and_domain_are_compared_when_they_are_asked(suite: str, signer: Signer) -> None:
    made = credential(None, signer, suite, challenge="c", domain=["a.example", "b.example"])
    assert codes(check(made)) == set()
    assert codes(check(made, challenge="c", domain="b.example")) == set()
    assert codes(check(made, challenge="d")) == {"INVALID_CHALLENGE_ERROR"}
    assert codes(check(made, domain="c.example")) == {"INVALID_DOMAIN_ERROR"}
    bare = credential(None, signer, suite)
    assert codes(check(bare, challenge="c")) == {"INVALID_CHALLENGE_ERROR"}
    assert codes(check(bare, domain="a.example")) == {"INVALID_DOMAIN_ERROR"}


def test_a_jcs_proof_may_be_followed_by_more_contexts_but_not_by_others() -> None:
    made = credential(signer=ED25519, suite="eddsa-jcs-2022")
    longer = edited(made, put("@context", value=[*made["@context"], {"later": "https://later.example/"}]))
    assert codes(check(longer)) == set()
    shorter = edited(made, put("@context", value=[CREDENTIALS_V2]))
    assert not check(shorter).verified
    swapped = edited(made, put("@context", value=[CREDENTIALS_V2, {"@vocab": "https://other.example/#"}]))
    assert codes(check(swapped)) == {BAD_PROOF}
    without = edited(made, drop("proof", "@context"))
    assert codes(check(without)) == {BAD_PROOF}


def test_a_key_of_another_type_than_the_suite_is_refused() -> None:
    for suite, signer in (("eddsa-rdfc-2022", P256), ("ecdsa-rdfc-2019", ED25519), ("ecdsa-jcs-2019", ED25519)):
        right = ED25519 if signer is P256 else P256
        made = credential(put("issuer", value=name_of(signer)), right, suite)
        made["proof"]["verificationMethod"] = signer.verification_method
        assert codes(check(made)) == {BAD_PROOF}


def test_a_proof_without_created_is_accepted() -> None:
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "verificationMethod": ED25519.verification_method,
        "proofPurpose": "assertionMethod",
    }
    assert codes(check(data_integrity.create(unsigned(), options, ED25519))) == set()


# issuer binding


@every_suite
def test_a_key_of_someone_else_is_refused_unless_the_service_checks_signatures_only(suite: str, signer: Signer) -> None:
    made = credential(put("issuer", value=UNKNOWN_ISSUER), signer, suite)
    assert codes(check(made)) == {"ISSUER_NOT_BOUND"}
    result = proof_only(made)
    assert codes(result) == set()
    binding = result.check("issuer-binding")
    assert binding is not None
    assert (binding.outcome, binding.required) == ("unknown", False)


@every_suite
def test_an_issuer_that_is_an_object_is_bound_by_its_id(suite: str, signer: Signer) -> None:
    made = credential(put("issuer", value={"id": name_of(signer), "name": "N", "description": "D"}), signer, suite)
    assert codes(check(made)) == set()


def test_a_fragment_that_is_not_the_key_is_refused() -> None:
    made = credential()
    for method in (
        name_of(ED25519),
        name_of(ED25519) + "#" + OTHER.public.multibase,
        name_of(ED25519) + "#",
        "did:key:zBad#zBad",
        "did:unknown:1#key",
        "https:#x",
    ):
        made["proof"]["verificationMethod"] = method
        result = proof_only(made)
        assert codes(result) & {
            "INVALID_VERIFICATION_METHOD",
            "INVALID_VERIFICATION_METHOD_URL",
            "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD",
            "FETCH_FAILED",
        }
