"""What platforms answer to the tool's own questions: read strictly, and whatever it is, with an error of ours."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.errors import IssuerError
from issuer.lms import lti_registration, lti_services
from issuer.lms.ask import Answer
from issuer.lms.connection import Connection
from issuer.lms.lti import LEARNER
from issuer.lms.lti_services import Mark
from openbadge.errors import OpenBadgeError
from tests.issuer.lms.sources import NOW, SITE

CONNECTION = Connection("lti", "lti", SITE)
NAMES = st.sampled_from(
    "id tag resourceId userId resultScore resultMaximum members user_id roles status name email client_id issuer "
    f"deployment_id jwks_uri token_endpoint {lti_registration.TOOL}".split()
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from([SITE, "badge"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=15,
)


def answer(value: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value).encode())


@given(VALUES, st.sampled_from([200, 201, 204, 302, 401, 500]))
def test_any_answer_is_read_or_refused(value: Any, status: int) -> None:
    found = answer(value, status)
    for read in (
        lti_services.read_graded_columns,
        lti_services.read_new_column,
        lti_services.read_results,
        lti_services.read_members,
        lti_registration.read_registered,
        lambda one: lti_services.read_columns(one, "badge"),
        lambda one: lti_registration.read_platform(one, CONNECTION),
    ):
        with suppress(IssuerError, OpenBadgeError):
            read(found)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"{SITE}/i/5/lineitem?type_id=1", f"{SITE}/i/5/lineitem/scores?type_id=1"),
        (f"{SITE}/i/5/lineitem", f"{SITE}/i/5/lineitem/scores"),
        (f"{SITE}/i/5/lineitem#x", f"{SITE}/i/5/lineitem/scores"),
    ],
)
def test_scores_are_below_the_path_and_before_the_query(url: str, expected: str) -> None:
    request = lti_services.score(url, "3", Mark(1, NOW, "Badge"), "t")
    assert (request.method, request.url) == ("POST", expected)
    assert json.loads(request.body)["timestamp"] == "2026-11-23T12:33:00.000Z"


def test_of_several_columns_for_a_badge_the_same_is_chosen() -> None:
    ours = [{"id": f"{SITE}/{name}", "tag": "badge", "resourceId": "b1"} for name in ("2", "1")]
    others = [{"id": f"{SITE}/0", "tag": "badge", "resourceId": "b2"}, {"id": f"{SITE}/9", "resourceId": "b1"}]
    assert lti_services.read_columns(answer([*ours, *others]), "b1") == f"{SITE}/1"
    assert lti_services.read_columns(answer(others), "b1") is None
    assert lti_services.read_graded_columns(answer([*ours, *others])) == (f"{SITE}/9",)


@pytest.mark.parametrize(
    ("roles", "status", "is_learner"),
    [
        ([LEARNER], "Active", True),
        (["Learner"], None, True),
        ([LEARNER, "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student"], "Active", True),
        ([LEARNER, LEARNER.replace("#", "/Learner#")], "Active", True),
        (["Learner", LEARNER.replace("#Learner", "/Learner#GuestLearner")], "Active", True),
        ([LEARNER.replace("#", "/Learner#")], "Active", False),
        ([LEARNER, LEARNER.replace("#Learner", "/Learner#Instructor")], "Active", False),
        ([LEARNER, "Instructor"], "Active", False),
        ([LEARNER], "Deleted", False),
        ([], "Active", False),
        ("Learner", "Active", False),
        (None, "Active", False),
        ([1, None], "Active", False),
    ],
)
def test_who_is_a_learner(roles: Any, status: str | None, *, is_learner: bool) -> None:
    (member,) = lti_services.read_members(answer({"members": [{"user_id": 3, "roles": roles, "status": status}]}))
    assert (member.subject, member.is_learner) == ("3", is_learner)


def test_the_next_page_is_named_by_the_header() -> None:
    link = f'<{SITE}/m?from=50>; rel="next", <{SITE}/m>; rel="first"'
    assert lti_services.next_page(Answer(200, b"", {"link": link})) == f"{SITE}/m?from=50"
    assert lti_services.next_page(Answer(200, b"", {"link": f'<{SITE}/m>; rel="first"'})) is None
    assert lti_services.next_page(Answer(200, b"")) is None
