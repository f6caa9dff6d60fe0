"""The ledger of one set: what people have already, what was asked of sources, and what is ready to be issued."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from issuer import audit
from issuer.db import Transaction
from issuer.inbox import Answer
from issuer.lms.model import Reported
from issuer.lms_work.filing import SETBACK
from issuer.lms_work.items import Bound, Group, Item
from issuer.model import CompletionReport, DefinitionVersion
from issuer.model.lms import LmsAward, LmsCase, LmsQuestion
from issuer.store import definitions as definition_store
from issuer.store import lms_outcomes as store

_SENTENCE: Final = "After the credential was issued, the source reported less. Decide whether it is revoked."


@dataclass(frozen=True, slots=True)
class Place:
    """Where reports count: for one person, by one binding, in one term ("" for a binding without terms)."""

    group: Group
    bound: Bound
    term: str

    @property
    def key(self) -> tuple[UUID, UUID, str]:
        """Person, binding, occurrence: nobody gets anything twice for the same."""
        return self.group.person_id, self.bound.record.id, self.term


@dataclass(slots=True)
class Ready:
    """A completion that can be issued: the reports that show it, the last of them, what the source confirmed."""

    place: Place
    items: Sequence[Item]
    because: Item
    confirmed: bytes | None
    report: CompletionReport | None = None
    raw: bytes = b""


@dataclass(slots=True)
class Ledger:
    """What is known of the people of a set, and what is decided about them."""

    tx: Transaction
    now: datetime
    awards: dict[tuple[UUID, UUID, str], LmsAward]
    questions: dict[tuple[UUID, UUID, str], LmsQuestion]
    ready: list[Ready] = field(default_factory=list)
    _fresh: list[LmsAward] = field(default_factory=list)
    _versions: dict[str, tuple[DefinitionVersion, ...]] = field(default_factory=dict)

    @classmethod
    def read(cls, tx: Transaction, people: Collection[UUID], now: datetime) -> Ledger:
        """Return the ledger of some people."""
        return cls(tx, now, store.awards_of(tx, people), store.questions_of(tx, people))

    def has(self, place: Place) -> bool:
        """Whether the person has what the binding leads to."""
        return place.key in self.awards

    def versions(self, definition_id: str) -> tuple[DefinitionVersion, ...]:
        """Return all versions of a definition."""
        if definition_id not in self._versions:
            found = definition_store.versions_of(self.tx, [definition_id])
            self._versions[definition_id] = found.get(definition_id, ())
        return self._versions[definition_id]

    def set_back(self, place: Place, items: Sequence[Item], setbacks: Sequence[Reported]) -> None:
        """Open a case for each report by which less is reached than when the credential was issued."""
        award = self.awards[place.key]
        for report in setbacks:
            item = next(item for item in items if item.reported is report)
            case = LmsCase(
                id=self.tx.new_id(self.now),
                institution_id=self.tx.institution_id,
                connection_id=item.record.connection_id,
                kind=SETBACK,
                source=item.record.source,
                event_id=item.record.event_id,
                digest=item.record.digest,
                content=item.record.content,
                sentence=_SENTENCE,
                completion_id=award.completion_id,
                opened_at=self.now,
            )
            if store.open_case(self.tx, case):
                audit.append(self.tx, self.now, place.group.opened.record.name, "lms.setback", str(case.id), {})

    def ask(self, place: Place, learner: str, statement: str) -> None:
        """Order that the source is asked about a person in a course, now, unless that is ordered already."""
        key = place.group.key
        known = self.questions.get(key)
        if known is not None and known.due_at is not None:
            return
        connection_id, person_id, course = key
        fresh = LmsQuestion(connection_id, person_id, course, self.tx.institution_id, learner, statement, 0, self.now)
        asked = fresh if known is None else replace(known, due_at=self.now, tries=0, statement=statement)
        store.ask(self.tx, asked)
        self.questions[key] = asked

    def award(self, ready: Ready, answer: Answer) -> None:
        """Note what a person got."""
        person_id, binding_id, occurrence = ready.place.key
        award = LmsAward(
            institution_id=self.tx.institution_id,
            person_id=person_id,
            binding_id=binding_id,
            occurrence=occurrence,
            completion_id=answer.completion.id,
            report_id=ready.because.record.id,
            awarded_at=self.now,
            confirmed=ready.confirmed,
        )
        self.awards[ready.place.key] = award
        self._fresh.append(award)

    def store(self) -> None:
        """Store the awards."""
        store.add_awards(self.tx, self._fresh)
