from __future__ import annotations

import gzip
import json
import random
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbadge import baking
from openbadge.baking import svg
from openbadge.errors import InvalidError, OpenBadgeError

NS = b'xmlns="http://www.w3.org/2000/svg"'
OB = b'xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0"'
PICTURE = b"<svg " + NS + b'><path d="M0 0"/></svg>'
JWS = "eyJhbGciOiJFUzI1NiJ9.eyJpZCI6InVybjp1dWlkOjEifQ.c2ln"
JSON = '{"id":"urn:uuid:1"}'
IN_XML = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff", include_characters="\t\n")
)


def baked(inside: bytes, attributes: bytes = NS + b" " + OB) -> bytes:
    return b"<svg " + attributes + b">" + inside + b"</svg>"


CREDENTIAL = b'<openbadges:credential verify="%s"></openbadges:credential>' % JWS.encode()


def refused(code: str, image: bytes) -> str:
    with pytest.raises(InvalidError) as caught:
        svg.extract(image)
    assert caught.value.code == code
    return caught.value.detail


@given(st.lists(st.one_of(IN_XML, st.sampled_from(["]]>", "<", "&amp;", "&", '"', "'", "]", "😀", "<![CDATA["]))))
def test_any_json_like_text_comes_back(pieces):
    text = "{" + "".join(pieces)
    assert svg.extract(svg.bake(PICTURE, text)) == text


@given(st.from_regex(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+", fullmatch=True))
def test_any_compact_jws_comes_back(text):
    assert svg.extract(svg.bake(PICTURE, text)) == text


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=5))
def test_our_own_json_always_fits(members):
    text = json.dumps(members)
    assert svg.extract(svg.bake(PICTURE, text)) == text


def test_a_jws_goes_into_the_attribute():
    assert svg.bake(PICTURE, JWS) == baked(CREDENTIAL + b'<path d="M0 0"/>')


def test_json_goes_into_cdata():
    element = b'<openbadges:credential><![CDATA[{"a":"]]]]><![CDATA[>"}]]></openbadges:credential>'
    assert svg.bake(PICTURE, '{"a":"]]>"}') == baked(element + b'<path d="M0 0"/>')


