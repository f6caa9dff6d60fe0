"""Tokens of VC Data Model 1.1, section 6.3.1 "JSON Web Token": a credential in `vc`, a presentation in `vp`.

Only read, for the VC-API's `data:application/jwt` envelopes; we never issue them. The registered claims there stand
for members of the document and win over nothing: where both are given, they must say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from openbadge import timestamps
from openbadge.errors import InvalidError
from openbadge.proof import vc_jwt
from openbadge.vocabulary import CREDENTIALS_V1, CREDENTIALS_V2

CREDENTIAL: Final = "vc"
PRESENTATION: Final = "vp"

_TIMES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    CREDENTIALS_V1: (("nbf", "issuanceDate"), ("exp", "expirationDate")),
    CREDENTIALS_V2: (("nbf", "validFrom"), ("exp", "validUntil")),
}


@dataclass(frozen=True, slots=True)
class LegacyToken:
    """A token taken apart; nothing in it is verified yet.

    `document` is the credential or presentation with the claims put back into it; `audience` and `nonce` are those of a
    presentation's proof of possession, empty without one.
    """

    token: vc_jwt.Token
    document: Mapping[str, Any]
    audience: tuple[str, ...]
    nonce: str


def read(text: str, claim: str) -> LegacyToken:
    """Take a token apart whose document is in `claim` (`CREDENTIAL` or `PRESENTATION`).

    Verify its signature with `vc_jwt.verify(legacy.token, key)`. Raises what `vc_jwt.read` raises, and `InvalidError`
    PARSING_ERROR without the claim, MALFORMED_VALUE_ERROR for a claim of wrong form or one that contradicts the
    document.
    """
    token = vc_jwt.read(text)
    inner = token.payload.get(claim)
    if not isinstance(inner, dict):
        raise InvalidError("PARSING_ERROR", f"The token has no claim {claim} with an object.")
    document = dict(inner)
    _put(document, "id", _text(token.payload, "jti"))
    if claim == CREDENTIAL:
        _put_credential(document, token.payload)
    else:
        _put_party(document, "holder", _text(token.payload, "iss"))
    nonce = _text(token.payload, "nonce")
    return LegacyToken(token, document, _audience(token.payload), "" if nonce is None else nonce)


def _put_credential(document: dict[str, Any], claims: Mapping[str, Any]) -> None:
    _put_party(document, "issuer", _text(claims, "iss"))
    subject = _text(claims, "sub")
    if subject is not None:
        inner = document.get("credentialSubject", {})
        if not isinstance(inner, dict):
            raise _malformed("The token has one subject (sub), its credential has several.")
        document["credentialSubject"] = dict(inner)
        _put(document["credentialSubject"], "id", subject)
    for name, member in _times(document):
        if name in claims:
            _put_time(document, member, vc_jwt.numeric_date(claims[name], name))


def _times(document: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    contexts = document.get("@context")
    first = contexts[0] if isinstance(contexts, list) and contexts else contexts
    if str(first) not in _TIMES:
        raise _malformed(f"The credential's first @context {str(first)[:100]!r} is that of no VC Data Model.")
    return _TIMES[str(first)]


def _put(document: dict[str, Any], member: str, value: str | None) -> None:
    if value is not None and document.setdefault(member, value) != value:
        raise _malformed(f"A claim of the token contradicts the member {member} of its document.")


def _put_party(document: dict[str, Any], member: str, value: str | None) -> None:
    party = document.get(member)
    if isinstance(party, dict) and value is not None:
        document[member] = dict(party)
        _put(document[member], "id", value)
    else:
        _put(document, member, value)


def _put_time(document: dict[str, Any], member: str, seconds: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    if member not in document:
        document[member] = timestamps.write(moment)
    elif timestamps.parse(document[member], member).replace(microsecond=0) != moment:
        raise _malformed(f"A claim of the token contradicts the member {member} of its document.")


def _audience(claims: Mapping[str, Any]) -> tuple[str, ...]:
    value = claims.get("aud", [])
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str) for item in values):
        raise _malformed("The audience of the token (aud) is not a text or a list of texts.")
    return tuple(values)


def _text(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    if value is not None and not isinstance(value, str):
        raise _malformed(f"The claim {name} of the token is not a text.")
    return value


def _malformed(detail: str) -> InvalidError:
    return InvalidError("MALFORMED_VALUE_ERROR", detail)
