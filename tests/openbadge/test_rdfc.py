from __future__ import annotations

import json

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbadge import nquads, rdfc
from openbadge.errors import InvalidError

ORACLES = {"sha256": ox.CanonicalizationAlgorithm.RDFC_1_0, "sha384": ox.CanonicalizationAlgorithm.RDFC_1_0_SHA_384}


def oracle(text: str, hash_name: str = "sha256") -> str:
    """The canonical form according to an independent implementation."""
    dataset = ox.Dataset(ox.parse(text.encode(), format=ox.RdfFormat.N_QUADS))
    dataset.canonicalize(ORACLES[hash_name])
    return "".join(sorted(f"{quad} .\n" for quad in dataset))


def canonical(text: str, **options) -> str:
    return rdfc.canonicalize(nquads.parse(text), **options).text


def clique(size: int) -> str:
    return "".join(f"_:n{a} <urn:p> _:n{b} .\n" for a in range(size) for b in range(size) if a != b)


def test_the_official_suite(vectors, subtests):
    folder = vectors / "rdf-canon"
    entries = json.loads((folder / "manifest.jsonld").read_bytes())["entries"]
    assert len(entries) == 86
    for entry in entries:
        with subtests.test(entry["id"]):
            check_entry(folder, entry)


def check_entry(folder, entry):
    quads = nquads.parse((folder / entry["action"]).read_text())
    hash_name = entry.get("hashAlgorithm", "SHA256").lower()
    if entry["type"] == "rdfc:RDFC10NegativeEvalTest":
        with pytest.raises(InvalidError) as caught:
            rdfc.canonicalize(quads, hash_name=hash_name)
        assert caught.value.code == "LIMIT_EXCEEDED"
        return
    result = rdfc.canonicalize(quads, hash_name=hash_name)
    expected = (folder / entry["result"]).read_text()
    if entry["type"] == "rdfc:RDFC10MapTest":
        assert dict(result.labels) == json.loads(expected)
    else:
        assert result.text == expected


TERMS = st.sampled_from(["_:a", "_:b", "_:c", "_:d", "_:e", "<urn:s>"])
OBJECTS = TERMS | st.sampled_from(['"x"', '"\\n"', '"1"^^<urn:t>', '"x"@en'])
QUADS = st.tuples(TERMS, st.sampled_from(["<urn:p>", "<urn:q>"]), OBJECTS, st.just("") | TERMS)


@given(st.lists(QUADS, max_size=12), st.sampled_from(["sha256", "sha384"]))
def test_random_datasets_come_out_as_from_an_independent_implementation(quads, hash_name):
    text = nquads.serialize(quads)
    assert canonical(text, hash_name=hash_name) == oracle(text, hash_name)


@given(st.lists(QUADS, max_size=12), st.permutations("abcde"))
def test_labels_and_order_of_the_input_do_not_matter(quads, letters):
    names = {f"_:{old}": f"_:{new}" for old, new in zip("abcde", letters, strict=True)}
    renamed = [tuple(names.get(term, term) for term in quad) for quad in reversed(quads)]
    assert rdfc.canonicalize(renamed).text == rdfc.canonicalize(quads).text


@given(st.lists(QUADS, max_size=12))
def test_the_canonical_form_is_canonical(quads):
    result = rdfc.canonicalize(quads)
    assert canonical(result.text) == result.text
    assert sorted(result.labels.values()) == sorted(f"c14n{number}" for number in range(len(result.labels)))


def test_a_small_example_by_hand():
    text = '_:x <urn:name> "Ada" .\n<urn:s> <urn:knows> _:x .\n<urn:s> <urn:knows> _:y .\n'
    assert canonical(text) == (
        '<urn:s> <urn:knows> _:c14n0 .\n<urn:s> <urn:knows> _:c14n1 .\n_:c14n0 <urn:name> "Ada" .\n'
    )
    assert canonical(text) == oracle(text)


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        (clique(10), rdfc.DEFAULT_LIMITS),
        (clique(4), rdfc.Limits(work=20)),
        ("".join(f"_:n{n} <urn:p> <urn:o> .\n" for n in range(101)), rdfc.DEFAULT_LIMITS),
        ("".join(f'_:n{n} <urn:p> "{n}" .\n' for n in range(1_001)), rdfc.DEFAULT_LIMITS),
    ],
    ids=["poison", "work", "alike", "many"],
)
def test_ld_040_too_much_work_is_refused(text, limits):
    with pytest.raises(InvalidError) as caught:
        canonical(text, limits=limits)
    assert caught.value.code == "LIMIT_EXCEEDED"


def test_work_is_counted_so_the_answer_never_depends_on_time():
    quads = nquads.parse(clique(3))
    least = next(work for work in range(1, 400) if accepted(quads, work))
    assert not accepted(quads, least - 1)
    assert rdfc.canonicalize(quads, limits=rdfc.Limits(work=least)).text == oracle(clique(3))


def accepted(quads, work) -> bool:
    try:
        rdfc.canonicalize(quads, limits=rdfc.Limits(work=work))
    except InvalidError:
        return False
    return True


def test_one_thousand_different_nodes_pass():
    text = "".join(f'_:n{n} <urn:p> "{n}" .\n' for n in range(1_000))
    assert canonical(text) == oracle(text)


def test_the_same_node_several_times_under_one_relation_is_tried_in_distinct_orders_only() -> None:
    # A presentation that holds one credential twice: equal graphs, related to one node in many equal ways.
    rows = "".join(
        f"_:p <urn:x:{kind}> _:c{copy} .\n_:c{copy} <urn:x:has{kind}> _:s{copy} .\n"
        for copy in range(4)
        for kind in range(12)
    )
    result = rdfc.canonicalize(nquads.parse(rows))
    assert len(result.labels) == 9
