"""One small multipart form (RFC 7578) from bytes that are already here, in memory only.

Starlette's reader would put large files on the disk and leave an unfinished part open; what people send us shall
touch no disk, and half a form is no form.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from verifier.web.problem import RefusedError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MAX_PARTS: Final = 8
"""The page sends four fields; a form with many parts is an attack on the parser."""
_PATH: Final = re.compile(rb"[/\\\x00-\x1f]")


def read_form(body: bytes, content_type: str) -> list[tuple[str, bytes]]:
    """Return the fields of the form `body` in their order: name and content.

    The field `file` must come with a file name, which is never used. Raises `RefusedError` 400 for anything that is
    not a complete form, or that has more than `MAX_PARTS` parts or a path for a file name.
    """
    _, options = parse_options_header(content_type)
    if b"boundary" not in options:
        raise RefusedError(400, "The Content-Type header of the form names no boundary.")
    form = _Form()
    try:
        parser = MultipartParser(options[b"boundary"], form.callbacks())
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise RefusedError(400, "The form could not be read: it does not follow RFC 7578.") from None
    if not form.complete:
        raise RefusedError(400, "The form is not complete: its last boundary is missing.")
    return form.fields


class _Form:
    """Collects what the parser finds."""

    def __init__(self) -> None:
        self.fields: list[tuple[str, bytes]] = []
        self.complete = False
        self._name = self._header = self._value = b""
        self._disposition = b""
        self._content = bytearray()

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._on_header_name,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers_finished,
            "on_part_data": self._on_data,
            "on_part_end": self._end,
            "on_end": self._on_end,
        }

    def _begin(self) -> None:
        if len(self.fields) == MAX_PARTS:
            raise RefusedError(400, f"The form has more than {MAX_PARTS} parts.")
        self._disposition = b""
        self._content = bytearray()

    def _on_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _on_headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"")
        if not self._name:
            raise RefusedError(400, "A part of the form has no name.")
        if self._name == b"file" and b"filename" not in options:
            raise RefusedError(400, "The form field `file` must be a file with a name.")
        if _PATH.search(options.get(b"filename", b"")):
            raise RefusedError(400, "The name of the file holds a path. Send the file under a plain name.")

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        self._content += data[start:end]

    def _end(self) -> None:
        self.fields.append((self._name.decode(errors="replace"), bytes(self._content)))

    def _on_end(self) -> None:
        self.complete = True
