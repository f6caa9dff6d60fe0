"""The two proof values in CBOR: the base proof for the holder, the derived proof for everyone.

VC Data Integrity ECDSA Cryptosuites 1.0, section 3.5. Both are read strictly: a value has one form, and what is not of
that form is refused before any signature is looked at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from openbadge import cbor, multibase
from openbadge.errors import InvalidError
from openbadge.multikey import PublicKey
from openbadge.proof.model import decode_value
from openbadge.proof.sd.labels import DIGEST_BYTES

BASE_HEADER: Final = bytes.fromhex("d95d00")
DERIVED_HEADER: Final = bytes.fromhex("d95d01")
SIGNATURE_BYTES: Final = 64
KEY_BYTES: Final = 35
"""Two bytes of Multicodec and the compressed point: section 3.5.2."""
MAX_CHARS: Final = 256 * 1_024
"""Characters of a proof value: 1,000 signatures with 1,000 labels make 137,000."""

_P256: Final = 0x1200
"""The Multicodec `p256-pub`."""


@dataclass(frozen=True, slots=True)
class BaseProof:
    """What the issuer gives to the holder; with `hmac_key`, which lets its reader guess at hidden statements."""

    base_signature: bytes
    public_key: PublicKey
    hmac_key: bytes = field(repr=False)
    signatures: tuple[bytes, ...]
    mandatory_pointers: tuple[str, ...]

    def encode(self) -> str:
        """Return the proof value (section 3.5.2 "serializeBaseProofValue")."""
        return _encode(
            BASE_HEADER,
            [
                self.base_signature, _key_bytes(self.public_key), self.hmac_key,
                list(self.signatures), list(self.mandatory_pointers),
            ],
        )  # fmt: skip

    @classmethod
    def decode(cls, value: str) -> BaseProof:
        """Read a proof value (section 3.5.3 "parseBaseProofValue"). Raises `InvalidError` PROOF_VERIFICATION_ERROR."""
        signature, key, hmac_key, signatures, pointers = _decode(value, BASE_HEADER, "base")
        if not isinstance(pointers, list) or not all(isinstance(pointer, str) for pointer in pointers):
            raise _bad("the mandatory pointers are not texts")
        return cls(
            _bytes(signature, SIGNATURE_BYTES), _key(key), _bytes(hmac_key, DIGEST_BYTES), _signatures(signatures),
            tuple(pointers),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class DerivedProof:
    """What the holder shows. `labels` are the keyed labels by the document's canonical ones (`c14n0`), and
    `mandatory_indexes` say which of the document's statements the base signature covers."""

    base_signature: bytes
    public_key: PublicKey
    signatures: tuple[bytes, ...]
    labels: Mapping[str, str]
    mandatory_indexes: tuple[int, ...]

    def encode(self) -> str:
        """Return the proof value (section 3.5.7 "serializeDerivedProofValue")."""
        compressed = {
            int(old.removeprefix("c14n")): multibase.decode_multibase(new) for old, new in self.labels.items()
        }
        return _encode(
            DERIVED_HEADER,
            [
                self.base_signature, _key_bytes(self.public_key), list(self.signatures),
                compressed, list(self.mandatory_indexes),
            ],
        )  # fmt: skip

    @classmethod
    def decode(cls, value: str) -> DerivedProof:
        """Read a proof value (section 3.5.8 "parseDerivedProofValue").

        Raises `InvalidError` PROOF_VERIFICATION_ERROR, also for indexes that do not ascend, and for two labels alike:
        with those a holder could make two objects look like one.
        """
        signature, key, signatures, labels, indexes = _decode(value, DERIVED_HEADER, "derived")
        if not isinstance(indexes, list) or not all(map(_is_index, indexes)) or indexes != sorted(set(indexes)):
            raise _bad("the mandatory indexes are not ascending numbers")
        return cls(
            _bytes(signature, SIGNATURE_BYTES), _key(key), _signatures(signatures), _labels(labels), tuple(indexes)
        )

    def split(self, statements: Sequence[str]) -> tuple[list[str], list[str]]:
        """Return the mandatory statements of a document and the others, one signature for each of those.

        Raises `InvalidError` PROOF_VERIFICATION_ERROR for an index beyond the statements, or another number of others.
        """
        if self.mandatory_indexes and self.mandatory_indexes[-1] >= len(statements):
            raise _bad("an index points behind the last statement")
        chosen = set(self.mandatory_indexes)
        others = [text for index, text in enumerate(statements) if index not in chosen]
        if len(others) != len(self.signatures):
            raise _bad(f"it has {len(self.signatures)} signatures for {len(others)} statements")
        return [statements[index] for index in self.mandatory_indexes], others


def sign_data(proof_hash: bytes, public_key: PublicKey, mandatory: Sequence[str]) -> bytes:
    """Return what the issuer's key signs (sections 3.4.17 "hashMandatoryNQuads" and 3.5.1 "serializeSignData")."""
    return proof_hash + _key_bytes(public_key) + sha256("".join(mandatory).encode("utf-8"))


def sha256(data: bytes) -> bytes:
    """Return the SHA-256 digest of `data`."""
    return hashlib.sha256(data).digest()


def _encode(header: bytes, components: list[Any]) -> str:
    return multibase.encode_base64url(header + cbor.encode(components))


def _decode(value: str, header: bytes, kind: str) -> list[Any]:
    if len(value) > MAX_CHARS:
        raise InvalidError("LIMIT_EXCEEDED", f"The proof value has more than {MAX_CHARS:,} characters.")
    data = decode_value(value, "u")
    if not data.startswith(header):
        raise _bad(f"it is not a {kind} proof")
    try:
        components = cbor.decode(data[len(header) :])
    except InvalidError as error:
        raise _bad(error.detail.rstrip(".")) from error
    if not isinstance(components, list) or len(components) != 5:
        raise _bad("it does not have five parts")
    return components


def _key_bytes(key: PublicKey) -> bytes:
    return multibase.with_multicodec(_P256, key.raw)


def _key(value: Any) -> PublicKey:
    try:
        code, raw = multibase.split_multicodec(_bytes(value, KEY_BYTES))
        if code == _P256:
            return PublicKey("P-256", raw)
    except InvalidError as error:
        raise _bad(error.detail.rstrip(".")) from error
    raise _bad("its key is not one of the curve P-256")


def _bytes(value: Any, length: int) -> bytes:
    if not isinstance(value, bytes) or len(value) != length:
        raise _bad(f"a part of it does not have {length} bytes")
    return value


def _signatures(value: Any) -> tuple[bytes, ...]:
    if not isinstance(value, list):
        raise _bad("the signatures are not a list")
    return tuple(_bytes(item, SIGNATURE_BYTES) for item in value)


def _labels(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(map(_is_index, value)):
        raise _bad("the labels are not numbered")
    found = {f"c14n{number}": multibase.encode_base64url(_bytes(item, DIGEST_BYTES)) for number, item in value.items()}
    if len(set(found.values())) != len(found):
        raise _bad("two objects have the same label")
    return found


def _is_index(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _bad(detail: str) -> InvalidError:
    return InvalidError("PROOF_VERIFICATION_ERROR", f"The proof value of ecdsa-sd-2023 is not acceptable: {detail}.")
