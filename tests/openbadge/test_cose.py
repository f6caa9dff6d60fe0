"""COSE_Sign1: the example of RFC 9052, what one accepts, and every refusal."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbadge import cbor, cose
from openbadge.errors import PROBLEMS
from openbadge.multibase import base64url_encode
from openbadge.multikey import PublicKey
from tests.openbadge.jose_keys import ALL, METHOD, outcome, public, refused, signer
from tests.openbadge.suite_inputs import ED25519, P256, P384
from tests.openbadge.test_jws import RFC_7515_A2

INSECURE = "CRYPTOGRAPHIC_SECURITY_ERROR"
RFC_9052_C_2_1 = bytes.fromhex(
    "d28443a10126a10442313154546869732069732074686520636f6e74656e742e58408eb33e4ca31d1c465ab05aac34cc6b23d58fef5c083106c4"
    "d25a91aef0b0117e2af9a291aa32e14ab834dc56ed2a223444547e01f11d3b0916e5a4c345cacb36"
)
RFC_9052_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": base64url_encode(bytes.fromhex("bac5b11cad8f99f9c72b05cf4b9e26d244dc189f745228255a219a86d6a09eff")),
    "y": base64url_encode(bytes.fromhex("20138bf82dc1b6d562be0fa54ab7804a3a64b6d72ccfed6b6fb6ed28bbfc117e")),
}
TYPES = {cose.TYPE: "application/vc+cose", cose.CONTENT_TYPE: "application/vc"}
MESSAGE = cose.sign(b"payload", signer(P256), TYPES)
FIELDS = cbor.decode(MESSAGE).value


def message(position: int, value: Any, number: int = cose.TAG) -> bytes:
    """Return the message with one field replaced."""
    fields = [value if index == position else field for index, field in enumerate(FIELDS)]
    return cbor.encode(cbor.Tag(number, fields))


def protected(header: Any) -> bytes:
    return message(0, cbor.encode(header))


def test_the_example_of_rfc_9052() -> None:
    parsed = cose.parse(RFC_9052_C_2_1)
    assert (parsed.payload, parsed.key_id) == (b"This is the content.", b"11")
    cose.verify(parsed, PublicKey.from_jwk(RFC_9052_KEY))
    refused(INSECURE, lambda: cose.verify(parsed, PublicKey.from_jwk(RFC_9052_KEY), b"more"))
    refused(INSECURE, lambda: cose.verify(parsed, public(P256)))


@pytest.mark.parametrize(("name", "number"), [("ES256", -7), ("ES384", -35), ("ES512", -36), ("EdDSA", -8)])
def test_what_is_signed_verifies(name: str, number: int) -> None:
    data = cose.sign(b"payload", signer(ALL[name]), TYPES)
    parsed = cose.parse(data)
    assert parsed.header == {cose.ALG: number, cose.KEY_ID: METHOD.encode(), **TYPES}
    assert data[0] == 0xD2
    cose.verify(parsed, public(ALL[name]))


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x84", MESSAGE[1:], MESSAGE + b"\x00", message(0, b"", 98)])
def test_data_that_is_no_tagged_message(data: bytes) -> None:
    refused("PARSING_ERROR", lambda: cose.parse(data))


@pytest.mark.parametrize(
    "data",
    [
        cbor.encode(cbor.Tag(18, [b"", {}, b""])),
        cbor.encode(cbor.Tag(18, {})),
        message(1, []),
        message(0, {1: -7}),
        message(2, "payload"),
        message(3, None),
        message(0, b"\xff"),
        message(0, cbor.encode([])),
    ],
)
def test_messages_of_bad_form(data: bytes) -> None:
    refused("PARSING_ERROR", lambda: cose.parse(data))


def test_a_payload_elsewhere() -> None:
    refused("UNSUPPORTED_FORMAT", lambda: cose.parse(message(2, None)))


@pytest.mark.parametrize(
    "header",
    [
        {},
        {3: "application/vc"},
        {1: "ES256"},
        {1: True},
        {1: -7, 2: [99], 99: 1},
        {1: -7, 33: b"certificate"},
        {1: -7, 34: [1, b""]},
        {1: -7, 35: "https://attacker.example/"},
        {1: -7, 258: 1},
        {1: -7, "alg": -8},
    ],
)
def test_headers_that_are_refused(header: dict[Any, Any]) -> None:
    refused(INSECURE, lambda: cose.parse(protected(header)))


def test_an_empty_protected_header() -> None:
    refused(INSECURE, lambda: cose.parse(message(0, b"")))


@pytest.mark.parametrize("header", [{1: -7}, {4: b"twice"}, {33: b""}, {16: "application/vc+cose"}, {"kid": b"1"}])
def test_unprotected_headers_that_are_refused(header: dict[Any, Any]) -> None:
    refused(INSECURE, lambda: cose.parse(message(1, header)))


def test_the_same_header_member_twice() -> None:
    refused("PARSING_ERROR", lambda: cose.parse(message(0, bytes.fromhex("a201260127"))))


@pytest.mark.parametrize("number", [-35, -8, -257, 5, 0, -9])
def test_the_key_decides_the_algorithm(number: int) -> None:
    parsed = cose.parse(protected({1: number}))
    refused(INSECURE, lambda: cose.verify(parsed, public(P256)))


def test_keys_without_an_algorithm() -> None:
    refused("UNSUPPORTED_SUITE", lambda: cose.verify(cose.parse(MESSAGE), PublicKey.from_jwk(RFC_7515_A2[0])))


@pytest.mark.parametrize("jwk", [P384, ED25519, RFC_9052_KEY], ids=["P-384", "Ed25519", "other P-256"])
def test_the_key_of_someone_else(jwk: dict[str, Any]) -> None:
    refused(INSECURE, lambda: cose.verify(cose.parse(MESSAGE), public(jwk)))


def test_a_signature_in_der() -> None:
    parsed = cose.parse(message(3, b"\x30" + bytes(70)))
    refused("PROOF_VERIFICATION_ERROR", lambda: cose.verify(parsed, public(P256)))


@given(st.integers(0, len(MESSAGE) - 1), st.integers(1, 255))
def test_any_changed_byte_is_noticed(position: int, change: int) -> None:
    data = bytearray(MESSAGE)
    data[position] ^= change
    assert outcome(lambda: cose.verify(cose.parse(bytes(data)), public(P256))) in PROBLEMS


@given(st.binary(max_size=60))
def test_any_data_gets_an_answer(data: bytes) -> None:
    assert outcome(lambda: cose.parse(b"\xd2\x84" + data)) in ("", *PROBLEMS)
