"""One way to verify Ed25519: what libsodium says, behind our own checks, and where OpenSSL would say something else."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from openbadge import ed25519

ORDER = 2**252 + 27742317777372353535851937790883648493
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
IDENTITY = (1).to_bytes(32, "little")

# Made with the equations of RFC 8032 over the message "m"; T is a point of order 8.
EDGES = {
    "A + T as key, equation off by a point of small order": (
        "b15bf26424d1b69dd33b7a9e57db5de4a2aadea4a2a051efd9bfd6af74165d2b",
        "58666666666666666666666666666666666666666666666666666666666666669741f9b8e4a4f557149440539f9d3fb2c658b187a26cf0"
        "54f67769c8b2d55905",
        False,
    ),
    "A + T as key, equation exact": (
        "b15bf26424d1b69dd33b7a9e57db5de4a2aadea4a2a051efd9bfd6af74165d2b",
        "39289c8998fd69835c26b619e89848a7bf02b7cb7ad1ba1581cbc4506f2550ceeab032a0b6a42b8fea9d4d9079f47b4126106ebfeaaf96"
        "659e62c6d022463a0f",
        True,
    ),
    "R + T in the signature": (
        "7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572",
        "16b981d0b88cdf3ab9fa87190822fe4905b475efda3aec7c34abfa92c19320f42208c4c8133f23238c09e51638f5c55adcc021ce3ae5a3"
        "742fb01faa88ad4406",
        False,
    ),
    "S + the group's order": (
        "7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572",
        "7db0dc9222f3c183457ddde4c708de8e5ea6bf3d5c4404cca14b32729a05c32a2c85c1744ec7f5b2aa79407f071da319db9ff35b47d593"
        "309fa8e060276b7613",
        False,
    ),
}


def accepts(public: bytes, signature: bytes, data: bytes) -> bool:
    try:
        ed25519.verify(public, signature, data)
    except InvalidSignature:
        return False
    return True


def openssl_accepts(public: bytes, signature: bytes, data: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize("name", EDGES)
def test_edge_cases_are_decided_as_by_openssl(name: str) -> None:
    public, signature, good = EDGES[name]
    asked = bytes.fromhex(public), bytes.fromhex(signature), b"m"
    assert accepts(*asked) is openssl_accepts(*asked) is good


def test_there_are_48_points_that_are_refused() -> None:
    assert len(ed25519.REFUSED_POINTS) == 48


@pytest.mark.parametrize("point", sorted(ed25519.REFUSED_POINTS), ids=bytes.hex)
def test_a_refused_point_is_neither_key_nor_part_of_a_signature(point: bytes) -> None:
    assert not ed25519.is_acceptable(point)
    for scalar in (0, 1, ORDER - 1):
        assert not accepts(point, IDENTITY + scalar.to_bytes(32, "little"), b"m")
        assert not accepts(point, point + scalar.to_bytes(32, "little"), b"m")
        assert not accepts(PUBLIC, point + scalar.to_bytes(32, "little"), b"m")


def test_openssl_takes_one_of_them_for_a_key() -> None:
    assert openssl_accepts(IDENTITY, IDENTITY + bytes(32), b"whatever")
    assert not accepts(IDENTITY, IDENTITY + bytes(32), b"whatever")


def test_a_point_that_is_not_on_the_curve_verifies_nothing() -> None:
    off = next(y.to_bytes(32, "little") for y in range(2, 50) if not accepts_a_point(y.to_bytes(32, "little")))
    assert ed25519.is_acceptable(off)
    assert not accepts(off, KEY.sign(b"m"), b"m")


def accepts_a_point(encoded: bytes) -> bool:
    """A y is on the curve if (y^2 - 1) / (d y^2 + 1) is a square."""
    prime = 2**255 - 19
    y = int.from_bytes(encoded, "little")
    square = (y * y - 1) * pow(-121665 * pow(121666, -1, prime) * y * y + 1, -1, prime) % prime
    return pow(square, (prime - 1) // 2, prime) in (0, 1)


@given(st.binary(max_size=80), st.integers(0, 127), st.integers(0, 255))
def test_signatures_of_openssl_and_changes_of_them(data: bytes, place: int, change: int) -> None:
    signed = bytearray(PUBLIC[:0] + KEY.sign(data) + PUBLIC)
    assert accepts(PUBLIC, KEY.sign(data), data)
    signed[place % 96] ^= change
    public, signature = bytes(signed[64:]), bytes(signed[:64])
    assert accepts(public, signature, data) is (change == 0)


@pytest.mark.parametrize("length", [0, 31, 33, 63, 65])
def test_other_lengths(length: int) -> None:
    assert not accepts(PUBLIC, bytes(length), b"m")
    assert not accepts(bytes([9]) * length, KEY.sign(b"m"), b"m")
