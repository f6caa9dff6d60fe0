"""What single values look like, and the closed lists that some of them come from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from datetime import UTC, datetime
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from issuer.errors import FieldError
from issuer.model.fields import name_url, pattern
from openbadge import vocabulary

RESULT_TYPES: Final = vocabulary.RESULT_TYPES
RESULT_STATUSES: Final = vocabulary.RESULT_STATUSES
ALIGNMENT_TYPES: Final = (
    "ceasn:Competency", "ceterms:Credential", "CFItem", "CFRubric", "CFRubricCriterion",
    "CFRubricCriterionLevel", "CTDL", "ext:ESCO", "ext:EQFLevel",
)  # fmt: skip
"""Open Badges 3.0, "AlignmentTargetType Enumeration", and the two extensions that we use."""
PARTICIPATION_FORMS: Final = ("online", "onsite", "blended")
"""Annex I, element 10: form of participation in the learning activity."""
SUPERVISION_FORMS: Final = ("unsupervised-no-id", "unsupervised-id", "supervised-no-id", "supervised-id")
"""Annex I, optional element: supervision and identity verification during assessment."""
LEVEL_CODES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({"EQF": ("1", "2", "3", "4", "5", "6", "7", "8")})
"""Codes of the frameworks that we know. A level of another framework is taken as written."""
IDENTIFIER_NAMESPACES: Final = ("http://data.europa.eu/esco/", "http://data.europa.eu/snb/")
"""Names that the European Union minted with http. They are identifiers, not links that anyone must follow."""

definition_id = pattern(r"[a-z0-9][a-z0-9-]*", 64, "1 to 64 small letters, digits and hyphens")
version_name = pattern(r"[A-Za-z0-9][A-Za-z0-9.-]*", 20, "1 to 20 letters, digits, dots and hyphens")
item_id = pattern(r"[A-Za-z0-9][A-Za-z0-9_-]*", 64, "1 to 64 letters, digits, hyphens and underscores")
language_tag = pattern(
    r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?", 11, "a language tag such as en, pt-BR or zh-Hant"
)
duration = pattern(
    r"P([1-9][0-9]{0,3}D)?T(?=[0-9])([1-9][0-9]{0,4}H)?([1-9][0-9]{0,4}M)?",
    20,
    "a duration with a time part, such as PT60H for 60 hours (P60M would be 60 months)",
)
period = pattern(r"P(?=[0-9])([1-9][0-9]?Y)?([1-9][0-9]{0,2}M)?([1-9][0-9]{0,3}D)?", 20, "a period such as P3Y or P18M")
credit_value = pattern(
    r"(?!0+(\.0+)?$)(0|[1-9][0-9]{0,3})(\.[0-9]{1,2})?", 8, "a decimal as a string, above zero, such as “2.5”"
)
number = pattern(r"-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,6})?", 20, "a number as a string, such as “0” or “99.5”")
email = pattern(
    r"[^@\s<>()\[\],;:\\\"\x00-\x1f\x7f]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}[^\W_]",
    254,
    "an e-mail address",
)
did = pattern(
    r"did:[a-z0-9]+:(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2}|:(?!$))+", 2_000, "a DID such as did:key:… or did:web:…"
)
iri = name_url(IDENTIFIER_NAMESPACES)

_INSTANT = re.compile(
    r"(19[7-9][0-9]|[2-9][0-9]{3})-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})"
)


def instant(value: Any, path: str) -> datetime:
    """Read an RFC 3339 time with a zone, from 1970 on; the result is in UTC."""
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            return datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            raise FieldError(path, "is not a date and time that exists") from None
    raise FieldError(path, "must be a time with a zone, such as 2026-11-23T12:32:28Z")


def instant_text(moment: datetime) -> str:
    """Write a time in UTC as RFC 3339 with `Z`; fractions of a second only if there are any."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat()[:-6] + "Z"


def camel_case(name: str) -> str:
    """`target_url` -> `targetUrl`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def json_form(value: Any) -> Any:
    """Return the JSON form of our frozen dataclasses: camelCase, `None` and empty arrays left out."""
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        return [json_form(entry) for entry in value]
    if isinstance(value, datetime):
        return instant_text(value)
    if is_dataclass(value) and not isinstance(value, type):
        form: dict[str, Any] = {}
        for name, attribute in _members(type(value)):
            member = getattr(value, attribute)
            if member is not None and member != ():
                form[name] = json_form(member)
        return form
    return value


@cache
def _members(kind: type) -> tuple[tuple[str, str], ...]:
    return tuple((camel_case(field.name), field.name) for field in dataclass_fields(kind))
