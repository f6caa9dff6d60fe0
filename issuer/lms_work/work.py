"""Work on reports: whose they are, which course, whether its rule is met, and the credential that follows.

A set of reports is worked on in one transaction, together with all that was ever reported about the same people in the
same courses: so what comes late, twice or in the wrong order leads to the same end. Credentials go the way of every
completion (`issuer.inbox`). Each report ends in a state; what is held has a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from issuer.db import Transaction
from issuer.inbox import Answer, Arrival, Refusal, take_in
from issuer.lms.bindings import Held
from issuer.lms.identity import Unmatched
from issuer.lms.model import Kind
from issuer.lms_work.connections import Connections, Opened
from issuer.lms_work.groups import rule_on
from issuer.lms_work.items import Bound, Group, Item
from issuer.lms_work.ledger import Ledger, Ready
from issuer.lms_work.people import People
from issuer.make import Maker
from issuer.model.lms import LmsReport, ReportState
from issuer.store import bindings as binding_store
from issuer.store import lms_messages as store

Key = tuple[UUID, UUID, str]
"""Connection, person, course."""

_NOBODY: Final = Held("learner-missing", "The report names no learner.")
_NO_COURSE: Final = Held("course-missing", "The report names no course, so that it counts for none.")
_HOLD: Final = Held("source-hold", "The source asks to wait with this one.")
_NOT_YET: Final = Held("voided-unknown", "It takes back a report that has not arrived here.")


@dataclass(slots=True)
class Work:
    """Works on one set of reports in a transaction of the caller."""

    tx: Transaction
    connections: Connections
    maker: Callable[[], Maker]
    now: datetime
    _items: dict[UUID, Item] = field(default_factory=dict)
    _opened: dict[UUID, Opened] = field(default_factory=dict)

    def on(self, records: Sequence[LmsReport]) -> list[Item]:
        """Work on reports and store what became of them; return them in the same order."""
        items = [Item.of(record) for record in records]
        people = People(self.tx, self.now)
        touched = self._placed(items, people)
        # An id that was just learned may be the one under which earlier reports wait.
        late = [record for record in store.held_of_learners(self.tx, people.learned) if record.id not in self._items]
        touched |= self._placed([Item.of(record) for record in late], people)
        people.store()
        ledger = Ledger.read(self.tx, {person for _, person, _ in touched}, self.now)
        for group in self._groups(touched):
            rule_on(group, ledger, people)
        self._issue(ledger)
        store.settle(self.tx, [item.record for item in self._items.values()])
        return items

    def _placed(self, items: Sequence[Item], people: People) -> set[Key]:
        """Find out whose each report is, and of which course; return what is to be ruled on."""
        self._items |= {item.record.id: item for item in items}
        unknown = {item.record.connection_id for item in items} - self._opened.keys()
        self._opened |= self.connections.within(self.tx, unknown)
        people.load(item.reported.learner for item in items if item.reported.learner is not None)
        # What takes others back comes after those, wherever it stands in the set.
        ordered = sorted(items, key=lambda item: item.reported.voids is not None)
        return {key for item in ordered if (key := self._place(item, people)) is not None}

    def _place(self, item: Item, people: People) -> Key | None:
        """Note whose a report is; return where it counts, or None if it is held or there is nothing to count."""
        found = self._where(item, people)
        if isinstance(found, Held):
            item.hold(found)
            return None
        if found is None:
            reason = item.reported.reason
            item.end(ReportState.DONE, Held("ignored", reason) if reason else None)
        return found

    def _where(self, item: Item, people: People) -> Key | Held | None:
        report = item.reported
        if report.kind is Kind.IGNORED:
            return None
        if report.learner is None:
            return _NOBODY if report.voids is None else self._where_voided(item)
        home = self._opened[item.record.connection_id]
        found = people.match(report.learner, home.rules, home.record.name)
        if isinstance(found, Unmatched):
            return Held(found.code, found.sentence)
        item.belongs(found, item.record.course)
        if report.kind is Kind.IDENTITY:
            return None
        if report.course is None:
            return _NO_COURSE
        return Held(_HOLD.code, report.reason or _HOLD.sentence) if report.hold else _key(item)

    def _where_voided(self, item: Item) -> Key | Held | None:
        """Put a report that takes another one back where that one is."""
        name = (item.record.source, item.record.voids)
        target = store.by_events(self.tx, [name]).get(name)
        if target is not None and target.id in self._items:
            target = self._items[target.id].record
        if target is None or target.person_id is None:
            return _NOT_YET
        item.belongs(target.person_id, target.course)
        return _key(item)

    def _groups(self, touched: Collection[Key]) -> Iterator[Group]:
        """Return all that was reported about each of these people in these courses."""
        self._fetch(touched)
        bound = [Bound.of(record) for record in binding_store.among(self.tx, {key[0] for key in touched})]
        histories: dict[Key, list[Item]] = {key: [] for key in touched}
        for item in self._items.values():
            if (key := _key(item)) in histories:
                histories[key].append(item)
        for key, items in histories.items():
            mine = [one for one in bound if one.record.connection_id == key[0]]
            yield Group(self._opened[key[0]], key[1], key[2], mine, items)

    def _fetch(self, touched: Collection[Key]) -> None:
        """Fetch the rest of what was reported about some people in some courses, and what takes reports back."""
        for connection_id in {key[0] for key in touched}:
            mine = [key for key in touched if key[0] == connection_id]
            for record in store.about(self.tx, connection_id, {key[1] for key in mine}, {key[2] for key in mine}):
                self._items.setdefault(record.id, Item.of(record))
        events = {(item.record.source, item.record.event_id): item for item in self._items.values()}
        for record in store.voiding(self.tx, [event for _, event in events]):
            target = events.get((record.source, record.voids))
            if target is not None and target.record.person_id is not None:
                item = self._items.setdefault(record.id, Item.of(record))
                item.belongs(target.record.person_id, target.record.course)

    def _issue(self, ledger: Ledger) -> None:
        """Hand in what is ready, and record what each became."""
        handed = [(one, one.report) for one in ledger.ready if one.report is not None]
        names = [one.place.group.opened.record.name for one, _ in handed]
        arrivals = [
            Arrival(one.raw, report, report.digest, name) for (one, report), name in zip(handed, names, strict=True)
        ]
        answers = take_in(self.tx, arrivals, self.maker, self.now) if arrivals else []
        for (one, _), answer in zip(handed, answers, strict=True):
            _end(one, answer, ledger)
        ledger.store()


def _end(one: Ready, answer: Answer | Refusal, ledger: Ledger) -> None:
    if not isinstance(answer, Answer):
        for item in one.items:
            item.hold(Held("report-does-not-fit", answer.detail))
        return
    ledger.award(one, answer)
    for item in one.items:
        item.end(ReportState.AWARDED)
        item.answer = answer


def _key(item: Item) -> Key | None:
    person_id = item.record.person_id
    return None if person_id is None else (item.record.connection_id, person_id, item.record.course)
