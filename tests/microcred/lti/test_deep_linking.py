"""Placing a badge by Deep Linking: the answer is checked by `lti1p3platform`, other people's software."""

from __future__ import annotations

import html
import re
import shlex
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from issuer.lms.lti import CLAIM, DEEP_LINKING, DEEP_LINKING_SETTINGS, LEARNER, TEACHERS
from issuer.lms_work.bindings import BindingWish
from microcred.simulate.plays import Student
from tests.microcred.lti.conftest import DEFINITION, NAME, School
from tests.microcred.lti.platform import CLIENT, COURSE, DEPLOYMENT, ISSUER
from tests.verifier.web_client import assert_harmless

pytestmark = pytest.mark.databases("sqlite")
TEACHER = Student("tea", 9)
BACK = f"{ISSUER}/mod/lti/contentitem_return.php?course=2"
ITEMS = "https://purl.imsglobal.org/spec/lti-dl/claim/content_items"
DATA = "https://purl.imsglobal.org/spec/lti-dl/claim/data"
Claims = dict[str, Any]


def wanting(settings: Claims | None = None, **changed: Any) -> Callable[[Claims], Claims]:
    """Make a launch the wish to place something; `changed` are other claims, None takes one away."""
    whole = {
        "accept_types": ["link", "ltiResourceLink"],
        "accept_presentation_document_targets": ["iframe"],
        "deep_link_return_url": BACK,
        "data": "opaque <&> data",
        **(settings or {}),
    }

    def change(claims: Claims) -> Claims:
        found = {**claims, f"{CLAIM}message_type": DEEP_LINKING, DEEP_LINKING_SETTINGS: whole}
        del found[f"{CLAIM}resource_link"]
        found |= {f"{CLAIM}{name}": value for name, value in changed.items()}
        return {name: value for name, value in found.items() if value is not None}

    return change


def choose(school: School, change: Any, role: str = TEACHERS[0]) -> httpx.Response:
    return school.lms.open(TEACHER, change, role)


def answers(page: httpx.Response) -> list[str]:
    """The signed answers on the page: one for each badge, and the last one for nothing."""
    assert_harmless(page.text)
    return re.findall(r'name="JWT" value="([^"]+)"', page.text)


def decoded(school: School, token: str) -> Claims:
    """Check an answer as the platform does, by our key set."""
    configuration = school.lms.configuration
    configuration.get_registration().set_tool_key_set(school.lms.client.get("/lti/jwks.json").json())
    return configuration.tool_validate_and_decode(token)


def accepted(school: Any, token: str) -> list[Claims]:
    configuration = school.lms.configuration
    configuration.get_registration().set_tool_key_set(school.lms.client.get("/lti/jwks.json").json())
    return list(configuration.validate_deeplinking_resp({"JWT": token}))


def test_a_teacher_places_the_badge_of_the_course(school: School) -> None:
    page = choose(school, wanting())
    assert page.status_code == 200
    assert "Data Ethics Foundations" in page.text
    assert set(re.findall(r'<form[^>]* action="([^"]+)"', page.text)) == {html.escape(BACK)}
    policy = page.headers["content-security-policy"]
    assert f"form-action {ISSUER};" in policy
    assert f"frame-ancestors {ISSUER}" in policy
    badge, nothing = answers(page)
    assert accepted(school, badge) == [
        {
            "type": "ltiResourceLink",
            "title": "Data Ethics Foundations",
            "url": f"{school.lms.client._base_url}/lti/launch",
            "custom": {"definition": DEFINITION},
            "lineItem": {"scoreMaximum": 100, "label": "Data Ethics Foundations", "resourceId": DEFINITION},
        }
    ]
    assert accepted(school, nothing) == []
    claims = decoded(school, badge)
    assert (claims["iss"], claims["aud"], claims[DATA]) == (CLIENT, ISSUER, "opaque <&> data")
    assert (claims[f"{CLAIM}deployment_id"], claims[f"{CLAIM}version"]) == (DEPLOYMENT, "1.3.0")
    assert claims["exp"] - claims["iat"] == 1_800
    assert claims["nonce"] != decoded(school, nothing)["nonce"]
    assert school.count("lms_report") == school.count("credential") == 0


