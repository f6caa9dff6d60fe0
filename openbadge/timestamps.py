"""Points in time as the standards write them: XML Schema `dateTimeStamp`, always with a zone.

VC Data Model 2.0 section 4.9 "Validity Period"; Open Badges 3.0 `DateTimeZ`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from openbadge.errors import InvalidError

_FORM: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)
_TWO: Final = tuple(f"{number:02}" for number in range(60))
"""Two digits of a number: a moment is written for each credential, and this takes half the time of `isoformat`."""


def parse(value: Any, name: str) -> datetime:
    """Read a dateTimeStamp and return it in UTC, to the microsecond; `name` is the member, for the sentence.

    Raises `InvalidError` MALFORMED_VALUE_ERROR for any other form: no zone, no seconds, week dates, a space for T.
    """
    match = _FORM.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise _malformed(value, name)
    year, month, day, hour, minute, second, fraction, sign, off_hour, off_minute = match.groups()
    micro = int((fraction or "0").ljust(6, "0")[:6])
    try:
        local = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), micro, UTC)
        offset = timedelta(hours=int(off_hour or 0), minutes=int(off_minute or 0))
        if offset > timedelta(hours=14) or int(off_minute or 0) > 59:
            raise ValueError("offset")
        return local + offset if sign == "-" else local - offset
    except (ValueError, OverflowError):
        raise _malformed(value, name) from None


def write(moment: datetime) -> str:
    """Write a moment as UTC to the second: `2026-03-31T10:00:00Z`.

    Raises `ValueError` for a moment without a zone: the zone of the machine must not slip in.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment to be written needs a time zone")
    at = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    day = f"{at.year:04}-{_TWO[at.month]}-{_TWO[at.day]}"
    return f"{day}T{_TWO[at.hour]}:{_TWO[at.minute]}:{_TWO[at.second]}Z"


def _malformed(value: Any, name: str) -> InvalidError:
    return InvalidError(
        "MALFORMED_VALUE_ERROR",
        f"{name} is {str(value)[:60]!r}, which is not a date and time with a zone such as 2026-03-31T10:00:00Z.",
    )
