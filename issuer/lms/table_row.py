"""One row of a table: from its cells to a report."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from issuer.errors import FieldError, SettingsError
from issuer.lms import read
from issuer.lms.connection import Connection
from issuer.lms.model import Course, Kind, Origin, Outcome, Reported, Score
from issuer.lms.people import learner
from issuer.model.canonical import canonical_json, sha256
from issuer.model.definition import MAX_NAME
from issuer.model.fields import text
from issuer.model.forms import email

RESULTS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "": Kind.COMPLETED,
        "completed": Kind.COMPLETED,
        "passed": Kind.PASSED,
        "pass": Kind.PASSED,
        "failed": Kind.FAILED,
        "fail": Kind.FAILED,
        "withdrawn": Kind.WITHDRAWN,
    }
)
NO_HOLD: Final = frozenset({"", "no", "false", "0", "-"})
"""What in the column `hold` means that nothing is to be held; any other word, such as a reason, holds."""
_FORMULA: Final = ("=", "+", "-", "@")
"""How a text begins that a spreadsheet program would run as a formula when our result file is opened."""
_SHORTENED: Final = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{1,3}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LOCAL: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
_text: Final = text(MAX_NAME)


class RowReader:
    """Reads the rows of one file; knows the rows that it has seen, so that none counts twice."""

    def __init__(self, names: Sequence[str], batch_id: str, origin: Origin, connection: Connection) -> None:
        self._names = names
        self._batch = batch_id
        self._origin = origin
        self._connection = connection
        self._zone = _zone(connection)
        self._seen: dict[str, int] = {}

    def read(self, number: int, cells: Sequence[str]) -> Reported:
        """Return the report of a row. Raises `FieldError` whose path is the column."""
        row = _Row(self._fitted(cells))
        course = Course(
            id=row.code("achievement_code"),
            section=row.maybe("section"),
            term=row.maybe("term"),
            version=row.maybe("achievement_version"),
        )
        kind = row.kind()
        report: dict[str, Any] = {
            "kind": kind,
            "learner": learner(
                self._connection, "sis_id", row.maybe("legal_name"), sis=row.code("sis_id"), email=row.email()
            ),
            "course": course,
            "occurred_at": row.day("completed_on", self._zone),
            "outcome": row.outcome(kind),
            "hold": row.cells.get("hold", "").strip().casefold() not in NO_HOLD,
        }
        content = sha256(canonical_json({name: cell.strip() for name, cell in row.cells.items()}))
        key = row.maybe("row_key") or content.hex()
        self._check_new(key, number)
        return Reported(origin=self._origin, event_id=f"{self._batch}/{key}", digest=content, order=number, **report)

    def _fitted(self, cells: Sequence[str]) -> dict[str, str]:
        if any(cell.strip() for cell in cells[len(self._names) :]):
            raise FieldError("", f"has more cells than the {len(self._names)} columns of the heading")
        return dict(zip(self._names, [*cells, *[""] * len(self._names)], strict=False))

    def _check_new(self, key: str, number: int) -> None:
        first = self._seen.setdefault(key, number)
        if first != number:
            raise FieldError("row_key" if "row_key" in self._names else "", f"says the same as row {first}")


class _Row:
    """The cells of one row by their columns."""

    def __init__(self, cells: Mapping[str, str]) -> None:
        self.cells = cells

    def maybe(self, column: str) -> str | None:
        """Return a text, or None for a blank or missing cell; one that begins like a formula is refused."""
        value = self.cells.get(column, "").strip()
        if value.startswith(_FORMULA):
            raise FieldError(column, "begins like a formula (= + - @); write the text itself")
        return _text(value, column) if value else None

    def code(self, column: str) -> str:
        """Return a text that must be there and that no spreadsheet program has made a number of."""
        value = self.maybe(column)
        if value is None:
            raise FieldError(column, "is missing")
        if _SHORTENED.fullmatch(value):
            raise FieldError(column, "was shortened by a spreadsheet program; format the column as text")
        return value

    def email(self) -> str | None:
        value = self.maybe("email")
        return None if value is None else email(value, "email")

    def kind(self) -> Kind:
        """Look the result up, without regard to case; blank means completed."""
        value = self.cells.get("result", "").strip().casefold()
        if value not in RESULTS:
            raise FieldError("result", f"must be one of {', '.join(filter(None, RESULTS))}, or blank")
        return RESULTS[value]

    def number(self, column: str) -> Decimal | None:
        value = self.cells.get(column, "").strip()
        return read.number(value, column) if value else None

    def outcome(self, kind: Kind) -> Outcome | None:
        """Return what the row says about how well; points need no maximum, a maximum needs points."""
        given, maximum = self.number("score"), self.number("maximum")
        if given is None and maximum is not None:
            raise FieldError("maximum", "has no score beside it")
        found = Outcome(
            passed={Kind.PASSED: True, Kind.FAILED: False}.get(kind),
            score=None if given is None else Score(given, maximum),
            grade=self.maybe("grade"),
            credits=self.number("credits"),
        )
        return None if found == Outcome() else found

    def day(self, column: str, zone: ZoneInfo) -> datetime:
        """Return a moment; a day alone is its first one at the institution, and a time without a zone is local."""
        value = self.code(column)
        try:
            if _DAY.fullmatch(value):
                local = datetime.combine(date.fromisoformat(value), datetime.min.time(), zone)
            elif _LOCAL.fullmatch(value):
                local = datetime.fromisoformat(value).replace(tzinfo=zone)
            else:
                return read.moment(value, column)
            return local.astimezone(UTC)
        except (ValueError, OverflowError, FieldError):
            raise FieldError(column, "must be a date such as 2026-11-20, or a time such as 2026-11-20T14:30") from None


def _zone(connection: Connection) -> ZoneInfo:
    name = connection.option("timezone")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError(
            f"The setting timezone of {connection.name} must be a name such as Europe/Berlin."
        ) from None