def test_data_goes_back_as_it_came_and_only_if_it_came(school: School) -> None:
    for data in ({"csrf": "1", "list": [1, None]}, 7, ""):
        (token, _) = answers(choose(school, wanting({"data": data})))
        assert decoded(school, token)[DATA] == data
    (token, _) = answers(choose(school, wanting({"data": None})))
    assert DATA not in decoded(school, token)


def test_a_column_comes_only_where_it_is_wanted_and_needed(school: School) -> None:
    (token, _) = answers(choose(school, wanting({"accept_lineitem": False})))
    assert "lineItem" not in decoded(school, token)[ITEMS][0]
    (binding,) = [one for one in school.platforms.bindings.every() if one.course == COURSE and one.rule != {}][-1:]
    school.platforms.bindings.remove(binding.id, "tests")
    school.bind(rule={"rule": "completed"})
    (token, _) = answers(choose(school, wanting()))
    assert "lineItem" not in decoded(school, token)[ITEMS][0]


def test_only_what_is_bound_to_the_course_can_be_placed(school: School) -> None:
    bindings = school.platforms.bindings
    bindings.add(BindingWish(NAME, "7", "testing-data-products", {"rule": "completed"}), "tests")
    page = choose(school, wanting())
    assert ("Testing" in page.text, len(answers(page))) == (False, 2)
    for context in ({"id": "99"}, None):
        page = choose(school, wanting(context=context))
        assert (page.status_code, len(answers(page))) == (200, 1)
        assert "bindings add campus" in page.text


def test_the_command_on_the_page_can_be_pasted_into_a_shell(school: School) -> None:
    page = choose(school, wanting(context={"id": "9; rm -rf $HOME 'x'"}))
    (line,) = re.findall(r"microcred bindings add [^<]+", html.unescape(page.text))
    assert shlex.split(line)[3:5] == [NAME, "9; rm -rf $HOME 'x'"]


def test_only_who_teaches_may_place_anything(school: School) -> None:
    for role in (LEARNER, "http://x.example/role#Owner", "Instructor"):
        page = choose(school, wanting(), role)
        assert (page.status_code, answers(page)) == (403, [])


def test_a_request_that_cannot_be_answered(school: School) -> None:
    for settings, status in (
        ({"accept_types": ["file"]}, 422),
        ({"accept_types": "ltiResourceLink"}, 422),
        ({"accept_types": None}, 422),
        ({"deep_link_return_url": None}, 422),
        ({"deep_link_return_url": "https://evil.example/back"}, 422),
        ({"deep_link_return_url": f"{ISSUER}.evil.example/back"}, 422),
        ({"deep_link_return_url": f"{ISSUER}@evil.example/back"}, 422),
        ({"deep_link_return_url": "javascript:alert(1)"}, 422),
        ({"deep_link_return_url": "http://lms.uni.example/back"}, 422),
        ({"data": "x" * 20_001}, 422),
    ):
        page = choose(school, wanting(settings))
        assert (page.status_code, answers(page)) == (status, []), settings


def test_a_wish_without_settings_or_for_another_address(school: School) -> None:
    def bare(claims: Claims) -> Claims:
        return {name: value for name, value in wanting()(claims).items() if name != DEEP_LINKING_SETTINGS}

    assert choose(school, bare).status_code == 422
    assert choose(school, wanting(target_link_uri="https://evil.example/")).status_code == 422
    assert choose(school, wanting(target_link_uri=None)).status_code == 200
    assert choose(school, wanting(deployment_id="9")).status_code == 401


def test_a_choice_is_offered_once_for_each_login(school: School) -> None:
    login = school.lms.login()
    form = school.lms.launch(login, TEACHER, wanting(), TEACHERS[0])
    assert [school.lms.post(login, form).status_code for _ in range(2)] == [200, 401]


def test_a_launch_is_no_wish(school: School) -> None:
    """Settings in an ordinary launch change nothing."""
    page = school.lms.open(TEACHER, lambda claims: {**claims, DEEP_LINKING_SETTINGS: {}}, TEACHERS[0])
    assert 'data-standing="teacher"' in page.text
