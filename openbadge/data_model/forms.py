"""The forms that values of a credential can have: URLs, lists, typed objects, texts in a language, periods.

Each function accepts a value or raises `InvalidError` MALFORMED_VALUE_ERROR; the name of the member goes into the
sentence. JSON-LD lets one value stand for a list of one (VC Data Model 2.0, section 6.1), so all of them read both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from openbadge import timestamps
from openbadge.data_model.model import Document, malformed

_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20\x7f<>\"{}|\\^`]+")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_TEXT_MEMBERS: Final = frozenset({"@value", "@language", "@direction"})


def values(value: Any) -> list[Any]:
    """Return a value as the list that it is or stands for; a member that is absent (None) is a list of None."""
    return value if isinstance(value, list) else [value]


def is_url(value: Any) -> bool:
    """Say whether a value is an absolute URL: a scheme and no character that a URL cannot have (RFC 3986)."""
    return isinstance(value, str) and _URL.fullmatch(value) is not None


def context(base: str) -> Callable[[Document], None]:
    """Return the check that the first `@context` is `base`."""

    def check(document: Document) -> None:
        listed = values(document.get("@context"))
        if not listed or listed[0] != base:
            raise malformed(f"The first @context of the document is not {base}.")

    return check


def context_items(document: Document) -> None:
    """Accept `@context` items that are URLs or objects."""
    if not all(isinstance(item, Mapping) or is_url(item) for item in values(document.get("@context"))):
        raise malformed("An item of @context is neither a URL nor an object.")


def identifier(item: Mapping[str, Any], name: str, *, required: bool = False) -> None:
    """Accept an `id` that is one URL, or is absent unless `required`."""
    if (required or "id" in item) and not is_url(item.get("id")):
        raise malformed(f"The {name} is not a URL: {str(item.get('id'))[:100]!r}.")


def types(item: Mapping[str, Any], name: str) -> list[str]:
    """Return the `type` of an object: one text or several, none of them empty."""
    found = values(item.get("type"))
    if not found or not all(isinstance(kind, str) and kind for kind in found):
        raise malformed(f"{name} has no type, or one that is not a text.")
    return found


def has_type(wanted: str) -> Callable[[Document], None]:
    """Return the check that `wanted` is among the types."""

    def check(document: Document) -> None:
        if wanted not in types(document, "The document"):
            raise malformed(f"The document is not of the type {wanted}.")

    return check


def objects(document: Document, name: str) -> list[Mapping[str, Any]]:
    """Return the objects of an optional member; a member that is there holds at least one, and none is empty."""
    if name not in document:
        return []
    found = values(document[name])
    if not found or not all(isinstance(item, Mapping) and item for item in found):
        raise malformed(f"{name} must hold an object or a list of objects, none of them empty.")
    return found


def typed(name: str) -> Callable[[Document], None]:
    """Return the check that each object of an optional member has a type."""

    def check(document: Document) -> None:
        for item in objects(document, name):
            types(item, name)

    return check


def identified(name: str, *, required: bool) -> Callable[[Document], None]:
    """Return the check that the `id` of each object of an optional member is a URL."""

    def check(document: Document) -> None:
        for item in objects(document, name):
            identifier(item, f"{name}.id", required=required)

    return check


def party(document: Document, name: str) -> str:
    """Return the id of an issuer or holder, which is a URL or an object with a URL as its id."""
    value = document.get(name)
    found = value.get("id") if isinstance(value, Mapping) else value
    if not isinstance(found, str) or not is_url(found):
        raise malformed(f"The {name} is neither a URL nor an object whose id is a URL.")
    return found


def texts(holder: Any, name: str, where: str) -> None:
    """Accept an optional member that is a text, a text with its language and direction, or a list of those."""
    if not isinstance(holder, Mapping) or name not in holder:
        return
    found = values(holder[name])
    if not found or not all(isinstance(item, str) or _is_language_text(item) for item in found):
        raise malformed(f"{where} is neither a text nor an object of @value, @language and @direction.")


def moment(name: str, *, required: bool = False) -> Callable[[Document], None]:
    """Return the check that a member is a dateTimeStamp, or is absent unless `required`."""

    def check(document: Document) -> None:
        if required or name in document:
            timestamps.parse(document.get(name), name)

    return check


def ordered(start: str, end: str) -> Callable[[Document], None]:
    """Return the check that the member `end`, if both are there, does not lie before `start`."""

    def check(document: Document) -> None:
        if start in document and end in document:
            first, last = (timestamps.parse(document[name], name) for name in (start, end))
            if last < first:
                raise malformed(f"{end} lies before {start}.")

    return check


def _is_language_text(item: Any) -> bool:
    if not isinstance(item, Mapping) or not item.keys() <= _TEXT_MEMBERS or not isinstance(item.get("@value"), str):
        return False
    language = item.get("@language", "en")
    return (
        isinstance(language, str)
        and _LANGUAGE.fullmatch(language) is not None
        and item.get("@direction", "ltr") in ("ltr", "rtl")
    )
