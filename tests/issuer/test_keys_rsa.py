"""RSA keys in the key store: their sizes, what is on disk, and what is refused."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from issuer import keys_rsa
from issuer.errors import KeyStoreError, NoActiveKeyError, PassphraseError
from issuer.key_files import KeyFile
from issuer.keys import ACTIVE, RETIRED, REVOKED, KeyStore, Order
from issuer.keys_lock import PassphraseLock
from openbadge import did
from openbadge.errors import InvalidError
from openbadge.jose.jwk import rsa_numbers
from tests.issuer.keyring import PASSPHRASE, key_store

DID = "did:web:uni.example"


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return key_store(tmp_path / "keys")


def pkcs8(key: rsa.RSAPrivateKey | Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize("bits", [None, *keys_rsa.SIZES])
def test_a_key_has_one_of_three_sizes_and_the_usual_exponent(store: KeyStore, bits: int | None) -> None:
    made = store.new(DID, secrets.token_bytes, Order("RSA", bits))
    modulus, exponent = rsa_numbers(made.public_key.raw)
    assert (modulus.bit_length(), exponent) == (bits or 3_072, 65_537)
    assert made.name.startswith("rsa-")
    assert made.public_form == {"publicKeyJwk": made.public_key.jwk()}
    assert made.public_key.jwk()["alg"] == "RS256"


@pytest.mark.parametrize("bits", [0, -1, 512, 1_024, 2_047, 2_049, 4_095, 8_192, 10**6])
def test_no_key_of_another_size_is_made(store: KeyStore, bits: int) -> None:
    with pytest.raises(KeyStoreError, match=f"2048, 3072 or 4096 bits here, not {bits}"):
        store.new(DID, secrets.token_bytes, Order("RSA", bits))
    assert store.list() == ()


@pytest.mark.parametrize("algorithm", ["Ed25519", "P-256", "P-384"])
def test_other_keys_have_one_size(store: KeyStore, algorithm: str) -> None:
    with pytest.raises(KeyStoreError, match="Only RSA"):
        store.new(DID, secrets.token_bytes, Order(algorithm, 2_048))
    assert store.list() == ()


def test_the_secret_is_sealed(store: KeyStore) -> None:
    made = store.new(DID, secrets.token_bytes, Order("RSA", 2_048))
    content = json.loads((store.directory / f"{made.name}.json").read_text())
    assert content["public"]["publicKeyJwk"].keys() == {"kty", "alg", "n", "e"}
    assert "publicKeyMultibase" not in content["public"]
    with pytest.raises(PassphraseError, match="MICROCRED_KEY_PASSPHRASE"):
        key_store(store.directory, b"wrong").signer(DID, "RSA")


@pytest.mark.parametrize("member", ["n", "e", "alg"])
def test_the_public_key_cannot_be_changed_unnoticed(store: KeyStore, member: str) -> None:
    made = store.new(DID, secrets.token_bytes, Order("RSA", 2_048))
    path = store.directory / f"{made.name}.json"
    content = json.loads(path.read_text())
    content["public"]["publicKeyJwk"][member] = "Aw"
    path.write_text(json.dumps(content))
    with pytest.raises(InvalidError):
        _ = store.get(made.name).public_key
    with pytest.raises(PassphraseError, match="was changed"):
        store.signer(DID, "RSA")


@pytest.mark.parametrize(
    ("secret", "sentence"),
    [
        (lambda: pkcs8(rsa.generate_private_key(65_537, 1_024)), "not 1024"),
        (lambda: pkcs8(rsa.generate_private_key(3, 2_048)), "another exponent than 65537"),
        (lambda: pkcs8(Ed25519PrivateKey.from_private_bytes(bytes(32))), "another kind of key"),
        (lambda: b"", "cannot be read"),
        (lambda: bytes(32), "cannot be read"),
        (lambda: keys_rsa.make(2_048), "not that of its public key"),
    ],
    ids=["1024 bits", "exponent 3", "Ed25519", "nothing", "zeros", "another key"],
)
def test_a_sealed_secret_that_is_no_such_key_does_not_sign(
    store: KeyStore, secret: Callable[[], bytes], sentence: str
) -> None:
    made = store.new(DID, secrets.token_bytes, Order("RSA", 2_048))
    public = store.file(made.name).public
    sealed = PassphraseLock(lambda: PASSPHRASE).seal(secret(), public, secrets.token_bytes)
    store.folder.write(KeyFile(public, sealed))
    with pytest.raises(KeyStoreError, match=sentence):
        store.signer(DID, "RSA")
    assert store.get(made.name).state == ACTIVE


def test_each_kind_of_key_is_rotated_for_itself(store: KeyStore) -> None:
    main = store.new(DID, secrets.token_bytes)
    old = store.new(DID, secrets.token_bytes, Order("RSA", 2_048))
    new = store.new(DID, secrets.token_bytes, Order("RSA", 2_048))
    assert [(key.name, key.state) for key in store.list()] == [
        (main.name, ACTIVE),
        (old.name, RETIRED),
        (new.name, ACTIVE),
    ]
    assert store.signer(DID, "RSA").verification_method == new.verification_method
    assert store.revoke(old.name).state == REVOKED
    store.retire(new.name)
    with pytest.raises(NoActiveKeyError, match="microcred keys new --algorithm RSA"):
        store.signer(DID, "RSA")
    assert store.signer(DID).verification_method == main.verification_method


def test_an_issuer_with_nothing_but_an_rsa_key_cannot_sign_credentials(store: KeyStore) -> None:
    store.new(DID, secrets.token_bytes, Order("RSA", 2_048))
    with pytest.raises(NoActiveKeyError, match="no active Ed25519 key"):
        store.signer(DID)


def test_the_document_of_an_issuer_lists_it_as_a_json_web_key(store: KeyStore) -> None:
    keys = [store.new(DID, secrets.token_bytes), store.new(DID, secrets.token_bytes, Order("RSA", 2_048))]
    document = did.document(DID, [(key.verification_method, key.public_key) for key in keys])
    assert document["@context"][-1] == "https://w3id.org/security/jwk/v1"
    assert [method["type"] for method in document["verificationMethod"]] == ["Multikey", "JsonWebKey"]
    for key in keys:
        assert did.find_method(document, DID, key.verification_method, "assertionMethod").key == key.public_key
