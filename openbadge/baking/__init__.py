"""Credentials inside pictures: Open Badges 3.0, section 5.3 "Baking".

`png` and `svg` each offer `bake(image, text) -> bytes` and `extract(image) -> str`. `image` is a whole
file, `text` a compact JWS or a JSON credential with its proof embedded. Neither module decodes a pixel or
runs a script, and both share the limits below. What `extract` returns is unproved text: the picture around
it is not signed.
"""

from __future__ import annotations

from typing import Final

from openbadge.errors import InvalidError

MAX_IMAGE_BYTES: Final = 4 * 1024 * 1024
"""Bytes of a picture file (4 MiB), as for uploads: badge pictures rarely exceed 200 KB."""

MAX_TEXT_BYTES: Final = 1024 * 1024
"""Bytes of the credential in UTF-8 (1 MiB), the limit of the JSON reader that comes next."""

NO_BADGE: Final = "This picture carries no badge."
OPEN_BADGES_2: Final = "This picture carries an Open Badges 2 badge; only version 3 can be read here."
CLR: Final = "This picture carries a learner record (CLR), not a badge; send the record as a JSON file."
TWO_BADGES: Final = "This picture carries more than one credential, so it is not clear which one is meant."


def check_image_size(image: bytes) -> None:
    """Raise `InvalidError` LIMIT_EXCEEDED when `image` is larger than 4 MiB."""
    if len(image) > MAX_IMAGE_BYTES:
        raise InvalidError("LIMIT_EXCEEDED", f"The picture has {len(image):,} bytes; the limit is {MAX_IMAGE_BYTES:,}.")


def encode_text(text: str, encoding: str = "utf-8") -> bytes:
    """Return `text` as bytes of the picture's `encoding`.

    Raises `InvalidError`: LIMIT_EXCEEDED beyond 1 MiB, MALFORMED_VALUE_ERROR for a character that the
    encoding lacks.
    """
    try:
        data = text.encode(encoding)
    except UnicodeEncodeError:
        raise InvalidError(
            "MALFORMED_VALUE_ERROR",
            f"The credential holds a character that {encoding} cannot express; escape it.",
        ) from None
    check_text_size(data)
    return data


def check_text_size(data: bytes) -> None:
    """Raise `InvalidError` LIMIT_EXCEEDED when the credential `data` is larger than 1 MiB."""
    if len(data) > MAX_TEXT_BYTES:
        raise InvalidError(
            "LIMIT_EXCEEDED", f"The credential has {len(data):,} bytes; the limit is {MAX_TEXT_BYTES:,}."
        )
