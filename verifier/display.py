"""What the report shows of a credential, and its headline.

Identity first: the domain or identifier that really signed stands in the headline, never the name that an issuer
gives itself, since names are free. Only documents in normal form are shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote

from openbadge import timestamps
from openbadge.credential import Badge
from verifier.report import Check, Outcome, Verdict, conclude

_ACHIEVEMENT: Final = (
    "id",
    "type",
    "name",
    "description",
    "criteria",
    "achievementType",
    "alignment",
    "creditsAvailable",
    "fieldOfStudy",
    "humanCode",
    "image",
    "inLanguage",
    "resultDescription",
    "specialization",
    "tag",
    "version",
)
_SUBJECT: Final = ("creditsEarned", "activityStartDate", "activityEndDate", "narrative", "result", "role", "term")


def domain(issuer: str) -> str | None:
    """Return the host name behind an issuer (did:web or https), in ASCII and with a port if it has one, else None."""
    if issuer.startswith("did:web:"):
        return unquote(issuer.removeprefix("did:web:").partition(":")[0]) or None
    if issuer.startswith("https://"):
        return issuer.removeprefix("https://").partition("/")[0] or None
    return None


def summary(badge: Badge) -> dict[str, Any]:
    """Return the fields of a credential to show, under the names of Open Badges 3.0; unproved until the verdict."""
    return {
        "id": badge.id,
        "name": badge.name,
        "issuer": {
            "id": badge.issuer.id,
            "name": badge.issuer.name,
            "domain": domain(badge.issuer.id),
            "url": badge.issuer.url,
        },
        "recipient": badge.recipient_name,
        "validFrom": timestamps.write(badge.valid_from),
        "validUntil": None if badge.valid_until is None else timestamps.write(badge.valid_until),
        "achievement": {name: badge.achievement[name] for name in _ACHIEVEMENT if name in badge.achievement},
        **{name: badge.subject[name] for name in _SUBJECT if name in badge.subject},
    }


def headline(checks: Sequence[Check], credential: Mapping[str, Any] | None) -> str:
    """Return the whole report in one plain sentence."""
    verdict = conclude(checks)
    if verdict is Verdict.VALID and credential is not None:
        return _valid(checks, credential["issuer"])
    wanted = Outcome.FAILED if verdict is Verdict.INVALID else Outcome.UNKNOWN
    reasons = [check.detail for check in checks if check.required and check.outcome is wanted]
    start = "Not valid" if verdict is Verdict.INVALID else "Could not be decided"
    return f"{start}: {reasons[0]}" if reasons else f"{start}."


def _valid(checks: Sequence[Check], issuer: Mapping[str, Any]) -> str:
    who = issuer["domain"] or issuer["id"]
    if any(check.id == "trust" and check.outcome is Outcome.PASSED for check in checks):
        return f"Authentic: issued by {who}, an issuer that this verifier knows."
    return f"Authentic: issued by {who}, an issuer for whom no trust source of this verifier vouches."
