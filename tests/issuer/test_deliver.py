"""What learners get: badge pictures, QR codes, files, LinkedIn links."""

from __future__ import annotations

import io
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
import zxingcpp
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from issuer.deliver import lettering
from issuer.deliver.accents import take_apart
from issuer.deliver.emblem import PALETTES, Emblem
from issuer.deliver.files import baked_png, baked_svg
from issuer.deliver.linkedin import add_to_profile
from issuer.deliver.page import achievement_view
from issuer.deliver.picture import MAX_SIZE, Face, badge_png, card_png
from issuer.deliver.picture_svg import badge_svg
from issuer.deliver.qr import MAX_BYTES, qr_png, qr_svg
from openbadge.baking import png, svg
from openbadge.errors import InvalidError

NAME, INSTITUTION, SEED = "Data Ethics Foundations", "Northbridge University", b"https://b.example/achievements/1"


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_the_picture_is_the_same_for_the_same_input() -> None:
    badge_png.cache_clear()
    first = badge_png(NAME, INSTITUTION, SEED)
    badge_png.cache_clear()
    assert badge_png(NAME, INSTITUTION, SEED) == first
    assert badge_svg(NAME, INSTITUTION, SEED) == badge_svg.__wrapped__(NAME, INSTITUTION, SEED)


def test_the_picture_has_the_asked_size_and_clear_corners() -> None:
    picture = opened(badge_png(NAME, INSTITUTION, SEED, 200))
    assert (picture.size, picture.mode, picture.format) == ((200, 200), "RGBA", "PNG")
    assert picture.getpixel((0, 0))[3] == 0
    assert picture.getpixel((100, 100))[3] == 255
    assert opened(badge_png("", "", b"", 9_999)).size == (MAX_SIZE, MAX_SIZE)


def test_another_seed_gives_another_design() -> None:
    designs = {Emblem.from_seed(bytes([number])) for number in range(64)}
    assert len(designs) > 50
    assert {design.palette for design in designs} == set(PALETTES)


def test_white_text_is_readable_on_every_palette() -> None:
    for palette in PALETTES:
        for colour in (palette.top, palette.bottom):
            assert contrast("#ffffff", colour) >= 4.5


