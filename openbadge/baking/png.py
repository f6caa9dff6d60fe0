"""Credentials in PNG pictures: Open Badges 3.0, section 5.3; PNG (Third Edition), sections 5 and 11.3.3.4.

The credential is the text of one uncompressed `iTXt` chunk with the keyword `openbadgecredential`. The
reader here checks every length and every CRC, takes time linear in the size of the file and never inflates
anything, so neither a decompression bomb nor a second, hidden credential gets through.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from openbadge import baking
from openbadge.errors import InvalidError

KEYWORD: Final = b"openbadgecredential"
OTHER_KEYWORDS: Final = {b"openbadges": baking.OPEN_BADGES_2, b"clrcredential": baking.CLR}

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
MAX_CHUNKS: Final = 10_000
"""Chunks. A picture of 4 MiB in the usual 8 KiB pieces has about 500."""
MAX_SIDE: Final = 4_096
"""Pixels of width and of height: readers that do decode it need at most 64 MiB."""

_TEXT_CHUNKS: Final = (b"tEXt", b"zTXt", b"iTXt")
_HEADER_BYTES: Final = 25  # IHDR is 13 bytes of data between length, type and CRC


@dataclass(frozen=True, slots=True)
class _Chunk:
    """One chunk: its four-letter type, its data, and where the whole of it starts and ends in the file."""

    kind: bytes
    data: memoryview
    start: int
    end: int

    @property
    def keyword(self) -> bytes | None:
        if self.kind not in _TEXT_CHUNKS:
            return None
        # PNG allows 79 bytes; one more byte tells a longer keyword from a fitting one.
        return bytes(self.data[:80]).partition(b"\0")[0]


def bake(image: bytes, text: str) -> bytes:
    """Return the PNG file `image` with `text` as its only Open Badges 3.0 credential, right after IHDR.

    Any credential that was there before is left out; every other byte stays as it was. `text` is at most 1
    MiB of UTF-8 without U+0000. Raises `InvalidError` as `extract` does for a broken file, LIMIT_EXCEEDED
    when the result would be too large to be read again, MALFORMED_VALUE_ERROR for a text that iTXt cannot
    hold.
    """
    if "\0" in text:
        raise InvalidError("MALFORMED_VALUE_ERROR", "The credential holds the character U+0000.")
    data = KEYWORD + b"\0\0\0\0\0" + baking.encode_text(text)
    kept = [image[chunk.start : chunk.end] for chunk in _chunks(image) if chunk.keyword != KEYWORD]
    baked = b"".join([SIGNATURE, kept[0], _chunk(b"iTXt", data), *kept[1:]])
    extract(baked)
    return baked


def extract(image: bytes) -> str:
    """Return the text of the one Open Badges 3.0 credential in the PNG file `image` (at most 4 MiB).

    Raises `InvalidError`: PARSING_ERROR for a file that is not well-formed PNG, LIMIT_EXCEEDED,
    UNSUPPORTED_FORMAT when there is no credential or one in a form that Open Badges 3.0 does not have,
    MULTIPLE_CREDENTIALS.
    """
    texts = [(chunk.keyword, chunk) for chunk in _chunks(image) if chunk.kind in _TEXT_CHUNKS]
    found = [chunk for keyword, chunk in texts if keyword == KEYWORD]
    if len(found) > 1:
        raise InvalidError("MULTIPLE_CREDENTIALS", baking.TWO_BADGES)
    if found:
        return _text(found[0])
    other = [OTHER_KEYWORDS[keyword] for keyword, _ in texts if keyword in OTHER_KEYWORDS]
    raise InvalidError("UNSUPPORTED_FORMAT", next(iter(other), baking.NO_BADGE))


def _text(chunk: _Chunk) -> str:
    rest = bytes(chunk.data[len(KEYWORD) + 1 :])
    flag = rest[:1]
    if chunk.kind != b"iTXt" or flag == b"\1":
        raise InvalidError(
            "UNSUPPORTED_FORMAT",
            "The badge in this picture is not stored as uncompressed international text (iTXt).",
        )
    _language, first, rest = rest[2:].partition(b"\0")
    _translated, second, text = rest.partition(b"\0")
    if flag != b"\0" or not first or not second:
        raise _broken("the text chunk that holds the badge is not complete")
    baking.check_text_size(text)
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        raise _broken("the badge in it is not UTF-8 text") from None


def _chunks(image: bytes) -> list[_Chunk]:
    baking.check_image_size(image)
    if not image.startswith(SIGNATURE):
        raise _broken("it does not start with the PNG signature")
    chunks = list(_walk(image))
    _check_header(chunks[0])
    if any(chunk.kind == b"IHDR" for chunk in chunks[1:]):
        raise _broken("it has two headers")
    last = chunks[-1]
    if last.data.nbytes or last.end != len(image):
        raise _broken("something follows its end")
    return chunks


def _walk(image: bytes) -> Iterator[_Chunk]:
    """Yield the chunks up to and including IEND, each with a right length, type and CRC."""
    view, start = memoryview(image), len(SIGNATURE)
    for _ in range(MAX_CHUNKS):
        length = int.from_bytes(view[start : start + 4], "big")
        end = start + 12 + length
        if end > len(image):
            raise _broken("it ends in the middle of a chunk")
        kind = bytes(view[start + 4 : start + 8])
        if not kind.isalpha():
            raise _broken("a chunk has a type that is not four letters")
        if zlib.crc32(view[start + 4 : end - 4]) != int.from_bytes(view[end - 4 : end], "big"):
            raise _broken(f"the checksum of a chunk of type {kind.decode('ascii')} is wrong")
        yield _Chunk(kind, view[start + 8 : end - 4], start, end)
        if kind == b"IEND":
            return
        start = end
    raise InvalidError("LIMIT_EXCEEDED", f"The picture has more than {MAX_CHUNKS:,} chunks.")


def _check_header(chunk: _Chunk) -> None:
    if chunk.kind != b"IHDR" or chunk.end - chunk.start != _HEADER_BYTES:
        raise _broken("it does not start with a header")
    width, height = (int.from_bytes(chunk.data[place : place + 4], "big") for place in (0, 4))
    if not width or not height:
        raise _broken("its width or height is zero")
    if max(width, height) > MAX_SIDE:
        raise InvalidError(
            "LIMIT_EXCEEDED",
            f"The picture is {width} by {height} pixels; the limit is {MAX_SIDE} by {MAX_SIDE}.",
        )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def _broken(reason: str) -> InvalidError:
    return InvalidError("PARSING_ERROR", f"The file is not a readable PNG picture: {reason}.")
