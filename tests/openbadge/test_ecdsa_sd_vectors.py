"""ecdsa-sd-2023: the official vectors, at every step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from openbadge import canon
from openbadge.proof import data_integrity
from openbadge.proof.ecdsa_sd_2023 import proof_hash
from openbadge.proof.sd import labels, pointers, values
from openbadge.proof.sd.derive import derive, derived_proof
from openbadge.proof.sd.issue import Disclosure, base_proof, create
from openbadge.proof.sd.statements import Statements
from tests.openbadge import proof_samples as samples
from tests.openbadge.sd_samples import (
    NAME,
    code_of,
    unsecured,
)

VECTORS = [("employ", "employMandatory", "employSelective"), ("prc", "prCredMandatory", "prCredSelective")]


class Vector:
    """One folder of the official vectors."""

    def __init__(self, vectors: Path, name: str, mandatory: str, selective: str) -> None:
        room = vectors / "vc-di-ecdsa"
        self.here = room / NAME / name
        self.load = samples.loader(vectors)
        keys = samples.read(room / NAME / "SDKeyMaterial.json")
        self.by = samples.signer_of(keys["baseKeyPair"]["secretKeyMultibase"])
        self.once = samples.signer_of(keys["proofKeyPair"]["secretKeyMultibase"])
        self.hmac_key = bytes.fromhex(keys["hmacKeyString"])
        self.mandatory = tuple(samples.read(room / f"{mandatory}.json"))
        self.selective = samples.read(room / f"{selective}.json")
        self.signed = self.json("addSignedSDBase")
        self.document = unsecured(self.signed)
        self.statements = Statements.read(self.document, self.hmac_key, self.load)
        self.disclosure = Disclosure(self.mandatory, self.hmac_key, self.once.public_key, self.once.sign)

    def json(self, name: str) -> Any:
        return samples.read(self.here / f"{name}.json")

    def indexed(self, name: str, member: str) -> dict[int, str]:
        return dict(self.json(name)[member]["value"])


@pytest.fixture(params=VECTORS, ids=lambda row: row[0])
def vector(request: pytest.FixtureRequest, vectors: Path) -> Vector:
    return Vector(vectors, *request.param)


@pytest.mark.vectors
def test_vector_transformation(vector: Vector) -> None:
    canonical = canon.canonical(vector.document, load=vector.load).decode()
    assert canonical == "".join(vector.json("addBaseDocCanon"))
    assert list(vector.statements.lines) == vector.json("addBaseDocHMACCanon")
    for row in vector.json("addPointerValues"):
        found = pointers.select(vector.document, [pointers.parse(row["pointer"])])
        assert found[row["pointer"][1:]] == row["value"]
    chosen = set(vector.statements.select(vector.mandatory).indexes)
    lines = dict(enumerate(vector.statements.lines))
    want = vector.json("addBaseTransform")
    assert list(vector.mandatory) == want["mandatoryPointers"]
    assert {i: lines[i] for i in lines if i in chosen} == vector.indexed("addBaseTransform", "mandatory")
    assert {i: lines[i] for i in lines if i not in chosen} == vector.indexed("addBaseTransform", "nonMandatory")


@pytest.mark.vectors
def test_vector_base_proof(vector: Vector) -> None:
    config = vector.json("addProofConfig")
    assert canon.canonical(config, load=vector.load).decode() == (vector.here / "addProofConfigCanon.txt").read_text()
    hashes = vector.json("addHashData")
    assert proof_hash(config, vector.load).hex() == hashes["proofHash"]
    base = base_proof(vector.statements, bytes.fromhex(hashes["proofHash"]), vector.by, vector.disclosure)
    want = vector.json("addRawBaseSignatureInfo")
    assert base.base_signature.hex() == want["baseSignature"]
    assert base.public_key.multibase == want["publicKey"]
    assert [signature.hex() for signature in base.signatures] == want["signatures"]
    options = {name: value for name, value in config.items() if name != "@context"}
    made = create(vector.document, options, vector.by, vector.disclosure, load=vector.load)
    assert made == {**vector.signed, "proof": [vector.signed["proof"]]}


@pytest.mark.vectors
def test_vector_derivation(vector: Vector) -> None:
    base = values.BaseProof.decode(vector.signed["proof"]["proofValue"])
    recovered = vector.json("derivedRecoveredBaseData")
    assert base.base_signature.hex() == recovered["baseSignature"]
    assert base.public_key.multibase == recovered["proofPublicKey"]
    assert base.hmac_key.hex() == recovered["hmacKey"]
    assert [signature.hex() for signature in base.signatures] == recovered["signatures"]
    assert list(base.mandatory_pointers) == recovered["mandatoryPointers"]
    assert base.encode() == vector.signed["proof"]["proofValue"]
    indexes = vector.json("derivedGroupIndexes")
    combined = vector.statements.select([*vector.mandatory, *vector.selective])
    mandatory = vector.statements.select(vector.mandatory)
    assert list(combined.indexes) == indexes["combinedIndexes"]
    assert list(mandatory.indexes) == indexes["mandatoryIndexes"]
    assert list(vector.statements.select(vector.selective).indexes) == indexes["selectiveIndexes"]
    assert combined.document == vector.json("derivedUnsignedReveal")
    derived = derived_proof(base, vector.statements, combined)
    assert list(derived.mandatory_indexes) == vector.json("derivedAdjMandatoryIndexes")["adjMandatoryIndexes"]
    adjusted = vector.json("derivedAdjSignatures")
    assert [signature.hex() for signature in derived.signatures] == adjusted["filteredSignatures"]
    assert [base.signatures.index(one) for one in derived.signatures] == adjusted["adjSignatureIndexes"]
    assert dict(derived.labels) == dict(vector.json("derivedDisclosureData")["labelMap"]["value"])
    made = derive(vector.signed, vector.signed["proof"], vector.selective, load=vector.load)
    want = vector.json("derivedRevealDocument")
    assert made == {**want, "proof": [want["proof"]]}


@pytest.mark.vectors
def test_vector_groups(vector: Vector) -> None:
    groups = vector.json("derivedAllGroupData")["groups"]
    for name, wanted in (
        ("mandatory", vector.mandatory),
        ("selective", vector.selective),
        ("combined", [*vector.mandatory, *vector.selective]),
    ):
        chosen = vector.statements.select(wanted).indexes
        assert [(i, vector.statements.lines[i]) for i in chosen] == [
            tuple(row) for row in groups[name]["matching"]["value"]
        ]


@pytest.mark.vectors
def test_vector_verification(vector: Vector) -> None:
    document = vector.json("derivedRevealDocument")
    derived = values.DerivedProof.decode(document["proof"]["proofValue"])
    want = vector.json("verifyDerivedProofValue")
    assert derived.base_signature.hex() == want["baseSignature"]
    assert derived.public_key.multibase == want["publicKey"]
    assert [signature.hex() for signature in derived.signatures] == want["signatures"]
    assert dict(derived.labels) == dict(want["labelMap"])
    assert list(derived.mandatory_indexes) == want["mandatoryIndexes"]
    lines = labels.labelled(canon.quads(unsecured(document), load=vector.load), derived.labels)
    assert lines == vector.json("verifyNQuads")
    mandatory, others = derived.split(lines)
    data = vector.json("verifyCreateVerifyData")
    assert others == data["nonMandatory"]
    assert values.sha256("".join(mandatory).encode()).hex() == data["mandatoryHash"]
    data_integrity.verify(document, document["proof"], vector.by.public_key, load=vector.load)
    assert code_of(
        lambda: data_integrity.verify(vector.signed, vector.signed["proof"], vector.by.public_key, load=vector.load)
    ) == "PROOF_VERIFICATION_ERROR"  # fmt: skip
