"""Changing what seals the key files, also when it was interrupted; and public keys for others."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from issuer.errors import KeyStoreError, PassphraseError
from issuer.key_files import SEALED_FILE, Folder, KeyFile
from issuer.keys import KeyStore, Order
from issuer.keys_export import FORMS, exported
from issuer.keys_lock import EncryptionKeyLock, PassphraseLock
from issuer.keys_reseal import reseal
from issuer.keys_vault import FileVault
from openbadge.multikey import PublicKey
from tests.issuer.keyring import PASSPHRASE, Clock, key_store

DID = "did:web:uni.example"
OLD = PassphraseLock(lambda: PASSPHRASE)
NEW = EncryptionKeyLock(lambda: bytes(range(32)))
OTHER = PassphraseLock(lambda: b"another passphrase of a length that is quick to open")


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    store = key_store(tmp_path / "keys")
    for algorithm in ("Ed25519", "P-256"):
        store.new(DID, secrets.token_bytes, Order(algorithm))
    return store


def opened_by(store: KeyStore, lock: PassphraseLock | EncryptionKeyLock) -> KeyStore:
    return KeyStore(store.directory, {SEALED_FILE: FileVault(lock)}, Clock())


def test_the_same_keys_are_opened_by_the_new_lock_only(store: KeyStore) -> None:
    before = store.list()
    signature = store.signer(DID).sign(b"data")
    done = reseal(store, OLD, NEW, secrets.token_bytes)
    assert (set(done.done), done.before, done.left) == ({key.name for key in before}, (), ())
    assert store.list() == before
    assert opened_by(store, NEW).signer(DID).sign(b"data") == signature
    with pytest.raises(PassphraseError):
        store.signer(DID)


def test_it_goes_on_where_it_was_interrupted(store: KeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    write: Callable[[Folder, KeyFile], None] = Folder.write
    written: list[str] = []

    def once(folder: Folder, file: KeyFile) -> None:
        if written:
            raise KeyboardInterrupt
        written.append(file.name)
        write(folder, file)

    monkeypatch.setattr(Folder, "write", once)
    with pytest.raises(KeyboardInterrupt):
        reseal(store, OLD, NEW, secrets.token_bytes)
    monkeypatch.undo()
    done = reseal(store, OLD, NEW, secrets.token_bytes)
    assert done.before == tuple(written)
    assert len(done.done) == 1
    for algorithm in ("Ed25519", "P-256"):
        assert opened_by(store, NEW).signer(DID, algorithm)


def test_nothing_is_changed_when_a_key_that_signs_does_not_open(store: KeyStore) -> None:
    files = store.folder.read()
    with pytest.raises(PassphraseError, match="nothing"):
        reseal(store, OTHER, NEW, secrets.token_bytes)
    assert store.folder.read() == files


def test_a_retired_key_whose_passphrase_is_lost_is_left(store: KeyStore) -> None:
    lost = opened_by(store, OTHER).new(DID, secrets.token_bytes)
    store.new(DID, secrets.token_bytes)
    assert reseal(store, OLD, NEW, secrets.token_bytes).left == (lost.name,)


@pytest.mark.parametrize("algorithm", ["Ed25519", "P-256", "P-384", "RSA"])
def test_public_keys_are_written_for_others(tmp_path: Path, algorithm: str) -> None:
    store = key_store(tmp_path)
    made = store.new(DID, secrets.token_bytes, Order(algorithm))
    keys = store.list()
    assert json.loads(exported("did", DID, keys, None))["verificationMethod"][0]["id"] == made.verification_method
    (jwk,) = json.loads(exported("jwk", DID, keys, made.name))["keys"]
    assert jwk.pop("kid") == made.verification_method
    assert PublicKey.from_jwk(jwk) == made.public_key
    name, _, text = exported("pem", DID, keys, None).partition("\n")
    assert name == made.verification_method
    assert load_pem_public_key(text.encode())


@pytest.mark.parametrize("form", FORMS)
def test_a_name_that_no_key_has_is_refused(tmp_path: Path, form: str) -> None:
    with pytest.raises(KeyStoreError, match="has no key “none”"):
        exported(form, DID, key_store(tmp_path).list(), "none")
