"""What the public page of a credential and of an achievement shows, from the stored document and a fresh
report.

The page shows what is signed, and says what our verifier found a moment ago. Of database rows it knows one thing: the
day of a decision that the status list tells without its day. Why it was made is nobody else's business.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import unquote

from issuer.deliver.linkedin import add_to_profile
from issuer.deliver.picture import Face
from openbadge import timestamps

Json = Mapping[str, Any]

ENDED: Mapping[str, str] = MappingProxyType(
    {"REVOKED": "Revoked", "EXPIRED": "Expired", "SUSPENDED": "Suspended", "NOT_YET_VALID": "Not valid yet"}
)
"""The word for a credential that is genuine, but does not hold now, by problem code."""

DECIDED: Final = (ENDED["REVOKED"], ENDED["SUSPENDED"])
"""Those of them that the issuer decided."""

OUTCOMES: Mapping[str, str] = MappingProxyType({"passed": "Passed", "failed": "Failed", "unknown": "Not known"})
_TONES: Mapping[str, str] = MappingProxyType({"valid": "open", "invalid": "bad", "undetermined": "unsure"})
_WORDS: Mapping[str, str] = MappingProxyType(
    {"valid": "Valid", "invalid": "Not valid", "undetermined": "Could not be fully checked"}
)
_KINDS: Mapping[str, str] = MappingProxyType({"MicroCredential": "Micro-credential"})
_WORD_START: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def face(achievement: Json, institution: str) -> Face:
    """Return what the badge picture of `achievement` shows; its id is the seed, so all earners have the same one."""
    return Face(achievement["name"], institution, achievement["id"].encode())


def credential_face(document: Json) -> Face:
    """Return what the badge picture of a credential shows."""
    return face(document["credentialSubject"]["achievement"], document["issuer"]["name"])


def credential_page(url: str, document: Json, report: Json, ended_at: datetime | None = None) -> dict[str, Any]:
    """Return the values of `credential.html` for the credential at `url` and the JSON form of its report.

    `ended_at` is when the issuer revoked or suspended it.
    """
    subject = document["credentialSubject"]
    achievement = subject["achievement"]
    status = status_view(report)
    since = ended_at if status["word"] in DECIDED else None
    status["since"] = None if since is None else timestamps.write(since)
    return {
        "url": url,
        "name": achievement["name"],
        "learner": _recipient_name(subject),
        "issuer": _issuer(document["issuer"]),
        "status": status,
        "dates": _dates(document),
        "achievement": achievement_view(achievement, _reached(subject)),
        "evidence": document.get("evidence", []),
        "preview": _preview(achievement["name"], document["issuer"]["name"], status),
        "linkedin": _linkedin(url, document) if report["verdict"] == "valid" else None,
    }


def status_view(report: Json) -> dict[str, Any]:
    """Return the live status: a word, a tone for its colour and shape, the reasons, the time and the checks.

    The tone is `good` only where the verifier knows a trust source that vouches for the issuer.
    """
    verdict, checks = report["verdict"], report["authenticity"]["checks"]
    wanted = "failed" if verdict == "invalid" else "unknown"
    counted = [check for check in checks if check["required"] and check["outcome"] == wanted]
    problems = [check["problem"] for check in counted]
    ended = ENDED.get(problems[0]) if verdict == "invalid" and len(problems) == 1 else None
    trusted = any(check["id"] == "trust" and check["outcome"] == "passed" for check in checks)
    return {
        "verdict": verdict,
        "word": ended or _WORDS[verdict],
        "is_genuine": ended is not None,
        "tone": "good" if verdict == "valid" and trusted else _TONES[verdict],
        "reasons": list(dict.fromkeys(check["detail"] for check in counted)) if verdict != "valid" else [],
        "checked_at": report["checkedAt"],
        "checks": [check | {"word": OUTCOMES[check["outcome"]]} for check in checks],
    }


def achievement_view(achievement: Json, reached: Mapping[str, str]) -> dict[str, Any]:
    """Return the parts of an Achievement (Open Badges 3.0, section B.1.1) in the order in which people ask.

    `reached` holds what one learner reached by the id of the ResultDescription; it is empty on the achievement's page.
    """
    facts = {
        "Kind": _kind(achievement.get("achievementType", "Achievement")),
        "Credits": _text(achievement.get("creditsAvailable")),
        "Language": achievement.get("inLanguage"),
        "Field of study": achievement.get("fieldOfStudy"),
        "Specialization": achievement.get("specialization"),
        "Code": achievement.get("humanCode"),
        "Version": achievement.get("version"),
    }
    return {
        "id": achievement["id"],
        "name": achievement["name"],
        "language": achievement.get("inLanguage", ""),
        "description": achievement["description"],
        "criteria": achievement.get("criteria", {}).get("narrative", ""),
        "criteria_url": achievement.get("criteria", {}).get("id", ""),
        "facts": [(label, value) for label, value in facts.items() if value],
        "alignments": [_alignment(item) for item in achievement.get("alignment", [])],
        "outcomes": [_outcome(item, reached) for item in achievement.get("resultDescription", [])],
        "tags": achievement.get("tag", []),
    }


def _outcome(described: Json, reached: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": described["name"],
        "reached": reached.get(described["id"], ""),
        "alignments": [_alignment(item) for item in described.get("alignment", [])],
    }


def _alignment(alignment: Json) -> dict[str, str]:
    parts = (alignment.get("targetFramework"), alignment.get("targetCode"))
    framework = " ".join(part for part in parts if part and part not in alignment["targetName"])
    return {"name": alignment["targetName"], "url": alignment["targetUrl"], "framework": framework}


def _kind(term: str) -> str:
    spaced = _WORD_START.sub(" ", term.removeprefix("ext:"))
    return _KINDS.get(term) or spaced[:1] + spaced[1:].lower()


def _text(number: float | None) -> str | None:
    return None if number is None else f"{number:g}"


def _recipient_name(subject: Json) -> str:
    names = (
        entry["identityHash"]
        for entry in subject.get("identifier", [])
        if entry.get("identityType") == "name" and entry.get("hashed") is False
    )
    return next(names, "")


def _issuer(issuer: Json) -> dict[str, str]:
    """`where` is the domain of a did:web or https identifier, the whole identifier of any other kind."""
    identifier = issuer["id"]
    match = re.match(r"(?:did:web:|https://)([^/:?#]+)", identifier)
    where = unquote(match[1]) if match else identifier
    return {"where": where, "id": identifier, "name": issuer["name"], "url": issuer.get("url", "")}


def _dates(document: Json) -> list[tuple[str, str]]:
    labels = (("Awarded", "awardedDate"), ("Valid from", "validFrom"), ("Valid until", "validUntil"))
    return [(label, document[name]) for label, name in labels if name in document]


def _reached(subject: Json) -> dict[str, str]:
    """What this learner reached: the value or status by the id of the ResultDescription."""
    results = (item for item in subject.get("result", []) if "resultDescription" in item)
    return {item["resultDescription"]: item.get("value") or item.get("status", "") for item in results}


def _preview(name: str, institution: str, status: Json) -> dict[str, str]:
    """The texts for link previews; without the learner's name, because other sites keep them."""
    if status["verdict"] == "invalid":
        return {"title": f"No longer valid: {name}", "description": f"{status['word']}. Issued by {institution}."}
    return {"title": f"{name} – {institution}", "description": f"A digital credential, issued by {institution}."}


def _linkedin(url: str, document: Json) -> str:
    return add_to_profile(
        name=document["credentialSubject"]["achievement"]["name"],
        organization=document["issuer"]["name"],
        url=url,
        valid_from=document.get("awardedDate", document["validFrom"]),
        valid_until=document.get("validUntil"),
    )
