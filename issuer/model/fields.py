"""Strict reading of one JSON object: every field is asked for by name, and what nobody asked for is an error.

    with Fields(value, "level") as fields:
        code = fields.text("code", 20)
        url = fields.optional("url", link)

A wrong field raises `FieldError` with its path. `null` and absence mean the same for an optional field.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, Self, TypeVar

from issuer.errors import FieldError

T = TypeVar("T")
Read = Callable[[Any, str], T]
"""Reads one JSON value at a path, or raises `FieldError` naming the path."""

MAX_URL: Final = 2_000
"""Characters. Real links are shorter; longer ones break mail programs and old browsers."""
MAX_LIST: Final = 100
"""Entries. A micro-credential with more outcomes, skills or results is a data error."""

_LINK = re.compile(r"https://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?(?:[/?#][!-~]*)?")
_UNSAFE_IN_LINK: Final = frozenset('<>"{}|\\^`')  # not allowed in a URI: RFC 3986 section 2
_HIDING: Final = frozenset("\u200b\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that show nothing or turn the reading direction, so that a text can look like another one."""


class Fields:
    """The fields of one JSON object at `path`. Leaving the `with` block refuses what nobody asked for."""

    def __init__(self, value: Any, path: str = "") -> None:
        if not isinstance(value, Mapping):
            raise FieldError(path, "must be an object")
        self._value = value
        self._path = path
        self._asked: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            for name in self._value:
                if name not in self._asked:
                    raise FieldError(self._at(str(name)[:80]), "is not a known field: remove it or correct it")

    def _at(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def required(self, name: str, read: Read[T]) -> T:
        """Return the field read by `read`; absent or `null` is an error."""
        self._asked.add(name)
        value = self._value.get(name)
        if value is None:
            raise FieldError(self._at(name), "is missing")
        return read(value, self._at(name))

    def optional(self, name: str, read: Read[T]) -> T | None:
        """Return the field read by `read`, or `None` if it is absent or `null`."""
        self._asked.add(name)
        value = self._value.get(name)
        return None if value is None else read(value, self._at(name))

    def text(self, name: str, limit: int) -> str:
        """Return a required plain text on one line of at most `limit` characters."""
        return self.required(name, text(limit))

    def optional_text(self, name: str, limit: int) -> str | None:
        """Return an optional plain text on one line of at most `limit` characters."""
        return self.optional(name, text(limit))

    def many(self, name: str, read: Read[T]) -> tuple[T, ...]:
        """Return the entries of an optional array; absent means none."""
        return self.optional(name, array(read)) or ()


def text(limit: int, *, lines: bool = False) -> Read[str]:
    """Read 1 to `limit` characters, no control or hiding ones; `lines` allows line feeds and tabs."""

    def read(value: Any, path: str) -> str:
        if not isinstance(value, str):
            raise FieldError(path, "must be a text")
        if not value or value != value.strip():
            raise FieldError(path, "must not be empty, nor begin or end with white space")
        if len(value) > limit:
            raise FieldError(path, f"is longer than {limit} characters")
        _refuse_characters(value, path, allowed="\n\t" if lines else "")
        return value

    return read


def _refuse_characters(value: str, path: str, allowed: str) -> None:
    for character in value:
        if character in allowed:
            continue
        if character in _HIDING or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
            raise FieldError(path, f"holds U+{ord(character):04X}, which does not belong in a text")


def pattern(expression: str, limit: int, hint: str) -> Read[str]:
    """Read at most `limit` characters that match all of `expression`; `hint` says what fits."""
    compiled = re.compile(expression)

    def read(value: Any, path: str) -> str:
        if not isinstance(value, str) or len(value) > limit or not compiled.fullmatch(value):
            raise FieldError(path, f"must be {hint}")
        return value

    return read


def one_of(allowed: Collection[str]) -> Read[str]:
    """Read a text out of a closed list."""

    def read(value: Any, path: str) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise FieldError(path, "must be one of " + ", ".join(allowed))
        return value

    return read


def array(read_entry: Read[T]) -> Read[tuple[T, ...]]:
    """Read an array of at most `MAX_LIST` entries."""

    def read(value: Any, path: str) -> tuple[T, ...]:
        if not isinstance(value, list | tuple):
            raise FieldError(path, "must be an array")
        if len(value) > MAX_LIST:
            raise FieldError(path, f"has more than {MAX_LIST} entries")
        return tuple(read_entry(entry, f"{path}[{index}]") for index, entry in enumerate(value))

    return read


def link(value: Any, path: str) -> str:
    """Read an absolute https URL in ASCII, without user name and password."""
    if not isinstance(value, str) or len(value) > MAX_URL or not _LINK.fullmatch(value):
        raise FieldError(path, "must be an https link (in ASCII, without user name)")
    if not _UNSAFE_IN_LINK.isdisjoint(value):
        raise FieldError(path, "holds a character that a link must write with %")
    return value


def name_url(namespaces: tuple[str, ...]) -> Read[str]:
    """Read an https link, or a name in one of the `namespaces` that standards fixed with http."""

    def read(value: Any, path: str) -> str:
        if isinstance(value, str) and value.startswith(namespaces):
            link("https" + value.removeprefix("http"), path)
            return value
        return link(value, path)

    return read
