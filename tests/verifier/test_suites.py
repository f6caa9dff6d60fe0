"""Every cryptosuite of the table in the verdict of a badge, and the tricks that stay refused with each."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from openbadge import canon, multibase
from openbadge.multikey import PublicKey
from openbadge.normal_form import ED25519_2020
from openbadge.proof import SUITES, data_integrity
from openbadge.proof.sd import derive, issue
from openbadge.vocabulary import CREDENTIALS_V2, DATA_INTEGRITY_V2, OB_CONTEXT
from tests.verifier.builders import (
    CREATED,
    INDEX,
    INVALID,
    ISSUER,
    KEY,
    VALID,
    Change,
    Document,
    P256Signer,
    bad,
    badge,
    check,
    did_key_signer,
    edited,
    endorsement,
    find,
    key_document,
    material,
    outcomes,
    problems,
    sign,
    status_list,
    unsigned,
)
from verifier.policy import Policy


@dataclass(frozen=True)
class P384Signer:
    """Signs with a P-384 key made from a small number."""

    verification_method: str
    algorithm: str = "P-384"

    def sign(self, data: bytes) -> bytes:
        r, s = decode_dss_signature(self._key.sign(data, ec.ECDSA(SHA384(), deterministic_signing=True)))
        return r.to_bytes(48, "big") + s.to_bytes(48, "big")

    @property
    def _key(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(1003, ec.SECP384R1())

    @property
    def public(self) -> PublicKey:
        raw = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        return PublicKey("P-384", raw)


P256 = P256Signer(f"{ISSUER}#p256")
P384 = P384Signer(f"{ISSUER}#p384")
EPHEMERAL = P256Signer("", 77)
PUBLISHED = material(keys=key_document(KEY, P256, P384))  # type: ignore[arg-type]  # the same shape as the others


def by_2020(change: Change | None = None) -> Document:
    """Return a badge with a proof of the type Ed25519Signature2020: the bytes of eddsa-rdfc-2022, another form."""
    document = unsigned()
    document["@context"].append(ED25519_2020)
    if change is not None:
        change(document)
    config = {
        "type": "Ed25519Signature2020",
        "created": "2026-03-31T10:00:00Z",
        "verificationMethod": KEY.verification_method,
        "proofPurpose": "assertionMethod",
    }
    parts = ({**config, "@context": document["@context"]}, document)
    data = b"".join(hashlib.sha256(canon.canonical(part)).digest() for part in parts)
    return {**document, "proof": [{**config, "proofValue": multibase.encode_base58btc(KEY.sign(data))}]}


MANDATORY = ("/issuer", "/validFrom", "/validUntil", "/credentialStatus", "/credentialSchema")
REST = ("/id", "/name", "/credentialSubject")


def base_proof(mandatory: tuple[str, ...] = MANDATORY, change: Change | None = None) -> Document:
    document = unsigned()
    if change is not None:
        change(document)
    disclosure = issue.Disclosure(mandatory, bytes(range(32)), EPHEMERAL.public, EPHEMERAL.sign)
    options = data_integrity.options("ecdsa-sd-2023", P256.verification_method, CREATED)
    return issue.create(document, options, P256, disclosure)


def derived(shown: tuple[str, ...] = REST, **arguments: Any) -> Document:
    document = base_proof(**arguments)
    return derive.derive(document, document["proof"][0], shown)


SIGNED = {
    "eddsa-rdfc-2022": badge,
    "eddsa-jcs-2022": partial(badge, cryptosuite="eddsa-jcs-2022"),
    "ecdsa-rdfc-2019": partial(badge, signer=P256, cryptosuite="ecdsa-rdfc-2019"),
    "ecdsa-jcs-2019": partial(badge, signer=P256, cryptosuite="ecdsa-jcs-2019"),
    "ecdsa-rdfc-2019 P-384": partial(badge, signer=P384, cryptosuite="ecdsa-rdfc-2019"),  # type: ignore[arg-type]
    "ecdsa-jcs-2019 P-384": partial(badge, signer=P384, cryptosuite="ecdsa-jcs-2019"),  # type: ignore[arg-type]
    "ecdsa-sd-2023": derived,
    "Ed25519Signature2020": by_2020,
}


def test_every_suite_of_the_table_is_here() -> None:
    assert {name.partition(" ")[0] for name in SIGNED} == {suite.name for suite in SUITES.values()}


@pytest.mark.parametrize("name", sorted(SIGNED))
def test_a_badge_of_every_suite_is_valid(name: str) -> None:
    report = check(SIGNED[name](), PUBLISHED)
    assert bad(report) == {}
    assert report.verdict is VALID


@pytest.mark.parametrize("name", sorted(SIGNED))
@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.update(name="Else"),
        lambda document: document["credentialSubject"]["achievement"].update(description="Else"),
        lambda document: document["proof"][0].update(created="2026-03-31T10:00:01Z"),
        lambda document: document.update(validUntil="2039-03-31T10:00:00Z"),
        lambda document: document["issuer"].update(name="Else"),
    ],
    ids=["name", "inside", "created", "end", "issuer"],
)
def test_an_edited_badge_of_every_suite_is_refused(name: str, change: Change) -> None:
    report = check(edited(SIGNED[name](), change), PUBLISHED)
    assert report.verdict is INVALID
    assert bad(report) == {"proof": "CRYPTOGRAPHIC_SECURITY_ERROR"}


@pytest.mark.parametrize("name", sorted(SIGNED))
def test_a_policy_may_name_every_suite(name: str) -> None:
    suite = name.partition(" ")[0]
    assert check(SIGNED[name](), PUBLISHED, policy=Policy(accepted_proofs=frozenset({suite}))).verdict is VALID
    report = check(SIGNED[name](), PUBLISHED, policy=Policy(accepted_proofs=frozenset({"vc-jwt"})))
    assert bad(report) == {"proof": "UNSUPPORTED_SUITE"}


JCS = badge(cryptosuite="eddsa-jcs-2022")
FIRST = "urn:uuid:0b1c2d3e-0000-7000-8000-0000000000b1"


def test_a_jcs_proof_keeps_the_contexts() -> None:
    assert JCS["proof"][0]["@context"] == JCS["@context"]


@pytest.mark.parametrize(
    "document",
    [
        sign(badge(), cryptosuite="eddsa-jcs-2022"),
        sign(badge(cryptosuite="eddsa-jcs-2022")),
        sign(sign(unsigned(), id=FIRST, cryptosuite="eddsa-jcs-2022"), previousProof=FIRST),
        sign(sign(unsigned(), id=FIRST), previousProof=FIRST, cryptosuite="eddsa-jcs-2022"),
    ],
    ids=["rdfc-then-jcs", "jcs-then-rdfc", "chain-on-jcs", "chain-on-rdfc"],
)
def test_badges_with_both_kinds_of_proof(document: Document) -> None:
    report = check(document)
    assert bad(report) == {}
    assert "All 2 signatures" in find(report, "proof").detail
    assert check(edited(document, lambda item: item.update(name="Else"))).verdict is INVALID


def test_contexts_added_after_a_jcs_proof() -> None:
    """The proof still holds, and what the text says is still what was signed."""
    longer = {**JCS, "@context": [*JCS["@context"], DATA_INTEGRITY_V2]}
    assert check(longer).verdict is VALID
    assert check(edited(longer, lambda document: document.update(name="Else"))).verdict is INVALID


def kept(value: Any) -> Change:
    return lambda document: document["proof"][0].update({"@context": value})


HIDDEN: list[tuple[str, Change, str]] = [
    ("other", kept([CREDENTIALS_V2, OB_CONTEXT, DATA_INTEGRITY_V2]), "CONTEXT_NOT_ALLOWED"),
    ("longer", kept([*JCS["@context"], DATA_INTEGRITY_V2]), "CONTEXT_NOT_ALLOWED"),
    ("order", kept(JCS["@context"][::-1]), "CONTEXT_NOT_ALLOWED"),
    ("inline", kept([{"proofValue": "https://x.example/"}]), "CONTEXT_NOT_ALLOWED"),
    ("object", kept({"proofValue": "https://x.example/"}), "CONTEXT_NOT_ALLOWED"),
    ("empty", kept([]), "CONTEXT_NOT_ALLOWED"),
    ("null", kept(None), "CONTEXT_NOT_ALLOWED"),
    ("text", kept("https://x.example/"), "CONTEXT_NOT_ALLOWED"),
    ("subject", lambda item: item["credentialSubject"].update({"@context": JCS["@context"]}), "CONTEXT_NOT_ALLOWED"),
    ("undefined", lambda item: item.update(note="x"), "DATA_LOSS_DETECTION_ERROR"),
    ("proof-member", lambda item: item["proof"][0].update(verified=True), "DATA_LOSS_DETECTION_ERROR"),
    ("nest", lambda item: item.update({"@nest": {"validUntil": item.pop("validUntil")}}), "NON_CANONICAL_FORM"),
    ("null-member", lambda item: item.update(evidence=None), "DATA_LOSS_DETECTION_ERROR"),
    ("vocab", lambda item: item.update({"@context": [*JCS["@context"], {"@vocab": "urn:x:"}]}), "CONTEXT_NOT_ALLOWED"),
]


@pytest.mark.parametrize(("change", "code"), [row[1:] for row in HIDDEN], ids=[row[0] for row in HIDDEN])
def test_hiding_stays_refused_in_a_jcs_badge(change: Change, code: str) -> None:
    report = check(edited(JCS, change))
    assert report.verdict is INVALID
    assert bad(report)["contexts"] == code
    assert report.credential is None


@pytest.mark.parametrize("count", [1, 2])
def test_a_shorter_context_in_the_proof_was_not_signed(count: int) -> None:
    report = check(edited(JCS, kept(JCS["@context"][:count])))
    assert bad(report) == {"proof": "CRYPTOGRAPHIC_SECURITY_ERROR"}


def test_only_jcs_proofs_may_name_contexts() -> None:
    report = check(edited(badge(), kept(unsigned()["@context"])))
    assert bad(report)["contexts"] == "CONTEXT_NOT_ALLOWED"
    missing = edited(JCS, lambda document: document["proof"][0].pop("@context"))
    assert bad(check(missing)) == {"proof": "PROOF_VERIFICATION_ERROR"}


def test_an_undefined_member_rightly_signed_in_a_jcs_badge_is_still_refused() -> None:
    report = check(badge(lambda document: document.update(note="x"), cryptosuite="eddsa-jcs-2022"))
    assert bad(report)["contexts"] == "DATA_LOSS_DETECTION_ERROR"


def test_an_embedded_endorsement_with_a_jcs_proof() -> None:
    item = endorsement()
    plain = {name: value for name, value in item.items() if name != "proof"}
    inside = sign(plain, did_key_signer(9), cryptosuite="eddsa-jcs-2022")
    for suite in ("eddsa-rdfc-2022", "eddsa-jcs-2022"):
        report = check(badge(lambda document: document.update(endorsement=[inside]), cryptosuite=suite))
        assert bad(report) == {}
        assert find(report, "endorsement").outcome == "passed"
    crooked = edited(inside, kept([CREDENTIALS_V2, OB_CONTEXT, DATA_INTEGRITY_V2]))
    report = check(badge(lambda document: document.update(endorsement=[crooked]), cryptosuite="eddsa-jcs-2022"))
    assert bad(report)["contexts"] == "CONTEXT_NOT_ALLOWED"


def test_a_partial_badge_says_that_it_is_one() -> None:
    report = check(derived(), PUBLISHED)
    assert "may have left out parts" in find(report, "proof").detail


def test_a_base_proof_is_not_for_verifiers() -> None:
    report = check(base_proof(), PUBLISHED)
    assert report.verdict is INVALID
    assert bad(report) == {"proof": "PROOF_VERIFICATION_ERROR"}
    assert "base proof" in find(report, "proof").detail


@pytest.mark.parametrize(
    "document",
    [
        derived(("/id", "/name")),
        derived(mandatory=("/issuer", "/credentialStatus")),
        derived(("/credentialSubject/id", "/credentialSubject/achievement/name")),
    ],
    ids=["subject", "validFrom", "achievement"],
)
def test_a_partial_badge_must_still_be_a_badge(document: Document) -> None:
    report = check(document, PUBLISHED)
    assert report.verdict is INVALID
    assert outcomes(report)["proof"] == "passed"
    assert problems(report) & {"SCHEMA_ERROR", "MALFORMED_VALUE_ERROR"}


def test_what_the_issuer_made_mandatory_cannot_be_left_out() -> None:
    revoked = material(keys=PUBLISHED[next(iter(PUBLISHED))], status=status_list(revoked=(INDEX,)))
    assert bad(check(derived(), revoked)) == {"status": "REVOKED"}
    without = edited(derived(), lambda document: document.pop("credentialStatus"))
    assert check(without, revoked).verdict is INVALID


def test_what_the_issuer_let_the_holder_leave_out_is_said_to_be_unknown() -> None:
    report = check(derived(mandatory=("/issuer", "/validFrom", "/credentialSchema")), PUBLISHED)
    assert report.verdict is VALID
    assert "lets the holder leave out" in find(report, "status").detail
    assert "shows no end date" in find(report, "validity-period").detail
    strict = Policy(require_status=True)
    assert check(derived(mandatory=("/issuer", "/validFrom")), PUBLISHED, policy=strict).verdict is INVALID


def test_di_018_older_proof_types() -> None:
    report = check(by_2020())
    assert report.verdict is VALID
    note = next(item for item in report.portability if item.id == "proof-suite")
    assert note.outcome == "failed"
    assert "Ed25519Signature2020" in note.detail


@pytest.mark.parametrize("kind", ["Ed25519Signature2018", "Ed25519Signature2020", "RsaSignature2018", 5, ["a"]])
def test_di_018_older_proof_types_without_their_vocabulary(kind: Any) -> None:
    report = check(edited(badge(), lambda document: document["proof"][0].update(type=kind)))
    assert report.verdict is INVALID
    assert bad(report)["contexts"] == "UNSUPPORTED_SUITE"


def test_an_older_proof_with_a_cryptosuite_is_neither() -> None:
    report = check(edited(by_2020(), lambda document: document["proof"][0].update(cryptosuite="eddsa-rdfc-2022")))
    assert report.verdict is INVALID
