"""Which form was presented; rows IMG-001 to IMG-015 as a whole verification meets them."""

from __future__ import annotations

import gzip
import json
import struct
import zlib
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from openbadge.baking import png, svg
from openbadge.errors import InvalidError
from openbadge.multibase import base64url_encode
from openbadge.vocabulary import CREDENTIALS_V1, OB_CONTEXT
from tests.verifier.builders import INVALID, KEY, UNDETERMINED, VALID, bad, badge, check, find, token, unsigned
from verifier.parse import parse

TEXT = json.dumps(badge())


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PICTURE = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(b"\0\0"))
    + chunk(b"IEND", b"")
)
DRAWING = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0"/></svg>'
KEYWORD = b"openbadgecredential\0"


def with_chunk(data: bytes) -> bytes:
    return PICTURE.replace(chunk(b"IEND", b""), data + chunk(b"IEND", b""))


@pytest.mark.parametrize("text", [TEXT, token()], ids=["json", "jwt"])
@pytest.mark.parametrize(("form", "image"), [("png", PICTURE), ("svg", DRAWING)])
def test_pictures_with_either_form_inside(form: str, image: bytes, text: str) -> None:
    baked = (png.bake if form == "png" else svg.bake)(image, text)
    report = check(baked)
    assert (report.form, report.verdict) == (form, VALID)
    assert find(report, "picture").problem == "IMAGE_MISMATCH"
    assert not find(report, "picture").required


@pytest.mark.parametrize("data", [TEXT.encode(), token().encode()])
def test_text_says_nothing_about_pictures(data: bytes) -> None:
    assert check(data).check("picture") is None


def test_img_001_two_credentials_in_one_picture() -> None:
    baked = png.bake(PICTURE, TEXT)
    second = chunk(b"iTXt", KEYWORD + b"\0\0\0\0" + TEXT.encode())
    report = check(baked.replace(chunk(b"IEND", b""), second + chunk(b"IEND", b"")))
    assert bad(report)["parse"] == "MULTIPLE_CREDENTIALS"


BAD_PICTURES = [
    ("IMG-003-tEXt", with_chunk(chunk(b"tEXt", KEYWORD + TEXT.encode())), "UNSUPPORTED_FORMAT"),
    ("IMG-003-zTXt", with_chunk(chunk(b"zTXt", KEYWORD + b"\0" + zlib.compress(TEXT.encode()))), "UNSUPPORTED_FORMAT"),
    ("IMG-006-old", with_chunk(chunk(b"iTXt", b"openbadges\0\0\0\0\0" + TEXT.encode())), "UNSUPPORTED_FORMAT"),
    ("IMG-006-case", with_chunk(chunk(b"iTXt", b"OpenBadgeCredential\0\0\0\0\0{}")), "UNSUPPORTED_FORMAT"),
    ("IMG-006-nothing", PICTURE, "UNSUPPORTED_FORMAT"),
    ("IMG-008-cut", png.bake(PICTURE, TEXT)[:-40], "PARSING_ERROR"),
    ("IMG-008-crc", png.bake(PICTURE, TEXT).replace(b"Academy", b"Acodemy"), "PARSING_ERROR"),
    ("IMG-008-only-the-start", b"\x89PNG\r\n\x1a\n", "PARSING_ERROR"),
    ("IMG-011-not-json", png.bake(PICTURE, "hello"), "PARSING_ERROR"),
    ("IMG-015-svgz", gzip.compress(DRAWING), "UNSUPPORTED_FORMAT"),
    ("svg-without", DRAWING, "UNSUPPORTED_FORMAT"),
    ("svg-cut", DRAWING[:-3], "PARSING_ERROR"),
    ("html", b"<!doctype html><p>hello", "PARSING_ERROR"),
    ("nested", png.bake(PICTURE, DRAWING.decode()), "PARSING_ERROR"),
]


@pytest.mark.parametrize(("data", "code"), [row[1:] for row in BAD_PICTURES], ids=[row[0] for row in BAD_PICTURES])
def test_bad_pictures(data: bytes, code: str) -> None:
    report = check(data)
    assert report.verdict is INVALID
    assert bad(report)["parse"] == code


def test_img_011_an_empty_object_in_a_picture() -> None:
    assert check(png.bake(PICTURE, "{}")).verdict is INVALID


@pytest.mark.parametrize("start", [b"%PDF-1.7", b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF....WEBP", b"PK\x03\x04"])
def test_files_of_other_kinds_are_named(start: bytes) -> None:
    assert bad(check(start))["parse"] == "UNSUPPORTED_FORMAT"


@pytest.mark.parametrize(
    "kind",
    [
        "EnvelopedVerifiableCredential",
        "VerifiablePresentation",
        "EnvelopedVerifiablePresentation",
        "ClrCredential",
        "BitstringStatusListCredential",
        "Assertion",
    ],
)
@pytest.mark.parametrize("as_list", [True, False])
def test_documents_of_other_kinds_are_named(kind: str, as_list: bool) -> None:
    with pytest.raises(InvalidError) as caught:
        parse(json.dumps({"type": [kind] if as_list else kind}).encode())
    assert caught.value.code == "UNSUPPORTED_FORMAT"


@given(
    st.one_of(
        st.binary(max_size=200),
        st.sampled_from([b"{", b"ey", b"<", b"\x89PNG\r\n\x1a\n"]).flatmap(
            lambda start: st.binary(max_size=100).map(lambda rest: start + rest)
        ),
    )
)
@example(b"ey\xff")
@example(b"\xff\xfe<\0s\0v\0g\0")
def test_nothing_but_our_own_error_is_raised(data: bytes) -> None:
    try:
        parse(data)
    except InvalidError as error:
        code = error.code
    else:
        code = ""
    assert code is not None


OLDER = {**unsigned(), "@context": [CREDENTIALS_V1, OB_CONTEXT], "issuanceDate": "2026-03-31T10:00:00Z"}


def test_a_badge_of_the_older_data_model_is_neither_valid_nor_invalid() -> None:
    for text in (json.dumps(OLDER), as_token({"vc": OLDER}), json.dumps({**OLDER, "@context": CREDENTIALS_V1})):
        report = check(text)
        assert report.verdict is UNDETERMINED
        assert bad(report)["parse"] == "UNSUPPORTED_FORMAT"
        assert "older" in report.headline
        assert report.sources == ()


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"vc": {"vc": OLDER}}, "PARSING_ERROR"),
        ({"vc": "text"}, "PARSING_ERROR"),
        ({"vc": [OLDER]}, "PARSING_ERROR"),
        ({"vc": None}, "PARSING_ERROR"),
        ({"vc": unsigned()}, "UNSUPPORTED_FORMAT"),
        ({**unsigned(), "vc": unsigned()}, "UNSUPPORTED_FORMAT"),
    ],
)
def test_jwt_023_claims_that_hold_no_credential_of_the_older_data_model(payload: Any, code: str) -> None:
    report = check(as_token(payload))
    assert report.verdict is INVALID
    assert bad(report)["parse"] == code


def as_token(payload: Any) -> str:
    head = {"alg": "EdDSA", "kid": KEY.verification_method}
    return ".".join(base64url_encode(json.dumps(part).encode()) for part in (head, payload)) + ".AAAA"
