"""What the check of everything finds, one damage at a time."""

from __future__ import annotations

import subprocess
import sys

import pytest
from sqlalchemy import inspect, text

from issuer.db import Database
from issuer.errors import IntegrityError
from issuer.integrity import CHECKS, unique_keys
from issuer.model import Institution
from tests.issuer.full_home import fill

Home = tuple[Database, Institution]
DAMAGES = [
    ("schema", "UPDATE alembic_version SET version_num = '0001'", "revision 0001 and must have"),
    ("credentials", "UPDATE credential SET sha256 = document", "is not the one that was signed.*And there are more"),
    ("completions", "UPDATE completion SET credential_id = institution_id", "its credential is not there"),
    ("completions", "UPDATE completion SET credential_id = NULL", "its credential is not there"),
    ("awards", "UPDATE award SET occurrence = 'again'", "in another name"),
    ("status lists", "UPDATE status_list SET taken = 1", "more credentials than entries"),
    ("audit log", "UPDATE audit SET actor = 'somebody' WHERE seq = 2", "entry 2 was changed"),
    ("audit log", "DELETE FROM audit WHERE seq = 2", "entry 2 is missing"),
]


def run(database: Database, name: str) -> str:
    with database.begin_read() as tx:
        return CHECKS[name](database, tx)


def test_a_home_that_is_whole(home: Home) -> None:
    for word in ("first", "second"):
        fill(*home, word)
    told = {name: run(home[0], name) for name in CHECKS}
    assert told["credentials"] == "6, each byte as it was signed"
    assert told["completions"].startswith("8, ")
    assert told["awards"].startswith("6, ")
    assert told["audit log"].endswith("chain whole; the last is " + told["audit log"][-64:])


@pytest.mark.parametrize(("name", "damage", "sentence"), DAMAGES)
def test_each_damage_is_found_by_its_check(home: Home, name: str, damage: str, sentence: str) -> None:
    for word in ("first", "second"):
        fill(*home, word)
    with home[0].begin_write() as tx:
        tx.connection.execute(text(damage))
    with pytest.raises(IntegrityError, match=sentence):
        run(home[0], name)


def test_a_key_used_twice_is_found(home: Home) -> None:
    """The database itself refuses that, so its rule is taken away first."""
    fill(*home)
    with home[0].begin_write() as tx:
        if home[0].kind.title == "PostgreSQL":
            tx.connection.execute(text("ALTER TABLE api_token DROP CONSTRAINT uq_api_token_institution_id_name"))
            key = "'99999999-9999-7999-8999-999999999999'"
        else:
            tx.connection.execute(text("CREATE TABLE other AS SELECT * FROM api_token"))
            tx.connection.execute(text("DROP TABLE api_token"))
            tx.connection.execute(text("ALTER TABLE other RENAME TO api_token"))
            key = f"x'{'99' * 16}'"
        tx.connection.execute(
            text(
                "INSERT INTO api_token (id, institution_id, name, sha256, scopes, created_at) "
                f"SELECT {key}, institution_id, name, {key.replace('-', '')}, scopes, created_at FROM api_token"
            )
        )
    with pytest.raises(IntegrityError, match="api_token has 1 rows too many with one value of institution_id, name"):
        run(home[0], "keys")


def test_every_table_has_a_key() -> None:
    names = [(table.name, columns) for table, columns in unique_keys()]
    assert ("award", ("institution_id", "person", "definition_id", "occurrence")) in names
    assert ("credential", ("status_list_id", "status_index")) in names
    assert ("batch", ("institution_id", "key")) in names


def test_all_tables_are_looked_at_whatever_else_was_imported(home: Home) -> None:
    """In a process of its own: here other tests have imported every module."""
    program = "from issuer.integrity import unique_keys; print(*{table.name for table, _ in unique_keys()})"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    with home[0].begin_read() as tx:
        assert {*told, "alembic_version"} == set(inspect(tx.connection).get_table_names())


@pytest.mark.databases("sqlite")
def test_what_sqlite_finds_in_itself(home: Home) -> None:
    fill(*home)
    database = home[0]
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("DELETE FROM status_list")
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        connection.invalidate()
    with pytest.raises(IntegrityError, match="points to a row of status_list that is not there"):
        run(database, "storage")


@pytest.mark.databases("postgresql")
def test_what_postgresql_has_not_checked(home: Home) -> None:
    with home[0].begin_write() as tx:
        tx.connection.execute(text("ALTER TABLE audit ADD CONSTRAINT late CHECK (seq > 0) NOT VALID"))
        tx.connection.execute(text("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'pk_audit'::regclass"))
    with pytest.raises(IntegrityError, match=r"rule late of the table audit.*index pk_audit is not usable"):
        run(home[0], "storage")
