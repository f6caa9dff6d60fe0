"""Text of the badge picture: which texts our font can draw, and how they are broken into lines.

The font is the one inside Pillow (Aileron, CC0), so that no machine needs a font and all draw the same bytes.
It has basic Latin letters only; a text that it does not cover is not drawn, because a box in place of a
letter is worse.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from PIL import ImageFont

from issuer.deliver.accents import take_apart

_FONT_CHARACTERS: Final = frozenset(map(chr, range(0x20, 0x7F))) | frozenset("©«°±·»")
_SAME: Final = str.maketrans(
    {"–": "-", "—": "-", "‐": "-", "‑": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "…": "...", "\u00a0": " "}
    | {"„": '"', "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "€": "EUR", "×": "x"}
)
"""Punctuation and joined letters whose plain form means the same."""
ELLIPSIS: Final = "..."
REGULAR_UP_TO: Final = 21
"""Font sizes up to this are set regular, larger ones bold."""


@dataclass(frozen=True, slots=True)
class Block:
    """Set text: its lines, the font size and the distance of the baselines, in units of the design."""

    lines: tuple[str, ...]
    size: float
    leading: float


@cache
def font(size: float) -> ImageFont.FreeTypeFont:
    """Return the font inside Pillow at `size` pixels; `RuntimeError` if Pillow was built without FreeType."""
    loaded = ImageFont.load_default(size)
    if not isinstance(loaded, ImageFont.FreeTypeFont):
        raise RuntimeError("Pillow must be built with FreeType support")
    return loaded


def width(text: str, size: float) -> float:
    """Return the width of `text` at `size`, in the same unit; letters beyond the font count as 0.6 of the size."""
    letters = take_apart(text).letters
    known = "".join(letter for letter in letters if letter in _FONT_CHARACTERS)
    return float(font(100).getlength(known)) * size / 100 + 0.6 * size * (len(letters) - len(known))


def plain(text: str) -> str:
    """Return `text` in one line with typographic punctuation made plain."""
    return " ".join(text.translate(_SAME).split())


def drawable(text: str) -> bool:
    """Say whether every letter of `text` can be drawn, with the accents that it carries."""
    return set(take_apart(text).letters) <= _FONT_CHARACTERS


def initials(text: str) -> str:
    """Return up to three first letters of the words in `text` that start with a capital or digit; "" if none."""
    return "".join(word[0] for word in plain(text).split() if word[0].isupper() or word[0].isdigit())[:3]


def fit(text: str, *, box: tuple[float, float], sizes: tuple[int, ...], leading: float = 1.2) -> Block:
    """Set `text` as large as it fits into `box` (width, height), trying `sizes` in order; else shortened."""
    for size in sizes:
        lines = _wrap(text, box[0], size)
        fits = all(width(line, size) <= box[0] for line in lines)
        if fits and len(lines) * size * leading <= box[1]:
            return Block(tuple(lines), size, size * leading)
    return _shortened(text, box, sizes[-1], leading)


def _wrap(text: str, limit: float, size: float) -> list[str]:
    """Break at spaces, first as few lines as possible, then evenly filled."""
    count = len(_greedy(text, limit, size))
    narrower = (limit * share / 20 for share in range(8, 21))
    return next(lines for lines in (_greedy(text, w, size) for w in narrower) if len(lines) <= count)


def _greedy(text: str, limit: float, size: float) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and width(f"{lines[-1]} {word}", size) <= limit:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _shortened(text: str, box: tuple[float, float], size: float, leading: float) -> Block:
    rows = max(1, int(box[1] / (size * leading)))
    lines = [_clipped(line, box[0], size) for line in _greedy(text, box[0], size)]
    if len(lines) > rows:
        lines = [*lines[: rows - 1], _clipped(lines[rows - 1] + ELLIPSIS, box[0], size)]
    return Block(tuple(lines), size, size * leading)


def _clipped(line: str, limit: float, size: float) -> str:
    if width(line, size) <= limit:
        return line
    kept = line.removesuffix(ELLIPSIS)
    while kept and width(kept + ELLIPSIS, size) > limit:
        kept = kept[:-1]
    return kept.rstrip() + ELLIPSIS
