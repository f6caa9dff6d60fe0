"""The desk for learner records: adding them with their ids, and settling whose an id is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from issuer import audit
from issuer.db import Database, Transaction
from issuer.errors import ConflictError, NotFoundError
from issuer.lms import identity
from issuer.lms.identity import Person
from issuer.lms.model import Identifier
from issuer.lms_work.people import id_record
from issuer.model.definition import MAX_NAME
from issuer.model.fields import text
from issuer.model.lms import LmsPerson
from issuer.store import persons as store


@dataclass(frozen=True, slots=True)
class PeopleDesk:
    """The learner records of one institution. Whoever changes them lets held reports be looked at again."""

    database: Database
    institution_id: UUID
    clock: Callable[[], datetime]

    def add(self, number: str, name: str | None, ids: Sequence[Identifier], actor: str) -> LmsPerson:
        """Make a record. Raises `ConflictError` for a number or an id that somebody else has, `FieldError`."""
        now, checked = self.clock(), text(MAX_NAME)(number.strip(), "number")
        with _distinct(), self.database.begin_write(self.institution_id) as tx:
            if store.by_number(tx, checked) is not None:
                raise ConflictError("There is a record with this number already. Link the ids to it instead.")
            record = LmsPerson(tx.new_id(now), self.institution_id, checked, name, actor, now)
            store.add(tx, [record])
            audit.append(tx, now, actor, "person.add", str(record.id), {})
            _link(tx, record, ids, actor, now)
        return record

    def link(self, number: str, ids: Sequence[Identifier], actor: str) -> None:
        """Give a person ids. Raises `NotFoundError`, and `ConflictError` for an id that somebody else has."""
        with _distinct(), self.database.begin_write(self.institution_id) as tx:
            record = store.by_number(tx, number)
            if record is None:
                raise NotFoundError("There is no record with this number.")
            _link(tx, record, ids, actor, self.clock())

    def page(self, limit: int = 100, after: UUID | None = None) -> list[tuple[LmsPerson, Person]]:
        """Return records with their ids in order of their making."""
        with self.database.begin_read(self.institution_id) as tx:
            records = store.page(tx, limit, after)
            people = store.of_ids(tx, [record.id for record in records])
        return [(record, people[record.id]) for record in records]


def _link(tx: Transaction, record: LmsPerson, ids: Sequence[Identifier], actor: str, now: datetime) -> None:
    have = store.of_ids(tx, [record.id])[record.id].ids
    fresh = [item for item in dict.fromkeys(map(identity.key, ids)) if item not in have]
    if fresh:
        store.add_ids(tx, [id_record(tx, record.id, item, actor, now) for item in fresh])
        audit.append(tx, now, actor, "person.link", str(record.id), {"kinds": [item.kind.value for item in fresh]})


@contextmanager
def _distinct() -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise ConflictError("One of these ids belongs to somebody else. Nobody is ever merged here.") from None
