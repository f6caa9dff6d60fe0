"""Credentials in SVG pictures: Open Badges 3.0, section 5.3.

The credential is one element `<openbadges:credential>` right after the `<svg …>` start tag: a compact JWS in
its attribute `verify`, or a JSON credential as CDATA. defusedxml's parser reads the file and reports byte
positions, so everything that is not ours stays byte for byte. Nothing of the picture is interpreted: it may
hold scripts, so never show it inline.
"""

from __future__ import annotations

import re
from typing import Final, NoReturn

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from openbadge import baking
from openbadge.errors import InvalidError

NAMESPACE: Final = "https://purl.imsglobal.org/ob/v3p0"
PREFIX: Final = "openbadges"
MAX_ELEMENTS: Final = 100_000
"""Elements of the picture: a drawing of 4 MiB has about 30,000, and each costs the reader a call."""
PIECE_BYTES: Final = 256 * 1024
"""Bytes given to the parser at once: a refusal stops it at the end of a piece, a long tag is read once a piece."""
ENCODINGS: Final = ("utf-8", "us-ascii", "iso-8859-1")
"""What the XML declaration may name: one ASCII character is one byte in each, as `bake` needs."""

# Names as the parser reports them: namespace, closing brace, local name.
_SVG: Final = "http://www.w3.org/2000/svg}svg"
_CREDENTIAL: Final = NAMESPACE + "}credential"
_OTHERS: Final = {
    "http://openbadges.org}assertion": baking.OPEN_BADGES_2,
    "https://purl.imsglobal.org/clr/v2p0}credential": baking.CLR,
}
_JWS: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+")
# XML 1.0, section 2.2 "Char", less the carriage return: section 2.11 turns it into a line feed.
_NOT_IN_XML: Final = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# One tag and its name in a file that the parser has found well-formed; `>` may stand inside quotes.
_TAG: Final = re.compile(rb"""</?([^\s/>]++)(?:[^"'>]++|"[^"]*+"|'[^']*+')*+>""")
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff", b"\0<", b"<\0")


def bake(image: bytes, text: str) -> bytes:
    """Return the SVG file `image` with `text` (a compact JWS or a JSON object) as its only credential.

    Credentials that were there before are left out; every other byte stays as it was. Raises `InvalidError`
    as `extract` does for a file that it refuses, LIMIT_EXCEEDED when the result would be too large to read
    again, MALFORMED_VALUE_ERROR for a text that is neither, or that XML would not give back unchanged.
    """
    scan = _Scan(image)
    tag, start, end = scan.root
    closing = b""
    if tag.endswith(b"/>"):
        name = image[start:end].split(maxsplit=1)[0].strip(b"</>")
        tag, closing = tag[:-2] + b">", b"</" + name + b">"
    element = baking.encode_text(_element(text), scan.encoding)
    parts = [image[:start], tag[:-1], _declaration(scan), b">", element, closing]
    for hole_start, hole_end in scan.holes:
        parts.append(image[end:hole_start])
        end = hole_end
    baked = b"".join([*parts, image[end:]])
    extract(baked)
    return baked


def extract(image: bytes) -> str:
    """Return the text of the one Open Badges 3.0 credential in the SVG file `image` (at most 4 MiB).

    Raises `InvalidError`: PARSING_ERROR for a file that is not well-formed, LIMIT_EXCEEDED,
    MULTIPLE_CREDENTIALS, UNSUPPORTED_FORMAT when there is no credential and for compressed files, other
    encodings and XML entities.
    """
    scan = _Scan(image)
    if len(scan.holes) > 1:
        raise InvalidError("MULTIPLE_CREDENTIALS", baking.TWO_BADGES)
    if not scan.holes:
        raise InvalidError("UNSUPPORTED_FORMAT", scan.other or baking.NO_BADGE)
    text = _one(scan.verify, "".join(scan.body))
    baking.check_text_size(text.encode("utf-8"))
    return text


def _one(verify: str | None, body: str) -> str:
    if verify is not None and body.strip():
        raise InvalidError("MULTIPLE_CREDENTIALS", baking.TWO_BADGES)
    text = body if verify is None else verify
    if not text.strip():
        raise _broken("its credential element is empty")
    return text


def _element(text: str) -> str:
    name = f"{PREFIX}:credential"
    if _JWS.fullmatch(text):
        return f'<{name} verify="{text}"></{name}>'
    if not text.lstrip(" \t\n").startswith("{"):
        raise InvalidError("MALFORMED_VALUE_ERROR", "The credential is neither a compact JWS nor a JSON object.")
    foreign = _NOT_IN_XML.search(text)
    if foreign:
        character = f"U+{ord(foreign.group()):04X}"
        raise InvalidError("MALFORMED_VALUE_ERROR", f"XML cannot hold the character {character}; escape it in JSON.")
    return f"<{name}><![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]></{name}>"


