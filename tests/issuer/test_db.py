"""The database: identifiers, times, transactions, and the schema against its migrations."""

from __future__ import annotations

import gc
import secrets
import weakref
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import exc, func, insert, select, text

from issuer.db import Database, new_id, open_database
from issuer.db_kinds import Waits
from issuer.db_sqlite import SQLITE
from issuer.errors import BusyError, NotFoundError, SettingsError, StorageError
from issuer.model import Institution
from issuer.store import institutions
from issuer.store.columns import Instant
from issuer.store.tables import credential, institution
from tests.issuer.samples import NOW

Home = tuple[Database, Institution]
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))


def test_an_id_is_a_version_7_uuid_with_its_time() -> None:
    made = new_id(datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC), lambda count: bytes(count))
    assert str(made) == "017f22e2-79b0-7000-8000-000000000000"  # the time of RFC 9562 appendix A.6
    assert made.version == 7


@given(MOMENTS, MOMENTS)
def test_ids_sort_by_time(one: datetime, other: datetime) -> None:
    first, second = new_id(one, lambda n: b"\xff" * n), new_id(other, bytes)
    assert (first < second) == (one < other) or one == other


@given(MOMENTS)
def test_a_time_is_stored_to_the_microsecond(moment: datetime) -> None:
    kind = Instant()
    stored = kind.process_bind_param(moment.astimezone(timezone(timedelta(hours=5))), None)  # type: ignore[arg-type]
    assert kind.process_result_value(stored, None) == moment  # type: ignore[arg-type]


@pytest.mark.databases("sqlite")
def test_sqlite_is_set_up_to_keep_what_it_confirmed(home: Home) -> None:
    with home[0].begin_read() as tx:
        read = {name: tx.connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in _PRAGMAS}
    assert read == _PRAGMAS


_PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


def test_a_write_is_kept_whole_or_not_at_all(home: Home) -> None:
    database, first = home

    def write_half() -> None:
        with database.begin_write() as tx:
            institutions.add(tx, _another(tx.new_id(NOW)))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    with database.begin_read() as tx:
        assert institutions.every(tx) == (first,)


def test_a_read_keeps_nothing(home: Home) -> None:
    database, first = home
    allowed = nullcontext() if database.kind is SQLITE else pytest.raises(StorageError, match="cannot be written")
    with allowed, database.begin_read() as tx:
        institutions.add(tx, _another(tx.new_id(NOW)))
    with database.begin_read() as tx:
        assert tx.connection.scalar(select(func.count()).select_from(institution)) == 1
        assert institutions.by_slug(tx, "uni") == first
        with pytest.raises(NotFoundError):
            institutions.get(tx, new_id(NOW, secrets.token_bytes))


def test_foreign_keys_hold(home: Home) -> None:
    keys = ("id", "institution_id", "completion_id", "definition_version_id", "status_list_id")
    values = {"public_id": "p", "document": b"", "sha256": b"", "key_id": "k", "status_index": 0, "issued_at": NOW}
    with pytest.raises(exc.IntegrityError), home[0].begin_write() as tx:
        tx.connection.execute(insert(credential).values(**{name: tx.new_id(NOW) for name in keys}, **values))


def test_what_a_statement_was_given_is_in_no_error(home: Home) -> None:
    """A defect is logged with its traceback, and what was stored may be about a person."""
    database, _ = home
    with pytest.raises(exc.DBAPIError) as raised, database.begin_read() as tx:
        tx.connection.execute(text("SELECT nothing FROM nowhere WHERE name = :name"), {"name": "Amara Okafor"})
    assert "Amara" not in str(raised.value)


def test_a_transaction_without_an_institution_says_so(home: Home) -> None:
    with home[0].begin_read() as tx:
        with pytest.raises(RuntimeError):
            _ = tx.institution_id
        assert tx.within(home[1].id).institution_id == home[1].id


@pytest.mark.parametrize("url", ["nonsense", "mysql://host/x", "sqlite://", "sqlite:///:memory:"])
def test_a_database_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="MICROCRED_DATABASE_URL"):
        open_database(url, secrets.token_bytes)


def _another(institution_id: object) -> Institution:
    return Institution(
        institution_id, "o", "did:web:o.example", "https://o.example", "Other", "https://o.example", "NL", NOW
    )  # type: ignore[arg-type]


def test_a_writer_that_gets_no_turn_is_told_to_try_again(home_url: str) -> None:
    first, second = (open_database(home_url, secrets.token_bytes, Waits(turn=1)) for _ in range(2))
    for rival in (first, second):  # of the same process, and of another one
        with first.begin_write():
            turn = rival.begin_write()
            with pytest.raises(BusyError, match="Try again"):
                turn.__enter__()
    with second.begin_write() as tx:
        assert len(institutions.every(tx)) == 1
    first.close()
    second.close()


def test_a_read_sees_one_moment_while_others_write(home: Home) -> None:
    database, first = home
    with database.begin_read() as reading:
        assert institutions.every(reading) == (first,)
        with database.begin_write() as tx:
            institutions.add(tx, _another(tx.new_id(NOW)))
        assert institutions.every(reading) == (first,)
    with database.begin_read() as reading:
        assert len(institutions.every(reading)) == 2


def test_a_forgotten_database_closes_its_connections(home_url: str) -> None:
    database = open_database(home_url, secrets.token_bytes)
    with database.begin_read():
        pass
    pool = database.engine.pool
    assert pool.checkedin() == 1  # type: ignore[attr-defined]
    engine = weakref.ref(database.engine)
    del database, pool
    gc.collect()
    assert engine() is None
