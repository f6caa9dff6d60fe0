from __future__ import annotations

import io
import random
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from openbadge import baking
from openbadge.baking import png
from openbadge.errors import InvalidError, OpenBadgeError


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def header(width: int = 1, height: int = 1) -> bytes:
    return chunk(b"IHDR", width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\0\0\0\0")


IMAGE = chunk(b"IDAT", zlib.compress(b"\0\x7f"))
END = chunk(b"IEND")
PICTURE = png.SIGNATURE + header() + IMAGE + END
JWS = "eyJhbGciOiJFUzI1NiJ9.eyJpZCI6InVybjp1dWlkOjEifQ.c2ln"
BADGE = png.KEYWORD + b"\0\0\0\0\0" + JWS.encode()


def with_chunks(*chunks: bytes) -> bytes:
    return png.SIGNATURE + header() + b"".join(chunks) + IMAGE + END


def refused(code: str, image: bytes) -> str:
    with pytest.raises(InvalidError) as caught:
        png.extract(image)
    assert caught.value.code == code
    return caught.value.detail


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=300))
def test_what_is_baked_comes_back(text):
    assert png.extract(png.bake(PICTURE, text)) == text


@pytest.mark.parametrize("text", ["]]>", "\"'&<", "𝄞😀\U0010ffff", "\r\n\t", "\x01\x7f", JWS])
def test_hostile_texts_come_back(text):
    assert png.extract(png.bake(PICTURE, text)) == text


def test_the_badge_stands_after_the_header_and_nothing_else_changes():
    baked = png.bake(PICTURE, JWS)
    assert baked == with_chunks(chunk(b"iTXt", BADGE))


def test_baking_again_replaces():
    noise = chunk(b"tEXt", b"Comment\0kept")
    baked = png.bake(with_chunks(noise, chunk(b"iTXt", BADGE), chunk(b"tEXt", BADGE)), "second")
    assert png.extract(baked) == "second"
    assert baked.count(png.KEYWORD) == 1
    assert noise in baked
    assert png.bake(baked, "second") == baked


def test_pillow_sees_the_same_picture_and_the_same_text():
    buffer = io.BytesIO()
    Image.effect_noise((64, 48), 60).convert("RGB").save(buffer, "PNG")
    baked = png.bake(buffer.getvalue(), '{"name":"é𝄞"}')
    with Image.open(io.BytesIO(buffer.getvalue())) as before, Image.open(io.BytesIO(baked)) as after:
        assert after.tobytes() == before.tobytes()
        assert after.text == {"openbadgecredential": '{"name":"é𝄞"}'}


def test_another_implementation_reads_ours_and_we_read_its():
    other = pytest.importorskip("openbadgeslib.baking")
    keyword = other.ITXT_KEYWORD_OB3
    assert other.extract_png(png.bake(PICTURE, JWS), keyword=keyword) == JWS
    assert png.extract(other.bake_png(PICTURE, JWS, keyword=keyword)) == JWS


def test_language_and_translated_keyword_are_skipped():
    assert png.extract(with_chunks(chunk(b"iTXt", png.KEYWORD + b"\0\0\0en\0Abzeichen\0" + b"text"))) == "text"


@pytest.mark.parametrize(
    "chunks",
    [
        (chunk(b"iTXt", BADGE), chunk(b"iTXt", BADGE)),
        (chunk(b"iTXt", BADGE), chunk(b"tEXt", BADGE)),
        (chunk(b"zTXt", BADGE), chunk(b"iTXt", BADGE)),
    ],
)
def test_two_credentials(chunks):
    refused("MULTIPLE_CREDENTIALS", with_chunks(*chunks))
    refused("MULTIPLE_CREDENTIALS", with_chunks(*reversed(chunks)))


BOMB = zlib.compress(bytes(10_000_000))


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (b"tEXt", png.KEYWORD + b"\0" + JWS.encode()),
        (b"zTXt", png.KEYWORD + b"\0\0" + zlib.compress(JWS.encode())),
        (b"zTXt", png.KEYWORD + b"\0\0" + BOMB),
        (b"iTXt", png.KEYWORD + b"\0\1\0\0\0" + zlib.compress(JWS.encode())),
        (b"iTXt", png.KEYWORD + b"\0\1\0\0\0" + BOMB),
    ],
)
def test_other_ways_to_store_a_badge(kind, data):
    assert "uncompressed" in refused("UNSUPPORTED_FORMAT", with_chunks(chunk(kind, data)))


