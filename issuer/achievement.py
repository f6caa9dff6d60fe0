"""From a definition to what all its earners share in the credential: the `$fixed` content of a template.

Mapping: Open Badges 3.0 appendix B (Achievement, Alignment, ResultDescription, Profile); EU Council Recommendation
2022/C 243/02 Annex I says which elements a reader must find.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from issuer.addresses import Addresses
from issuer.model import Alignment, Definition, Institution, ResultDescription
from issuer.narrative import criteria_narrative

ISCED_F: Final = "http://data.europa.eu/snb/isced-f/"
"""Names of the fields of study of ISCED-F 2013, by code."""


def fixed_content(definition: Definition, institution: Institution, addresses: Addresses) -> dict[str, Any]:
    """Return the `$fixed` members by name, for the template `micro-credential`."""
    achievement = achievement_json(definition, addresses)
    return {
        "name": definition.name,
        "description": definition.description,
        "image": achievement["image"],
        "issuer": profile_json(institution),
        "achievement": achievement,
        "outcomeResults": [
            {
                "type": ["Result"],
                "resultDescription": outcome_id(definition, outcome.id, addresses),
                "status": "Completed",
            }
            for outcome in definition.outcomes
        ],
    }


def achievement_json(definition: Definition, addresses: Addresses) -> dict[str, Any]:
    """Return the Achievement: its id is the address of the definition version, the same for all earners."""
    image = definition.image or addresses.achievement_image(definition.id, definition.version)
    achievement: dict[str, Any] = {
        "id": addresses.achievement(definition.id, definition.version),
        "type": ["Achievement"],
        "achievementType": "MicroCredential",
        "name": definition.name,
        "description": definition.description,
        "criteria": {"narrative": criteria_narrative(definition)},
        "image": {"id": image, "type": "Image"},
        "humanCode": definition.id,
        "inLanguage": definition.language,
        "version": definition.version,
        "resultDescription": list(_result_descriptions(definition, addresses)),
    }
    alignments = _distinct(_alignments(definition))
    if alignments:
        achievement["alignment"] = alignments
    if definition.tags:
        achievement["tag"] = list(dict.fromkeys(definition.tags))
    if definition.subjects:
        achievement["fieldOfStudy"] = definition.subjects[0].code
    credit = definition.workload.credit if definition.workload else None
    if credit is not None and credit.value.isdigit():
        achievement["creditsAvailable"] = int(credit.value)
    return achievement


def profile_json(institution: Institution) -> dict[str, Any]:
    """Return the issuer's Profile."""
    profile: dict[str, Any] = {"id": institution.did, "type": ["Profile"], "name": institution.name}
    members = {"url": institution.url, "description": institution.description, "email": institution.email}
    profile.update({name: value for name, value in members.items() if value})
    if institution.image:
        profile["image"] = {"id": institution.image, "type": "Image"}
    profile["address"] = {"type": ["Address"], "addressCountryCode": institution.country}
    return profile


def outcome_id(definition: Definition, item: str, addresses: Addresses) -> str:
    """Return the id of an outcome or result description inside the achievement."""
    return f"{addresses.achievement(definition.id, definition.version)}#{item}"


def _result_descriptions(definition: Definition, addresses: Addresses) -> Iterator[dict[str, Any]]:
    for outcome in definition.outcomes:
        described = {
            "id": outcome_id(definition, outcome.id, addresses),
            "type": ["ResultDescription"],
            "name": outcome.text,
            "resultType": "Status",
        }
        alignments = _distinct(map(_alignment, outcome.alignments))
        yield {**described, "alignment": alignments} if alignments else described
    for result in definition.results:
        yield _result_description(result, outcome_id(definition, result.id, addresses))


def _result_description(result: ResultDescription, address: str) -> dict[str, Any]:
    described: dict[str, Any] = {
        "id": address,
        "type": ["ResultDescription"],
        "name": result.name,
        "resultType": result.result_type,
    }
    if result.value_min is not None:
        described["valueMin"] = result.value_min
    if result.value_max is not None:
        described["valueMax"] = result.value_max
    if result.allowed_value:
        described["allowedValue"] = list(result.allowed_value)
    return described


def _alignments(definition: Definition) -> Iterator[dict[str, Any]]:
    for outcome in definition.outcomes:
        yield from map(_alignment, outcome.alignments)
    yield from map(_alignment, definition.skills)
    if definition.level is not None:
        level = definition.level
        name = f"{level.framework} {level.code}"
        kind = f"ext:{level.framework}Level" if level.framework.isascii() and level.framework.isalnum() else None
        yield _alignment(Alignment(name, level.url, level.framework, level.code, kind))
    for subject in definition.subjects:
        if subject.scheme == "ISCED-F":
            name = f"{subject.scheme} {subject.code}"
            yield _alignment(Alignment(name, ISCED_F + subject.code, subject.scheme, subject.code))


def _alignment(alignment: Alignment) -> dict[str, Any]:
    members = {
        "targetFramework": alignment.target_framework,
        "targetCode": alignment.target_code,
        "targetType": alignment.target_type,
    }
    return {
        "type": ["Alignment"],
        "targetName": alignment.target_name,
        "targetUrl": alignment.target_url,
        **{name: value for name, value in members.items() if value is not None},
    }


def _distinct(alignments: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep the first of equal alignments: a repeated one says nothing, and two equal nodes slow every verifier."""
    found: list[dict[str, Any]] = []
    for alignment in alignments:
        if alignment not in found:
            found.append(alignment)
    return found
