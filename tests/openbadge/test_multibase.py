from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbadge import multibase
from openbadge.errors import InvalidError


def refused(function, *arguments):
    with pytest.raises(InvalidError) as caught:
        function(*arguments)
    assert caught.value.code == "MALFORMED_VALUE_ERROR"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", ""),
        (b"\0", "1"),
        (b"\0\0\x01", "112"),
        (b"Hello World!", "2NEpo7TZRRrLZSi2U"),
        (
            b"The quick brown fox jumps over the lazy dog.",
            "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z",
        ),
        (bytes.fromhex("0000287fb4cd"), "11233QC4"),
    ],
)
def test_base58_vectors_of_the_internet_draft(raw, text):
    assert multibase.base58_encode(raw) == text
    assert multibase.base58_decode(text) == raw


@given(st.binary(max_size=96))
def test_base58_comes_back(raw):
    assert multibase.base58_decode(multibase.base58_encode(raw)) == raw


@given(st.text("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", max_size=140))
def test_base58_has_one_spelling(text):
    assert multibase.base58_encode(multibase.base58_decode(text)) == text


@pytest.mark.parametrize("text", ["0", "O", "I", "l", " 2", "2\n", "é", "٥", "2" * 1_025])
def test_base58_refuses(text):
    refused(multibase.base58_decode, text)


@given(st.binary(max_size=200))
def test_multibase_comes_back(raw):
    assert multibase.decode_multibase(multibase.encode_base58btc(raw)) == raw
    assert multibase.decode_multibase(multibase.encode_base64url(raw)) == raw


@given(st.text(max_size=40))
def test_any_text_is_refused_or_canonical(text):
    try:
        raw = multibase.base64url_decode(text)
    except InvalidError:
        return
    assert multibase.base64url_encode(raw) == text


@pytest.mark.parametrize(
    "text",
    ["QQ==", "QR", "Q", "QUJD\n", " QUJD", "QU JD", "-+--", "//--", "QUJ=", "=", "é", "QUJDR", "\ud800AAA"],
)
def test_base64url_refuses(text):
    refused(multibase.base64url_decode, text)


@pytest.mark.parametrize("text", ["", "f00", "m+/", "U-_", "Z2", "MQUJD", "uQQ==", "uQR", "z0", "z" + "1" * 1_025])
def test_multibase_refuses(text):
    refused(multibase.decode_multibase, text)


def test_multikey_of_ed25519():
    code, key = multibase.split_multicodec(
        multibase.decode_multibase("z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK")
    )
    assert (code, len(key)) == (0xED, 32)
    text = multibase.encode_base58btc(multibase.with_multicodec(code, key))
    assert text == "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"


@given(st.integers(0, 2**63 - 1), st.binary(max_size=8))
def test_multicodec_comes_back(code, rest):
    assert multibase.split_multicodec(multibase.with_multicodec(code, rest)) == (code, rest)


@pytest.mark.parametrize("raw", [b"", b"\x80", b"\xed\x00", b"\x80\x80\x00", b"\xff" * 9, b"\xff" * 9 + b"\x01"])
def test_multicodec_refuses(raw):
    refused(multibase.split_multicodec, raw)


@pytest.mark.parametrize("code", [-1, 2**63])
def test_multicodec_refuses_numbers_out_of_range(code):
    refused(multibase.with_multicodec, code, b"")
