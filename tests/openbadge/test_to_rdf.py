from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyld import jsonld

from openbadge import canon, nquads, rdfc, to_rdf
from tests.vectors import badge, code_of, rich_badge

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
IRIS = st.sampled_from(["urn:x:a", "urn:x:b", "https://x.example/é"])
VALUES = st.one_of(
    st.builds(lambda text: {"@value": text}, TEXT | st.booleans() | st.integers() | st.floats(-1e30, 1e30)),
    st.builds(lambda text: {"@value": text, "@type": "urn:t"}, TEXT | st.integers() | st.booleans()),
    st.builds(lambda text: {"@value": text, "@language": "en-gb"}, TEXT),
    st.builds(lambda text: {"@value": text, "@language": "ar", "@direction": "rtl"}, TEXT),
    st.builds(lambda text: {"@value": {"b": text, "a": [1, None]}, "@type": "@json"}, TEXT),
)


def nodes(inner):
    values = st.lists(inner | VALUES, min_size=1, max_size=3)
    items = values | st.builds(lambda item: [{"@list": item}], values) | st.just([{"@list": []}])
    return st.fixed_dictionaries(
        {},
        optional={
            "@id": IRIS,
            "@type": st.lists(IRIS, min_size=1, max_size=2),
            "urn:p": items,
            "urn:q": items,
            "@graph": st.lists(inner, min_size=1, max_size=2),
            "@included": st.lists(inner, min_size=1, max_size=2),
            "@reverse": st.fixed_dictionaries({"urn:r": st.lists(inner, min_size=1, max_size=2)}),
        },
    )


LEAVES = st.builds(lambda name, text: {"@id": name, "urn:p": [{"@value": text}]}, IRIS, TEXT)
NODES = st.recursive(LEAVES, nodes, max_leaves=6)


def theirs(expanded) -> str:
    """The canonical form of what pyld makes of the same expanded document."""
    dataset = jsonld.to_rdf(expanded, {"rdfDirection": "i18n-datatype", "base": "urn:base:"})
    graphs = {name: "" if name == "@default" else term_of(name) for name in dataset}
    rows = [
        (*(term(triple[part]) for part in ("subject", "predicate", "object")), graphs[name])
        for name, triples in dataset.items()
        for triple in triples
    ]
    return rdfc.canonicalize(rows).text


def term_of(name: str) -> str:
    return name if name.startswith("_:") else nquads.iri(name)


def term(value) -> str:
    if value["type"] == "literal":
        return nquads.literal(value["value"], value["datatype"], value.get("language"))
    return term_of(value["value"])


@given(st.lists(NODES, max_size=3))
def test_statements_are_those_of_an_independent_implementation(expanded):
    assert rdfc.canonicalize(to_rdf.statements(expanded)).text == theirs(expanded)


@pytest.mark.parametrize("document", [badge(), rich_badge()], ids=["badge", "rich"])
def test_a_badge_makes_the_statements_of_an_independent_implementation(document):
    expanded = canon.expand(document)
    assert rdfc.canonicalize(to_rdf.statements(expanded)).text == theirs(expanded)


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        (3.5, '"3.5E0"^^<http://www.w3.org/2001/XMLSchema#double>'),
        (3.0, '"3"^^<http://www.w3.org/2001/XMLSchema#integer>'),
        (-0.0, '"0"^^<http://www.w3.org/2001/XMLSchema#integer>'),
        (1e21, '"1.0E21"^^<http://www.w3.org/2001/XMLSchema#double>'),
        (10**21 - 1, '"999999999999999999999"^^<http://www.w3.org/2001/XMLSchema#integer>'),
        (1.25e-9, '"1.25E-9"^^<http://www.w3.org/2001/XMLSchema#double>'),
        (True, '"true"^^<http://www.w3.org/2001/XMLSchema#boolean>'),
    ],
)
def test_numbers_have_one_spelling(value, literal):
    assert to_rdf.literal({"@value": value}) == literal


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan")])
def test_what_is_no_number_is_refused(number):
    assert code_of(to_rdf.literal, {"@value": number}) == "MALFORMED_VALUE_ERROR"


@pytest.mark.parametrize("item", [{"@value": "x"}, {"@list": []}, "x"])
def test_a_value_that_belongs_to_nothing_is_refused(item):
    assert code_of(to_rdf.statements, [{"@graph": [item]}]) == "DATA_LOSS_DETECTION_ERROR"


def test_ten_thousand_values_cost_ten_thousand_steps():
    # With each value compared to all before it, this would take minutes.
    items = [{"@value": str(number)} for number in range(100_000)]
    assert len(to_rdf.statements([{"@id": "urn:x", "urn:p": items}])) == 100_000
