"""Project Wycheproof's JSON Web Signatures: no invalid one may pass, and each valid one that we refuse has a reason.

The file beside this one holds 115 of the 401 vectors, at least one of every flaw. Most of the others have a modified
padding and differ only in where its DER is damaged; `test_damaged_paddings` makes such ones itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openbadge.errors import InvalidError
from openbadge.jose import jws
from openbadge.multibase import base64url_decode, base64url_encode
from openbadge.multikey import PublicKey

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "json_web_signature.json").read_text())
CASES = [(group["public"], test) for group in VECTORS["testGroups"] for test in group["tests"]]
SYMMETRIC, OTHER_HASH, BAD_NAME = "shared secret", "RS/PS with SHA-384 or SHA-512", "ES521 is no registered algorithm"
REFUSED_THOUGH_VALID = {
    1: SYMMETRIC,
    325: OTHER_HASH,
    346: OTHER_HASH,  # and its key says PS256, its header PS384
    347: BAD_NAME,
    348: SYMMETRIC,
    351: BAD_NAME,
    357: SYMMETRIC,
    372: SYMMETRIC,  # and a question mark inside its base64url
    373: SYMMETRIC,
    376: SYMMETRIC,
}
# The private exponent of the suite's key "rs256", public like the rest of the suite.
SECRET = (
    "YsfIRYN6rDqSz5KRf1E9q7HK1o6-_UK-j7S-asb0Y1FdVs1GuiRQhMPoOjmhY3Io93EI3_7vj8uzWzAUMsAaTxOY3sJnIbktYuqTcD0xGD8VmdGP"
    "Bkx963db8B6M2UYfqZARf7dbzP9EuB1N1miMcTsqyGgfHGOk7CXQ1vkIv8Uww38KMtEdJ3iB8r-f3qcu-UJjE7Egw9CxKOMjArOXxZEr4VnoIXrI"
    "mrcTxBfjdY8GbzXGATiPQLur5GT99ZDW78falsir-b5Ean6HNyOeuaJuceT-yjgCXn57Rd3oIHD94CrjNtjBusoLdjbr489L8K9ksCh1gynzLGke"
    "eWgVGQ"
)


def accepted(text: str, jwk: dict[str, Any]) -> bool:
    try:
        jws.verify(jws.parse(text), PublicKey.from_jwk(jwk))
    except InvalidError:
        return False
    return True


@pytest.mark.parametrize(("jwk", "test"), CASES, ids=[f"{test['tcId']}-{test['comment']}" for _, test in CASES])
def test_vector(jwk: dict[str, Any], test: dict[str, Any]) -> None:
    valid = test["result"] == "valid" and test["tcId"] not in REFUSED_THOUGH_VALID
    assert accepted(test["jws"], jwk) is valid


def test_the_file_is_whole() -> None:
    assert VECTORS["numberOfTests"] == len(CASES) == 115
    valid = {test["tcId"] for _, test in CASES if test["result"] == "valid"}
    assert valid - REFUSED_THOUGH_VALID.keys() == {18, 33, 345, 349, 378}
    assert valid >= REFUSED_THOUGH_VALID.keys()


def tlv(tag: int, value: bytes) -> bytes:
    return bytes([tag, len(value)]) + value


def damaged(tag: int, value: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield one DER element in all the ways that Wycheproof damages it."""
    size = len(value)
    yield "long form length", bytes([tag, 0x81, size]) + value
    yield "length with a leading zero", bytes([tag, 0x82, 0, size]) + value
    yield "length one more", bytes([tag, size + 1]) + value
    if size:
        yield "length one less", bytes([tag, size - 1]) + value
        yield "value dropped", bytes([tag, 0])
        yield "value truncated", tlv(tag, value[:-1])
        yield "truncated, length kept", bytes([tag, size]) + value[:-1]
        yield "first byte changed", tlv(tag, bytes([value[0] ^ 1]) + value[1:])
        yield "last byte changed", tlv(tag, value[:-1] + bytes([value[-1] ^ 1]))
    for name, head in (
        ("2^32", "850100000000"), ("2^64", "89010000000000000000"), ("2^31-1", "847fffffff"), ("2^31", "8480000000"),
        ("2^32-1", "84ffffffff"), ("2^40-1", "85ffffffffff"), ("2^64-1", "88ffffffffffffffff"), ("indefinite", "80"),
        ("reserved", "ff"),
    ):  # fmt: skip
        yield f"length {name}", bytes([tag]) + bytes.fromhex(head) + value
    yield "indefinite with end", bytes([tag, 0x80]) + value + b"\0\0"
    yield "removed", b""
    yield "lonely tag", bytes([tag])
    yield "NULL instead", b"\x05\x00"
    for other in (0x00, 0x01, 0x04, 0x31, tag ^ 1, tag | 0x20, 0xFF):
        if other != tag:
            yield f"tag {other:02x}", tlv(other, value)
    for name, extra in (("zeros", b"\0\0"), ("NULL", b"\x05\x00"), ("garbage", b"\x49\x81\x77"), ("empty", b"\x30\0")):
        yield f"{name} appended inside", tlv(tag, value + extra)
        yield f"{name} prepended inside", tlv(tag, extra + value)
        yield f"{name} appended", tlv(tag, value) + extra
    yield "wrapped", tlv(0x30, tlv(tag, value))


