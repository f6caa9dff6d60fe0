"""Real credentials for the tests: built like an issuer's, signed with keys made from fixed seeds.

`World` is one issuer with its key document and status list, all served from memory; its fields are what a test may
want to break.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from openbadge import did, identity, status
from openbadge.errors import UnavailableError
from openbadge.multikey import PublicKey
from openbadge.proof import data_integrity, vc_jwt
from openbadge.vocabulary import (
    ACHIEVEMENT_SCHEMA,
    CREDENTIALS_V2,
    OB_CONTEXT,
    OB_EXTENSIONS,
    SCHEMA_TYPE,
)
from verifier.fetch import Fetched
from verifier.policy import Policy
from verifier.question import Question
from verifier.report import Check, Outcome, Report, Verdict
from verifier.trust import TrustList
from verifier.verify import verify

Document = dict[str, Any]
Change = Callable[[Document], object]

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
CREATED = datetime(2026, 3, 31, 10, tzinfo=UTC)
ISSUER = "did:web:badges.example.org"
DID_URL = "https://badges.example.org/.well-known/did.json"
LIST_URL = "https://badges.example.org/status/1"
INDEX = 94_567
EMAIL = "learner@example.org"
SALT = "c2FsdC1vZi0xNi1ieXRlcw"


@dataclass(frozen=True)
class Ed25519Signer:
    """Signs with a key made from one byte, 32 times."""

    verification_method: str
    seed: int = 1
    algorithm: str = "Ed25519"

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data)

    @property
    def _key(self) -> ed25519.Ed25519PrivateKey:
        return ed25519.Ed25519PrivateKey.from_private_bytes(bytes([self.seed]) * 32)

    @property
    def public(self) -> PublicKey:
        return PublicKey("Ed25519", self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


@dataclass(frozen=True)
class P256Signer:
    """Signs with a P-256 key made from a small number."""

    verification_method: str
    seed: int = 1
    algorithm: str = "P-256"

    def sign(self, data: bytes) -> bytes:
        r, s = decode_dss_signature(self._key.sign(data, ec.ECDSA(SHA256(), deterministic_signing=True)))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    @property
    def _key(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(self.seed + 1000, ec.SECP256R1())

    @property
    def public(self) -> PublicKey:
        raw = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        return PublicKey("P-256", raw)


Signer = Ed25519Signer | P256Signer
KEY = Ed25519Signer(f"{ISSUER}#key-1")
ATTACKER = Ed25519Signer("did:web:attacker.example#key-1", 66)


def did_key_signer(seed: int = 7) -> Ed25519Signer:
    """A signer whose issuer is the did:key of its own key."""
    key = Ed25519Signer("", seed).public
    name = did.did_key(key)
    return Ed25519Signer(f"{name}#{key.multibase}", seed)


def unsigned() -> Document:
    """The badge that every test starts from: rich enough that each check has something to look at."""
    return {
        "@context": [CREDENTIALS_V2, OB_CONTEXT, OB_EXTENSIONS],
        "id": "urn:uuid:0b1c2d3e-0000-7000-8000-000000000001",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Intro to Testing",
        "issuer": {"id": ISSUER, "type": ["Profile"], "name": "Example Academy", "url": "https://badges.example.org"},
        "validFrom": "2026-03-31T10:00:00Z",
        "validUntil": "2029-03-31T10:00:00Z",
        "credentialSubject": {
            "id": "did:key:z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd",
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "hashed": True,
                    "identityHash": identity.hash_identity(EMAIL, SALT),
                    "identityType": "emailAddress",
                    "salt": SALT,
                },
                {"type": "IdentityObject", "hashed": False, "identityHash": "Ada Learner", "identityType": "name"},
            ],
            "achievement": {
                "id": "https://badges.example.org/achievements/1",
                "type": ["Achievement"],
                "achievementType": "MicroCredential",
                "name": "Intro to Testing",
                "description": "A course about testing.",
                "criteria": {"narrative": "Pass all modules."},
                "image": {"id": "https://badges.example.org/img/1.png", "type": "Image"},
                "tag": ["testing", "quality"],
            },
        },
        "credentialSchema": [{"id": ACHIEVEMENT_SCHEMA, "type": SCHEMA_TYPE}],
        "credentialStatus": status_entry(),
    }


def status_entry(index: str = str(INDEX), purpose: str = "revocation", url: str = LIST_URL) -> Document:
    return {
        "id": f"{url}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": index,
        "statusListCredential": url,
    }


def sign(document: Mapping[str, Any], signer: Signer = KEY, **options: Any) -> Document:
    """Return `document` with one more proof, eddsa-rdfc-2022 unless `options` say otherwise: they override members."""
    chosen = data_integrity.options(options.get("cryptosuite", "eddsa-rdfc-2022"), signer.verification_method, CREATED)
    return data_integrity.create(document, {**chosen, **options}, signer)


def badge(change: Change | None = None, signer: Signer = KEY, **options: Any) -> Document:
    """Return a signed badge; `change` edits the document before the signature (an issuer's mistake)."""
    document = unsigned()
    if change is not None:
        change(document)
    return sign(document, signer, **options)


def token(change: Change | None = None, signer: Signer = KEY) -> str:
    """Return the badge as a compact token."""
    document = unsigned()
    if change is not None:
        change(document)
    return vc_jwt.create(document, signer)


def endorsement(about: str = "https://badges.example.org/achievements/1", signer: Signer | None = None) -> Document:
    """Return a signed endorsement by a did:key."""
    signer = signer or did_key_signer(9)
    document = {
        "@context": [CREDENTIALS_V2, OB_CONTEXT],
        "id": "urn:uuid:0b1c2d3e-0000-7000-8000-000000000009",
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "name": "Quality seal",
        "issuer": {"id": signer.verification_method.partition("#")[0], "type": ["Profile"], "name": "Quality Board"},
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {"id": about, "type": ["EndorsementSubject"], "endorsementComment": "Approved."},
    }
    return sign(document, signer)


def status_list(change: Change | None = None, signer: Signer = KEY, revoked: tuple[int, ...] = ()) -> Document:
    """Return a signed status list credential; `change` edits it before the signature."""
    document: Document = {
        "@context": [CREDENTIALS_V2],
        "id": LIST_URL,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": ISSUER,
        "validFrom": "2026-04-01T11:55:00Z",
        "validUntil": "2026-04-01T12:10:00Z",
        "credentialSubject": {
            "id": f"{LIST_URL}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": status.encode_list(status.set_bits(131_072, revoked)),
        },
    }
    if change is not None:
        change(document)
    return sign(document, signer)


def key_document(*signers: Signer) -> Document:
    return did.document(ISSUER, [(signer.verification_method, signer.public) for signer in signers or (KEY,)])


@dataclass
class FakeFetch:
    """Answers from a dictionary of URL to document, bytes or error, and remembers what was asked."""

    answers: dict[str, Any]
    asked: list[str] = field(default_factory=list)

    def fetch(self, url: str, accept: str, *, limit: int = 0) -> Fetched:
        self.asked.append(url)
        answer = self.answers.get(url, UnavailableError("FETCH_FAILED", f"{url} is not there."))
        if isinstance(answer, Exception):
            raise answer
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return Fetched(url, "application/json", body, NOW)


def material(**changes: Any) -> dict[str, Any]:
    """Return what the issuer publishes: `keys` and `status` replace the key document and the list."""
    return {DID_URL: changes.get("keys", key_document()), LIST_URL: changes.get("status", status_list())}


def question(answers: Mapping[str, Any] | None = None, **changes: Any) -> Question:
    fetch = FakeFetch(dict(material() if answers is None else answers))
    return Question(**{"now": NOW, "fetch": fetch, "policy": Policy(), "trust": TrustList({}), **changes})


def check(credential: Any, answers: Mapping[str, Any] | None = None, **changes: Any) -> Report:
    """Verify a document, text or bytes, against what the issuer publishes."""
    data = credential if isinstance(credential, bytes) else credential.encode() if isinstance(credential, str) else None
    return verify(json.dumps(credential).encode() if data is None else data, question(answers, **changes))


def outcomes(report: Report) -> dict[str, str]:
    return {item.id: str(item.outcome) for item in report.authenticity}


def bad(report: Report) -> dict[str, str | None]:
    """Return the required checks that did not pass, with their problem codes."""
    return {
        item.id: item.problem for item in report.authenticity if item.required and item.outcome is not Outcome.PASSED
    }


def find(report: Report, check_id: str) -> Check:
    found = report.check(check_id)
    assert found is not None
    return found


def edited(document: Document, change: Change) -> Document:
    """Return a copy of a signed document that someone without the key has edited."""
    result = copy.deepcopy(document)
    change(result)
    return result


VALID, INVALID, UNDETERMINED = Verdict.VALID, Verdict.INVALID, Verdict.UNDETERMINED


def problems(report: Report) -> set[str | None]:
    """Return the problem codes of all checks that did not pass, notes included."""
    return {item.problem for item in report.authenticity if item.outcome is not Outcome.PASSED}
