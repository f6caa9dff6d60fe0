"""The types of template slots: the grammar that a value must meet before it may stand in a credential.

The grammars are narrower than the standards': a value that two RDF libraries could write differently is refused here,
before anything is signed (RDF Dataset Canonicalization 1.0 section 5; RFC 3987).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from issuer.errors import FieldError
from openbadge import timestamps
from openbadge.errors import InvalidError

MAX_TEXT: Final = 10_000
"""Characters of a text slot: two pages; longer material belongs behind a link."""
MAX_IRI: Final = 2_000
"""Characters of an address: what every browser and mail program carries."""

_IRI: Final = re.compile(r"(?:https?://|urn:|did:|mailto:)[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_IDENTITY: Final = re.compile(r"sha256\$[0-9a-f]{64}")
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class SlotType:
    """A slot type: its name, and the check that raises `FieldError` with the path of the slot."""

    name: str
    check: Callable[[Any, str], None]


def _matching(pattern: re.Pattern[str], limit: int, what: str) -> Callable[[Any, str], None]:
    def check(value: Any, path: str) -> None:
        if not isinstance(value, str) or len(value) > limit or not pattern.fullmatch(value):
            raise FieldError(path, f"must be {what}")

    return check


def _text(value: Any, path: str) -> None:
    if not isinstance(value, str) or not value or len(value) > MAX_TEXT:
        raise FieldError(path, f"must be a text of 1 to {MAX_TEXT:,} characters")
    if _CONTROLS.search(value):
        raise FieldError(path, "holds a control character, or half of a surrogate pair")


def _datetime(value: Any, path: str) -> None:
    try:
        moment = timestamps.parse(value, path)
    except InvalidError as error:
        raise FieldError(path, error.detail) from error
    if timestamps.write(moment) != value:
        raise FieldError(path, "must be written in UTC, to the second, as 2026-03-31T10:00:00Z")


SLOT_TYPES: Final[Mapping[str, SlotType]] = {
    kind.name: kind
    for kind in (
        SlotType(
            "iri", _matching(_IRI, MAX_IRI, "an address of the schemes https, http, urn, did or mailto, in ASCII")
        ),
        SlotType("text", _text),
        SlotType("datetime", _datetime),
        SlotType("identity", _matching(_IDENTITY, 80, "a SHA-256 identity hash, sha256$ and 64 hexadecimal digits")),
    )
}
"""The one table of slot types; a template that names another is refused."""
