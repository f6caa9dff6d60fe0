"""From what was sent to what it says: an object with proofs in it, or an envelope around a signed text.

VC Data Model 2.0, sections 4.12 "Securing Mechanisms" and 4.13. Nothing is believed yet: the text of a token is read
here to know whose key is needed, and the seal then refuses any document that is not exactly the one its text secures.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from openbadge import cose, enveloped, strict_json, vc_jose_cose
from openbadge.errors import InvalidError
from openbadge.jose import disclosures, jws, sd_jwt
from openbadge.multikey import PublicKey
from openbadge.proof import vc_jwt, vc_jwt_legacy
from openbadge.vocabulary import ASSERTION_METHOD
from verifier.vc.seal import Seal

AUTHENTICATION: Final = "authentication"
BESIDE: Final = vc_jwt.CLAIMS | {"cnf", "nonce"}
"""Claims that stand beside the document in the payload of a token (VC-JOSE-COSE, section 3.1)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A credential or a presentation: whose key secures it, for which purposes, and in which envelopes it comes."""

    owner: str
    purposes: tuple[str, ...]
    envelope: str
    media_types: frozenset[str]
    legacy_claim: str
    jose: vc_jose_cose.Kind


CREDENTIAL: Final = Kind(
    "issuer",
    (ASSERTION_METHOD,),
    enveloped.ENVELOPED_CREDENTIAL,
    enveloped.CREDENTIAL_MEDIA | {enveloped.LEGACY_JWT},
    vc_jwt_legacy.CREDENTIAL,
    vc_jose_cose.CREDENTIAL,
)
PRESENTATION: Final = Kind(
    "holder",
    (AUTHENTICATION, ASSERTION_METHOD),
    enveloped.ENVELOPED_PRESENTATION,
    enveloped.PRESENTATION_MEDIA | {enveloped.LEGACY_JWT},
    vc_jwt_legacy.PRESENTATION,
    vc_jose_cose.PRESENTATION,
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A credential or presentation, and the `seal` of the text that it was read from; None for a plain object."""

    document: Mapping[str, Any]
    seal: Seal | None


def open_document(document: Any, kind: Kind, now: datetime) -> Opened:
    """Take what was sent apart.

    Raises `InvalidError`: PARSING_ERROR for what is no object (a text among them: a token comes in an envelope),
    those of `enveloped.open_envelope`, and those of the reader of the text inside.
    """
    if not isinstance(document, Mapping):
        raise InvalidError("PARSING_ERROR", "What was sent is not a JSON object; put a token into an envelope.")
    if not enveloped.is_enveloped(document):
        return Opened(document, None)
    envelope = enveloped.open_envelope(document, kind.envelope, kind.media_types)
    return _READERS[envelope.media_type.partition("+")[2]](envelope.text, kind, now)


def _jwt(text: str, kind: Kind, now: datetime) -> Opened:
    signed = jws.parse(text, jws.CREDENTIAL_MEMBERS)

    def verify(key: PublicKey) -> Mapping[str, Any]:
        return vc_jose_cose.verify_jwt(text, kind.jose, key, vc_jose_cose.Times(now)).document

    return _opened(strict_json.loads(signed.payload), signed.key_id, kind, verify)


def _sd_jwt(text: str, kind: Kind, now: datetime) -> Opened:
    parsed = sd_jwt.parse(text)
    payload = disclosures.reveal(parsed.payload, parsed.disclosures).value

    def verify(key: PublicKey) -> Mapping[str, Any]:
        return vc_jose_cose.verify_sd_jwt(text, kind.jose, key, vc_jose_cose.Times(now)).document

    return _opened(payload, parsed.signed.key_id, kind, verify)


def _cose(text: str, kind: Kind, _now: datetime) -> Opened:
    data = _base64(text)
    message = cose.parse(data)

    def verify(key: PublicKey) -> Mapping[str, Any]:
        return vc_jose_cose.verify_cose(data, kind.jose, key).document

    key_id = message.key_id.decode("utf-8", "replace")
    return _opened(strict_json.loads(message.payload), key_id, kind, verify, beside=frozenset())


def _legacy(text: str, kind: Kind, now: datetime) -> Opened:
    legacy = vc_jwt_legacy.read(text, kind.legacy_claim)
    claims = legacy.token.payload
    if kind is PRESENTATION and "exp" in claims and vc_jwt.numeric_date(claims["exp"], "exp") <= now.timestamp():
        raise InvalidError("EXPIRED", "The token of the presentation has expired (exp).")

    def verify(key: PublicKey) -> Mapping[str, Any]:
        vc_jwt.verify(legacy.token, key)
        return legacy.document

    seal = Seal(
        _method(legacy.token.signed.key_id, _owner(legacy.document, kind)),
        kind.purposes[0],
        legacy.nonce,
        legacy.audience,
        partial(_verify_same, legacy.document, verify),
    )
    return Opened(legacy.document, seal)


def _opened(
    payload: Mapping[str, Any],
    key_id: str,
    kind: Kind,
    verify: Callable[[PublicKey], Mapping[str, Any]],
    *,
    beside: frozenset[str] = BESIDE,
) -> Opened:
    document = {name: value for name, value in payload.items() if name not in beside}
    claims = {name: value for name, value in payload.items() if name in beside}
    audience = claims.get("aud", [])
    listed = audience if isinstance(audience, list) else [audience]
    nonce = claims.get("nonce")
    seal = Seal(
        _method(key_id, claims.get("iss") or _owner(document, kind)),
        kind.purposes[0],
        nonce if isinstance(nonce, str) else None,
        tuple(item for item in listed if isinstance(item, str)),
        partial(_verify_same, document, verify),
    )
    return Opened(document, seal)


def _verify_same(document: Mapping[str, Any], verify: Callable[[PublicKey], Mapping[str, Any]], key: PublicKey) -> None:
    if verify(key) != document:
        raise InvalidError("CRYPTOGRAPHIC_SECURITY_ERROR", "The signed text can be read in two ways.")


def _owner(document: Mapping[str, Any], kind: Kind) -> Any:
    value = document.get(kind.owner)
    return value.get("id") if isinstance(value, Mapping) else value


def _method(key_id: str, owner: Any) -> str:
    """Return the address of a token's key: its `kid` in full or within its owner, or the only key that a DID is."""
    if ":" in key_id and "#" in key_id:
        return key_id
    name = key_id if ":" in key_id or not isinstance(owner, str) else owner
    if key_id and key_id != name:
        return f"{name}#{key_id.removeprefix('#')}"
    if name.startswith("did:key:"):
        return f"{name}#{name.removeprefix('did:key:')}"
    if name.startswith("did:jwk:"):
        return f"{name}#0"
    raise InvalidError("INVALID_VERIFICATION_METHOD_URL", "The token does not say which key has signed it (kid).")


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidError("PARSING_ERROR", "The COSE message in the envelope is not base64.") from None


_READERS: Final[Mapping[str, Callable[[str, Kind, datetime], Opened]]] = {
    "jwt": _jwt,
    "sd-jwt": _sd_jwt,
    "cose": _cose,
    "": _legacy,
}
"""Readers of the text in an envelope, by what its media type ends with; `application/jwt` ends with nothing."""
