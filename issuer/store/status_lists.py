"""Status lists and the decisions about their entries.

A list's key is enough to find it: whoever holds a credential may read its status.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select, update

from issuer.db import Transaction
from issuer.model import StatusChange, StatusList, StatusState
from issuer.store.rows import among, changed, insert, insert_many, read_all, read_in, read_one
from issuer.store.tables import status_change as changes
from issuer.store.tables import status_list as table

Place = tuple[UUID, int]
"""A list and an index in it."""


def _open_statement(*, of_profile: bool, of_year: bool) -> Select[Any]:
    statement = select(table).where(
        table.c.institution_id == bindparam("institution"),
        table.c.purpose == bindparam("purpose"),
        table.c.profile_id == bindparam("profile") if of_profile else table.c.profile_id.is_(None),
        table.c.valid_year == bindparam("year") if of_year else table.c.valid_year.is_(None),
        table.c.taken < table.c.length,
    )
    return statement.order_by(table.c.created_at, table.c.id).limit(1)


_OPEN: Final[Mapping[tuple[bool, bool], Select[Any]]] = {
    (of_profile, of_year): _open_statement(of_profile=of_profile, of_year=of_year)
    for of_profile in (False, True)
    for of_year in (False, True)
}
_BY_ID: Final = select(table).where(table.c.id == bindparam("list"))
_LAST_CHANGE: Final = select(func.max(changes.c.id)).where(changes.c.list_id == bindparam("list"))
_TAKE: Final = (
    update(table)
    .where(table.c.id == bindparam("list"), table.c.taken == bindparam("before"))
    .values(taken=bindparam("after"), last_signed_at=bindparam("signed"))
)
_LAST_SIGNED: Final = select(func.max(table.c.last_signed_at)).where(table.c.institution_id == bindparam("institution"))
_DECISION: Final = select(*(column for column in changes.columns if column.name != "id"))
_DECISIONS: Final = _DECISION.where(changes.c.list_id == bindparam("list"), among(changes.c.index)).order_by(
    changes.c.id
)


def add(tx: Transaction, record: StatusList) -> None:
    """Store a new list."""
    insert(tx, table, record)


def get(tx: Transaction, list_id: UUID) -> StatusList | None:
    """Return one list by its key, of whichever institution."""
    return read_one(tx, _BY_ID, StatusList, list=list_id)


def every(tx: Transaction) -> tuple[StatusList, ...]:
    """Return the lists of the institution, the oldest first."""
    statement = select(table).where(table.c.institution_id == tx.institution_id).order_by(table.c.id)
    return read_all(tx, statement, StatusList)


def open_list(tx: Transaction, purpose: str, profile_id: UUID | None, valid_year: int | None) -> StatusList | None:
    """Return the oldest list with entries to give away, of a profile or (`profile_id` is None) of the institution.

    It is one of `valid_year`, or one without a year.
    """
    wanted = {"profile": profile_id, "year": valid_year}
    filled = {name: value for name, value in wanted.items() if value is not None}
    statement = _OPEN[profile_id is not None, valid_year is not None]
    return read_one(tx, statement, StatusList, institution=tx.institution_id, purpose=purpose, **filled)


def take(tx: Transaction, record: StatusList, count: int, now: datetime) -> bool:
    """Give away the next `count` entries of a list to what is signed `now`; False if somebody else did since
    `record` was read."""
    values = {
        "list": record.id,
        "before": record.taken,
        "after": record.taken + count,
        "signed": _later(record.last_signed_at, now),
    }
    return changed(tx, _TAKE, [values]) == 1


def seal(tx: Transaction) -> int:
    """Give no entry away any more of the institution's lists; return how many had some left."""
    ours = update(table).where(table.c.institution_id == tx.institution_id, table.c.taken < table.c.length)
    return changed(tx, ours.values(taken=table.c.length))


def last_signed_at(tx: Transaction) -> datetime | None:
    """Return the latest time at which anything of the institution's lists was signed."""
    found: datetime | None = tx.connection.scalar(_LAST_SIGNED, {"institution": tx.institution_id})
    return found


def note_signature(tx: Transaction, record: StatusList, now: datetime) -> None:
    """Keep that a list was signed."""
    statement = update(table).where(table.c.id == record.id)
    tx.connection.execute(statement.values(last_signed_at=_later(record.last_signed_at, now)))


def forget_future(tx: Transaction, now: datetime) -> None:
    """Take later signatures than `now` for signatures of now."""
    ours = update(table).where(table.c.institution_id == tx.institution_id, table.c.last_signed_at > now)
    tx.connection.execute(ours.values(last_signed_at=now))


def add_changes(tx: Transaction, made: Sequence[StatusChange]) -> None:
    """Append decisions, in order."""
    insert_many(tx, changes, made, leave_out=("id",))


def newest_changes(tx: Transaction, places: Iterable[Place]) -> dict[Place, StatusChange]:
    """Return the decision that counts for each entry that has one."""
    indexes: dict[UUID, list[int]] = {}
    for list_id, index in places:
        indexes.setdefault(list_id, []).append(index)
    return {
        (found.list_id, found.index): found
        for list_id, wanted in indexes.items()
        for found in read_in(tx, _DECISIONS, wanted, StatusChange, list=list_id)
    }


def changes_of(tx: Transaction, list_id: UUID, index: int) -> tuple[StatusChange, ...]:
    """Return all decisions about one entry, the first one first."""
    return tuple(read_in(tx, _DECISIONS, [index], StatusChange, list=list_id))


def last_change(tx: Transaction, list_id: UUID) -> int:
    """Return the key of the newest decision about any entry of a list; 0 if there is none."""
    return tx.connection.scalar(_LAST_CHANGE, {"list": list_id}) or 0


def marked(tx: Transaction, list_id: UUID) -> dict[StatusState, list[int]]:
    """Return the entries of a list by the newest decision about them, where there is one, in rising order."""
    newest = select(func.max(changes.c.id)).where(changes.c.list_id == list_id).group_by(changes.c.index)
    statement = select(changes.c.index, changes.c.state).where(changes.c.id.in_(newest)).order_by(changes.c.index)
    found: dict[StatusState, list[int]] = {state: [] for state in StatusState}
    for index, state in tx.connection.execute(statement):
        found[state].append(index)
    return found


def _later(before: datetime | None, now: datetime) -> datetime:
    return now if before is None else max(before, now)
