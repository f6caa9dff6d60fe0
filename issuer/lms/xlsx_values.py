"""What a cell of a workbook says, as text: ECMA-376 part 1, sections 18.3.1.4 "c (Cell)" and 18.8.30 "numFmt"."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from typing import Final

from openbadge.errors import InvalidError

DATE_FORMATS: Final = frozenset({*range(14, 18), 22, *range(27, 37), *range(50, 59)})
"""Built-in number formats that show a date; those that show only a time do not count."""
_LITERAL: Final = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_EPOCHS: Final = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}
_FIRST_SURE_DAY: Final = 61
"""1900-03-01. Before it, programs disagree: Excel counts a 29 February 1900 that never was."""
_LAST_DAY: Final = 2_958_465
"""9999-12-31."""
_PLAIN: Final = re.compile(r"-?[0-9]{1,15}")


def is_date_format(code: str) -> bool:
    """Whether a number format of the user's own shows a date: it names a day or a year outside of its literals."""
    return re.search("[dyDY]", _LITERAL.sub("", code)) is not None


def number_text(text: str, *, date: bool, date_1904: bool) -> str:
    """Return a number as text: whole ones as they stand, others in their shortest form, dates as 2026-11-20.

    Whole numbers of more than 15 digits are left in whatever form they are: the program has lost digits of them.
    Raises `InvalidError` PARSING_ERROR for what is no number.
    """
    if not date and _PLAIN.fullmatch(text):
        return text
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found) or len(text) > 40 or not text.isascii():
        raise InvalidError("PARSING_ERROR", "A cell of the workbook claims to be a number and is none.")
    if date and _FIRST_SURE_DAY <= found <= _LAST_DAY:
        return _date_text(found, date_1904=date_1904)
    return repr(int(found)) if found.is_integer() and abs(found) < 10**15 else repr(found)


def column_index(reference: str) -> int:
    """Return the column of a cell such as `C7`, from 0 on, or -1 for no reference. `InvalidError` for another one."""
    if not reference:
        return -1
    match = re.fullmatch(r"([A-Z]{1,3})[1-9][0-9]{0,6}", reference)
    if match is None:
        raise InvalidError("PARSING_ERROR", "A cell of the workbook has a wrong address.")
    index = 0
    for letter in match[1]:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


def _date_text(serial: float, *, date_1904: bool) -> str:
    moment = _EPOCHS[date_1904] + timedelta(seconds=round(serial * 86_400))
    return moment.date().isoformat() if moment.time().isoformat() == "00:00:00" else moment.isoformat()
