"""Keys in an HSM, with SoftHSM as the device: what they sign, what is on disk, and what happens when it is away."""

from __future__ import annotations

import json
import secrets
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from issuer import keys_pkcs11_device
from issuer.errors import KeyStoreError, KeyUnreachableError, PassphraseError
from issuer.keys import ACTIVE, KeyStore, Order, Signer
from issuer.keys_lock import pin_provider
from issuer.keys_pkcs11 import STORE, Pkcs11Vault
from issuer.keys_pkcs11_device import Token
from issuer.keys_vault import Wish
from tests.issuer.keyring import Clock
from tests.softhsm import LABEL, PIN, SPARE, SoftHsm

DID = "did:web:uni.example"
LENGTHS = {"Ed25519": 64, "P-256": 64, "P-384": 96, "RSA": 256}


def stored(folder: Path, hsm: SoftHsm, label: str = LABEL, pin: str = PIN) -> KeyStore:
    token = Token(hsm.module, label, pin_provider(pin, folder))
    return KeyStore(folder, {STORE: Pkcs11Vault(token)}, Clock())


def order(algorithm: str = "Ed25519") -> Order:
    return Order(algorithm, 2_048 if algorithm == "RSA" else None, STORE)


@pytest.fixture
def store(tmp_path: Path, hsm: SoftHsm) -> KeyStore:
    return stored(tmp_path / "keys", hsm)


def signer(store: KeyStore, algorithm: str = "Ed25519") -> Signer:
    return store.signer(DID, algorithm)


@pytest.mark.parametrize("algorithm", LENGTHS)
def test_a_key_in_the_device_signs_what_everybody_can_verify(store: KeyStore, algorithm: str) -> None:
    made = store.new(DID, secrets.token_bytes, order(algorithm))
    signature = signer(store, algorithm).sign(b"data")
    assert len(signature) == LENGTHS[algorithm]
    made.public_key.verify(signature, b"data")
    assert (made.store, made.state) == (STORE, ACTIVE)
    if algorithm in ("Ed25519", "RSA"):  # not so ECDSA: SoftHSM draws a number for each signature
        assert signer(store, algorithm).sign(b"data") == signature


def test_the_file_has_the_public_key_and_says_where_the_secret_is(store: KeyStore) -> None:
    made = store.new(DID, secrets.token_bytes, order())
    content = json.loads((store.directory / f"{made.name}.json").read_text())
    assert content["held"].keys() == {"store", "token", "id"}
    assert content["held"]["token"] == LABEL
    assert "sealed" not in content
    assert PIN not in repr(store) + repr(signer(store))


def test_public_keys_need_no_device(store: KeyStore) -> None:
    made = store.new(DID, secrets.token_bytes, order())
    without = KeyStore(store.directory, {}, Clock())
    assert without.list() == (made,)
    with pytest.raises(KeyStoreError, match="no key store “pkcs11” here"):
        without.signer(DID)


