"""The key store: what signs, what is on disk, and what happens when something is wrong with it."""

from __future__ import annotations

import json
import os
import secrets
import stat
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from issuer.errors import KeyStoreError, NoActiveKeyError, PassphraseError
from issuer.key_files import KeyFile
from issuer.keys import ACTIVE, ANNOUNCED, RETIRED, REVOKED, SEALED_FILE, KeyStore, Order, rehearsal_signer
from issuer.keys_lock import PassphraseLock, create_passphrase, passphrase_provider
from issuer.keys_vault import FileVault
from tests.conftest import ROOT
from tests.issuer.keyring import PASSPHRASE, Clock, key_store
from tests.issuer.samples import NOW

DID = "did:web:uni.example"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> KeyStore:
    return key_store(tmp_path / "keys", clock=clock)


@pytest.mark.parametrize(("algorithm", "length"), [("Ed25519", 64), ("P-256", 64), ("P-384", 96), ("RSA", 384)])
def test_a_key_signs_and_its_public_part_verifies(store: KeyStore, algorithm: str, length: int) -> None:
    made = store.new(DID, secrets.token_bytes, Order(algorithm))
    signer = store.signer(DID, algorithm)
    signature = signer.sign(b"data")
    assert len(signature) == length
    assert signature == store.signer(DID, algorithm).sign(b"data")  # the same bytes again after a crash
    made.public_key.verify(signature, b"data")
    assert signer.verification_method == made.verification_method == f"{DID}#{made.name}"
    assert (signer.algorithm, made.state, made.created) == (algorithm, ACTIVE, NOW)


def test_the_newest_key_signs_and_the_old_ones_stay_published(store: KeyStore, clock: Clock) -> None:
    old = store.new(DID, secrets.token_bytes)
    later = clock.forward(days=365)
    new = store.new(DID, secrets.token_bytes)
    other = store.new("did:web:board.example", secrets.token_bytes)
    assert store.signer(DID).verification_method == new.verification_method
    assert [(key.name, key.state, key.since) for key in store.public_keys(DID)] == [
        (old.name, RETIRED, later),
        (new.name, ACTIVE, later),
    ]
    assert store.signer("did:web:board.example").verification_method == other.verification_method
    assert len(store.list()) == 3


def test_a_revoked_or_retired_newest_key_leaves_nothing_that_signs(store: KeyStore, clock: Clock) -> None:
    store.new(DID, secrets.token_bytes)
    newest = store.new(DID, secrets.token_bytes)
    assert store.retire(newest.name).state == RETIRED
    assert store.get(newest.name).ends == NOW
    revoked_at = clock.forward(days=1)
    revoked = store.revoke(newest.name, NOW)
    assert (revoked.since, revoked.ends, revoked.compromised) == (revoked_at, NOW, NOW)
    with pytest.raises(NoActiveKeyError, match="microcred keys new"):
        store.signer(DID)
    for mark in (store.retire, store.revoke):
        with pytest.raises(KeyStoreError, match=f"is {REVOKED}"):
            mark(newest.name)
    assert store.new(DID, secrets.token_bytes).state == ACTIVE


def test_no_key_is_compromised_in_the_future(store: KeyStore) -> None:
    made = store.new(DID, secrets.token_bytes)
    with pytest.raises(KeyStoreError, match="future"):
        store.revoke(made.name, NOW + timedelta(seconds=1))
    assert store.get(made.name).state == ACTIVE


def test_an_announced_key_is_published_before_it_signs(store: KeyStore, clock: Clock) -> None:
    old = store.new(DID, secrets.token_bytes)
    new = store.new(DID, secrets.token_bytes, Order(after=timedelta(minutes=10)))
    assert (new.state, new.starts) == (ANNOUNCED, NOW + timedelta(minutes=10))
    assert store.signer(DID).verification_method == old.verification_method
    clock.forward(minutes=9, seconds=59)
    assert store.signer(DID).verification_method == old.verification_method
    clock.forward(seconds=1)
    assert store.signer(DID).verification_method == new.verification_method
    assert [(key.state, key.since, key.ends) for key in store.list()] == [
        (RETIRED, new.starts, new.starts),
        (ACTIVE, new.starts, None),
    ]


def test_an_announced_key_takes_over_at_once_when_nothing_else_can_sign(store: KeyStore, clock: Clock) -> None:
    old = store.new(DID, secrets.token_bytes)
    new = store.new(DID, secrets.token_bytes, Order(after=timedelta(minutes=10)))
    newest = store.new(DID, secrets.token_bytes, Order(after=timedelta(minutes=20)))
    now = clock.forward(minutes=1)
    store.revoke(old.name)
    for minutes in (0, 12, 12):
        clock.forward(minutes=minutes)
        assert store.signer(DID).verification_method == newest.verification_method
    assert [(key.name, key.state, key.starts) for key in store.list()] == [
        (old.name, REVOKED, NOW),
        (new.name, RETIRED, new.starts),
        (newest.name, ACTIVE, now),
    ]
    clock.forward(minutes=1)
    assert store.retire(newest.name).starts == now


