"""The quick way and two others give the same bytes: our general algorithm, and pyoxigraph from the JSON on.

2,000 sets of values, made to collide and to look like syntax; 100,000 with MICROCRED_SOAK=1 (`make soak`).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from issuer.compile import compile_template
from issuer.compiled import CompiledTemplate
from issuer.layout import presence_of
from issuer.lint import LintError
from issuer.template import Draft, Template, Values, example
from openbadge import canon, strict_json
from openbadge.credential import check_data_model
from openbadge.errors import InvalidError
from openbadge.proof import data_integrity
from tests.issuer import oxigraph
from tests.microcred.conftest import START

SOAK = os.environ.get("MICROCRED_SOAK") == "1"
SETS = 100_000 if SOAK else 2_000
CREATED = data_integrity.options("eddsa-rdfc-2022", "did:web:badges.northbridge.example#key-1", START)
EXAMPLE = example("micro-credential")
BASE = "https://badges.northbridge.example/achievements/reading-public-data/v/1"
OUTCOMES = (f"{BASE}#o1", f"{BASE}#o2")


def draft() -> Draft:
    """The example with two outcomes, which make results that look like those of the values."""
    fixed = json.loads(json.dumps(EXAMPLE["fixed"]))
    for outcome in OUTCOMES:
        described = {"id": outcome, "type": ["ResultDescription"], "name": "Outcome", "resultType": "Status"}
        fixed["achievement"]["resultDescription"].append(described)
    fixed["outcomeResults"] = [{"type": ["Result"], "resultDescription": OUTCOMES[0], "status": "Completed"}]
    fixed["achievement"]["alignment"] = [
        {"type": ["Alignment"], "targetName": name, "targetUrl": "https://skills.example/1"} for name in "ab"
    ]
    return Template.load("micro-credential").apply(fixed)


DRAFT = draft()
SPECIAL = (
    '"', "\\", "\t", "\n", "\r\n", "_:c14n0", "_:a", "<urn:x> .", '"^^<urn:t>', "\u2028", "\u0085", "é", "e\u0301",
    "\uffee", "\U0001f600", "\U0010ffff", "\\u0000", "\\", "@id", "87", "Completed", "\ufeff", "\u202e", " ", "x" * 300,
)  # fmt: skip
TEXTS = st.one_of(
    st.sampled_from(SPECIAL),
    st.lists(st.sampled_from(SPECIAL), min_size=1, max_size=4).map("".join),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20),
)
COLLIDING = st.sampled_from(
    [
        "urn:a", "urn:b", "https://a.example/", "https://a.example/#", "http://a.example/", "mailto:a@b.example",
        "did:web:badges.northbridge.example", "did:web:badges.northbridge.example:x", BASE, f"{BASE}/", OUTCOMES[0],
        "https://zz.example/'()*;,!$&", "urn:uuid:00000000-0000-4000-8000-000000000001", "did:key:z6Mk",
    ]
)  # fmt: skip
VARIOUS = st.builds(
    lambda start, number, rest, end: f"{start}{number}{''.join(rest)}{end}",
    st.sampled_from(["https://h.example/", "http://[::1]:8000/", "https://H.example:8443?", "urn:x", "mailto:a", BASE]),
    st.integers(0, 10**9),
    st.lists(st.sampled_from([*"aZ09-._~!$&'()*+,;=:@/?", "%20", "%fF"]), max_size=6),
    st.sampled_from(["", "#", "#a/?b"]),
)
ADDRESSES = st.integers(0, 7).flatmap(lambda chance: VARIOUS if chance else COLLIDING
)  # fmt: skip
TIMES = st.sampled_from(
    ["2026-03-31T10:00:00Z", "2026-03-31T10:00:01Z", "2027-01-01T00:00:00Z", "0001-01-01T00:00:00Z"]
)
RESULTS = st.one_of(
    st.fixed_dictionaries({"description": st.just(f"{BASE}#grade"), "value": TEXTS}),
    st.fixed_dictionaries(
        {"description": st.sampled_from(OUTCOMES), "status": st.sampled_from(["Completed", "Failed"])}
    ),
    st.fixed_dictionaries({"description": ADDRESSES, "status": TEXTS}),
)
EVIDENCE = st.one_of(
    st.fixed_dictionaries({"id": ADDRESSES}),
    st.fixed_dictionaries({"id": ADDRESSES, "name": TEXTS}),
)
VALUES = st.builds(
    lambda required, optional: {**required, **optional[0], **optional[1], **optional[2]},
    st.fixed_dictionaries(
        {
            "credentialId": ADDRESSES, "validFrom": TIMES, "awardedDate": TIMES, "subjectId": ADDRESSES,
            "recipientName": TEXTS, "statusEntryId": ADDRESSES, "statusListIndex": TEXTS,
            "statusListCredential": ADDRESSES,
        }
    ),
    st.tuples(
        st.one_of(st.just({}), st.fixed_dictionaries({"recipientEmailHash": st.just("sha256$" + "0" * 64),
                                                      "recipientEmailSalt": TEXTS, "validUntil": TIMES})),
        st.one_of(st.just({}), st.fixed_dictionaries({"result": st.lists(RESULTS, min_size=1, max_size=2)})),
        st.one_of(st.just({}), st.fixed_dictionaries({"evidence": st.lists(EVIDENCE, min_size=1, max_size=2)})),
    ),
)  # fmt: skip


class Lenient:
    """Stands where the linter stands: this is about bytes."""

    def check(self, document: dict[str, Any], now: object) -> None:
        """Accept everything."""


COMPILED: dict[Any, CompiledTemplate] = {}


def compiled_for(values: Values) -> CompiledTemplate:
    key = presence_of(values)
    if key not in COMPILED:
        COMPILED[key] = compile_template(DRAFT, values, CREATED, Lenient(), START)  # type: ignore[arg-type]
    return COMPILED[key]


def finding(document: dict[str, Any]) -> str | None:
    """What the rules of the data model have against a document."""
    try:
        check_data_model(document)
    except InvalidError as error:
        return error.detail
    return None


def names(document: dict[str, Any]) -> list[str]:
    return [item["id"] for item in strict_json.walk(document) if isinstance(item, dict) and "id" in item]


def compare(values: Values, seen: Counter[str]) -> None:
    """Go the three ways with one set of values."""
    document, refusal = DRAFT.fill(values), ""
    try:
        rendered = compiled_for(values).render(values, CREATED["created"])
    except LintError as error:
        refusal = str(error)
    if refusal:
        found = finding(document)
        assert found is not None
        assert found in refusal
        seen["refused"] += 1
        return
    if rendered is None:
        assert len(set(names(document))) < len(names(document))
        seen["full"] += 1
        return
    assert finding(document) is None
    config = {"@context": document["@context"], **CREATED}
    ours = hashlib.sha256(canon.canonical(config)).digest() + hashlib.sha256(canon.canonical(document)).digest()
    theirs = hashlib.sha256(oxigraph.canonical(document)).digest()
    assert rendered.to_sign == ours
    assert rendered.to_sign[32:] == theirs
    signed = {**document, "proof": [{**CREATED, "proofValue": "z"}]}
    assert rendered.credential(b"") == strict_json.dumps(signed)
    exact = COMPILED[presence_of(values)].document.canonical(COMPILED[presence_of(values)].layout.ordered(values))
    seen["general" if exact is None else "exact"] += 1


def test_the_quick_way_gives_the_bytes_of_two_others(capsys: pytest.CaptureFixture[str]) -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=SETS, suppress_health_check=list(HealthCheck))
    @given(VALUES)
    def each(values: Values) -> None:
        compare(values, seen)

    each()
    assert all(seen[way] for way in ("exact", "general", "full", "refused"))
    with capsys.disabled():
        print(f"\n{seen.total():,} sets of values, 0 byte differences: {dict(seen)}")


def test_the_proof_configuration_is_that_of_the_other_implementation() -> None:
    config = {"@context": DRAFT.document["@context"], **CREATED}
    _, digest, _ = compiled_for(EXAMPLE["values"]).proof.at(CREATED["created"])
    assert digest == hashlib.sha256(oxigraph.canonical(config)).digest()
