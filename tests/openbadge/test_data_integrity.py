"""What holds for every embedded proof; the suites and chains have their own modules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given

from openbadge.proof import data_integrity
from tests.openbadge.test_canon import JUNK
from tests.vectors import W3C_METHOD, W3cSigner, badge, code_of, edited, w3c_key

CREATED = datetime(2026, 3, 31, 12, tzinfo=timezone(timedelta(hours=2)))
OPTIONS = data_integrity.options("eddsa-rdfc-2022", W3C_METHOD, CREATED)
SIGNED = data_integrity.create(badge(), OPTIONS, W3cSigner())
PROOF = SIGNED["proof"][0]


def verify(document, proof) -> str:
    return code_of(data_integrity.verify, document, proof, w3c_key())


def test_options_are_those_of_an_assertion_in_utc():
    assert OPTIONS == {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": "2026-03-31T10:00:00Z",
        "verificationMethod": W3C_METHOD,
        "proofPurpose": "assertionMethod",
    }


def test_a_proof_comes_last_and_changes_nothing_else():
    assert list(SIGNED) == [*badge(), "proof"]
    assert {name: value for name, value in SIGNED.items() if name != "proof"} == badge()
    twice = data_integrity.create(SIGNED, OPTIONS, W3cSigner())
    assert twice["proof"] == [PROOF, PROOF]
    alone = data_integrity.create({**badge(), "proof": PROOF}, OPTIONS, W3cSigner())
    assert alone["proof"] == [PROOF, PROOF]


def test_proofs_beside_a_proof_do_not_matter_to_it():
    assert verify(SIGNED, PROOF) == "accepted"
    assert verify(badge(), PROOF) == "accepted"
    assert verify({**badge(), "proof": "anything"}, PROOF) == "accepted"


@pytest.mark.parametrize("name", ["cryptosuite", "verificationMethod", "proofPurpose", "proofValue"])
@pytest.mark.parametrize("value", [None, 5, [], {}, ["x"]])
def test_members_of_a_proof_are_texts(name, value):
    assert verify(SIGNED, {**PROOF, name: value}) in ("PROOF_VERIFICATION_ERROR", "UNSUPPORTED_SUITE")


@pytest.mark.parametrize("name", ["created", "expires"])
@pytest.mark.parametrize("value", ["2026-03-31", "2026-03-31T10:00:00", 5, None])
def test_times_of_a_proof_have_a_zone(name, value):
    assert verify(SIGNED, {**PROOF, name: value}) == "MALFORMED_VALUE_ERROR"


@pytest.mark.parametrize(
    "value", ["", "z", "u" + PROOF["proofValue"][1:], PROOF["proofValue"][1:], "z0OIl", "z" + "1" * 5_000]
)
def test_proof_values_in_another_form(value):
    assert verify(SIGNED, {**PROOF, "proofValue": value}) == "PROOF_VERIFICATION_ERROR"


def test_a_vocabulary_of_the_proof_cannot_rename_its_members():
    hidden = {**{name: value for name, value in PROOF.items() if name != "created"}, "made": PROOF["created"]}
    hidden["@context"] = [*badge()["@context"], {"made": {"@id": "http://purl.org/dc/terms/created"}}]
    assert verify(SIGNED, hidden) == "PROOF_VERIFICATION_ERROR"


def test_a_document_that_loses_data_is_neither_signed_nor_accepted():
    lossy = edited(badge(), lambda document: document.update(note="x"))
    assert code_of(data_integrity.create, lossy, OPTIONS, W3cSigner()) == "DATA_LOSS_DETECTION_ERROR"
    assert verify(lossy, PROOF) == "DATA_LOSS_DETECTION_ERROR"


@pytest.mark.parametrize("proof", [None, "x", 5, [], {}])
def test_a_proof_is_an_object_of_a_known_type(proof):
    assert code_of(data_integrity.check_form, proof) in ("PROOF_VERIFICATION_ERROR", "UNSUPPORTED_SUITE")


@given(JUNK, JUNK)
def test_any_proof_gets_an_answer(one, other):
    verify(SIGNED, one)
    for name in PROOF:
        verify(SIGNED, {**PROOF, name: one})
    verify(SIGNED, {**PROOF, "previousProof": one, "domain": other})
    verify({**badge(), "proof": [one, other]}, {**PROOF, "previousProof": "urn:x:p"})


def test_the_time_of_signing_is_the_callers():
    later = data_integrity.options("eddsa-rdfc-2022", W3C_METHOD, datetime(2027, 1, 1, tzinfo=UTC))
    assert data_integrity.create(badge(), later, W3cSigner())["proof"][0]["created"] == "2027-01-01T00:00:00Z"
