"""Credentials and presentations secured as W3C VC-JOSE-COSE says: with JOSE (section 3.1), SD-JWT (3.2), COSE (3.3).

It differs from the token of Open Badges 3.0 (`openbadge.proof.vc_jwt`): the header names the media types, and the
claims `iat`, `nbf` and `exp` speak of the signature, not of the credential's validity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from openbadge import cose, documents, strict_json, timestamps
from openbadge.data_model import forms
from openbadge.data_model.model import malformed
from openbadge.errors import InvalidError
from openbadge.jose import jws, sd_jwt
from openbadge.jose.disclosures import Path
from openbadge.multikey import PublicKey
from openbadge.proof.model import Document, Signer
from openbadge.proof.vc_jwt import CLAIMS, numeric_date

_BESIDE: Final = CLAIMS | {"cnf", "nonce"}


@dataclass(frozen=True, slots=True)
class Kind:
    """A credential or a presentation: `short` is in its media types, `owner` is the member that names who secured it,
    `check` accepts its data model or raises.
    """

    short: str
    owner: str
    check: Callable[[Document], None]


CREDENTIAL: Final = Kind("vc", "issuer", documents.check_credential)
PRESENTATION: Final = Kind("vp", "holder", documents.check_presentation)


@dataclass(frozen=True, slots=True)
class Times:
    """How to judge the claims `iat`, `nbf` and `exp`: at `now`, or not at all when it is None.

    `written` also accepts dates written as text, which RFC 7519 forbids and the test suite of the W3C contains.
    """

    now: datetime | None
    written: bool = False


@dataclass(frozen=True, slots=True)
class Verified:
    """What was secured: the `document`, and beside it the registered `claims` (none in COSE) and the `key_id`."""

    document: Mapping[str, Any]
    claims: Mapping[str, Any]
    key_id: str


def secure_jwt(document: Document, kind: Kind, signer: Signer) -> str:
    """Return the compact token over a document (section 3.1). Raises what `kind.check` raises."""
    kind.check(document)
    return jws.sign(_jose_header(kind, "jwt"), strict_json.dumps(document), signer)


def secure_sd_jwt(
    document: Document, kind: Kind, paths: Iterable[Path], signer: Signer, random_bytes: Callable[[int], bytes]
) -> str:
    """Return the SD-JWT over a document in which what is at `paths` is concealed (section 3.2), with all disclosures.

    Raises what `kind.check` and `sd_jwt.issue` raise.
    """
    kind.check(document)
    return sd_jwt.issue(_jose_header(kind, "sd-jwt"), document, paths, signer, random_bytes)


def secure_cose(document: Document, kind: Kind, signer: Signer) -> bytes:
    """Return the COSE_Sign1 message over a document (section 3.3). Raises what `kind.check` and `cose.sign` raise."""
    kind.check(document)
    return cose.sign(strict_json.dumps(document), signer, _cose_header(kind))


def verify_jwt(text: str, kind: Kind, key: PublicKey, times: Times) -> Verified:
    """Return what a token secures, its signature, types, claims and data model verified under `key`.

    Whose key it is stays the caller's question. Raises `InvalidError`: CRYPTOGRAPHIC_SECURITY_ERROR, UNSUPPORTED_FORMAT
    for other media types, MALFORMED_VALUE_ERROR, EXPIRED, NOT_YET_VALID, and what `jws.parse` raises.
    """
    signed = jws.parse(text, jws.CREDENTIAL_MEMBERS)
    _check_types(signed.header, _jose_header(kind, "jwt"))
    jws.verify(signed, key)
    return _accept(strict_json.loads(signed.payload), kind, signed.key_id, times)


def verify_sd_jwt(
    text: str, kind: Kind, key: PublicKey, times: Times, binding: sd_jwt.KeyBinding | None = None
) -> Verified:
    """Return what an SD-JWT secures, with its disclosures put back; as `verify_jwt`, and as `sd_jwt.verify`.

    With `binding` its holder must have signed it for us. No member that decides on validity may be concealed.
    """
    parsed = sd_jwt.parse(text)
    _check_types(parsed.header, _jose_header(kind, "sd-jwt"))
    revealed = sd_jwt.verify(parsed, key, binding=binding)
    return _accept(revealed.value, kind, parsed.signed.key_id, times)


def verify_cose(data: bytes, kind: Kind, key: PublicKey) -> Verified:
    """Return what a COSE_Sign1 message secures; as `verify_jwt`, and as `cose.parse` and `cose.verify`."""
    message = cose.parse(data)
    _check_types(message.header, _cose_header(kind))
    cose.verify(message, key)
    document = strict_json.loads(message.payload)
    _refuse_old_claims(document)
    kind.check(document)
    return Verified(document, {}, message.key_id.decode("utf-8", "replace"))


def _jose_header(kind: Kind, form: str) -> dict[str, Any]:
    return {"typ": f"{kind.short}+{form}", "cty": kind.short}


def _cose_header(kind: Kind) -> dict[int, Any]:
    return {cose.TYPE: f"application/{kind.short}+cose", cose.CONTENT_TYPE: f"application/{kind.short}"}


def _check_types(header: Mapping[Any, Any], wanted: Mapping[Any, Any]) -> None:
    (type_name, type_value), (content_name, content_value) = wanted.items()
    # the content type may be left out, the type not: without it one kind of document could pass for another
    if header.get(type_name) != type_value or header.get(content_name, content_value) != content_value:
        raise InvalidError("UNSUPPORTED_FORMAT", f"The header does not say that this is {type_value}.")


def _accept(payload: Mapping[str, Any], kind: Kind, key_id: str, times: Times) -> Verified:
    _refuse_old_claims(payload)
    claims = {name: value for name, value in payload.items() if name in _BESIDE}
    document = {name: value for name, value in payload.items() if name not in _BESIDE}
    kind.check(document)
    owner = forms.party(document, kind.owner) if kind.owner in document else None
    if "iss" not in claims and ":" not in key_id:
        raise malformed("The token names neither its issuer (iss) nor the full address of its key (kid).")
    _check_repeated(claims, {"iss": owner, "jti": document.get("id"), "sub": _subject(document)})
    _check_times(claims, times)
    return Verified(document, claims, key_id)


def _refuse_old_claims(payload: Mapping[str, Any]) -> None:
    if "vc" in payload or "vp" in payload:  # section 1.1.2.1: they must not be there
        raise malformed("The claims vc and vp of the older data model must not be present.")


def _subject(document: Mapping[str, Any]) -> str | None:
    subject = document.get("credentialSubject")
    return subject.get("id") if isinstance(subject, dict) else None


def _check_repeated(claims: Mapping[str, Any], members: Mapping[str, str | None]) -> None:
    for name, value in members.items():
        if value is not None and claims.get(name, value) != value:
            raise malformed(f"The claim {name} of the token contradicts the document.")


def _check_times(claims: Mapping[str, Any], times: Times) -> None:
    moments = {name: _moment(claims[name], name, times) for name in ("iat", "nbf", "exp") if name in claims}
    if times.now is None:
        return
    now = times.now.timestamp()
    if moments.get("exp", now + 1) <= now:
        raise InvalidError("EXPIRED", "The signature of the token has expired (exp).")
    if moments.get("nbf", now) > now:
        raise InvalidError("NOT_YET_VALID", "The signature of the token is not valid yet (nbf).")


def _moment(value: Any, name: str, times: Times) -> float:
    if times.written and isinstance(value, str):
        return timestamps.parse(value, name).timestamp()
    return numeric_date(value, name)
