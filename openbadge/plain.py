"""Expanding a document whose every word is plain, by a table that pyld fills in: a fiftieth of the work.

Nearly all badges use the terms of the pinned vocabularies and nothing else of JSON-LD. What such a document means, and
whether compaction would give it back, is then decided word by word: it depends on the member's name, on the kind of
its value, and on the active contexts of the object it stands in. These depend on the contexts around, the name of the
member that holds the object, and the object's types. There are few such questions, so pyld answers each once, for a
sample value, and a table keeps the answer (`openbadge.plain_table`).

The walk here only looks answers up. It knows no rule of JSON-LD, and gives up (None) at whatever is not plain: the
general way (`canon.expand`, `canon.compact`) must then be gone, which also finds the words for what is wrong. So a
document that is expanded here (1) has the expansion that pyld gives, and (2) comes back from compaction as it was.

An answer for a sample address or text holds for another one because pyld looks at an address only to find a term or
prefix that is a beginning of it (`address` leaves out all that could have one; any other is asked about by itself),
and at a text, a number or a truth value not at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from openbadge import contexts, strict_json
from openbadge.plain_model import CONTEXT, ID, LITERAL, REFERENCE, TERM, TYPE, Member, NotPlainError, Place
from openbadge.plain_table import Table

SCHEMES: Final = ("https://", "http://", "urn:", "did:", "mailto:")
"""Beginnings of addresses that no pinned vocabulary gives a meaning of its own, as the name of a prefix."""
MAX_OBJECTS: Final = 1_000
"""Objects of a document that is expanded here: the limit of `canon`."""
MAX_QUESTIONS: Final = 500
"""Answers of one document that the table does not have yet: pyld needs half a millisecond for each, and a rich badge
asks two hundred. What was answered stays, so ordinary documents ask fewer each time."""


@cache
def address() -> re.Pattern[str]:
    """Return the grammar of addresses that stay what they are when expanded and compacted.

    Those are absolute ones in ASCII, of `SCHEMES`, on no host on which a pinned vocabulary has its terms: none is a
    term, begins with a prefix, or can be shortened. (In JSON and N-Quads alike they need no escapes.)
    """
    return re.compile(address_grammar())


@cache
def address_grammar() -> str:
    """Return `address` as a regular expression without groups."""
    files = contexts.contexts()
    texts = [item for url in files.urls for item in strict_json.walk(files.document(url)) if isinstance(item, str)]
    owned = {found[1] for text in texts if (found := re.match(r"https?://([^/?#]*)", text))}
    terms = {text for text in texts if text.startswith(("urn:", "did:", "mailto:"))}
    web = rf"https?://(?!{'|'.join(map(re.escape, sorted(owned)))})"
    others = "|".join(re.escape(scheme) for scheme in SCHEMES if not scheme.startswith("http"))
    beside = f"(?!{'|'.join(map(re.escape, sorted(terms)))})" if terms else ""
    return rf"(?:{web}|{beside}(?:{others}))[A-Za-z0-9!$%&'()*+,\-./:;=?@_~#]++"


class Expander:
    """Expands plain documents; safe to use from threads. `table` knows the rules of the house and asks pyld."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def expand(self, document: Mapping[str, Any]) -> tuple[dict[str, Any], list[Any]] | None:
        """Return the one node that a plain document expands to, and the ids of all objects in it (None for none).

        None when anything in it is not plain. `document` is as `strict_json` returns it, or a part of such a one.
        """
        run = _Run(self._table)
        try:
            node = run.node(document, self._table.root(document))
        except (NotPlainError, RecursionError, TypeError):  # a TypeError: the types of an object are no texts
            return None
        # A root that says nothing would be left out.
        return (node, run.ids) if node.keys() - {ID} and len(run.ids) <= MAX_OBJECTS else None


class _Run:
    """One walk through one document."""

    def __init__(self, table: Table) -> None:
        self.ids: list[Any] = []
        self._known = table
        self._left = MAX_QUESTIONS
        self._is_address = address().fullmatch

    @property
    def _table(self) -> Table:
        """The table, for one more question."""
        self._left -= 1
        if self._left < 0:
            raise NotPlainError
        return self._known

    def node(self, element: Mapping[str, Any], place: Place) -> dict[str, Any]:
        result: dict[str, Any] = {}
        members = place.members
        self.ids.append(None)
        for name, value in element.items():
            member = members.get(name) or self._table.learn(place, name)
            if member.kind is TERM:
                if member.key in result:  # two names of one property: to be joined, which is not plain
                    raise NotPlainError
                result[member.key] = self._values(member, value)
            elif member.kind is ID:
                result[ID] = self._id(value, place)
            elif member.kind is TYPE and value:
                result[TYPE] = place.types
            elif member.kind is not CONTEXT:  # that one was looked at where the object was entered
                raise NotPlainError
        return result

    def _values(self, member: Member, value: Any) -> list[Any]:
        if type(value) is list:
            return self._several(member, value)
        item = self._item(member, value)
        return [item] if member.wrap is None else [{member.wrap: [item]}]

    def _several(self, member: Member, values: list[Any]) -> list[Any]:
        if not member.many or not values:
            raise NotPlainError
        items = [self._item(member, value) for value in values]
        if member.wrap is None:
            return items
        return [{"@list": items}] if member.wrap == "@list" else [{member.wrap: [item]} for item in items]

    def _item(self, member: Member, value: Any) -> dict[str, Any]:
        kind = type(value)
        if kind is str:
            if member.text is LITERAL:
                return {**member.literal, "@value": value}
            if member.text is REFERENCE and self._is_address(value):
                return {"@id": value}
            return member.words.get(value) or self._table.word(member, value)
        if kind is dict:
            return self._inner(member, value)
        if kind in member.natives:
            return {**member.literal, "@value": value}
        raise NotPlainError

    def _inner(self, member: Member, element: dict[str, Any]) -> dict[str, Any]:
        if not member.node or not element:
            raise NotPlainError
        if len(element) == 1 and "id" in element:
            if not member.bare or not isinstance(element["id"], str) or not self._is_address(element["id"]):
                raise NotPlainError
            self.ids.append(element["id"])
            return {"@id": element["id"]}
        types = element.get("type", ())
        key = (types,) if type(types) is str else tuple(types) if type(types) is list else types
        if "@context" in element:
            return self.node(element, self._table.enter_own(member, key, element["@context"]))
        return self.node(element, member.inside.get(key) or self._table.enter(member, key))

    def _id(self, value: Any, place: Place) -> str:
        if type(value) is not str or not (self._is_address(value) or self._table.id(place, value)):
            raise NotPlainError
        self.ids[-1] = value
        return value