def test_threads_share_the_device(store: KeyStore) -> None:
    made = store.new(DID, secrets.token_bytes, order())
    opened = signer(store)
    signatures: dict[bytes, bytes] = {}

    def sign(number: int) -> None:
        data = str(number).encode()
        signatures[data] = opened.sign(data)

    threads = [threading.Thread(target=sign, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(signatures) == 16
    for data, signature in signatures.items():
        made.public_key.verify(signature, data)


def test_a_token_that_is_pulled_out_is_an_error_that_passes(store: KeyStore, hsm: SoftHsm) -> None:
    store.new(DID, secrets.token_bytes, order())
    opened = signer(store)
    signature = opened.sign(b"data")
    hsm.pull_out()
    try:
        with pytest.raises(KeyUnreachableError):
            opened.sign(b"data")
        assert not opened.is_usable
        for attempt in (lambda: opened.sign(b"data"), lambda: signer(store)):
            with pytest.raises(KeyUnreachableError):
                attempt()
    finally:
        hsm.put_in()
    assert signer(store).sign(b"data") == signature


def test_a_device_that_hangs_costs_one_wait(
    store: KeyStore, hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store.new(DID, secrets.token_bytes, order())
    opened = signer(store)
    line = keys_pkcs11_device.device(hsm.module, 1).line
    monkeypatch.setattr(line, "_seconds", 0.05)
    go = threading.Event()
    with pytest.raises(KeyUnreachableError):
        line.call(go.wait)
    assert not opened.is_usable
    with pytest.raises(KeyUnreachableError):
        opened.sign(b"data")
    go.set()
    while line.hangs:
        pass
    assert opened.is_usable
    monkeypatch.undo()
    assert opened.sign(b"data")


def test_a_refused_pin_is_not_tried_again(hsm: SoftHsm, tmp_path: Path) -> None:
    wrong = stored(tmp_path, hsm, SPARE, "9999")
    with pytest.raises(PassphraseError, match="refuses the PIN"):
        wrong.new(DID, secrets.token_bytes, order())
    with pytest.raises(PassphraseError, match="not asked again"):
        wrong.new(DID, secrets.token_bytes, order())
    assert stored(tmp_path, hsm, SPARE).new(DID, secrets.token_bytes, order()).state == ACTIVE


def test_a_missing_pin_is_said_clearly(hsm: SoftHsm, tmp_path: Path) -> None:
    vault = Pkcs11Vault(Token(hsm.module, LABEL, pin_provider(None, tmp_path / "pin")))
    with pytest.raises(PassphraseError, match="MICROCRED_PKCS11_PIN"):
        vault.create(Wish("name", "Ed25519"), secrets.token_bytes)
    (tmp_path / "pin").write_text(f"{PIN}\n")
    assert vault.create(Wish("name", "Ed25519"), secrets.token_bytes).public_key.algorithm == "Ed25519"


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        (Wish("name", "P-521"), "no keys of the kind “P-521”"),
        (Wish("name", "Ed25519", 2_048), "no Ed25519 keys of 2048 bits"),
        (Wish("name", "RSA", 1_024), "no RSA keys of 1024 bits"),
    ],
)
def test_no_other_keys_are_made(hsm: SoftHsm, wish: Wish, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(KeyStoreError, match=sentence):
        Pkcs11Vault(Token(hsm.module, LABEL, pin_provider(PIN, tmp_path))).create(wish, secrets.token_bytes)


def test_a_library_or_token_that_is_not_there_is_named(hsm: SoftHsm, tmp_path: Path) -> None:
    strange = replace(hsm, module=tmp_path / "none.so")
    with pytest.raises(KeyStoreError, match=r"none\.so, cannot be loaded"):
        stored(tmp_path, strange).new(DID, secrets.token_bytes, order())
    with pytest.raises(KeyUnreachableError, match="“nowhere” cannot be used"):
        stored(tmp_path, hsm, "nowhere").new(DID, secrets.token_bytes, order())


@pytest.mark.parametrize(
    ("held", "sentence"),
    [
        ({"token": SPARE}, "is in the token"),
        ({"id": "00"}, "is not in the token"),
        ({"id": "no"}, "damaged"),
    ],
)
def test_a_file_that_names_another_key_does_not_sign(store: KeyStore, held: dict[str, Any], sentence: str) -> None:
    made = store.new(DID, secrets.token_bytes, order())
    file = store.file(made.name)
    store.folder.write(replace(file, held={**(file.held or {}), **held}))
    if "id" in held:  # first the session is suspected, and opened anew
        with pytest.raises(KeyStoreError, match=f"{sentence}|has lost its keys"):
            signer(store)
    with pytest.raises(KeyStoreError, match=sentence):
        signer(store)


def test_a_file_with_another_public_key_does_not_sign(store: KeyStore) -> None:
    made, other = (store.new(DID, secrets.token_bytes, order()) for _ in range(2))
    file = store.file(other.name)
    store.folder.write(replace(file, public={**file.public, **made.public_form}))
    with pytest.raises(KeyStoreError, match="not that of its public key"):
        signer(store)
