"""Issuer profiles: the command, their keys, and the database that was made before there were any."""

from __future__ import annotations

import json
import os
import secrets
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Connection

from issuer import migrations
from issuer.db import Database, open_database
from issuer.errors import ConflictError, FieldError, KeyStoreError
from issuer.keys import throwaway_signer
from issuer.profile_issue import ProfileIssuer
from issuer.profile_request import IssueRequest
from issuer.profiles import CRYPTOSUITES, KEY_TYPES, Profiles
from issuer.store import status_lists
from microcred.samples import Sample
from microcred.world import World
from openbadge import did, did_jwk
from tests.issuer.keyring import key_store
from tests.issuer.samples import NOW
from tests.microcred.conftest import Console
from tests.microcred.vcapi.conftest import V2

ADD = ("issuers", "add", "--profile", "suite", "--cryptosuite", "ecdsa-rdfc-2019", "--key-type", "P-384")


def test_a_profile_is_added_and_listed(console: Console, sample: Sample) -> None:
    assert console(*ADD, "--status", "--json") == 0
    added = json.loads(console.out.getvalue())
    assert added["id"].startswith("did:key:z82L")
    assert added["verificationMethod"] == f"{added['id']}#{added['id'].removeprefix('did:key:')}"
    assert (added["cryptosuite"], added["keyType"], added["status"]) == ("ecdsa-rdfc-2019", "P-384", True)
    assert added["endpoint"].endswith("/issuers/suite/credentials/issue")
    assert console("issuers", "list", "--json") == 0
    assert json.loads(console.out.getvalue()) == [added]
    assert console("issuers", "list") == 0
    assert added["id"] in console.out.getvalue()
    assert console("doctor") == 0


def test_a_plain_answer_says_where_to_send_credentials(console: Console, sample: Sample) -> None:
    assert console(*ADD) == 0
    assert "/issuers/suite/credentials/issue" in console.out.getvalue()


def test_a_name_is_given_once(console: Console, sample: Sample) -> None:
    console(*ADD)
    before = len(sample.installation.keys.list())
    assert console(*ADD) == 1
    assert "suite" in console.err.getvalue()
    assert len(sample.installation.keys.list()) == before


@pytest.mark.parametrize("changed", [("--cryptosuite", "none"), ("--key-type", "P-521"), ("--profile",)])
def test_wrong_usage(console: Console, sample: Sample, changed: tuple[str, ...]) -> None:
    assert console(*ADD, *changed) == 3


@pytest.mark.parametrize("name", ["", "a b", "A", "-a", "a-", "a/b", "x" * 65, "ä"])
def test_names_that_are_no_part_of_an_address(sample: Sample, name: str) -> None:
    with pytest.raises(FieldError, match="profile"):
        Profiles(sample.service).add(name, "eddsa-rdfc-2022", "Ed25519", "me", with_status=False)


@pytest.mark.parametrize("suite", [*CRYPTOSUITES, "ed25519-signature-2020"])
@pytest.mark.parametrize("key_type", [*KEY_TYPES, "P-521"])
def test_a_suite_takes_only_keys_of_its_own(sample: Sample, suite: str, key_type: str) -> None:
    profiles = Profiles(sample.service)
    if key_type in KEY_TYPES and key_type in CRYPTOSUITES.get(suite, ()):
        assert profiles.add("a", suite, key_type, "me", with_status=False) == profiles.get("a")
        with pytest.raises(ConflictError):
            profiles.add("a", suite, key_type, "me", with_status=False)
    else:
        with pytest.raises(FieldError):
            profiles.add("a", suite, key_type, "me", with_status=False)


@pytest.mark.parametrize("algorithm", KEY_TYPES)
def test_the_key_of_a_profile_is_its_own_controller(tmp_path: Path, algorithm: str) -> None:
    store = key_store(tmp_path / "keys")
    made = store.new_own_did(secrets.token_bytes, algorithm)
    key = made.public_key
    signer = store.signer(made.controller, algorithm)
    key.verify(signer.sign(b"data"), b"data")
    if algorithm == "RSA":
        assert did_jwk.parse(made.controller) == {**key.jwk(), "use": "sig"}
        assert made.verification_method == f"{made.controller}#0"
        document = did_jwk.document(made.controller)
        assert "keyAgreement" not in document
    else:
        assert made.controller == did.did_key(key)
        assert made.verification_method == f"{made.controller}#{key.multibase}"
        document = did.key_document(made.controller)
    assert did.find_method(document, made.controller, signer.verification_method, "assertionMethod").key == key
    second = store.new_own_did(secrets.token_bytes, algorithm)
    assert store.signer(made.controller, algorithm).public_key == key != store.signer(second.controller, algorithm)


