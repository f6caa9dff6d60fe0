"""JSON pointers (RFC 6901) and the part of a document that they select.

VC Data Integrity ECDSA Cryptosuites 1.0, sections 3.4.10 "jsonPointerToPaths" to 3.4.13 "selectJsonLd".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from openbadge.errors import InvalidError

MAX_POINTERS: Final = 200
"""Pointers of one list: twice the members of the fullest badge of 1EdTech's examples."""
MAX_CHARS: Final = 1_024
"""Characters of a pointer: our longest member names and depths make some 300."""
MAX_TOKENS: Final = 40
"""Steps of a pointer: twice the depth that a credential may have."""
ALWAYS: Final = ("@context", "id", "@id", "type", "@type")
"""Members that come along with every object on the way (section 3.4.11 "createInitialSelection").

A nested `@context` is among them, since the other members would mean nothing without it."""

_ESCAPE: Final = re.compile(r"~[01]")
_LONE_TILDE: Final = re.compile(r"~(?![01])")
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,5}")

Tokens = tuple[str, ...]


def parse(pointer: Any) -> Tokens:
    """Return the steps of a pointer; the empty pointer has none and stands for the whole document.

    Raises `InvalidError` MALFORMED_VALUE_ERROR for what is no pointer, LIMIT_EXCEEDED for one that is too long.
    """
    if not isinstance(pointer, str) or (pointer and not pointer.startswith("/")) or _LONE_TILDE.search(pointer):
        raise InvalidError("MALFORMED_VALUE_ERROR", f"{str(pointer)[:100]!r} is not a JSON pointer.")
    steps = pointer.split("/")[1:]
    if len(pointer) > MAX_CHARS or len(steps) > MAX_TOKENS:
        raise InvalidError("LIMIT_EXCEEDED", f"The JSON pointer {pointer[:100]!r}… is too long.")
    return tuple(_ESCAPE.sub(lambda match: {"~0": "~", "~1": "/"}[match[0]], step) for step in steps)


def parse_all(pointers: Sequence[Any]) -> tuple[Tokens, ...]:
    """Parse a list of at most `MAX_POINTERS` pointers; errors as for `parse`."""
    if len(pointers) > MAX_POINTERS:
        raise InvalidError("LIMIT_EXCEEDED", f"More than {MAX_POINTERS} JSON pointers select from one document.")
    return tuple(map(parse, pointers))


def select(value: Any, paths: Iterable[Tokens]) -> Any:
    """Return the part of a JSON value that at least one path selects: all of an end, and of each object on the way
    the members `ALWAYS`. Of an array only the selected items are left, in their order.

    The parts are those of `value`, not copies. Raises `InvalidError` MALFORMED_VALUE_ERROR for a path without match.
    """
    below: dict[str, list[Tokens]] = defaultdict(list)
    whole = False
    for path in paths:
        if path:
            below[path[0]].append(path[1:])
        else:
            whole = True
    if whole and not below:
        return value
    part = _part_of_array(value, below) if isinstance(value, list) else _part_of_object(value, below)
    return value if whole else part  # only now: a path that matches nothing is an error beside the whole, too


def _part_of_array(value: list[Any], below: Mapping[str, list[Tokens]]) -> list[Any]:
    indexes = {_index(step, value): rest for step, rest in below.items()}
    return [select(value[index], indexes[index]) for index in sorted(indexes)]


def _part_of_object(value: Any, below: Mapping[str, list[Tokens]]) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not below.keys() <= value.keys():
        raise _no_match(next((step for step in below if not isinstance(value, Mapping) or step not in value), ""))
    parts = {name: select(value[name], rest) for name, rest in below.items()}
    return {
        name: item if name in ALWAYS else parts[name] for name, item in value.items() if name in ALWAYS or name in parts
    }


def _index(step: str, value: Sequence[Any]) -> int:
    if not _INDEX.fullmatch(step) or int(step) >= len(value):
        raise _no_match(step)
    return int(step)


def _no_match(step: str) -> InvalidError:
    return InvalidError("MALFORMED_VALUE_ERROR", f"A JSON pointer matches nothing: there is no {step[:100]!r}.")
