"""Credentials of which the holder shows a part (ecdsa-sd-2023), and the official documents of the W3C.

VC Data Integrity ECDSA Cryptosuites 1.0, section 3.6: a verifier sees derived proofs only.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from openbadge import multibase
from openbadge.proof import data_integrity
from openbadge.proof.sd import derive, issue
from tests.vectors import loader
from tests.verifier.builders import CREATED, P256Signer
from tests.verifier.vc_world import (
    ED25519,
    P256,
    P384,
    Document,
    Signer,
    check,
    codes,
    edited,
    name_of,
    proof_only,
    put,
    single,
    unsigned,
    warned,
)
from verifier.report import Outcome

NAME = "ecdsa-sd-2023"
BAD_PROOF = "PROOF_VERIFICATION_ERROR"
ONCE = P256Signer("", 3)
ALWAYS = ("/issuer", "/validFrom")


def base(change: Any = None, pointers: tuple[str, ...] = ALWAYS, signer: Signer = P256) -> Document:
    document = unsigned(signer)
    document["credentialSubject"]["degree"] = "BSc"
    if change is not None:
        change(document)
    options = data_integrity.options(NAME, signer.verification_method, CREATED)
    disclosure = issue.Disclosure(pointers, b"h" * 32, ONCE.public, ONCE.sign)
    return issue.create(document, options, signer, disclosure)


def derived(*pointers: str, of: Document | None = None) -> Document:
    whole = base() if of is None else of
    return single(derive.derive(whole, whole["proof"][0], pointers or ("/credentialSubject/alumniOf",)))


def test_a_part_of_a_credential_is_verified() -> None:
    shown = derived()
    assert shown["credentialSubject"] == {"id": "did:example:subject", "alumniOf": "The School of Examples"}
    result = check(shown)
    assert (codes(result), warned(result)) == (set(), set())
    status = result.check("status")
    assert status is not None
    assert status.outcome is Outcome.PASSED
    assert "leave out" in status.detail  # what is not mandatory may have been there


def test_more_and_less_of_it_is_verified() -> None:
    assert codes(check(derived("/credentialSubject/alumniOf", "/credentialSubject/degree"))) == set()
    assert codes(check(derived("/credentialSubject/id"))) == set()
    assert codes(check(derived(of=base(pointers=("/issuer", "/credentialSubject/degree"))))) == set()


def test_a_base_proof_is_not_for_verifiers() -> None:
    assert codes(check(single(base()))) == {BAD_PROOF}


def test_what_was_left_out_and_is_needed_is_refused() -> None:
    assert codes(check(derived("/credentialSubject/degree", of=base(pointers=("/validFrom",))))) == {
        "MALFORMED_VALUE_ERROR"
    }


def test_a_change_of_what_is_shown_is_refused() -> None:
    for change in (
        put("credentialSubject", "alumniOf", value="Another School"),
        put("credentialSubject", "added", value="x"),
        put("validFrom", value="2020-01-01T00:00:00Z"),
        put("issuer", value=name_of(ED25519)),
        lambda document: document["credentialSubject"].pop("alumniOf"),
        lambda document: document["proof"].update(created="2026-03-30T00:00:00Z"),
    ):
        assert not proof_only(edited(derived(), change)).verified


@pytest.mark.parametrize("prefix", ["z", "", "m"])
def test_a_value_in_another_base_is_refused(prefix: str) -> None:
    shown = derived()
    shown["proof"]["proofValue"] = prefix + shown["proof"]["proofValue"][1:]
    assert codes(check(shown)) == {BAD_PROOF}


@pytest.mark.parametrize("place", [0, 1, 2, 3, 40, -1])
def test_a_value_with_another_byte_is_refused(place: int) -> None:
    shown = derived()
    data = bytearray(multibase.decode_multibase(shown["proof"]["proofValue"]))
    data[place] ^= 1
    shown["proof"]["proofValue"] = multibase.encode_base64url(bytes(data))
    assert codes(check(shown)) <= {BAD_PROOF, "CRYPTOGRAPHIC_SECURITY_ERROR", "PARSING_ERROR", "MALFORMED_VALUE_ERROR"}
    assert not check(shown).verified


def test_a_value_that_is_cut_off_or_longer_is_refused() -> None:
    shown = derived()
    data = multibase.decode_multibase(shown["proof"]["proofValue"])
    for changed in (data[:-1], data + b"\0", data[:3], b""):
        shown["proof"]["proofValue"] = multibase.encode_base64url(changed)
        assert not check(shown).verified


def test_another_key_type_is_refused() -> None:
    shown = derived()
    shown["proof"]["verificationMethod"] = P384.verification_method
    assert codes(proof_only(shown)) == {BAD_PROOF}


# official documents, which name issuers without keys


def official(vectors: Path, pattern: str) -> list[Document]:
    files = sorted((vectors).glob(pattern))
    assert files
    return [json.loads(file.read_bytes()) for file in files]


@pytest.mark.vectors
@pytest.mark.parametrize(
    "pattern",
    [
        "vc-di-eddsa/eddsa-*/**/signed*.json",
        "vc-di-eddsa/Ed25519Signature2020/signed*.json",
        "vc-di-eddsa/proof-set-chain/signedProof*.json",
        "vc-di-ecdsa/ecdsa-rdfc-2019-*/**/signed*.json",
        "vc-di-ecdsa/ecdsa-jcs-2019-*/**/signed*.json",
        "vc-di-ecdsa/ecdsa-sd-2023/*/derivedRevealDocument.json",
    ],
)
def test_official_documents_are_verified_by_their_signatures_only(vectors: Path, pattern: str) -> None:
    for document in official(vectors, pattern):
        load = loader(vectors / "contexts")
        assert codes(proof_only(document, load=load)) == set()
        bound = check(document, load=load)
        assert codes(bound) in ({"ISSUER_NOT_BOUND"}, set())


@pytest.mark.vectors
def test_official_base_proofs_are_refused(vectors: Path) -> None:
    for document in official(vectors, "vc-di-ecdsa/ecdsa-sd-2023/*/addSignedSDBase.json"):
        assert codes(proof_only(document, load=loader(vectors / "contexts"))) == {BAD_PROOF}
