"""Reading the JSON of other people: what we need is read strictly, what we do not know is left alone.

    event = load(content).at("event")
    learner = event.identifier("relateduserid")

Every refusal is a `FieldError` that names the place and never the value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, Self

from issuer.errors import FieldError
from issuer.model.canonical import sha256
from issuer.model.definition import MAX_NAME
from issuer.model.fields import text as text_reader
from openbadge import jcs, strict_json, timestamps
from openbadge.errors import InvalidError

MAX_NUMBER: Final = Decimal(10) ** 9
"""Points, credits, percents: no scale in use is near it, and 1e308 is an attack or a defect."""
MAX_UNIX: Final = 4_102_444_800
"""Seconds: the first second of 2100. A later time is one in milliseconds, or a defect."""
MAX_ITEMS: Final = 1_000
"""Entries of one array."""
_NUMBER: Final = re.compile(r"-?[0-9]{1,10}(\.[0-9]{1,15})?")
_ZONE: Final = re.compile(r"(?<=[0-9])([+-][0-9]{2})([0-9]{2})\Z")
_WHOLE: Final = re.compile(r"-?[0-9]{1,19}")
_text: Final = text_reader(MAX_NAME)
_long_text: Final = text_reader(2_000)


class Node:
    """One JSON object at `path`. Members that are absent, `null` or empty texts are the same: the source is silent."""

    __slots__ = ("path", "value")

    def __init__(self, value: Any, path: str = "") -> None:
        if not isinstance(value, Mapping):
            raise FieldError(path, "must be an object")
        self.value = value
        self.path = path

    def where(self, name: str) -> str:
        """Return the path of a member."""
        return f"{self.path}.{name}" if self.path else name

    def get(self, name: str) -> Any:
        """Return a member as it is, or None."""
        value = self.value.get(name)
        return None if value == "" else value

    def needed(self, name: str) -> Any:
        """Return a member as it is; silence is an error."""
        value = self.get(name)
        if value is None:
            raise FieldError(self.where(name), "is missing")
        return value

    def at(self, name: str) -> Self:
        """Return an object that must be there."""
        return type(self)(self.needed(name), self.where(name))

    def maybe(self, name: str) -> Self | None:
        """Return an object, or None."""
        value = self.get(name)
        return None if value is None else type(self)(value, self.where(name))

    def items(self, name: str) -> list[Self]:
        """Return the objects of an array; none if it is absent."""
        value = self.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > MAX_ITEMS:
            raise FieldError(self.where(name), f"must be an array of at most {MAX_ITEMS:,} objects")
        return [type(self)(item, f"{self.where(name)}[{index}]") for index, item in enumerate(value)]

    def text(self, name: str) -> str:
        """Return a plain text on one line of up to 2,000 characters, without white space around it."""
        return _stripped(self.needed(name), self.where(name), long=True)

    def maybe_text(self, name: str) -> str | None:
        """Return such a text of up to the length of a name, or None."""
        value = self.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        return _stripped(value, self.where(name))

    def identifier(self, name: str) -> str:
        """Return an id, which sources write as a text or as a whole number."""
        found = self.maybe_identifier(name)
        if found is None:
            raise FieldError(self.where(name), "is missing")
        return found

    def maybe_identifier(self, name: str) -> str | None:
        """Return such an id, or None."""
        value = self.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return None if value is None or (isinstance(value, str) and not value.strip()) else self.maybe_text(name)

    def flag(self, name: str) -> bool:
        """Return true or false, nothing else."""
        found = self.maybe_flag(name)
        if found is None:
            raise FieldError(self.where(name), "is missing")
        return found

    def maybe_flag(self, name: str) -> bool | None:
        """Return true or false, or None."""
        value = self.get(name)
        if value is not None and not isinstance(value, bool):
            raise FieldError(self.where(name), "must be true or false")
        return value

    def maybe_number(self, name: str) -> Decimal | None:
        """Return a number, written as such or as a text, or None."""
        value = self.get(name)
        return None if value is None else number(value, self.where(name))

    def whole(self, name: str) -> int:
        """Return a whole number, written as such or as a text."""
        value = self.needed(name)
        if isinstance(value, str) and _WHOLE.fullmatch(value):
            return int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise FieldError(self.where(name), "must be a whole number")
        return value

    def unix(self, name: str) -> datetime:
        """Return a moment that is written as seconds since 1970."""
        seconds = self.whole(name)
        if not 0 < seconds < MAX_UNIX:
            raise FieldError(self.where(name), "must be a time in seconds since 1970")
        return datetime.fromtimestamp(seconds, UTC)

    def moment(self, name: str) -> datetime:
        """Return a moment that is written as RFC 3339 with a zone."""
        return moment(self.needed(name), self.where(name))

    def maybe_moment(self, name: str) -> datetime | None:
        """Return such a moment, or None."""
        value = self.get(name)
        return None if value is None else moment(value, self.where(name))


def load(content: bytes) -> Node:
    """Parse one JSON object. Raises `InvalidError` as `strict_json.loads` does."""
    return Node(strict_json.loads(content))


def digest(value: Any) -> bytes:
    """Return SHA-256 of the canonical form (RFC 8785) of a parsed JSON value: 32 bytes."""
    return sha256(jcs.canonicalize(value))


def number(value: Any, path: str) -> Decimal:
    """Read a decimal of up to 10^9 either side of zero; a number as a text must be written with digits only."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        found = Decimal(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        found = Decimal(repr(value))
    else:
        raise FieldError(path, "must be a number")
    if not found.is_finite() or abs(found) > MAX_NUMBER:
        raise FieldError(path, "is a number beyond every scale")
    return found


def moment(value: Any, path: str) -> datetime:
    """Read an RFC 3339 time with a zone; the result is in UTC.

    A zone without its colon (`+0000`) is taken, too: the JavaScript library for Caliper writes it, and nothing else is
    meant by it.
    """
    try:
        return timestamps.parse(_ZONE.sub(r"\1:\2", value) if isinstance(value, str) else value, path)
    except InvalidError:
        raise FieldError(path, "must be a time with a zone, such as 2026-11-23T12:32:28Z") from None


def _stripped(value: Any, path: str, *, long: bool = False) -> str:
    reader = _long_text if long else _text
    return reader(value.strip() if isinstance(value, str) else value, path)
