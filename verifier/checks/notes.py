"""Things that a person should know and that move no verdict: names that imitate others, pictures that prove nothing."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from openbadge.errors import InvalidError, UnavailableError
from verifier.display import domain
from verifier.material import Material
from verifier.parse import Presented
from verifier.question import Question

_DIRECTION: Final = re.compile("[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
"""Characters that reverse or hide text (Unicode Technical Report 36, section 2.5)."""
_LOOKALIKE: Final = frozenset({"LATIN", "CYRILLIC", "GREEK", "CHEROKEE", "ARMENIAN"})
"""Scripts with letters that look alike (Unicode Technical Standard 39); two of them in one word is a disguise."""
MAX_NAME: Final = 300
"""Characters of a name; a longer one pushes everything else off the screen."""


def names(presented: Presented, _material: Material, _question: Question) -> str:
    """The names shown hold no characters that hide, reverse or imitate, and the domain is not an encoded one."""
    badge = presented.badge()
    achievement = badge.achievement.get("name")
    for name in (badge.issuer.name, badge.name, achievement if isinstance(achievement, str) else None):
        _check_name(name or "")
    host = domain(badge.issuer.id)
    if host is not None and "xn--" in host:
        raise InvalidError("HOMOGRAPH_WARNING", f"The domain {host} stands for one in other letters; look closely.")
    return "The names hold no hidden or imitating characters."


def picture(presented: Presented, _material: Material, _question: Question) -> str:
    """The signature covers the text inside a picture, never the picture around it: anyone can swap that."""
    if presented.form in ("png", "svg"):
        raise UnavailableError(
            "IMAGE_MISMATCH", "The signature does not cover the picture, so the picture by itself proves nothing."
        )
    return "The credential did not come inside a picture."


def _check_name(name: str) -> None:
    if len(name) > MAX_NAME:
        raise InvalidError("BIDI_WARNING", f"A name is longer than {MAX_NAME} characters and can hide what follows.")
    if _DIRECTION.search(name):
        raise InvalidError("BIDI_WARNING", "A name holds invisible characters or ones that reverse the text.")
    for word in name.split():
        if len(_scripts(word) & _LOOKALIKE) > 1:
            raise InvalidError("HOMOGRAPH_WARNING", "A name mixes letters of different scripts that look alike.")


def _scripts(word: str) -> set[str]:
    return {unicodedata.name(letter, "").partition(" ")[0] for letter in word if letter.isalpha()}