def _declaration(scan: _Scan) -> bytes:
    bound = scan.prefixes.get(PREFIX)
    if bound is None:
        return f' xmlns:{PREFIX}="{NAMESPACE}"'.encode("ascii")
    if bound != NAMESPACE:
        raise InvalidError(
            "UNSUPPORTED_FORMAT", f"The picture uses the prefix {PREFIX} for something else; use another picture."
        )
    return b""


class _Scan:
    """One pass over the file, as the target of the parser: what matters, with byte positions.

    `root` is the start tag of `<svg>` and its place, `prefixes` are the namespaces declared on it, `holes`
    the places of whole credential elements, `verify` and `body` what they hold, `other` the sentence for a
    foreign one.
    """

    def __init__(self, image: bytes) -> None:
        _check_bytes(image)
        self.encoding = "utf-8"
        self.prefixes: dict[str, str] = {}
        self.root: tuple[bytes, int, int] = (b"", 0, 0)
        self.holes: list[tuple[int, int]] = []
        self.verify: str | None = None
        self.body: list[str] = []
        self.other: str | None = None
        self._image = image
        self._elements = 0
        self._open: tuple[int, int] | None = None
        self._parse()

    def _parse(self) -> None:
        parser = DefusedXMLParser(target=self)
        self._expat = parser.parser
        # Straight to expat, with as few calls as possible: a hostile file has very many attributes and comments.
        self._expat.DefaultHandlerExpand = None
        self._expat.StartElementHandler, self._expat.StartNamespaceDeclHandler = self._start, self._namespace
        self._expat.XmlDeclHandler, self._expat.StartDoctypeDeclHandler = self._declared, _check_doctype
        self._expat.SkippedEntityHandler = _refuse_entity
        try:
            for start in range(0, len(self._image), PIECE_BYTES):
                parser.feed(self._image[start : start + PIECE_BYTES])
            parser.close()
        except (ParseError, DefusedXmlException) as error:
            raise _broken(f"the XML is wrong ({error})") from None
        finally:
            del self._expat  # it holds this object, and the picture with it, in a cycle

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        self.encoding = (encoding or "utf-8").lower()
        if self.encoding not in ENCODINGS:
            _refuse_encoding()

    def _namespace(self, prefix: str | None, uri: str) -> None:
        if prefix and not self._elements:
            self.prefixes[prefix] = uri

    def _start(self, tag: str, attributes: list[str]) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise InvalidError("LIMIT_EXCEEDED", f"The picture has more than {MAX_ELEMENTS:,} elements.")
        if self._open:
            raise _broken("its credential element holds another element")
        if self._elements == 1:
            self._meet_root(tag)
        elif tag == _CREDENTIAL:
            self._open = self._tag()
            self._expat.CharacterDataHandler, self._expat.EndElementHandler = self.body.append, self._end
            self.verify = dict(zip(attributes[::2], attributes[1::2], strict=True)).get("verify")
        elif tag in _OTHERS:
            self.other = _OTHERS[tag]

    def _end(self, _tag: str) -> None:
        if self._open:
            start, end = self._open
            empty = self._image[end - 2 : end] == b"/>"
            self.holes.append((start, end if empty else self._tag()[1]))
        self._open = self._expat.CharacterDataHandler = self._expat.EndElementHandler = None

    def close(self) -> None:
        """Meet the end of the file (called by the parser)."""

    def _meet_root(self, tag: str) -> None:
        if tag != _SVG:
            raise InvalidError("UNSUPPORTED_FORMAT", "The file is XML, but not an SVG picture.")
        start, end = self._tag()
        self.root = self._image[start:end], start, end

    def _tag(self) -> tuple[int, int]:
        match = _TAG.match(self._image, self._expat.CurrentByteIndex)
        if match is None:
            raise _broken("a tag is not where the parser found it")
        return match.span()


def _check_bytes(image: bytes) -> None:
    baking.check_image_size(image)
    if image.startswith(b"\x1f\x8b"):
        raise InvalidError("UNSUPPORTED_FORMAT", "The picture is compressed (svgz); save it as plain SVG.")
    if image.startswith(_WIDE):
        _refuse_encoding()


def _check_doctype(_name: str, _system: str | None, _public: str | None, internal: int) -> None:
    # Not only entities: 4 MiB of default attributes would keep the parser busy for an hour.
    if internal:
        raise InvalidError(
            "UNSUPPORTED_FORMAT", "The picture brings its own XML entities or rules; save it as plain SVG."
        )


def _refuse_entity(name: str, _parameter: int) -> NoReturn:
    raise _broken(f"it uses the entity {name[:40]}, which it does not explain")


def _refuse_encoding() -> NoReturn:
    raise InvalidError("UNSUPPORTED_FORMAT", "The picture is not written in UTF-8; save it as UTF-8.")


def _broken(reason: str) -> InvalidError:
    return InvalidError("PARSING_ERROR", f"The file is not a readable SVG picture: {reason}.")
