"""RFC 8785 and the suites that sign JSON text: numbers, sorting, unicode, and the contexts that a proof keeps."""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbadge import jcs
from openbadge.errors import InvalidError
from openbadge.proof import data_integrity
from tests.openbadge import proof_samples as samples

SUITES = [("eddsa-jcs-2022", "Ed25519"), ("ecdsa-jcs-2019", "P-256"), ("ecdsa-jcs-2019", "P-384")]
NUMBERS = [  # RFC 8785 appendix B: the double as 64 bits, and its text
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"),
    ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), inner, max_size=4),
    max_leaves=15,
)  # fmt: skip


def code_of(call: Any) -> str:
    with pytest.raises(InvalidError) as caught:
        call()
    return caught.value.code


# RFC 8785


@pytest.mark.parametrize(("bits", "text"), NUMBERS)
def test_numbers_of_the_rfc(bits: str, text: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert jcs.canonicalize(number).decode() == text


@pytest.mark.vectors
def test_files_of_the_rfc(vectors: Path) -> None:
    here = vectors / "jcs-rfc8785"
    inputs = sorted(here.rglob("input/*.json"))
    assert inputs
    for file in inputs:
        value = json.loads(file.read_text(encoding="utf-8"))
        output = file.parent.parent / "output" / file.name
        assert jcs.canonicalize(value) == output.read_text(encoding="utf-8").rstrip("\n").encode()


def test_names_are_sorted_by_utf16_code_units() -> None:
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    assert list(json.loads(jcs.canonicalize(dict.fromkeys(names, 0)))) == [
        "\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33",
    ]  # fmt: skip


def test_text_is_escaped_as_little_as_json_allows() -> None:
    text = "\u20ac$\u000f\nA'B\"\\/\u007f\u2028\u00e9"
    assert jcs.canonicalize(text) == b'"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\/\x7f\xe2\x80\xa8\xc3\xa9"'


def test_text_is_not_normalised() -> None:
    assert jcs.canonicalize("é") != jcs.canonicalize("e\u0301")


@given(json_values)
def test_canonical_text_says_the_same_and_is_stable(value: Any) -> None:
    text = jcs.canonicalize(value)
    assert jcs.canonicalize(json.loads(text)) == text
    assert json.loads(text, parse_int=float) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_read_back(number: float) -> None:
    assert float(jcs.canonicalize(number)) == number


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, 10**400, "\ud800", {"\udc00": 1}, b"x", (1,), object()]
)
def test_what_json_lacks_is_refused(value: Any) -> None:
    assert code_of(lambda: jcs.canonicalize(value)) == "MALFORMED_VALUE_ERROR"


def test_a_value_too_deep_to_follow_is_refused() -> None:
    value: Any = 0
    for _ in range(100_000):
        value = [value]
    assert code_of(lambda: jcs.canonicalize(value)) == "LIMIT_EXCEEDED"


# The contexts that a proof keeps


@pytest.mark.parametrize(("name", "algorithm"), SUITES)
def test_a_proof_keeps_the_contexts_of_its_document(name: str, algorithm: str) -> None:
    by = samples.signer(algorithm)
    document = samples.signed(samples.badge(), name, by)
    assert document["proof"][0]["@context"] == document["@context"]
    more = {**document, "@context": [*document["@context"], "https://w3id.org/security/data-integrity/v2"]}
    data_integrity.verify(more, more["proof"][0], by.public_key)


@pytest.mark.parametrize(("name", "algorithm"), SUITES)
@pytest.mark.parametrize(
    "change",
    [
        lambda here: here[::-1],
        lambda here: here[:-1],
        lambda here: here[1:],
        lambda here: ["https://w3id.org/security/data-integrity/v2", *here],
        lambda here: [here[0], "https://w3id.org/security/data-integrity/v2", here[1]],
        lambda here: [],
        lambda here: here[0],
        lambda here: None,
        lambda here: [{"@vocab": "https://example.org/"}],
    ],
)
def test_contexts_moved_or_taken_away_are_refused(name: str, algorithm: str, change: Any) -> None:
    by = samples.signer(algorithm)
    document = samples.signed(samples.badge(), name, by)
    wrong = {**document, "@context": change(document["@context"])}
    assert code_of(lambda: data_integrity.verify(wrong, wrong["proof"][0], by.public_key)) == "PROOF_VERIFICATION_ERROR"


