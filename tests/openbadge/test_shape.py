"""Compiled canonicalisation gives the bytes of the general algorithm, or says that it cannot."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbadge import canon, shape_build
from openbadge.errors import InvalidError
from openbadge.shape import IRI, MAX_HEADS, MAX_PLANS, TEXT, Shape
from openbadge.shape_build import SCHEMES, ShapeError, marked

KINDS = (IRI, IRI, TEXT, TEXT, TEXT, IRI, TEXT, IRI, TEXT, TEXT, TEXT)


def document(slots: Sequence[str]) -> dict[str, Any]:
    """A badge with everything that makes compiling hard: moving blank nodes, equal shapes, several slot subjects."""
    credential, subject, name, mail, salt, first, first_name, second, second_name, value, until = slots
    achievement = {
        "id": "https://b.example/achievements/1", "type": ["Achievement"], "name": "n", "description": "d",
        "criteria": {"narrative": "c"}, "tag": ["b", "a"],
        "alignment": [
            {"type": ["Alignment"], "targetName": str(number), "targetUrl": f"https://b.example/skills/{number}"}
            for number in range(12)
        ],
    }  # fmt: skip
    return {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        ],
        "id": credential,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "n",
        "issuer": {"id": "did:web:b.example", "type": ["Profile"], "name": "i"},
        "validFrom": "2026-03-31T10:00:00Z",
        "validUntil": until,
        "credentialSubject": {
            "id": subject,
            "type": ["AchievementSubject"],
            "identifier": [
                {"type": "IdentityObject", "hashed": False, "identityHash": name, "identityType": "name"},
                {"type": "IdentityObject", "hashed": True, "identityHash": mail, "identityType": "name", "salt": salt},
            ],
            "result": [{"type": ["Result"], "value": value}, {"type": ["Result"], "status": "Completed"}],
            "achievement": achievement,
        },
        "evidence": [
            {"id": first, "type": ["Evidence"], "name": first_name},
            {"id": second, "type": ["Evidence"], "name": second_name},
        ],
    }


def compiled(make: Any = document, kinds: Sequence[str] = KINDS) -> Shape:
    variants = [make([marked(n, kind, scheme) for n, kind in enumerate(kinds)]) for scheme in SCHEMES]
    return shape_build.build(variants, kinds)


SHAPE = compiled()
texts = st.one_of(
    st.text(max_size=20).filter(lambda text: text.encode("utf-8", "replace").decode() == text),
    st.sampled_from(["", "a", '"', "\\", "\n\t\r\b\f\x01\x7f", "_:c14n0", "<x> .", "\U0001f600\uffee", "Zoë"]),
)
iris = st.one_of(
    st.sampled_from(
        ["https://b.example/achievements/1", "did:web:b.example", "urn:a", "https://a.example/", "https://z.example/z"]
    ),
    st.from_regex(r"\A(https://[a-z]{1,6}\.example/[a-zA-Z0-9]{0,8}|urn:uuid:[0-9a-f]{6}|did:key:z[A-Za-z0-9]{6})\Z"),
)
values = st.tuples(*(iris if kind == IRI else texts for kind in KINDS))


@settings(max_examples=300)
@given(values)
def test_the_bytes_are_those_of_the_general_algorithm(given_values: tuple[str, ...]) -> None:
    expected = canon.canonical(document(given_values))
    assert SHAPE.general(given_values) == expected
    fast = SHAPE.canonical(given_values)
    assert fast is None or fast == expected


def test_ordinary_values_take_the_fast_way_and_equal_ones_do_not() -> None:
    ordinary = [
        "https://b.example/c/1",
        "urn:uuid:1",
        "Zoë",
        "h",
        "s",
        "https://e.example/1",
        "a",
        "https://e.example/2",
        "b",
        "87",
        "2029-03-31T10:00:00Z",
    ]
    assert SHAPE.canonical(ordinary) == canon.canonical(document(ordinary))
    for place, value in ((1, ordinary[0]), (5, ordinary[7]), (0, "did:web:b.example")):
        changed = [*ordinary]
        changed[place] = value
        assert SHAPE.canonical(changed) is None
        assert SHAPE.general(changed) == canon.canonical(document(changed))


def nameless(slots: Sequence[str]) -> dict[str, Any]:
    """A recipient without id whose identity objects look alike from where the recipient stands: masked duplicates."""
    made = document(["urn:c", "urn:s", *slots[:3], "urn:e", "e", "urn:f", "f", slots[3], "2029-03-31T10:00:00Z"])
    del made["credentialSubject"]["id"]
    return made


NAMELESS = compiled(nameless, (TEXT,) * 4)
SMALL_KINDS = (IRI, TEXT, TEXT, TEXT)


def small(slots: Sequence[str]) -> dict[str, Any]:
    """Few blank nodes, of which the values decide the order: every order can be planned."""
    subject, *named = slots
    identities = [
        {"type": "IdentityObject", "hashed": False, "identityHash": value, "identityType": "name"} for value in named
    ]
    made = document(["urn:c", subject, "n", "m", "s", "urn:e", "e", "urn:f", "f", "1", "2029-03-31T10:00:00Z"])
    made["credentialSubject"] |= {"identifier": identities, "result": []}
    del made["credentialSubject"]["achievement"]["alignment"]
    return made


SMALL = compiled(small, SMALL_KINDS)


@settings(max_examples=150)
@given(st.tuples(*[texts] * 4))
def test_neighbours_that_look_alike_all_count(given_values: tuple[str, ...]) -> None:
    expected = canon.canonical(nameless(given_values))
    assert NAMELESS.general(given_values) == expected
    assert NAMELESS.canonical(given_values) in (expected, None)


def test_neighbours_that_look_alike_take_the_fast_way() -> None:
    ordinary = ("Zoë", "h", "s", "87")
    assert NAMELESS.canonical(ordinary) == canon.canonical(nameless(ordinary))


@settings(max_examples=150)
@given(st.tuples(iris, texts, texts, texts))
def test_planned_orders_give_the_bytes_of_the_general_algorithm(given_values: tuple[str, ...]) -> None:
    expected = canon.canonical(small(given_values))
    assert SMALL.plannable
    assert SMALL.general(given_values) == expected
    fast = SMALL.canonical(given_values)
    assert fast is None if len({*given_values[1:]}) < 3 else fast in (expected, None)
    digest = SMALL.sha256(SMALL.terms(given_values))
    assert digest == (None if fast is None else hashlib.sha256(fast).digest())


def test_more_orders_than_are_remembered_are_still_right() -> None:
    many = compiled(small, SMALL_KINDS)
    for number in range(2 * MAX_HEADS):
        for subject in (f"urn:{number}", f"https://{number}.example/", f"did:{number}"):
            row = (subject, f"a{number}", f"b{number}", f"c{number}")
            assert many.canonical(row) == many.general(row)
    assert len(many.plans) <= MAX_PLANS
    assert len(many.heads) <= MAX_HEADS


def test_values_that_make_two_results_alike_go_the_general_way() -> None:
    def results(slots: Sequence[str]) -> dict[str, Any]:
        made = document([*["urn:c", "urn:s"], "n", "m", "s", "urn:e", "e", "urn:f", "f", "1", "2029-03-31T10:00:00Z"])
        made["credentialSubject"]["result"] = [{"type": ["Result"], "value": value} for value in slots]
        return made

    shape = compiled(results, (TEXT, TEXT, TEXT))
    assert shape.canonical(("1", "2", "3")) == canon.canonical(results(("1", "2", "3")))
    for alike in (("1", "1", "2"), ("1", "1", "1")):
        assert shape.canonical(alike) is None
        assert shape.general(alike) == canon.canonical(results(alike))


def test_values_that_make_two_statements_equal_go_the_general_way() -> None:
    def tags(slots: Sequence[str]) -> dict[str, Any]:
        made = small(["urn:s", "a", "b", "c"])
        made["credentialSubject"]["achievement"]["tag"] = ["constant", *slots]
        return made

    shape = compiled(tags, (TEXT, TEXT))
    assert shape.canonical(("1", "2")) == canon.canonical(tags(("1", "2")))
    for equal in (("1", "1"), ("constant", "1"), ("constant", "constant")):
        assert shape.canonical(equal) is None
        assert shape.general(equal) == canon.canonical(tags(equal))


def test_half_of_a_surrogate_pair_has_no_canonical_form() -> None:
    assert SMALL.canonical(("urn:s", "\ud800", "b", "c")) is None


def with_member(name: str, value: Any) -> Any:
    """A way to make the small badge with one more member, in which {0} is the slot."""

    def make(slots: Sequence[str]) -> dict[str, Any]:
        text = json.dumps({name: value}, ensure_ascii=False).replace("{0}", slots[0])
        return {**small(["urn:s", "a", "b", "c"]), **json.loads(text)}

    return make


PREDICATE = "https://p.example/p"
REFUSED = {
    "reaches no": (with_member("@context", small(["urn:s", "a", "b", "c"])["@context"]), TEXT),
    "only a part of the text": (with_member("name", "for {0}"), TEXT),
    "only a part of the address": (with_member(PREDICATE, {"@id": "{0}/more"}), IRI),
    "stands in the name": (with_member("{0}", "x"), IRI),
    "datatype or language": (with_member(PREDICATE, {"@value": "x", "@type": "{0}"}), IRI),
    "graph of its own": (with_member(PREDICATE, {"@graph": {"name": "{0}"}}), TEXT),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_each_reason_for_which_a_document_cannot_be_compiled(reason: str) -> None:
    make, kind = REFUSED[reason]
    with pytest.raises(ShapeError, match=reason):
        compiled(make, (kind,))


def test_an_address_that_a_vocabulary_rewrites_is_refused() -> None:
    def prefixed(slots: Sequence[str]) -> dict[str, Any]:
        made = small(["urn:s", "a", "b", "c"])
        return {**made, "@context": [*made["@context"], {"did": "urn:"}], PREDICATE: {"@id": slots[0]}}

    with pytest.raises(ShapeError, match="begin with did: into others that begin with urn:"):
        compiled(prefixed, (IRI,))


def test_schemes_that_make_different_statements_are_refused() -> None:
    variants = [small([marked(0, IRI, scheme), "a", "b", "c"]) for scheme in SCHEMES]
    variants[3]["name"] = "another"
    with pytest.raises(ShapeError, match="different statements"):
        shape_build.build(variants, (IRI,))


def test_a_text_slot_never_becomes_an_address() -> None:
    variants = [small([marked(0, IRI, scheme), "a", "b", "c"]) for scheme in SCHEMES]
    with pytest.raises(ShapeError, match="slot 0 is a text, but the vocabulary makes an address of it"):
        shape_build.build(variants, (TEXT,))


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("unknownMember", "{0}", "DATA_LOSS_DETECTION_ERROR"),
        (PREDICATE, {"@id": "relative/{0}"}, "DATA_LOSS_DETECTION_ERROR"),
        (PREDICATE, {"@id": "{0}"}, "DATA_LOSS_DETECTION_ERROR"),
        (PREDICATE, {"@value": "x", "@language": "{0}"}, "MALFORMED_VALUE_ERROR"),
    ],
)
def test_what_would_lose_data_is_refused(name: str, value: Any, code: str) -> None:
    with pytest.raises(InvalidError) as caught:
        compiled(with_member(name, value), (TEXT,))
    assert caught.value.code == code


def test_a_text_that_looks_like_a_mark_is_refused() -> None:
    with pytest.raises(ShapeError, match="only a part"):
        compiled(with_member("name", "x-microcred-slot-7-end {0}"), (TEXT,))


def test_alike_parts_and_unused_slots_are_refused_with_the_reason() -> None:
    def twin(slots: Sequence[str]) -> dict[str, Any]:
        made = copy.deepcopy(document(slots))
        made["credentialSubject"]["achievement"]["alignment"] *= 2
        return made

    with pytest.raises(ShapeError, match="give one of them an id"):
        compiled(twin)

    def part(slots: Sequence[str]) -> dict[str, Any]:
        return {**document(slots), "name": f"for {slots[2]}"}

    with pytest.raises(ShapeError, match="only a part"):
        compiled(part)

    def unused(slots: Sequence[str]) -> dict[str, Any]:
        return {name: value for name, value in document(slots).items() if name != "validUntil"}

    with pytest.raises(ShapeError, match="reaches no statement"):
        compiled(unused)
