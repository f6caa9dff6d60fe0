"""Launches over HTTP, from a platform of other people's making: who gets the badge, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import jwt
import pytest

from issuer.lms.credentials import sign
from issuer.lms.lti import CLAIM, LEARNER, TEACHERS, TEST_USER
from issuer.lms_work.bindings import BindingWish
from issuer.model import StatusState
from microcred.simulate.plays import Student
from tests.microcred.lti.conftest import DEFINITION, NAME, School
from tests.microcred.lti.platform import CLIENT, COURSE, ISSUER, LINE_ITEM, OPTIONS, Change, key
from tests.verifier.web_client import assert_harmless

pytestmark = pytest.mark.databases("sqlite")
OTHER = "https://lms.northbridge.example"  # of the sample home
ADA, BRAM = Student("ada", 1), Student("bram", 2)
PASSED = b'[{"userId":"%d","resultScore":80,"resultMaximum":100}]'


def passes(school: School, student: Student = ADA) -> None:
    school.lms.results = PASSED % student.account


def standing(response: httpx.Response) -> str:
    """What somebody found on the page."""
    assert_harmless(response.text)
    return response.text.partition('data-standing="')[2].partition('"')[0]


def test_a_login_leads_to_the_platform_and_says_what_the_standard_asks_for(school: School) -> None:
    login = school.lms.login()
    url = urlsplit(login.headers["location"])
    query = dict(parse_qsl(url.query))
    assert (login.status_code, url._replace(query="").geturl()) == (302, OPTIONS["authorize"])
    assert len(query.pop("state")) == len(query.pop("nonce")) == 43
    assert query == {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": CLIENT,
        "redirect_uri": f"{school.lms.client._base_url}/lti/launch",
        "login_hint": "3",
        "lti_message_hint": "link-1",
    }


def test_a_learner_with_the_grade_gets_the_badge_and_one_without_is_told_what_is_missing(school: School) -> None:
    page = school.lms.open(ADA)
    assert (standing(page), school.count("credential")) == ("missing", 0)
    assert "There is no grade for you yet." in page.text
    assert "at least 60 percent" in page.text
    passes(school)
    page = school.lms.open(ADA)
    assert (page.status_code, standing(page), school.count("credential")) == (200, "earned", 1)
    (credential,) = school.platforms.service.list_credentials()
    address = f"/credentials/{credential.public_id}"
    assert f'href="{address}" target="_blank" rel="noopener"' in page.text
    assert school.lms.client.get(f"{address}.json").json()["credentialSubject"]["identifier"]


def test_whoever_has_the_badge_is_asked_about_nothing(school: School) -> None:
    passes(school)
    school.lms.open(ADA)
    school.lms.asked.clear()
    assert standing(school.lms.open(ADA)) == "earned"
    assert (school.lms.asked, school.count("credential"), school.count("lms_report")) == ([], 1, 1)


def test_the_page_may_stand_in_the_platforms_own_and_in_no_other(school: School) -> None:
    school.connect("canvas-lti", "https://canvas.instructure.com", site="https://school.instructure.com/login")
    policy = school.lms.open(ADA).headers["content-security-policy"]
    assert policy.endswith(f"frame-ancestors {ISSUER}")
    refused = school.lms.client.post("/lti/launch", data={"state": "x"}, headers={"Accept": "text/html"})
    ancestors = refused.headers["content-security-policy"].partition("frame-ancestors ")[2].split()
    assert set(ancestors) == {ISSUER, "https://lms.northbridge.example", "https://school.instructure.com"}


def test_a_lower_grade_later_and_the_higher_one_again(school: School) -> None:
    school.lms.results = b'[{"userId":"%d","resultScore":50,"resultMaximum":100}]' % ADA.account
    assert "does not reach" in school.lms.open(ADA).text
    school.clock.forward(seconds=1)
    passes(school)
    assert standing(school.lms.open(ADA)) == "earned"


def test_a_badge_that_was_reported_elsewhere_is_shown_too(school: School) -> None:
    school.lms.results = b"[]"
    school.platforms.bindings.add(BindingWish("webhook", "other", DEFINITION, {"rule": "completed"}), "tests")
    body = {
        "kind": "completed",
        "occurredAt": "2026-11-24T11:00:00Z",
        "learner": {"sisId": ADA.number, "name": ADA.name},
        "course": {"id": "other"},
    }
    connection = school.platforms.connections.get("webhook").connection
    data = json.dumps(body).encode()
    headers = sign(connection.secrets[-1], "m-1", school.clock(), data)
    assert school.lms.client.post("/lms/webhook", content=data, headers=headers).status_code == 202
    school.platforms.drain()
    assert standing(school.lms.open(ADA)) == "earned"


def test_a_revoked_badge_is_not_said_to_hold(school: School) -> None:
    passes(school)
    school.lms.open(ADA)
    (credential,) = school.platforms.service.list_credentials()
    school.platforms.service.decisions.decide([credential.public_id], StatusState.REVOKED, "by mistake", "me")
    assert standing(school.lms.open(ADA)) == "ended"


def test_what_waits_for_people_is_said_without_their_words(school: School) -> None:

    def stranger(claims: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in claims.items() if not name.endswith("claim/lis")}

    page = school.lms.open(ADA, stranger)
    assert (standing(page), "no grade for you yet" in page.text) == ("missing", True)
    passes(school)
    page = school.lms.open(ADA, stranger)
    assert (page.status_code, standing(page), school.count("credential")) == (200, "held", 0)
    assert "Reference: learner-unknown." in page.text


def test_a_course_without_a_badge(school: School) -> None:
    page = school.lms.open(ADA, with_claims(context={"id": "another"}))
    assert (page.status_code, standing(page)) == (200, "unbound")
    page = school.lms.open(ADA, with_claims(context={"id": "a <b>"}), TEACHERS[0])
    assert "bindings add campus &#39;a &lt;b&gt;&#39; DEFINITION" in page.text


def test_a_platform_that_is_silent_about_grades_loses_nothing_and_is_left_alone_for_a_while(school: School) -> None:
    school.lms.open(BRAM)
    school.lms.broken = True
    for _ in range(3):
        page = school.lms.open(ADA)
        assert (standing(page), "in a few minutes" in page.text) == ("missing", True)
    assert len([url for url in school.lms.asked if url.startswith(LINE_ITEM)]) == 2
    school.lms.broken = False
    passes(school)
    school.clock.forward(seconds=30)
    assert standing(school.lms.open(ADA)) == "earned"


def test_an_access_token_is_kept_until_the_platform_takes_it_back(school: School) -> None:
    school.lms.open(ADA)
    school.lms.open(ADA)
    assert school.lms.asked.count(OPTIONS["token"]) == 1
    tokens = school.platforms.tool._tokens
    tokens.update({name: ("taken back", until) for name, (_, until) in tokens.items()})
    passes(school)
    assert standing(school.lms.open(ADA)) == "earned"
    assert school.lms.asked.count(OPTIONS["token"]) == 2
    school.clock.forward(hours=1)
    school.lms.open(BRAM, with_plain(iat=at(school, 0), exp=at(school, 60)))
    assert school.lms.asked.count(OPTIONS["token"]) == 3


def with_claims(**changed: Any) -> Change:
    """Change claims of LTI; None takes one away."""

    def change(claims: dict[str, Any]) -> dict[str, Any]:
        found = {**claims, **{f"{CLAIM}{name}": value for name, value in changed.items()}}
        return {name: value for name, value in found.items() if value is not None}

    return change


def with_plain(**changed: Any) -> Change:
    return lambda claims: {**claims, **changed}


def signed(name: str, **headers: Any) -> Any:
    """Make the whole token anew, with another key or another header."""

    def forge(form: Mapping[str, str]) -> dict[str, str]:
        claims = jwt.decode(form["id_token"], options={"verify_signature": False})
        kid = jwt.get_unverified_header(form["id_token"])["kid"]
        algorithm = headers.get("alg", "RS256")
        secret = {"none": None, "HS256": "public key of the platform as text"}.get(algorithm, key(name))
        token = jwt.encode(claims, secret, algorithm, {"kid": kid, **headers})
        return {**form, "id_token": token}

    return forge


def at(school: School, seconds: int) -> int:
    return int(school.clock().timestamp()) + seconds


BAD = {
    "ISS-009 wrong signature": lambda s: (dict, signed("stranger")),
    "ISS-009 alg none": lambda s: (dict, signed("platform", alg="none")),
    "ISS-009 HS256": lambda s: (dict, signed("platform", alg="HS256")),
    "ISS-009 key of its own": lambda s: (dict, signed("stranger", jwk={"kty": "RSA"})),
    "ISS-009 wrong aud": lambda s: (with_plain(aud="another-tool"), dict),
    "ISS-009 azp mismatch": lambda s: (with_plain(azp="another-tool"), dict),
    "ISS-009 expired": lambda s: (with_plain(exp=at(s, -301)), dict),
    "ISS-009 iat future": lambda s: (with_plain(iat=at(s, 400)), dict),
    "ISS-009 no nonce": lambda s: (with_plain(nonce=None), dict),
    "ISS-009 another nonce": lambda s: (with_plain(nonce="another"), dict),
    "ISS-011 iss of platform B": lambda s: (with_plain(iss=OTHER), dict),
    "ISS-011 unknown deployment": lambda s: (with_claims(deployment_id="9"), dict),
    "ISS-011 client_id swap": lambda s: (with_plain(aud="northbridge-badges", azp="northbridge-badges"), dict),
    "ISS-011 another version": lambda s: (with_claims(version="1.1"), dict),
}


@pytest.mark.parametrize("rule", ["ISS-009", "ISS-011"])
def test_iss_009_and_iss_011_are_refused_with_401_and_nothing_is_kept(school: School, rule: str) -> None:
    """One login serves for all: what is refused does not use it up."""
    passes(school)
    login = school.lms.login()
    for row in (row for row in BAD if row.startswith(rule)):
        change, forge = BAD[row](school)
        form = forge(school.lms.launch(login, ADA, change))
        page = school.lms.post(login, form)
        assert (page.status_code, standing(page)) == (401, "refused"), row
    document = school.lms.post(login, form, Accept="application/json")
    assert (document.status_code, document.json()["code"]) == (401, "BAD_SIGNATURE")
    assert school.count("lms_report") == school.count("lms_message") == 0
    assert standing(school.lms.post(login, school.lms.launch(login, ADA))) == "earned"


def test_iss_011_a_launch_cannot_answer_the_login_of_another_platform(school: School) -> None:
    passes(school)
    login, other = school.lms.login(), school.lms.login(iss=OTHER, client_id="northbridge-badges")
    query = dict(parse_qsl(urlsplit(other.headers["location"]).query))
    form = school.lms.launch(login, ADA, with_plain(nonce=query["nonce"]))
    assert school.lms.post(other, {**form, "state": query["state"]}).status_code == 401


def test_iss_013_who_is_not_said_to_be_a_learner_gets_nothing(school: School) -> None:
    passes(school)
    for roles in (None, ["Learner"], ["http://x.example/role#Owner"], [LEARNER, TEST_USER], "Learner"):
        page = school.lms.open(ADA, with_claims(roles=roles))
        assert (page.status_code, standing(page), school.count("lms_report")) == (403, "stranger", 0), roles


def test_iss_013_a_teacher_sees_the_badge_and_gets_none(school: School) -> None:
    passes(school)
    for roles in ([TEACHERS[0]], [LEARNER, TEACHERS[0]]):
        page = school.lms.open(ADA, with_claims(roles=roles))
        assert (page.status_code, standing(page), school.count("lms_report")) == (200, "teacher", 0), roles
        assert "Data Ethics Foundations" in page.text


def test_iss_014_a_grade_that_cannot_be_right_earns_nothing(school: School) -> None:
    for results in (
        PASSED % BRAM.account,
        b'[{"userId":"%d","resultScore":-5,"resultMaximum":100}]' % ADA.account,
        b'[{"userId":"%d","resultScore":1e308,"resultMaximum":100}]' % ADA.account,
        b'[{"userId":"%d","resultScore":NaN,"resultMaximum":100}]' % ADA.account,
        b'[{"userId":"%d","resultScore":100,"resultMaximum":0}]' % ADA.account,
        b'[{"userId":"%d","resultScore":100}]' % ADA.account,
        b"[" * 100_000,
        b"<html>",
    ):
        school.lms.results = results
        page = school.lms.open(ADA)
        assert (page.status_code, standing(page), school.count("credential")) == (200, "missing", 0), results[:80]


def test_our_access_token_goes_to_no_other_address(school: School) -> None:
    passes(school)
    endpoint = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
    for address in ("https://evil.example/lineitem", "http://lms.uni.example/lineitem", "https://["):
        assert standing(school.lms.open(ADA, with_plain(**{endpoint: {"lineitem": address}}))) == "missing"
    assert not [url for url in school.lms.asked if url not in OPTIONS.values()]


def test_a_launch_is_good_once(school: School) -> None:
    passes(school)
    login = school.lms.login()
    form = school.lms.launch(login, ADA)
    assert standing(school.lms.post(login, form)) == "earned"
    again = school.lms.post(login, form)
    assert (again.status_code, "opened already" in again.text) == (401, True)
    fresh = school.lms.login()
    state = dict(parse_qsl(urlsplit(fresh.headers["location"]).query))["state"]
    assert school.lms.post(fresh, {**form, "state": state}).status_code == 401
    assert school.count("credential") == 1


@pytest.mark.databases("sqlite", "postgresql")
def test_of_many_at_the_same_moment_one_is_let_in(school: School) -> None:
    passes(school)
    login = school.lms.login()
    form = school.lms.launch(login, ADA)
    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(lambda _: school.lms.post(login, form).status_code, range(4)))
    assert (answers, school.count("credential")) == ([200, 401, 401, 401], 1)


def test_a_launch_belongs_to_the_browser_that_began_it(school: School) -> None:
    passes(school)
    login, other = school.lms.login(), school.lms.login()
    form = school.lms.launch(login, ADA)
    name, _, _ = login.headers["set-cookie"].partition("=")
    _, _, value = other.headers["set-cookie"].partition(";")[0].partition("=")
    for cookie in ("", f"{name}={value}", f"{name}="):
        page = school.lms.post(login, form, Cookie=cookie)
        assert (page.status_code, "cookie" in page.text) == (401, True)
    assert standing(school.lms.post(login, form)) == "earned"


def test_a_login_ends_after_ten_minutes(school: School) -> None:
    login = school.lms.login()
    form = school.lms.launch(login, ADA)
    school.clock.forward(minutes=10)
    assert school.lms.post(login, form).status_code == 401
    assert school.count("lti_login") == 1
    school.lms.login()
    assert school.count("lti_login") == 1


def test_a_login_that_leads_nowhere(school: School) -> None:
    cases: list[tuple[dict[str, str], int]] = [
        ({"iss": "https://stranger.example"}, 404),
        ({"iss": "https://moodle.northbridge.example"}, 404),
        ({"client_id": "another"}, 404),
        ({"lti_deployment_id": "9"}, 404),
        ({"target_link_uri": "https://evil.example/lti/launch"}, 422),
        ({"target_link_uri": "http://127.0.0.1:8000@evil.example/lti/launch"}, 422),
        ({"target_link_uri": "http://["}, 422),
        ({"login_hint": ""}, 422),
        ({"login_hint": "x" * 4_001}, 422),
    ]
    for changed, status in cases:
        page = school.lms.login(**changed)
        found = (page.status_code, standing(page), "set-cookie" in page.headers)
        assert found == (status, "refused", False), changed
    assert school.count("lti_login") == 0


def test_a_login_may_be_posted(school: School) -> None:
    target = f"{school.lms.client._base_url}/lti/launch"
    fields = {"iss": f"{ISSUER}/", "login_hint": "3", "target_link_uri": target}
    assert school.lms.client.post("/lti/login", data=fields).status_code == 302


def test_a_form_that_is_none(school: School) -> None:
    for content, kind, status in (
        ("state=a&state=b", "application/x-www-form-urlencoded", 422),
        ("&".join(f"f{number}=1" for number in range(51)), "application/x-www-form-urlencoded", 422),
        ("{}", "application/json", 422),
        ("", "application/x-www-form-urlencoded", 401),
        ("a=" + "b" * 200_000, "application/x-www-form-urlencoded", 413),
    ):
        answer = school.lms.client.post("/lti/launch", content=content, headers={"Content-Type": kind})
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), content


def test_who_comes_back_by_the_address_alone_is_sent_to_the_course(school: School) -> None:
    page = school.lms.client.get("/lti/launch", headers={"Accept": "text/html"})
    assert (page.status_code, "Go back to your course" in page.text) == (401, True)


def test_what_the_platform_refuses_is_said(school: School) -> None:
    login = school.lms.login()
    state = dict(parse_qsl(urlsplit(login.headers["location"]).query))["state"]
    for error, said in (("login_required", "login_required"), ("<b>", "no reason")):
        page = school.lms.post(login, {"state": state, "error": error})
        assert (page.status_code, said in page.text) == (401, True)


def test_a_link_that_leads_elsewhere_is_refused_even_if_it_is_signed(school: School) -> None:
    page = school.lms.open(ADA, with_claims(target_link_uri="https://evil.example/"))
    assert (page.status_code, standing(page)) == (422, "refused")


def test_keys_of_the_platform_that_cannot_be_had_are_no_proof(school: School) -> None:
    school.lms.broken = True
    page = school.lms.open(ADA)
    assert (page.status_code, standing(page), school.count("lms_report")) == (503, "refused", 0)
    assert page.headers["retry-after"]


def test_a_connection_that_was_removed_lets_nobody_in(school: School) -> None:
    login = school.lms.login()
    form = school.lms.launch(login, ADA)
    school.platforms.connections.remove(NAME, "tests")
    assert school.lms.post(login, form).status_code == 401
    assert school.lms.login().status_code == 404


def test_logs_name_nobody(school: School, caplog: pytest.LogCaptureFixture) -> None:
    school.lms.open(ADA, with_plain(aud="x"))
    assert "BAD_SIGNATURE" in caplog.text
    for secret in (ADA.name, ADA.email, ADA.number, str(ADA.account), LINE_ITEM, COURSE + "&"):
        assert secret not in caplog.text
