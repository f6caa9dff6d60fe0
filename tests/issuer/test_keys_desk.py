"""What people do to keys, the register, and the DID document: on both kinds of database."""

from __future__ import annotations

import secrets
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from issuer import audit
from issuer.db import Database
from issuer.errors import IntegrityError, KeyStoreError, NoActiveKeyError
from issuer.keys import ACTIVE, ANNOUNCED, RETIRED, REVOKED, KeyStore, Order
from issuer.keys_desk import ANNOUNCED_FOR, KeyDesk
from issuer.keys_document import did_document
from issuer.model import Institution
from issuer.model.keys import LOST
from issuer.web.published import MAX_AGE_KEYS
from openbadge import did, timestamps
from tests.issuer.keyring import Clock, key_store
from tests.issuer.samples import NOW

ME = "cli:me"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(tmp_path: Path, clock: Clock) -> KeyStore:
    return key_store(tmp_path / "keys", clock=clock)


@pytest.fixture
def desk(home: tuple[Database, Institution], keys: KeyStore, clock: Clock) -> KeyDesk:
    return KeyDesk(*home, keys, clock)


@pytest.fixture
def log(home: tuple[Database, Institution]) -> Any:
    """Returns what the audit log says of keys."""

    def read() -> list[tuple[str, str, str, bool]]:
        with home[0].begin_read() as tx:
            found = [entry for entry in audit.entries(tx) if entry.action.startswith("key.")]
        return [(entry.actor, entry.action, entry.subject, "found" in entry.detail) for entry in found]

    return read


def test_everything_that_is_done_is_in_the_log_once_with_who_did_it(desk: KeyDesk, log: Any, clock: Clock) -> None:
    first = desk.new(Order(), ME)
    old, new = desk.rotate("Ed25519", ME, timedelta())
    rsa = desk.new(Order("P-256"), ME)
    desk.retire(rsa.name, ME)
    clock.forward(days=1)
    with desk._database.begin_write(desk._institution.id) as tx:
        desk.revoke(tx, new.name, NOW, ME)
    desk.bring_up("serve")
    assert old.name == first.name
    assert log() == [
        (ME, "key.new", first.name, False),
        (ME, "key.new", new.name, False),
        (ME, "key.new", rsa.name, False),
        (ME, "key.retire", rsa.name, False),
        (ME, "key.compromise", new.name, False),
    ]


def test_the_log_has_the_public_key(desk: KeyDesk, home: tuple[Database, Institution]) -> None:
    made = desk.new(Order(), ME)
    with home[0].begin_read() as tx:
        (entry,) = audit.entries(tx)
    assert entry.detail["publicKeyMultibase"] == made.public_key.multibase
    assert entry.detail["store"] == "file"


def test_a_rotation_announces_the_successor(desk: KeyDesk, clock: Clock) -> None:
    assert timedelta(seconds=2 * MAX_AGE_KEYS) <= ANNOUNCED_FOR
    with pytest.raises(NoActiveKeyError, match="keys new"):
        desk.rotate("Ed25519", ME)
    first = desk.new(Order(), ME)
    old, new = desk.rotate("Ed25519", ME)
    assert (old.state, new.state, new.starts) == (ACTIVE, ANNOUNCED, NOW + ANNOUNCED_FOR)
    assert [key.name for key in desk.published()] == [first.name, new.name]
    clock.forward(minutes=10)
    assert [key.state for key in desk.published()] == [RETIRED, ACTIVE]


def test_a_successor_is_of_the_same_size(desk: KeyDesk) -> None:
    first = desk.new(Order("RSA", 2_048), ME)
    _, new = desk.rotate("RSA", ME, timedelta())
    assert len(new.public_key.raw) == len(first.public_key.raw)


def test_what_a_program_did_not_come_to_say_is_said_by_the_next_one(desk: KeyDesk, keys: KeyStore, log: Any) -> None:
    """The file is written first; whoever dies then leaves a key that is not on record."""
    first = keys.new(desk._institution.did, secrets.token_bytes)
    keys.revoke(first.name)
    second = desk.new(Order(), ME)
    desk.bring_up("serve")
    assert log() == [
        (ME, "key.new", first.name, True),
        (ME, "key.compromise", first.name, True),
        (ME, "key.new", second.name, False),
    ]


def test_a_command_that_fails_leaves_no_trace(desk: KeyDesk, log: Any) -> None:
    made = desk.new(Order(), ME)
    desk.retire(made.name, ME)
    for attempt in (lambda: desk.retire(made.name, ME), lambda: desk.new(Order("P-521"), ME)):
        with pytest.raises(KeyStoreError):
            attempt()
    assert [line[1] for line in log()] == ["key.new", "key.retire"]


def test_an_old_backup_of_the_files_does_not_bring_a_revoked_key_back(
    desk: KeyDesk, keys: KeyStore, log: Any, tmp_path: Path
) -> None:
    made = desk.new(Order(), ME)
    shutil.copytree(keys.directory, tmp_path / "backup")
    with desk._database.begin_write(desk._institution.id) as tx:
        desk.revoke(tx, made.name, None, ME)
    shutil.copytree(tmp_path / "backup", keys.directory, dirs_exist_ok=True)
    assert keys.get(made.name).state == ACTIVE
    assert desk.published()[0].state == REVOKED
    desk.bring_up("serve")
    assert keys.get(made.name).state == REVOKED
    assert log()[-1] == ("serve", "key.remind", made.name, True)


def test_keys_whose_files_are_lost_stay_published(desk: KeyDesk, keys: KeyStore) -> None:
    first = desk.new(Order(), ME)
    shutil.rmtree(keys.directory)
    (lost,) = desk.published()
    assert (lost.name, lost.public_key, lost.store) == (first.name, first.public_key, LOST)
    second = desk.new(Order(), ME)
    assert [(key.name, key.state) for key in desk.published()] == [(first.name, RETIRED), (second.name, ACTIVE)]
    assert keys.file(second.name).public["number"] == 2, "the lost key's number is not given again"


def test_another_key_under_a_name_on_record_stops_everything(desk: KeyDesk, keys: KeyStore) -> None:
    first, second = desk.new(Order(), ME), desk.new(Order(), ME)
    path = keys.directory / f"{second.name}.json"
    text = path.read_text().replace(second.public_key.multibase, first.public_key.multibase)
    path.write_text(text)
    with pytest.raises(IntegrityError, match="another public part than is on record"):
        desk.bring_up("serve")
    with pytest.raises(IntegrityError):
        desk.new(Order(), ME)


def test_the_document_tells_when_each_key_signed(desk: KeyDesk, clock: Clock) -> None:
    desk.new(Order(), ME)
    _, second = desk.rotate("Ed25519", ME)
    clock.forward(hours=1)
    with desk._database.begin_write(desk._institution.id) as tx:
        desk.revoke(tx, second.name, NOW, ME)
    issuer = desk._institution.did
    document = did_document(issuer, desk.published())
    taken_over, revoked = (timestamps.write(moment) for moment in (second.starts, clock()))
    first_method, second_method = document["verificationMethod"]
    assert (first_method["validFrom"], first_method["validUntil"]) == (timestamps.write(NOW), taken_over)
    assert (second_method["validFrom"], second_method["validUntil"]) == (taken_over, revoked)
    assert "revoked" not in first_method
    assert "expires" not in first_method
    assert second_method["revoked"] == timestamps.write(NOW)
    assert document["assertionMethod"] == [first_method["id"], second_method["id"]]
    assert did.find_method(document, issuer, first_method["id"], "assertionMethod").revoked is None
