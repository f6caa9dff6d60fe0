"""Values transcribed from the official vectors, and small helpers, so that tests mean something without the folder.

Key pair and document: W3C vc-di-eddsa test vectors. Open Badge hashes: 1EdTech implementation guide.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from openbadge import contexts, multibase
from openbadge.errors import InvalidError
from openbadge.multikey import PublicKey

W3C_PUBLIC = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
W3C_SECRET = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq"
W3C_METHOD = f"did:key:{W3C_PUBLIC}#{W3C_PUBLIC}"
W3C_DOCUMENT_HASH = "517744132ae165a5349155bef0bb0cf2258fff99dfe1dbd914b938d775a36017"
W3C_PROOF_HASH = "bea7b7acfbad0126b135104024a5f1733e705108f42d59668b05c0c50004c6b0"
W3C_SIGNATURE = "z2YwC8z3ap7yx1nZYCg4L3j3ApHsF8kgPdSb5xoS1VR7vPG3F561B52hYnQF9iseabecm3ijx4K1FBTQsCZahKZme"

GRADE = "urn:uuid:1b7b0c5e-1111-4111-8111-111111111112"

OB_DOCUMENT_HASH = "87f65a76d40146205e3b3e06cb0fbd153f97f9ce70372390f52566bb7f9e0773"
OB_PROOF_HASH = "d34009cea0dbc1ca941e09dc01c8c9d3e3ce3c5b853f67ee44698dcea10f5d19"

_FILES = {
    "https://www.w3.org/ns/credentials/examples/v2": "credentials-examples-v2.jsonld",
    "https://www.w3.org/ns/credentials/undefined-terms/v2": "credentials-undefined-terms-v2.jsonld",
    "https://w3id.org/citizenship/v1": "citizenship-v1.jsonld",
    "https://w3id.org/citizenship/v2": "citizenship-v2.jsonld",
    "https://w3id.org/citizenship/v4rc1": "citizenship-v4rc1.jsonld",
}


@dataclass(frozen=True)
class W3cSigner:
    """Signs with the published key of the W3C vectors: it protects nothing."""

    verification_method: str = W3C_METHOD
    algorithm: str = "Ed25519"

    def sign(self, data: bytes) -> bytes:
        seed = multibase.decode_multibase(W3C_SECRET)[2:]
        return Ed25519PrivateKey.from_private_bytes(seed).sign(data)


def w3c_key() -> PublicKey:
    return PublicKey.from_multibase(W3C_PUBLIC)


def loader(folder: Path) -> Callable[[str], Any]:
    """Serve the product's contexts, and from `folder` those that only the vectors use."""

    def load(url: str) -> Any:
        if url in _FILES:
            return json.loads((folder / _FILES[url]).read_bytes())
        return contexts.document(url)

    return load


def edited(document: Mapping[str, Any], *changes: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    """A deep copy of `document` with `changes` made to it."""
    result = copy.deepcopy(dict(document))
    for change in changes:
        change(result)
    return result


def code_of(function: Callable[..., Any], *arguments: Any, **named: Any) -> str:
    """The code of the `InvalidError` that a call raises, or 'accepted'; any other exception fails the test."""
    try:
        function(*arguments, **named)
    except InvalidError as error:
        return error.code if error.detail.endswith(".") else f"no sentence: {error.detail}"
    return "accepted"


def badge() -> dict[str, Any]:
    """A small badge of our own in normal form, unsigned; a new copy on each call."""
    return {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        ],
        "id": "https://badges.example/credentials/1",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Data Literacy",
        "issuer": {"id": "did:web:badges.example", "type": ["Profile"], "name": "Example University"},
        "validFrom": "2026-03-31T10:00:00Z",
        "validUntil": "2030-03-31T10:00:00Z",
        "credentialSubject": {
            "id": "did:example:learner",
            "type": ["AchievementSubject"],
            "identifier": [
                {"type": "IdentityObject", "hashed": False, "identityHash": "Ada", "identityType": "name"},
            ],
            "result": [{"type": ["Result"], "resultDescription": GRADE, "value": "85"}],
            "achievement": {
                "id": "https://badges.example/achievements/1",
                "type": ["Achievement"],
                "name": "Data Literacy",
                "description": "Reads data critically.",
                "creditsAvailable": 3.5,
                "tag": ["data", "literacy"],
                "criteria": {"narrative": "Passed the examination."},
                "resultDescription": [
                    {
                        "id": GRADE,
                        "type": ["ResultDescription"],
                        "name": "Grade",
                        "resultType": "Percent",
                        "allowedValue": ["85", "70"],
                    }
                ],
            },
        },
        "credentialStatus": {
            "id": "https://badges.example/status/1#7",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": "7",
            "statusListCredential": "https://badges.example/status/1",
        },
    }


def rich_badge() -> dict[str, Any]:
    """What real badges do and normal form must allow: repeated ids, endorsements, `geo`, criteria by id."""
    achievement = {
        "id": "https://badges.example/achievements/1",
        "creator": {"id": "did:web:badges.example", "type": ["Profile"], "email": "badges@badges.example"},
        "criteria": {"id": "https://badges.example/achievements/1/criteria"},
        "image": {"id": "https://badges.example/1.png", "type": "Image", "caption": "A badge"},
        "inLanguage": "en-GB",
    }
    endorsement = {
        "@context": badge()["@context"],
        "id": "https://quality.example/endorsements/1",
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "name": "Quality label",
        "issuer": {"id": "did:web:quality.example", "type": ["Profile"]},
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {
            "id": "https://badges.example/achievements/1",
            "type": ["EndorsementSubject"],
            "endorsementComment": "Reviewed.",
        },
    }
    document = badge()
    document["credentialSubject"]["achievement"] |= achievement
    document["image"] = {"id": "https://badges.example/1.png", "type": "Image"}
    document["issuer"]["address"] = {
        "type": ["Address"],
        "geo": {"type": "GeoCoordinates", "latitude": 38.5, "longitude": -84.25},
    }
    document["endorsement"] = [endorsement]
    return document
