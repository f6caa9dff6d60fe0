"""Compact JSON Web Signatures: RFC 7515 section 7.1, read so that one token has one spelling and one meaning.

The token is taken apart here before any signature is looked at: three parts in canonical base64url, a header of few
known members, none twice. Which algorithm checks the signature follows from the key (RFC 8725 section 3.1), and the
header's `alg` must agree. Whatever a header says about where to find keys (`jku`, `x5u`, `x5c`) is refused unread; a
`jwk` is allowed, since Open Badges 3.0 section 8.2.1 allows it, and never trusted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from openbadge import multibase, strict_json
from openbadge.errors import InvalidError
from openbadge.multikey import KEY_TYPES, PublicKey, key_type
from openbadge.proof.model import Signer

ALGORITHMS: Final[Mapping[str, str]] = {
    **{kind.jose_algorithm: kind.name for kind in KEY_TYPES.values()},
    "Ed25519": "Ed25519",
}
"""All signatures that are accepted, with the key type that makes them: RFC 7518 section 3.1, RFC 8037, RFC 9864.

`none` and the HMAC algorithms can never be in this table: with them whoever can check could also have signed.
"""
OPEN_BADGE_MEMBERS: Final = frozenset({"alg", "kid", "jwk", "typ"})
"""All that Open Badges 3.0 section 8.2.1 allows in a header."""
CREDENTIAL_MEMBERS: Final = OPEN_BADGE_MEMBERS | {"cty"}
"""What VC-JOSE-COSE section 3.1.3 asks for in addition."""
MAX_HEADER_BYTES: Final = 8 * 1024
"""8 KiB: a header with an RSA key has about 500 bytes."""
MAX_CHARS: Final = 2 * strict_json.MAX_BYTES
"""Characters of a token: a payload of 1 MiB in base64url, with header and signature."""


@dataclass(frozen=True, slots=True)
class Jws:
    """A token taken apart; nothing in it is verified yet. `signing_input` is what the signature covers."""

    header: Mapping[str, Any]
    payload: bytes
    signing_input: bytes
    signature: bytes

    @property
    def key_id(self) -> str:
        """The header's `kid`, or "" without one."""
        return str(self.header.get("kid", ""))


def parse(token: str, members: frozenset[str] = OPEN_BADGE_MEMBERS) -> Jws:
    """Take a compact token apart; `members` are the header members that may occur.

    Raises `InvalidError`: LIMIT_EXCEEDED, PARSING_ERROR for its form, UNSUPPORTED_FORMAT for encryption or an
    unencoded payload, CRYPTOGRAPHIC_SECURITY_ERROR for a header that must not be trusted, DUPLICATE_JSON_KEY and the
    other codes of `strict_json.loads`.
    """
    if len(token) > MAX_CHARS:
        raise InvalidError("LIMIT_EXCEEDED", "The token is larger than 2 MiB.")
    parts = token.split(".")
    if len(parts) == 5:
        raise InvalidError("UNSUPPORTED_FORMAT", "This is an encrypted token; only signed ones can be checked.")
    if len(parts) != 3:
        raise InvalidError("PARSING_ERROR", f"A signed token has 3 parts, this one {len(parts)}.")
    head, payload, signature = (_decode(part) for part in parts)
    header = strict_json.loads(head, limit=MAX_HEADER_BYTES)
    _check_header(header, members)
    return Jws(header, payload, f"{parts[0]}.{parts[1]}".encode("ascii"), signature)


def verify(signed: Jws, key: PublicKey) -> None:
    """Accept the signature under a key whose type decides the algorithm.

    Raises `InvalidError`: CRYPTOGRAPHIC_SECURITY_ERROR when the header claims another algorithm or the signature does
    not match, PROOF_VERIFICATION_ERROR when it has the wrong length.
    """
    claimed = signed.header["alg"]
    if ALGORITHMS.get(claimed) != key.algorithm:
        raise _insecure(f"The token claims {claimed[:20]}, its key is for {key_type(key.algorithm).jose_algorithm}.")
    key.verify(signed.signature, signed.signing_input)


def sign(header: Mapping[str, Any], payload: bytes, signer: Signer) -> str:
    """Return the compact token over a payload; `header` holds the members beside the signer's `alg` and `kid`.

    Raises `InvalidError` INVALID_VERIFICATION_METHOD for a signer of an unknown key type.
    """
    algorithm = key_type(signer.algorithm).jose_algorithm
    own = {"alg": algorithm, "kid": signer.verification_method}
    full = {**own, **header, **own}  # first in the text, and never another's
    signing_input = ".".join(map(multibase.base64url_encode, (strict_json.dumps(full), payload)))
    return f"{signing_input}.{multibase.base64url_encode(signer.sign(signing_input.encode('ascii')))}"


def _decode(part: str) -> bytes:
    try:
        return multibase.base64url_decode(part)
    except InvalidError as error:
        raise InvalidError("PARSING_ERROR", f"A part of the token cannot be read: {error.detail}") from error


def _check_header(header: Mapping[str, Any], members: frozenset[str]) -> None:
    if "b64" in header:
        raise InvalidError("UNSUPPORTED_FORMAT", "Tokens with an unencoded payload (b64) are not supported.")
    unknown = sorted(header.keys() - members)
    if unknown:
        raise _insecure(f"The token's header has a member {unknown[0][:50]!r} that is refused.")
    if not isinstance(header.get("alg"), str) or header["alg"].lower() in ("", "none"):
        raise _insecure("The token is not signed.")
    if not isinstance(header.get("kid", ""), str) or not isinstance(header.get("jwk", {}), dict):
        raise _insecure("The token's header names its key in a wrong form.")


def _insecure(detail: str) -> InvalidError:
    return InvalidError("CRYPTOGRAPHIC_SECURITY_ERROR", detail)
