"""Proof sets and chains: the official vectors step by step, and everything that breaks a chain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from openbadge.errors import InvalidError
from openbadge.multikey import PublicKey
from openbadge.proof import data_integrity
from openbadge.proof.chains import MAX_PROOFS, previous_proofs
from tests.openbadge import proof_samples as samples

SUITES = [("eddsa-rdfc-2022", "Ed25519"), ("eddsa-jcs-2022", "Ed25519"), ("ecdsa-rdfc-2019", "P-256")]
KEYS = {f"{algorithm}{number}": samples.signer(algorithm, number) for _, algorithm in SUITES for number in (1, 2, 3)}
BY_METHOD = {by.verification_method: by.public_key for by in KEYS.values()}


def find_key(proof: Any) -> PublicKey:
    return BY_METHOD[proof["verificationMethod"]]


def chain(name: str, algorithm: str) -> dict[str, Any]:
    """Three proofs: one, a second beside it, and a third over both."""
    document = samples.signed(samples.badge(), name, KEYS[f"{algorithm}1"], id="urn:uuid:a")
    document = samples.signed(document, name, KEYS[f"{algorithm}2"], id="urn:uuid:b")
    return samples.signed(
        document, name, KEYS[f"{algorithm}3"], id="urn:uuid:c", previousProof=["urn:uuid:a", "urn:uuid:b"]
    )


def with_proofs(document: dict[str, Any], **changes: dict[str, Any]) -> dict[str, Any]:
    proofs = [{**proof, **changes.get(proof["id"][-1], {})} for proof in document["proof"]]
    return {**document, "proof": proofs}


def code_of(call: Any) -> str:
    with pytest.raises(InvalidError) as caught:
        call()
    return caught.value.code


# The official vectors


def vector_key(proof: Any) -> PublicKey:
    return PublicKey.from_multibase(proof["verificationMethod"].partition("#")[2])


@pytest.mark.vectors
@pytest.mark.parametrize("name", ["signedProofSet1", "signedProofSet2", "signedProofChain1", "signedProofChain2"])
def test_official_sets_and_chains_hold(vectors: Path, name: str) -> None:
    document = samples.read(vectors / "vc-di-eddsa" / "proof-set-chain" / f"{name}.json")
    data_integrity.verify_all(document, vector_key, load=samples.loader(vectors))


@pytest.mark.vectors
@pytest.mark.parametrize(
    ("before", "config", "signed", "after", "pair"),
    [
        (None, "proofSetConfig1", "proofSetConfigSigned1", "signedProofSet1", 1),
        ("signedProofSet1", "proofSetConfig2", "proofSetConfigSigned2", "signedProofSet2", 2),
        ("signedProofSet2", "proofChainConfig1", "proofChainConfigSigned1", "signedProofChain1", 3),
        ("signedProofChain1", "proofChainConfig2", "proofChainConfigSigned2", "signedProofChain2", 4),
    ],
)
def test_official_chain_is_made_step_by_step(
    vectors: Path, before: str | None, config: str, signed: str, after: str, pair: int
) -> None:
    here = vectors / "vc-di-eddsa" / "proof-set-chain"
    by = samples.signer_of(samples.read(here / "multiKeyPairs.json")[f"keyPair{pair}"]["privateKeyMultibase"])
    document = samples.read(here / f"{before}.json" if before else vectors / "vc-di-eddsa" / "unsigned.json")
    options = {name: value for name, value in samples.read(here / f"{config}.json").items() if name != "@context"}
    made = data_integrity.create(document, options, by, load=samples.loader(vectors))
    assert made["proof"][-1] == samples.read(here / f"{signed}.json")
    want = samples.read(here / f"{after}.json")
    assert made == {**want, "proof": data_integrity.proofs(want)}


@pytest.mark.vectors
@pytest.mark.parametrize("number", [1, 2])
def test_official_chain_signs_the_proofs_that_it_names(vectors: Path, number: int) -> None:
    here = vectors / "vc-di-eddsa" / "proof-set-chain"
    document = samples.read(here / f"signedProofChain{number}.json")
    want = samples.read(here / f"proofChainTempDoc{number}.json")["proof"]
    assert previous_proofs(document, document["proof"][-1]) == want


# Our own


@pytest.mark.parametrize(("name", "algorithm"), SUITES)
def test_a_chain_holds(name: str, algorithm: str) -> None:
    document = chain(name, algorithm)
    data_integrity.check_chain(document)
    data_integrity.verify_all(document, find_key)
    # the second link may also be named by a text alone
    longer = samples.signed(document, name, KEYS[f"{algorithm}1"], previousProof="urn:uuid:c")
    data_integrity.verify_all(longer, find_key)


@pytest.mark.parametrize(("name", "algorithm"), SUITES)
@pytest.mark.parametrize("order", [(2, 1, 0), (1, 0, 2)])
def test_the_order_of_proofs_means_nothing(name: str, algorithm: str, order: tuple[int, ...]) -> None:
    document = chain(name, algorithm)
    moved = {**document, "proof": [document["proof"][place] for place in order]}
    data_integrity.verify_all(moved, find_key)


@pytest.mark.parametrize(("name", "algorithm"), SUITES)
def test_a_chain_falls_with_a_proof_that_it_builds_on(name: str, algorithm: str) -> None:
    document = chain(name, algorithm)
    other = document["proof"][1]["proofValue"]
    for wrong in ({"proofValue": other}, {"created": "2026-03-31T10:00:01Z"}, {"verificationMethod": "did:example:x"}):
        broken = with_proofs(document, a=wrong)
        last = lambda broken=broken: data_integrity.verify(broken, broken["proof"][2], KEYS[f"{algorithm}3"].public_key)  # noqa: E731
        assert code_of(last) == "CRYPTOGRAPHIC_SECURITY_ERROR"
        everyone = lambda broken=broken: data_integrity.verify_all(broken, lambda _: KEYS[f"{algorithm}1"].public_key)  # noqa: E731
        assert code_of(everyone) == "CRYPTOGRAPHIC_SECURITY_ERROR"


def test_a_proof_signed_over_a_failing_one_does_not_save_it() -> None:
    """The attacker signs a chain over a proof that the victim never made: the last link alone would hold."""
    victim, attacker = KEYS["Ed255191"], KEYS["Ed255192"]
    forged = {
        **samples.options("eddsa-rdfc-2022", victim),
        "id": "urn:uuid:a",
        "proofValue": samples.signed(samples.badge(), "eddsa-rdfc-2022", attacker)["proof"][0]["proofValue"],
    }
    document = samples.signed(
        {**samples.badge(), "proof": forged}, "eddsa-rdfc-2022", attacker, id="urn:uuid:b", previousProof="urn:uuid:a"
    )
    data_integrity.verify(document, document["proof"][1], attacker.public_key)
    assert code_of(lambda: data_integrity.verify_all(document, find_key)) == "CRYPTOGRAPHIC_SECURITY_ERROR"


@pytest.mark.parametrize("name", ["eddsa-rdfc-2022", "eddsa-jcs-2022"])
@pytest.mark.parametrize(
    "previous",
    ["urn:uuid:missing", ["urn:uuid:a", "urn:uuid:missing"], "", None, 4, {}, [None], [["urn:uuid:a"]], [4],
     ["urn:uuid:a", "urn:uuid:a"], "urn:uuid:c", ["urn:uuid:c"]],
)  # fmt: skip
def test_names_that_lead_nowhere_are_refused(name: str, previous: Any) -> None:
    document = with_proofs(chain(name, "Ed25519"), c={"previousProof": previous})
    key = KEYS["Ed255193"].public_key
    assert code_of(lambda: data_integrity.verify(document, document["proof"][2], key)) == "PROOF_VERIFICATION_ERROR"
    assert code_of(lambda: data_integrity.check_chain(document)) == "PROOF_VERIFICATION_ERROR"
    unsigned = {**document, "proof": document["proof"][:2]}
    made = lambda: samples.signed(unsigned, name, KEYS["Ed255193"], id="urn:uuid:c", previousProof=previous)  # noqa: E731
    assert code_of(made) == "PROOF_VERIFICATION_ERROR"


def test_a_name_that_two_proofs_have_is_refused() -> None:
    document = with_proofs(
        chain("eddsa-rdfc-2022", "Ed25519"), b={"id": "urn:uuid:a"}, c={"previousProof": "urn:uuid:a"}
    )
    assert code_of(lambda: data_integrity.check_chain(document)) == "PROOF_VERIFICATION_ERROR"


@pytest.mark.parametrize(
    "circle",
    [
        {"a": {"previousProof": "urn:uuid:b"}, "b": {"previousProof": "urn:uuid:a"}},
        {"a": {"previousProof": "urn:uuid:c"}},
        {"a": {"previousProof": ["urn:uuid:b"]}, "b": {"previousProof": ["urn:uuid:c"]}},
    ],
)
def test_a_circle_is_refused(circle: dict[str, Any]) -> None:
    document = with_proofs(chain("eddsa-rdfc-2022", "Ed25519"), **circle)
    assert code_of(lambda: data_integrity.check_chain(document)) == "PROOF_VERIFICATION_ERROR"
    for proof in [proof for proof in document["proof"] if "previousProof" in proof]:
        wrong = lambda proof=proof: data_integrity.verify(document, proof, find_key(proof))  # noqa: E731
        assert code_of(wrong) == "PROOF_VERIFICATION_ERROR"


def test_a_broken_chain_does_not_touch_a_proof_beside_it() -> None:
    document = with_proofs(chain("eddsa-rdfc-2022", "Ed25519"), c={"previousProof": "urn:uuid:missing"})
    data_integrity.verify(document, document["proof"][0], KEYS["Ed255191"].public_key)


def test_as_many_links_as_there_may_be_proofs_are_walked_once() -> None:
    """Each proof names all before it: a walk along every way would take a million steps."""
    names = [f"urn:uuid:{number}" for number in range(MAX_PROOFS)]
    document = {"proof": [{"id": name, "previousProof": names[:place]} for place, name in enumerate(names)]}
    data_integrity.check_chain(document)


def test_too_many_proofs_are_refused_before_any_is_looked_at() -> None:
    document = samples.signed(samples.badge(), "eddsa-rdfc-2022", KEYS["Ed255191"])
    many = {**document, "proof": document["proof"] * (MAX_PROOFS + 1)}
    assert code_of(lambda: data_integrity.verify_all(many, find_key)) == "LIMIT_EXCEEDED"
    long = {**document["proof"][0], "previousProof": ["urn:uuid:a"] * (MAX_PROOFS + 1)}
    assert code_of(lambda: previous_proofs(document, long)) == "LIMIT_EXCEEDED"


@pytest.mark.parametrize("proof", [[], [None], ["proof"], None, "proof", [[]]])
def test_a_document_without_proof_objects_is_refused(proof: Any) -> None:
    document = {**samples.badge(), "proof": proof}
    assert code_of(lambda: data_integrity.verify_all(document, find_key)) == "PROOF_VERIFICATION_ERROR"
    without = samples.badge()
    assert code_of(lambda: data_integrity.verify_all(without, find_key)) == "PROOF_VERIFICATION_ERROR"