def contrast(first: str, second: str) -> float:
    """WCAG 2.2, "contrast ratio"."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("name", ["学习", "Мова", "مهارات", "Základy 学", "🎓"])
def test_letters_that_the_font_lacks_never_become_boxes(name: str) -> None:
    assert not lettering.drawable(lettering.plain(name))
    shown = badge_png(name, INSTITUTION, SEED, 120)
    letters = lettering.initials(name)
    assert shown != badge_png(NAME, INSTITUTION, SEED, 120)
    assert not letters or letters == "Z" or not lettering.drawable(letters)


@given(st.text(max_size=300))
@example("word " * 60)
@example("W" * 300)
@example("\u202e\x00<&>'\"")
def test_every_name_fits_and_makes_valid_svg(name: str) -> None:
    block = lettering.fit(name, box=(336, 158), sizes=(50, 34, 22))
    assert all(lettering.width(line, block.size) <= 336 for line in block.lines)
    assert len(block.lines) * block.leading <= 158
    root = ElementTree.fromstring(badge_svg(name, name, SEED))
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
        "svg", "title", "defs", "linearGradient", "stop", "path", "circle", "text", "tspan",
    }  # fmt: skip
    assert not any("href" in key for element in root.iter() for key in element.attrib)


@given(st.text(max_size=80))
def test_every_name_can_be_drawn(name: str) -> None:
    assert opened(badge_png(name, name, SEED, 40)).size == (40, 40)


def test_the_share_picture_has_the_size_that_previews_want() -> None:
    picture = opened(card_png(NAME, INSTITUTION, SEED))
    assert (picture.size, picture.mode) == ((1200, 627), "RGB")
    assert len(card_png(NAME, INSTITUTION, SEED)) < 600_000
    assert card_png("学习", INSTITUTION, SEED) != card_png(NAME, INSTITUTION, SEED)


@pytest.mark.parametrize("credential", [b'{"a":"\\u00fc"}', '{"a":"ü]]>"}'.encode(), b"eyJh.eyJi.c2ln"])
def test_baked_pictures_give_the_same_bytes_back(credential: bytes) -> None:
    face = Face(NAME, INSTITUTION, SEED)
    assert png.extract(baked_png(face, credential)).encode() == credential
    assert svg.extract(baked_svg(face, credential)).encode() == credential
    assert opened(baked_png(face, credential)).tobytes() == opened(badge_png(NAME, INSTITUTION, SEED)).tobytes()


@given(st.text(alphabet=st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=120))
def test_a_camera_reads_the_qr_code(text: str) -> None:
    url = f"https://badges.example.org/credentials/{text}"
    found = zxingcpp.read_barcodes(opened(qr_png(url)))
    assert [code.text for code in found] == [url]


def test_the_qr_code_has_a_quiet_zone() -> None:
    picture = opened(qr_png("https://badges.example.org/credentials/1")).convert("L")
    margin = 32
    edges = [picture.crop((0, 0, picture.width, margin)), picture.crop((0, 0, margin, picture.height))]
    assert all(edge.getextrema() == (255, 255) for edge in edges)
    assert picture.crop((margin, margin, margin + 8, margin + 8)).getextrema() == (0, 0)


def test_the_qr_code_as_svg() -> None:
    root = ElementTree.fromstring(qr_svg("https://badges.example.org/1"))
    assert {element.tag.rpartition("}")[2] for element in root.iter()} == {"svg", "rect", "path"}


def test_an_address_too_long_for_a_camera_is_refused() -> None:
    with pytest.raises(InvalidError, match="QR code"):
        qr_png("https://a.example/" + "a" * MAX_BYTES)


def test_the_linkedin_form_is_filled_in() -> None:
    address = add_to_profile(
        name="Data & Ethics", organization="Northbridge", url="https://b.example/credentials/abc",
        valid_from="2026-03-01T00:30:00+02:00", valid_until=None,
    )  # fmt: skip
    assert parse_qs(urlsplit(address).query) == {
        "startTask": ["CERTIFICATION_NAME"],
        "name": ["Data & Ethics"],
        "organizationName": ["Northbridge"],
        "issueYear": ["2026"],
        "issueMonth": ["3"],
        "certUrl": ["https://b.example/credentials/abc"],
        "certId": ["abc"],
    }
    assert "+" not in address


@pytest.mark.parametrize(
    "name",
    [
        "Základy umělé inteligence",
        "Évaluation à distance",
        "Übungen für Straßenbau",
        "Łódź",
        "Đorđe",
        "Ştiinţă",
        "Tiếng Việt",
    ],
)
def test_letters_of_european_languages_are_drawn(name: str) -> None:
    assert lettering.drawable(lettering.plain(name))
    assert badge_png(name, INSTITUTION, SEED, 200) != badge_png(take_apart(name).letters, INSTITUTION, SEED, 200)


def test_marks_are_taken_apart_and_unknown_ones_refused() -> None:
    assert take_apart("Åø").letters == "Ao"
    assert take_apart("\u0301").letters == "\u0301"
    assert not lettering.drawable("a\u0489")


@pytest.mark.parametrize(
    ("name", "framework", "code", "shown"),
    [
        ("EQF 6", "EQF", "6", ""),
        ("analyse test data", "ESCO", None, "ESCO"),
        ("Data analysis", "SFIA", "DATS", "SFIA DATS"),
    ],
)
def test_a_framework_is_not_named_twice(name: str, framework: str, code: str | None, shown: str) -> None:
    alignment = {
        "targetName": name,
        "targetUrl": "https://f.example/",
        "targetFramework": framework,
        "targetCode": code,
    }
    view = achievement_view({"id": "urn:a", "name": "n", "description": "d", "alignment": [alignment]}, {})
    assert view["alignments"][0]["framework"] == shown
