"""Rows of a workbook (.xlsx): the first sheet that is not hidden, read as a stream, every cell as text.

A formula is given as its text (`=B2&C2`), never as the value that some program computed: whoever reads the rows
refuses it like any other text that begins with `=`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO, Final

from issuer.lms.csv_rows import Line
from issuer.lms.xlsx_parts import Handlers, Package
from issuer.lms.xlsx_values import DATE_FORMATS, column_index, is_date_format, number_text
from openbadge.errors import InvalidError

MAX_COLUMNS: Final = 100
MAX_CELL: Final = 32_767
"""Characters: the limit of Excel itself."""
MAX_STRINGS: Final = 1_000_000
"""Entries of the table of texts: ten different ones in each of 100,000 rows."""
_TEXTS: Final = frozenset({"v", "t", "f"})


def rows(stream: BinaryIO) -> Iterator[Line]:
    """Yield the rows that are not blank, the heading first.

    Raises `InvalidError`: PARSING_ERROR for what is no workbook, UNSUPPORTED_FORMAT for an encrypted one,
    LIMIT_EXCEEDED for one that unpacks to too much.
    """
    package = Package(stream)
    book = _Book(package)
    sheet = _Sheet(book)
    for _ in package.stream(book.sheet, Handlers(sheet.start, sheet.end, sheet.data)):
        yield from sheet.take()


class _Book:
    """What the sheet needs of its workbook: where it lies, the shared texts, which styles are dates."""

    def __init__(self, package: Package) -> None:
        starts = [one.target for one in package.relations("").values() if one.kind == "officeDocument"]
        if not starts:
            raise InvalidError("PARSING_ERROR", "The file is a zip archive, but not a workbook (.xlsx).")
        self.date_1904 = False
        self._sheets: list[str] = []
        package.parse(starts[0], Handlers(self._start))
        relations = package.relations(starts[0])
        if not self._sheets or self._sheets[0] not in relations:
            raise InvalidError("PARSING_ERROR", "The workbook has no sheet that is not hidden.")
        self.sheet = relations[self._sheets[0]].target
        parts = {one.kind: one.target for one in relations.values()}
        self.strings = _Strings.of(package, parts.get("sharedStrings"))
        self.dates = _Styles.of(package, parts.get("styles"))

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "workbookPr":
            self.date_1904 = attributes.get("date1904") in ("1", "true")
        elif tag == "sheet" and attributes.get("state", "visible") == "visible":
            self._sheets.append(attributes.get("id", ""))


class _Strings:
    """The table of shared texts; runs of rich text are joined, phonetic hints (`rPh`) are no part of a text."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._parts: list[str] = []
        self._inside = False
        self._phonetic = False

    @classmethod
    def of(cls, package: Package, part: str | None) -> list[str]:
        strings = cls()
        if part is not None:
            package.parse(part, Handlers(strings.start, strings.end, strings.data))
        return strings.found

    def start(self, tag: str, _: Mapping[str, str]) -> None:
        if tag == "si":
            self._parts = []
        self._phonetic = self._phonetic or tag == "rPh"
        self._inside = tag == "t" and not self._phonetic

    def end(self, tag: str) -> None:
        self._inside = False
        if tag == "rPh":
            self._phonetic = False
        if tag == "si":
            self.found.append("".join(self._parts))
            if len(self.found) > MAX_STRINGS:
                raise InvalidError("LIMIT_EXCEEDED", f"The workbook has more than {MAX_STRINGS:,} different texts.")

    def data(self, text: str) -> None:
        if self._inside:
            self._parts.append(text)


