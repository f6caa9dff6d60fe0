"""The DID resolver: `GET /1.0/identifiers/{did}` (DID Resolution 0.3 section 7.1, HTTP(S) binding).

Answers are `openbadge.did_resolution`'s. Nothing is fetched: only methods are resolved whose identifier is the key.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from openbadge.did_resolution import DEFAULT_FORMAT, Options, Resolved, refuse, resolve

MEDIA_RESOLUTION: Final = 'application/ld+json;profile="https://w3id.org/did-resolution"'
NOT_FOUND: Final = "notFound"
_SWITCH: Final = {"true": True, "false": False}


def router() -> APIRouter:
    """Return the route of the resolver."""
    routes = APIRouter(tags=["did"])

    @routes.get("/1.0/identifiers/{identifier:path}")
    def identifiers(
        identifier: str,
        key_format: Annotated[str, Query(alias="publicKeyFormat")] = DEFAULT_FORMAT,
        experimental: Annotated[str, Query(alias="enableExperimentalPublicKeyTypes")] = "false",
    ) -> Response:
        """Resolve a DID, or dereference a DID URL, percent-encoded into the path: 200, or 4xx with the error's code."""
        if experimental not in _SWITCH:
            return _answer(refuse("invalidOptions", "enableExperimentalPublicKeyTypes must be true or false."))
        return _answer(resolve(identifier, Options(key_format, _SWITCH[experimental])))

    return routes


def _answer(resolved: Resolved) -> Response:
    status = 200 if resolved.error is None else 404 if resolved.error == NOT_FOUND else 400
    return JSONResponse(resolved.body, status, media_type=MEDIA_RESOLUTION)
