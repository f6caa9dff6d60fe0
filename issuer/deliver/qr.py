"""QR codes (ISO/IEC 18004) that open a credential's page: level M, quiet zone of 4 modules, black on white."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Final

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.svg import SvgPathFillImage

from openbadge.errors import InvalidError

QUIET_ZONE: Final = 4
"""Modules of white on each side, what the standard demands and cameras need."""
MODULE: Final = 8
"""Pixels of one module in a PNG: 0.4 mm in print at 500 dpi, and about 300 pixels in all for our addresses."""
MAX_BYTES: Final = 1024
"""Bytes of the address: beyond, the modules get too small for the camera of a phone."""


@lru_cache(maxsize=256)
def qr_png(url: str) -> bytes:
    """Return the QR code of `url` as PNG; raises `InvalidError` LIMIT_EXCEEDED for an address beyond 1 KiB."""
    out = io.BytesIO()
    _code(url).make_image().save(out, "PNG")
    return out.getvalue()


@lru_cache(maxsize=256)
def qr_svg(url: str) -> bytes:
    """Return the QR code of `url` as an SVG document; raises `InvalidError` LIMIT_EXCEEDED beyond 1 KiB."""
    out = io.BytesIO()
    _code(url).make_image(image_factory=SvgPathFillImage).save(out)
    return out.getvalue()


def _code(url: str) -> qrcode.QRCode:
    if len(url.encode(errors="replace")) > MAX_BYTES:
        raise InvalidError("LIMIT_EXCEEDED", f"An address of more than {MAX_BYTES} bytes makes no readable QR code.")
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, box_size=MODULE, border=QUIET_ZONE)
    code.add_data(url)
    code.make(fit=True)
    return code
