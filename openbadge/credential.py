"""Reading a badge: the data-model rules that no schema states, and a frozen view of what a person needs to see.

Only a document that passed `normal_form.check` may be read here: then a member name means what it says. RDF joins all
bodies of one id, so a value of the issuer may stand in another place that names the same id; the view reads the union.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from openbadge import timestamps
from openbadge.errors import InvalidError
from openbadge.normal_form import MULTIPLE, is_endorsement_subject
from openbadge.vocabulary import (
    BADGE_TYPES,
    IDENTIFIER_TYPES,
    RESULT_STATUSES,
    RESULT_TYPES,
    SCHEMA_TYPE,
    VERIFIABLE_CREDENTIAL,
)

_LANGUAGE: Final = re.compile(r"[a-z]{2,4}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
_EXTENSION: Final = re.compile(r"ext:[a-zA-Z0-9._-]+")
_CODES: Final[Mapping[str, tuple[str, ...]]] = {
    "identityType": IDENTIFIER_TYPES,
    "identifierType": IDENTIFIER_TYPES,
    "resultType": RESULT_TYPES,
}


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who issued: `id` is a DID or an HTTPS URL; `name` and `url` are claims of the document about itself."""

    id: str
    name: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class Badge:
    """What a badge says. Mappings are the document's own objects, with equal ids joined; treat them as read-only."""

    id: str
    name: str | None
    issuer: Issuer
    valid_from: datetime
    valid_until: datetime | None
    subject: Mapping[str, Any]
    achievement: Mapping[str, Any]
    statuses: tuple[Mapping[str, Any], ...]
    endorsements: tuple[Mapping[str, Any], ...]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Badge:
        """Read a document in normal form. Raises `InvalidError` MALFORMED_VALUE_ERROR for a member of wrong type."""
        bodies = _bodies(document)
        issuer = _joined(_object(document, "issuer"), bodies)
        subject = _linked(_single_subject(document), bodies)
        achievement = _linked(_object(subject, "achievement"), bodies)
        return cls(
            _text(document, "id"),
            document.get("name") if isinstance(document.get("name"), str) else None,
            Issuer(_text(issuer, "id"), _optional(issuer, "name"), _optional(issuer, "url")),
            timestamps.parse(document.get("validFrom"), "validFrom"),
            timestamps.parse(document["validUntil"], "validUntil") if "validUntil" in document else None,
            subject,
            achievement,
            _only_objects(document, "credentialStatus"),
            (*_only_objects(document, "endorsement"), *_only_objects(achievement, "endorsement")),
        )

    @property
    def identifiers(self) -> tuple[Mapping[str, Any], ...]:
        """The identity objects of the recipient (`credentialSubject.identifier`)."""
        return tuple(_objects_of(self.subject, "identifier"))

    @property
    def recipient_name(self) -> str | None:
        """The recipient's name as the credential states it in plain text, or None; several are joined by commas."""
        names = {
            str(item.get("identityHash"))
            for item in self.identifiers
            if item.get("identityType") == "name" and item.get("hashed") is False
        }
        return ", ".join(sorted(names)) if names else None  # sorted, since the order of a list is not signed


def check_data_model(document: Mapping[str, Any], read: Callable[[], Badge] | None = None) -> None:
    """Accept what Open Badges 3.0 appendix B and VC Data Model 2.0 section 4 demand beyond the JSON Schema.

    `read` returns `Badge.read(document)` for a caller who keeps it. Raises `InvalidError` MALFORMED_VALUE_ERROR with a
    sentence that names the member.
    """
    _check_types(document)
    badge = Badge.read(document) if read is None else read()
    if badge.valid_until is not None and badge.valid_until < badge.valid_from:
        raise _malformed("validUntil lies before validFrom.")
    if "awardedDate" in document:
        timestamps.parse(document["awardedDate"], "awardedDate")
    if "id" not in badge.subject and not badge.identifiers:
        raise _malformed("The recipient (credentialSubject) has neither an id nor an identifier.")
    _check_achievement(badge.achievement)
    _check_results(badge)
    for item in _walk(document):
        _check_codes(item)


def _check_types(document: Mapping[str, Any]) -> None:
    types = _list(document.get("type"))
    if VERIFIABLE_CREDENTIAL not in types or not any(name in types for name in BADGE_TYPES):
        raise _malformed("The types of the document are not VerifiableCredential and OpenBadgeCredential.")
    subject = _single_subject(document)
    if "AchievementSubject" not in _list(subject.get("type")):
        raise _malformed("The recipient (credentialSubject) is not of the type AchievementSubject.")
    if "Achievement" not in _list(_object(subject, "achievement").get("type")):
        raise _malformed("The achievement is not of the type Achievement.")
    _check_typed_parts(document)


def _check_typed_parts(document: Mapping[str, Any]) -> None:
    for name in ("credentialStatus", "termsOfUse", "evidence", "refreshService", "credentialSchema"):
        for item in _list(document.get(name, [])):
            if not isinstance(item, dict) or "type" not in item:
                raise _malformed(f"{name} has no type.")
    for item in _objects_of(document, "credentialSchema"):
        if item["type"] == SCHEMA_TYPE and not isinstance(item.get("id"), str):
            raise _malformed("credentialSchema has no id.")


def _check_achievement(achievement: Mapping[str, Any]) -> None:
    criteria = achievement.get("criteria")
    if not isinstance(criteria, dict) or not (criteria.get("id") or criteria.get("narrative")):
        raise _malformed("The achievement's criteria have neither an id nor a narrative.")


