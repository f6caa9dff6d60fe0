"""The 401 JSON Web Signatures of Project Wycheproof, read from the file beside this one.

The file has the official numbers, comments and results. Tokens are transcribed, but for those with a modified padding:
they have what the padding holds in place of a DigestInfo (RFC 8017 section 9.2), and 20 characters from either end of
the official signature. RSASSA-PKCS1-v1_5 has no randomness: with the suite's own key only one signature can be meant.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import rsa_recover_prime_factors

from openbadge.errors import InvalidError
from openbadge.jose import jws
from openbadge.multibase import base64url_decode, base64url_encode
from openbadge.multikey import PublicKey

DATA: dict[str, Any] = json.loads((Path(__file__).parent / "json_web_signature.json").read_text("utf-8"))
GROUPS: list[dict[str, Any]] = DATA["testGroups"]
PADDED_GROUP = GROUPS[2]
PADDED_TEXT: str = PADDED_GROUP["tests"][0]["jws"].rpartition(".")[0]
"""Header and payload that all signatures with a modified padding are made over."""


@dataclass(frozen=True, slots=True)
class Vector:
    """One official vector. `key` is the public key, or the secret of a group that has only one."""

    number: int
    comment: str
    group: str
    key: dict[str, Any]
    valid: bool
    transcribed: str | None
    digest_info: bytes
    ends: tuple[str, str]

    @property
    def token(self) -> str:
        if self.transcribed is not None:
            return self.transcribed
        return f"{PADDED_TEXT}.{sign_padded(self.digest_info)}"


def integer(text: str) -> int:
    return int.from_bytes(base64url_decode(text), "big")


@cache
def _primes() -> tuple[int, int, int]:
    modulus, exponent = (integer(PADDED_GROUP["public"][name]) for name in ("n", "e"))
    secret = integer(PADDED_GROUP["private"]["d"])
    return (*rsa_recover_prime_factors(modulus, exponent, secret), secret)


@cache
def sign_padded(digest_info: bytes, size: int = 256) -> str:
    """Return the signature part of a token whose padding holds any bytes in place of a DigestInfo."""
    block = b"\0\1" + b"\xff" * (size - 3 - len(digest_info)) + b"\0" + digest_info
    p, q, secret = _primes()
    padded = int.from_bytes(block, "big")
    low = pow(padded, secret % (q - 1), q)  # by the Chinese remainder theorem, three times as fast
    high = (pow(padded, secret % (p - 1), p) - low) * pow(q, -1, p) % p
    return base64url_encode((low + high * q).to_bytes(size, "big"))


def _vector(group: dict[str, Any], test: dict[str, Any]) -> Vector:
    return Vector(
        number=test["tcId"],
        comment=test["comment"],
        group=group["comment"],
        key=group["public"] if "public" in group else group["private"],
        valid={"valid": True, "invalid": False}[test["result"]],
        transcribed=test.get("jws"),
        digest_info=bytes.fromhex(test.get("digestInfo", "")),
        ends=(test.get("starts", ""), test.get("ends", "")),
    )


def refusal(token: str, jwk: dict[str, Any]) -> str | None:
    """Return the code of the problem that our reader sees, or None when it accepts the token."""
    try:
        jws.verify(jws.parse(token), PublicKey.from_jwk(jwk))
    except InvalidError as error:
        return error.code
    return None


VECTORS = tuple(_vector(group, test) for group in GROUPS for test in group["tests"])
BY_NUMBER = {vector.number: vector for vector in VECTORS}
MADE = tuple(vector for vector in VECTORS if vector.transcribed is None)