@pytest.mark.parametrize(
    "keyword",
    [
        b"OpenBadgeCredential",
        b"openbadgecredential ",
        b" openbadgecredential",
        b"\0openbadgecredential",
        b"openbadge",
    ],
)
def test_near_keywords_are_no_badge(keyword):
    image = with_chunks(chunk(b"iTXt", keyword + b"\0\0\0\0\0" + JWS.encode()))
    assert refused("UNSUPPORTED_FORMAT", image) == baking.NO_BADGE


@pytest.mark.parametrize(
    ("keyword", "sentence"), [(b"openbadges", baking.OPEN_BADGES_2), (b"clrcredential", baking.CLR)]
)
def test_other_credentials_are_named(keyword, sentence):
    image = with_chunks(chunk(b"iTXt", keyword + b"\0\0\0\0\0" + JWS.encode()))
    assert refused("UNSUPPORTED_FORMAT", image) == sentence


def test_a_plain_picture_is_no_badge():
    assert refused("UNSUPPORTED_FORMAT", PICTURE) == baking.NO_BADGE


@pytest.mark.parametrize(
    "image",
    [
        b"",
        png.SIGNATURE,
        b"GIF89a",
        PICTURE[:-1],
        PICTURE + b"\0",
        PICTURE + END,
        png.SIGNATURE + END,
        png.SIGNATURE + IMAGE + header() + END,
        png.SIGNATURE + header() + header() + IMAGE + END,
        png.SIGNATURE + header() + IMAGE,
        png.SIGNATURE + header() + IMAGE + chunk(b"IEND", b"x"),
        png.SIGNATURE + header(0, 1) + IMAGE + END,
        png.SIGNATURE + chunk(b"IHDR", b"\0\0\0\1") + END,
        png.SIGNATURE + header() + b"\xff\xff\xff\xff" + END,
        with_chunks(chunk(b"iT\0t", b"")),
        with_chunks(chunk(b"iTXt", BADGE)[:-1] + b"\0"),
        with_chunks(chunk(b"iTXt", png.KEYWORD)),
        with_chunks(chunk(b"iTXt", png.KEYWORD + b"\0\0\0")),
        with_chunks(chunk(b"iTXt", png.KEYWORD + b"\0\0\0\0")),
        with_chunks(chunk(b"iTXt", png.KEYWORD + b"\0\2\0\0\0x")),
        with_chunks(chunk(b"iTXt", png.KEYWORD + b"\0\0\0\0\0\xff")),
        with_chunks(chunk(b"iTXt", png.KEYWORD + b"\0\0\0\0\0\xed\xa0\x80")),
    ],
)
def test_broken_files(image):
    refused("PARSING_ERROR", image)


@pytest.mark.parametrize(
    "image",
    [
        png.SIGNATURE + header(4_097, 1) + IMAGE + END,
        png.SIGNATURE + header(1, 0x7FFFFFFF) + IMAGE + END,
        with_chunks(*[chunk(b"iTXt")] * 10_000),
        with_chunks(chunk(b"iTXt", BADGE + bytes(1024 * 1024))),
        with_chunks(chunk(b"prVt", bytes(4 * 1024 * 1024))),
    ],
)
def test_limits(image):
    refused("LIMIT_EXCEEDED", image)


@pytest.mark.parametrize(
    ("image", "text", "code"),
    [
        (PICTURE, "a\0b", "MALFORMED_VALUE_ERROR"),
        (PICTURE, "\ud800", "MALFORMED_VALUE_ERROR"),
        (PICTURE, "é" * 600_000, "LIMIT_EXCEEDED"),
        (with_chunks(*[chunk(b"tEXt", b"a")] * 9_997), JWS, "LIMIT_EXCEEDED"),
        (b"not a picture", JWS, "PARSING_ERROR"),
    ],
)
def test_what_cannot_be_baked(image, text, code):
    with pytest.raises(InvalidError) as caught:
        png.bake(image, text)
    assert caught.value.code == code


@settings(max_examples=300)
@given(st.randoms(use_true_random=False), st.integers(1, 4))
def test_flipped_bytes_are_refused_or_harmless(source: random.Random, flips: int):
    image = bytearray(png.bake(PICTURE, JWS))
    for _ in range(flips):
        image[source.randrange(len(image))] ^= source.randrange(1, 256)
    try:
        assert png.extract(bytes(image)) == JWS
    except OpenBadgeError:
        return


@given(st.binary(max_size=400))
def test_noise_is_refused(noise):
    refused("PARSING_ERROR", png.SIGNATURE + noise)
