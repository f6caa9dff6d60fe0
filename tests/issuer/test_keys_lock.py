"""What seals key files: passphrases, key-encryption keys, and everything that must not open."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.errors import KeyStoreError, PassphraseError
from issuer.key_files import KeyFile
from issuer.keys_lock import (
    CHOSEN_N,
    DRAWN_N,
    EncryptionKeyLock,
    Lock,
    PassphraseLock,
    create_passphrase,
    encryption_key_provider,
    read_encryption_key,
)
from tests.issuer.keyring import PASSPHRASE

PUBLIC = {"name": "key", "number": 1}
KEY = bytes(range(32))
LOCKS: dict[str, Lock] = {"passphrase": PassphraseLock(lambda: PASSPHRASE), "key": EncryptionKeyLock(lambda: KEY)}


def sealed(lock: Lock, secret: bytes = b"secret") -> KeyFile:
    return KeyFile(PUBLIC, lock.seal(secret, PUBLIC, secrets.token_bytes))


@pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS)
def test_what_is_sealed_opens_again_and_is_not_the_same_twice(lock: Lock) -> None:
    first, second = sealed(lock), sealed(lock)
    assert lock.unseal(first) == lock.unseal(second) == b"secret"
    assert first.secret["ciphertext"] != second.secret["ciphertext"]


@given(secret=st.binary(max_size=5_000))
def test_any_secret_comes_back(secret: bytes) -> None:
    assert LOCKS["key"].unseal(sealed(LOCKS["key"], secret)) == secret


@pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS)
@pytest.mark.parametrize("public", [{"name": "x"}, {**PUBLIC, "number": 2}, {**PUBLIC, "more": 1}])
def test_a_changed_public_part_does_not_open(lock: Lock, public: dict[str, Any]) -> None:
    with pytest.raises(PassphraseError, match="was changed"):
        lock.unseal(KeyFile(public, sealed(lock).sealed))


def test_one_does_not_open_what_the_other_sealed() -> None:
    with pytest.raises(PassphraseError, match="key-encryption key, not with a passphrase"):
        LOCKS["passphrase"].unseal(sealed(LOCKS["key"]))
    with pytest.raises(PassphraseError, match="reseal"):
        LOCKS["key"].unseal(sealed(LOCKS["passphrase"]))
    with pytest.raises(PassphraseError, match="KEY_ENCRYPTION_KEY"):
        EncryptionKeyLock(lambda: bytes(32)).unseal(sealed(LOCKS["key"]))


@pytest.mark.parametrize(
    ("passphrase", "n"), [(b"short", CHOSEN_N), (b"x" * 42, CHOSEN_N), (b"x" * 43, DRAWN_N)], ids=["5", "42", "43"]
)
def test_a_passphrase_that_can_be_guessed_is_stretched_for_longer(passphrase: bytes, n: int) -> None:
    file = sealed(PassphraseLock(lambda: passphrase))
    assert (file.secret["n"], file.secret["r"], file.secret["p"]) == (n, 8, 1)
    assert PassphraseLock(lambda: passphrase).unseal(file) == b"secret"


@pytest.mark.parametrize(
    "cost", [{"n": 2**24}, {"n": 2**20, "r": 16}, {"p": 17}, {"p": 0}, {"r": -1}, {"n": 12_345}, {"r": 2**70}]
)
def test_a_file_cannot_ask_for_any_memory_it_likes(cost: dict[str, int]) -> None:
    file = sealed(LOCKS["passphrase"])
    with pytest.raises(KeyStoreError):
        LOCKS["passphrase"].unseal(KeyFile(PUBLIC, {**file.secret, **cost}))


@pytest.mark.parametrize("name", ["salt", "nonce", "ciphertext"])
@pytest.mark.parametrize("value", [None, "", "%", 7, "AAAA"])
@pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS)
def test_a_damaged_file_does_not_open(lock: Lock, name: str, value: object) -> None:
    with pytest.raises(KeyStoreError):
        lock.unseal(KeyFile(PUBLIC, {**sealed(lock).secret, name: value}))


def test_a_key_encryption_key_is_read_from_text_or_file(tmp_path: Path) -> None:
    text = urlsafe_b64encode(KEY).decode()
    assert encryption_key_provider(text)() == encryption_key_provider(text.rstrip("="))() == KEY
    path = tmp_path / "kek"
    create_passphrase(path, lambda _count: KEY)
    assert encryption_key_provider(path)() == KEY
    with pytest.raises(PassphraseError, match="no readable"):
        encryption_key_provider(tmp_path / "none")()


@pytest.mark.parametrize("text", ["", "A" * 42, "A" * 44, "ä" * 43, "A" * 43 + "\n" + "A"])
def test_anything_else_is_no_key_encryption_key(text: str) -> None:
    with pytest.raises(PassphraseError, match="32 random bytes"):
        read_encryption_key(text)
