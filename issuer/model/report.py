"""A completion report: what a trusted source says about one person and one definition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from issuer.errors import FieldError
from issuer.model.canonical import canonical_texts, sha256
from issuer.model.definition import MAX_NAME, MAX_SENTENCE, MAX_TEXT
from issuer.model.fields import Fields, link, one_of, pattern, text
from issuer.model.forms import (
    RESULT_STATUSES,
    definition_id,
    did,
    email,
    instant,
    item_id,
    json_form,
    version_name,
)

_name = text(MAX_NAME)
source_name = pattern(r"[A-Za-z0-9][A-Za-z0-9._:/-]*", 200, "a source name of up to 200 letters, digits and . _ : / -")


@dataclass(frozen=True, slots=True)
class Learner:
    """The person. `id` is the institution's own number for them, the same whichever source reports."""

    id: str
    name: str
    email: str | None = None
    did: str | None = None

    @classmethod
    def read(cls, value: Any, path: str) -> Learner:
        """Read from JSON; white space around `id` and `name` is dropped, as student systems pad them."""
        with Fields(value, path) as fields:
            return cls(
                id=fields.required("id", _trimmed),
                name=fields.required("name", _trimmed),
                email=fields.optional("email", email),
                did=fields.optional("did", did),
            )


@dataclass(frozen=True, slots=True)
class DefinitionRef:
    """Which definition was met, and in which version, if the source knows."""

    id: str
    version: str | None = None

    @classmethod
    def read(cls, value: Any, path: str) -> DefinitionRef:
        """Read from JSON."""
        with Fields(value, path) as fields:
            return cls(fields.required("id", definition_id), fields.optional("version", version_name))


@dataclass(frozen=True, slots=True)
class Result:
    """One result of the learner (Open Badges 3.0, "Result"), of something described or just named."""

    result_description: str | None = None
    name: str | None = None
    value: str | None = None
    status: str | None = None

    @classmethod
    def read(cls, value: Any, path: str) -> Result:
        """Read from JSON; says what it is about, and a `value`, a `status` or both."""
        with Fields(value, path) as fields:
            result = cls(
                result_description=fields.optional("resultDescription", item_id),
                name=fields.optional_text("name", MAX_NAME),
                value=fields.optional_text("value", MAX_NAME),
                status=fields.optional("status", one_of(RESULT_STATUSES)),
            )
        if (result.result_description is None) == (result.name is None):
            raise FieldError(path, "must have either resultDescription or name")
        if result.value is None and result.status is None:
            raise FieldError(path, "must have a value or a status")
        return result


@dataclass(frozen=True, slots=True)
class Evidence:
    """Work that shows the achievement (Open Badges 3.0, "Evidence"); `id` is its https link."""

    id: str
    name: str | None = None
    description: str | None = None
    narrative: str | None = None

    @classmethod
    def read(cls, value: Any, path: str) -> Evidence:
        """Read from JSON."""
        with Fields(value, path) as fields:
            return cls(
                id=fields.required("id", link),
                name=fields.optional_text("name", MAX_NAME),
                description=fields.optional_text("description", MAX_SENTENCE),
                narrative=fields.optional("narrative", text(MAX_TEXT, lines=True)),
            )


@dataclass(frozen=True, slots=True)
class CompletionReport:
    """One report, named by (`source`, `source_id`). `completed_at` is in UTC.

    `occurrence` tells repeated awards of one definition apart; empty for one that a person meets once.
    """

    source: str
    source_id: str
    definition: DefinitionRef
    learner: Learner
    completed_at: datetime
    occurrence: str = ""
    result: tuple[Result, ...] = ()
    evidence: tuple[Evidence, ...] = ()

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> CompletionReport:
        """Read from parsed JSON (camelCase). Raises `FieldError` naming the first wrong field."""
        with Fields(value) as fields:
            return cls(
                source=fields.required("source", source_name),
                source_id=fields.text("sourceId", MAX_NAME),
                definition=fields.required("definition", DefinitionRef.read),
                learner=fields.required("learner", Learner.read),
                completed_at=fields.required("completedAt", instant),
                occurrence=fields.optional_text("occurrence", MAX_NAME) or "",
                result=fields.many("result", Result.read),
                evidence=fields.many("evidence", Evidence.read),
            )

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form; `from_json` of it gives an equal report."""
        form: dict[str, Any] = json_form(self)
        if not self.occurrence:
            del form["occurrence"]
        return form

    def canonical_bytes(self) -> bytes:
        """Return the bytes that stand for the content, whatever white space or zone it was sent with."""
        return canonical_texts(self.to_json())

    @property
    def digest(self) -> bytes:
        """SHA-256 of `canonical_bytes()`, 32 bytes."""
        return sha256(self.canonical_bytes())


def _trimmed(value: Any, path: str) -> str:
    return _name(value.strip() if isinstance(value, str) else value, path)
