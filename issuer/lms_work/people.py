"""The people of a set of reports: found, made and learned about, in the transaction of whoever asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from issuer.db import Transaction
from issuer.lms import identity
from issuer.lms.identity import Matched, Person, Rules, Unmatched
from issuer.lms.model import Identifier, IdKind, SourceLearner
from issuer.lms_work.filing import id_text
from issuer.model.lms import LmsPerson, LmsPersonId
from issuer.store import persons as store

_TAKEN: Final = Unmatched(
    "learner-conflict", "A record with this number has another id in the student system. Somebody has to settle it."
)


class People:
    """Everybody whom the learners of a set may be, and whoever is made while it is worked on."""

    def __init__(self, tx: Transaction, now: datetime) -> None:
        self._tx = tx
        self._now = now
        self._people: dict[UUID, Person] = {}
        self._owners: dict[Identifier, set[UUID]] = {}
        self._numbers: set[str] = set()
        self._made_records: list[LmsPerson] = []
        self._made_ids: list[LmsPersonId] = []
        self.learned: set[str] = set()

    def load(self, learners: Iterable[SourceLearner]) -> None:
        """Fetch everybody who has an id of one of these learners."""
        wanted = {item for learner in learners for item in identity.keys(learner)}
        for key, person in store.with_ids(self._tx, wanted).items():
            self._people[key] = person
            self._note(key, person.ids)
        numbers = {item.value for item in wanted if item.kind is IdKind.SIS}
        self._numbers |= set(store.by_numbers(self._tx, numbers))

    def store(self) -> None:
        """Store the records that were made, and the ids that were learned."""
        store.add(self._tx, self._made_records)
        store.add_ids(self._tx, self._made_ids)
        self._made_records, self._made_ids = [], []

    def __getitem__(self, key: UUID) -> Person:
        """Return a person by key."""
        if key not in self._people:
            self._people |= store.of_ids(self._tx, [key])
        return self._people[key]

    def match(self, learner: SourceLearner, rules: Rules, actor: str) -> UUID | Unmatched:
        """Return whose ids these are, and note what was learned of them; a new record if the rules allow it."""
        near = {key for item in identity.keys(learner) for key in self._owners.get(item, ())}
        candidates = {key: self._people[key] for key in near}
        found = identity.match(learner, candidates.values(), rules)
        if isinstance(found, Unmatched):
            return found
        key = next((key for key, person in candidates.items() if person is found.person), None)
        if key is None:
            key = self._made(found.person, actor)
        if key is None:
            return _TAKEN
        self._learn(key, found, actor)
        return key

    def _made(self, person: Person, actor: str) -> UUID | None:
        if person.id in self._numbers:
            return None
        self._numbers.add(person.id)
        key = self._tx.new_id(self._now)
        self._made_records.append(LmsPerson(key, self._tx.institution_id, person.id, person.name, actor, self._now))
        self._people[key] = replace(person, ids=frozenset())
        return key

    def _learn(self, key: UUID, found: Matched, actor: str) -> None:
        if not found.learned:
            return
        person = self._people[key]
        self._people[key] = replace(person, ids=person.ids | set(found.learned))
        self._note(key, found.learned)
        self.learned |= {id_text(item) for item in found.learned}
        self._made_ids += [id_record(self._tx, key, item, actor, self._now) for item in found.learned]

    def _note(self, key: UUID, ids: Iterable[Identifier]) -> None:
        for item in ids:
            self._owners.setdefault(item, set()).add(key)


def id_record(tx: Transaction, key: UUID, item: Identifier, actor: str, now: datetime) -> LmsPersonId:
    """Return an id of a person as it is stored."""
    return LmsPersonId(tx.institution_id, item.value, item.kind.value, item.namespace, key, actor, now)
