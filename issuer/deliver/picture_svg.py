"""The badge picture as SVG: the same design as the PNG, with real text that every browser can set.

No script, no link, no outside font or picture, so that it is harmless wherever it is shown.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final
from xml.sax.saxutils import escape

from issuer.deliver import lettering
from issuer.deliver.emblem import CENTRE, SIDE, Emblem, Point
from issuer.deliver.lettering import Block
from issuer.deliver.picture import layout

_FONTS: Final = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif"
_NOT_XML: Final = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)])
"""Code points that XML 1.0 section 2.2 does not allow."""


@lru_cache(maxsize=256)
def badge_svg(name: str, institution: str, seed: bytes) -> bytes:
    """Return the badge as an SVG document in UTF-8, 600 units wide and high, with its name as accessible title."""
    emblem = Emblem.from_seed(seed)
    name, institution = (" ".join(text.translate(_NOT_XML).split()) for text in (name, institution))
    plan = layout(name, institution)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}" width="{SIDE}" height="{SIDE}" '
        'role="img">',
        f"<title>{escape(name)} – {escape(institution)}</title>",
        *_disc(emblem),
        *(_path(petal, f'fill="{emblem.palette.flower}"') for petal in emblem.flower(*plan.flower)),
        *(_text(block, middle) for block, middle in plan.texts),
        "</svg>",
    ]
    return "\n".join(parts).encode()


def _disc(emblem: Emblem) -> list[str]:
    colours = emblem.palette
    line = f'fill="none" stroke="{colours.band}"'
    return [
        '<defs><linearGradient id="disc" x2="0" y2="1">'
        f'<stop stop-color="{colours.top}"/><stop offset="1" stop-color="{colours.bottom}"/></linearGradient></defs>',
        _path(emblem.rim(), f'fill="{colours.rim}"'),
        f'<circle cx="300" cy="300" r="266" fill="url(#disc)" stroke="{colours.band}" stroke-width="3"/>',
        *(_path(curve, f'{line} stroke-opacity=".56" stroke-width="1.1"') for curve in emblem.band()),
        f'<circle cx="300" cy="300" r="258" {line}/>',
        f'<circle cx="300" cy="300" r="193" {line} stroke-width="1.4"/>',
    ]


def _path(points: list[Point], style: str) -> str:
    steps = " ".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return f'<path d="M{steps}z" {style}/>'


def _text(block: Block, middle: float) -> str:
    top = middle - (len(block.lines) - 1) * block.leading / 2 + block.size * 0.35
    rows = "".join(
        f'<tspan x="{CENTRE:g}" y="{top + row * block.leading:.1f}">{escape(line)}</tspan>'
        for row, line in enumerate(block.lines)
    )
    weight = 600 if block.size > lettering.REGULAR_UP_TO else 400
    return (
        f'<text text-anchor="middle" fill="#ffffff" font-family="{_FONTS}" font-size="{block.size:g}" '
        f'font-weight="{weight}">{rows}</text>'
    )
