"""Badges that these tests sign themselves with fixed keys, so that a reader tests the format and not the issuer."""

from __future__ import annotations

import base64
import gzip
import json
import struct
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from openbadge import did, multibase, strict_json
from openbadge.baking import png, svg
from openbadge.multikey import PublicKey
from openbadge.proof import data_integrity, vc_jwt
from openbadge.status import set_bits
from openbadge.status_suspension import related_resource
from openbadge.vocabulary import CREDENTIALS_V2, MINIMUM_LIST_ENTRIES, OB_CONTEXT, OB_EXTENSIONS

Document = dict[str, Any]

CREATED: Final = datetime(2026, 3, 31, 10, tzinfo=UTC)
SUITE: Final = "eddsa-rdfc-2022"
SITE: Final = "https://badges.example.org"
STATUS_URL: Final = f"{SITE}/status/1"
STATUS_INDEX: Final = 94_567
ED25519_SECRET: Final = 0x1300  # Multicodec "ed25519-priv"


class Key:
    """An Ed25519 key pair that is the same in every run."""

    algorithm = "Ed25519"

    def __init__(self, seed: int) -> None:
        self._seed = bytes([seed]) * 32
        self._private = Ed25519PrivateKey.from_private_bytes(self._seed)
        self.public = PublicKey("Ed25519", self._private.public_key().public_bytes_raw())

    def sign(self, data: bytes) -> bytes:
        return self._private.sign(data)

    @property
    def private_pem(self) -> bytes:
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def secret_multibase(self) -> str:
        return multibase.encode_base58btc(multibase.with_multicodec(ED25519_SECRET, self._seed))


class KeyPair(Protocol):
    """A key of any type that signs here and, by its secret, in other libraries."""

    algorithm: str

    @property
    def public(self) -> PublicKey: ...

    @property
    def secret_multibase(self) -> str: ...

    @property
    def private_pem(self) -> bytes: ...

    def sign(self, data: bytes) -> bytes: ...


@dataclass(frozen=True)
class Signer:
    """A key under the name that an issuer publishes it with."""

    id: str
    verification_method: str
    key: KeyPair

    @property
    def algorithm(self) -> str:
        return self.key.algorithm

    def sign(self, data: bytes) -> bytes:
        return self.key.sign(data)

    @property
    def document(self) -> Document:
        return did.document(self.id, [(self.verification_method, self.key.public)])


def did_key_signer(seed: int = 1) -> Signer:
    return signer_of(Key(seed))


def signer_of(key: KeyPair) -> Signer:
    """The signer that a key is for itself, as did:key names it."""
    identifier = did.did_key(key.public)
    return Signer(identifier, f"{identifier}#{key.public.multibase}", key)


def did_web_signer(seed: int = 2) -> Signer:
    identifier = did.did_web(SITE)
    return Signer(identifier, f"{identifier}#key-1", Key(seed))


def badge(signer: Signer, **changes: Any) -> Document:
    """An unsigned badge; `changes` replace or add members of the credential, None leaves one out."""
    document: Document = {
        "@context": [CREDENTIALS_V2, OB_CONTEXT, OB_EXTENSIONS],
        "id": "urn:uuid:0b0b0b0b-0000-4000-8000-000000000001",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Introduction to Testing",
        "issuer": {"id": signer.id, "type": ["Profile"], "name": "Example Academy", "url": SITE},
        "validFrom": "2026-03-31T10:00:00Z",
        "credentialSubject": subject(),
        "credentialSchema": [
            {
                "id": "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json",
                "type": "1EdTechJsonSchemaValidator2019",
            }
        ],
    }
    return {name: value for name, value in {**document, **changes}.items() if value is not None}


def subject(*, achievement: Document | None = None, **changes: Any) -> Document:
    """A credential subject; `achievement` adds members to its achievement, None in `changes` leaves one out."""
    document = {
        "id": "did:key:z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG",
        "type": ["AchievementSubject"],
        "achievement": {
            "id": f"{SITE}/achievements/1",
            "type": ["Achievement"],
            "achievementType": "MicroCredential",
            "name": "Introduction to Testing",
            "description": "How to find out what a program really does.",
            "criteria": {"narrative": "Pass all modules."},
            **(achievement or {}),
        },
        **changes,
    }
    return {name: value for name, value in document.items() if value is not None}


def status_entry(url: str = STATUS_URL) -> Document:
    return {
        "id": f"{url}#{STATUS_INDEX}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": str(STATUS_INDEX),
        "statusListCredential": url,
    }


def sign(document: Document, signer: Signer, suite: str = SUITE) -> Document:
    options = data_integrity.options(suite, signer.verification_method, CREATED)
    return data_integrity.create(document, options, signer)


def status_list(signer: Signer, *, revoked: bool = False, suspended: bool = False) -> Document:
    """A signed list; a suspended badge has its bit set, too, and the list says that the bit can be lifted."""
    document = unsigned_status_list(signer, revoked=revoked or suspended)
    if suspended:
        document["relatedResource"] = [related_resource(set_bits(MINIMUM_LIST_ENTRIES, [STATUS_INDEX]))]
    return sign(document, signer)


def unsigned_status_list(signer: Signer, url: str = STATUS_URL, *, revoked: bool = False) -> Document:
    """A status list; written here by hand, so that readers also check our reading of the standard."""
    bits = bytearray(MINIMUM_LIST_ENTRIES // 8)
    if revoked:
        bits[STATUS_INDEX // 8] |= 0x80 >> STATUS_INDEX % 8
    encoded = base64.urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0)).rstrip(b"=").decode("ascii")
    return {
        "@context": [CREDENTIALS_V2],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": signer.id,
        "validFrom": "2026-03-31T10:00:00Z",
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": f"u{encoded}",
        },
    }


def write(folder: Path, signer: Signer) -> None:
    """Write a badge in every form with its material, laid out as `microcred demo --once --out` lays it out."""
    document = badge(signer, credentialStatus=status_entry())
    text = strict_json.dumps(sign(document, signer))
    (folder / "material").mkdir(parents=True)
    (folder / "credential.json").write_bytes(text)
    (folder / "credential.jwt").write_text(vc_jwt.create(document, signer))
    (folder / "credential.png").write_bytes(png.bake(_picture(), text.decode("ascii")))
    (folder / "credential.svg").write_bytes(svg.bake(_DRAWING, text.decode("ascii")))
    answers = {STATUS_URL: (status_list(signer), "application/vc")}
    if signer.id.startswith("did:web:"):
        answers[did.did_web_url(signer.id)] = (signer.document, "application/did+ld+json")
    index = {}
    for number, (url, (answer, media_type)) in enumerate(answers.items()):
        (folder / "material" / f"{number}.json").write_bytes(strict_json.dumps(answer))
        index[url] = {"file": f"{number}.json", "mediaType": media_type}
    (folder / "material" / "index.json").write_text(json.dumps(index))


_DRAWING: Final = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle cx="4" cy="4" r="3"/></svg>\n'


def _picture() -> bytes:
    """A grey PNG of one pixel."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0\x80")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
