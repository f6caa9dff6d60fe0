"""ecdsa-sd-2023: what a selection shows, what pointers mean, and what issuing and deriving refuse."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbadge import contexts, multibase
from openbadge.errors import InvalidError
from openbadge.proof import data_integrity
from openbadge.proof.sd import pointers, skolem, values
from openbadge.proof.sd.derive import derive
from openbadge.proof.sd.issue import Disclosure, create
from openbadge.proof.sd.statements import MAX_STATEMENTS, NOTHING, Statements
from tests.openbadge import proof_samples as samples
from tests.openbadge.sd_samples import (
    BY,
    HMAC_KEY,
    MANDATORY,
    NAME,
    check,
    code_of,
    disclosure,
    issued,
    shown,
    unsecured,
)

# What a selection shows


@pytest.mark.parametrize(
    "selective",
    [
        (),
        ("/name",),
        ("/credentialSubject/achievement",),
        ("/credentialSubject/achievement/name", "/credentialSubject/achievement/criteria/narrative"),
        ("/credentialSubject/achievement/tag/1",),
        ("/credentialSubject/achievement/resultDescription/0/name",),
        ("/credentialSubject/achievement/resultDescription/0/allowedValue",),
        ("/credentialSubject/result/1", "/credentialSubject/identifier/0/identityHash"),
        ("/credentialSubject",),
        ("/issuer/name", "/issuer"),
        ("/@context", "/id", "/type"),
        ("",),
    ],
)
def test_any_selection_verifies(selective: tuple[str, ...]) -> None:
    document = shown(issued(), *selective)
    check(document)
    check(json.loads(json.dumps(document)))
    assert document["issuer"] == samples.badge()["issuer"]
    assert document["validFrom"] == samples.badge()["validFrom"]


def test_only_what_is_selected_is_shown() -> None:
    document = shown(issued(), "/credentialSubject/achievement/tag/1", "/credentialSubject/result/1/value")
    badge = samples.badge()
    assert unsecured(document) == {
        "@context": badge["@context"],
        "id": badge["id"],
        "type": badge["type"],
        "issuer": badge["issuer"],
        "validFrom": badge["validFrom"],
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "achievement": {
                "id": "https://badges.example.org/achievements/1",
                "type": ["Achievement"],
                "tag": ["quality"],
            },
            "result": [{"type": ["Result"], "value": "B"}],
        },
    }


def test_everything_selected_is_the_whole_credential() -> None:
    assert unsecured(shown(issued(), "")) == samples.badge()


def test_nothing_secret_is_left_in_a_derived_proof() -> None:
    document = shown(issued(), "/name")
    data = multibase.decode_multibase(document["proof"][0]["proofValue"])
    assert HMAC_KEY not in data
    assert HMAC_KEY.hex() not in repr(values.BaseProof.decode(issued()["proof"][0]["proofValue"]))
    assert repr(HMAC_KEY) not in repr(disclosure())
    assert len(values.DerivedProof.decode(document["proof"][0]["proofValue"]).signatures) == 1


def test_labels_do_not_tell_the_place_of_an_object() -> None:
    """The keyed labels of a shown part are the same whatever else the credential holds, and differ by key."""
    one = Statements.read(samples.badge(), HMAC_KEY, contexts.document)
    two = Statements.read(samples.badge(), bytes(32), contexts.document)
    assert not set(one.labels.values()) & set(two.labels.values())
    assert not any("c14n" in line for line in one.lines)


def test_no_mandatory_pointers_make_an_empty_list() -> None:
    document = issued(mandatory=())
    base = values.BaseProof.decode(document["proof"][0]["proofValue"])
    assert base.mandatory_pointers == ()
    assert len(base.signatures) == len(Statements.read(samples.badge(), HMAC_KEY, contexts.document).lines)
    derived = shown(document, "/name")
    check(derived)
    assert code_of(lambda: shown(document)) == "PROOF_GENERATION_ERROR"


def test_all_may_be_mandatory() -> None:
    derived = shown(issued(mandatory=("",)))
    check(derived)
    assert values.DerivedProof.decode(derived["proof"][0]["proofValue"]).signatures == ()


def test_other_proofs_stay_with_the_base_proof_and_leave_a_derived_one() -> None:
    signed = samples.signed(samples.badge(), "ecdsa-rdfc-2019", BY)
    both = create(signed, samples.options(NAME, BY), BY, disclosure(*MANDATORY))
    assert [proof["cryptosuite"] for proof in both["proof"]] == ["ecdsa-rdfc-2019", NAME]
    derived = derive(both, both["proof"][1], ["/name"])
    assert len(derived["proof"]) == 1
    check(derived)


def test_an_array_of_one_item_keeps_its_place() -> None:
    """Compaction would make it a single value, and then `/…/0` would point to nothing."""
    skolemized = skolem.skolemize(samples.badge(), contexts.document)
    assert isinstance(skolemized["credentialSubject"]["achievement"]["resultDescription"], list)
    assert isinstance(skolemized["credentialSubject"]["achievement"]["criteria"], dict)
    document = shown(issued(mandatory=("/credentialSubject/identifier/0/identityType",)), "/issuer")
    check(document)


def test_an_ordered_list_is_shown_whole_or_not_at_all() -> None:
    path = "/credentialSubject/achievement/resultDescription/0/allowedValue"
    check(shown(issued(), path))
    check(shown(issued(mandatory=(path,))))
    assert code_of(lambda: shown(issued(), f"{path}/0")) == "PROOF_GENERATION_ERROR"
    assert code_of(lambda: issued(mandatory=(f"{path}/1",))) == "PROOF_GENERATION_ERROR"


def test_the_second_of_two_ordered_lists_is_shown_alone() -> None:
    """The items of lists have no id: their names must not depend on the lists that are hidden."""
    badge = samples.badge()
    rows = badge["credentialSubject"]["achievement"]["resultDescription"]
    rows.append(
        {**rows[0], "id": "urn:uuid:0190e5a0-0000-7000-8000-0000000000bb", "allowedValue": ["A", "B", "D", "E"]}
    )
    derived = shown(issued(badge), "/credentialSubject/achievement/resultDescription/1")
    assert derived["credentialSubject"]["achievement"]["resultDescription"] == [rows[1]]
    check(derived)


def test_a_name_of_the_internal_scheme_is_refused() -> None:
    for change in ({"id": "urn:bnid:n0"}, {"type": ["VerifiableCredential", "OpenBadgeCredential", "urn:bnid:x"]}):
        assert code_of(lambda change=change: issued({**samples.badge(), **change})) == "MALFORMED_VALUE_ERROR"


def test_a_document_of_too_many_statements_is_refused() -> None:
    badge = samples.badge()
    badge["credentialSubject"]["achievement"]["tag"] = [str(number) for number in range(MAX_STATEMENTS)]
    assert code_of(lambda: issued(badge)) == "LIMIT_EXCEEDED"


@given(samples.documents(), st.data())
@settings(max_examples=10)
def test_any_part_of_any_badge_verifies_and_any_change_breaks_it(badge: dict[str, Any], data: st.DataObject) -> None:
    places = [leaf for leaf in samples.leaves(badge) if not {"@value", "@language", "allowedValue"} & set(leaf)]
    chosen = data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=5))
    texts = ["/" + "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in path) for path in chosen]
    half = len(texts) // 2
    derived = shown(issued(badge, tuple(texts[:half])), *texts[half:])
    check(derived)
    path = data.draw(st.sampled_from([leaf for leaf in samples.leaves(derived) if leaf[0] != "proof"]))
    wrong = samples.changed(derived, path, lambda value: not value if isinstance(value, bool) else f"{value}x")
    with pytest.raises(InvalidError):
        check(wrong)


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
