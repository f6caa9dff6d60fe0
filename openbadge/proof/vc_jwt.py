"""The VC-JWT container: Open Badges 3.0 section 8.2 "JSON Web Token Proof Format" over RFC 7515.

The token is taken apart by our own strict reader before any signature is looked at: three parts in canonical
base64url, a header of few known members, one algorithm per key type. A key inside the token (`jwk`) is reported but
never trusted: it proves that the text is whole, not who wrote it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from openbadge import multibase, strict_json, timestamps
from openbadge.errors import InvalidError
from openbadge.multikey import PublicKey, key_type
from openbadge.proof.model import Document, Signer

HEADER_MEMBERS: Final = frozenset({"alg", "kid", "jwk", "typ"})
"""All that Open Badges 3.0 allows in the header; `crit`, `b64`, `jku`, `x5u`, `x5c` and the like are refused."""
TYPES: Final = frozenset({"JWT", "vc+jwt", "vc+ld+jwt"})
CLAIMS: Final = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti"})
"""Registered claims (RFC 7519 section 4.1): they stand beside the members of the credential."""
MAX_HEADER_BYTES: Final = 8 * 1024
"""8 KiB: a header with an RSA key has about 500 bytes."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token taken apart; nothing in it is verified yet."""

    header: Mapping[str, Any]
    payload: Mapping[str, Any]
    signing_input: bytes
    signature: bytes

    @property
    def credential(self) -> dict[str, Any]:
        """The credential: the payload without the registered claims."""
        return {name: value for name, value in self.payload.items() if name not in CLAIMS}


def create(document: Document, signer: Signer) -> str:
    """Return the compact token for a credential: its members, then the claims that repeat them.

    The credential must have `id`, `issuer.id`, `credentialSubject.id` and `validFrom`. Raises `InvalidError`
    MALFORMED_VALUE_ERROR when one is missing.
    """
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    header = {
        "alg": key_type(signer.algorithm).jose_algorithm,
        "kid": signer.verification_method,
        "typ": "JWT",
    }
    parts = (strict_json.dumps(header), strict_json.dumps({**unsecured, **_claims(unsecured)}))
    signing_input = ".".join(map(multibase.base64url_encode, parts))
    return f"{signing_input}.{multibase.base64url_encode(signer.sign(signing_input.encode('ascii')))}"


def parse(token: str) -> Token:
    """Take a compact token apart.

    Raises `InvalidError`: PARSING_ERROR for its form, UNSUPPORTED_FORMAT for encryption or VC 1.1 (`vc` claim),
    CRYPTOGRAPHIC_SECURITY_ERROR for a header that must not be trusted, and the codes of `strict_json`.
    """
    if len(token) > 2 * strict_json.MAX_BYTES:
        raise InvalidError("LIMIT_EXCEEDED", "The token is larger than 2 MiB.")
    parts = token.split(".")
    if len(parts) == 5:
        raise InvalidError("UNSUPPORTED_FORMAT", "This is an encrypted token; only signed ones can be checked.")
    if len(parts) != 3:
        raise InvalidError("PARSING_ERROR", f"A signed token has 3 parts, this one {len(parts)}.")
    header_bytes, payload_bytes, signature = (_decode(part) for part in parts)
    header = strict_json.loads(header_bytes, limit=MAX_HEADER_BYTES)
    _check_header(header)
    payload = strict_json.loads(payload_bytes)
    if "vc" in payload:
        raise InvalidError("UNSUPPORTED_FORMAT", "Tokens of the older VC Data Model 1.1 (vc claim) are not supported.")
    return Token(header, payload, f"{parts[0]}.{parts[1]}".encode("ascii"), signature)


def verify(token: Token, key: PublicKey) -> None:
    """Accept the signature under a key whose type decides the algorithm, or raise `InvalidError`."""
    wanted = key_type(key.algorithm).jose_algorithm
    if token.header["alg"] != wanted:
        raise InvalidError(
            "CRYPTOGRAPHIC_SECURITY_ERROR",
            f"The token claims {token.header['alg']}, its key is for {wanted}.",
        )
    key.verify(token.signature, token.signing_input)


def check_claims(token: Token) -> None:
    """Accept claims that repeat the credential (iss, jti, sub, nbf; exp with validUntil), or raise `InvalidError`."""
    wanted = _claims(token.credential)
    for name, value in wanted.items():
        if name not in token.payload or type(token.payload[name]) is not type(value) or token.payload[name] != value:
            raise InvalidError(
                "MALFORMED_VALUE_ERROR", f"The claim {name} of the token does not repeat the credential."
            )
    if "exp" in token.payload and "exp" not in wanted:
        raise InvalidError("MALFORMED_VALUE_ERROR", "The token has an end date (exp) that the credential lacks.")


def _claims(credential: Mapping[str, Any]) -> dict[str, Any]:
    issuer = credential.get("issuer")
    subject = credential.get("credentialSubject")
    claims: dict[str, Any] = {
        "iss": issuer.get("id") if isinstance(issuer, dict) else issuer,
        "jti": credential.get("id"),
        "sub": subject.get("id") if isinstance(subject, dict) else None,
    }
    for name, value in claims.items():
        if not isinstance(value, str):
            raise InvalidError("MALFORMED_VALUE_ERROR", f"The credential has no value for the claim {name} of a token.")
    claims["nbf"] = int(timestamps.parse(credential.get("validFrom"), "validFrom").timestamp())
    if "validUntil" in credential:
        claims["exp"] = int(timestamps.parse(credential["validUntil"], "validUntil").timestamp())
    return claims


def _decode(part: str) -> bytes:
    try:
        return multibase.base64url_decode(part)
    except InvalidError as error:
        raise InvalidError("PARSING_ERROR", f"A part of the token cannot be read: {error.detail}") from error


def _check_header(header: Mapping[str, Any]) -> None:
    if "b64" in header:
        raise InvalidError("UNSUPPORTED_FORMAT", "Tokens with an unencoded payload (b64) are not supported.")
    unknown = sorted(header.keys() - HEADER_MEMBERS)
    if unknown:
        raise InvalidError(
            "CRYPTOGRAPHIC_SECURITY_ERROR",
            f"The token's header has a member {unknown[0][:50]!r} that is refused.",
        )
    if not isinstance(header.get("alg"), str) or header["alg"].lower() in ("", "none"):
        raise InvalidError("CRYPTOGRAPHIC_SECURITY_ERROR", "The token is not signed.")
    if not isinstance(header.get("kid", ""), str) or not isinstance(header.get("jwk", {}), dict):
        raise InvalidError("CRYPTOGRAPHIC_SECURITY_ERROR", "The token's header names its key in a wrong form.")
    if "typ" in header and str(header["typ"]) not in TYPES:
        raise InvalidError("UNSUPPORTED_FORMAT", f"Tokens of the type {str(header['typ'])[:50]!r} are not supported.")
