"""Credentials and presentations of the W3C kind for the tests, signed with keys made from fixed seeds."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from openbadge import contexts, did
from openbadge.canon import Loader
from openbadge.multikey import PublicKey
from openbadge.proof import data_integrity
from openbadge.vocabulary import CREDENTIALS_V1, CREDENTIALS_V2, DATA_INTEGRITY_V2
from tests.verifier.builders import CREATED, NOW, Ed25519Signer, FakeFetch, P256Signer
from verifier.vc import Binding, VcQuestion, VcResult, verify_credential, verify_presentation

Document = dict[str, Any]
Change = Callable[[Document], object]

EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"
VOCABULARY = {"@vocab": "https://vocabulary.example/#"}
CHALLENGE = "123456789"
DOMAIN = "example.com"
UNKNOWN_ISSUER = "https://vc.example/issuers/5678"


@dataclass(frozen=True)
class P384Signer:
    verification_method: str
    seed: int = 1
    algorithm: str = "P-384"

    def sign(self, data: bytes) -> bytes:
        r, s = decode_dss_signature(self._key.sign(data, ec.ECDSA(SHA384(), deterministic_signing=True)))
        return r.to_bytes(48, "big") + s.to_bytes(48, "big")

    @property
    def _key(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(self.seed + 1000, ec.SECP384R1())

    @property
    def public(self) -> PublicKey:
        return PublicKey("P-384", self._key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint))


Signer = Ed25519Signer | P256Signer | P384Signer


def did_key(kind: type[Signer], seed: int = 7) -> Signer:
    """A signer whose issuer is the did:key of its own key."""
    key = kind("", seed).public
    return kind(f"{did.did_key(key)}#{key.multibase}", seed)


ED25519 = did_key(Ed25519Signer)
OTHER = did_key(Ed25519Signer, 8)
HOLDER = did_key(Ed25519Signer, 9)
P256 = did_key(P256Signer)
P384 = did_key(P384Signer)
SUITES = [
    ("eddsa-rdfc-2022", ED25519),
    ("eddsa-jcs-2022", ED25519),
    ("ecdsa-rdfc-2019", P256),
    ("ecdsa-jcs-2019", P256),
    ("ecdsa-rdfc-2019", P384),
    ("ecdsa-jcs-2019", P384),
]
SUITE_IDS = [f"{name}-{signer.algorithm}" for name, signer in SUITES]


def name_of(signer: Signer) -> str:
    return signer.verification_method.partition("#")[0]


def load(url: str) -> Any:
    """The pinned contexts, and the examples context of the W3C, which is one line."""
    if url == EXAMPLES:
        return {"@context": {"@vocab": "https://www.w3.org/ns/credentials/examples#"}}
    return contexts.document(url)


def loader_of(document: Any) -> Loader:
    """What serves the contexts of a document: the product's own, which is remembered, where it will do."""
    return load if EXAMPLES in str(document) else contexts.document


def unsigned(signer: Signer = ED25519) -> Document:
    return {
        "@context": [CREDENTIALS_V2, VOCABULARY],
        "id": "urn:uuid:0b1c2d3e-0000-7000-8000-0000000000aa",
        "type": ["VerifiableCredential", "AlumniCredential"],
        "issuer": name_of(signer),
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:subject", "alumniOf": "The School of Examples"},
    }


def unsigned_1_1(signer: Signer = ED25519) -> Document:
    return {
        "@context": [CREDENTIALS_V1, DATA_INTEGRITY_V2, VOCABULARY],
        "id": "urn:uuid:0b1c2d3e-0000-7000-8000-0000000000ab",
        "type": ["VerifiableCredential"],
        "issuer": name_of(signer),
        "issuanceDate": "2026-01-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:subject", "alumniOf": "The School of Examples"},
    }


def sign(
    document: Mapping[str, Any], signer: Signer = ED25519, suite: str = "eddsa-rdfc-2022", **more: Any
) -> Document:
    options = data_integrity.options(suite, signer.verification_method, CREATED)
    return data_integrity.create(document, {**options, **more}, signer, load=loader_of(document))


def credential(
    change: Change | None = None, signer: Signer = ED25519, suite: str = "eddsa-rdfc-2022", **more: Any
) -> Document:
    """A signed credential; `change` edits it before the signature."""
    document = unsigned(signer)
    if change is not None:
        change(document)
    return single(sign(document, signer, suite, **more))


def single(document: Document) -> Document:
    """The document with its only proof as an object, as most implementations write it."""
    return {**document, "proof": document["proof"][0]} if len(document["proof"]) == 1 else document


def unsigned_presentation(*credentials: Any, holder: Any = None) -> Document:
    return {
        "@context": [CREDENTIALS_V2, VOCABULARY],
        "type": ["VerifiablePresentation"],
        "holder": name_of(HOLDER) if holder is None else holder,
        "verifiableCredential": list(credentials) or [credential()],
    }


def presentation(change: Change | None = None, *credentials: Any, signer: Signer = HOLDER, **more: Any) -> Document:
    """A signed presentation; `change` edits it before the signature, `more` are members of the proof."""
    document = unsigned_presentation(*credentials)
    if change is not None:
        change(document)
    purpose = {"proofPurpose": "authentication", "challenge": CHALLENGE, "domain": DOMAIN}
    return single(sign(document, signer, **{**purpose, **more}))


def question(answers: Mapping[str, Any] | None = None, **changes: Any) -> VcQuestion:
    return VcQuestion(**{"now": NOW, "fetch": FakeFetch(dict(answers or {})), **changes})


def check(document: Any, answers: Mapping[str, Any] | None = None, **changes: Any) -> VcResult:
    return verify_credential(document, question(answers, **{"load": loader_of(document), **changes}))


def proof_only(document: Any, **changes: Any) -> VcResult:
    return check(document, binding=Binding.PROOF_ONLY, **changes)


def present(document: Any, answers: Mapping[str, Any] | None = None, **changes: Any) -> VcResult:
    asked = {"challenge": CHALLENGE, "domain": DOMAIN, "load": loader_of(document), **changes}
    return verify_presentation(document, question(answers, **asked))


def edited(document: Mapping[str, Any], *changes: Change) -> Document:
    """A copy of a signed document that someone without the key has edited."""
    result = copy.deepcopy(dict(document))
    for change in changes:
        change(result)
    return result


def codes(result: VcResult) -> set[str]:
    """The codes of what kept a document from being verified; empty when it is verified."""
    assert result.verified is not bool(result.errors)
    return {problem.code for problem in result.errors}


def warned(result: VcResult) -> set[str]:
    return {problem.code for problem in result.warnings}


def put(*path: str, value: Any) -> Change:
    """The change that sets a member."""

    def change(document: Document) -> None:
        _inside(document, path)[path[-1]] = value

    return change


def drop(*path: str) -> Change:
    """The change that takes a member out."""

    def change(document: Document) -> None:
        del _inside(document, path)[path[-1]]

    return change


def _inside(document: Document, path: tuple[str, ...]) -> Document:
    for name in path[:-1]:
        document = document[name]
    return document
