"""How a badge is spelled: constant bytes, and between them the texts in which badges of one definition differ.

A text matches a layout if it is that of another badge with other texts in the *slots*, byte for byte. What a JSON
reader makes of it then needs no reader: the constant bytes are those of a document that `strict_json` has accepted,
and each slot is one JSON string, whose quotes belong to the constant bytes, without a quote, a backslash or a control
character in it. So every token outside of the slots is the same token: the same names in the same order, none twice,
the same nesting, lists, numbers and truth values. Of the limits, all but the length (checked before) count these.

Texts with escapes match the same way (`loose`), one token each; what such a token says is asked of `strict_json`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from openbadge import contexts, nquads, plain, strict_json
from openbadge.errors import InvalidError

TEXT: Final = "text"
MOMENT: Final = "moment"
ADDRESS: Final = "address"
NAME: Final = "name"
VALID_FROM: Final = "validFrom"
VALID_UNTIL: Final = "validUntil"
CREATED: Final = "created"
PROOF_VALUE: Final = "proofValue"
"""Kinds of slots: any text; a moment; an address; an address that is also the name of a part of the document; three
moments and a signature that are looked at."""

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*+"|[{}\[\]:,]|[^\s{}\[\]:,"]++')
_PLAIN_TEXT: Final = r'[^"\\\x00-\x1f\x7f]*+'
_ANY_TEXT: Final = r'(?:[^"\\\x00-\x1f]++|\\.)*+'
_MOMENT: Final = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?+(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_SIGNATURE: Final = r"z[1-9A-HJ-NP-Za-km-z]{64,88}+"
"""Multibase base58btc of a signature of 64 bytes: 88 characters at most, and 64 for each byte a zero. (Those of P-384
are longer, and go the full way.)"""


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot in a text: its kind, and where it begins and ends, without the quotes."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The spelling of one shape: `strict` and `loose` match it, `constants` are the bytes around its slots.

    `digest` is a hash of those and of the pinned vocabularies.
    """

    kinds: tuple[str, ...]
    constants: tuple[bytes, ...]
    strict: re.Pattern[bytes]
    loose: re.Pattern[bytes]
    digest: bytes

    def match(self, data: bytes) -> tuple[bytes, ...] | None:
        """Return the texts of the slots as terms of N-Quads (UTF-8, escaped), or None if `data` is not laid out so.

        `data` is UTF-8 throughout; the caller has checked that, and its length.
        """
        found = self.strict.fullmatch(data)
        if found is not None:
            groups = found.groups()
            return groups[1::2] if groups[::2] == self.constants else None
        return self._match_escaped(data) if b"\\" in data or b"\x7f" in data else None

    def _match_escaped(self, data: bytes) -> tuple[bytes, ...] | None:
        found = self.loose.fullmatch(data)
        if found is None:
            return None
        groups = found.groups()
        if groups[::2] != self.constants:
            return None
        try:
            return tuple(_term(text) for text in groups[1::2])
        except InvalidError:  # half a surrogate pair, say: the full way finds the words for it
            return None


def lay_out(text: str, places: Mapping[str, Any]) -> Layout:
    """Return the layout of a text that `strict_json` has accepted, with slots where `places` has them.

    `places` maps member names to a kind of slot, or to the places inside; lists are looked through. A place that holds
    no text is no slot.
    """
    slots = list(_Reader(text).slots(places))
    edges = [0, *(edge for slot in slots for edge in (slot.start, slot.end)), len(text)]
    constants = tuple(text[start:end].encode() for start, end in zip(edges[::2], edges[1::2], strict=True))
    kinds = tuple(slot.kind for slot in slots)
    strict, loose = (_pattern(kinds, constants, grammar) for grammar in (_PLAIN_TEXT, _ANY_TEXT))
    # Constant bytes are JSON between quotes, so none holds a zero byte.
    digest = sha256(b"\0".join((contexts.contexts().digest.encode(), *constants))).digest()
    return Layout(kinds, constants, strict, loose, digest)


def _pattern(kinds: tuple[str, ...], constants: tuple[bytes, ...], text: str) -> re.Pattern[bytes]:
    """Match by lengths: comparing constant bytes is left to the comparison of tuples, which is quicker."""
    grammar = {
        TEXT: text,
        **dict.fromkeys((ADDRESS, NAME), plain.address_grammar()),
        **dict.fromkeys((MOMENT, VALID_FROM, VALID_UNTIL, CREATED), _MOMENT),
        PROOF_VALUE: _SIGNATURE,
    }
    pieces = [f"(.{{{len(constant)}}})" for constant in constants]
    slots = [f"({grammar[kind]})" for kind in kinds]
    joined = "".join(part for pair in zip(pieces, [*slots, ""], strict=True) for part in pair)
    return re.compile(joined.encode(), re.DOTALL)


def _term(text: bytes) -> bytes:
    if b"\\" not in text and b"\x7f" not in text:
        return text
    return nquads.escape(strict_json.loads_any(b'"' + text + b'"')).encode()


class _Reader:
    """Walks through the tokens of a JSON text that is known to be right."""

    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.finditer(text)

    def slots(self, places: Any) -> Iterator[Slot]:
        yield from self._value(next(self._tokens), places)

    def _value(self, token: re.Match[str], places: Any) -> Iterator[Slot]:
        mark = token[0][0]
        if mark == "{":
            yield from self._object(places)
        elif mark == "[":
            yield from self._list(places)
        elif mark == '"' and isinstance(places, str):
            yield Slot(places, token.start() + 1, token.end() - 1)

    def _object(self, places: Any) -> Iterator[Slot]:
        for token in self._tokens:
            if token[0] == "}":
                return
            if token[0] != ",":
                name = json.loads(token[0])
                next(self._tokens)  # the colon
                inside = places.get(name) if isinstance(places, Mapping) else None
                yield from self._value(next(self._tokens), inside)

    def _list(self, places: Any) -> Iterator[Slot]:
        for token in self._tokens:
            if token[0] == "]":
                return
            if token[0] != ",":
                yield from self._value(token, places)