def _check_results(badge: Badge) -> None:
    described = {str(item.get("id")): item for item in _objects_of(badge.achievement, "resultDescription")}
    for result in _objects_of(badge.subject, "result"):
        reference = result.get("resultDescription")
        if reference is not None and (not isinstance(reference, str) or reference not in described):
            raise _malformed("A result refers to a description that the achievement does not have.")
        if "value" in result and not isinstance(result["value"], str):
            raise _malformed("The value of a result is not a text.")
        kind = described[reference].get("resultType") if reference is not None else None
        if kind == "Status" and "status" not in result:
            raise _malformed("A result of the type Status has no status.")


def _check_codes(item: Mapping[str, Any]) -> None:
    for name, allowed in _CODES.items():
        value = item.get(name)
        if value is not None and value not in allowed and not _EXTENSION.fullmatch(str(value)):
            raise _malformed(f"{name} {str(value)[:50]!r} is not one that Open Badges defines.")
    if "Result" in _list(item.get("type")) and item.get("status", RESULT_STATUSES[0]) not in RESULT_STATUSES:
        raise _malformed(f"The status {str(item['status'])[:50]!r} of a result is not one that Open Badges defines.")
    if "inLanguage" in item and not _LANGUAGE.fullmatch(str(item["inLanguage"])):
        raise _malformed(f"inLanguage {str(item['inLanguage'])[:50]!r} is not a language tag.")


def _single_subject(document: Mapping[str, Any]) -> Mapping[str, Any]:
    subjects = _list(document.get("credentialSubject"))
    if len(subjects) != 1 or not isinstance(subjects[0], dict) or not subjects[0]:
        raise _malformed("A badge has exactly one recipient (credentialSubject), as an object.")
    return subjects[0]


def _bodies(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return what each id stands for: all its bodies joined, as RDF joins them.

    A body inside an endorsement fills in what the others leave out, so that nothing can be moved out of sight there;
    it does not contradict them, since the badge is judged alone.
    """
    objects = _walk(document)
    own = _by_id(objects)
    inside = [entry for item in objects if "endorsement" in item for entry in _objects_of(item, "endorsement")]
    more = _by_id(item for entry in inside for item in _walk(entry, beside=("proof", "@context")))
    return {
        name: _union(name, [*parts, *_filling(parts, more.get(name, []))])
        if len(parts) > 1 or name in more
        else parts[0]
        for name, parts in own.items()
    }


def _filling(own: list[Mapping[str, Any]], more: list[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    said = {name for part in own for name in part} - MULTIPLE
    for part in more:
        yield {name: value for name, value in part.items() if name not in said}


def _by_id(items: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for item in items:
        if isinstance(item.get("id"), str) and not is_endorsement_subject(item):
            found.setdefault(item["id"], []).append(item)
    return found


def _union(identifier: str, parts: list[Mapping[str, Any]]) -> dict[str, Any]:
    values: dict[str, dict[str, Any]] = {}
    lists: set[str] = set()
    for name, value in (pair for part in parts for pair in part.items()):
        lists.update([name] if isinstance(value, list) else [])
        for item in _list(value):
            # Objects with one id are one value, whatever each place says of it.
            mark = item["id"] if isinstance(item, dict) and "id" in item else item
            values.setdefault(name, {}).setdefault(json.dumps(mark, sort_keys=True), item)
    for name, items in values.items():
        if len(items) > 1 and name not in MULTIPLE:
            raise _malformed(f"The document gives two values for {name[:50]} of {identifier[:100]!r}.")
    return {name: list(items.values()) if name in lists or len(items) > 1 else next(iter(items.values()))
            for name, items in values.items()}  # fmt: skip


def _joined(item: Mapping[str, Any], bodies: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    return bodies.get(item["id"], item) if isinstance(item.get("id"), str) else item


def _linked(item: Mapping[str, Any], bodies: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """Join an object with its other bodies, and the objects directly inside it with theirs."""

    def link(value: Any) -> Any:
        if isinstance(value, list):
            return [link(part) for part in value]
        return _joined(value, bodies) if isinstance(value, dict) else value

    return {name: link(value) for name, value in _joined(item, bodies).items()}


_HOLDERS: Final = (dict, list)
_NOT_OWN: Final = ("proof", "endorsement", "@context")


def _walk(value: Any, beside: tuple[str, ...] = _NOT_OWN) -> list[Mapping[str, Any]]:
    """Return every object of the document, but none inside the members named in `beside`."""
    found: list[Mapping[str, Any]] = []
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            found.append(item)
            parts: Iterable[Any] = [part for name, part in item.items() if name not in beside]
        else:
            parts = item
        stack.extend([part for part in parts if isinstance(part, _HOLDERS)])
    return found


def _object(item: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = item.get(name)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str) and name == "issuer":
        return {"id": value}
    if not isinstance(value, dict):
        raise _malformed(f"{name} is missing or not an object.")
    return value


def _objects_of(item: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    yield from (part for part in _list(item.get(name, [])) if isinstance(part, dict))


def _only_objects(item: Mapping[str, Any], name: str) -> tuple[Mapping[str, Any], ...]:
    values = _list(item.get(name, []))
    if not all(isinstance(value, dict) for value in values):
        raise _malformed(f"{name} is not an object or a list of objects.")
    return tuple(values)


def _text(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    if not isinstance(value, str) or not value:
        raise _malformed(f"The member {name} is missing or not a text.")
    return value


def _optional(item: Mapping[str, Any], name: str) -> str | None:
    value = item.get(name)
    return value if isinstance(value, str) else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _malformed(detail: str) -> InvalidError:
    return InvalidError("MALFORMED_VALUE_ERROR", detail)