def digest_infos(digest: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the DigestInfo of RFC 8017 section 9.2 with each of its elements damaged."""
    oid, null = tlv(0x06, bytes.fromhex("608648016503040201")), tlv(0x05, b"")
    algorithm, octets = tlv(0x30, oid + null), tlv(0x04, digest)
    for name, element in damaged(0x30, algorithm + octets):
        yield f"outer sequence: {name}", element
    for name, element in damaged(0x30, oid + null):
        yield f"algorithm: {name}", tlv(0x30, element + octets)
    for name, element in damaged(0x06, oid[2:]):
        yield f"identifier: {name}", tlv(0x30, tlv(0x30, element + null) + octets)
    for name, element in damaged(0x05, b""):
        if name != "NULL instead":
            yield f"parameters: {name}", tlv(0x30, tlv(0x30, oid + element) + octets)
    for name, element in damaged(0x04, digest):
        yield f"digest: {name}", tlv(0x30, algorithm + element)


def sign_raw(text: str, info: bytes, size: int = 256) -> str:
    """Return the token with a signature whose padding holds any DigestInfo."""
    modulus, secret = (int.from_bytes(base64url_decode(part), "big") for part in (RS256["n"], SECRET))
    padded = b"\0\1" + b"\xff" * (size - 3 - len(info)) + b"\0" + info
    return f"{text}.{base64url_encode(pow(int.from_bytes(padded, 'big'), secret, modulus).to_bytes(size, 'big'))}"


RS256 = next(jwk for jwk, test in CASES if test["tcId"] == 33)
TEXT = next(test["jws"].rpartition(".")[0] for _, test in CASES if test["tcId"] == 33)
INFOS = dict(digest_infos(hashlib.sha256(TEXT.encode()).digest()))


def test_damaged_paddings() -> None:
    good = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(TEXT.encode()).digest()
    assert accepted(sign_raw(TEXT, good), RS256)
    assert len(INFOS) > 190
    assert [name for name, info in INFOS.items() if info != good and accepted(sign_raw(TEXT, info), RS256)] == []


@pytest.mark.parametrize(
    ("number", "name"),
    [(46, "long form length"), (47, "length with a leading zero"), (48, "length one more"), (59, "removed"),
     (73, "NULL instead"), (89, "empty prepended inside")],
)  # fmt: skip
def test_the_damage_is_that_of_wycheproof(number: int, name: str) -> None:
    official = next(test["jws"] for _, test in CASES if test["tcId"] == number)
    assert sign_raw(TEXT, INFOS[f"outer sequence: {name}"]) == official