def test_a_key_that_was_to_sign_at_once_does_whatever_the_clock_says(store: KeyStore, clock: Clock) -> None:
    made = store.new(DID, secrets.token_bytes)
    clock.forward(hours=-1)
    assert store.signer(DID).verification_method == made.verification_method


def test_an_announced_key_that_is_withdrawn_never_took_over(store: KeyStore, clock: Clock) -> None:
    old = store.new(DID, secrets.token_bytes)
    new = store.new(DID, secrets.token_bytes, Order(after=timedelta(minutes=10)))
    store.retire(new.name)
    clock.forward(days=1)
    assert [key.state for key in store.list()] == [ACTIVE, RETIRED]
    assert store.signer(DID).verification_method == old.verification_method


def test_another_process_notices_what_happens_to_a_key(store: KeyStore) -> None:
    other = key_store(store.directory)
    made = store.new(DID, secrets.token_bytes)
    assert other.signer(DID).verification_method == made.verification_method
    next_one = store.new(DID, secrets.token_bytes)
    assert other.signer(DID).verification_method == next_one.verification_method
    store.revoke(next_one.name)
    with pytest.raises(NoActiveKeyError):
        other.signer(DID)


def test_nobody_else_can_read_the_files(store: KeyStore) -> None:
    made = store.new(DID, secrets.token_bytes)
    path = store.directory / f"{made.name}.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.directory.stat().st_mode) == 0o700
    assert os.listdir(store.directory) == [path.name]
    path.chmod(0o640)
    with pytest.raises(KeyStoreError, match="chmod 600"):
        store.list()
    path.chmod(0o600)
    assert store.list() == (made,)
    store.directory.chmod(0o770)
    with pytest.raises(KeyStoreError, match="chmod 700"):
        store.list()


def test_the_secret_is_not_in_the_file_nor_shown(store: KeyStore) -> None:
    drawn: list[bytes] = []

    def random_bytes(count: int) -> bytes:
        drawn.append(secrets.token_bytes(count))
        return drawn[-1]

    made = store.new(DID, random_bytes)
    content = (store.directory / f"{made.name}.json").read_text()
    (secret,) = (item for item in drawn if len(item) == 32)
    assert secret.hex() not in content
    assert PASSPHRASE.decode() not in content + repr(store) + repr(store.signer(DID))


def test_a_wrong_or_missing_passphrase_is_said_clearly(store: KeyStore, tmp_path: Path) -> None:
    store.new(DID, secrets.token_bytes)
    with pytest.raises(PassphraseError, match="MICROCRED_KEY_PASSPHRASE"):
        key_store(store.directory, b"wrong").signer(DID)
    for value, sentence in ((None, "microcred init"), ("", "empty")):
        lock = PassphraseLock(passphrase_provider(value, tmp_path / "none"))
        with pytest.raises(PassphraseError, match=sentence):
            KeyStore(store.directory, {SEALED_FILE: FileVault(lock)}, Clock()).signer(DID)


def test_a_passphrase_file_is_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "passphrase"
    create_passphrase(path, secrets.token_bytes)
    first = passphrase_provider(None, path)()
    create_passphrase(path, secrets.token_bytes)
    assert passphrase_provider(None, path)() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert passphrase_provider("from the environment", path)() == b"from the environment"


@pytest.mark.parametrize("name", ["name", "controller", "algorithm", "publicKeyMultibase", "created", "number"])
def test_the_public_part_cannot_be_changed_unnoticed(store: KeyStore, name: str) -> None:
    made, other = store.new(DID, secrets.token_bytes), "did:web:evil.example"
    path = store.directory / f"{made.name}.json"
    content = json.loads(path.read_text())
    new = {"number": 7, "created": "2020-01-01T00:00:00Z", "algorithm": "P-256", "controller": other, "name": "x"}
    content["public"][name] = new.get(name, "z6MkOther")
    path = path.rename(store.directory / "x.json") if name == "name" else path
    path.write_text(json.dumps(content))
    key = store.list()[0]
    with pytest.raises(PassphraseError, match="was changed"):
        store.signer(key.controller, key.algorithm)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{",
        "[" * 10_000,
        '{"format":"microcred-key/1"}',
        '{"public":{"name":"x"},"sealed":{},"format":"microcred-key/1"}',
        '{"public":[],"sealed":{}}',
        '{"public":{},"sealed":[],"more":1}',
        '{"public":{"name":"x","controller":"c","algorithm":"a","publicKeyMultibase":"z","created":"t","number":"1"},'
        '"sealed":{}}',
        '{"public":{"name":"x","controller":"c","algorithm":"a","created":"t","number":1},"sealed":{}}',
        '{"public":{"name":"x","controller":"c","algorithm":"a","created":"t","number":1,"publicKeyJwk":"{}"},'
        '"sealed":{}}',
        '{"public":{"name":"x","controller":"c","algorithm":"a","created":"t","number":1,"publicKeyJwk":{},'
        '"publicKeyMultibase":"z"},"sealed":{}}',
    ],
)
def test_a_damaged_file_is_named(store: KeyStore, content: str) -> None:
    store.new(DID, secrets.token_bytes)
    path = store.directory / "x.json"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(KeyStoreError, match=r"x\.json"):
        store.list()


