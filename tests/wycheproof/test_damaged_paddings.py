"""Paddings of PKCS #1 signatures, each element of their DER damaged in every way that Wycheproof damages any of them.

Wycheproof's own vectors damage one element in most ways and another in some; here each gets them all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from tests.wycheproof.vectors import BY_NUMBER, PADDED_TEXT, refusal, sign_padded


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


RS256 = BY_NUMBER[33].key
DIGEST = hashlib.sha256(PADDED_TEXT.encode()).digest()
INFOS = dict(digest_infos(DIGEST))


def accepted(info: bytes) -> bool:
    return refusal(f"{PADDED_TEXT}.{sign_padded(info)}", RS256) is None


def test_damaged_paddings() -> None:
    good = bytes.fromhex("3031300d060960864801650304020105000420") + DIGEST
    assert accepted(good)
    assert len(INFOS) > 190
    assert [name for name, info in INFOS.items() if info != good and accepted(info)] == []
