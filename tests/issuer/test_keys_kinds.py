"""Ed25519 by libsodium gives what RFC 8032 says, which leaves no choice: any other implementation gives the same."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from issuer.keys_kinds import ed25519

TEST_2 = (
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    "72",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
)
"""RFC 8032 section 7.1, test 2: secret, public key, message, signature."""


def test_the_vector_of_the_standard() -> None:
    secret, public, message, signature = map(bytes.fromhex, TEST_2)
    key = ed25519(secret)
    assert key.public_key.raw == public
    assert key.sign(message) == signature


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200))
def test_the_same_bytes_as_openssl(secret: bytes, data: bytes) -> None:
    other = Ed25519PrivateKey.from_private_bytes(secret)
    key = ed25519(secret)
    assert key.public_key.raw == other.public_key().public_bytes_raw()
    assert key.sign(data) == other.sign(data)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_secret_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="length"):
        ed25519(bytes(length))


def test_the_secret_is_in_no_repr() -> None:
    key = ed25519(b"\x07" * 32)
    assert "7, 7" not in repr(key)
    assert repr(b"\x07" * 4)[2:-1] not in repr(key)
