"""The table behind `openbadge.plain`: what pyld says of one name, one kind of value, one object at its place.

Each answer is pyld's own, for a sample. It is kept only where compaction leads back to the very same name and value
(JSON-LD 1.1 API sections 5.1.2 and 6.1.2); where it does not, the word is not plain, and nothing is kept.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from openbadge.plain_model import (
    CONTEXT,
    ID,
    LITERAL,
    REFERENCE,
    TERM,
    TYPE,
    Member,
    NotPlainError,
    Oracle,
    Place,
    Rules,
)

MAX_ENTRIES: Final = 20_000
"""Entries that are kept: the badges of one vocabulary list need a few hundred. A full table is begun anew."""
PLACE_WEIGHT: Final = 20
"""A place counts as so many entries: it keeps two active contexts alive, of some 20 KB each."""
MAX_WORDS: Final = 500
"""Words of one member that are kept, and ids of one place that are no plain addresses."""
_SAMPLE: Final = "urn:x-microcred-sample:1"
_BODY: Final = "urn:x-microcred-sample:2"


class Table:
    """All that was asked so far. Reading needs no lock; `ask` runs one question at a time and sorts out errors."""

    def __init__(self, oracle: Oracle, rules: Rules) -> None:
        self._ask = oracle
        self._rules = rules
        self._lock = threading.RLock()
        self._roots: dict[Any, Place] = {}
        self._entries = 0

    def root(self, document: Mapping[str, Any]) -> Place:
        """Return the place of a whole document by its `@context`, a list of addresses, and its types."""
        context, types = document.get("@context"), document.get("type", ())
        if type(context) is not list:
            raise NotPlainError
        names = (types,) if type(types) is str else tuple(types) if type(types) is list else types
        try:
            found = self._roots.get((*context, None, *names))
        except TypeError:  # a context or type that is no text
            raise NotPlainError from None
        if found is not None:
            return found
        with self._lock:
            place: Place = self._answer(lambda: self._root(context, names))
        return place

    def learn(self, place: Place, name: str) -> Member:
        """Return what a name means at a place."""
        rules = self._rules
        if not rules.name(name) or name in rules.refused:
            raise NotPlainError
        with self._lock:
            member: Member = self._answer(lambda: self._member(place, name))
            self._count()
        place.members[name] = member
        return member

    def enter(self, member: Member, types: Any) -> Place:
        """Return the place of an object of these types (a tuple) under a member."""
        with self._lock:
            place: Place = self._answer(lambda: self._enter(member, types, None))
        member.inside[types] = place
        return place

    def enter_own(self, member: Member, types: Any, context: Any) -> Place:
        """Return the place of an object that has a `@context` of its own, which only some may have."""
        if not self._rules.own_context(member.name, context) or type(types) is not tuple:
            raise NotPlainError
        key = (*context, None, *types)
        with self._lock:
            place: Place = member.inside.get(key) or self._answer(lambda: self._enter(member, types, context))
        member.inside[key] = place
        return place

    def word(self, member: Member, value: str) -> dict[str, Any]:
        """Return what a text becomes that is an address or a word of a vocabulary."""
        if member.text is LITERAL or member.kind in (ID, TYPE):
            raise NotPlainError
        with self._lock:
            found: dict[str, Any] = self._answer(lambda: self._word(member, value))
            if len(member.words) < MAX_WORDS:
                member.words[value] = found
                self._count()
        return found

    def id(self, place: Place, value: str) -> bool:
        """Say whether the id of an object, which is no plain address, is plain all the same."""
        if value in place.ids:
            return True
        with self._lock:
            self._answer(lambda: self._id(place, value))
            if len(place.ids) < MAX_WORDS:
                place.ids.add(value)
                self._count()
        return True

    def _answer(self, question: Callable[[], Any]) -> Any:
        try:
            return question()
        except NotPlainError:
            raise
        except Exception as error:  # whatever pyld cannot make sense of
            raise NotPlainError from error

    def _count(self, weight: int = 1) -> None:
        self._entries += weight
        if self._entries > MAX_ENTRIES:
            self._roots, self._entries = {}, 0

    def _root(self, context: list[Any], types: Any) -> Place:
        _need(all(type(url) is str for url in context) and len(set(context)) == len(context))
        at = self._ask.applied(self._ask.initial(), context)
        place = self._typed(at, at, at, types, None)
        self._roots[(*context, None, *types)] = place
        return place

    def _enter(self, member: Member, types: Any, context: Any) -> Place:
        """As pyld's `_expand` and `_compact` for an object that is neither a value nor a mere reference."""
        ask, name, own = self._ask, member.name, member.place
        scope = ask.of_term(member.scoped, name, "@context")
        expanding = ask.reverted(member.scoped)
        if scope is not None:
            expanding = ask.applied(expanding, scope, override_protected=True)
        if context is not None:
            expanding = ask.applied(expanding, context)
        outer = self._scoped(own.compacting, name)
        compacting = ask.reverted(outer)
        scope = ask.of_term(outer, name, "@context")
        if scope is not None:
            compacting = ask.applied(compacting, scope, propagate=True, override_protected=True)
        return self._typed(expanding, compacting, outer, types, member)

    def _typed(self, expanding: Any, compacting: Any, outer: Any, types: Any, holder: Member | None) -> Place:
        """Apply the contexts of types; `outer` is the context in which compaction looks them up."""
        ask = self._ask
        _need(type(types) is tuple and all(type(name) is str for name in types) and len(set(types)) == len(types))
        iris = [ask.expand_iri(expanding, name, vocab=True) for name in types]
        _need(all(map(ask.is_absolute, iris)))
        _need([ask.compact_iri(outer, iri, vocab=True) for iri in iris] == list(types))
        typeless = expanding, compacting
        for name in sorted(types):
            scope = ask.of_term(typeless[0], name, "@context")
            if scope is not None and scope is not False:
                expanding = ask.applied(expanding, scope, propagate=False)
        for iri in sorted(iris):
            scope = ask.of_term(outer, ask.compact_iri(typeless[1], iri, vocab=True), "@context")
            if scope is not None:
                compacting = ask.applied(compacting, scope, propagate=False)
        for at in (expanding, compacting):  # defaults would touch every word
            _need(not any(name in at for name in ("@vocab", "@language", "@direction", "@base")))
            _need(not any(scheme in at["mappings"] for scheme in ("https", "http", "urn", "did", "mailto")))
        self._count(PLACE_WEIGHT)
        place = Place(expanding, compacting, iris, holder)
        place.members[CONTEXT] = Member(CONTEXT, CONTEXT, CONTEXT, place)
        return place

    def _scoped(self, at: Any, name: str) -> Any:
        scope = self._ask.of_term(at, name, "@context")
        return at if scope is None else self._ask.applied(at, scope, propagate=True, override_protected=True)

    def _member(self, place: Place, name: str) -> Member:
        ask = self._ask
        key = ask.expand_iri(place.expanding, name, vocab=True)
        if key in (ID, TYPE):
            _need(ask.compact_iri(place.compacting, key, vocab=True) == name)
            return Member(name, key, ID if key == ID else TYPE, place)
        _need(ask.is_absolute(key))
        definition = place.expanding["mappings"][name]
        _need(not definition["reverse"] and not {"@nest", "@index", "@language", "@direction"} & definition.keys())
        container = frozenset(definition.get("@container", ())) - {"@set"}
        _need(container in (frozenset(), {"@graph"}, {"@list"}))
        member = Member(name, key, TERM, place, name in self._rules.several, wrap=next(iter(container), None))
        member.scoped = self._scoped(place.expanding, name)
        self._learn_scalars(member)
        self._learn_nodes(member)
        return member

    def _learn_scalars(self, member: Member) -> None:
        if member.wrap == "@graph":
            return
        ask, fits = self._ask, self._rules.fits
        text = ask.expand_value(member.scoped, member.name, _SAMPLE)
        number, truth = (ask.expand_value(member.scoped, member.name, value) for value in (1, True))
        if "@value" in text and _beside(text) == _beside(number) == _beside(truth) and self._returns(member, text):
            member.literal = _beside(text)
            datatype = str(text.get("@type", ""))
            typed = "@type" in text
            member.text = LITERAL if not typed or fits(_SAMPLE, datatype) else None
            plain = [(int, 1), (float, 1.5), (bool, True)]
            member.natives = frozenset(kind for kind, value in plain if not typed or fits(value, datatype))
        elif text == {ID: _SAMPLE} and ask.of_term(member.scoped, member.name, TYPE) == ID:
            member.text = REFERENCE if self._returns(member, text) else None
        if member.name in self._rules.objects:
            member.text = None
        if member.name in self._rules.texts:
            member.natives = frozenset()

    def _learn_nodes(self, member: Member) -> None:
        if member.wrap == "@list" or member.name in self._rules.texts:
            return
        nodes: list[dict[str, Any]] = [{_BODY: []}, {ID: _SAMPLE, _BODY: []}, {ID: _SAMPLE}]
        member.node = all(self._selects(member, node) for node in nodes)
        if member.node and member.wrap is None and self._ask.expand_iri(member.scoped, "id", vocab=True) == ID:
            bare = self._ask.compact(member.place.compacting, member.name, nodes[-1])
            member.bare = bare == {"id": _SAMPLE} or (bare == _SAMPLE and member.name in self._rules.bare)

    def _word(self, member: Member, value: str) -> dict[str, Any]:
        _need(member.wrap is None and member.name not in self._rules.objects)
        kind = self._ask.of_term(member.scoped, member.name, TYPE)
        found: dict[str, Any] = self._ask.expand_value(member.scoped, member.name, value)
        _need(kind in (ID, "@vocab") and found.keys() == {ID} and self._ask.is_absolute(found[ID]))
        _need(self._selects(member, found) and self._ask.compact(member.place.compacting, member.name, found) == value)
        return found

    def _id(self, place: Place, value: str) -> None:
        ask, holder = self._ask, place.holder
        _need(ask.is_absolute(value) and ask.expand_iri(place.expanding, value, vocab=False) == value)
        _need(ask.compact_iri(place.compacting, value, vocab=False) == value)
        if holder is not None:
            _need(self._selects(holder, {ID: value, _BODY: []}))

    def _selects(self, member: Member, item: dict[str, Any]) -> bool:
        """Say whether compaction chooses this member's name for the property when it holds `item`."""
        held = item if member.wrap is None else {member.wrap: [item]}
        return bool(self._ask.compact_iri(member.place.compacting, member.key, held, vocab=True) == member.name)

    def _returns(self, member: Member, item: dict[str, Any]) -> bool:
        """Say whether compaction gives the sample back as it was, for text, number and truth value."""
        samples = [_SAMPLE] if ID in item else [_SAMPLE, 1, True]
        items = [{ID: _SAMPLE}] if ID in item else [{**item, "@value": value} for value in samples]
        return all(
            self._selects(member, one) and self._ask.compact(member.place.compacting, member.name, one) == value
            for one, value in zip(items, samples, strict=True)
        )


def _beside(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != "@value"}


def _need(holds: object) -> None:
    if not holds:
        raise NotPlainError
