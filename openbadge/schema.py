"""The official JSON Schemas of Open Badges 3.0 (JSON Schema 2019-09), with errors that a person understands.

The schemas allow most members in two shapes and say so with `oneOf`, whose own complaint ("not valid under
any of the schemas") helps nobody. So the alternatives are searched for the one that the document came
closest to, and its deepest complaints are told. `format` is not checked here: the credential's own rules
look at dates and addresses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import jsonschema_rs
from jsonschema_rs import ValidationErrorKind as Kind

from openbadge import contexts
from openbadge.errors import InvalidError
from openbadge.strict_json import walk
from openbadge.vocabulary import ACHIEVEMENT_SCHEMA, OB_CONTEXT, PROFILE_SCHEMA

MAX_EXPLAINED_NODES: Final = 1_000
"""Values and member names of a wrong document that is still explained, at up to 0.5 ms each. Rich badges have
fewer than 500. Whether a document of any size is right takes microseconds."""
MAX_TOLD: Final = 3
"""Complaints in one sentence: whoever mends three things asks again."""

_MAX_SHOWN: Final = 80  # characters of a name out of the document

_TYPES: Final[Mapping[str, str]] = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a text",
}

_FORMS: Final[Mapping[str, str]] = {
    r"(ext:)[a-z|A-Z|0-9|.|-|_]+": "a name of your own that starts with ext:",
    r"^[a-zA-Z0-9_-]+\.[a-zA-Z0-9_-]*\.[a-zA-Z0-9_-]+$": "a compact JWS (three parts with dots between them)",
    r"^[a-z]{2,4}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$": "a language tag such as en or en-GB",
    r"^https:\/\/purl\.imsglobal\.org\/spec\/ob\/v3p0\/context(-3\.\d\.\d)*\.json$": f"such as {OB_CONTEXT}",
}


def check_achievement_credential(document: Mapping[str, Any]) -> None:
    """Check a parsed OpenBadgeCredential against the official schema.

    Raises `InvalidError` SCHEMA_ERROR naming up to three places and what is wrong there.
    """
    _check(document, ACHIEVEMENT_SCHEMA, "")


def check_endorsement_credential(document: Mapping[str, Any]) -> None:
    """Check a parsed EndorsementCredential; the schema and the errors are as for a badge."""
    _check(document, ACHIEVEMENT_SCHEMA, "#/$defs/EndorsementCredential")


def check_profile(document: Mapping[str, Any]) -> None:
    """Check a parsed Profile against its official schema; errors as for a badge."""
    _check(document, PROFILE_SCHEMA, "")


@dataclass(frozen=True, slots=True)
class _Complaint:
    """What is wrong at a place; `wanted` are the JSON types asked for when the value has another one."""

    place: tuple[str | int, ...]
    words: str
    wanted: tuple[str, ...] = ()


@cache
def _validator(url: str, part: str) -> jsonschema_rs.Draft201909Validator:
    schema = contexts.schema(url)
    if part:
        schema = {"$schema": schema["$schema"], "$defs": schema["$defs"], "$ref": part}
    # RegexOptions is the engine without backtracking: no text of a document can make a pattern slow.
    return jsonschema_rs.Draft201909Validator(schema, mask="the value", pattern_options=jsonschema_rs.RegexOptions())


def _check(document: Mapping[str, Any], url: str, part: str) -> None:
    validator = _validator(url, part)
    try:
        if validator.is_valid(document):
            return
        told = _sentence(document, validator, url)
    except ValueError as error:
        raise InvalidError("MALFORMED_VALUE_ERROR", f"The document is not plain JSON: {error}.") from None
    raise InvalidError("SCHEMA_ERROR", told)


def _sentence(document: Mapping[str, Any], validator: jsonschema_rs.Draft201909Validator, url: str) -> str:
    if sum(1 for _ in walk(document)) > MAX_EXPLAINED_NODES:
        return "The document does not follow the schema and is too large to say where; try it with shorter lists."
    complaints = [told for error in validator.iter_errors(document) for told in _closest(error, url)]
    lines = list(dict.fromkeys(f"{_place(told.place)} {told.words}" for told in complaints))
    more = f" ({len(lines) - MAX_TOLD} more)" if len(lines) > MAX_TOLD else ""
    return "The document does not follow the schema: " + "; ".join(lines[:MAX_TOLD]) + more + "."


def _closest(error: jsonschema_rs.ValidationError, url: str) -> list[_Complaint]:
    """Return the complaints of the alternative that the value came closest to."""
    if not isinstance(error.kind, Kind.OneOfNotValid | Kind.AnyOf):
        return [_complaint(error, url)]
    here = tuple(error.instance_path)
    branches = [[told for inner in branch for told in _closest(inner, url)] for branch in error.kind.context]
    fitting = [branch for branch in branches if not any(told.wanted and told.place == here for told in branch)]
    if not fitting:
        wanted = tuple(dict.fromkeys(name for branch in branches for told in branch for name in told.wanted))
        return [_Complaint(here, _type_words(wanted), wanted)]
    deepest = max(max(len(told.place) for told in branch) for branch in fitting)
    close = [branch for branch in fitting if any(len(told.place) == deepest for told in branch)]
    if deepest == len(here) and all(len(branch) == 1 for branch in close):
        return [_Complaint(here, " or ".join(branch[0].words for branch in close))]
    return close[0]


def _complaint(error: jsonschema_rs.ValidationError, url: str) -> _Complaint:
    kind = error.kind
    wanted = tuple(kind.types) if isinstance(kind, Kind.Type) else ()
    words = _WORDS[type(kind)](kind, error, url) if type(kind) in _WORDS else f"is wrong: {error.message}"
    return _Complaint(tuple(error.instance_path), words, wanted)


def _type_words(wanted: Iterable[str]) -> str:
    return "must be " + " or ".join(_TYPES[name] for name in wanted)


def _values(values: Iterable[Any]) -> str:
    shown = [f'"{value}"' for value in values]
    return shown[0] if len(shown) == 1 else "one of " + ", ".join(shown)


def _contained(error: jsonschema_rs.ValidationError, url: str) -> str:
    found = contexts.schema(url)
    for step in error.schema_path:
        found = found[step]
    return "must contain " + _values(found["enum"])


_WORDS: Final[Mapping[type, Callable[[Any, jsonschema_rs.ValidationError, str], str]]] = {
    Kind.Required: lambda kind, _error, _url: f'lacks the member "{_shown(kind.property)}"',
    Kind.Type: lambda kind, _error, _url: _type_words(kind.types),
    Kind.Enum: lambda kind, _error, _url: "must be " + _values(kind.options),
    Kind.Contains: lambda _kind, error, url: _contained(error, url),
    Kind.Pattern: lambda kind, _error, _url: "must be " + _FORMS.get(kind.pattern, f"like {kind.pattern}"),
    Kind.MinItems: lambda kind, _error, _url: f"needs at least {kind.limit} items",
    Kind.AdditionalProperties: lambda kind, _error, _url: (
        "has the unknown member " + ", ".join(f'"{_shown(name)}"' for name in kind.unexpected[:MAX_TOLD])
    ),
    Kind.PropertyNames: lambda _kind, _error, _url: "has a member whose name is not a language such as en or en-GB",
}


def _place(place: Iterable[str | int]) -> str:
    steps = [f"[{step}]" if isinstance(step, int) else f".{_shown(step)}" for step in place]
    return "".join(steps).removeprefix(".") or "it"


def _shown(name: str) -> str:
    return name if len(name) <= _MAX_SHOWN else name[:_MAX_SHOWN] + "…"
