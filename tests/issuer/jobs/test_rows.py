"""Reading the reports of a batch: each keeps its bytes and its number, whatever stands around it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.jobs import rows
from issuer.jobs.rows import JSON, NDJSON, READERS, Row, pack, parts, unpack
from openbadge.errors import InvalidError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('abc\\"{}[],', max_size=4), inner, max_size=4),
    max_leaves=12,
)
SPACES = st.text(" \t\r\n", max_size=3)


def read(media_type: str, body: bytes) -> list[Row]:
    return list(READERS[media_type](body, {}))


@given(st.lists(st.tuples(VALUES, SPACES, SPACES), max_size=8), SPACES, st.booleans())
def test_the_elements_of_an_array_are_its_rows(items: list[Any], around: str, ascii_only: bool) -> None:
    texts = [json.dumps(value, ensure_ascii=ascii_only, indent=1) for value, _, _ in items]
    inside = ",".join(f"{before}{text}{after}" for text, (_, before, after) in zip(texts, items, strict=True))
    found = read(JSON, f"{around}[{inside}{around}]{around}".encode())
    assert found == [Row(number, text.encode()) for number, text in enumerate(texts, 1)]


@given(st.lists(VALUES, max_size=8), st.sampled_from(["\n", "\r\n", "\n\n", "\n \n"]))
def test_the_lines_of_ndjson_are_its_rows(values: list[Any], end: str) -> None:
    texts = [json.dumps(value) for value in values]
    body = end.join([*texts, ""])
    found = read(NDJSON, body.encode())
    assert [row.raw.decode() for row in found] == texts
    lines = body.encode().splitlines()
    assert [lines[row.number - 1] for row in found] == [row.raw for row in found]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[",
        b"[1",
        b"[1,",
        b"[1,]",
        b"[,1]",
        b"[1 2]",
        b"[1]x",
        b"[1][2]",
        b"\xef\xbb\xbf[1]",
        b"[\xff]",
        b"[" * 200_000,
        b'[{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}]",
        b"[" + b"9" * 5_000 + b"]",
        '["\u00e9"]'.encode("utf-16"),
    ],
)
def test_what_is_no_array_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidError) as caught:
        read(JSON, body)
    assert caught.value.code == "PARSING_ERROR"


@given(st.binary(max_size=60))
def test_no_bytes_make_a_reader_fail_otherwise(body: bytes) -> None:
    for media_type in READERS:
        try:
            read(media_type, body)
        except InvalidError:
            continue


def test_the_refusal_names_the_element() -> None:
    with pytest.raises(InvalidError, match=r"Element 2 of the array"):
        read(JSON, b'[{"a": 1}, {"a" 1}]')


ROWS = st.builds(Row, st.integers(1, 2**32 - 1), st.binary()) | st.builds(
    Row, st.integers(1, 2**32 - 1), st.just(b""), st.text(st.characters(exclude_categories=["Cs"])), st.text("ab")
)


@given(st.lists(ROWS))
def test_rows_survive_their_blob(kept: list[Row]) -> None:
    assert unpack(pack(kept)) == kept


@given(st.lists(st.integers(0, 30)), st.integers(1, 5), st.integers(1, 40))
def test_parts_hold_all_rows_in_order_and_within_bounds(sizes: list[int], most: int, size: int) -> None:
    items = [Row(number, bytes(length)) for number, length in enumerate(sizes, 1)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "ROWS_PER_PART", most)
        patch.setattr(rows, "BYTES_PER_PART", size)
        found = list(parts(items))
    assert [row for part in found for row in part] == items
    assert all(part and len(part) <= most for part in found)
    assert all(len(part) == 1 or sum(len(row.raw) for row in part) <= size for part in found)


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MAX_ROWS", 3)
    assert len(list(parts(Row(number, b"") for number in range(3)))) == 1
    with pytest.raises(InvalidError) as caught:
        list(parts(Row(number, b"") for number in range(4)))
    assert caught.value.code == "LIMIT_EXCEEDED"


@pytest.mark.parametrize(
    ("text", "kind", "parameters"),
    [
        ("application/json", "application/json", {}),
        ("Application/JSON; charset=utf-8", "application/json", {"charset": "utf-8"}),
        ('text/csv; connection="registrar"', "text/csv", {"connection": "registrar"}),
        ("", "", {}),
    ],
)
def test_media_types(text: str, kind: str, parameters: dict[str, str]) -> None:
    assert rows.media_type(text) == (kind, parameters)
