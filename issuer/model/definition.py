"""The content of a definition: what all earners of a micro-credential share.

Elements follow EU Council Recommendation 2022/C 243/02, Annex I. Which of them an institution must fill in is
the business of a framework profile; here is only what a field looks like once it is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from issuer.errors import FieldError
from issuer.model.canonical import canonical_json, sha256
from issuer.model.fields import Fields, array, link, one_of, text
from issuer.model.forms import (
    ALIGNMENT_TYPES,
    LEVEL_CODES,
    PARTICIPATION_FORMS,
    RESULT_TYPES,
    SUPERVISION_FORMS,
    credit_value,
    definition_id,
    duration,
    iri,
    item_id,
    json_form,
    language_tag,
    number,
    period,
    version_name,
)

MAX_NAME, MAX_SENTENCE, MAX_TEXT = 200, 1_000, 10_000
"""Characters: a title fits a wallet card, a sentence a table cell, a text a page."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """A link from an outcome or skill to a published framework (Open Badges 3.0, "Alignment")."""

    target_name: str
    target_url: str
    target_framework: str | None = None
    target_code: str | None = None
    target_type: str | None = None

    @classmethod
    def read(cls, value: Any, path: str) -> Alignment:
        """Read from JSON; `targetUrl` is an https link or a name in a European namespace."""
        with Fields(value, path) as fields:
            return cls(
                target_name=fields.text("targetName", MAX_SENTENCE),
                target_url=fields.required("targetUrl", iri),
                target_framework=fields.optional_text("targetFramework", MAX_NAME),
                target_code=fields.optional_text("targetCode", MAX_NAME),
                target_type=fields.optional("targetType", one_of(ALIGNMENT_TYPES)),
            )


@dataclass(frozen=True, slots=True)
class Outcome:
    """One learning outcome. `id` is unique among the outcomes and results of a definition."""

    id: str
    text: str
    alignments: tuple[Alignment, ...] = ()

    @classmethod
    def read(cls, value: Any, path: str) -> Outcome:
        """Read from JSON."""
        with Fields(value, path) as fields:
            return cls(
                id=fields.required("id", item_id),
                text=fields.text("text", MAX_SENTENCE),
                alignments=fields.many("alignments", Alignment.read),
            )


@dataclass(frozen=True, slots=True)
class Credit:
    """Credit points: a decimal string with at most two places, and the framework that gives it a meaning."""

    value: str
    framework: str

    @classmethod
    def read(cls, value: Any, path: str) -> Credit:
        """Read from JSON."""
        with Fields(value, path) as fields:
            return cls(fields.required("value", credit_value), fields.text("framework", MAX_NAME))


@dataclass(frozen=True, slots=True)
class Criteria:
    """What an earner had to do, in Markdown (Open Badges 3.0, "Criteria"); wallets show this text."""

    narrative: str

    @classmethod
    def read(cls, value: Any, path: str) -> Criteria:
        """Read from JSON."""
        with Fields(value, path) as fields:
            return cls(fields.required("narrative", text(MAX_TEXT, lines=True)))


@dataclass(frozen=True, slots=True)
class Workload:
    """Notional learning time, a duration with a time part such as `PT60H`, and the credit for it."""

    duration: str
    credit: Credit | None = None

    @classmethod
    def read(cls, value: Any, path: str) -> Workload:
        """Read from JSON."""
        with Fields(value, path) as fields:
            return cls(fields.required("duration", duration), fields.optional("credit", Credit.read))


@dataclass(frozen=True, slots=True)
class Level:
    """A level of a qualifications framework, such as EQF 6, with the page or name that stands for it."""

    framework: str
    code: str
    url: str

    @classmethod
    def read(cls, value: Any, path: str) -> Level:
        """Read from JSON; the codes of frameworks in `LEVEL_CODES` are checked."""
        with Fields(value, path) as fields:
            level = cls(
                framework=fields.text("framework", MAX_NAME),
                code=fields.text("code", 20),
                url=fields.required("url", iri),
            )
        codes = LEVEL_CODES.get(level.framework)
        if codes is not None and level.code not in codes:
            raise FieldError(f"{path}.code", f"must be one of {', '.join(codes)} for {level.framework}")
        return level


@dataclass(frozen=True, slots=True)
class Assessment:
    """How the outcomes are assessed; `supervision` is one of `SUPERVISION_FORMS`."""

    types: tuple[str, ...]
    supervision: str | None = None
    description: str | None = None
    grading: str | None = None

    @classmethod
    def read(cls, value: Any, path: str) -> Assessment:
        """Read from JSON."""
        with Fields(value, path) as fields:
            return cls(
                types=fields.required("types", array(text(MAX_NAME))),
                supervision=fields.optional("supervision", one_of(SUPERVISION_FORMS)),
                description=fields.optional("description", text(MAX_TEXT, lines=True)),
                grading=fields.optional_text("grading", MAX_SENTENCE),
            )


@dataclass(frozen=True, slots=True)
class QualityAssurance:
    """Who assures the quality, and the page that shows it."""

    body: str
    page: str | None = None

    @classmethod
    def read(cls, value: Any, path: str) -> QualityAssurance:
        """Read from JSON."""
        with Fields(value, path) as fields:
            return cls(fields.text("body", MAX_NAME), fields.optional("page", link))


@dataclass(frozen=True, slots=True)
class Subject:
    """A field of study: a code such as `0688` out of a scheme such as `ISCED-F`."""

    scheme: str
    code: str

    @classmethod
    def read(cls, value: Any, path: str) -> Subject:
        """Read from JSON."""
        with Fields(value, path) as fields:
            return cls(fields.text("scheme", MAX_NAME), fields.text("code", 20))


@dataclass(frozen=True, slots=True)
class ResultDescription:
    """A grade or score that earners may have ("ResultDescription"); bounds are decimal strings."""

    id: str
    name: str
    result_type: str
    value_min: str | None = None
    value_max: str | None = None
    allowed_value: tuple[str, ...] = ()

    @classmethod
    def read(cls, value: Any, path: str) -> ResultDescription:
        """Read from JSON."""
        with Fields(value, path) as fields:
            return cls(
                id=fields.required("id", item_id),
                name=fields.text("name", MAX_NAME),
                result_type=fields.required("resultType", one_of(RESULT_TYPES)),
                value_min=fields.optional("valueMin", number),
                value_max=fields.optional("valueMax", number),
                allowed_value=fields.many("allowedValue", text(MAX_NAME)),
            )


@dataclass(frozen=True, slots=True)
class Definition:
    """What all earners share, in one version. Immutable once approved; the approval is kept apart from it.

    `validity_period` is a calendar period such as `P3Y` after which an award lapses;
    `image` is an https link, or `None` if we draw the picture; `supersedes` names an older version.
    """

    id: str
    version: str
    name: str
    description: str
    language: str
    criteria: Criteria
    outcomes: tuple[Outcome, ...]
    workload: Workload | None = None
    level: Level | None = None
    assessment: Assessment | None = None
    participation: str | None = None
    quality_assurance: QualityAssurance | None = None
    prerequisites: str | None = None
    skills: tuple[Alignment, ...] = ()
    subjects: tuple[Subject, ...] = ()
    tags: tuple[str, ...] = ()
    results: tuple[ResultDescription, ...] = ()
    validity_period: str | None = None
    image: str | None = None
    supersedes: str | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Definition:
        """Read from parsed JSON (camelCase). Raises `FieldError` naming the first wrong field."""
        with Fields(value) as fields:
            definition = cls(
                id=fields.required("id", definition_id),
                version=fields.required("version", version_name),
                name=fields.text("name", MAX_NAME),
                description=fields.required("description", text(MAX_TEXT, lines=True)),
                language=fields.required("language", language_tag),
                criteria=fields.required("criteria", Criteria.read),
                outcomes=fields.required("outcomes", array(Outcome.read)),
                **_frame(fields),
                **_extras(fields),
            )
        _check_whole(definition)
        return definition

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form; `from_json` of it gives an equal definition. What is absent is left out."""
        form: dict[str, Any] = json_form(self)
        return form

    def canonical_bytes(self) -> bytes:
        """Return the exact bytes that are approved, stored and digested (RFC 8785)."""
        return canonical_json(self.to_json())

    @property
    def digest(self) -> bytes:
        """SHA-256 of `canonical_bytes()`, 32 bytes."""
        return sha256(self.canonical_bytes())


