"""CBOR: the encodings of RFC 8949 appendix A, one spelling for each value, and no crash on anything."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbadge import cbor
from openbadge.errors import InvalidError

APPENDIX_A = [
    (0, "00"),
    (23, "17"),
    (24, "1818"),
    (100, "1864"),
    (1000, "1903e8"),
    (1000000, "1a000f4240"),
    (1000000000000, "1b000000e8d4a51000"),
    (18446744073709551615, "1bffffffffffffffff"),
    (-1, "20"),
    (-10, "29"),
    (-100, "3863"),
    (-1000, "3903e7"),
    (-18446744073709551616, "3bffffffffffffffff"),
    (False, "f4"),
    (True, "f5"),
    (None, "f6"),
    (b"", "40"),
    (b"\x01\x02\x03\x04", "4401020304"),
    ("", "60"),
    ("IETF", "6449455446"),
    ('"\\', "62225c"),
    ("ü", "62c3bc"),
    ("水", "63e6b0b4"),
    ("\U00010151", "64f0908591"),
    ([], "80"),
    ([1, [2, 3], [4, 5]], "8301820203820405"),
    (list(range(1, 26)), "98190102030405060708090a0b0c0d0e0f101112131415161718181819"),
    ({}, "a0"),
    ({1: 2, 3: 4}, "a201020304"),
    ({"a": 1, "b": [2, 3]}, "a26161016162820203"),
    (["a", {"b": "c"}], "826161a161626163"),
    (cbor.Tag(32, "http://www.example.com"), "d82076687474703a2f2f7777772e6578616d706c652e636f6d"),
    (cbor.Tag(1, 1363896240), "c11a514b67b0"),
]

scalars = st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | st.binary(max_size=40) | st.text(max_size=40)
keys = st.integers(-(2**64), 2**64 - 1) | st.binary(max_size=10) | st.text(max_size=10)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(keys, inner, max_size=4)
        | st.builds(cbor.Tag, st.integers(0, 2**64 - 1), inner)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(("value", "hexadecimal"), APPENDIX_A)
def test_values_of_the_rfc_are_written_and_read(value: Any, hexadecimal: str) -> None:
    assert cbor.encode(value).hex() == hexadecimal
    assert cbor.decode(bytes.fromhex(hexadecimal)) == value


@given(values)
def test_what_is_written_is_read_back(value: Any) -> None:
    assert cbor.decode(cbor.encode(value)) == value


@given(st.binary(max_size=60))
def test_bytes_have_one_reading_or_are_refused(data: bytes) -> None:
    try:
        value = cbor.decode(data)
    except InvalidError:
        return
    assert len(cbor.encode(value)) == len(data)
    assert cbor.decode(cbor.encode(value)) == value


@given(values, st.data())
def test_what_is_cut_short_is_refused(value: Any, data: st.DataObject) -> None:
    whole = cbor.encode(value)
    with pytest.raises(InvalidError) as caught:
        cbor.decode(whole[: data.draw(st.integers(0, len(whole) - 1))])
    assert caught.value.code == "PARSING_ERROR"


@pytest.mark.parametrize(
    ("hexadecimal", "why"),
    [
        ("", "ends too early"),
        ("1801", "shortest form"),
        ("190017", "shortest form"),
        ("1a0000ffff", "shortest form"),
        ("1b00000000ffffffff", "shortest form"),
        ("5801ff", "shortest form"),
        ("d81701", "shortest form"),
        ("1c", "indefinite or reserved"),
        ("5f4101ff", "indefinite or reserved"),
        ("9f01ff", "indefinite or reserved"),
        ("bf0102ff", "indefinite or reserved"),
        ("ff", "indefinite or reserved"),
        ("a201020103", "occurs twice"),
        ("a1f500", "neither a number nor a text"),
        ("a18000", "neither a number nor a text"),
        ("a1c10100", "neither a number nor a text"),
        ("f7", "simple value"),
        ("e0", "simple value"),
        ("f814", "simple value"),
        ("f93c00", "floating point"),
        ("fb3ff199999999999a", "floating point"),
        ("61ff", "not UTF-8"),
        ("0000", "follow after"),
        ("9affffffff", "ends too early"),
        ("bbffffffffffffffff", "ends too early"),
        ("5bffffffffffffffff", "ends too early"),
    ],
)
def test_other_spellings_are_refused(hexadecimal: str, why: str) -> None:
    with pytest.raises(InvalidError, match=why) as caught:
        cbor.decode(bytes.fromhex(hexadecimal))
    assert caught.value.code == "PARSING_ERROR"


@pytest.mark.parametrize("opening", ["81", "a100", "c1"])
def test_depth_ends_at_sixteen(opening: str) -> None:
    deep = bytes.fromhex(opening * cbor.MAX_DEPTH + "00")
    assert cbor.encode(cbor.decode(deep)) == deep
    with pytest.raises(InvalidError) as caught:
        cbor.decode(bytes.fromhex(opening) + deep)
    assert caught.value.code == "LIMIT_EXCEEDED"


def test_a_deep_value_is_not_written() -> None:
    value: Any = 0
    for _ in range(cbor.MAX_DEPTH + 1):
        value = [value]
    with pytest.raises(InvalidError):
        cbor.encode(value)


def test_size_ends_at_one_mebibyte() -> None:
    with pytest.raises(InvalidError) as caught:
        cbor.decode(bytes(cbor.MAX_BYTES + 1))
    assert caught.value.code == "LIMIT_EXCEEDED"


@pytest.mark.parametrize("value", [1.5, 2**64, -(2**64) - 1, "\ud800", {1, 2}, (1,), cbor.Tag(2**64, 0)])
def test_values_without_a_form_are_not_written(value: Any) -> None:
    with pytest.raises(InvalidError) as caught:
        cbor.encode(value)
    assert caught.value.code == "MALFORMED_VALUE_ERROR"


def test_keys_are_sorted_by_their_bytes() -> None:
    assert (
        cbor.encode({"aa": 1, -1: 2, 100: 3, "z": 4, 10: 5, b"": 6}).hex() == "a60a051864032002400661" + "7a0462616101"
    )
