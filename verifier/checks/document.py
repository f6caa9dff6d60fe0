"""Checks of the document alone: its form, its values, its dates. No check here needs anything fetched."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from openbadge import credential, normal_form, schema, timestamps
from openbadge.errors import InvalidError
from openbadge.proof import vc_jwt
from openbadge.proof.expanded import Expanded
from verifier.checks import limits, signature
from verifier.material import Material
from verifier.parse import Presented
from verifier.question import Question

START_SKEW: Final = timedelta(seconds=60)
"""How far `validFrom` may lie in the future: a credential is often shown seconds after an issuer whose clock runs
ahead has signed it. `validUntil` gets none: the issuer chose the last moment, and `now` equal to it still passes.
"""
_NO_END: Final[Mapping[bool, str]] = {
    False: "and has no end date",
    True: "and shows no end date, which its kind of signature may let the holder leave out",
}


COVERED: Final = "It uses known vocabularies, and every member of it is covered by the signature."


def expanded(presented: Presented) -> Expanded:
    """Known vocabularies only, and a text that says nothing else than what was signed (see `normal_form`)."""
    limits.check_cost(presented.document)
    (root,) = normal_form.check(presented.document)
    return Expanded(root, presented.document["@context"])


def follows_schema(presented: Presented, _material: Material, _question: Question) -> str:
    """The official JSON Schema of Open Badges 3.0; other schemas that the credential names are never fetched."""
    schema.check_achievement_credential(presented.document)
    return "It follows the official schema of Open Badges 3.0."


def data_model(presented: Presented, _material: Material, _question: Question) -> str:
    """What the schema cannot say; for a token, its claims must repeat the credential (Open Badges 3.0, section 8.2)."""
    credential.check_data_model(presented.document, presented.badge)
    if presented.token is not None:
        vc_jwt.check_claims(presented.token)
    return "All values are of the kind that Open Badges 3.0 asks for."


def validity_period(presented: Presented, _material: Material, question: Question) -> str:
    """VC Data Model 2.0, section 4.9: from `validFrom` to `validUntil`, the last moment included."""
    start, end = check_period(presented.document, question.now)
    if end is None and question.policy.require_expiry:
        raise InvalidError("EXPIRED", "The policy of this verifier asks for an end date, and the credential has none.")
    return valid_from(start, end, partial=end is None and signature.may_be_partial(presented))


def valid_from(start: datetime, end: datetime | None, *, partial: bool = False) -> str:
    """Say from when to when a credential is valid; `partial` if the holder may have left out its end."""
    ending = _NO_END[partial] if end is None else f"until {timestamps.write(end)}"
    return f"It is valid from {timestamps.write(start)} {ending}."


def check_period(document: Mapping[str, Any], now: datetime) -> tuple[datetime, datetime | None]:
    """Return the validity period of a credential that is valid at `now`.

    Raises `InvalidError` NOT_YET_VALID, EXPIRED or MALFORMED_VALUE_ERROR.
    """
    start = timestamps.parse(document.get("validFrom"), "validFrom")
    end = timestamps.parse(document["validUntil"], "validUntil") if "validUntil" in document else None
    if start > now + START_SKEW:
        raise InvalidError("NOT_YET_VALID", f"It becomes valid at {timestamps.write(start)}.")
    if end is not None and now > end:
        raise InvalidError("EXPIRED", f"It has expired at {timestamps.write(end)}.")
    return start, end
