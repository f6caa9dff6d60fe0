"""Ed25519Signature2020: the official vector and badges of the past are verified, nothing new is issued."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from openbadge import canon, multibase
from openbadge.errors import InvalidError
from openbadge.multikey import PublicKey
from openbadge.proof import data_integrity
from tests.openbadge import proof_samples as samples

ED25519_2020 = "https://w3id.org/security/suites/ed25519-2020/v1"
BY = samples.signer("Ed25519")
PROOF = {
    "type": "Ed25519Signature2020",
    "created": "2021-03-31T10:00:00Z",
    "verificationMethod": BY.verification_method,
    "proofPurpose": "assertionMethod",
}


def signed() -> dict[str, Any]:
    """A badge signed as software of 2021 did: by hand, since the product has no way to do it."""
    document = samples.badge()
    document["@context"].append(ED25519_2020)
    config = {**PROOF, "@context": document["@context"]}
    data = b"".join(hashlib.sha256(canon.canonical(part)).digest() for part in (config, document))
    return {**document, "proof": {**PROOF, "proofValue": multibase.encode_base58btc(BY.sign(data))}}


def code_of(document: dict[str, Any], proof: Any, key: PublicKey = BY.public_key) -> str:
    with pytest.raises(InvalidError) as caught:
        data_integrity.verify(document, proof, key)
    return caught.value.code


@pytest.mark.vectors
def test_the_official_vector_holds_at_every_step(vectors: Path) -> None:
    here, load = vectors / "vc-di-eddsa" / "Ed25519Signature2020", samples.loader(vectors)
    keys = samples.read(vectors / "vc-di-eddsa" / "keyPair.json")
    by = samples.signer_of(keys["privateKeyMultibase"])
    document, config = samples.read(here / "signedEdSig.json"), samples.read(here / "proofConfigEdSig.json")
    assert canon.canonical(config, load=load).decode() == (here / "proofCanonEdSig.txt").read_text(encoding="utf-8")
    data = data_integrity.hash_data(document, config, "Ed25519", load=load)
    assert data.hex() == (here / "combinedHashEdSig.txt").read_text().strip()
    assert by.sign(data).hex() == (here / "sigHexEdSig.txt").read_text().strip()
    data_integrity.verify(document, document["proof"], by.public_key, load=load)


def test_a_badge_of_the_past_is_verified() -> None:
    document = signed()
    assert data_integrity.read_suite(document["proof"]).name == "Ed25519Signature2020"
    data_integrity.verify(document, document["proof"], BY.public_key)


def test_a_changed_badge_of_the_past_is_refused() -> None:
    document = signed()
    assert code_of({**document, "name": "Another"}, document["proof"]) == "CRYPTOGRAPHIC_SECURITY_ERROR"
    assert code_of(document, {**document["proof"], "created": "2021-03-31T10:00:01Z"}) == "CRYPTOGRAPHIC_SECURITY_ERROR"
    other = samples.signer("Ed25519", 2).public_key
    assert code_of(document, document["proof"], other) == "CRYPTOGRAPHIC_SECURITY_ERROR"


@pytest.mark.parametrize("member", ["created", "verificationMethod", "proofPurpose", "proofValue"])
def test_all_members_are_required(member: str) -> None:
    document = signed()
    proof = {name: value for name, value in document["proof"].items() if name != member}
    assert code_of(document, proof) == "PROOF_VERIFICATION_ERROR"


def test_keys_of_other_kinds_and_a_cryptosuite_are_refused() -> None:
    document = signed()
    for algorithm in ("P-256", "P-384"):
        key = samples.signer(algorithm).public_key
        assert code_of(document, document["proof"], key) == "PROOF_VERIFICATION_ERROR"
    assert code_of(document, {**document["proof"], "cryptosuite": "eddsa-rdfc-2022"}) == "UNSUPPORTED_SUITE"


def test_a_data_integrity_proof_is_not_turned_into_one() -> None:
    document = samples.badge()
    document["@context"].append(ED25519_2020)
    document = samples.signed(document, "eddsa-rdfc-2022", BY)
    proof = {name: value for name, value in document["proof"][0].items() if name != "cryptosuite"}
    assert code_of(document, {**proof, "type": "Ed25519Signature2020"}) == "CRYPTOGRAPHIC_SECURITY_ERROR"


def test_a_document_that_does_not_define_the_type_is_refused() -> None:
    document = signed()
    document["@context"] = document["@context"][:-1]
    assert code_of(document, document["proof"]) == "DATA_LOSS_DETECTION_ERROR"


def test_it_is_not_issued() -> None:
    document = samples.badge()
    document["@context"].append(ED25519_2020)
    with pytest.raises(InvalidError) as caught:
        data_integrity.create(document, PROOF, BY)
    assert caught.value.code == "PROOF_GENERATION_ERROR"


def test_the_form_of_a_data_integrity_proof_is_another() -> None:
    """A reader that knows `DataIntegrityProof` only says so, and does not trip over the missing `cryptosuite`."""
    with pytest.raises(InvalidError) as caught:
        data_integrity.check_form(signed()["proof"])
    assert caught.value.code == "UNSUPPORTED_SUITE"
