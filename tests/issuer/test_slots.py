"""Slot types: the regular expressions accept what an independent reading of the same rules accepts."""

from __future__ import annotations

from datetime import datetime

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuer.errors import FieldError
from issuer.slots import MAX_IRI, MAX_TEXT, SLOT_TYPES
from openbadge import canon, timestamps
from openbadge.errors import InvalidError


def accepts(kind: str, value: object) -> bool:
    try:
        SLOT_TYPES[kind].check(value, "slot")
    except FieldError:
        return False
    return True


TWO = st.integers(0, 99).map("{:02}".format)
ODD_TIMES = st.builds("{}-{}-{}T{}:{}:{}{}".format, st.sampled_from(["0000", "0001", "1900", "2000", "2024", "2100"]),
                      TWO, TWO, TWO, TWO, TWO, st.sampled_from(["Z", "z", "", "+00:00", ".0Z"]))  # fmt: skip


@settings(max_examples=500)
@given(st.one_of(ODD_TIMES, st.datetimes().map(lambda at: f"{at:%Y-%m-%dT%H:%M:%SZ}".rjust(20, "0"))))
def test_a_datetime_is_what_we_write_ourselves(value: str) -> None:
    try:
        expected = timestamps.write(timestamps.parse(value, "x")) == value
    except InvalidError:
        expected = False
    assert accepts("datetime", value) == expected


@pytest.mark.parametrize("year", ["1896", "1900", "1904", "2000", "2023", "2024", "2100", "2400"])
def test_leap_days_are_those_of_the_calendar(year: str) -> None:
    try:
        datetime.fromisoformat(f"{year}-02-29")
        expected = True
    except ValueError:
        expected = False
    assert accepts("datetime", f"{year}-02-29T00:00:00Z") == expected


PIECES = st.lists(
    st.sampled_from([*"aZ09-._~!$&'()*+,;=:@/?#%[]<>\"\\^`{|} \n\0é", "%20", "%zz", "https://", "urn:", "//", "a.b"]),
    max_size=8,
).map("".join)


@settings(max_examples=1_000)
@given(st.sampled_from(["https://", "http://a", "https://a.b", "urn:", "urn:a", "did:", "mailto:", ""]), PIECES)
def test_an_accepted_address_is_one_for_every_library(start: str, rest: str) -> None:
    value = start + rest
    if accepts("iri", value):
        canon.check_iri(value, "address")
        (quad,) = ox.parse(f"<{value}> <urn:p> <{value}> .", format=ox.RdfFormat.N_QUADS)
        assert quad.subject == ox.NamedNode(value)
        assert not set(value) & set('<>"\\^`{|} \0\n')


@pytest.mark.parametrize(
    "value",
    [
        "https://uni.example", "https://uni.example/a/b?c=d&e=(f)#g", "http://[::1]:8000/x", "http://127.0.0.1:8000/",
        "did:web:uni.example%3A8000", "urn:uuid:00000000-0000-4000-8000-000000000000", "mailto:a@b.example",
        "https://uni.example/%C3%A9", "https://uni.example?x", "https://uni.example/#",
        "https://uni.example/" + "x" * (MAX_IRI - 20),
    ],
)  # fmt: skip
def test_ordinary_addresses_are_accepted(value: str) -> None:
    assert accepts("iri", value)


@pytest.mark.parametrize(
    "value",
    [
        "", "https://", "https:///x", "urn:", "urn:#x", "urn://a:b", "ftp://a.example/", "//a.example/", "/x", "x",
        "https://a.example/%", "https://a.example/%2", "https://a.example/#a#b", "https://a.example/[x]",
        "HTTPS://a.b/", "https://u:p@a.example/", "https://a.example:x/", "https://é.example/", "https://a.example/\n",
        7, None, b"urn:a",
        "https://uni.example/" + "x" * (MAX_IRI - 19),
    ],
)  # fmt: skip
def test_what_libraries_read_differently_is_refused(value: object) -> None:
    assert not accepts("iri", value)


@given(st.text(max_size=20))
def test_a_text_has_no_control_characters_and_no_half_pairs(value: str) -> None:
    controls = {chr(code) for code in (*range(0x20), 0x7F)} - set("\t\n\r")
    halves = any("\ud800" <= character <= "\udfff" for character in value)
    assert accepts("text", value) == (bool(value) and not set(value) & controls and not halves)


def test_texts_have_a_length() -> None:
    assert accepts("text", "x" * MAX_TEXT)
    assert not accepts("text", "x" * (MAX_TEXT + 1))
    assert not accepts("text", "")
    assert not accepts("text", 1)


def test_identity_hashes_are_of_one_form() -> None:
    assert accepts("identity", "sha256$" + "0a" * 32)
    assert not accepts("identity", "sha256$" + "0A" * 32)
    assert not accepts("identity", "md5$" + "0a" * 16)
    assert not accepts("identity", "sha256$" + "0a" * 32 + "\n")


@pytest.mark.parametrize("kind", SLOT_TYPES)
def test_no_type_takes_the_character_that_stands_between_values(kind: str) -> None:
    assert not accepts(kind, "\0")
    with pytest.raises(FieldError, match="slot"):
        SLOT_TYPES[kind].check("\0", "slot")
