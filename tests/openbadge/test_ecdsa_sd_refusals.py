"""ecdsa-sd-2023: everything that a verifier refuses, and base proofs that nothing is derived from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbadge import canon, cbor, multibase, rdfc
from openbadge.errors import InvalidError
from openbadge.proof.sd import labels, values
from tests.openbadge import proof_samples as samples
from tests.openbadge.sd_samples import (
    check,
    code_of,
    issued,
    parts_of,
    set_part,
    shown,
    unsecured,
    value_of,
    without_derived,
)


def test_a_base_proof_is_refused() -> None:
    assert code_of(lambda: check(issued())) == "PROOF_VERIFICATION_ERROR"


def test_another_key_is_refused() -> None:
    derived = shown(issued(), "/name")
    other = samples.signer("P-256", 13).public_key
    assert code_of(lambda: check(derived, other)) == "CRYPTOGRAPHIC_SECURITY_ERROR"
    for key in (samples.signer("Ed25519").public_key, samples.signer("P-384").public_key, samples.rsa_key("RSA")):
        assert code_of(lambda key=key: check(derived, key)) == "PROOF_VERIFICATION_ERROR"


def test_every_shown_value_is_signed() -> None:
    derived = shown(issued(), "/credentialSubject", "/name")
    for path in samples.leaves(unsecured(derived)):
        wrong = samples.changed(derived, path, lambda value: not value if isinstance(value, bool) else f"{value}x")
        with pytest.raises(InvalidError):
            check(wrong)


def test_every_shown_member_is_needed_and_none_can_be_added() -> None:
    derived = shown(issued(), "/name", "/credentialSubject/result")
    for member in set(derived) - {"proof"}:
        with pytest.raises(InvalidError):
            check({name: value for name, value in derived.items() if name != member})
    for member in ({"description": "x"}, {"validUntil": "2030-01-01T00:00:00Z"}, {"undefinedTerm": 1}):
        with pytest.raises(InvalidError):
            check({**derived, **member})


@pytest.mark.parametrize(
    "change",
    [{"created": "2026-03-31T10:00:01Z"}, {"expires": "2030-01-01T00:00:00Z"}, {"proofPurpose": "authentication"}],
)
def test_the_proof_itself_is_signed(change: dict[str, Any]) -> None:
    derived = shown(issued(), "/name")
    wrong = {**derived, "proof": [{**derived["proof"][0], **change}]}
    assert code_of(lambda: check(wrong)) == "CRYPTOGRAPHIC_SECURITY_ERROR"


def test_a_proof_that_builds_on_another_is_refused() -> None:
    derived = shown(issued(), "/name")
    first = {**derived["proof"][0], "id": "urn:uuid:a"}
    wrong = {**derived, "proof": [{**derived["proof"][0], "previousProof": "urn:uuid:a"}, first]}
    assert code_of(lambda: check(wrong)) == "PROOF_VERIFICATION_ERROR"


def test_parts_of_two_credentials_are_not_mixed() -> None:
    one = shown(issued(), "/name")
    two = shown(issued({**samples.badge(), "name": "Another"}), "/name")
    with pytest.raises(InvalidError):
        check({**one, "name": two["name"]})
    with pytest.raises(InvalidError):
        check({**one, "proof": two["proof"]})


BAD_PARTS: dict[str, Callable[[list[Any]], Any]] = {
    "no array": lambda parts: parts[0],
    "a map": lambda parts: dict(enumerate(parts)),
    "four parts": lambda parts: parts[:4],
    "six parts": lambda parts: [*parts, 0],
    "signature of 63 bytes": set_part(0, lambda part: part[:-1]),
    "signature of 65 bytes": set_part(0, lambda part: part + b"\0"),
    "signature as text": set_part(0, lambda part: part.hex()),
    "tagged signature": set_part(0, lambda part: cbor.Tag(64, part)),
    "key of 33 bytes": set_part(1, lambda part: part[2:]),
    "key of 36 bytes": set_part(1, lambda part: part + b"\0"),
    "key of another kind": set_part(1, lambda part: b"\x81\x24" + part[2:]),
    "key with an endless number": set_part(1, lambda _: b"\xff" * 35),
    "key that is no point": set_part(1, lambda part: part[:2] + b"\x05" + part[3:]),
    "tagged key": set_part(1, lambda part: cbor.Tag(64, part)),
    "signatures no array": set_part(2, lambda part: part[0]),
    "signature missing": set_part(2, lambda part: part[:-1]),
    "no signatures": set_part(2, lambda _: []),
    "signature too many": set_part(2, lambda part: [*part, part[0]]),
    "short signature": set_part(2, lambda part: [part[0][:-1], *part[1:]]),
    "tagged signature of a statement": set_part(2, lambda part: [cbor.Tag(64, part[0]), *part[1:]]),
    "labels no map": set_part(3, lambda part: list(part.values())),
    "no labels": set_part(3, lambda _: {}),
    "label missing": set_part(3, lambda part: dict(list(part.items())[1:])),
    "label too many": set_part(3, lambda part: {**part, 99: bytes(32)}),
    "label by text": set_part(3, lambda part: {f"c14n{number}": label for number, label in part.items()}),
    "label by a negative number": set_part(3, lambda part: {-1 - number: label for number, label in part.items()}),
    "label of 31 bytes": set_part(3, lambda part: {number: label[:-1] for number, label in part.items()}),
    "labels as text": set_part(3, lambda part: {number: label.hex() for number, label in part.items()}),
    "labels alike": set_part(3, lambda part: dict.fromkeys(part, part[0])),
    "tagged label": set_part(3, lambda part: {number: cbor.Tag(64, label) for number, label in part.items()}),
    "indexes no array": set_part(4, lambda _: {}),
    "indexes as text": set_part(4, lambda part: [str(index) for index in part]),
    "negative index": set_part(4, lambda part: [-1, *part]),
    "true as an index": set_part(4, lambda part: [*part[:1], True]),
    "index twice": set_part(4, lambda part: [part[0], *part]),
    "indexes out of order": set_part(4, lambda part: part[::-1]),
    "index beyond the end": set_part(4, lambda part: [*part, 10_000]),
    "index missing": set_part(4, lambda part: part[:-1]),
    "no indexes": set_part(4, lambda _: []),
}


@pytest.mark.parametrize("why", sorted(BAD_PARTS))
def test_a_derived_proof_of_another_form_is_refused(why: str) -> None:
    derived = shown(issued(), "/name", "/credentialSubject/achievement/criteria")
    wrong = value_of(BAD_PARTS[why](parts_of(derived["proof"][0]["proofValue"])))
    assert code_of(lambda: check(without_derived(derived, wrong))) == "PROOF_VERIFICATION_ERROR"


@pytest.mark.parametrize(
    "change",
    [
        set_part(2, lambda part: part[::-1]),
        set_part(2, lambda part: [part[0], part[0], *part[2:]]),
        set_part(3, lambda part: dict(zip(part, list(part.values())[::-1], strict=True))),
        set_part(3, lambda part: {**part, 0: bytes(32)}),
        set_part(4, lambda part: [index for index in range(len(part) + 1) if index != part[-1]]),
    ],
)
def test_a_derived_proof_with_parts_exchanged_is_refused(change: Callable[[list[Any]], Any]) -> None:
    derived = shown(issued(), "/name", "/credentialSubject/achievement/criteria")
    wrong = value_of(change(parts_of(derived["proof"][0]["proofValue"])))
    code = code_of(lambda: check(without_derived(derived, wrong)))
    assert code in {"CRYPTOGRAPHIC_SECURITY_ERROR", "PROOF_VERIFICATION_ERROR"}


def test_a_key_of_the_holder_does_not_replace_that_of_the_proof() -> None:
    """Who signs statements with a key of their own cannot have the issuer's signature over that key."""
    derived = shown(issued(), "/name")
    attacker = samples.signer("P-256", 14)
    forged = {**derived, "name": "Doctor of Everything"}
    parts = parts_of(derived["proof"][0]["proofValue"])
    proof = values.DerivedProof.decode(derived["proof"][0]["proofValue"])
    _, others = proof.split(labels.labelled(canon.quads(unsecured(forged)), proof.labels))
    parts[1] = multibase.with_multicodec(0x1200, attacker.public_key.raw)
    parts[2] = [attacker.sign(line.encode()) for line in others]
    assert code_of(lambda: check(without_derived(forged, value_of(parts)))) == "CRYPTOGRAPHIC_SECURITY_ERROR"


