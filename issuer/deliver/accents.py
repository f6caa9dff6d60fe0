"""Accents for a font that has none: the marks of European languages as pen strokes over basic Latin letters.

A text is taken apart (Unicode Standard Annex 15, form NFD) into letters that the font has and combining marks. The
marks are lines and dots in units of the font size: x from the middle of the letter to the right, y from the top of
the letter (marks above), the baseline (marks below) or the middle (strokes through) upwards.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from PIL import ImageDraw
from PIL.ImageFont import FreeTypeFont

Line = tuple[tuple[float, float], ...]
"""The points of one pen stroke; a single point is a dot."""

GAP: Final = 0.06
"""Between a letter and the mark above it."""
STACK: Final = 0.17
"""Between two marks on one letter."""
PEN: Final = 0.075
"""Width of a stroke: that of the font's own strokes."""
DOT: Final = 0.055
"""Radius of a dot."""

ABOVE: Mapping[str, tuple[Line, ...]] = MappingProxyType(
    {
        "\u0300": (((-0.1, 0.15), (0.04, 0.0)),),  # grave
        "\u0301": (((0.1, 0.15), (-0.04, 0.0)),),  # acute
        "\u0302": (((-0.12, 0.0), (0.0, 0.13), (0.12, 0.0)),),  # circumflex
        "\u0303": (((-0.14, 0.03), (-0.07, 0.1), (0.07, 0.03), (0.14, 0.1)),),  # tilde
        "\u0304": (((-0.12, 0.06), (0.12, 0.06)),),  # macron
        "\u0306": (((-0.12, 0.13), (-0.07, 0.03), (0.0, 0.0), (0.07, 0.03), (0.12, 0.13)),),  # breve
        "\u0307": (((0.0, 0.07),),),  # dot above
        "\u0308": (((-0.11, 0.07),), ((0.11, 0.07),)),  # diaeresis
        "\u030a": (((0, 0), (0.07, 0.03), (0.08, 0.1), (0, 0.15), (-0.08, 0.1), (-0.07, 0.03), (0, 0)),),  # ring
        "\u030b": (((0.0, 0.15), (-0.1, 0.0)), ((0.17, 0.15), (0.07, 0.0))),  # double acute
        "\u030c": (((-0.12, 0.13), (0.0, 0.0), (0.12, 0.13)),),  # caron
    }
)
BELOW: Mapping[str, tuple[Line, ...]] = MappingProxyType(
    {
        "\u0323": (((0.0, -0.13),),),  # dot below
        "\u0326": (((0.03, -0.09), (-0.03, -0.2)),),  # comma below
        "\u0327": (((0.0, 0.0), (0.0, -0.06), (0.07, -0.11), (0.02, -0.18), (-0.07, -0.17)),),  # cedilla
        "\u0328": (((0.1, 0.0), (0.03, -0.08), (0.07, -0.17), (0.15, -0.16)),),  # ogonek
    }
)
THROUGH: Mapping[str, tuple[Line, ...]] = MappingProxyType(
    {
        "\u0335": (((-0.04, 0.19), (0.32, 0.19)),),  # bar of d
        "\u0336": (((-0.42, 0.0), (-0.1, 0.0)),),  # bar of D
        "\u0337": (((-0.14, -0.06), (0.14, 0.1)),),  # short stroke of l
        "\u0338": (((-0.26, -0.32), (0.26, 0.32)),),  # long stroke of o
    }
)
MARKS: Final = ABOVE.keys() | BELOW.keys() | THROUGH.keys()
_APOSTROPHE: Final[tuple[Line, ...]] = (((0.05, 0.0), (0.0, -0.14)),)
"""The caron of d, t, l and L, beside the letter."""

_STROKED: Final = str.maketrans(
    {
        "ø": "o\u0338",
        "Ø": "O\u0338",
        "ł": "l\u0337",
        "Ł": "L\u0337",
        "đ": "d\u0335",
        "Đ": "D\u0336",
        "Ð": "D\u0336",
        "ð": "d\u0335",
        "ı": "i\u0305",
    }
)
"""Letters that Unicode does not take apart; U+0305 stands for "no dot"."""
_NO_DOT: Final = "\u0305"


@dataclass(frozen=True, slots=True)
class Accented:
    """A text taken apart: its letters, and the marks by the number of the letter that they belong to."""

    letters: str
    marks: Mapping[int, str]


def take_apart(text: str) -> Accented:
    """Return `text` as letters and marks; a mark that we cannot draw counts as a letter, which no font will have."""
    letters: list[str] = []
    marks: dict[int, str] = {}
    for character in unicodedata.normalize("NFD", text.translate(_STROKED)):
        if letters and (character in MARKS or character == _NO_DOT):
            marks[len(letters) - 1] = marks.get(len(letters) - 1, "") + character
        else:
            letters.append(character)
    return Accented("".join(letters), marks)


def write(draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, font: FreeTypeFont, weight: float) -> None:
    """Write `text` in white into a picture of the mode "L", from `at`, the left end of its baseline in pixels."""
    accented = take_apart(text)
    draw.text(at, accented.letters, fill=255, font=font, anchor="ls", stroke_width=weight)
    pen = PEN * font.size + 2 * weight
    for number, marks in accented.marks.items():
        left = at[0] + font.getlength(accented.letters[:number])
        letter = accented.letters[number]
        if letter in "ij" and any(mark in ABOVE or mark == _NO_DOT for mark in marks):
            _remove_dot(draw, (left, at[1]), letter, font)
        for line in _strokes(letter, marks, font):
            points = [(left + x * font.size, at[1] - y * font.size) for x, y in line]
            _stroke(draw, points, pen)


def _strokes(letter: str, marks: str, font: FreeTypeFont) -> Iterator[Line]:
    """Yield the strokes of `marks` in font sizes from the left end of the letter's baseline."""
    left, top, right, bottom = (
        edge / font.size for edge in font.getbbox("x" if letter in "ij" else letter, anchor="ls")
    )
    if letter in "ij":
        left, _, right, _ = (edge / font.size for edge in font.getbbox(letter, anchor="ls"))
    middle, height = (left + right) / 2, -top + GAP
    for mark in marks:
        if mark == "\u030c" and letter in "dtlL":
            yield from _moved(_APOSTROPHE, right + 0.05, -top)
        elif mark in ABOVE:
            yield from _moved(ABOVE[mark], middle, height)
            height += STACK
        elif mark in BELOW:
            yield from _moved(BELOW[mark], middle, 0.0)
        elif mark in THROUGH:
            yield from _moved(THROUGH[mark], middle, -(top + bottom) / 2)


def _moved(lines: tuple[Line, ...], x: float, y: float) -> Iterator[Line]:
    return (tuple((px + x, py + y) for px, py in line) for line in lines)


def _remove_dot(draw: ImageDraw.ImageDraw, at: tuple[float, float], letter: str, font: FreeTypeFont) -> None:
    left, top, right, _ = font.getbbox(letter, anchor="ls")
    stem = font.getbbox("x", anchor="ls")[1]
    gap = (stem - top) * 0.2
    draw.rectangle((at[0] + left - gap, at[1] + top - gap, at[0] + right + gap, at[1] + stem - gap), fill=0)


def _stroke(draw: ImageDraw.ImageDraw, points: list[tuple[float, float]], pen: float) -> None:
    if len(points) > 1:
        draw.line(points, fill=255, width=round(pen), joint="curve")
    radius = pen / 2 if len(points) > 1 else pen * DOT / PEN
    for x, y in (points[0], points[-1]):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
