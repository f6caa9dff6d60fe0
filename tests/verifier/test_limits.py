"""What one credential may cost: small files that would take minutes are refused, whoever asks."""

from __future__ import annotations

from typing import Any

import pytest

from openbadge import canon, normal_form
from openbadge.errors import InvalidError
from tests.verifier.builders import Document, bad, badge, check, endorsement, material, status_list, token, unsigned
from verifier.checks.limits import check_cost
from verifier.material import MAX_ENDORSEMENTS

SIGNED = badge()
OBJECTS = [{"type": ["Evidence"], "name": f"n{number}"} for number in range(1_001)]


def achievement(**members: Any) -> Document:
    document = {**unsigned(), "proof": SIGNED["proof"]}
    document["credentialSubject"]["achievement"].update(members)
    return document


@pytest.mark.parametrize(
    "document",
    [
        {**achievement(), "proof": SIGNED["proof"] * 6},
        {**achievement(), "credentialStatus": [unsigned()["credentialStatus"]] * 5},
        {**achievement(), "endorsement": [endorsement()] * 11},
        {**achievement(), "endorsementJwt": [token()] * 11},
        {**achievement(endorsement=[endorsement()] * 6), "endorsementJwt": [token()] * 5},
    ],
    ids=["proofs", "statuses", "endorsements", "tokens", "endorsements-in-two-places"],
)
def test_too_many_parts_are_refused_and_none_is_cut_off(document: Document) -> None:
    with pytest.raises(InvalidError) as caught:
        check_cost(document)
    assert caught.value.code == "LIMIT_EXCEEDED"
    assert bad(check(document))["contexts"] == "LIMIT_EXCEEDED"


def test_as_many_endorsements_as_allowed() -> None:
    check_cost({**achievement(), "endorsement": [endorsement()] * MAX_ENDORSEMENTS})


@pytest.mark.parametrize("refuse", [canon.expand, canon.quads, canon.canonical, normal_form.check])
def test_a_document_that_would_take_long_is_refused_by_everyone_who_reads_it(refuse: Any) -> None:
    with pytest.raises(InvalidError) as caught:
        refuse({**unsigned(), "evidence": OBJECTS})
    assert caught.value.code == "LIMIT_EXCEEDED"


def test_the_verifier_says_so() -> None:
    assert bad(check({**achievement(), "evidence": OBJECTS}))["contexts"] == "LIMIT_EXCEEDED"


def test_an_expensive_status_list_cannot_tell() -> None:
    heavy = {**status_list(), "evidence": OBJECTS}
    assert bad(check(SIGNED, material(status=heavy))) == {"status": "LIMIT_EXCEEDED"}


@pytest.mark.parametrize(
    "document",
    [
        achievement(tag=[f"tag {number}" for number in range(2_000)]),
        {**achievement(), "evidence": [{"id": "urn:x:same", "type": ["Evidence"], "name": "n"}] * 600},
    ],
    ids=["one-long-list", "one-id-many-times"],
)
def test_long_lists_cost_no_more_than_their_length(document: Document) -> None:
    assert "LIMIT_EXCEEDED" not in bad(check(document)).values()
