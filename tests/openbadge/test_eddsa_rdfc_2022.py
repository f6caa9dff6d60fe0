"""The cryptosuite step by step, against the W3C's and 1EdTech's published values and against our own document."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import pytest

from openbadge import canon, multibase
from openbadge.multikey import PublicKey
from openbadge.proof import data_integrity, eddsa_rdfc_2022
from tests import vectors as values
from tests.vectors import W3C_METHOD, W3cSigner, badge, code_of, edited, loader, w3c_key

SUITE = eddsa_rdfc_2022.SUITE
OB_KEY = "z6MkjZRZv3aez3r18pB1RBFJR1kwUVJ5jHt92JmQwXbd5hwi"
OB_DOCUMENT = {
    "@context": ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
    "id": "http://example.com/credentials/3527",
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "issuer": {
        "id": "https://example.edu/issuers/565049",
        "type": ["Profile"],
        "url": "https://www.imsglobal.org",
        "name": "Example Corp",
    },
    "validFrom": "2010-01-01T00:00:00Z",
    "name": "Teamwork Badge",
    "credentialSubject": {
        "id": "did:example:ebfeb1f712ebc6f1c276e12ec21",
        "type": ["AchievementSubject"],
        "achievement": {
            "id": "https://example.com/achievements/21st-century-skills/teamwork",
            "type": ["Achievement"],
            "criteria": {
                "narrative": "Team members are nominated for this badge by their peers and recognized upon review by "
                "Example Corp management."
            },
            "description": "This badge recognizes the development of the capacity to collaborate within a group "
            "environment.",
            "name": "Teamwork",
        },
    },
}
OB_PROOF = {
    "type": "DataIntegrityProof",
    "created": "2010-01-01T19:23:24Z",
    "verificationMethod": f"https://example.edu/issuers/565049#{OB_KEY}",
    "cryptosuite": "eddsa-rdfc-2022",
    "proofPurpose": "assertionMethod",
    "proofValue": "z5x9aCBYovW3CQCbKdNyhEm7ffYSw1YpEdPywQJoNbzDD2gkzQDKJ1sYKJaWvqZtkMtSbz35HcbgXVEDYHxCzgkCr",
}
OB_CONFIG = {name: value for name, value in OB_PROOF.items() if name != "proofValue"}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_the_badge_of_the_open_badges_guide():
    config = {"@context": OB_DOCUMENT["@context"], **OB_CONFIG}
    assert sha256(canon.canonical(OB_DOCUMENT)) == values.OB_DOCUMENT_HASH
    assert sha256(canon.canonical(config)) == values.OB_PROOF_HASH
    signed = data_integrity.hash_data(OB_DOCUMENT, OB_CONFIG, "Ed25519")
    assert signed.hex() == values.OB_PROOF_HASH + values.OB_DOCUMENT_HASH
    data_integrity.verify(OB_DOCUMENT, OB_PROOF, PublicKey.from_multibase(OB_KEY))


def test_the_published_hashes_give_the_published_signature():
    data = bytes.fromhex(values.W3C_PROOF_HASH + values.W3C_DOCUMENT_HASH)
    assert multibase.encode_base58btc(W3cSigner().sign(data)) == values.W3C_SIGNATURE
    w3c_key().verify(multibase.decode_multibase(values.W3C_SIGNATURE), data)


@pytest.mark.parametrize(("folder", "source"), [("", "unsigned.json"), ("employ", "employmentAuth.json")])
def test_every_step_of_the_w3c_vectors(vectors, folder, source):
    steps = vectors / "vc-di-eddsa" / "eddsa-rdfc-2022" / folder
    load = loader(vectors / "contexts")
    document = json.loads((vectors / "vc-di-eddsa" / source).read_bytes())
    config = json.loads((steps / "proofConfigDataInt.json").read_bytes())

    def step(name):
        return (steps / f"{name}DataInt.txt").read_text().strip()

    assert canon.canonical(document, load=load).decode().strip() == step("canonDoc")
    assert canon.canonical(config, load=load).decode().strip() == step("proofCanon")
    assert sha256(canon.canonical(document, load=load)) == step("docHash")
    assert sha256(canon.canonical(config, load=load)) == step("proofHash")
    data = data_integrity.hash_data(document, config, "Ed25519", load=load)
    assert data.hex() == step("combinedHash")
    assert W3cSigner().sign(data).hex() == step("sigHex")
    assert multibase.encode_base58btc(W3cSigner().sign(data)) == step("sigBTC58")
    issued = data_integrity.create(document, config, W3cSigner(), load=load)
    published = json.loads((steps / "signedDataInt.json").read_bytes())
    assert {**issued["proof"][0], "@context": None} == {**published["proof"], "@context": None}
    data_integrity.verify(published, published["proof"], w3c_key(), load=load)
    if not folder:
        assert (step("docHash"), step("proofHash")) == (values.W3C_DOCUMENT_HASH, values.W3C_PROOF_HASH)
        assert step("sigBTC58") == values.W3C_SIGNATURE


def signed() -> dict:
    options = data_integrity.options(SUITE.name, W3C_METHOD, datetime(2026, 3, 31, 10, tzinfo=UTC))
    return data_integrity.create(badge(), options, W3cSigner())


def verify(document) -> str:
    return code_of(data_integrity.verify, document, document["proof"][0], w3c_key())


def test_what_we_sign_is_64_bytes_and_verifies():
    document = signed()
    config = {name: value for name, value in document["proof"][0].items() if name != "proofValue"}
    data = data_integrity.hash_data(badge(), config, "Ed25519")
    assert len(data) == 64
    assert data[32:].hex() == sha256(canon.canonical(badge()))
    assert document["proof"][0]["proofValue"] == multibase.encode_base58btc(W3cSigner().sign(data))
    assert verify(document) == "accepted"
    assert signed() == document


@pytest.mark.parametrize("name", sorted(set(badge()) - {"@context"}))
def test_di_003_every_member_left_out_breaks_it(name):
    assert verify(edited(signed(), lambda document: document.pop(name))) != "accepted"


@pytest.mark.parametrize("name", ["created", "verificationMethod", "proofPurpose"])
def test_the_proof_is_signed_too(name):
    other = {
        "created": "2026-03-31T10:00:01Z",
        "verificationMethod": "did:web:x.example#1",
        "proofPurpose": "authentication",
    }
    document = edited(signed(), lambda item: item["proof"][0].update({name: other[name]}))
    assert verify(document) == "CRYPTOGRAPHIC_SECURITY_ERROR"


def test_members_added_to_the_proof_break_it():
    document = edited(signed(), lambda item: item["proof"][0].update(nonce="n"))
    assert verify(document) == "CRYPTOGRAPHIC_SECURITY_ERROR"


def test_another_key_and_another_kind_of_key():
    document = signed()
    other = PublicKey.from_multibase(OB_KEY)
    assert code_of(data_integrity.verify, document, document["proof"][0], other) == "CRYPTOGRAPHIC_SECURITY_ERROR"
