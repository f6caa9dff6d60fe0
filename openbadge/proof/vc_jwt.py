"""The VC-JWT container: Open Badges 3.0 section 8.2 "JSON Web Token Proof Format" over RFC 7515.

The token is taken apart by `openbadge.jose.jws` before any signature is looked at. A key inside the token (`jwk`) is
reported but never trusted: it proves that the text is whole, not who wrote it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from openbadge import strict_json, timestamps
from openbadge.errors import InvalidError
from openbadge.jose import jws
from openbadge.multikey import PublicKey
from openbadge.proof.model import Document, Signer

TYPES: Final = frozenset({"JWT", "vc+jwt", "vc+ld+jwt"})
CLAIMS: Final = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti"})
"""Registered claims (RFC 7519 section 4.1): they stand beside the members of the credential."""
MAX_SECONDS: Final = 253_402_300_799
"""Seconds since 1970: the end of the year 9999, the last that a date of the data model can have."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token taken apart; nothing in it is verified yet."""

    signed: jws.Jws
    payload: Mapping[str, Any]

    @property
    def header(self) -> Mapping[str, Any]:
        """The token's header."""
        return self.signed.header

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
    payload = strict_json.dumps({**unsecured, **_claims(unsecured)})
    return jws.sign({"typ": "JWT"}, payload, signer)


def parse(token: str) -> Token:
    """Take a compact token apart.

    Raises `InvalidError`: PARSING_ERROR for its form, UNSUPPORTED_FORMAT for encryption or VC 1.1 (`vc` claim),
    CRYPTOGRAPHIC_SECURITY_ERROR for a header that must not be trusted, and the codes of `strict_json`.
    """
    parsed = read(token)
    if "vc" in parsed.payload:
        raise InvalidError("UNSUPPORTED_FORMAT", "Tokens of the older VC Data Model 1.1 (vc claim) are not supported.")
    return parsed


def read(token: str) -> Token:
    """Take a compact token of either data model apart; raises what `parse` raises, but accepts a `vc` claim."""
    signed = jws.parse(token)
    typ = signed.header.get("typ", "JWT")
    if str(typ) not in TYPES:
        raise InvalidError("UNSUPPORTED_FORMAT", f"Tokens of the type {str(typ)[:50]!r} are not supported.")
    return Token(signed, strict_json.loads(signed.payload))


def verify(token: Token, key: PublicKey) -> None:
    """Accept the signature under a key whose type decides the algorithm, or raise `InvalidError` as `jws.verify`."""
    jws.verify(token.signed, key)


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


def numeric_date(value: Any, name: str) -> int:
    """Return the seconds since 1970 of a time claim; whole and not negative, narrower than RFC 7519 section 2 allows.

    Raises `InvalidError` MALFORMED_VALUE_ERROR for anything else.
    """
    if type(value) is not int or not 0 <= value <= MAX_SECONDS:
        raise InvalidError("MALFORMED_VALUE_ERROR", f"The claim {name} of the token is not a number of seconds.")
    return value


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