@pytest.mark.parametrize("header", ["d95d00", "d95d02", "d95d03", "d95c01", "000000", "d95d", ""])
def test_another_header_is_refused(header: str) -> None:
    derived = shown(issued(), "/name")
    wrong = value_of(parts_of(derived["proof"][0]["proofValue"]), bytes.fromhex(header))
    assert code_of(lambda: check(without_derived(derived, wrong))) == "PROOF_VERIFICATION_ERROR"


def test_another_encoding_is_refused() -> None:
    derived = shown(issued(), "/name")
    value = derived["proof"][0]["proofValue"]
    data = multibase.decode_multibase(value)
    indefinite = b"\x9f" + data[4:] + b"\xff"
    for wrong in (
        value[1:],
        "z" + value[1:],
        "U" + value[1:],
        value + "=",
        value + "A",
        value[:-1],
        "u",
        "",
        multibase.encode_base64url(data[:-1]),
        multibase.encode_base64url(data + b"\0"),
        multibase.encode_base64url(data[:3] + indefinite),
        multibase.encode_base64url(data[:3]),
    ):
        assert code_of(lambda wrong=wrong: check(without_derived(derived, wrong))) == "PROOF_VERIFICATION_ERROR"
    long = "u" + "A" * values.MAX_CHARS
    assert code_of(lambda: check(without_derived(derived, long))) == "LIMIT_EXCEEDED"