def test_a_key_of_an_unknown_kind_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(KeyStoreError):
        key_store(tmp_path).new_own_did(secrets.token_bytes, "P-521")
    with pytest.raises(KeyStoreError):
        throwaway_signer("P-521", secrets.token_bytes)


def test_a_revoked_key_signs_no_more(sample: Sample) -> None:
    profile = Profiles(sample.service).add("suite", "eddsa-jcs-2022", "Ed25519", "me", with_status=False)
    issuer = ProfileIssuer(sample.service)
    credential = {
        "@context": [V2], "type": ["VerifiableCredential"], "issuer": profile.did,
        "credentialSubject": {"id": "urn:a:b"},
    }  # fmt: skip
    issuer.issue("suite", IssueRequest(credential), "me")
    key = sample.installation.keys.public_keys(profile.did)[0]
    sample.installation.keys.revoke(key.name)
    with pytest.raises(KeyStoreError):
        issuer.issue("suite", IssueRequest(credential), "me")


def test_the_keys_of_profiles_are_not_in_the_institutions_document(sample: Sample) -> None:
    profile = Profiles(sample.service).add("suite", "eddsa-rdfc-2022", "Ed25519", "me", with_status=True)
    assert profile.did not in json.dumps(sample.service.signing.did_document())


def _old_database(path: Path) -> Database:
    """A database as it was before there were profiles, with an institution and a status list in use."""
    database = open_database(f"sqlite:///{path}", os.urandom)
    migrations.upgrade(database, "0001")
    with database.begin_write() as tx:
        _old_list(tx.connection, NOW)
    return database


def test_a_database_from_before_profiles_is_brought_up_to_date(tmp_path: Path) -> None:
    database = _old_database(tmp_path / "old.sqlite3")
    assert not migrations.check(database).is_current
    migrations.upgrade(database)
    assert migrations.check(database).is_current
    with database.begin_write(UUID(bytes=b"i" * 16)) as tx:
        found = status_lists.open_list(tx, "revocation", None, None)
        assert found is not None
        assert (found.taken, found.profile_id) == (7, None)
        assert status_lists.take(tx, found, 1, NOW)
    database.close()


@pytest.mark.databases("sqlite")
def test_the_command_brings_a_home_up_to_date(console: Console, sample: Sample) -> None:
    home = sample.installation.settings.home
    sample.service.database.close()
    for file in home.glob("microcred.sqlite3*"):
        file.unlink()
    _old_database(home / "microcred.sqlite3").close()
    assert console("issuers", "list") == 1
    assert "microcred db upgrade" in console.err.getvalue()
    assert console("db", "upgrade") == 0
    assert migrations.revisions()[-1] in console.out.getvalue()
    assert console("issuers", "list") == 0


def test_there_is_nothing_to_upgrade_without_a_home(tmp_path: Path) -> None:
    elsewhere = Console(World({"MICROCRED_HOME": str(tmp_path / "none")}))
    assert elsewhere("db", "upgrade") == 1
    assert "microcred init" in elsewhere.err.getvalue()


def _old_list(connection: Connection, now: datetime) -> None:
    """One institution and one list, as the first schema has them."""
    moment = int(now.timestamp()) * 1_000_000
    run = connection.exec_driver_sql
    run(
        "INSERT INTO institution VALUES (?, 'u', 'did:web:u.example', 'https://u.example', 'U', 'https://u.example',"
        " 'IE', NULL, NULL, NULL, ?)",
        (b"i" * 16, moment),
    )
    run(
        "INSERT INTO status_list VALUES (?, ?, 'https://u.example/status/1', 'revocation', 131072, 7, ?, ?)",
        (b"l" * 16, b"i" * 16, b"k" * 32, moment),
    )
