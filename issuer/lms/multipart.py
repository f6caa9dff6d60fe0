"""A `multipart/mixed` body taken apart: RFC 2046 section 5.1, as xAPI uses it for attachments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NoReturn

from openbadge.errors import InvalidError

MAX_PARTS: Final = 200
"""Parts of one body: a batch of signed statements has one more than statements."""
MAX_HEADERS: Final = 8 * 1024
"""Bytes of the headers of one part."""
_BOUNDARY: Final = re.compile(r"""multipart/mixed\s*;.{0,200}?boundary="?([0-9A-Za-z'()+_,./:=?-]{1,70})"?""", re.I)


@dataclass(frozen=True, slots=True)
class Part:
    """One part: headers by their names in small letters, and the content as it is."""

    headers: Mapping[str, str]
    content: bytes = field(repr=False)


def is_multipart(content_type: str) -> bool:
    """Whether a body of this type has parts."""
    return content_type.lower().startswith("multipart/")


def split(body: bytes, content_type: str) -> list[Part]:
    """Return the parts of a body in order. Raises `InvalidError` PARSING_ERROR or LIMIT_EXCEEDED."""
    match = _BOUNDARY.match(content_type)
    if match is None:
        _refuse("The Content-Type must be multipart/mixed with a boundary.")
    mark = b"\r\n--" + match[1].encode("ascii")
    pieces = (b"\r\n" + body).split(mark, MAX_PARTS + 2)
    if len(pieces) > MAX_PARTS + 2:
        raise InvalidError("LIMIT_EXCEEDED", f"The body has more than {MAX_PARTS} parts.")
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        _refuse("The body is not closed by its boundary.")
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> Part:
    head, blank, content = piece.partition(b"\r\n\r\n")
    if not head.startswith(b"\r\n") or not blank or len(head) > MAX_HEADERS:
        _refuse("A part of the body has no end of its headers.")
    lines = [line.partition(":") for line in head[2:].decode("latin-1").split("\r\n")]
    return Part({name.strip().lower(): text.strip() for name, _, text in lines}, content)


def _refuse(detail: str) -> NoReturn:
    raise InvalidError("PARSING_ERROR", detail)