@given(st.data())
@settings(max_examples=40)
def test_a_derived_proof_cut_or_changed_anywhere_is_refused(data: st.DataObject) -> None:
    derived = shown(issued(), "/name")
    whole = multibase.decode_multibase(derived["proof"][0]["proofValue"])
    place = data.draw(st.integers(0, len(whole) - 1))
    flipped = whole[:place] + bytes([whole[place] ^ data.draw(st.integers(1, 255))]) + whole[place + 1 :]
    for wrong in (whole[:place], flipped):
        with pytest.raises(InvalidError):
            check(without_derived(derived, multibase.encode_base64url(wrong)))


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for header, read in (
        (values.BASE_HEADER, values.BaseProof.decode),
        (values.DERIVED_HEADER, values.DerivedProof.decode),
    ):
        value = multibase.encode_base64url(header + data)
        assert code_of(lambda read=read, value=value: read(value)) == "PROOF_VERIFICATION_ERROR"


BAD_BASE: dict[str, Callable[[list[Any]], Any]] = {
    "HMAC key of 31 bytes": set_part(2, lambda part: part[:-1]),
    "HMAC key of 33 bytes": set_part(2, lambda part: part + b"\0"),
    "HMAC key as text": set_part(2, lambda part: part.hex()),
    "tagged HMAC key": set_part(2, lambda part: cbor.Tag(64, part)),
    "signatures no array": set_part(3, lambda part: part[0]),
    "signature missing": set_part(3, lambda part: part[:-1]),
    "signature too many": set_part(3, lambda part: [*part, part[0]]),
    "pointers no array": set_part(4, lambda part: part[0]),
    "pointers as bytes": set_part(4, lambda part: [pointer.encode() for pointer in part]),
    "pointers left out": lambda parts: parts[:4],
    "pointer missing": set_part(4, lambda part: part[:-1]),
}


@pytest.mark.parametrize("why", sorted(BAD_BASE))
def test_a_base_proof_of_another_form_is_not_derived_from(why: str) -> None:
    document = issued()
    wrong = value_of(BAD_BASE[why](parts_of(document["proof"][0]["proofValue"])), values.BASE_HEADER)
    changed = without_derived(document, wrong)
    assert code_of(lambda: shown(changed, "/name")) == "PROOF_VERIFICATION_ERROR"


def test_proof_values_are_written_as_they_are_read() -> None:
    document = issued()
    base = document["proof"][0]["proofValue"]
    assert values.BaseProof.decode(base).encode() == base
    derived = shown(document, "/credentialSubject")["proof"][0]["proofValue"]
    assert values.DerivedProof.decode(derived).encode() == derived


def test_alike_objects_are_told_apart() -> None:
    """Two results without id and with the same content are one and the same statement twice for RDF."""
    badge = samples.badge()
    badge["credentialSubject"]["result"] = [{"type": ["Result"], "value": "A"}, {"type": ["Result"], "value": "A"}]
    check(shown(issued(badge), "/credentialSubject/result/1"))
    check(shown(issued(badge), "/credentialSubject/result"))
    two = canon.quads(unsecured(shown(issued(badge), "/credentialSubject/result")))
    assert len(set(rdfc.canonicalize(two).labels.values())) == 3
