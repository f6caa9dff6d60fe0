"""Keys and small helpers for the tests of JOSE and COSE."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from issuer.keys import Signer
from issuer.keys_jwk import read_signer
from openbadge.errors import InvalidError
from openbadge.multibase import base64url_encode
from openbadge.multikey import PublicKey
from tests.openbadge.suite_inputs import ED25519, P256, P384, P521

ALL = {"ES256": P256, "ES384": P384, "ES512": P521, "EdDSA": ED25519}
METHOD = "https://example.issuer/vc-jose-cose#key-1"


def signer(jwk: dict[str, Any], method: str = METHOD) -> Signer:
    return read_signer(jwk, method)


def public(jwk: dict[str, Any]) -> PublicKey:
    return PublicKey.from_jwk({name: value for name, value in jwk.items() if name not in RSA_SECRETS})


RSA_SECRETS = ("d", "p", "q", "dp", "dq", "qi")


@cache
def rsa_jwk(bits: int = 2_048, exponent: int = 65_537) -> dict[str, Any]:
    """Return a secret JWK of RSA, made once in a run. Change only a copy."""
    key = rsa.generate_private_key(exponent, bits).private_numbers()
    numbers = {
        "n": key.public_numbers.n, "e": key.public_numbers.e, "d": key.d, "p": key.p, "q": key.q,
        "dp": key.dmp1, "dq": key.dmq1, "qi": key.iqmp,
    }  # fmt: skip
    return {"kty": "RSA", "alg": "RS256", **{name: number(value) for name, value in numbers.items()}}


def number(value: int) -> str:
    return base64url_encode(value.to_bytes((value.bit_length() + 7) // 8 or 1, "big"))


def part(value: Any) -> str:
    return base64url_encode(value if isinstance(value, bytes) else json.dumps(value).encode())


def token(header: Any, payload: Any, jwk: dict[str, Any] = P256) -> str:
    """Return a token over any header and payload, rightly signed."""
    text = f"{part(header)}.{part(payload)}"
    return f"{text}.{base64url_encode(signer(jwk).sign(text.encode()))}"


def counting() -> Callable[[int], bytes]:
    """Return a source of bytes that differ each time, the same in every run."""
    numbers = itertools.count(1)
    return lambda length: next(numbers).to_bytes(length, "big")


def refused(code: str, call: Callable[[], object]) -> str:
    """Demand that `call` raises `InvalidError` with this code, and return its sentence."""
    with pytest.raises(InvalidError) as caught:
        call()
    assert caught.value.code == code, caught.value.detail
    return caught.value.detail


def outcome(call: Callable[[], object]) -> str:
    """Return the code of the `InvalidError` that `call` raises, or "" when it raises nothing; all else escapes."""
    try:
        call()
    except InvalidError as error:
        return error.code
    return ""