@pytest.mark.parametrize(
    "change", [{"n": 2**30}, {"n": 3}, {"n": "many"}, {"salt": None}, {"nonce": ""}, {"ciphertext": "%"}, {"r": 0}]
)
def test_damaged_sealing_is_refused(store: KeyStore, change: dict[str, Any]) -> None:
    made = store.new(DID, secrets.token_bytes)
    path = store.directory / f"{made.name}.json"
    content = json.loads(path.read_text())
    content["sealed"].update(change)
    path.write_text(json.dumps(content))
    with pytest.raises(KeyStoreError):
        store.signer(DID)


def test_what_cannot_be_made_or_found(store: KeyStore) -> None:
    assert store.list() == ()
    with pytest.raises(KeyStoreError, match="“P-521”; use one of Ed25519, P-256, P-384, RSA"):
        store.new(DID, secrets.token_bytes, Order("P-521"))
    with pytest.raises(KeyStoreError, match="did:web"):
        store.new("did:key:z6Mk", secrets.token_bytes)
    with pytest.raises(KeyStoreError, match="keys list"):
        store.get("none")
    assert store.list() == ()


def test_a_process_killed_before_the_rename_leaves_no_half_key(tmp_path: Path) -> None:
    program = """
        import os, pathlib, secrets, signal, sys
        from tests.issuer.keyring import key_store
        pathlib.Path.replace = lambda self, target: os.kill(os.getpid(), signal.SIGKILL)
        key_store(pathlib.Path(sys.argv[1])).new("did:web:uni.example", secrets.token_bytes)
    """
    directory = tmp_path / "keys"
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program), str(directory)], cwd=ROOT, check=False)
    assert done.returncode == -9
    store = key_store(directory)
    assert store.list() == ()
    assert store.new(DID, secrets.token_bytes).state == ACTIVE
    assert len(store.list()) == 1


def test_a_draw_beyond_the_order_of_the_curve_is_drawn_again(store: KeyStore) -> None:
    draws = iter([b"\xff" * 32, b"\x01" * 32])
    drawn = lambda count: next(draws) if count == 32 else secrets.token_bytes(count)  # noqa: E731
    made = store.new(DID, drawn, Order("P-256"))
    assert made.public_key == rehearsal_signer(DID, "P-256", lambda count: b"\x01" * count).public_key


def test_a_rehearsal_signs_with_a_key_that_is_kept_nowhere(store: KeyStore) -> None:
    signer = rehearsal_signer(f"{DID}#key", "Ed25519", secrets.token_bytes)
    signer.public_key.verify(signer.sign(b"data"), b"data")
    assert signer.verification_method == f"{DID}#key"
    assert store.list() == ()


def test_a_secret_under_another_public_key_is_refused(store: KeyStore) -> None:
    made = store.new(DID, secrets.token_bytes)
    other = rehearsal_signer(DID, "Ed25519", secrets.token_bytes).public_key.multibase
    public = {**store.file(made.name).public, "publicKeyMultibase": other}
    sealed = PassphraseLock(lambda: PASSPHRASE).seal(bytes(32), public, secrets.token_bytes)
    store.folder.write(KeyFile(public, sealed))
    with pytest.raises(KeyStoreError, match=f"“{made.name}” has a secret that is not"):
        store.signer(DID)


def test_what_was_listed_is_listed_again_until_something_changes(store: KeyStore, clock: Clock) -> None:
    store.new(DID, secrets.token_bytes)
    listed = store.list()
    clock.forward(days=1)
    assert store.list() is listed
    store.new(DID, secrets.token_bytes, Order(after=timedelta(minutes=10)))
    assert [key.state for key in store.list()] == [ACTIVE, ANNOUNCED]
    clock.forward(minutes=10)
    assert [key.state for key in store.list()] == [RETIRED, ACTIVE]
    clock.forward(minutes=-10)
    assert [key.state for key in store.list()] == [ACTIVE, ANNOUNCED]
