"""The container of a workbook: a zip archive of XML parts (ECMA-376 part 2), opened with limits.

Nothing is unpacked to a disk, only parts that the workbook itself names are read, and never more of them than allowed.
"""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Final
from xml.parsers.expat import ExpatError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from openbadge.errors import InvalidError

MAX_DIRECTORY: Final = 256 * 1024
"""Bytes of the list of files: over a thousand of them; a workbook of ours has ten."""
MAX_UNPACKED: Final = 128 * 1024 * 1024
"""Bytes of all parts that are read: 100,000 rows of ten cells have about 50 MiB."""
CHUNK: Final = 64 * 1024
_END: Final = b"PK\x05\x06"
_END_SIZE: Final = 22
_LOCATOR: Final = b"PK\x06\x07"
_LOCATOR_SIZE: Final = 20

Start = Callable[[str, Mapping[str, str]], None]
End = Callable[[str], None]
Data = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Handlers:
    """What is called for each element: its name and attributes without namespaces, its end, its text."""

    start: Start
    end: End = lambda _: None
    data: Data = lambda _: None


@dataclass(frozen=True, slots=True)
class Relation:
    """A reference of one part to another: the last word of its type, and the part's name in the archive."""

    kind: str
    target: str


class Package:
    """An opened workbook."""

    def __init__(self, stream: BinaryIO) -> None:
        _check_directory(stream)
        with readable():
            self._archive = zipfile.ZipFile(stream)
            self._left = MAX_UNPACKED

    def has(self, name: str) -> bool:
        """Whether there is a part of this name."""
        return name in self._archive.NameToInfo

    def parse(self, name: str, handlers: Handlers) -> None:
        """Parse a part to its end."""
        for _ in self.stream(name, handlers):
            continue

    def stream(self, name: str, handlers: Handlers) -> Iterator[None]:
        """Parse a part piece by piece; between two pieces the caller can take what the handlers found."""
        if not self.has(name):
            raise InvalidError("PARSING_ERROR", "The workbook lacks a part that it names.")
        self._left -= self._archive.NameToInfo[name].file_size
        if self._left < 0:
            raise InvalidError("LIMIT_EXCEEDED", f"The workbook unpacks to more than {MAX_UNPACKED >> 20} MiB.")
        parser = _parser(handlers)
        with readable(), self._archive.open(name) as part:
            while data := part.read(CHUNK):
                parser.Parse(data, False)
                yield
            parser.Parse(b"", True)
            yield

    def relations(self, part: str) -> dict[str, Relation]:
        """Return what a part refers to inside the archive, by the id of the reference; "" is the archive itself."""
        folder, name = posixpath.split(part)
        found: dict[str, Relation] = {}

        def start(tag: str, attributes: Mapping[str, str]) -> None:
            if tag == "Relationship" and attributes.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", "")))
                kind = attributes.get("Type", "").rpartition("/")[2]
                found[attributes.get("Id", "")] = Relation(kind, target.lstrip("/"))

        self.parse(posixpath.join(folder, "_rels", f"{name}.rels"), Handlers(start))
        return found


@contextmanager
def readable() -> Iterator[None]:
    """Turn whatever a broken or hostile archive makes its readers raise into one refusal."""
    try:
        yield
    except DefusedXmlException:
        raise InvalidError("PARSING_ERROR", "The workbook declares a document type, which no workbook needs.") from None
    except (zipfile.BadZipFile, zlib.error, ExpatError, EOFError, OSError, struct.error, ValueError) as error:
        raise InvalidError("PARSING_ERROR", "The workbook is damaged or not a workbook (.xlsx).") from error
    except (NotImplementedError, RuntimeError) as error:  # zipfile: unknown compression, a password
        raise InvalidError("UNSUPPORTED_FORMAT", "The workbook is encrypted or packed in an unusual way.") from error


def _check_directory(stream: BinaryIO) -> None:
    """Look at the end of the archive first: `zipfile` would make an object of each of a million entries."""
    stream.seek(0, 2)
    stream.seek(-min(stream.tell(), _END_SIZE + 0xFFFF), 2)
    tail = stream.read()
    at = tail.rfind(_END)
    zip64 = tail[max(0, at - _LOCATOR_SIZE) : at].startswith(_LOCATOR)  # for archives beyond 4 GiB
    if at < 0 or len(tail) - at < _END_SIZE or zip64:
        raise InvalidError("PARSING_ERROR", "The workbook is damaged or not a workbook (.xlsx).")
    (size,) = struct.unpack_from("<L", tail, at + 12)
    if size > MAX_DIRECTORY:
        raise InvalidError("LIMIT_EXCEEDED", "The workbook holds more files than any workbook needs.")


def _parser(handlers: Handlers) -> Any:
    """Return an expat parser that refuses document types, and with them all entities."""
    parser: Any = DefusedXMLParser(forbid_dtd=True).parser
    parser.buffer_text = True
    parser.ordered_attributes = False  # the class sets it, for its own handlers
    parser.StartElementHandler = lambda name, found: handlers.start(
        _local(name), {_local(key): value for key, value in found.items()}
    )
    parser.EndElementHandler = lambda name: handlers.end(_local(name))
    parser.CharacterDataHandler = handlers.data
    return parser


def _local(name: str) -> str:
    """Drop the namespace, which expat writes in front with a brace."""
    return name.rpartition("}")[2]
