"""Was it issued to this person? Open Badges 3.0, section 9.3 "Verifying the recipient"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from openbadge import identity
from openbadge.credential import Badge
from openbadge.errors import InvalidError, UnavailableError
from verifier.material import Material
from verifier.parse import Presented
from verifier.question import Question

_IDENTIFIER: Final = re.compile(r"(?:did|urn|https?):\S+")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")


def recipient(presented: Presented, _material: Material, question: Question) -> str:
    """The person asked for is the subject by `id`, or by one `identifier`, hashed or plain.

    Raises `InvalidError` RECIPIENT_MISMATCH when the credential names someone else, `UnavailableError`
    RECIPIENT_MISMATCH when it holds nothing of the kind that was asked for.
    """
    value = (question.recipient or "").strip()
    badge = presented.badge()
    if badge.subject.get("id") == value:
        return "The identifier of the recipient is the one that was asked for."
    comparable = list(_comparable(badge, value))
    if any(identity.matches(item, value, str(item.get("identityType"))) for item in comparable):
        return "The recipient is the person that was asked for."
    if comparable or ("id" in badge.subject and _IDENTIFIER.fullmatch(value)):
        raise InvalidError("RECIPIENT_MISMATCH", "The credential was not issued to the person that was asked for.")
    raise UnavailableError("RECIPIENT_MISMATCH", "The credential does not name its recipient in a way to compare with.")


def _comparable(badge: Badge, value: str) -> Iterator[Mapping[str, Any]]:
    """Yield the identity objects that can stand for `value`: e-mail addresses for an address, the others otherwise."""
    wants_email = _EMAIL.fullmatch(value) is not None
    for item in badge.identifiers:
        if (item.get("identityType") == "emailAddress") == wants_email:
            yield item
