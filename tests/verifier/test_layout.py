"""Layouts: which bytes are constant, and that whatever matches reads like the badge that the layout was taken from."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbadge import strict_json
from openbadge.nquads import escape
from verifier.known_shape import PLACES, placed, take_apart
from verifier.layout import ADDRESS, MOMENT, NAME, TEXT, lay_out

SMALL = {"a": TEXT, "b": {"c": NAME, "d": TEXT}, "m": MOMENT}
NAMES = st.sampled_from(["a", "b", "c", "d", "m", "x", 'q"', "é"])
LEAVES = st.text(max_size=5) | st.sampled_from(["urn:x:1", "[{", '"', "\\"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


def wanted(document: Any) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []

    def keep(kind: str, value: str) -> str:
        found.append((kind, value))
        return value

    placed(document, SMALL, keep)
    return found


@given(st.dictionaries(NAMES, VALUES, max_size=5), st.booleans(), st.sampled_from([None, 1]))
@settings(max_examples=300)
def test_slots_stand_where_the_places_are(document: dict[str, Any], ascii_only: bool, indent: int | None) -> None:
    text = json.dumps(document, ensure_ascii=ascii_only, indent=indent)
    layout = lay_out(text, SMALL)
    assert layout.kinds == tuple(kind for kind, _ in wanted(document))
    values = [
        json.dumps(value, ensure_ascii=ascii_only)[1:-1].encode("utf-8", "surrogatepass")
        for _, value in wanted(document)
    ]
    pairs = zip(layout.constants, [*values, b""], strict=True)
    assert b"".join(part for pair in pairs for part in pair) == text.encode()


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@given(TEXTS, TEXTS, st.booleans())
@settings(max_examples=300)
def test_what_matches_reads_as_the_same_document_with_other_texts(one: str, other: str, ascii_only: bool) -> None:
    layout = lay_out('{"a":"x","n":[1,{"a":"y"}],"b":{"d":"z"}}', SMALL)
    document = {"a": one, "n": [1, {"a": "y"}], "b": {"d": other}}
    data = json.dumps(document, ensure_ascii=ascii_only, separators=(",", ":")).encode()
    assert layout.match(data) == (escape(one).encode(), escape(other).encode())
    assert strict_json.loads(data) == document


@given(st.binary(max_size=30), st.binary(max_size=30))
@settings(max_examples=500)
def test_whatever_bytes_stand_in_a_slot_a_match_is_the_same_document(one: bytes, other: bytes) -> None:
    layout = lay_out('{"a":"x","b":{"d":"z"}}', SMALL)
    data = b'{"a":"' + one + b'","b":{"d":"' + other + b'"}}'
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return  # the caller of `match` has refused it
    terms = layout.match(data)
    if terms is not None:
        document = strict_json.loads(data)
        assert document.keys() == {"a", "b"}
        assert document["b"].keys() == {"d"}
        assert terms == (escape(document["a"]).encode(), escape(document["b"]["d"]).encode())


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (ADDRESS, ["https://x.example/", "urn:x:1", "did:web:x.example", "mailto:a@x.example"],
         ["x", "", "https://", "HTTPS://x.example/", "https://w3id.org/x", "https://x.example/é", "https://x.example/ ",
          "https:\\/\\/x.example/", "data:,x", "_:b0", "https://www.w3.org/2018/credentials#x"]),
        (MOMENT, ["2026-03-31T10:00:00Z", "2026-03-31T10:00:00.123Z", "2026-03-31T10:00:00+02:00"],
         ["2026-03-31", "2026-03-31T10:00Z", "2026-03-31 10:00:00Z", "2026-W14-2T10:00:00Z", "2026-03-31T24:00:00Z"]),
    ],
)  # fmt: skip
def test_grammars(kind: str, good: list[str], bad: list[str]) -> None:
    layout = lay_out('{"a":"x"}', {"a": kind})
    assert all(layout.match(f'{{"a":"{value}"}}'.encode()) == (value.encode(),) for value in good)
    assert not any(layout.match(f'{{"a":"{value}"}}'.encode()) for value in bad)


def test_a_place_that_holds_no_text_is_no_slot() -> None:
    document = {"id": 5, "validFrom": ["2026-03-31T10:00:00Z"], "proof": {"created": None}, "evidence": [{"name": "n"}]}
    layout = lay_out(json.dumps(document), PLACES)
    assert list(layout.kinds) == take_apart(document)[0] == ["validFrom", "text"]
