"""Public keys as JWK: RFC 7517, RFC 7518 section 6, RFC 8037; row JWT-021 of the corpus of bad inputs."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from issuer.errors import KeyStoreError
from issuer.keys_jwk import read_signer
from openbadge.jose import jwk
from openbadge.multibase import base64url_encode
from openbadge.multikey import PublicKey
from tests.openbadge.jose_keys import ALL, outcome, public, refused, signer
from tests.openbadge.suite_inputs import ED25519, P256, P384, P521
from tests.openbadge.test_jws import RFC_7515_A2

BAD = "INVALID_VERIFICATION_METHOD"
RSA_JWK = RFC_7515_A2[0]


def number(value: int) -> str:
    return base64url_encode(value.to_bytes((value.bit_length() + 7) // 8 or 1, "big"))


def modulus(bits: int) -> str:
    return number((1 << bits) - 1)


def without_secret(key: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**{name: value for name, value in key.items() if name != "d"}, **changes}


@pytest.mark.parametrize("key", [P256, P384, P521, ED25519], ids=["P-256", "P-384", "P-521", "Ed25519"])
def test_a_key_and_its_jwk(key: dict[str, Any]) -> None:
    read = public(key)
    assert read.algorithm == key["crv"]
    assert read.jwk() == {name: key[name] for name in ("kty", "crv", "x", "y") if name in key}
    assert PublicKey.from_multibase(read.multibase) == read


@pytest.mark.parametrize(("alg", "name"), [(None, "RSA"), ("RS256", "RSA"), ("PS256", "RSA-PSS")])
def test_an_rsa_key_has_one_algorithm(alg: str | None, name: str) -> None:
    read = PublicKey.from_jwk({**RSA_JWK, **({} if alg is None else {"alg": alg})})
    assert read.algorithm == name
    assert read.jwk() == {**RSA_JWK, "alg": alg or "RS256"}
    assert PublicKey.from_jwk(read.jwk()) == read
    refused(BAD, lambda: read.multibase)


def test_rsa_signatures_of_both_schemes() -> None:
    private = rsa.generate_private_key(65537, 2048)
    numbers = private.public_key().public_numbers()
    key = {"kty": "RSA", "n": number(numbers.n), "e": "AQAB"}
    schemes = {"RS256": padding.PKCS1v15(), "PS256": padding.PSS(padding.MGF1(hashes.SHA256()), 32)}
    for alg, scheme in schemes.items():
        signature = private.sign(b"data", scheme, hashes.SHA256())
        PublicKey.from_jwk({**key, "alg": alg}).verify(signature, b"data")
        other = PublicKey.from_jwk({**key, "alg": "PS256" if alg == "RS256" else "RS256"})
        refused("CRYPTOGRAPHIC_SECURITY_ERROR", lambda: other.verify(signature, b"data"))  # noqa: B023
    short_salt = private.sign(b"data", padding.PSS(padding.MGF1(hashes.SHA256()), 20), hashes.SHA256())
    refused(
        "CRYPTOGRAPHIC_SECURITY_ERROR",
        lambda: PublicKey.from_jwk({**key, "alg": "PS256"}).verify(short_salt, b"data"),
    )


@pytest.mark.parametrize("bits", [512, 1024, 2047, 8193, 16_384])
def test_jwt_021_rsa_keys_of_bad_size(bits: int) -> None:
    refused(BAD, lambda: PublicKey.from_jwk({"kty": "RSA", "n": modulus(bits), "e": "AQAB"}))


@pytest.mark.parametrize("exponent", [0, 1, 3, 17, 65_535, 65_536, 2**32 + 1, 2**4096 + 1])
def test_jwt_021_rsa_exponents(exponent: int) -> None:
    refused(BAD, lambda: PublicKey.from_jwk({**RSA_JWK, "e": number(exponent)}))


@pytest.mark.parametrize(
    "changes",
    [
        {"n": RSA_JWK["n"][:-1] + "A"},
        {"n": "AA" + RSA_JWK["n"]},
        {"e": "AAEAAQ"},
        {"e": ""},
        {"n": None},
        {"alg": "PS512"},
        {"alg": "RS384"},
        {"alg": "HS256"},
        {"alg": ["RS256"]},
        {"alg": None},
        {"p": "AQAB"},
        {"oth": []},
        {"use": "enc"},
        {"key_ops": ["encrypt"]},
        {"key_ops": "verify"},
        {"use": ["sig"]},
    ],
)
def test_jwt_015_jwt_021_rsa_keys_of_bad_form(changes: dict[str, Any]) -> None:
    refused(BAD, lambda: PublicKey.from_jwk({**RSA_JWK, **changes}))


@pytest.mark.parametrize(
    "changes",
    [
        {"d": "AQAB"},
        {"alg": "ES384"},
        {"alg": "EdDSA"},
        {"alg": []},
        {"use": "enc"},
        {"key_ops": ["sign"]},
        {"crv": "P-384"},
        {"crv": "secp256k1"},
        {"crv": ["P-256"]},
        {"crv": None},
        {"kty": "OKP"},
        {"kty": "oct", "k": "AQAB"},
        {"kty": None},
        {"x": P256["x"] + "="},
        {"x": "AA" + P256["x"]},
        {"x": P256["x"][:-4]},
        {"x": 5},
        {"x": P256["y"], "y": P256["x"]},
        {"y": None},
    ],
)
def test_elliptic_keys_of_bad_form(changes: dict[str, Any]) -> None:
    refused(BAD, lambda: PublicKey.from_jwk(without_secret(P256, **changes)))


@pytest.mark.parametrize("x", ["", "AQ", base64url_encode(bytes(32)), base64url_encode(b"\1" + bytes(31)), "A" * 44])
def test_edwards_keys_of_bad_form(x: str) -> None:
    refused(BAD, lambda: PublicKey.from_jwk({"kty": "OKP", "crv": "Ed25519", "x": x}))


@pytest.mark.parametrize("raw", [b"", b"0", b"\x30\x00", bytes(270)])
def test_bytes_that_are_no_rsa_key(raw: bytes) -> None:
    refused(BAD, lambda: PublicKey("RSA", raw))
    refused(BAD, lambda: jwk.rsa_numbers(raw))


_VALUES = st.none() | st.integers() | st.text(max_size=8) | st.lists(st.text(max_size=3), max_size=2)


@given(
    st.dictionaries(
        st.sampled_from("kty crv x y n e alg use key_ops".split()),
        _VALUES | st.sampled_from(["EC", "OKP", "RSA", "P-256", "Ed25519", "RS256", "AQAB"]),
    )
)
def test_any_jwk_gets_an_answer(key: dict[str, Any]) -> None:
    assert outcome(lambda: PublicKey.from_jwk(key)) in ("", BAD)


@pytest.mark.parametrize("algorithm", ALL)
def test_a_signer_out_of_a_secret_jwk(algorithm: str) -> None:
    made = signer(ALL[algorithm])
    public(ALL[algorithm]).verify(made.sign(b"data"), b"data")
    assert made.sign(b"data") == made.sign(b"data")
    assert ALL[algorithm]["d"] not in repr(made)


@pytest.mark.parametrize(
    "changes",
    [{"d": None}, {"d": ""}, {"d": P384["d"]}, {"d": P256["d"][:-1] + "="}, {"d": base64url_encode(bytes(32))}],
)
def test_secrets_that_do_not_fit_their_key(changes: dict[str, Any]) -> None:
    with pytest.raises(KeyStoreError) as caught:
        read_signer({**P256, **changes}, "x")
    assert str(changes["d"] or "?") not in caught.value.detail


def test_a_secret_of_another_key_and_of_rsa() -> None:
    other = {**P256, "d": base64url_encode((5).to_bytes(32, "big"))}
    with pytest.raises(KeyStoreError):
        read_signer(other, "x")
    with pytest.raises(KeyStoreError):
        read_signer({**RSA_JWK, "d": "AQAB"}, "x")
    with pytest.raises(KeyStoreError):
        read_signer({**ED25519, "d": "AQAB"}, "x")
