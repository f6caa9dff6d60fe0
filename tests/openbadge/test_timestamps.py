from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbadge import timestamps
from tests.vectors import code_of

REFUSED = [
    "2024-01-01", "2024-01-01T00:00:00", "20240101T000000Z", "2024-W01-1", "2024-01-01 00:00:00Z", "2024-01-01T00:00Z",
    "2024-01-01t00:00:00z", "2024-1-1T00:00:00Z", "2024-02-30T00:00:00Z", "0000-01-01T00:00:00Z", "24-01-01T00:00:00Z",
    "2024-01-01T24:00:00Z", "2024-01-01T00:00:60Z", "2024-01-01T00:00:00+1:00", "2024-01-01T00:00:00+15:00",
    "2024-01-01T00:00:00+01:60", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00Z\n", " 2024-01-01T00:00:00Z", "",
    "٢٠٢٤-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "+2024-01-01T00:00:00Z",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_dm_003_other_forms_are_refused(text):
    assert code_of(timestamps.parse, text, "validFrom") == "MALFORMED_VALUE_ERROR"


@pytest.mark.parametrize(
    "value", [["2024-01-01T00:00:00Z"] * 2, {"@value": "2024-01-01T00:00:00Z"}, 1704067200, True, None]
)
def test_dm_005_other_types_are_refused(value):
    assert code_of(timestamps.parse, value, "validUntil") == "MALFORMED_VALUE_ERROR"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-02-29T12:00:00Z", datetime(2024, 2, 29, 12, tzinfo=UTC)),
        ("2024-02-29T12:00:00+14:00", datetime(2024, 2, 28, 22, tzinfo=UTC)),
        ("2024-02-29T12:00:00-00:30", datetime(2024, 2, 29, 12, 30, tzinfo=UTC)),
        ("2024-02-29T12:00:00.123456789Z", datetime(2024, 2, 29, 12, 0, 0, 123456, UTC)),
        ("2024-02-29T12:00:00.5Z", datetime(2024, 2, 29, 12, 0, 0, 500_000, UTC)),
    ],
)
def test_read(text, moment):
    assert timestamps.parse(text, "validFrom") == moment


@given(
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)),
    st.integers(-14 * 60, 14 * 60),
)
def test_what_is_written_is_read_back_to_the_second(naive, minutes):
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    text = timestamps.write(moment)
    assert len(text) == 20
    assert timestamps.parse(text, "created") == moment.astimezone(UTC).replace(microsecond=0)


@given(st.text(max_size=40))
def test_random_text_raises_nothing_but_our_own_error(text):
    code_of(timestamps.parse, text, "validFrom")


def test_a_moment_without_a_zone_is_not_guessed():
    with pytest.raises(ValueError, match="zone"):
        timestamps.write(datetime(2024, 1, 1))
