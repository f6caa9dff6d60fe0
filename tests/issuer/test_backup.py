"""Copying everything out, and back into any kind of database; and every way in which a copy can be wrong."""

from __future__ import annotations

import hashlib
import json
import secrets
import stat
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from issuer import audit, migrations
from issuer.backup import backup
from issuer.backup_format import Manifest
from issuer.db import Database, open_database
from issuer.errors import ConflictError, IntegrityError, IssuerError, SettingsError, StateError
from issuer.integrity import CHECKS
from issuer.model import Institution
from issuer.restore import restore
from issuer.store import institutions
from issuer.store.tables import audit as audit_table
from issuer.store.tables import institution as institution_table
from tests.databases import Databases
from tests.issuer.full_home import fill
from tests.issuer.samples import NOW

Home = tuple[Database, Institution]


def silent(_table: str, _done: int, _total: int) -> None:
    """Progress that nobody wants to hear of."""


@pytest.fixture
def full(home: Home) -> Database:
    """A home with something in nearly every table, bytes and characters of every sort among it."""
    fill(*home)
    return home[0]


@pytest.fixture
def empty(databases: Databases) -> Iterator[Database]:
    database = open_database(databases.empty(), secrets.token_bytes)
    yield database
    database.close()


@pytest.fixture
def elsewhere(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of the other kind."""
    if database_kind == "postgresql":
        url = f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}"
    else:
        server = request.getfixturevalue("postgres")
        server.drop("elsewhere")
        url = server.make("elsewhere")
    database = open_database(url, secrets.token_bytes)
    yield database
    database.close()


def findings(database: Database) -> dict[str, str]:
    """Return what the checks find wrong."""
    found = {}
    for name, check in CHECKS.items():
        try:
            with database.begin_read() as tx:
                check(database, tx)
        except IssuerError as error:
            found[name] = error.detail
    return found


def test_everything_comes_back_in_either_kind(
    full: Database, empty: Database, elsewhere: Database, tmp_path: Path
) -> None:
    made = backup(full, tmp_path / "first", NOW, silent)
    assert sum(table.rows > 0 for table in made.tables) > 10
    for database, name in ((empty, "same"), (elsewhere, "other")):
        assert restore(database, tmp_path / "first", silent) == made
        assert findings(database) == {}
        again = backup(database, tmp_path / name, NOW, silent)
        assert again.tables == made.tables  # to the byte: their hashes are in it
        assert again.audit == made.audit


def test_a_restored_database_goes_on(full: Database, elsewhere: Database, tmp_path: Path) -> None:
    backup(full, tmp_path / "copy", NOW, silent)
    restore(elsewhere, tmp_path / "copy", silent)
    with elsewhere.begin_read() as tx:
        institution = institutions.every(tx)[0]
    fill(elsewhere, institution, "again")
    assert findings(elsewhere) == {}


def test_the_file_says_what_is_in_it(full: Database, tmp_path: Path) -> None:
    path = tmp_path / "copy"
    manifest = backup(full, path, NOW, silent)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not list(tmp_path.glob("*.partial"))
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        told = json.loads(archive.read("manifest.json"))
        assert set(archive.namelist()) == {"manifest.json", *(f"{table['name']}.jsonl" for table in told["tables"])}
        for table in told["tables"]:
            data = archive.read(f"{table['name']}.jsonl")
            assert hashlib.sha256(data).hexdigest() == table["sha256"]
            assert data.count(b"\n") == table["rows"]
            assert all(len(json.loads(line)) == len(table["columns"]) for line in data.splitlines())
        assert b"data-ethics" in archive.read("definition_version.jsonl")
    assert told["revision"] == migrations.revisions()[-1]
    assert told["createdAt"] == "2026-11-24T12:00:00Z"
    with full.begin_read() as tx:
        last = audit.verify(tx)
    assert last is not None
    assert manifest.audit.hash == told["audit"]["hash"] == last.hash.hex()


def test_progress_counts_up_to_all_rows(full: Database, empty: Database, tmp_path: Path) -> None:
    told: dict[str, tuple[int, int]] = {}

    def progress(table: str, done: int, total: int) -> None:
        told[table] = done, total

    manifest = backup(full, tmp_path / "copy", NOW, progress)
    expected = {table.name: (table.rows, table.rows) for table in manifest.tables if table.rows}
    assert told == expected
    told.clear()
    restore(empty, tmp_path / "copy", progress)
    assert told == expected


def test_a_copy_is_of_one_moment_while_others_write(full: Database, empty: Database, tmp_path: Path) -> None:
    """Every transaction adds an entry to the log and says its number in the institution's address: they must agree."""
    stop, started = threading.Event(), threading.Event()

    def work() -> None:
        while not stop.is_set():
            with full.begin_write() as tx:
                audit.append(tx, NOW, "me", "test", "thing", {})
                seq = tx.connection.scalar(select(func.max(audit_table.c.seq)))
                tx.connection.execute(update(institution_table).values(base_url=f"https://uni.example/{seq}"))
            started.set()

    worker = threading.Thread(target=work)
    worker.start()
    assert started.wait(60)
    manifests = [backup(full, tmp_path / str(number), NOW, silent) for number in range(3)]
    stop.set()
    worker.join()
    for number, manifest in enumerate(manifests):
        restore(empty, tmp_path / str(number), silent, force=number > 0)
        assert findings(empty) == {}
        with empty.begin_read() as tx:
            assert institutions.every(tx)[0].base_url == f"https://uni.example/{manifest.audit.entries}"


def test_a_backup_of_an_earlier_revision_is_brought_up(empty: Database, elsewhere: Database, tmp_path: Path) -> None:
    migrations.upgrade(empty, "0001")
    with empty.begin_write() as tx:
        key = "'11111111-1111-7111-8111-111111111111'" if empty.kind.title == "PostgreSQL" else f"x'{'11' * 16}'"
        tx.connection.execute(
            text(
                "INSERT INTO institution (id, slug, did, base_url, name, url, country, created_at) "
                f"VALUES ({key}, 'uni', 'did:web:uni.example', 'https://u', 'Uni', 'https://u', 'IE', 0)"
            )
        )
    manifest = backup(empty, tmp_path / "old", NOW, silent)
    assert manifest.revision == "0001"
    restore(elsewhere, tmp_path / "old", silent)
    assert migrations.check(elsewhere).is_current
    assert findings(elsewhere) == {}
    with elsewhere.begin_read() as tx:
        assert institutions.every(tx)[0].slug == "uni"


def test_data_is_never_written_over(full: Database, tmp_path: Path) -> None:
    backup(full, tmp_path / "copy", NOW, silent)
    with pytest.raises(ConflictError, match="is there already"):
        backup(full, tmp_path / "copy", NOW, silent)
    with full.begin_write() as tx:
        institutions.move(tx, institutions.every(tx)[0].id, "https://later.example")
    with pytest.raises(ConflictError, match="--force"):
        restore(full, tmp_path / "copy", silent)
    with full.begin_read() as tx:
        assert institutions.every(tx)[0].base_url == "https://later.example"
    restore(full, tmp_path / "copy", silent, force=True)
    with full.begin_read() as tx:
        assert institutions.every(tx)[0].base_url == "https://uni.example"


def test_tables_without_rows_are_no_data(full: Database, empty: Database, tmp_path: Path) -> None:
    backup(full, tmp_path / "copy", NOW, silent)
    migrations.upgrade(empty)
    restore(empty, tmp_path / "copy", silent)
    assert findings(empty) == {}


def test_there_must_be_something_to_copy(empty: Database, tmp_path: Path) -> None:
    with pytest.raises(StateError, match="nothing to copy"):
        backup(empty, tmp_path / "copy", NOW, silent)
    assert not list(tmp_path.glob("copy*"))


Members = dict[str, bytes]
Change = Callable[[Members], object]


def _manifest(change: Callable[[dict[str, Any]], object]) -> Change:
    def apply(members: Members) -> None:
        value = json.loads(members["manifest.json"])
        change(value)
        members["manifest.json"] = json.dumps(value).encode()

    return apply


def _file(name: str, old: bytes, new: bytes, *, agreed: bool = False) -> Change:
    """Change a file; `agreed` makes the manifest agree, as somebody would who has a defect or bad intentions."""

    def apply(members: Members) -> None:
        assert old in members[f"{name}.jsonl"]
        members[f"{name}.jsonl"] = data = members[f"{name}.jsonl"].replace(old, new)
        facts = {"sha256": hashlib.sha256(data).hexdigest(), "rows": data.count(b"\n")}
        if agreed:
            _manifest(lambda value: next(t for t in value["tables"] if t["name"] == name).update(facts))(members)

    return apply


def _twice(members: Members) -> None:
    (line,) = members["institution.jsonl"].splitlines(keepends=True)
    _file("institution", line, line * 2, agreed=True)(members)


DAMAGES: dict[str, tuple[Change, type[IssuerError], str]] = {
    "a changed row": (_file("institution", b"uni.example", b"evil.exampl"), IntegrityError, "institution.*damaged"),
    "no row": (_file("institution", b"\n", b""), IntegrityError, "institution.*damaged"),
    "no file of a table": (lambda members: members.pop("audit.jsonl"), IntegrityError, "lacks a part"),
    "no manifest": (lambda members: members.pop("manifest.json"), IntegrityError, "lacks a part"),
    "a list as manifest": (lambda m: m.update({"manifest.json": b"[]"}), IntegrityError, "manifest.*damaged"),
    "a deep manifest": (lambda m: m.update({"manifest.json": b"[" * 100_000}), IntegrityError, "manifest.*damaged"),
    "another format": (_manifest(lambda value: value.update(format="x/2")), IntegrityError, "format x/2"),
    "a later revision": (_manifest(lambda value: value.update(revision="9999")), SettingsError, "newer microcred"),
    "no tables": (_manifest(lambda value: value.update(tables=[])), IntegrityError, "other tables"),
    "other columns": (_manifest(lambda value: value["tables"][0]["columns"].pop()), IntegrityError, "other columns"),
    "no audit": (_manifest(lambda value: value.pop("audit")), IntegrityError, "manifest.*damaged"),
    "a row twice": (_twice, IntegrityError, "breaks a rule"),
    "a line that is no JSON": (_file("institution", b"[", b"", agreed=True), IntegrityError, "line.*damaged"),
    "a value too few": (_file("institution", b'"IE",', b"", agreed=True), IntegrityError, "line.*damaged"),
    "no bytes": (_file("audit", b'"\\u00', b'"\\u20ac\\u00', agreed=True), IntegrityError, "line.*damaged"),
}


HALF_WAY = ("other columns", "a row twice", "no bytes")
"""Damages that show only when tables are there already."""


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("name", [name for name in DAMAGES if name not in HALF_WAY])
def test_a_damaged_backup_is_refused(full: Database, empty: Database, tmp_path: Path, name: str) -> None:
    _refused(full, empty, tmp_path, name)


@pytest.mark.parametrize("name", HALF_WAY)
def test_a_restore_that_fails_half_way_leaves_nothing(
    full: Database, empty: Database, tmp_path: Path, name: str
) -> None:
    _refused(full, empty, tmp_path, name)


def _refused(full: Database, empty: Database, tmp_path: Path, name: str) -> None:
    change, error, sentence = DAMAGES[name]
    backup(full, tmp_path / "copy", NOW, silent)
    with zipfile.ZipFile(tmp_path / "copy") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(tmp_path / "bad", "w") as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    with pytest.raises(error, match=sentence):
        restore(empty, tmp_path / "bad", silent)
    assert migrations.check(empty).found is None


@pytest.mark.databases("sqlite")
def test_a_file_that_is_no_backup(full: Database, empty: Database, tmp_path: Path) -> None:
    (tmp_path / "letter").write_bytes(b"Dear all")
    with pytest.raises(IntegrityError, match="is not a backup"):
        restore(empty, tmp_path / "letter", silent)
    backup(full, tmp_path / "copy", NOW, silent)
    data = bytearray((tmp_path / "copy").read_bytes())
    with zipfile.ZipFile(tmp_path / "copy") as archive:
        place = archive.getinfo("institution.jsonl").header_offset
    data[place + 100] ^= 0xFF
    (tmp_path / "bad").write_bytes(data)
    with pytest.raises(IntegrityError, match="Nothing was changed"):
        restore(empty, tmp_path / "bad", silent)
    assert migrations.check(empty).found is None
    with pytest.raises(FileNotFoundError):
        restore(empty, tmp_path / "absent", silent)


def test_a_manifest_is_read_as_it_is_written() -> None:
    made = Manifest("1", "2", "3", (), audit_end := Manifest.from_bytes(_MANIFEST).audit)
    assert Manifest.from_bytes(made.to_bytes()) == made
    assert (made.rows, audit_end.entries) == (0, 5)


_MANIFEST = json.dumps(
    {
        "format": "microcred-backup/1",
        "revision": "1",
        "createdAt": "2",
        "source": "3",
        "tables": [],
        "audit": {"entries": 5, "hash": "00"},
    }
).encode()
