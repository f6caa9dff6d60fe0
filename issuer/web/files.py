"""The files of a credential over HTTP: media types, entity tags, and which form an `Accept` header asks for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Protocol

from starlette.requests import Request
from starlette.responses import Response

from issuer.deliver.files import baked_png, baked_svg
from issuer.deliver.page import credential_face
from issuer.deliver.qr import qr_png
from openbadge.vocabulary import MEDIA_JWT, MEDIA_VC_JSONLD

SANDBOX: Final = "sandbox; default-src 'none'"
"""Content-Security-Policy of an SVG: should it ever be opened as a page, nothing in it runs."""

_ACCEPTED: Mapping[str, str] = MappingProxyType(
    {
        "text/html": "",
        "*/*": "",
        "application/json": "json",
        "application/ld+json": "json",
        "application/vc": "json",
        "application/vc+ld+json": "json",
        "application/vc+jwt": "jwt",
        "text/plain": "jwt",
    }
)
"""Form by media range. Crawlers and wallets send `*/*` and expect the page."""


class StoredCredential(Protocol):
    """A credential as it was stored."""

    @property
    def url(self) -> str:
        """The address of its page."""

    @property
    def document(self) -> Mapping[str, Any]:
        """The signed document, parsed."""

    @property
    def document_bytes(self) -> bytes:
        """The signed document, byte for byte."""

    @property
    def ended_at(self) -> datetime | None:
        """When it was revoked or suspended, None if it is neither now."""

    def token(self) -> str:
        """The same credential as a compact JWT, signed when it is first asked for. Raises `StateError` when it is
        too late for that: the credential was revoked."""


def preferred(accept: str) -> str:
    """Return the form that an `Accept` header (RFC 9110 section 12.5.1) names first: a key of `FORMS`, "" for
    the page.
    """
    ranges = (part.partition(";")[0].strip().lower() for part in accept.split(","))
    return next((_ACCEPTED[name] for name in ranges if name in _ACCEPTED), "")


def file_response(request: Request, body: bytes, media_type: str, *, public: bool = False) -> Response:
    """Return `body` with a strong entity tag, or 304 if the caller has it (RFC 9110 section 13.1.2).

    `public` files may be read by pages of other origins: wallets and verifiers in browsers.
    """
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if public:
        headers["Access-Control-Allow-Origin"] = "*"
    known = [part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")]
    if tag in known or known == ["*"]:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def _document(request: Request, stored: StoredCredential) -> Response:
    return file_response(request, stored.document_bytes, MEDIA_VC_JSONLD, public=True)


def _token(request: Request, stored: StoredCredential) -> Response:
    return file_response(request, stored.token().encode(), MEDIA_JWT, public=True)


def _png(request: Request, stored: StoredCredential) -> Response:
    picture = baked_png(credential_face(stored.document), stored.document_bytes)
    return file_response(request, picture, "image/png", public=True)


def _svg(request: Request, stored: StoredCredential) -> Response:
    picture = baked_svg(credential_face(stored.document), stored.document_bytes)
    response = file_response(request, picture, "image/svg+xml", public=True)
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Content-Disposition"] = 'attachment; filename="credential.svg"'
    return response


def _qr(request: Request, stored: StoredCredential) -> Response:
    return file_response(request, qr_png(stored.url), "image/png")


FORMS: Mapping[str, Callable[[Request, StoredCredential], Response]] = MappingProxyType(
    {"json": _document, "jwt": _token, "png": _png, "svg": _svg, "qr": _qr}
)
"""How each form of a credential is answered, by the ending of its address."""
