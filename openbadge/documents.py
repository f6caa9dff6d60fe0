"""The rules of VC Data Model 2.0 that hold for every credential and presentation, Open Badge or not.

Sections 4.2 to 4.14, as far as JSON alone can tell: required members, their forms, and no member that the standards do
not define. Whether terms deeper inside are defined is the business of `openbadge.canon`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from openbadge import enveloped, timestamps
from openbadge.errors import InvalidError
from openbadge.vocabulary import CREDENTIALS_V2, OB_CONTEXTS, OB_EXTENSIONS, VERIFIABLE_CREDENTIAL

VERIFIABLE_PRESENTATION: Final = "VerifiablePresentation"
CREDENTIAL_MEMBERS: Final = frozenset(
    "@context id type name description issuer validFrom validUntil credentialSubject credentialSchema credentialStatus "
    "evidence termsOfUse refreshService relatedResource confidenceMethod renderMethod proof".split()
)
"""Members of a credential (VC Data Model 2.0, sections 4.2 to 4.12 and 5.4)."""
OPEN_BADGE_MEMBERS: Final = frozenset("image awardedDate endorsement endorsementJwt".split())
"""What Open Badges 3.0 appendix B.1.2 adds, for a document that uses its context."""
PRESENTATION_MEMBERS: Final = frozenset("@context id type holder verifiableCredential termsOfUse proof".split())
"""Members of a presentation (section 4.13)."""
MAX_CREDENTIALS: Final = 100
"""Credentials in one presentation: each of them is work for whoever checks them next."""

_TYPED: Final = ("credentialStatus", "termsOfUse", "evidence", "refreshService", "credentialSchema")
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]+")


def check_credential(document: Mapping[str, Any]) -> None:
    """Accept a credential, or raise `InvalidError` MALFORMED_VALUE_ERROR with a sentence that names the member."""
    contexts = _check_start(document, VERIFIABLE_CREDENTIAL)
    badge = any(name in contexts for name in (*OB_CONTEXTS, OB_EXTENSIONS))
    _check_members(document, CREDENTIAL_MEMBERS | (OPEN_BADGE_MEMBERS if badge else frozenset()))
    if party(document, "issuer") is None:
        raise _malformed("The credential names no issuer.")
    subjects = _list(document.get("credentialSubject"))
    if not subjects or not all(isinstance(item, dict) and item for item in subjects):
        raise _malformed("The credential has no credentialSubject, or one that says nothing.")
    for item in subjects:
        _check_id(item, "credentialSubject.id")
    _check_period(document)
    for name in _TYPED:
        _check_typed(document, name)


def check_presentation(document: Mapping[str, Any]) -> None:
    """Accept a presentation whose credentials are all enveloped, as VC-JOSE-COSE section 3.1.2 demands.

    What is in the envelopes stays closed. Raises `InvalidError` MALFORMED_VALUE_ERROR, LIMIT_EXCEEDED, or as
    `enveloped.open_envelope`.
    """
    _check_start(document, VERIFIABLE_PRESENTATION)
    _check_members(document, PRESENTATION_MEMBERS)
    if "holder" in document:
        party(document, "holder")
    credentials = _list(document.get("verifiableCredential", []))
    if len(credentials) > MAX_CREDENTIALS:
        raise InvalidError("LIMIT_EXCEEDED", f"The presentation has more than {MAX_CREDENTIALS} credentials.")
    for item in credentials:
        enveloped.open_envelope(item, enveloped.ENVELOPED_CREDENTIAL, enveloped.CREDENTIAL_MEDIA)


def party(document: Mapping[str, Any], name: str) -> str | None:
    """Return the id of the issuer or holder, given as text or in an object; None if the member is absent.

    Raises `InvalidError` MALFORMED_VALUE_ERROR for any other form.
    """
    if name not in document:
        return None
    value = document[name]
    found = value.get("id") if isinstance(value, dict) else value
    if not isinstance(found, str) or not _URL.fullmatch(found):
        raise _malformed(f"The {name} is not named by a URL.")
    return found


def _check_start(document: Mapping[str, Any], wanted: str) -> list[Any]:
    contexts = _list(document.get("@context"))
    if not contexts or contexts[0] != CREDENTIALS_V2:
        raise _malformed(f"The first @context of the document is not {CREDENTIALS_V2}.")
    if not all(isinstance(item, dict) or (isinstance(item, str) and _URL.fullmatch(item)) for item in contexts):
        raise _malformed("An @context of the document is neither a URL nor an object.")
    types = _list(document.get("type"))
    if wanted not in types or not all(isinstance(item, str) for item in types):
        raise _malformed(f"The document is not of the type {wanted}.")
    _check_id(document, "id")
    return contexts


def _check_members(document: Mapping[str, Any], known: frozenset[str]) -> None:
    unknown = sorted(document.keys() - known)
    if unknown:
        raise _malformed(f"The document has a member {unknown[0][:50]!r} that the standards do not define.")


def _check_id(item: Mapping[str, Any], where: str) -> None:
    if "id" in item and not (isinstance(item["id"], str) and _URL.fullmatch(item["id"])):
        raise _malformed(f"The {where} of the document is not a URL.")


def _check_period(document: Mapping[str, Any]) -> None:
    times = {name: timestamps.parse(document[name], name) for name in ("validFrom", "validUntil") if name in document}
    if len(times) == 2 and times["validUntil"] < times["validFrom"]:
        raise _malformed("validUntil lies before validFrom.")


def _check_typed(document: Mapping[str, Any], name: str) -> None:
    for item in _list(document.get(name, [])):
        if not isinstance(item, dict) or not all(isinstance(kind, str) for kind in _list(item.get("type"))):
            raise _malformed(f"{name} has no type.")
        _check_id(item, f"{name}.id")
        if name == "credentialSchema" and "id" not in item:
            raise _malformed("credentialSchema has no id.")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _malformed(detail: str) -> InvalidError:
    return InvalidError("MALFORMED_VALUE_ERROR", detail)
