"""A completion report: what a trusted source says about one person and one definition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from json.encoder import encode_basestring as _quoted
from typing import Any, Final

from issuer.errors import FieldError
from issuer.model.canonical import sha256
from issuer.model.definition import MAX_NAME, MAX_SENTENCE, MAX_TEXT
from issuer.model.fields import NEEDED, Record, array, link, one_of, pattern, text
from issuer.model.forms import (
    RESULT_STATUSES,
    definition_id,
    did,
    email,
    instant,
    instant_text,
    item_id,
    json_form,
    version_name,
)

source_name = pattern(r"[A-Za-z0-9][A-Za-z0-9._:/-]*", 200, "a source name of up to 200 letters, digits and . _ : / -")
_name = text(MAX_NAME)


def _trimmed(value: Any, path: str) -> str:
    """Read a text without the white space around it: student systems pad numbers and names."""
    return _name(value.strip() if isinstance(value, str) else value, path)


@dataclass(frozen=True, slots=True)
class Learner:
    """The person. `id` is the institution's own number for them, the same whichever source reports."""

    id: str
    name: str
    email: str | None = None
    did: str | None = None


@dataclass(frozen=True, slots=True)
class DefinitionRef:
    """Which definition was met, and in which version, if the source knows."""

    id: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One result of the learner (Open Badges 3.0, "Result"), of something described or just named."""

    result_description: str | None = None
    name: str | None = None
    value: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Work that shows the achievement (Open Badges 3.0, "Evidence"); `id` is its https link."""

    id: str
    name: str | None = None
    description: str | None = None
    narrative: str | None = None


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
        return _REPORT(value, "")

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form; `from_json` of it gives an equal report."""
        form: dict[str, Any] = json_form(self)
        if not self.occurrence:
            del form["occurrence"]
        return form

    def canonical_bytes(self) -> bytes:
        """Return the bytes that stand for the content, whatever white space or zone it was sent with (RFC 8785)."""
        definition, learner = self.definition, self.learner
        version = "" if definition.version is None else f',"version":{_quoted(definition.version)}'
        person = f'"id":{_quoted(learner.id)},"name":{_quoted(learner.name)}'
        if learner.email is not None:
            person = f'"email":{_quoted(learner.email)},{person}'
        if learner.did is not None:
            person = f'"did":{_quoted(learner.did)},{person}'
        occurrence = f'"occurrence":{_quoted(self.occurrence)},' if self.occurrence else ""
        return (
            f'{{"completedAt":"{instant_text(self.completed_at)}",'
            f'"definition":{{"id":{_quoted(definition.id)}{version}}},'
            f'{_list("evidence", self.evidence, _EVIDENCE_MEMBERS)}"learner":{{{person}}},{occurrence}'
            f'{_list("result", self.result, _RESULT_MEMBERS)}"source":{_quoted(self.source)},'
            f'"sourceId":{_quoted(self.source_id)}}}'
        ).encode()

    @property
    def digest(self) -> bytes:
        """SHA-256 of `canonical_bytes()`, 32 bytes."""
        return sha256(self.canonical_bytes())


_EVIDENCE_MEMBERS: Final = (
    ("description", "description"),
    ("id", "id"),
    ("name", "name"),
    ("narrative", "narrative"),
)
_RESULT_MEMBERS: Final = (
    ("name", "name"),
    ("resultDescription", "result_description"),
    ("status", "status"),
    ("value", "value"),
)
"""JSON names in their canonical order, and the attributes that hold the texts."""


def _list(name: str, items: tuple[Any, ...], members: tuple[tuple[str, str], ...]) -> str:
    """Return an array of objects that hold texts as the canonical JSON of one member; nothing if it is empty."""
    if not items:
        return ""
    objects = []
    for item in items:
        texts = ((member, getattr(item, attribute)) for member, attribute in members)
        objects.append(",".join([f'"{member}":{_quoted(text)}' for member, text in texts if text is not None]))
    return f'"{name}":[{",".join([f"{{{inside}}}" for inside in objects])}],'


def _checked_result(value: Any, path: str) -> Result:
    """Read a result: it says what it is about, and a `value`, a `status` or both."""
    result = _RESULT(value, path)
    if (result.result_description is None) == (result.name is None):
        raise FieldError(path, "must have either resultDescription or name")
    if result.value is None and result.status is None:
        raise FieldError(path, "must have a value or a status")
    return result


_RESULT: Final = Record(
    Result,
    (
        ("resultDescription", item_id, None),
        ("name", _name, None),
        ("value", _name, None),
        ("status", one_of(RESULT_STATUSES), None),
    ),
)
_EVIDENCE: Final = Record(
    Evidence,
    (
        ("id", link, NEEDED),
        ("name", _name, None),
        ("description", text(MAX_SENTENCE), None),
        ("narrative", text(MAX_TEXT, lines=True), None),
    ),
)
DEFINITION: Final = Record(DefinitionRef, (("id", definition_id, NEEDED), ("version", version_name, None)))
LEARNER_ID: Final = Record(str, (("id", _trimmed, NEEDED),))
"""Reads the learner where only the number matters."""
_LEARNER: Final = Record(
    Learner, (("id", _trimmed, NEEDED), ("name", _trimmed, NEEDED), ("email", email, None), ("did", did, None))
)
_REPORT: Final = Record(
    CompletionReport,
    (
        ("source", source_name, NEEDED),
        ("sourceId", _name, NEEDED),
        ("definition", DEFINITION, NEEDED),
        ("learner", _LEARNER, NEEDED),
        ("completedAt", instant, NEEDED),
        ("occurrence", _name, ""),
        ("result", array(_checked_result), ()),
        ("evidence", array(_EVIDENCE), ()),
    ),
)
