"""Presentations: the holder's proof, its challenge and domain, and every credential inside."""

from __future__ import annotations

from typing import Any

import pytest

from openbadge.vocabulary import CREDENTIALS_V1, CREDENTIALS_V2, DATA_INTEGRITY_V2
from tests.verifier.builders import DID_URL, KEY, key_document
from tests.verifier.vc_world import (
    CHALLENGE,
    DOMAIN,
    ED25519,
    HOLDER,
    OTHER,
    P256,
    UNKNOWN_ISSUER,
    VOCABULARY,
    Change,
    Document,
    check,
    codes,
    credential,
    drop,
    edited,
    name_of,
    present,
    presentation,
    put,
    sign,
    single,
    unsigned_1_1,
    unsigned_presentation,
    warned,
)
from verifier.vc import Binding, VcResult

BAD_PROOF = "PROOF_VERIFICATION_ERROR"
MALFORMED = "MALFORMED_VALUE_ERROR"


def test_a_presentation_is_verified_with_all_that_is_in_it() -> None:
    result = present(presentation())
    assert codes(result) == set()
    assert [item.id for item in result.checks] == ["data-model", "json-ld", "proof", "holder-binding", "credentials"]
    assert [inner.verified for inner in result.credentials] == [True]


SECOND = credential(put("id", value="urn:x:2"), P256, "ecdsa-rdfc-2019")
GOOD: list[tuple[str, Change]] = [
    ("id", put("id", value="urn:uuid:0b1c2d3e-0000-7000-8000-0000000000ff")),
    ("types", put("type", value=["VerifiablePresentation", "AnotherPresentation"])),
    ("type-text", put("type", value="VerifiablePresentation")),
    ("inline-context", put("@context", value=[CREDENTIALS_V2, {"AnotherThing": "https://a.example/A"}])),
    ("holder-object", put("holder", value={"id": name_of(HOLDER), "name": "Holder"})),
    ("holder-absent", drop("holder")),
    ("no-credential", drop("verifiableCredential")),
    ("several", put("verifiableCredential", value=[credential(), SECOND])),
    ("one-object", put("verifiableCredential", value=credential())),
]  # fmt: skip


@pytest.mark.parametrize("change", [row[1] for row in GOOD], ids=[row[0] for row in GOOD])
def test_presentations_of_any_allowed_form_are_verified(change: Change) -> None:
    assert codes(present(presentation(change))) == set()


def _undefined(document: Document) -> None:
    document["@context"] = [CREDENTIALS_V2]
    document["type"] = ["VerifiablePresentation", "UndefinedType"]


BAD: list[tuple[str, Change, set[str]]] = [
    ("context-absent", drop("@context"), {MALFORMED}),
    ("context-base-not-first", put("@context", value=[VOCABULARY, CREDENTIALS_V2]), {MALFORMED}),
    ("context-number", put("@context", value=4), {MALFORMED}),
    ("context-item-number", put("@context", value=[CREDENTIALS_V2, 4]), {MALFORMED}),
    ("context-no-url", put("@context", value=[CREDENTIALS_V2, "https ://not-a-url"]), {MALFORMED}),
    ("context-unknown", put("@context", value=[CREDENTIALS_V2, "https://unknown.example/c"]), {"CONTEXT_NOT_ALLOWED"}),
    ("type-absent", drop("type"), {MALFORMED}),
    ("type-other", put("type", value=["UnknownType"]), {MALFORMED}),
    ("type-credential", put("type", value=["VerifiableCredential"]), {MALFORMED}),
    ("type-undefined", _undefined, {"DATA_LOSS_DETECTION_ERROR"}),
    ("id-relative", put("id", value="relative"), {MALFORMED}),
    ("holder-null", put("holder", value=None), {MALFORMED}),
    ("holder-no-url", put("holder", value="holder"), {MALFORMED}),
    ("holder-object-without-id", put("holder", value={"name": "Holder"}), {MALFORMED}),
    ("holder-other", put("holder", value=name_of(OTHER)), {"CRYPTOGRAPHIC_SECURITY_ERROR"}),
    ("credential-text", put("verifiableCredential", value=["eyJ.eyJ.sig"]), {MALFORMED}),
    ("credential-null", put("verifiableCredential", value=None), {MALFORMED}),
    ("credential-unknown", put("verifiableCredential", value=[{"type": "Unknown"}]), {MALFORMED}),
    ("proof-absent", drop("proof"), {BAD_PROOF}),
    ("proof-list-empty", put("proof", value=[]), {BAD_PROOF}),
    ("credential-dropped", drop("verifiableCredential"), {"CRYPTOGRAPHIC_SECURITY_ERROR"}),
    ("challenge-dropped", drop("proof", "challenge"), {"INVALID_CHALLENGE_ERROR"}),
    ("purpose-unknown", put("proof", "proofPurpose", value="keyAgreement"), {BAD_PROOF}),
]  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_presentations_of_another_form_or_changed_are_refused(change: Change, expected: set[str]) -> None:
    assert codes(present(edited(presentation(), change))) == expected


def test_a_cut_off_proof_value_is_refused() -> None:
    made = presentation()
    made["proof"]["proofValue"] = made["proof"]["proofValue"][:-4]
    assert codes(present(made)) == {BAD_PROOF}


