"""ecdsa-sd-2023: what pointers mean, and what issuing and deriving refuse."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from openbadge import contexts
from openbadge.proof import data_integrity
from openbadge.proof.sd import pointers
from openbadge.proof.sd.derive import derive
from openbadge.proof.sd.issue import Disclosure, create
from openbadge.proof.sd.statements import NOTHING, Statements
from tests.openbadge import proof_samples as samples
from tests.openbadge.sd_samples import (
    BY,
    HMAC_KEY,
    NAME,
    code_of,
    disclosure,
    issued,
    shown,
)

# Pointers


@pytest.mark.parametrize(
    ("pointer", "steps"),
    [
        ("", ()),
        ("/", ("",)),
        ("/a/0/b", ("a", "0", "b")),
        ("/a~1b/m~0n/~01", ("a/b", "m~n", "~1")),
        ("/ /é", (" ", "é")),
    ],
)
def test_pointers_of_the_rfc(pointer: str, steps: tuple[str, ...]) -> None:
    assert pointers.parse(pointer) == steps


@pytest.mark.parametrize("pointer", ["a", "#/a", "/a~", "/a~2b", None, 4, ["/a"], b"/a"])
def test_what_is_no_pointer_is_refused(pointer: Any) -> None:
    assert code_of(lambda: pointers.parse(pointer)) == "MALFORMED_VALUE_ERROR"
    assert code_of(lambda: issued(mandatory=(pointer,))) == "MALFORMED_VALUE_ERROR"
    assert code_of(lambda: shown(issued(), pointer)) == "MALFORMED_VALUE_ERROR"


@pytest.mark.parametrize("pointer", ["/" + "a" * pointers.MAX_CHARS, "/a" * (pointers.MAX_TOKENS + 1)])
def test_long_pointers_are_refused(pointer: str) -> None:
    assert code_of(lambda: pointers.parse(pointer)) == "LIMIT_EXCEEDED"
    many = ["/name"] * (pointers.MAX_POINTERS + 1)
    assert code_of(lambda: pointers.parse_all(many)) == "LIMIT_EXCEEDED"
    assert code_of(lambda: shown(issued(), *many)) == "LIMIT_EXCEEDED"


@pytest.mark.parametrize(
    "pointer",
    ["/missing", "/issuer/missing", "/name/x", "/credentialSubject/result/2", "/credentialSubject/result/-",
     "/credentialSubject/result/01", "/credentialSubject/result/+1", "/credentialSubject/result/-1",
     "/credentialSubject/result/1/value/0", "/credentialSubject/result/٠", "/proof", "/", "/credentialSubject/0"],
)  # fmt: skip
def test_a_pointer_without_match_is_an_error(pointer: str) -> None:
    assert code_of(lambda: issued(mandatory=(pointer,))) == "MALFORMED_VALUE_ERROR"
    assert code_of(lambda: shown(issued(), pointer)) == "MALFORMED_VALUE_ERROR"


def test_selection_keeps_what_names_an_object_and_the_order() -> None:
    source = {"b": 1, "type": ["T"], "id": "x", "a": [{"id": "y", "c": 2, "d": 3}, 5, {"e": 6}]}
    assert pointers.select(source, [("a", "2", "e"), ("a", "0", "d"), ("type", "0")]) == {
        "type": ["T"],
        "id": "x",
        "a": [{"id": "y", "d": 3}, {"e": 6}],
    }
    assert pointers.select(source, []) == {"type": ["T"], "id": "x"}
    assert pointers.select(source, [("b",), ()]) is source


def test_no_pointers_select_nothing() -> None:
    assert Statements.read(samples.badge(), HMAC_KEY, contexts.document).select([]) is NOTHING


# What issuing and deriving refuse


def test_keys_of_other_kinds_or_lengths_do_not_issue() -> None:
    for algorithm in ("Ed25519", "P-384"):
        by = samples.signer(algorithm)
        made = lambda by=by: create(samples.badge(), samples.options(NAME, by), by, disclosure())  # noqa: E731
        assert code_of(made) == "PROOF_VERIFICATION_ERROR"
        once = lambda by=by: Disclosure((), HMAC_KEY, by.public_key, by.sign)  # noqa: E731
        assert code_of(once) == "PROOF_GENERATION_ERROR"
    for length in (0, 31, 33, 64):
        assert code_of(lambda length=length: replace(disclosure(), hmac_key=bytes(length))) == "PROOF_GENERATION_ERROR"


def test_options_of_another_suite_do_not_issue() -> None:
    for change in ({"cryptosuite": "ecdsa-rdfc-2019"}, {"type": "Ed25519Signature2020"}, {"type": None}):
        options = {**samples.options(NAME, BY), **change}
        made = lambda options=options: create(samples.badge(), options, BY, disclosure())  # noqa: E731
        assert code_of(made) == "PROOF_GENERATION_ERROR"
    plain = lambda: data_integrity.create(samples.badge(), samples.options(NAME, BY), BY)  # noqa: E731
    assert code_of(plain) == "PROOF_GENERATION_ERROR"


def test_undefined_members_and_other_proofs_below_do_not_issue() -> None:
    assert code_of(lambda: issued({**samples.badge(), "undefinedTerm": 1})) == "DATA_LOSS_DETECTION_ERROR"
    options = {**samples.options(NAME, BY), "previousProof": "urn:uuid:a"}
    made = lambda: create(samples.badge(), options, BY, disclosure())  # noqa: E731
    assert code_of(made) == "PROOF_VERIFICATION_ERROR"


def test_only_a_base_proof_of_this_document_is_derived_from() -> None:
    document = issued()
    derived = shown(document, "/name")
    assert code_of(lambda: shown(derived, "/name")) == "PROOF_VERIFICATION_ERROR"
    other = samples.signed(samples.badge(), "ecdsa-rdfc-2019", BY)
    assert code_of(lambda: shown(other, "/name")) == "UNSUPPORTED_SUITE"
    without = {**document["proof"][0], "proofValue": None}
    assert code_of(lambda: derive(document, without, ["/name"])) == "UNSUPPORTED_SUITE"
    longer = {**document, "description": "More than was signed"}
    assert code_of(lambda: shown(longer, "/name")) == "PROOF_VERIFICATION_ERROR"