@pytest.mark.parametrize(
    ("before", "start", "rest"),
    [
        (b"", b"<svg " + NS, b"></svg>"),
        (b"\xef\xbb\xbf", b"<svg " + NS, b"> text </svg>"),
        (b'<?xml version="1.0"?>\r\n<!-- <svg> -->', b'<svg a=">" b=\'/>"\' ' + NS, b"\n><![CDATA[<svg>]]></svg>\n"),
        (b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd">', b"<svg " + NS, b"></svg>"),
        (b"<!DOCTYPE svg >", b"<svg " + NS, b"><g></g></svg>"),
        (b"<!--" + b"x" * 70_000 + b"-->", b"<svg " + NS, b"><g>" + b"y" * 70_000 + b"</g></svg>"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><!-- \xe9\xe9 -->', b'<svg a="\xe9" ' + NS, b">\xe9</svg>"),
        ("<?xml version='1.0' encoding='UTF-8'?><!-- é😀 -->".encode(), b"<svg " + NS, "><t>é</t></svg>".encode()),
    ],
)
@pytest.mark.parametrize("text", [JWS, JSON])
def test_every_other_byte_stays(before, start, rest, text):
    result = svg.bake(before + start + rest, text)
    assert svg.extract(result) == text
    assert result.startswith(before + start)
    left = result.replace(b" " + OB, b"", 1)
    first, last = left.index(b"<openbadges:credential"), left.index(b"</openbadges:credential>") + 24
    assert left[:first] + left[last:] == before + start + rest
    assert ElementTree.fromstring(result)[0].tag == "{https://purl.imsglobal.org/ob/v3p0}credential"


@pytest.mark.parametrize("name", [b"svg", b"s:svg"])
@pytest.mark.parametrize("space", [b"", b" ", b"\n"])
def test_an_empty_root_is_opened(name, space):
    namespace = NS if name == b"svg" else b'xmlns:s="http://www.w3.org/2000/svg"'
    result = svg.bake(b"<" + name + b" " + namespace + space + b"/>", JWS)
    assert result == b"<" + name + b" " + namespace + space + b" " + OB + b">" + CREDENTIAL + b"</" + name + b">"


@pytest.mark.parametrize(
    "old",
    [
        CREDENTIAL,
        b'<openbadges:credential verify="a.b.c>"/>',
        b"<openbadges:credential\n><![CDATA[{}]]></openbadges:credential \n>",
        b"<openbadges:credential/>",
        b'<g><x:credential xmlns:x="https://purl.imsglobal.org/ob/v3p0">{}</x:credential></g>',
    ],
)
def test_baking_again_replaces(old):
    image = baked(b"a" + old + b"b<g/>" + old + b"c")
    kept = b"<g></g>" if old.startswith(b"<g>") else b""
    assert svg.bake(image, JSON) == baked(
        b"<openbadges:credential><![CDATA["
        + JSON.encode()
        + b"]]></openbadges:credential>a"
        + kept
        + b"b<g/>"
        + kept
        + b"c"
    )


def test_another_implementation_reads_ours_and_we_read_its():
    other = pytest.importorskip("openbadgeslib.baking")
    names = {"element": other.SVG_ELEMENT_OB3}
    for text in (JWS, JSON, '{"a":"]]>&<\\"é😀"}'):
        assert other.extract_svg(svg.bake(PICTURE, text), **names, text_fallback=True) == text
        theirs = other.bake_svg(PICTURE, text, **names, namespace=other.SVG_NS_OB3, as_text=text != JWS)
        assert svg.extract(theirs) == text


def test_active_pictures_are_only_carried():
    script = b'<script>alert(1)</script><image href="javascript:x" onload="x"/><foreignObject/>'
    assert svg.extract(baked(script + CREDENTIAL)) == JWS


@pytest.mark.parametrize(
    "inside",
    [
        CREDENTIAL + CREDENTIAL,
        CREDENTIAL + b'<o:credential xmlns:o="https://purl.imsglobal.org/ob/v3p0">{}</o:credential>',
        b'<openbadges:credential verify="a.b.c">{}</openbadges:credential>',
    ],
)
def test_two_credentials(inside):
    refused("MULTIPLE_CREDENTIALS", baked(inside))


@pytest.mark.parametrize(
    "inside",
    [
        b"",
        b'<openbadges:Credential verify="a.b.c"/>',
        b'<openbadges:assertion verify="a.b.c"/>',
        b'<credential verify="a.b.c"/>',
        b'<o:credential xmlns:o="https://purl.imsglobal.org/ob/v3p0/" verify="a.b.c"/>',
        b'<o:credential xmlns:o="http://purl.imsglobal.org/ob/v3p0" verify="a.b.c"/>',
        b"<!--" + CREDENTIAL + b"-->",
        b"<![CDATA[" + CREDENTIAL + b"]]>",
    ],
)
def test_near_elements_are_no_badge(inside):
    assert refused("UNSUPPORTED_FORMAT", baked(inside)) == baking.NO_BADGE


@pytest.mark.parametrize(
    ("element", "sentence"),
    [
        (b'<o:assertion xmlns:o="http://openbadges.org" verify="a.b.c"/>', baking.OPEN_BADGES_2),
        (b'<o:credential xmlns:o="https://purl.imsglobal.org/clr/v2p0" verify="a.b.c"/>', baking.CLR),
    ],
)
def test_other_credentials_are_named(element, sentence):
    assert refused("UNSUPPORTED_FORMAT", baked(element)) == sentence


@pytest.mark.parametrize(
    "image",
    [
        gzip.compress(baked(CREDENTIAL)),
        baked(CREDENTIAL).decode().encode("utf-16"),
        baked(CREDENTIAL).decode().encode("utf-16-le"),
        baked(CREDENTIAL).decode().encode("utf-16-be"),
        b'<?xml version="1.0" encoding="UTF-16"?>' + baked(CREDENTIAL),
        b'<?xml version="1.0" encoding="UTF-7"?>' + baked(CREDENTIAL),
        b'<?xml version="1.0" encoding="shift_jis"?>' + baked(CREDENTIAL),
        b'<?xml version="1.0" encoding="none-such"?>' + baked(CREDENTIAL),
        b"<!DOCTYPE svg []>" + baked(CREDENTIAL),
        b'<!DOCTYPE svg [<!ATTLIST svg verify CDATA "a.b.c">]>' + baked(CREDENTIAL),
        b'<!DOCTYPE svg [<!ENTITY a "b">]>' + baked(CREDENTIAL),
        b'<!DOCTYPE svg [<!ENTITY % a "b">]>' + baked(CREDENTIAL),
        b'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + baked(CREDENTIAL),
        b'<!DOCTYPE svg [<!NOTATION n SYSTEM "n"><!ENTITY a SYSTEM "b" NDATA n>]>' + baked(CREDENTIAL),
        b"<html>" + CREDENTIAL.replace(b"openbadges:", b"") + b"</html>",
        b"<svg " + OB + b">" + CREDENTIAL + b"</svg>",
    ],
)
def test_unsupported_files(image):
    refused("UNSUPPORTED_FORMAT", image)


@pytest.mark.parametrize(
    "image",
    [
        b"",
        b"\0",
        b"hello",
        PICTURE[:-1],
        PICTURE + b"<svg/>",
        baked(b"&nbsp;"),
        b'<!DOCTYPE svg PUBLIC "a" "b">' + baked(b"&nbsp;" + CREDENTIAL),
        baked(b"\xff"),
        baked(b"<openbadges:credential/>"),
        baked(b"<openbadges:credential> \n</openbadges:credential>"),
        baked(b'<openbadges:credential verify=""/>'),
        baked(b"<openbadges:credential>{<g/>}</openbadges:credential>"),
        baked(CREDENTIAL, NS),
    ],
)
def test_broken_files(image):
    refused("PARSING_ERROR", image)


@pytest.mark.parametrize(
    "image",
    [
        baked(b"<a/>" * 100_000),
        baked(b"<a>" * 100_001),
        baked(b" " * (4 * 1024 * 1024)),
        baked(b"<openbadges:credential>" + b"x" * (1024 * 1024 + 1) + b"</openbadges:credential>"),
    ],
)
def test_limits(image):
    refused("LIMIT_EXCEEDED", image)


@pytest.mark.parametrize(
    ("image", "text", "code"),
    [
        (PICTURE, "", "MALFORMED_VALUE_ERROR"),
        (PICTURE, "a.b", "MALFORMED_VALUE_ERROR"),
        (PICTURE, "[]", "MALFORMED_VALUE_ERROR"),
        (PICTURE, '{"a":\r1}', "MALFORMED_VALUE_ERROR"),
        (PICTURE, '{"a\x0b"}', "MALFORMED_VALUE_ERROR"),
        (PICTURE, "{\0", "MALFORMED_VALUE_ERROR"),
        (PICTURE, "{\ufffe", "MALFORMED_VALUE_ERROR"),
        (PICTURE, "{\ud800", "MALFORMED_VALUE_ERROR"),
        (b'<?xml version="1.0" encoding="us-ascii"?>' + PICTURE, "{é", "MALFORMED_VALUE_ERROR"),
        (b'<?xml version="1.0" encoding="iso-8859-1"?>' + PICTURE, "{😀", "MALFORMED_VALUE_ERROR"),
        (PICTURE, "{" * 1_100_000, "LIMIT_EXCEEDED"),
        (baked(b" " * (4 * 1024 * 1024 - 150)), JWS, "LIMIT_EXCEEDED"),
        (b"<svg " + NS + b' xmlns:openbadges="http://openbadges.org"/>', JWS, "UNSUPPORTED_FORMAT"),
        (b"<svg", JWS, "PARSING_ERROR"),
    ],
)
def test_what_cannot_be_baked(image, text, code):
    with pytest.raises(InvalidError) as caught:
        svg.bake(image, text)
    assert caught.value.code == code


@settings(max_examples=400)
@given(st.randoms(use_true_random=False), st.integers(1, 4), st.sampled_from([JWS, JSON]))
def test_flipped_bytes_raise_nothing_else(source: random.Random, flips: int, text: str):
    image = bytearray(svg.bake(b'<?xml version="1.0" encoding="utf-8"?><!DOCTYPE svg>' + PICTURE, text))
    for _ in range(flips):
        image[source.randrange(len(image))] ^= source.randrange(1, 256)
    for attempt in (svg.extract, lambda image: svg.bake(image, text)):
        try:
            attempt(bytes(image))
        except OpenBadgeError:
            continue


@given(st.binary(max_size=300), st.sampled_from([b"", b"<svg ", b"<?xml ", b"<!DOCTYPE svg [", baked(CREDENTIAL)[:-6]]))
def test_noise_raises_nothing_else(noise, start):
    with pytest.raises(OpenBadgeError):
        svg.extract(start + noise)