def test_challenge_and_domain_must_be_those_that_were_given() -> None:
    made = presentation()
    assert codes(present(made, challenge=None, domain=None)) == set()
    assert codes(present(made, domain=None)) == set()
    assert codes(present(made, challenge="987654321")) == {"INVALID_CHALLENGE_ERROR"}
    assert codes(present(made, challenge="")) == {"INVALID_CHALLENGE_ERROR"}
    assert codes(present(made, domain="other.example")) == {"INVALID_DOMAIN_ERROR"}
    assert codes(present(made, domain=DOMAIN + "/")) == {"INVALID_DOMAIN_ERROR"}
    listed = presentation(domain=["a.example", DOMAIN])
    assert codes(present(listed)) == set()


def test_without_a_domain_in_the_proof_none_may_be_asked() -> None:
    made = unsigned_presentation()
    signed = sign(made, HOLDER, proofPurpose="authentication", challenge=CHALLENGE)
    assert codes(present(signed, domain=None)) == set()
    assert codes(present(signed)) == {"INVALID_DOMAIN_ERROR"}


def test_every_proof_answers_the_challenge() -> None:
    second = sign(presentation(), OTHER, proofPurpose="authentication", challenge="other", domain=DOMAIN)
    assert codes(present(second)) == {"INVALID_CHALLENGE_ERROR"}
    both = sign(presentation(), OTHER, proofPurpose="authentication", challenge=CHALLENGE, domain=DOMAIN)
    assert codes(present(both)) == set()


def test_a_presentation_may_be_asserted_instead() -> None:
    assert codes(present(presentation(proofPurpose="assertionMethod"))) == set()


def test_the_holder_must_have_signed_unless_the_service_checks_signatures_only() -> None:
    made = presentation(signer=OTHER)
    assert codes(present(made)) == {"ISSUER_NOT_BOUND"}
    assert codes(present(made, binding=Binding.PROOF_ONLY)) == set()


def test_every_credential_counts_whatever_the_others_and_the_holder_say() -> None:
    broken = edited(SECOND, put("name", value="changed"))
    result = present(presentation(None, credential(), broken))
    assert [inner.verified for inner in result.credentials] == [True, False]
    assert codes(result) == {"CRYPTOGRAPHIC_SECURITY_ERROR", BAD_PROOF}
    assert {problem.where for problem in result.errors} == {"", "verifiableCredential[1]"}
    assert result.to_json()["problemDetails"][1]["detail"].startswith("verifiableCredential[1]: ")


def test_a_right_credential_does_not_make_up_for_a_wrong_challenge() -> None:
    result = present(presentation(challenge="wrong"))
    assert codes(result) == {"INVALID_CHALLENGE_ERROR"}
    assert [inner.verified for inner in result.credentials] == [True]


def test_a_credential_without_proof_or_by_someone_else_is_refused_inside() -> None:
    bare = credential()
    del bare["proof"]
    assert BAD_PROOF in codes(present(presentation(None, bare)))
    foreign = credential(put("issuer", value=UNKNOWN_ISSUER))
    assert "ISSUER_NOT_BOUND" in codes(present(presentation(None, foreign)))
    assert codes(present(presentation(None, foreign), binding=Binding.PROOF_ONLY)) == set()


def test_what_only_time_tells_about_a_credential_is_a_warning() -> None:
    expired = credential(put("validUntil", value="2026-03-01T00:00:00Z"))
    result = present(presentation(None, expired))
    assert codes(result) == set()
    assert warned(result) == {"EXPIRED"}
    assert result.warnings[0].where == "verifiableCredential[0]"


def test_a_presentation_of_1_1_is_verified() -> None:
    inner = single(sign(unsigned_1_1()))
    made = {
        **unsigned_presentation(inner),
        "@context": [CREDENTIALS_V1, DATA_INTEGRITY_V2],
    }
    signed = sign(made, HOLDER, proofPurpose="authentication", challenge=CHALLENGE, domain=DOMAIN)
    assert codes(present(signed)) == set()


def test_a_credential_is_no_presentation_and_the_other_way_round() -> None:
    assert codes(present(credential())) == {MALFORMED}
    assert codes(check(presentation())) == {MALFORMED}


@pytest.mark.parametrize("value", [None, [], "text", 4, True, [presentation()]])
def test_what_is_no_object_is_refused(value: Any) -> None:
    result: VcResult = present(value)
    assert codes(result) == {"PARSING_ERROR"}
    assert result.to_json()["verified"] is False


def test_a_holder_with_a_key_document_is_fetched() -> None:
    made: Document = unsigned_presentation(holder="did:web:badges.example.org")
    signed = sign(made, KEY, proofPurpose="authentication", challenge=CHALLENGE, domain=DOMAIN)
    assert codes(present(signed, {DID_URL: key_document(KEY)})) == set()
    only_assertion = key_document(KEY)
    only_assertion["authentication"] = []
    assert codes(present(signed, {DID_URL: only_assertion})) == {"INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD"}
    assert codes(present(signed)) == {"FETCH_FAILED"}


def test_issuer_and_holder_may_be_the_same() -> None:
    made = presentation(put("holder", value=name_of(ED25519)), signer=ED25519)
    assert codes(present(made)) == set()
