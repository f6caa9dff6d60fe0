"""The types of template slots: the grammar that a value must meet before it may stand in a credential.

The grammars are narrower than the standards': a value that two RDF libraries could write differently is refused here,
before anything is signed (RDF Dataset Canonicalization 1.0 section 5). Addresses are held to RFC 3986, since some
libraries leave statements out, without a word, in which an address is not: then nobody there could verify.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from issuer.errors import FieldError

MAX_TEXT: Final = 10_000
"""Characters of a text slot: two pages; longer material belongs behind a link."""
MAX_IRI: Final = 2_000
"""Characters of an address: what every browser and mail program carries."""

_CHARACTER: Final = r"[A-Za-z0-9\-._~!$&'()*+,;=:@/?]"
_RUN: Final = f"{_CHARACTER}*+(?:%[0-9A-Fa-f]{{2}}{_CHARACTER}*+)*+"
_HOST: Final = r"(?:[A-Za-z0-9\-._~]++|\[[0-9A-Fa-f:.]++\])(?::[0-9]{1,5})?+"
_CONTROLS: Final = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff"
_LEAP_YEAR: Final = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_DAY: Final = (
    "(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    f"|02-(?:0[1-9]|1[0-9]|2[0-8]))|{_LEAP_YEAR}-02-29)"
)

IRI: Final = (
    rf"(?![^\x00]{{{MAX_IRI + 1}}})"
    rf"(?:https?://{_HOST}(?:[/?]{_RUN})?+|(?:urn|did|mailto):(?!//)(?=[^\x00#]){_RUN})(?:#{_RUN})?+"
)
TEXT: Final = f"[^{_CONTROLS}]{{1,{MAX_TEXT}}}+"
DATETIME: Final = f"(?!0000){_DAY}T(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){{2}}Z"
IDENTITY: Final = r"sha256\$[0-9a-f]{64}"
"""Grammars as regular expressions. None of them matches U+0000, which may therefore stand between values."""


@dataclass(frozen=True, slots=True)
class SlotType:
    """A slot type: its name, its grammar, and what a value must be, in words."""

    name: str
    grammar: str
    demand: str

    def check(self, value: Any, path: str) -> None:
        """Accept a value, or raise `FieldError` with the path of the slot."""
        if not isinstance(value, str) or not _compiled(self.grammar).fullmatch(value):
            raise FieldError(path, f"must be {self.demand}")


@cache
def _compiled(grammar: str) -> re.Pattern[str]:
    return re.compile(grammar)


SLOT_TYPES: Final[Mapping[str, SlotType]] = {
    kind.name: kind
    for kind in (
        SlotType(
            "iri",
            IRI,
            "an address (https, http, urn, did or mailto) in ASCII, where % begins an escape and # stands once",
        ),
        SlotType(
            "text",
            TEXT,
            f"a text of 1 to {MAX_TEXT:,} characters, without control characters and halves of surrogate pairs",
        ),
        SlotType("datetime", DATETIME, "a date and time in UTC, to the second, as 2026-03-31T10:00:00Z"),
        SlotType("identity", IDENTITY, "a SHA-256 identity hash, sha256$ and 64 hexadecimal digits"),
    )
}
"""The one table of slot types; a template that names another is refused."""
