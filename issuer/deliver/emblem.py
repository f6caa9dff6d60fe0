"""The design of the badge picture, as numbers: colours, curves and set text on a square of 600 units.

PNG and SVG draw the same design. Colours and curves come from a seed, so that every micro-credential has a
picture of its own that never changes. The woven band is a guilloche, the pattern of banknotes and diplomas.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, pi, sin
from typing import Final

SIDE: Final = 600
CENTRE: Final = SIDE / 2
Point = tuple[float, float]

_SCALLOPS: Final = 48
_STEPS: Final = 360
"""Points of one curve: at 1,200 pixels a step is about 6 pixels long, too short to be seen as an edge."""


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as `#rrggbb`: the rim, the top and bottom of the disc, the woven band, the small flower."""

    rim: str
    top: str
    bottom: str
    band: str
    flower: str


PALETTES: Final = (
    Palette("#0a3f42", "#0f6a6c", "#0a4a4d", "#8fd6cb", "#f2cf7e"),
    Palette("#1b2a57", "#30468c", "#1f3069", "#aebdf2", "#f4c98a"),
    Palette("#3d1f4e", "#66367f", "#47265a", "#d7b6ea", "#f3d08b"),
    Palette("#4b1626", "#86293f", "#5c1b2d", "#f0b3b5", "#f2d394"),
    Palette("#173a24", "#2a6540", "#1b4a2c", "#a9dcb2", "#f0d27c"),
    Palette("#14374f", "#225f85", "#174560", "#a4d3ee", "#f5c77e"),
    Palette("#43290f", "#7d4e1d", "#543414", "#f0cf9f", "#f7e2a4"),
    Palette("#252e36", "#465663", "#2e3943", "#bfd0db", "#f3c67a"),
)
"""White text on `top` and `bottom` has a contrast of at least 4.5 in each."""


@dataclass(frozen=True, slots=True)
class Emblem:
    """One design: its palette and the numbers of its curves."""

    palette: Palette
    waves: int
    strands: int
    swing: float
    petals: int

    @classmethod
    def from_seed(cls, seed: bytes) -> Emblem:
        """Return the design that belongs to `seed` (any bytes)."""
        digest = hashlib.sha256(seed).digest()
        return cls(
            palette=PALETTES[digest[0] % len(PALETTES)],
            waves=(9, 12, 15, 18, 20, 24)[digest[1] % 6],
            strands=(5, 6, 7, 8)[digest[2] % 4],
            swing=19 + digest[3] % 8,
            petals=5 + digest[4] % 6,
        )

    def rim(self) -> list[Point]:
        """Return the scalloped outline of the seal."""
        return [_polar(284 + 7 * cos(_SCALLOPS * angle), angle) for angle in _angles(_STEPS * 2)]

    def band(self) -> Iterator[list[Point]]:
        """Yield the closed curves of the woven band around the disc."""
        for strand in range(self.strands):
            shift = 2 * pi * strand / self.strands
            yield [_polar(226 + self.swing * sin(self.waves * a + shift), a) for a in _angles(_STEPS)]

    def flower(self, centre_y: float, size: float) -> Iterator[list[Point]]:
        """Yield the petals of the flower around (300, `centre_y`) with the outer radius `size`."""
        for petal in range(self.petals):
            turn = 2 * pi * petal / self.petals - pi / 2
            yield [self._petal(turn, part / 40, size, centre_y) for part in range(41)]

    def _petal(self, turn: float, part: float, size: float, centre_y: float) -> Point:
        """One point of a petal: out along one side, back along the other."""
        out = sin(pi * part)
        spread = cos(pi * part) * sin(pi * part) * 2.2 / self.petals
        x, y = _polar(size * (0.28 + 0.72 * out), turn + spread)
        return x, y - CENTRE + centre_y


def _angles(steps: int) -> Iterator[float]:
    return (2 * pi * step / steps for step in range(steps + 1))


def _polar(radius: float, angle: float) -> Point:
    return CENTRE + radius * cos(angle), CENTRE + radius * sin(angle)
