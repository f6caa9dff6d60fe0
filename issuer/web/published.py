"""What the issuer publishes for machines: its DID document and its status lists. No token, readable from any origin."""

from __future__ import annotations

import hashlib
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from issuer.service import Service
from issuer.status_document import TIME_TO_LIVE
from openbadge import strict_json
from openbadge.vocabulary import MEDIA_DID, MEDIA_VC, MEDIA_VC_JSONLD

MAX_AGE_KEYS: Final = 300
"""Seconds that a cache may keep the DID document: a new key must be found soon after its first signature."""


def router(service: Service) -> APIRouter:
    """Return the routes for `/.well-known/did.json` and `/status/{list}`."""
    routes = APIRouter(tags=["published"])

    @routes.get("/.well-known/did.json")
    def did_document(request: Request) -> Response:
        """The institution's DID document, with every key that it ever signed with."""
        body = strict_json.dumps(service.signing.did_document())
        return _document(request, body, MEDIA_DID, MAX_AGE_KEYS)

    @routes.api_route("/status/{list_id}", methods=["GET", "HEAD"])
    def status_list(request: Request, list_id: UUID) -> Response:
        """A signed status list (Bitstring Status List 1.0), as JSON-LD for those who ask for JSON."""
        document = service.status_lists.current(list_id)
        media_type = MEDIA_VC_JSONLD if "json" in request.headers.get("accept", "") else MEDIA_VC
        return _document(request, document, media_type, int(TIME_TO_LIVE.total_seconds()))

    return routes


def _document(request: Request, body: bytes, media_type: str, max_age: int) -> Response:
    # The same bytes as another media type are another representation (RFC 9110 section 8.8.1).
    etag = f'"{hashlib.sha256(media_type.encode() + bytes(1) + body).hexdigest()[:32]}"'
    headers = {
        "ETag": etag,
        "Cache-Control": f"public, max-age={max_age}",
        "Access-Control-Allow-Origin": "*",
        "Vary": "Accept",
    }
    known = request.headers.get("if-none-match", "")
    if etag in known or known.strip() == "*":
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)
