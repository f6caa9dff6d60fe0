"""What the tests of proofs share: signers made from a number, documents under pinned contexts, the official vectors."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import strategies as st

from openbadge import contexts, multibase
from openbadge.canon import Loader
from openbadge.did import did_key
from openbadge.multikey import PublicKey
from openbadge.proof import data_integrity

CREATED = datetime(2026, 3, 31, 10, 0, tzinfo=UTC)
CURVES = {
    "P-256": (ec.SECP256R1(), hashes.SHA256(), 32),
    "P-384": (ec.SECP384R1(), hashes.SHA384(), 48),
    "P-521": (ec.SECP521R1(), hashes.SHA512(), 66),
}
VECTOR_CONTEXTS = {
    "https://w3id.org/citizenship/v4rc1": "citizenship-v4rc1.jsonld",
    "https://www.w3.org/ns/credentials/examples/v2": "credentials-examples-v2.jsonld",
}
"""Vocabularies that only the official vectors use: the product does not know them."""


@dataclass(frozen=True)
class SampleSigner:
    """Signs with a key made from a number, and always in the same way (RFC 8032; RFC 6979 for ECDSA)."""

    algorithm: str
    public_key: PublicKey
    sign: Callable[[bytes], bytes]

    @property
    def verification_method(self) -> str:
        return f"{did_key(self.public_key)}#{self.public_key.multibase}"


def signer(algorithm: str, secret: int = 1) -> SampleSigner:
    return _ed25519(secret.to_bytes(32, "big")) if algorithm == "Ed25519" else _ecdsa(algorithm, secret)


def signer_of(secret_multibase: str) -> SampleSigner:
    """The signer of a `secretKeyMultibase` of the vectors."""
    code, raw = multibase.split_multicodec(multibase.decode_multibase(secret_multibase))
    algorithm = {0x1300: "Ed25519", 0x1306: "P-256", 0x1307: "P-384"}[code]
    return signer(algorithm, int.from_bytes(raw, "big"))


def rsa_key(algorithm: str) -> PublicKey:
    """A public RSA key whose private key nobody has: the modulus is a number like any other."""
    numbers = rsa.RSAPublicNumbers(65537, (1 << 2047) + (1 << 1000) + 1)
    return PublicKey(algorithm, numbers.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1))


def _ed25519(seed: bytes) -> SampleSigner:
    private = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return SampleSigner("Ed25519", PublicKey("Ed25519", raw), private.sign)


def _ecdsa(algorithm: str, secret: int) -> SampleSigner:
    curve, digest, size = CURVES[algorithm]
    private = ec.derive_private_key(secret, curve)

    def sign(data: bytes) -> bytes:
        r, s = decode_dss_signature(private.sign(data, ec.ECDSA(digest, deterministic_signing=True)))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    raw = private.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    return SampleSigner(algorithm, PublicKey(algorithm, raw), sign)


def badge() -> dict[str, Any]:
    """A small badge with every kind of value: nested objects with and without id, lists, a number, a language."""
    return {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        ],
        "id": "urn:uuid:0190e5a0-0000-7000-8000-000000000001",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": "did:web:badges.example.org", "type": ["Profile"], "name": "Exempelhögskolan"},
        "validFrom": "2026-03-31T10:00:00Z",
        "name": "Introduction to Testing",
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "hashed": False,
                    "identityHash": "ada@example.org",
                    "identityType": "emailAddress",
                }
            ],
            "achievement": {
                "id": "https://badges.example.org/achievements/1",
                "type": ["Achievement"],
                "name": "Introduction to Testing",
                "description": "Tests that mean something.\nTwo lines.",
                "criteria": {"narrative": "Finds the fault “by hand”."},
                "tag": ["testing", "quality"],
                "resultDescription": [
                    {
                        "id": "urn:uuid:0190e5a0-0000-7000-8000-0000000000aa",
                        "type": ["ResultDescription"],
                        "name": "Grade",
                        "resultType": "LetterGrade",
                        "allowedValue": ["A", "B", "C"],
                    }
                ],
            },
            "result": [
                {"type": ["Result"], "value": "A"},
                {"type": ["Result"], "value": "B"},
            ],
        },
    }


def signed(document: dict[str, Any], suite: str, by: SampleSigner, **more: Any) -> dict[str, Any]:
    """Sign a document with a suite; `more` are further members of the proof."""
    return data_integrity.create(document, {**options(suite, by), **more}, by)


def options(suite: str, by: SampleSigner) -> dict[str, Any]:
    return dict(data_integrity.options(suite, by.verification_method, CREATED))


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def loader(vectors: Path) -> Loader:
    """The pinned contexts and those of the vectors."""

    def load(url: str) -> Any:
        name = VECTOR_CONTEXTS.get(url)
        return contexts.document(url) if name is None else read(vectors / "contexts" / name)

    return load


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to all values of a document that hold no others, contexts left out."""
    if isinstance(value, dict):
        parts: list[tuple[Any, Any]] = [(name, item) for name, item in value.items() if name != "@context"]
    elif isinstance(value, list):
        parts = list(enumerate(value))
    else:
        return [path]
    return [leaf for step, item in parts for leaf in leaves(item, (*path, step))]


def changed(value: Any, path: tuple[Any, ...], new: Callable[[Any], Any]) -> Any:
    """A copy of a document in which the value at `path` is replaced."""
    if not path:
        return new(value)
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(value[path[0]], path[1:], new)
    return copy


_texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
_languages = st.sampled_from(["sv", "en-GB", "de"])


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Badges whose texts, lists and optional members are anything."""
    document = badge()
    subject = document["credentialSubject"]
    document["name"] = draw(_texts)
    achievement = subject["achievement"]
    achievement["name"] = draw(_texts)
    achievement["description"] = draw(
        _texts | st.builds(lambda t, i: {"@value": t, "@language": i}, _texts, _languages)
    )
    achievement["tag"] = draw(st.lists(_texts, min_size=1, max_size=4, unique=True))
    achievement["resultDescription"][0]["allowedValue"] = draw(st.lists(_texts, min_size=1, max_size=4))
    subject["result"] = [{"type": ["Result"], "value": text} for text in draw(st.lists(_texts, min_size=1, max_size=4))]
    if draw(st.booleans()):
        subject["id"] = "did:example:" + draw(st.text("abc123", min_size=1, max_size=8))
    if draw(st.booleans()):
        achievement["creditsAvailable"] = draw(st.integers(0, 10**6) | st.floats(0.1, 100))
    return document
