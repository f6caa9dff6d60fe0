"""The criteria text of an achievement: everything a reader should know, in Markdown.

Open Badges 3.0 has no member for workload, level, assessment, participation or quality assurance, and wallets show
this text. So each is said here, under a heading in the language of the definition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from issuer.model.definition import Assessment, Definition

LABELS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "outcomes": "Learning outcomes", "workload": "Workload", "hours": "hours", "minutes": "minutes", "days": "days",
        "level": "Level", "assessment": "Assessment", "participation": "Participation",
        "quality": "Quality assurance", "prerequisites": "Entry requirements",
        "online": "Online", "onsite": "On site", "blended": "Online and on site",
        "unsupervised-no-id": "Unsupervised, identity not verified",
        "unsupervised-id": "Unsupervised, identity verified",
        "supervised-no-id": "Supervised, identity not verified",
        "supervised-id": "Supervised, identity verified",
    },
    "de": {
        "outcomes": "Lernergebnisse", "workload": "Arbeitsaufwand", "hours": "Stunden", "minutes": "Minuten",
        "days": "Tage", "level": "Niveau", "assessment": "Prüfung", "participation": "Teilnahme",
        "quality": "Qualitätssicherung", "prerequisites": "Voraussetzungen",
        "online": "Online", "onsite": "Vor Ort", "blended": "Online und vor Ort",
        "unsupervised-no-id": "Unbeaufsichtigt, Identität nicht geprüft",
        "unsupervised-id": "Unbeaufsichtigt, Identität geprüft",
        "supervised-no-id": "Beaufsichtigt, Identität nicht geprüft",
        "supervised-id": "Beaufsichtigt, Identität geprüft",
    },
    "fr": {
        "outcomes": "Acquis d’apprentissage", "workload": "Charge de travail", "hours": "heures", "minutes": "minutes",
        "days": "jours", "level": "Niveau", "assessment": "Évaluation", "participation": "Participation",
        "quality": "Assurance qualité", "prerequisites": "Conditions d’accès",
        "online": "En ligne", "onsite": "Sur place", "blended": "En ligne et sur place",
        "unsupervised-no-id": "Sans surveillance, identité non vérifiée",
        "unsupervised-id": "Sans surveillance, identité vérifiée",
        "supervised-no-id": "Sous surveillance, identité non vérifiée",
        "supervised-id": "Sous surveillance, identité vérifiée",
    },
}  # fmt: skip
"""Headings and fixed phrases by language. A definition in another language has them in English, as is usual there."""

_DURATION: Final = re.compile(r"P(?:(\d+)D)?T(?:(\d+)H)?(?:(\d+)M)?")


def criteria_narrative(definition: Definition) -> str:
    """Return the Markdown text for `achievement.criteria.narrative`."""
    labels = LABELS.get(definition.language.partition("-")[0], LABELS["en"])
    sections = [definition.criteria.narrative]
    sections += [f"**{labels[name]}**\n\n{text}" for name, text in _sections(definition, labels)]
    return "\n\n".join(sections)


def duration_text(duration: str, language: str) -> str:
    """Say a duration such as `PT60H` in words: "60 hours"."""
    labels = LABELS.get(language.partition("-")[0], LABELS["en"])
    match = _DURATION.fullmatch(duration)
    parts = zip(match.groups(), ("days", "hours", "minutes"), strict=True) if match else ()
    return " ".join(f"{number} {labels[unit]}" for number, unit in parts if number)


def _sections(definition: Definition, labels: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield "outcomes", "\n".join(f"- {outcome.text}" for outcome in definition.outcomes)
    if definition.workload is not None:
        credit = definition.workload.credit
        text = duration_text(definition.workload.duration, definition.language)
        yield "workload", f"{text} ({credit.value} {credit.framework})" if credit else text
    if definition.level is not None:
        yield "level", f"{definition.level.framework} {definition.level.code}"
    if definition.assessment is not None:
        yield "assessment", _assessment(definition.assessment, labels)
    if definition.participation is not None:
        yield "participation", labels[definition.participation]
    if definition.quality_assurance is not None:
        yield "quality", definition.quality_assurance.body
    if definition.prerequisites is not None:
        yield "prerequisites", definition.prerequisites


def _assessment(assessment: Assessment, labels: Mapping[str, str]) -> str:
    parts = [", ".join(assessment.types)]
    if assessment.supervision is not None:
        parts.append(labels[assessment.supervision])
    parts += [text for text in (assessment.grading, assessment.description) if text is not None]
    return "\n\n".join(parts)
