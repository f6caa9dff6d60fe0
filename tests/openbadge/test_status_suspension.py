"""Which set bits of a revocation list are suspensions: written and read back, and nothing made of what is malformed."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbadge import status
from openbadge.data_model import related_resource as rules
from openbadge.errors import InvalidError
from openbadge.status_suspension import related_resource, suspended_bits

LENGTH = 131_072
BYTES = LENGTH // 8
NONE = bytes(BYTES)


def content(**changes: Any) -> dict[str, str]:
    """A resource whose content has changed members; None removes one."""
    members = {"type": "BitstringStatusList", "statusPurpose": "suspension", "encodedList": status.encode_list(NONE)}
    kept = {name: value for name, value in {**members, **changes}.items() if value is not None}
    return {"id": "data:application/json;base64," + base64.b64encode(json.dumps(kept).encode()).decode()}


@given(st.sets(st.integers(0, LENGTH - 1), max_size=50))
def test_it_is_read_back(indexes: set[int]) -> None:
    bits = status.set_bits(LENGTH, indexes)
    assert suspended_bits({"relatedResource": [related_resource(bits)]}, BYTES) == bits


def test_the_digest_is_that_of_the_content_and_the_data_model_accepts_it() -> None:
    made = related_resource(NONE)
    data = base64.b64decode(made["id"].partition(",")[2])
    assert made["digestSRI"] == "sha384-" + base64.b64encode(hashlib.sha384(data).digest()).decode()
    for rule in (rules.identified, rules.unique, rules.digested, rules.matching):
        rule({"relatedResource": [made]})


def test_it_is_found_among_others() -> None:
    others: list[Any] = [{"id": "https://example.org/"}, "text", None, 7, content(statusPurpose="refresh")]
    assert suspended_bits({"relatedResource": [*others, related_resource(NONE)]}, BYTES) == NONE
    assert suspended_bits({"relatedResource": related_resource(NONE)}, BYTES) == NONE


@pytest.mark.parametrize(
    "resource",
    [
        None,
        [],
        {},
        {"id": 7},
        {"id": "data:application/json;base64,%%%"},
        {"id": "data:application/json;base64,bm8="},
        {"id": related_resource(NONE)["id"].replace("application/json", "text/plain")},
        content(type="BitstringStatusListCredential"),
        content(statusPurpose=None),
        content(encodedList=None),
        content(encodedList=7),
        content(encodedList="u"),
        content(encodedList=status.encode_list(bytes(2 * BYTES))),
    ],
)
def test_what_cannot_be_read_says_nothing(resource: Any) -> None:
    assert suspended_bits({"relatedResource": resource}, BYTES) is None
    assert suspended_bits({}, BYTES) is None


def test_a_list_that_is_too_short_is_not_written() -> None:
    with pytest.raises(InvalidError):
        related_resource(bytes(8))
