"""A stored credential as files: the signed bytes themselves, or the same bytes inside a picture.

The pictures carry the credential as Open Badges 3.0 section 5.3 says, so that the file alone can be checked.
"""

from __future__ import annotations

from issuer.deliver.picture import Face, badge_png
from issuer.deliver.picture_svg import badge_svg
from openbadge.baking import png, svg


def baked_png(face: Face, credential: bytes) -> bytes:
    """Return the badge picture of `face` as PNG with `credential` (JSON in UTF-8, or a compact JWT) inside."""
    return png.bake(badge_png(face.name, face.institution, face.seed), credential.decode())


def baked_svg(face: Face, credential: bytes) -> bytes:
    """Return the badge picture of `face` as SVG with `credential` (JSON in UTF-8, or a compact JWT) inside."""
    return svg.bake(badge_svg(face.name, face.institution, face.seed), credential.decode())
