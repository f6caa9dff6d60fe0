"""What one credential may cost: small files that would take minutes are refused before the work starts."""

from __future__ import annotations

from typing import Any

import pytest

from openbadge.errors import InvalidError
from tests.verifier.builders import Document, bad, badge, check, material, status_list, unsigned
from verifier.checks.limits import MAX_COMPARISONS, check_cost, comparisons

TAGS = [f"tag {number}" for number in range(9_000)]
SAME = [{"id": "urn:x:same", "type": ["Evidence"], "name": f"n{number}"} for number in range(140)]


def achievement(**members: Any) -> Document:
    document = {**unsigned(), "proof": badge()["proof"]}
    document["credentialSubject"]["achievement"].update(members)
    return document


@pytest.mark.parametrize(
    "document",
    [
        achievement(tag=TAGS),
        {**achievement(), "evidence": SAME * 10},
        achievement(**{f"list{number}": SAME for number in range(10)}),
        {**achievement(), "proof": badge()["proof"] * 6},
        {**achievement(), "credentialStatus": [unsigned()["credentialStatus"]] * 5},
        {**achievement(), "endorsement": [{"type": ["EndorsementCredential"]}] * 11},
    ],
    ids=["one-list", "one-id-in-one-list", "one-id-in-many-lists", "proofs", "statuses", "endorsements"],
)
def test_expensive_documents_are_refused_before_they_are_expanded(document: Document) -> None:
    with pytest.raises(InvalidError) as caught:
        check_cost(document)
    assert caught.value.code == "LIMIT_EXCEEDED"
    assert bad(check(document))["contexts"] == "LIMIT_EXCEEDED"


def test_an_expensive_status_list_cannot_tell() -> None:
    heavy = {**status_list(), "name": TAGS}
    assert bad(check(badge(), material(status=heavy))) == {"status": "LIMIT_EXCEEDED"}


def test_rich_badges_are_far_from_the_limit() -> None:
    assert comparisons(badge()) < MAX_COMPARISONS / 100
    assert comparisons({"evidence": [{"name": "x"}] * 500}) < MAX_COMPARISONS


def test_the_cost_of_one_id_counts_wherever_it_stands() -> None:
    assert comparisons({"a": {"id": "x", "b": {"id": "x", "c": {"id": "x"}}}}) == 9
    assert comparisons({"a": [1, 2, 3], "b": [[1, 2], []]}) == 9 + 4 + 4
