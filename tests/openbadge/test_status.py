from __future__ import annotations

import base64
import gzip
import random
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbadge import status
from openbadge.errors import InvalidError, OpenBadgeError
from openbadge.multibase import encode_base58btc, encode_base64url

LENGTH = 131_072
ZEROS = bytes(LENGTH // 8)
VECTOR = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"
ENTRY = {
    "id": "https://badges.example.org/status/1#94567",
    "type": "BitstringStatusListEntry",
    "statusPurpose": "revocation",
    "statusListIndex": "94567",
    "statusListCredential": "https://badges.example.org/status/1",
}


def refused(code, function, *arguments, **options):
    with pytest.raises(InvalidError) as caught:
        function(*arguments, **options)
    assert caught.value.code == code


def test_the_vector_of_the_standard():
    assert status.decode_list(VECTOR) == ZEROS


@given(st.sets(st.integers(0, LENGTH - 1), max_size=60))
def test_the_bits_come_back(indexes):
    bits = status.decode_list(status.encode_list(status.set_bits(LENGTH, indexes)))
    assert all(status.get(bits, index) for index in indexes)
    assert int.from_bytes(bits, "big").bit_count() == len(indexes)


@given(st.integers(1, 8), st.data())
def test_values_of_several_bits_are_read_from_the_left(size, data):
    values = data.draw(st.lists(st.integers(0, (1 << size) - 1), min_size=1, max_size=40))
    line = "".join(f"{value:0{size}b}" for value in values)
    bits = int(line.ljust(-(-len(line) // 8) * 8, "0"), 2).to_bytes(-(-len(line) // 8), "big")
    assert [status.get(bits, index, size) for index in range(len(values))] == values


@pytest.mark.parametrize(("index", "byte", "value"), [(0, 0, 0x80), (7, 0, 0x01), (8, 1, 0x80), (LENGTH - 1, -1, 0x01)])
def test_the_most_significant_bit_comes_first(index, byte, value):
    bits = status.set_bits(LENGTH, [index])
    assert bits[byte] == value
    assert sum(bits) == value
    assert status.get(bits, index) == 1


def test_the_same_bits_give_the_same_text():
    bits = random.Random(1).randbytes(20_000)
    assert status.encode_list(bits) == status.encode_list(bytes(bits))
    assert base64.urlsafe_b64decode(status.encode_list(ZEROS)[1:13])[4:8] == b"\0\0\0\0"


@pytest.mark.parametrize("index", [-1, LENGTH, 10**12])
def test_indexes_outside_the_list(index):
    refused("RANGE_ERROR", status.get, ZEROS, index)
    refused("RANGE_ERROR", status.set_bits, LENGTH, [index])


@pytest.mark.parametrize("size", [0, -1, 9])
def test_sizes_that_cannot_be_read(size):
    refused("RANGE_ERROR", status.get, ZEROS, 0, size)


@pytest.mark.parametrize("length", [0, -8, 7, LENGTH + 1])
def test_lengths_that_fill_no_bytes(length):
    refused("RANGE_ERROR", status.set_bits, length, [])


def test_short_lists():
    refused("STATUS_LIST_LENGTH_ERROR", status.encode_list, ZEROS[1:])
    refused("STATUS_LIST_LENGTH_ERROR", status.decode_list, encode_base64url(gzip.compress(ZEROS[1:])))
    refused("STATUS_LIST_LENGTH_ERROR", status.decode_list, encode_base64url(gzip.compress(b"")))
    refused("STATUS_LIST_LENGTH_ERROR", status.decode_list, VECTOR, size=2)


def test_large_lists():
    most = bytes(status.MAX_LIST_BYTES)
    assert status.decode_list(status.encode_list(most)) == most
    refused("LIMIT_EXCEEDED", status.encode_list, most + b"\0")
    refused("LIMIT_EXCEEDED", status.decode_list, encode_base64url(gzip.compress(most + b"\0")))
    refused("LIMIT_EXCEEDED", status.decode_list, encode_base64url(gzip.compress(bytes(30_000_000), 1)))
    refused("LIMIT_EXCEEDED", status.decode_list, "u" + "A" * (2 * status.MAX_LIST_BYTES))
    refused("LIMIT_EXCEEDED", status.decode_list, VECTOR, limit=1_000)


MEMBER = gzip.compress(ZEROS, mtime=0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "u",
        VECTOR[1:],
        VECTOR + "==",
        VECTOR.replace("-", "+"),
        VECTOR + "\n",
        "m" + base64.b64encode(MEMBER).decode(),
        encode_base58btc(MEMBER[:200]),
        encode_base64url(MEMBER + MEMBER),
        encode_base64url(MEMBER + b"\0"),
        encode_base64url(b"\0" + MEMBER),
        encode_base64url(MEMBER[:-1]),
        encode_base64url(MEMBER[:-8]),
        encode_base64url(MEMBER[:-8] + b"\1" + MEMBER[-7:]),
        encode_base64url(MEMBER[:-1] + b"\1"),
        encode_base64url(zlib.compress(ZEROS)),
        encode_base64url(ZEROS),
    ],
)
def test_unacceptable_lists(text):
    refused("STATUS_VERIFICATION_ERROR", status.decode_list, text)


@settings(max_examples=200)
@given(st.randoms(use_true_random=False))
def test_flipped_bytes_raise_nothing_else(source: random.Random):
    packed = bytearray(MEMBER)
    for _ in range(source.randint(1, 4)):
        packed[source.randrange(len(packed))] ^= source.randrange(1, 256)
    try:
        assert status.decode_list(encode_base64url(bytes(packed))) == ZEROS
    except OpenBadgeError:
        return


def test_an_entry_is_read():
    assert status.StatusEntry.read(ENTRY) == status.StatusEntry(
        id=ENTRY["id"],
        type="BitstringStatusListEntry",
        purpose="revocation",
        list_url="https://badges.example.org/status/1",
        index=94_567,
        size=1,
        messages=(),
    )


@pytest.mark.parametrize(
    ("members", "name", "value"),
    [
        ({"statusListIndex": 5}, "index", 5),
        ({"statusListIndex": "0"}, "index", 0),
        ({"statusListIndex": "9999999999"}, "index", 9_999_999_999),
        ({"type": ["BitstringStatusListEntry"]}, "type", "BitstringStatusListEntry"),
        ({"statusSize": 1}, "size", 1),
    ],
)
def test_accepted_spellings(members, name, value):
    assert getattr(status.StatusEntry.read(ENTRY | members), name) == value


def messages(*states):
    return [{"status": state, "message": f"state {state}"} for state in states]


def test_messages_are_ordered_by_value():
    entry = ENTRY | {"statusSize": 2, "statusMessage": messages("0x3", "0x0", "0x1", "0x2")}
    assert status.StatusEntry.read(entry).messages == ("state 0x0", "state 0x1", "state 0x2", "state 0x3")
    entry = ENTRY | {"statusPurpose": "message", "statusMessage": messages("0x0", "0x1")}
    assert status.StatusEntry.read(entry).messages == ("state 0x0", "state 0x1")


@pytest.mark.parametrize(
    "members",
    [
        {"type": "StatusList2021Entry"},
        {"type": "1EdTechRevocationList"},
        {"type": ["BitstringStatusListEntry", "Other"]},
        {"type": None},
        {"statusSize": 0},
        {"statusSize": -1},
        {"statusSize": True},
        {"statusSize": "1"},
        {"statusSize": 1.0},
        {"statusSize": 64, "statusMessage": messages("0x0", "0x1")},
        {"statusSize": 2},
        {"statusSize": 2, "statusMessage": messages("0x0", "0x1")},
        {"statusSize": 2, "statusMessage": messages("0x0", "0x1", "0x2", "0x2")},
        {"statusSize": 2, "statusMessage": messages("0x0", "0x1", "0x2", "0x4")},
        {"statusSize": 2, "statusMessage": messages("0x0", "0x1", "0x2", "0x3", "0x3")},
        {"statusSize": 2, "statusMessage": messages("0", "1", "2", "3")},
        {"statusMessage": "none"},
        {"statusMessage": [None, None]},
        {"statusMessage": [{"status": "0x0"}, {"status": "0x1"}]},
    ],
)
def test_entries_that_cannot_be_checked(members):
    refused("STATUS_VERIFICATION_ERROR", status.StatusEntry.read, ENTRY | members)


@pytest.mark.parametrize(
    "members",
    [
        *(
            {"statusListIndex": index}
            for index in ("", "-1", "+1", " 1", "1 ", "01", "5_0", "٥", "1e3", "1\n", "9" * 11)
        ),
        *({"statusListIndex": index} for index in (None, True, 1.0, -1, 10**10, ["1"])),
        {"id": 5},
        {"statusPurpose": None},
        {"statusPurpose": ["revocation"]},
        {"statusListCredential": ""},
        {"statusListCredential": {"id": "https://badges.example.org/status/1"}},
    ],
)
def test_entries_of_the_wrong_form(members):
    refused("MALFORMED_VALUE_ERROR", status.StatusEntry.read, ENTRY | members)
