"""Strict reading of one JSON object: every field is asked for by name, and what nobody asked for is an error.

    with Fields(value, "level") as fields:
        code = fields.text("code", 20)
        url = fields.optional("url", link)

A wrong field raises `FieldError` with its path. `null` and absence mean the same for an optional field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Generic, Self, TypeVar

from issuer.errors import FieldError

T = TypeVar("T")
Read = Callable[[Any, str], T]
"""Reads one JSON value at a path, or raises `FieldError` naming the path."""

MAX_URL: Final = 2_000
"""Characters. Real links are shorter; longer ones break mail programs and old browsers."""
MAX_LIST: Final = 100
"""Entries. A micro-credential with more outcomes, skills or results is a data error."""

_CHARACTER: Final = r"[A-Za-z0-9\-._~!$&'()*+,;=:@/?]"  # of path, query and fragment: RFC 3986 section 3.3 to 3.5
_RUN: Final = f"{_CHARACTER}*+(?:%[0-9A-Fa-f]{{2}}{_CHARACTER}*+)*+"
_HOST: Final = "[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?"
_LINK: Final = re.compile(rf"https://{_HOST}(?:[/?]{_RUN})?(?:#{_RUN})?")
_LIKE_A_LINK: Final = re.compile(rf"https://{_HOST}(?:[/?#][!-~]*)?")
_REFUSED: Final = (
    r"\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029"  # Unicode categories Cc, Cs, Zl and Zp
    r"\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"  # show nothing or turn the reading direction
)
_REFUSED_IN_LINE: Final = re.compile(rf"[\t\n{_REFUSED}]")
_REFUSED_IN_LINES: Final = re.compile(rf"[{_REFUSED}]")
"""Characters that do not belong in a text, or make it look like another one."""
_ABSENT: Final = object()
NEEDED: Final = object()
"""What stands for an absent field that must not be absent."""


class Fields:
    """The fields of one JSON object at `path`. Leaving the `with` block refuses what nobody asked for."""

    __slots__ = ("_asked", "_found", "_path", "_value")

    def __init__(self, value: Any, path: str = "") -> None:
        if not isinstance(value, Mapping):
            raise FieldError(path, "must be an object")
        self._value = value
        self._path = path + "." if path else ""
        self._asked: list[str] = []
        self._found = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and self._found != len(self._value):
            stranger = next(str(name) for name in self._value if name not in self._asked)
            raise FieldError(self._path + stranger[:80], "is not a known field: remove it or correct it")

    def _get(self, name: str) -> Any:
        self._asked.append(name)
        value = self._value.get(name, _ABSENT)
        if value is _ABSENT:
            return None
        self._found += 1
        return value

    def required(self, name: str, read: Read[T]) -> T:
        """Return the field read by `read`; absent or `null` is an error."""
        value = self._get(name)
        if value is None:
            raise FieldError(self._path + name, "is missing")
        return read(value, self._path + name)

    def optional(self, name: str, read: Read[T]) -> T | None:
        """Return the field read by `read`, or `None` if it is absent or `null`. Ask for each name once."""
        value = self._get(name)
        return None if value is None else read(value, self._path + name)

    def text(self, name: str, limit: int) -> str:
        """Return a required plain text on one line of at most `limit` characters."""
        return self.required(name, text(limit))

    def optional_text(self, name: str, limit: int) -> str | None:
        """Return an optional plain text on one line of at most `limit` characters."""
        return self.optional(name, text(limit))

    def many(self, name: str, read: Read[T]) -> tuple[T, ...]:
        """Return the entries of an optional array; absent means none."""
        value = self._get(name)
        return () if value is None else _entries(value, self._path + name, read)


@dataclass(frozen=True, slots=True)
class Record(Generic[T]):
    """Reads one JSON object into `make`, whose arguments are `columns` in order; as `Fields` does, and quicker.

    A column is (name of the field, how it is read, what stands for one that is absent). A field whose absence is
    `NEEDED` must be there. What `array` readers return is a tuple.
    """

    make: Callable[..., T]
    columns: tuple[tuple[str, Read[Any], Any], ...]

    def __call__(self, value: Any, path: str) -> T:
        """Read the object at `path`. Raises `FieldError` naming the first wrong field."""
        if type(value) is not dict and not isinstance(value, Mapping):
            raise FieldError(path, "must be an object")
        prefix = path + "." if path else ""
        found, read = 0, []
        for name, read_field, absent in self.columns:
            field = value.get(name, _ABSENT)
            if field is not _ABSENT:
                found += 1
                if field is not None:
                    read.append(read_field(field, prefix + name))
                    continue
            if absent is NEEDED:
                raise FieldError(prefix + name, "is missing")
            read.append(absent)
        if found != len(value):
            known = {name for name, _, _ in self.columns}
            stranger = next(str(name) for name in value if name not in known)
            raise FieldError(prefix + stranger[:80], "is not a known field: remove it or correct it")
        return self.make(*read)


@cache
def text(limit: int, *, lines: bool = False) -> Read[str]:
    """Read 1 to `limit` characters, no control or hiding ones; `lines` allows line feeds and tabs."""
    refused = _REFUSED_IN_LINES if lines else _REFUSED_IN_LINE

    def read(value: Any, path: str) -> str:
        if not isinstance(value, str):
            raise FieldError(path, "must be a text")
        if not value or value != value.strip():
            raise FieldError(path, "must not be empty, nor begin or end with white space")
        if len(value) > limit:
            raise FieldError(path, f"is longer than {limit} characters")
        if found := refused.search(value):
            raise FieldError(path, f"holds U+{ord(found[0]):04X}, which does not belong in a text")
        return value

    return read


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
        return _entries(value, path, read_entry)

    return read


def _entries(value: Any, path: str, read_entry: Read[T]) -> tuple[T, ...]:
    if not isinstance(value, list | tuple):
        raise FieldError(path, "must be an array")
    if len(value) > MAX_LIST:
        raise FieldError(path, f"has more than {MAX_LIST} entries")
    return tuple([read_entry(entry, f"{path}[{index}]") for index, entry in enumerate(value)])


def link(value: Any, path: str) -> str:
    """Read an absolute https URL (RFC 3986) in ASCII, without user name and password."""
    if isinstance(value, str) and len(value) <= MAX_URL:
        if _LINK.fullmatch(value):
            return value
        if _LIKE_A_LINK.fullmatch(value):
            raise FieldError(path, "holds a character that a link must write with %, as %23 for a second #")
    raise FieldError(path, f"must be an https link of up to {MAX_URL:,} characters (in ASCII, without user name)")


def name_url(namespaces: tuple[str, ...]) -> Read[str]:
    """Read an https link, or a name in one of the `namespaces` that standards fixed with http."""

    def read(value: Any, path: str) -> str:
        if isinstance(value, str) and value.startswith(namespaces):
            link("https" + value.removeprefix("http"), path)
            return value
        return link(value, path)

    return read
