"""Enveloped credentials and presentations: a signed text inside a JSON object, as a `data:` URL.

VC Data Model 2.0 sections 4.13 "Enveloped Verifiable Credentials" and 4.14 "Enveloped Verifiable Presentations".
Here the envelope is opened; the signature of what is inside is another matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from openbadge.errors import InvalidError
from openbadge.vocabulary import CREDENTIALS_V2

ENVELOPED_CREDENTIAL: Final = "EnvelopedVerifiableCredential"
ENVELOPED_PRESENTATION: Final = "EnvelopedVerifiablePresentation"
LEGACY_JWT: Final = "application/jwt"
"""The media type of a VC 1.1 token, which the VC-API still uses."""
CREDENTIAL_MEDIA: Final = frozenset({"application/vc+jwt", "application/vc+sd-jwt", "application/vc+cose"})
PRESENTATION_MEDIA: Final = frozenset({"application/vp+jwt", "application/vp+sd-jwt", "application/vp+cose"})
"""Media types of VC-JOSE-COSE section 6.1."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is in an envelope: its media type without parameters, whether base64 is announced, and the text itself."""

    media_type: str
    base64: bool
    text: str


def wrap(kind: str, media_type: str, text: str) -> dict[str, Any]:
    """Return the object around a signed text; `kind` is one of the two types. COSE messages are announced as base64."""
    encoding = ";base64" if media_type.endswith("+cose") else ""
    return {"@context": CREDENTIALS_V2, "id": f"data:{media_type}{encoding},{text}", "type": kind}


def is_enveloped(document: Mapping[str, Any]) -> bool:
    """Say whether an object claims to be an envelope of either kind."""
    return any(name in _types(document) for name in (ENVELOPED_CREDENTIAL, ENVELOPED_PRESENTATION))


def open_envelope(document: Any, kind: str, media_types: frozenset[str]) -> Envelope:
    """Open an envelope of this `kind` that holds one of `media_types`; the text loses white space at its end.

    Raises `InvalidError` MALFORMED_VALUE_ERROR when the object has another type, not the base context first, or an id
    that is not such a `data:` URL; UNSUPPORTED_FORMAT for another media type.
    """
    if not isinstance(document, Mapping) or _types(document) != (kind,):
        raise _malformed(f"The object is not of the type {kind}.")
    contexts = document.get("@context")
    first = contexts[0] if isinstance(contexts, list) and contexts else contexts
    if first != CREDENTIALS_V2:
        raise _malformed(f"The first @context of an enveloped object is not {CREDENTIALS_V2}.")
    identifier = document.get("id")
    if not isinstance(identifier, str) or not identifier.startswith("data:"):
        raise _malformed("The id of an enveloped object is not a data: URL.")
    head, comma, text = identifier.removeprefix("data:").partition(",")
    media_type, *parameters = head.split(";")
    if media_type not in media_types:
        raise InvalidError("UNSUPPORTED_FORMAT", f"An enveloped object of the kind {head[:60]!r} is not supported.")
    if not comma or not text.rstrip() or parameters not in ([], ["base64"]):
        raise _malformed("The data: URL of an enveloped object has no content or unknown parameters.")
    return Envelope(media_type, bool(parameters), text.rstrip())


def _types(document: Mapping[str, Any]) -> tuple[Any, ...]:
    value = document.get("type")
    return tuple(value) if isinstance(value, list) else (value,)


def _malformed(detail: str) -> InvalidError:
    return InvalidError("MALFORMED_VALUE_ERROR", detail)
