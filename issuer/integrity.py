"""Looking through a whole database: is all there, and is it what was written?

Each check reads everything it is about, from one moment, while others may write. It returns a short sentence that says
what was found good, or raises `IntegrityError` with what was not.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Select, Table, UniqueConstraint, and_, func, or_, select, union_all

from issuer import audit, migrations
from issuer.db import Database, Transaction
from issuer.errors import IntegrityError
from issuer.model import CompletionState
from issuer.store.tables import award, completion, credential, metadata, profile_credential, status_list
from issuer.store.tables_keys import credential_edition as former

SHOWN: Final = 5
"""Findings that a check names; one is enough to know that something must be done."""
_BATCH: Final = 500

Check = Callable[[Database, Transaction], str]


def _schema(_database: Database, tx: Transaction) -> str:
    schema = migrations.check_in(tx)
    if not schema.is_current:
        raise IntegrityError(f"The schema has revision {schema.found} and must have {schema.expected}.")
    return f"revision {schema.found}"


def _storage(database: Database, tx: Transaction) -> str:
    return _whole(database.kind.faults(tx.connection), "the database finds no fault in itself")


def _keys(_database: Database, tx: Transaction) -> str:
    found = (
        f"The table {table.name} has {again - 1} rows too many with one value of {', '.join(names)}."
        for table, names in unique_keys()
        for again in tx.connection.scalars(_repeated(table, names))
    )
    return _whole(found, f"{len(list(unique_keys()))} keys, each used once: awards, status entries, addresses, …")


def unique_keys() -> Iterator[tuple[Table, tuple[str, ...]]]:
    """Yield each table with the columns of one of its keys."""
    for table in metadata.sorted_tables:
        yield table, tuple(table.primary_key.columns.keys())
        for rule in sorted(table.constraints, key=lambda rule: str(rule.name)):
            if isinstance(rule, UniqueConstraint):
                yield table, tuple(rule.columns.keys())


def _repeated(table: Table, names: tuple[str, ...]) -> Select[Any]:
    columns = [table.columns[name] for name in names]
    return select(func.count()).select_from(table).group_by(*columns).having(func.count() > 1).limit(SHOWN + 1)


def _documents(_database: Database, tx: Transaction) -> str:
    live = select(credential.c.public_id, credential.c.document, credential.c.sha256)
    replaced = select(credential.c.public_id, former.c.document, former.c.sha256).join_from(
        former, credential, former.c.credential_id == credential.c.id
    )
    statement = union_all(live, replaced)
    total = 0
    changed: list[str] = []
    for public_id, document, digest in tx.connection.execute(statement.execution_options(yield_per=_BATCH)):
        total += 1
        if hashlib.sha256(document).digest() != digest and len(changed) <= SHOWN:
            changed.append(f"The credential {public_id} is not the one that was signed.")
    return _whole(changed, f"{total}, each byte as it was signed")


def _completions(_database: Database, tx: Transaction) -> str:
    credentials = completion.outerjoin(credential, credential.c.id == completion.c.credential_id)
    lost = (
        select(completion.c.id)
        .select_from(credentials)
        .where(
            or_(completion.c.state == CompletionState.ISSUED, completion.c.credential_id.is_not(None)),
            credential.c.id.is_(None),
        )
    )
    found = (
        f"The completion {key} was issued, but its credential is not there." for key in tx.connection.scalars(lost)
    )
    total = tx.connection.scalar(select(func.count()).select_from(completion))
    return _whole(found, f"{total}, none without what was issued for it")


def _awards(_database: Database, tx: Transaction) -> str:
    theirs = award.join(credential, credential.c.id == award.c.credential_id).join(
        completion, completion.c.id == credential.c.completion_id
    )
    names = ("institution_id", "person", "definition_id", "occurrence")
    same = and_(*(award.columns[name] == completion.columns[name] for name in names))
    found = (
        f"The award of the credential {key} is in another name than its completion."
        for key in tx.connection.scalars(select(credential.c.public_id).select_from(theirs).where(~same))
    )
    total = tx.connection.scalar(select(func.count()).select_from(award))
    return _whole(found, f"{total}, each in the name of its completion")


def _entries(_database: Database, tx: Transaction) -> str:
    used = [
        select(func.count()).where(table.c.status_list_id == status_list.c.id).scalar_subquery()
        for table in (credential, profile_credential)
    ]
    over = select(status_list.c.url).where(used[0] + used[1] > status_list.c.taken)
    found = (f"The list {url} has more credentials than entries given away." for url in tx.connection.scalars(over))
    total = tx.connection.scalar(select(func.count()).select_from(status_list))
    return _whole(found, f"{total}, every entry given away once")


def _log(_database: Database, tx: Transaction) -> str:
    last = audit.verify(tx)
    return "empty" if last is None else f"{last.seq} entries, chain whole; the last is {last.hash.hex()}"


def _whole(found: Iterable[str], good: str) -> str:
    """Return `good` if nothing was found; raise `IntegrityError` naming the first findings if something was."""
    shown = list(itertools.islice(found, SHOWN + 1))
    if shown:
        raise IntegrityError(" ".join(shown[:SHOWN]) + (" And there are more." if len(shown) > SHOWN else ""))
    return good


CHECKS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        "schema": _schema,
        "storage": _storage,
        "keys": _keys,
        "credentials": _documents,
        "completions": _completions,
        "awards": _awards,
        "status lists": _entries,
        "audit log": _log,
    }
)
"""All checks, by the name that a person reads; the others ask about tables as the first one demands them."""
