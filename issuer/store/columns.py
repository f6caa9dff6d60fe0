"""Column types: one for ids, one for times, one for JSON, one for closed word lists. The same on every database."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, Text, Uuid
from sqlalchemy.types import TypeDecorator, TypeEngine

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

Serial = BigInteger().with_variant(Integer(), "sqlite")
"""A number that the database counts up. SQLite counts only a column that is declared INTEGER."""


class Id(TypeDecorator[UUID]):
    """A UUID: 16 bytes in SQLite, where text would double every index; the native type elsewhere."""

    impl = LargeBinary(16)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column type of the database."""
        native: TypeEngine[Any] = Uuid() if dialect.supports_native_uuid else LargeBinary(16)
        return dialect.type_descriptor(native)

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> Any:
        """UUID to column value."""
        return value if value is None or dialect.supports_native_uuid else value.bytes

    def process_result_value(self, value: Any, _dialect: Dialect) -> UUID | None:
        """Column value to UUID."""
        return value if value is None or isinstance(value, UUID) else UUID(bytes=bytes(value))


class Instant(TypeDecorator[datetime]):
    """A moment as whole microseconds since 1970 in UTC: exact, sortable, and free of any server's time zone."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> int | None:
        """Aware datetime to microseconds; a naive one raises `TypeError`."""
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, _dialect: Dialect) -> datetime | None:
        """Microseconds to aware datetime in UTC."""
        return None if value is None else _EPOCH + value * _MICROSECOND


class JsonText(TypeDecorator[Any]):
    """A JSON value as text with sorted names, so that equal values are equal bytes."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> str:
        """Value to text."""
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Any:
        """Text to value."""
        return None if value is None else json.loads(value)


class Names(JsonText):
    """A tuple of names as a JSON array."""

    cache_ok = True

    def process_result_value(self, value: str | None, _dialect: Dialect) -> tuple[str, ...]:
        """Text to tuple."""
        return tuple(json.loads(value or "[]"))


class Word(TypeDecorator[StrEnum]):
    """One word of a closed list, as text."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: StrEnum | None, _dialect: Dialect) -> str | None:
        """Word to text; a text outside the list raises `ValueError` before it reaches the database."""
        return None if value is None else self.words(value).value

    def process_result_value(self, value: str | None, _dialect: Dialect) -> StrEnum | None:
        """Text to word."""
        return None if value is None else self.words(value)


def plain(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """Return what turns a value other than `None` into what the driver takes, or `None` if it takes it as it is."""
    if isinstance(kind, Id):
        return None if dialect.supports_native_uuid else attrgetter("bytes")
    if isinstance(kind, Word):
        return attrgetter("value")
    if isinstance(kind, TypeDecorator):
        process = kind.process_bind_param
        return lambda value: process(value, dialect)
    return None