class _Styles:
    """Which styles of cells show a date."""

    def __init__(self) -> None:
        self.found: list[bool] = []
        self._own: dict[str, bool] = {}
        self._inside = False

    @classmethod
    def of(cls, package: Package, part: str | None) -> list[bool]:
        styles = cls()
        if part is not None:
            package.parse(part, Handlers(styles.start, styles.end))
        return styles.found

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        identifier = attributes.get("numFmtId", "0")
        if tag == "numFmt":
            self._own[identifier] = is_date_format(attributes.get("formatCode", ""))
        elif tag == "xf" and self._inside:
            built_in = identifier.isascii() and identifier.isdigit() and int(identifier[:6]) in DATE_FORMATS
            self.found.append(self._own.get(identifier, built_in))
        self._inside = self._inside or tag == "cellXfs"

    def end(self, tag: str) -> None:
        self._inside = self._inside and tag != "cellXfs"


class _Sheet:
    """Collects cells and rows while the sheet streams by."""

    def __init__(self, book: _Book) -> None:
        self._book = book
        self._rows: list[Line] = []
        self._number = 0
        self._cells: dict[int, str] = {}
        self._column = -1
        self._cell: Mapping[str, str] | None = None
        self._texts: dict[str, list[str]] = {}
        self._into: list[str] | None = None
        self._phonetic = False

    def take(self) -> list[Line]:
        """Return the rows that are complete, and forget them."""
        rows, self._rows = self._rows, []
        return rows

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "row":
            self._number = _row_number(attributes.get("r"), self._number)
            self._cells, self._column = {}, -1
        elif tag == "c":
            index = column_index(attributes.get("r", ""))
            self._column = index if index >= 0 else self._column + 1
            self._cell, self._texts = attributes, {}
        elif self._cell is not None:
            self._phonetic = self._phonetic or tag == "rPh"
            self._into = self._texts.setdefault(tag, []) if tag in _TEXTS and not self._phonetic else None

    def data(self, text: str) -> None:
        if self._into is not None:
            self._into.append(text)

    def end(self, tag: str) -> None:
        self._into = None
        self._phonetic = self._phonetic and tag != "rPh"
        if tag == "c" and self._cell is not None:
            self._put(self._value(self._cell))
            self._cell = None
        elif tag == "row" and any(cell.strip() for cell in self._cells.values()):
            width = max(self._cells) + 1
            self._rows.append((self._number, [self._cells.get(index, "") for index in range(width)]))

    def _put(self, text: str) -> None:
        if len(text) > MAX_CELL:
            raise InvalidError("LIMIT_EXCEEDED", f"Row {self._number} has a cell of more than {MAX_CELL:,} characters.")
        if text and self._column >= MAX_COLUMNS:
            raise InvalidError("LIMIT_EXCEEDED", f"Row {self._number} has more than {MAX_COLUMNS} cells.")
        if text:
            self._cells[self._column] = text

    def _value(self, cell: Mapping[str, str]) -> str:
        texts = {tag: "".join(parts) for tag, parts in self._texts.items()}
        kind, stored = cell.get("t", "n"), texts.get("v", "")
        if "f" in texts or kind == "e":
            return "=" + (texts.get("f") or stored)
        if kind == "inlineStr":
            return texts.get("t", "")
        if not stored or kind in ("str", "d"):
            return stored
        if kind == "b":
            return "true" if stored == "1" else "false"
        return self._shared(stored) if kind == "s" else self._number_text(stored, cell.get("s", "0"))

    def _shared(self, stored: str) -> str:
        if not (stored.isascii() and stored.isdigit()) or int(stored[:8]) >= len(self._book.strings):
            raise InvalidError("PARSING_ERROR", f"Row {self._number} names a text that the workbook does not have.")
        return self._book.strings[int(stored[:8])]

    def _number_text(self, stored: str, style: str) -> str:
        index = int(style[:6]) if style.isascii() and style.isdigit() else 0
        date = index < len(self._book.dates) and self._book.dates[index]
        return number_text(stored, date=date, date_1904=self._book.date_1904)


def _row_number(text: str | None, last: int) -> int:
    if text is None:
        return last + 1
    if not (text.isascii() and text.isdigit()) or not last < int(text[:8]) <= 1_048_576:
        raise InvalidError("PARSING_ERROR", "The rows of the workbook are not in order.")
    return int(text[:8])
