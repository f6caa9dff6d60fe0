from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbadge import strict_json
from openbadge.errors import InvalidError
from tests.vectors import code_of

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
NUMBERS = st.integers(-(10**19) + 1, 10**19 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(TEXT, VALUES, max_size=5), st.booleans())
def test_what_is_accepted_reads_as_the_standard_reader_reads_it(document, ascii_only):
    data = json.dumps(document, ensure_ascii=ascii_only).encode()
    assert strict_json.loads(data) == json.loads(data) == document


@given(st.binary(max_size=200))
def test_random_bytes_raise_nothing_but_our_own_error(data):
    code_of(strict_json.loads, data)
    code_of(strict_json.loads_any, data)


@given(
    st.lists(st.sampled_from(['{"a":', "[", "]", "}", '"', "\\", "\\u12", "\\ud800", "1e", "-", ",", ":", "é", "null"]))
)
def test_pieces_of_json_raise_nothing_but_our_own_error(pieces):
    data = "".join(pieces).encode()
    if code_of(strict_json.loads_any, data) == "accepted":
        assert strict_json.loads_any(data) == json.loads(data)


REFUSED = {
    "JSON-001 duplicate": (b'{"validUntil":"2030","validUntil":"2020"}', "DUPLICATE_JSON_KEY"),
    "JSON-003 duplicate inside": (b'{"proof":{"a":1,"b":2,"a":1}}', "DUPLICATE_JSON_KEY"),
    "duplicate by escape": (b'{"a":1,"\\u0061":1}', "DUPLICATE_JSON_KEY"),
    "JSON-005 array": (b"[{}]", "PARSING_ERROR"),
    "JSON-005 text": (b'"x"', "PARSING_ERROR"),
    "JSON-006 two documents": (b"{}{}", "PARSING_ERROR"),
    "JSON-006 garbage behind": (b"{} x", "PARSING_ERROR"),
    "JSON-006 byte order mark": (b"\xef\xbb\xbf{}", "PARSING_ERROR"),
    "JSON-006 UTF-16": ("{}".encode("utf-16"), "PARSING_ERROR"),
    "not UTF-8": (b'{"a":"\xff"}', "PARSING_ERROR"),
    "overlong UTF-8": (b'{"a":"\xc0\xaf"}', "PARSING_ERROR"),
    "surrogate in UTF-8": (b'{"a":"\xed\xa0\x80"}', "PARSING_ERROR"),
    "empty": (b"", "PARSING_ERROR"),
    "NaN": (b'{"a":NaN}', "PARSING_ERROR"),
    "Infinity": (b'{"a":-Infinity}', "PARSING_ERROR"),
    "JSON-008 5,000 digits": (b'{"a":' + b"1" * 5000 + b"}", "LIMIT_EXCEEDED"),
    "JSON-008 20 digits": (b'{"a":-' + b"1" * 20 + b"}", "LIMIT_EXCEEDED"),
    "1e400": (b'{"a":1e400}', "MALFORMED_VALUE_ERROR"),
    "long fraction": (b'{"a":0.' + b"1" * 200 + b"}", "MALFORMED_VALUE_ERROR"),
    "JSON-013 U+0000": (b'{"a":"x\\u0000y"}', "MALFORMED_VALUE_ERROR"),
    "U+0000 in a name": (b'{"\\u0000":1}', "MALFORMED_VALUE_ERROR"),
    "half a surrogate pair": (b'{"a":"\\ud800"}', "MALFORMED_VALUE_ERROR"),
    "half a pair in a name": (b'{"\\udc00":1}', "MALFORMED_VALUE_ERROR"),
    "JSON-015 size": (b'{"a":"' + b"x" * strict_json.MAX_BYTES + b'"}', "LIMIT_EXCEEDED"),
    "JSON-016 items": (b'{"a":[' + b"1," * 10_000 + b"1]}", "LIMIT_EXCEEDED"),
    "JSON-016 members": (json.dumps(dict.fromkeys(map(str, range(10_001)))).encode(), "LIMIT_EXCEEDED"),
    "depth": (b'{"a":' + b"[" * 20 + b"]" * 20 + b"}", "LIMIT_EXCEEDED"),
    "depth never closed": (b"[" * 500_000, "LIMIT_EXCEEDED"),
    "trailing comma": (b'{"a":1,}', "PARSING_ERROR"),
    "comment": (b'{"a":1/**/}', "PARSING_ERROR"),
    "control character": (b'{"a":"\n"}', "PARSING_ERROR"),
    "leading zero": (b'{"a":01}', "PARSING_ERROR"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    data, code = REFUSED[name]
    assert code_of(strict_json.loads, data) == code


@pytest.mark.parametrize("end", [b"", b"\\", b'\\"', b"\n"])
def test_a_text_without_an_end_costs_one_pass(end):
    # With one pass per quote this would take hours.
    assert code_of(strict_json.loads, b'{"a":"' + b'\\"' * 500_000 + end) == "PARSING_ERROR"


def test_limits_are_reached_exactly():
    assert code_of(strict_json.loads, b'{"a":' + b"[" * 19 + b"]" * 19 + b"}") == "accepted"
    assert code_of(strict_json.loads, b'{"a":[' + b"1," * 9_998 + b"1]}") == "accepted"
    assert code_of(strict_json.loads, b'{"a":' + b"9" * 19 + b"}") == "accepted"
    assert code_of(strict_json.loads, b'{"a":"' + b"x" * (strict_json.MAX_BYTES - 8) + b'"}') == "accepted"
    assert code_of(strict_json.loads, b"{}", limit=2) == "accepted"
    assert code_of(strict_json.loads, b"{} ", limit=2) == "LIMIT_EXCEEDED"


def test_brackets_inside_texts_do_not_count():
    assert code_of(strict_json.loads, b'{"a":"' + b"[{" * 100 + b'\\"[", "b":[]}') == "accepted"


@given(st.dictionaries(TEXT, st.integers(-(2**53) + 1, 2**53 - 1) | TEXT | st.booleans() | st.none()))
def test_what_we_write_is_ascii_and_reads_back(document):
    data = strict_json.dumps(document)
    assert data.isascii()
    assert strict_json.loads(data) == document
    assert list(strict_json.loads(data)) == list(document)


@pytest.mark.parametrize("number", [1.5, 1.0, 2**53, -(2**53), float("nan")])
def test_json_010_and_011_numbers_that_readers_disagree_on_are_never_written(number):
    with pytest.raises(InvalidError) as caught:
        strict_json.dumps({"a": [number]})
    assert caught.value.code == "MALFORMED_VALUE_ERROR"


def test_walk_yields_names_and_values_in_document_order():
    assert list(strict_json.walk({"a": [1, {"b": 2}]}))[1:] == ["a", [1, {"b": 2}], 1, {"b": 2}, "b", 2]
