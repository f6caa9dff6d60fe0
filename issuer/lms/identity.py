"""Whose completion it is: a reported learner among the people whom the institution knows.

An id counts within its namespace: number 3 of one LMS is not number 3 of another. Strong ids name one person; an
e-mail address or a login name never does (families share addresses, names are given again), so alone it only suggests.
Two strong ids that lead to two people are a conflict for a person to settle: nobody is ever merged here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from issuer.lms.model import Identifier, IdKind, SourceLearner

STRONG: Final = (IdKind.SIS, IdKind.LMS, IdKind.LTI)
"""Kinds of ids that name one person and are never given to another one."""


@dataclass(frozen=True, slots=True)
class Person:
    """A learner record: the institution's own number, the name as its record says, and all ids that belong to it."""

    id: str = field(repr=False)
    name: str | None = field(default=None, repr=False)
    ids: frozenset[Identifier] = frozenset()


@dataclass(frozen=True, slots=True)
class Rules:
    """What a source may do: `creates` a record for a student number that is new, `links` its further ids to a record.

    Both are decisions of the institution about one source; neither is given by default.
    """

    creates: bool = False
    links: bool = False


@dataclass(frozen=True, slots=True)
class Matched:
    """The person, and the ids that the record does not have yet and that may be added to it."""

    person: Person
    learned: tuple[Identifier, ...] = ()


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Nobody for sure. `code` is `learner-unknown` or `learner-conflict`; `suggested` are people to look at."""

    code: str
    sentence: str
    suggested: tuple[Person, ...] = ()


def keys(learner: SourceLearner) -> tuple[Identifier, ...]:
    """Return a learner's ids in the form in which they are kept, looked up and compared."""
    return tuple(dict.fromkeys(key(item) for item in learner.ids))


def key(identifier: Identifier) -> Identifier:
    """Return the comparable form of an id: NFC, no white space around; e-mail addresses and names without case.

    Other ids keep their case: `a1` and `A1` may be two people.
    """
    value = unicodedata.normalize("NFC", identifier.value.strip())
    if identifier.kind in (IdKind.EMAIL, IdKind.USERNAME):
        value = unicodedata.normalize("NFC", value.casefold())
    return Identifier(identifier.kind, identifier.namespace.rstrip("/"), value)


def match(learner: SourceLearner, known: Iterable[Person], rules: Rules) -> Matched | Unmatched:
    """Find the person among all records that have one of `keys(learner)`."""
    ids, people = keys(learner), tuple(known)
    strong = [item for item in ids if item.kind in STRONG]
    found = {person.id: person for person in people if not person.ids.isdisjoint(strong)}
    if len(found) > 1:
        return _conflict("The ids of this learner belong to more than one person.", found.values())
    if not found:
        return _new(learner, ids, people, rules)
    (person,) = found.values()
    return _joined(person, strong, people, rules)


def _joined(
    person: Person, strong: Sequence[Identifier], people: Sequence[Person], rules: Rules
) -> Matched | Unmatched:
    fresh = [item for item in strong if item not in person.ids]
    for item in fresh:
        if any((one.kind, one.namespace) == (item.kind, item.namespace) for one in person.ids):
            return _conflict(f"The record has another id of the kind {item.kind} already.", [person, *people])
    return Matched(person, tuple(fresh) if rules.links else ())


def _new(
    learner: SourceLearner, ids: Sequence[Identifier], people: Sequence[Person], rules: Rules
) -> Matched | Unmatched:
    numbers = [item for item in ids if item.kind is IdKind.SIS]
    if not numbers or not rules.creates:
        sentence = "No record has an id of this learner. Add one, or link the learner to a record."
        return Unmatched("learner-unknown", sentence, _by_address(ids, people))
    kept = frozenset(item for item in ids if item.kind is IdKind.SIS or (rules.links and item.kind in STRONG))
    person = Person(numbers[0].value, learner.name, kept)
    return Matched(person, tuple(kept))


def _by_address(ids: Sequence[Identifier], people: Sequence[Person]) -> tuple[Person, ...]:
    weak = [item for item in ids if item.kind not in STRONG]
    return tuple(person for person in people if not person.ids.isdisjoint(weak))


def _conflict(sentence: str, people: Iterable[Person]) -> Unmatched:
    distinct = {person.id: person for person in people}
    return Unmatched("learner-conflict", f"{sentence} Somebody has to settle it.", tuple(distinct.values()))