@pytest.mark.parametrize(("name", "algorithm"), SUITES)
def test_a_proof_without_context_does_not_fit_a_document_with_one(name: str, algorithm: str) -> None:
    by = samples.signer(algorithm)
    document = samples.signed(samples.badge(), name, by)
    proof = {member: value for member, value in document["proof"][0].items() if member != "@context"}
    assert code_of(lambda: data_integrity.verify(document, proof, by.public_key)) == "PROOF_VERIFICATION_ERROR"
    bare = {member: value for member, value in document.items() if member != "@context"}
    whole = document["proof"][0]
    assert code_of(lambda: data_integrity.verify(bare, whole, by.public_key)) == "PROOF_VERIFICATION_ERROR"


@pytest.mark.parametrize(("name", "algorithm"), SUITES)
def test_the_contexts_of_a_proof_are_signed(name: str, algorithm: str) -> None:
    by = samples.signer(algorithm)
    document = samples.signed(samples.badge(), name, by)
    for context in (document["@context"][:1], [], document["@context"][0]):
        proof = {**document["proof"][0], "@context": context}
        wrong = lambda proof=proof: data_integrity.verify(document, proof, by.public_key)  # noqa: E731
        assert code_of(wrong) == "CRYPTOGRAPHIC_SECURITY_ERROR"


def test_json_without_vocabularies_is_signed_as_it_is() -> None:
    by = samples.signer("Ed25519")
    document = samples.signed({"b": [1, 2.5, None], "a": "é"}, "eddsa-jcs-2022", by)
    assert "@context" not in document["proof"][0]
    data_integrity.verify(document, document["proof"][0], by.public_key)


# Numbers and unicode under a signature


@pytest.mark.parametrize(("name", "algorithm"), SUITES)
def test_the_same_number_in_another_spelling_is_the_same(name: str, algorithm: str) -> None:
    by = samples.signer(algorithm)
    document = samples.signed({**samples.badge(), "x": 100, "y": 0.5}, name, by)
    again = json.loads(json.dumps(document).replace('"x": 100', '"x": 1.0e2').replace('"y": 0.5', '"y": 5e-1'))
    data_integrity.verify(again, again["proof"][0], by.public_key)


@pytest.mark.parametrize(("name", "algorithm"), SUITES)
@pytest.mark.parametrize(
    ("was", "becomes"), [(1, True), (1, "1"), (0, False), (0, None), (1, 1.0000000000000002), ("é", "e\u0301")]
)
def test_other_values_are_others(name: str, algorithm: str, was: Any, becomes: Any) -> None:
    by = samples.signer(algorithm)
    document = {**samples.signed({**samples.badge(), "x": was}, name, by), "x": becomes}
    wrong = lambda: data_integrity.verify(document, document["proof"][0], by.public_key)  # noqa: E731
    assert code_of(wrong) == "CRYPTOGRAPHIC_SECURITY_ERROR"


@given(extra=json_values, member=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6))
def test_any_json_is_signed_and_an_added_member_breaks_it(extra: Any, member: str) -> None:
    by = samples.signer("Ed25519")
    document = samples.signed({"@context": ["https://www.w3.org/ns/credentials/v2"], "x": extra}, "eddsa-jcs-2022", by)
    again = json.loads(json.dumps(document))
    data_integrity.verify(again, again["proof"][0], by.public_key)
    wrong = {**again, f"x{member}": None}
    code = code_of(lambda: data_integrity.verify(wrong, wrong["proof"][0], by.public_key))
    assert code == "CRYPTOGRAPHIC_SECURITY_ERROR"


def test_half_of_a_surrogate_pair_is_not_signed() -> None:
    document = {**samples.badge(), "name": "\ud83d"}
    assert (
        code_of(lambda: samples.signed(document, "eddsa-jcs-2022", samples.signer("Ed25519")))
        == "MALFORMED_VALUE_ERROR"
    )
