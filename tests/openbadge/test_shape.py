"""Compiled canonicalisation gives the bytes of the general algorithm, or says that it cannot."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbadge import canon, shape_build
from openbadge.shape import IRI, TEXT, Shape
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


def test_what_cannot_be_compiled_is_refused_with_the_reason() -> None:
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
