"""A report as JSON becomes what the result page shows.

Identity first: the domain or DID that signed stands in the headline, the name that the issuer gives itself
comes second. Green is kept for a valid credential of an issuer that a configured trust source vouches for.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

WORDS: Mapping[str, str] = MappingProxyType(
    {"valid": "Authentic", "invalid": "Not authentic", "undetermined": "Could not be fully checked"}
)
"""The verdict in words that a person understands."""

GENUINE_BUT: Mapping[str, str] = MappingProxyType(
    {
        "REVOKED": "Revoked",
        "SUSPENDED": "Suspended",
        "EXPIRED": "Expired",
        "NOT_YET_VALID": "Not valid yet",
        "RECIPIENT_MISMATCH": "Issued to someone else",
    }
)
"""What is said of a credential that is genuine and fails for one reason alone: a revoked one is no forgery."""

OUTCOMES: Mapping[str, str] = MappingProxyType({"passed": "Passed", "failed": "Failed", "unknown": "Not known"})
PORTABLE: Mapping[str, str] = MappingProxyType({"passed": "Works", "failed": "May not work", "unknown": "Not known"})
FORMS: Mapping[str, str] = MappingProxyType(
    {"json": "JSON document", "jwt": "JWT", "png": "PNG picture", "svg": "SVG picture"}
)

_FACTS: Final = (
    ("Awarded to", ("recipient",)),
    ("Valid from", ("validFrom",)),
    ("Valid until", ("validUntil",)),
    ("Field of study", ("achievement", "fieldOfStudy")),
    ("Language", ("achievement", "inLanguage")),
)


def result_view(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of `result.html` for the JSON form of a `Report`."""
    checks = report["authenticity"]["checks"]
    credential = report["credential"]
    trusted = any(check["id"] == "trust" and check["outcome"] == "passed" for check in checks)
    text = json.dumps(report, indent=2, ensure_ascii=False)
    return {
        "verdict": report["verdict"],
        "word": word(report),
        "tone": tone(report["verdict"], trusted=trusted),
        "trusted": trusted,
        "reasons": reasons(report),
        "issuer": issuer_view(credential),
        "credential": credential_view(credential),
        "checks": [check | {"word": OUTCOMES[check["outcome"]]} for check in checks],
        "portability": [check | {"word": PORTABLE[check["outcome"]]} for check in report["portability"]["checks"]],
        "sources": report["sources"],
        "form": FORMS.get(report["form"] or "", "not readable"),
        "checked_at": report["checkedAt"],
        "report_text": text,
        "report_base64": base64.b64encode(text.encode()).decode("ascii"),
    }


def word(report: Mapping[str, Any]) -> str:
    """Return the verdict in words: the one reason if that says more than "Not authentic" would."""
    checks = report["authenticity"]["checks"]
    wrong = {check["problem"] for check in checks if check["required"] and check["outcome"] != "passed"}
    if report["verdict"] == "invalid" and len(wrong) == 1:
        return GENUINE_BUT.get(wrong.pop()) or WORDS["invalid"]
    return WORDS[report["verdict"]]


def reasons(report: Mapping[str, Any]) -> list[str]:
    """Return why the verdict is not `valid`: what failed, or else what could not be found out, each reason once."""
    wanted = {"valid": None, "invalid": "failed", "undetermined": "unknown"}[report["verdict"]]
    checks = report["authenticity"]["checks"]
    return list(dict.fromkeys(check["detail"] for check in checks if check["required"] and check["outcome"] == wanted))


def tone(verdict: str, *, trusted: bool) -> str:
    """Return how the verdict is coloured: `good` only for a valid credential of an issuer that someone vouches for."""
    if verdict == "valid":
        return "good" if trusted else "open"
    return "bad" if verdict == "invalid" else "unsure"


def issuer_view(credential: Mapping[str, Any] | None) -> dict[str, str]:
    """Return who signed: `where`, the domain or else the identifier, and `name`, what the issuer calls itself."""
    issuer = member(credential, "issuer")
    where = first_text(member(issuer, "domain"), member(issuer, "id"))
    return {
        "where": where,
        "name": first_text(member(issuer, "name")),
        "id": first_text(member(issuer, "id")),
    }


def credential_view(credential: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the title, facts and learning content to show; None if the report shows no credential."""
    if credential is None:
        return None
    achievement = member(credential, "achievement")
    return {
        "title": first_text(member(credential, "name"), member(achievement, "name"), "Untitled credential"),
        "description": first_text(member(achievement, "description")),
        "criteria": first_text(member(achievement, "criteria", "narrative"), member(achievement, "criteria")),
        "facts": [
            (label, first_text(member(credential, *path))) for label, path in _FACTS if member(credential, *path)
        ],
        "outcomes": [
            first_text(member(item, "name"))
            for item in items(member(achievement, "resultDescription"))
            if member(item, "resultType") in (None, "Status")
        ],
        "alignments": [alignment_view(item) for item in items(member(achievement, "alignment"))],
    }


def alignment_view(alignment: object) -> dict[str, str]:
    """Return the skill, framework and address of one Alignment (Open Badges 3.0, section B.1.3)."""
    name = first_text(member(alignment, "targetName"), member(alignment, "targetUrl"), "Unnamed skill")
    framework = first_text(member(alignment, "targetFramework"))
    return {
        "name": name,
        "framework": "" if framework in name else framework,
        "url": first_text(member(alignment, "targetUrl")),
    }


def member(value: object, *path: str) -> Any:
    """Return the member of nested objects at `path`, or None where there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def items(value: object) -> Sequence[Any]:
    """Return a JSON array as it is, a single value as a list of one, None as an empty list."""
    if value is None:
        return ()
    return value if isinstance(value, list) else [value]


def first_text(*values: object) -> str:
    """Return the first value that is a text and not blank, or ""."""
    return next((value for value in values if isinstance(value, str) and value.strip()), "")
