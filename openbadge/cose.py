"""COSE_Sign1, a credential signed in CBOR: RFC 9052 section 4.2, algorithms of RFC 9053, header `typ` of RFC 9596.

Read as strictly as a compact token: one form, few header members, and the key decides the algorithm. Everything that
could point to another key (certificates, addresses) is refused unread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from openbadge import cbor
from openbadge.errors import InvalidError
from openbadge.multikey import PublicKey, key_type
from openbadge.proof.model import Signer

TAG: Final = 18
"""The CBOR tag of COSE_Sign1 (RFC 9052 section 2, table 1)."""
ALG: Final = 1
CONTENT_TYPE: Final = 3
KEY_ID: Final = 4
TYPE: Final = 16
"""Header parameters (RFC 9052 section 3.1; RFC 9596 section 2)."""
ALGORITHMS: Final[Mapping[str, int]] = {"P-256": -7, "P-384": -35, "P-521": -36, "Ed25519": -8}
"""Algorithm numbers by key type (RFC 9053 section 2): ES256, ES384, ES512, EdDSA; one for each key, as in JOSE."""

_PROTECTED: Final = frozenset({ALG, CONTENT_TYPE, KEY_ID, TYPE})
_UNPROTECTED: Final = frozenset({KEY_ID})


@dataclass(frozen=True, slots=True)
class Sign1:
    """A message taken apart; nothing in it is verified yet. `protected` are the bytes that the signature covers."""

    protected: bytes
    header: Mapping[int, Any]
    payload: bytes
    signature: bytes

    @property
    def key_id(self) -> bytes:
        """The `kid` of the header, or b"" without one."""
        value = self.header.get(KEY_ID, b"")
        return value if isinstance(value, bytes) else b""


def sign(payload: bytes, signer: Signer, header: Mapping[int, Any]) -> bytes:
    """Return the tagged COSE_Sign1 message; the algorithm and the key id (the URL as UTF-8) of the header are the
    signer's, all of it protected. Raises `InvalidError` UNSUPPORTED_SUITE for a key type without an algorithm.
    """
    full = {ALG: _algorithm(signer.algorithm), KEY_ID: signer.verification_method.encode(), **header}
    protected = cbor.encode(full)
    signature = signer.sign(_to_be_signed(protected, payload))
    return cbor.encode(cbor.Tag(TAG, [protected, {}, payload, signature]))


def parse(data: bytes) -> Sign1:
    """Take a tagged COSE_Sign1 message apart.

    Raises `InvalidError`: PARSING_ERROR for CBOR that is not accepted or another form, LIMIT_EXCEEDED,
    CRYPTOGRAPHIC_SECURITY_ERROR for a header that must not be trusted, UNSUPPORTED_FORMAT for a detached payload.
    """
    message = cbor.decode(data)
    if not isinstance(message, cbor.Tag) or message.number != TAG:
        raise InvalidError("PARSING_ERROR", "The data is not a tagged COSE_Sign1 message.")
    fields = message.value
    if not isinstance(fields, list) or len(fields) != 4 or not isinstance(fields[1], dict):
        raise InvalidError("PARSING_ERROR", "A COSE_Sign1 message has 4 fields; this one is built otherwise.")
    protected, unprotected, payload, signature = fields
    if payload is None:
        raise InvalidError("UNSUPPORTED_FORMAT", "COSE messages whose payload is elsewhere are not supported.")
    if not all(isinstance(field, bytes) for field in (protected, payload, signature)):
        raise InvalidError("PARSING_ERROR", "A field of the COSE_Sign1 message is not a string of bytes.")
    return Sign1(protected, _header(protected, unprotected), payload, signature)


def verify(message: Sign1, key: PublicKey, external: bytes = b"") -> None:
    """Accept the signature under a key whose type decides the algorithm; `external` is additional data it covers.

    Raises `InvalidError`: UNSUPPORTED_SUITE for a key type without a COSE algorithm, CRYPTOGRAPHIC_SECURITY_ERROR when
    the header claims another algorithm or the signature does not match, PROOF_VERIFICATION_ERROR for its length.
    """
    if message.header[ALG] != _algorithm(key.algorithm):
        raise _insecure(f"The message claims the algorithm {message.header[ALG]}, which is not that of its key.")
    key.verify(message.signature, _to_be_signed(message.protected, message.payload, external))


def _to_be_signed(protected: bytes, payload: bytes, external: bytes = b"") -> bytes:
    return cbor.encode(["Signature1", protected, external, payload])  # RFC 9052 section 4.4


def _header(protected: bytes, unprotected: Mapping[Any, Any]) -> dict[int, Any]:
    covered = cbor.decode(protected) if protected else {}
    if not isinstance(covered, dict):
        raise InvalidError("PARSING_ERROR", "The protected header of the message is not a map.")
    refused = [*(covered.keys() - _PROTECTED), *(unprotected.keys() - _UNPROTECTED)]
    if refused or not covered.keys().isdisjoint(unprotected):
        raise _insecure(f"The header of the message has a member {str(refused)[:60]} that is refused, or one twice.")
    if type(covered.get(ALG)) is not int:
        raise _insecure("The protected header of the message names no algorithm.")
    return {**unprotected, **covered}


def _algorithm(name: str) -> int:
    if key_type(name).name not in ALGORITHMS:
        raise InvalidError("UNSUPPORTED_SUITE", f"Keys of type {name} have no COSE algorithm that is accepted.")
    return ALGORITHMS[name]


def _insecure(detail: str) -> InvalidError:
    return InvalidError("CRYPTOGRAPHIC_SECURITY_ERROR", detail)
