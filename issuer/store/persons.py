"""Learner records and the ids that belong to them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, bindparam, select

from issuer.db import Transaction
from issuer.lms.identity import Person
from issuer.lms.model import Identifier, IdKind
from issuer.model.lms import LmsPerson, LmsPersonId
from issuer.store.rows import among, insert_many, read_all, read_in, read_one
from issuer.store.tables_lms import person as table
from issuer.store.tables_lms import person_id as ids

_OURS: Final = select(table).where(table.c.institution_id == bindparam("institution"))
_BY_ID: Final = _OURS.where(among(table.c.id))
_BY_NUMBER: Final = _OURS.where(among(table.c.number))
_IDS_OF: Final = select(ids).where(among(ids.c.person_id))
_IDS_BY_VALUE: Final = select(ids).where(ids.c.institution_id == bindparam("institution"), among(ids.c.value))


def add(tx: Transaction, records: Sequence[LmsPerson]) -> None:
    """Store new records."""
    insert_many(tx, table, records)


def add_ids(tx: Transaction, records: Sequence[LmsPersonId]) -> None:
    """Store ids of people; one that belongs to somebody else raises `sqlalchemy.exc.IntegrityError`."""
    insert_many(tx, ids, records)


def by_number(tx: Transaction, number: str) -> LmsPerson | None:
    """Return the record with the institution's number."""
    return read_one(tx, _ours(tx).where(table.c.number == number), LmsPerson)


def by_numbers(tx: Transaction, numbers: Collection[str]) -> dict[str, LmsPerson]:
    """Return those of some records that there are."""
    return {found.number: found for found in read_in(tx, _BY_NUMBER, numbers, LmsPerson, institution=tx.institution_id)}


def page(tx: Transaction, limit: int, after: UUID | None = None) -> tuple[LmsPerson, ...]:
    """Return records in order of their making; `after` is the last key that the caller has."""
    statement = _ours(tx).order_by(table.c.id).limit(limit)
    return read_all(tx, statement if after is None else statement.where(table.c.id > after), LmsPerson)


def with_ids(tx: Transaction, wanted: Iterable[Identifier]) -> dict[UUID, Person]:
    """Return everybody who has one of these ids, with all ids that they have, by the key of the record."""
    pairs = {(item.kind.value, item.namespace, item.value) for item in wanted}
    values = {value for *_, value in pairs}
    hits = read_in(tx, _IDS_BY_VALUE, values, LmsPersonId, institution=tx.institution_id)
    found = {hit.person_id for hit in hits if (hit.kind, hit.namespace, hit.value) in pairs}
    return of_ids(tx, found)


def of_ids(tx: Transaction, keys: Collection[UUID]) -> dict[UUID, Person]:
    """Return records with their ids, by their keys."""
    owned: dict[UUID, set[Identifier]] = {key: set() for key in keys}
    for item in read_in(tx, _IDS_OF, keys, LmsPersonId):
        owned[item.person_id].add(Identifier(IdKind(item.kind), item.namespace, item.value))
    records = read_in(tx, _BY_ID, keys, LmsPerson, institution=tx.institution_id)
    return {record.id: Person(record.number, record.name, frozenset(owned[record.id])) for record in records}


def _ours(tx: Transaction) -> Select[Any]:
    return select(table).where(table.c.institution_id == tx.institution_id)
