"""Plain documents: what the table answers is what pyld answers, and never more than pyld would accept."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from openbadge import contexts, normal_form, plain_table, strict_json
from openbadge.badge_words import expander
from openbadge.errors import InvalidError, OpenBadgeError
from tests.mutations import MUTATIONS, spots
from tests.verifier.builders import badge, endorsement

SAMPLES = {
    "badge": badge(),
    "criteria by address": badge(
        lambda document: document["credentialSubject"]["achievement"].update(criteria={"id": "https://x.example/c"})
    ),
    "endorsed": badge(lambda document: document.update(endorsement=[endorsement()])),
    "allowed values": badge(
        lambda document: document["credentialSubject"]["achievement"].update(
            resultDescription=[
                {"id": "urn:x:1", "type": ["ResultDescription"], "name": "G", "resultType": "LetterGrade",
                 "allowedValue": ["A", "B", "A"]}
            ]
        )
    ),
    "numbers": badge(lambda document: document["credentialSubject"].update(creditsEarned=4.5)),
}  # fmt: skip


def _terms() -> list[str]:
    found: set[str] = set()
    stack: list[Any] = [contexts.document(url) for url in badge()["@context"]]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            found.update(name for name in item if not name.startswith("@"))
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
    return sorted(found)


TERMS = _terms()
VALUES: list[Any] = [
    "x", "", "https://e.example/1", "urn:x:1", "https://www.w3.org/x", "xsd:date", "Achievement", "assertionMethod",
    "http://www.w3.org/2001/XMLSchema#date", "Ünï", "_:b0", "//x", 1, 0, 1.5, True, False, None, [], {},
    {"id": "https://e.example/2"}, {"id": "https://purl.imsglobal.org/spec/ob/v3p0/x"}, {"id": "x", "type": "Image"},
    {"type": "Image", "id": "https://e.example/3"}, {"type": ["Profile"], "name": "n"}, {"name": "n"}, ["a", "b"],
    [1, 2], [{"type": "Image", "id": "urn:a:1"}, "x"], {"type": ["Achievement", "Image"], "id": "urn:z:1"},
    {"type": []}, {"@value": "x", "@language": "en"}, {"type": "https://e.example/T", "name": "x"}, {"type": [{}]},
    {"type": "Result", "value": "1"}, {"@context": None, "name": "x"}, {"type": {"a": 1}}, [None], [["x"]],
]  # fmt: skip


def agrees(document: dict[str, Any]) -> bool:
    """Compare both ways; say whether the document was plain."""
    found = expander().expand(document)
    if found is None:
        return False
    thorough = answer(normal_form.check_thoroughly, document)
    # What is no matter of single words (two bodies of one id, the form of a proof) is checked in both ways.
    assert answer(normal_form.check, document) == thorough
    assert thorough in (found[0], *NOT_OF_WORDS)
    return thorough == found[0]


NOT_OF_WORDS = (
    "NON_CANONICAL_FORM Two parts of the document claim the id of the credential or its status.",
    "INVALID_VERIFICATION_METHOD_URL",
    "UNSUPPORTED_SUITE",
    "DATA_LOSS_DETECTION_ERROR The proof has a member",
)


def answer(check: Callable[[Any], list[Any]], document: dict[str, Any]) -> Any:
    try:
        (node,) = check(document)
    except InvalidError as error:
        told = f"{error.code} {error.detail}"
        return next((known for known in NOT_OF_WORDS if told.startswith(known)), told)
    return node


@pytest.mark.parametrize("name", SAMPLES)
def test_ordinary_badges_are_plain(name: str) -> None:
    assert agrees(SAMPLES[name])


def _with_terms(chance: random.Random, document: dict[str, Any]) -> None:
    holder, key = chance.choice([spot for spot in spots(document) if isinstance(spot[0], dict)])
    kind = chance.random()
    if kind < 0.6:
        holder[chance.choice(TERMS)] = copy.deepcopy(chance.choice(VALUES))
    elif kind < 0.8:
        holder["type"] = chance.sample([term for term in TERMS if term[0].isupper()], 2)
    else:
        holder[key] = copy.deepcopy(chance.choice(VALUES))


@pytest.mark.parametrize("seed", range(4))
def test_changed_badges_are_plain_only_if_pyld_expands_and_compacts_them_so(seed: int) -> None:
    chance = random.Random(seed)
    hits = 0
    for _ in range(300):
        document = copy.deepcopy(chance.choice(list(SAMPLES.values())))
        for _ in range(chance.choice((1, 1, 2))):
            if seed % 2:
                _with_terms(chance, document)
            else:
                holder, key = chance.choice(spots(document))
                chance.choice(MUTATIONS)(chance, holder, key)
        try:
            document = strict_json.loads(json.dumps(document).encode())
        except OpenBadgeError:
            continue
        hits += normal_form.badge_contexts(document.get("@context")) and agrees(document)
    assert hits > 20


@pytest.mark.parametrize(
    "change",
    [
        {"@context": "https://www.w3.org/ns/credentials/v2"},
        {"@context": [1]},
        {"@context": ["https://unknown.example/"]},
        {"@context": [{}]},
        {"type": []},
        {"type": ["VerifiableCredential", "VerifiableCredential"]},
        {"type": [{}]},
        {"type": {"a": "b"}},
        {"id": 5},
        {"name": {"@value": "x"}},
        {"evidence": {"@context": None, "type": ["Evidence"], "name": "x"}},
        {"https://www.w3.org/2018/credentials#validUntil": "2020-01-01T00:00:00Z"},
    ],
)
def test_what_is_not_plain_goes_the_general_way(change: dict[str, Any]) -> None:
    assert expander().expand({**badge(), **change}) is None


@pytest.mark.parametrize(
    "address", ["http://www.w3.org/2001/XMLSchema#date", "https://w3id.org/x", "http://é.example/"]
)
def test_addresses_that_may_mean_something_are_asked_about_one_by_one(address: str) -> None:
    agrees({**badge(), "id": address})
    agrees({**badge(), "image": {"id": address, "type": "Image"}})


def test_a_document_that_says_nothing_is_not_plain() -> None:
    assert expander().expand({"@context": badge()["@context"], "id": "urn:x:1"}) is None
    assert expander().expand({}) is None


def test_a_full_table_is_begun_anew_and_answers_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    before = expander().expand(badge())
    monkeypatch.setattr(plain_table, "MAX_ENTRIES", 50)
    table = expander()._table
    for name in TERMS[:80]:
        expander().expand({**badge(), "evidence": {"type": ["Evidence"], name: "x"}})
    assert table._entries <= 50 + plain_table.PLACE_WEIGHT
    assert expander().expand(badge()) == before
