"""Proof sets and chains, the signature type of the past, and the official credential of the W3C.

VC Data Integrity 1.0, sections 2.1.1 "Proof Sets" and 2.1.2 "Proof Chains"; EdDSA cryptosuites, section 3.4.
"""

from __future__ import annotations

from typing import Any

import pytest

from openbadge import contexts, multibase
from openbadge.proof import data_integrity
from openbadge.proof.eddsa_rdfc_2022 import SUITE
from openbadge.vocabulary import CREDENTIALS_V1, CREDENTIALS_V2
from tests.vectors import W3C_METHOD, W3C_SIGNATURE
from tests.verifier.builders import did_key_signer
from tests.verifier.vc_world import (
    ED25519,
    EXAMPLES,
    OTHER,
    P384,
    UNKNOWN_ISSUER,
    VOCABULARY,
    Document,
    check,
    codes,
    credential,
    drop,
    edited,
    proof_only,
    put,
    sign,
    unsigned,
)

BAD_PROOF = "PROOF_VERIFICATION_ERROR"
LOST = "DATA_LOSS_DETECTION_ERROR"


def test_every_proof_of_a_set_must_hold_also_that_of_someone_else() -> None:
    both = sign(sign(unsigned()), OTHER)
    assert codes(check(both)) == set()
    for number in (0, 1):
        broken = edited(both)
        broken["proof"][number]["created"] = "2026-03-30T00:00:00Z"
        assert codes(check(broken)) == {"CRYPTOGRAPHIC_SECURITY_ERROR"}
    assert codes(check(sign(sign(unsigned(P384), OTHER), did_key_signer(11)))) == {"ISSUER_NOT_BOUND"}


FIRST = "urn:uuid:26329423-bec9-4b2e-88cb-a7c7d9dc4544"


def chain(previous: Any = FIRST) -> Document:
    """A credential whose first proof is by someone else, and whose second, by the issuer, signs the first."""
    first = sign(unsigned(), OTHER, id=FIRST)
    return sign(first, ED25519, previousProof=previous)


def test_a_chain_is_verified_as_a_whole() -> None:
    assert codes(check(chain())) == set()
    assert codes(check(chain([FIRST]))) == set()


def test_a_chain_with_a_broken_link_is_refused() -> None:
    for number in (0, 1):
        broken = edited(chain())
        broken["proof"][number]["created"] = "2026-03-30T00:00:00Z"
        assert codes(check(broken)) == {"CRYPTOGRAPHIC_SECURITY_ERROR"}


@pytest.mark.parametrize("value", ["urn:uuid:missing", ["urn:uuid:missing", FIRST], 4, [4], None, {}, [FIRST, FIRST]])
def test_a_reference_without_its_proof_or_of_another_form_is_refused(value: Any) -> None:
    made = edited(chain())
    made["proof"][1]["previousProof"] = value
    assert codes(check(made)) <= {BAD_PROOF, LOST, "MALFORMED_VALUE_ERROR", "CRYPTOGRAPHIC_SECURITY_ERROR"}
    assert not check(made).verified


def test_a_chain_without_its_first_proof_or_in_a_circle_is_refused() -> None:
    made = edited(chain())
    del made["proof"][0]
    assert codes(check(made)) == {BAD_PROOF}
    circle = edited(chain())
    circle["proof"][0]["previousProof"] = circle["proof"][1]["id"] = "urn:uuid:second"
    assert codes(check(circle)) == {BAD_PROOF}
    itself = edited(chain())
    itself["proof"][0]["previousProof"] = FIRST
    assert codes(check(itself)) == {BAD_PROOF}


def test_more_proofs_than_the_limit_are_refused() -> None:
    made = edited(credential())
    made["proof"] = [made["proof"]] * 6
    assert codes(check(made)) == {"LIMIT_EXCEEDED"}


ED_2020 = "https://w3id.org/security/suites/ed25519-2020/v1"


def signed_2020(context: Any) -> Document:
    config = {
        "type": "Ed25519Signature2020",
        "created": "2026-03-31T10:00:00Z",
        "verificationMethod": ED25519.verification_method,
        "proofPurpose": "assertionMethod",
    }
    document = {**unsigned(), "@context": context}
    parts = data_integrity.parts(document, config, SUITE)
    value = multibase.encode_base58btc(ED25519.sign(SUITE.hash_data(*parts, "Ed25519", contexts.document)))
    return {**document, "proof": {**config, "proofValue": value}}


def test_the_older_signature_type_is_verified_where_its_vocabulary_is_named() -> None:
    made = signed_2020([CREDENTIALS_V2, ED_2020, VOCABULARY])
    assert codes(check(made)) == set()
    assert codes(check(edited(made, put("name", value="x")))) == {"CRYPTOGRAPHIC_SECURITY_ERROR"}
    assert codes(check(edited(made, drop("proof", "created")))) == {BAD_PROOF}
    assert codes(check(edited(made, put("@context", value=[CREDENTIALS_V1, ED_2020])))) != set()


def test_the_official_credential_is_verified_by_its_signature_only() -> None:
    document = {
        "@context": [CREDENTIALS_V2, EXAMPLES],
        "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
        "type": ["VerifiableCredential", "AlumniCredential"],
        "name": "Alumni Credential",
        "description": "A minimum viable example of an Alumni Credential.",
        "issuer": UNKNOWN_ISSUER,
        "validFrom": "2023-01-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:abcdefgh", "alumniOf": "The School of Examples"},
        "proof": {
            "type": "DataIntegrityProof",
            "cryptosuite": "eddsa-rdfc-2022",
            "created": "2023-02-24T23:36:38Z",
            "verificationMethod": W3C_METHOD,
            "proofPurpose": "assertionMethod",
            "proofValue": W3C_SIGNATURE,
        },
    }
    assert codes(proof_only(document)) == set()
    assert codes(check(document)) == {"ISSUER_NOT_BOUND"}
