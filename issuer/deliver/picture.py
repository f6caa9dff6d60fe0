"""The badge picture and the share picture, drawn by us: no file of somebody else is ever shown as a badge.

Open Badges 3.0 wants an image to be a PNG or SVG file (section 3, "Image"); both forms show the same design.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from PIL import Image, ImageDraw

from issuer.deliver import accents, lettering
from issuer.deliver.emblem import CENTRE, SIDE, Emblem, Point
from issuer.deliver.lettering import Block

SCALE: Final = 3
"""Drawn larger by this factor and reduced afterwards, which smooths every edge."""
MAX_SIZE: Final = 1200
"""Pixels: twice the size of the picture on a page with a dense display."""
CARD: Final = (1200, 627)
"""Width and height in pixels that link previews ask for."""
PAPER: Final = "#f8f7f3"
INK: Final = "#16211f"
QUIET: Final = "#55625f"


@dataclass(frozen=True, slots=True)
class Face:
    """What the badge picture shows: the achievement's name, the institution's name, and the seed of the design."""

    name: str
    institution: str
    seed: bytes


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts of the seal are: set texts with their middle, and the flower with its middle and radius."""

    texts: tuple[tuple[Block, float], ...]
    flower: tuple[float, float]


def layout(name: str, institution: str) -> Layout:
    """Return the layout with name and institution; texts are set even if only SVG can draw all their letters."""
    title = lettering.fit(name, box=(336, 158), sizes=(50, 46, 42, 38, 34, 31, 28, 25, 22))
    line = lettering.fit(institution, box=(250, 50), sizes=(21, 19, 17))
    return Layout(((title, 300), (line, 417)), (178, 38))


@lru_cache(maxsize=256)
def badge_png(name: str, institution: str, seed: bytes, size: int = SIDE) -> bytes:
    """Return the badge as PNG of `size` x `size` pixels with a transparent corner.

    Where the font lacks a letter of the name, the initials take its place, or the flower alone.
    """
    return _png(_seal(name, institution, seed, min(size, MAX_SIZE)))


@lru_cache(maxsize=64)
def card_png(name: str, institution: str, seed: bytes) -> bytes:
    """Return the picture for link previews, 1200 x 627 pixels: the badge, its name and its institution."""
    card = Image.new("RGB", CARD, PAPER)
    seal = _seal(name, institution, seed, 520)
    title, line = lettering.plain(name), lettering.plain(institution)
    texts_fit = lettering.drawable(title) and lettering.drawable(line)
    card.paste(seal, (56 if texts_fit else 340, 54), seal)
    if texts_fit:
        _card_texts(card, title, line)
    return _png(card)


def _card_texts(card: Image.Image, title: str, line: str) -> None:
    name = lettering.fit(title, box=(520, 300), sizes=(64, 58, 52, 46, 40, 36, 32))
    issuer = lettering.fit(line, box=(520, 80), sizes=(30, 27, 24))
    height = len(name.lines) * name.leading + len(issuer.lines) * issuer.leading + 30
    top = (CARD[1] - height) / 2
    for block, colour, weight in ((name, INK, 0.7), (issuer, QUIET, 0.0)):
        mask = Image.new("L", (CARD[0] * SCALE, CARD[1] * SCALE))
        draw, face = ImageDraw.Draw(mask), lettering.font(block.size * SCALE)
        for row, text in enumerate(block.lines, 1):
            place = (624 * SCALE, (top + row * block.leading - block.size * 0.3) * SCALE)
            accents.write(draw, place, text, face, weight * SCALE)
        card.paste(colour, mask=mask.resize(CARD, Image.Resampling.LANCZOS))
        top += len(block.lines) * block.leading + 30


def _seal(name: str, institution: str, seed: bytes, size: int) -> Image.Image:
    emblem = Emblem.from_seed(seed)
    scale = size * SCALE / SIDE
    image = Image.new("RGBA", (size * SCALE, size * SCALE), emblem.palette.rim + "00")
    _draw_disc(image, emblem, scale)
    plan = _drawable_layout(lettering.plain(name), lettering.plain(institution))
    _draw_flower(image, emblem, plan.flower, scale)
    mask = Image.new("L", image.size)
    for block, middle in plan.texts:
        _draw_text(ImageDraw.Draw(mask), block, middle, scale)
    image.paste("#ffffff", mask=mask)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def _drawable_layout(name: str, institution: str) -> Layout:
    if lettering.drawable(name) and lettering.drawable(institution):
        return layout(name, institution)
    letters = lettering.initials(name)
    if letters and lettering.drawable(letters):
        return Layout(((Block((letters,), 120, 150), 362),), (190, 48))
    return Layout((), (CENTRE, 130))


def _draw_disc(image: Image.Image, emblem: Emblem, scale: float) -> None:
    colours = emblem.palette
    draw = ImageDraw.Draw(image)
    draw.polygon(_scaled(emblem.rim(), scale), fill=colours.rim)
    disc = Image.new("L", image.size)
    ImageDraw.Draw(disc).ellipse(_square(266, scale), fill=255)
    ramp = Image.linear_gradient("L").resize(image.size)
    shades = Image.composite(
        Image.new("RGB", image.size, colours.bottom), Image.new("RGB", image.size, colours.top), ramp
    )
    image.paste(shades, mask=disc)
    lines = Image.new("RGBA", image.size, colours.band + "00")
    pen = ImageDraw.Draw(lines)
    for curve in emblem.band():
        pen.line(_scaled(curve, scale), fill=colours.band + "90", width=round(1.1 * scale), joint="curve")
    for radius, width in ((266, 3.0), (258, 1.0), (193, 1.4)):
        pen.ellipse(_square(radius, scale), outline=colours.band + "e0", width=max(1, round(width * scale)))
    image.alpha_composite(lines)


def _draw_flower(image: Image.Image, emblem: Emblem, place: tuple[float, float], scale: float) -> None:
    layer = Image.new("RGBA", image.size, emblem.palette.flower + "00")
    pen = ImageDraw.Draw(layer)
    for petal in emblem.flower(*place):
        pen.polygon(_scaled(petal, scale), fill=emblem.palette.flower)
    image.alpha_composite(layer)


def _draw_text(draw: ImageDraw.ImageDraw, block: Block, middle: float, scale: float) -> None:
    face = lettering.font(block.size * scale)
    # The font has one weight only: a stroke makes it bold.
    weight = block.size * scale / 60 if block.size > lettering.REGULAR_UP_TO else 0
    first = middle - (len(block.lines) - 1) * block.leading / 2 + block.size * 0.35
    for row, line in enumerate(block.lines):
        left = CENTRE - lettering.width(line, block.size) / 2
        accents.write(draw, (left * scale, (first + row * block.leading) * scale), line, face, weight)


def _scaled(points: list[Point], scale: float) -> list[Point]:
    return [(x * scale, y * scale) for x, y in points]


def _square(radius: float, scale: float) -> tuple[float, float, float, float]:
    near, far = (CENTRE - radius) * scale, (CENTRE + radius) * scale
    return near, near, far, far


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=9)
    return out.getvalue()
