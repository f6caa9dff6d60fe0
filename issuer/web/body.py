"""Reading a request body under a limit, before anything is parsed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import Request

from openbadge.errors import InvalidError

MAX_BODY: Final = 1024 * 1024
"""Bytes of a request to the issuer's API: a rich definition has ten thousand."""


async def read_body(request: Request, limit: int = MAX_BODY) -> bytes:
    """Return the body, at most `limit` bytes. Errors as for `read_pieces`."""
    pieces = [piece async for piece in read_pieces(request, limit)]
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def read_pieces(request: Request, limit: int) -> AsyncIterator[bytes]:
    """Return the body piece by piece. Raises `InvalidError` LIMIT_EXCEEDED as soon as it is longer than `limit` bytes.

    A compressed body is refused (UNSUPPORTED_FORMAT): a few bytes of it could be gigabytes.
    """
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise InvalidError("UNSUPPORTED_FORMAT", "Send the request without compression (no Content-Encoding).")
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            raise InvalidError("LIMIT_EXCEEDED", f"The request has more than {limit:,} bytes.")
        if piece:
            yield piece