def _frame(fields: Fields) -> dict[str, Any]:
    return {
        "workload": fields.optional("workload", Workload.read),
        "level": fields.optional("level", Level.read),
        "assessment": fields.optional("assessment", Assessment.read),
        "participation": fields.optional("participation", one_of(PARTICIPATION_FORMS)),
        "quality_assurance": fields.optional("qualityAssurance", QualityAssurance.read),
        "prerequisites": fields.optional("prerequisites", text(MAX_TEXT, lines=True)),
    }


def _extras(fields: Fields) -> dict[str, Any]:
    return {
        "skills": fields.many("skills", Alignment.read),
        "subjects": fields.many("subjects", Subject.read),
        "tags": fields.many("tags", text(MAX_NAME)),
        "results": fields.many("results", ResultDescription.read),
        "validity_period": fields.optional("validityPeriod", period),
        "image": fields.optional("image", link),
        "supersedes": fields.optional("supersedes", version_name),
    }


def _check_whole(definition: Definition) -> None:
    if not definition.outcomes:
        raise FieldError("outcomes", "must name at least one learning outcome")
    if definition.supersedes == definition.version:
        raise FieldError("supersedes", "must name another version than this one")
    seen: set[str] = set()
    places: tuple[tuple[str, tuple[Outcome | ResultDescription, ...]], ...] = (
        ("outcomes", definition.outcomes),
        ("results", definition.results),
    )
    for place, items in places:
        for index, item in enumerate(items):
            if item.id in seen:
                raise FieldError(f"{place}[{index}].id", f"“{item.id}” is used twice")
            seen.add(item.id)
