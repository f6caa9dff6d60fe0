"""The cryptosuites of two hashes make the official vectors byte for byte, at every step."""

from __future__ import annotations

from pathlib import Path

import pytest

from openbadge import canon, jcs
from openbadge.proof import data_integrity
from openbadge.proof.model import HASHES
from tests.openbadge import proof_samples as samples

EDDSA, ECDSA = "vc-di-eddsa", "vc-di-ecdsa"
VECTORS = [
    (EDDSA, "eddsa-rdfc-2022", "DataInt", "keyPair"),
    (EDDSA, "eddsa-rdfc-2022/employ", "DataInt", "keyPair"),
    (EDDSA, "eddsa-jcs-2022", "JCS", "keyPair"),
    (ECDSA, "ecdsa-rdfc-2019-p256", "ECDSAP256", "p256KeyPair"),
    (ECDSA, "ecdsa-rdfc-2019-p256/employ", "ECDSAP256", "p256KeyPair"),
    (ECDSA, "ecdsa-rdfc-2019-p384", "ECDSAP384", "p384KeyPair"),
    (ECDSA, "ecdsa-rdfc-2019-p384/employ", "ECDSAP384", "p384KeyPair"),
    (ECDSA, "ecdsa-jcs-2019-p256", "JCSECDSAP256", "p256KeyPair"),
    (ECDSA, "ecdsa-jcs-2019-p384", "JCSECDSAP384", "p384KeyPair"),
]


@pytest.mark.vectors
@pytest.mark.parametrize(("room", "folder", "name", "pair"), VECTORS)
def test_official_vectors_are_made_byte_for_byte(vectors: Path, room: str, folder: str, name: str, pair: str) -> None:
    here, load = vectors / room / folder, samples.loader(vectors)
    keys = samples.read(vectors / room / f"{pair}.json")
    by = samples.signer_of(keys.get("secretKeyMultibase") or keys["privateKeyMultibase"])
    assert by.public_key.multibase == keys["publicKeyMultibase"]
    want = samples.read(here / f"signed{name}.json")
    document = {member: value for member, value in want.items() if member != "proof"}
    config = samples.read(here / f"proofConfig{name}.json")
    hash_name = HASHES[by.algorithm]
    for part, file in ((document, "canonDoc"), (config, "proofCanon")):
        transformed = (
            jcs.canonicalize(part) if "jcs" in folder else canon.canonical(part, hash_name=hash_name, load=load)
        )
        assert transformed.decode().strip() == (here / f"{file}{name}.txt").read_text(encoding="utf-8").strip()
    data = data_integrity.hash_data(document, config, by.algorithm, load=load)
    assert data.hex() == (here / f"combinedHash{name}.txt").read_text().strip()
    assert by.sign(data).hex() == (here / f"sigHex{name}.txt").read_text().strip()
    proof = {member: value for member, value in want["proof"].items() if member not in ("proofValue", "@context")}
    assert data_integrity.create(document, proof, by, load=load)["proof"] == [want["proof"]]
    data_integrity.verify(want, want["proof"], by.public_key, load=load)
