"""Launches of LTI 1.3: what is believed, what is refused, and what a launch says of a learner's result."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.errors import FieldError, IssuerError, UnauthenticatedError
from issuer.keys import Signer
from issuer.keys_kinds import Private, fresh
from issuer.lms import credentials, lti, lti_api, tokens
from issuer.lms.ask import Answer
from issuer.lms.connection import Connection, Incoming
from issuer.lms.errors import SourceError
from issuer.lms.lti import CLAIM, LEARNER, Launch
from issuer.lms.model import Course, Outcome, Reported, Score
from openbadge.errors import InvalidError
from openbadge.jose import jws
from openbadge.multibase import base64url_encode
from tests.issuer.lms.sources import NEW, NOW, SITE

CONNECTION = Connection("lti", "lti", SITE, "sis", (NEW,), options={"client_id": "badge-tool-1", "deployment_id": "1"})
INSTRUCTOR = LEARNER.replace("Learner", "Instructor")


@cache
def key(name: str) -> Private:
    return fresh("RSA", bytes, 2_048)[1]


def claims(**changed: Any) -> dict[str, Any]:
    at = int(NOW.timestamp())
    names: dict[str, Any] = {
        "deployment_id": "1",
        "version": "1.3.0",
        "message_type": "LtiResourceLinkRequest",
        "roles": [LEARNER],
    }
    names |= {"context": {"id": "2"}, "target_link_uri": "https://badges.uni.example/lti/launch"}
    found = {"iss": SITE, "aud": "badge-tool-1", "sub": "3", "nonce": "n-1", "iat": at, "exp": at + 60}
    found |= {f"{CLAIM}{name}": value for name, value in names.items()}
    return {name: value for name, value in {**found, **changed}.items() if value is not None}


def token(content: dict[str, Any], signed_by: str = "platform", kid: str = "k1") -> bytes:
    private = key(signed_by)
    signer = Signer(kid, "RSA", private.public_key, private.sign)
    return jws.sign({"typ": "JWT"}, json.dumps(content).encode(), signer).encode()


def launch(data: bytes) -> Launch:
    return lti.read_launch(data, CONNECTION, {"k1": key("platform").public_key}, NOW)


def test_a_learners_launch_is_read() -> None:
    found = launch(token(claims(name="Ada Nguyen", azp="badge-tool-1")))
    assert (found.subject, found.course, found.nonce, found.is_learner) == ("3", "2", "n-1", True)


def unsigned(header: dict[str, Any]) -> bytes:
    parts = [json.dumps(header).encode(), json.dumps(claims()).encode(), b"signature"]
    return ".".join(map(base64url_encode, parts)).encode()


ISS_009 = {
    "signature": lambda: token(claims())[:-20] + b"A" * 20,
    "none": lambda: unsigned({"alg": "none", "kid": "k1"}),
    "HS256": lambda: unsigned({"alg": "HS256", "kid": "k1"}),
    "embedded key": lambda: unsigned({"alg": "RS256", "kid": "k1", "jwk": {}}),
    "aud": lambda: token(claims(aud="other")),
    "azp": lambda: token(claims(azp="other")),
    "aud without azp": lambda: token(claims(aud=["badge-tool-1", "other"])),
    "expired": lambda: token(claims(exp=int(NOW.timestamp()) - 301)),
    "no exp": lambda: token(claims(exp=None)),
    "no nonce": lambda: token(claims(nonce=None)),
    "future": lambda: token(claims(iat=int(NOW.timestamp()) + 301)),
}
ISS_011 = {
    "key of another platform": lambda: token(claims(), "stranger"),
    "unknown kid": lambda: token(claims(), kid="k2"),
    "iss": lambda: token(claims(iss="https://other.example")),
    "deployment": lambda: token(claims(**{f"{CLAIM}deployment_id": "9"})),
    "no deployment": lambda: token(claims(**{f"{CLAIM}deployment_id": None})),
    "client": lambda: token(claims(aud="badge-tool-2")),
    "version": lambda: token(claims(**{f"{CLAIM}version": "1.1"})),
    "type": lambda: token(claims(**{f"{CLAIM}message_type": "LtiSubmissionReviewRequest"})),
}


@pytest.mark.parametrize("made", [*ISS_009.values(), *ISS_011.values()], ids=[*ISS_009, *ISS_011])
def test_iss_009_and_iss_011_are_refused_with_401(made: Any) -> None:
    with pytest.raises(UnauthenticatedError):
        launch(made())


def sub_role(of: str, name: str) -> str:
    return f"{lti.MEMBERSHIP}/{of}#{name}"


@pytest.mark.parametrize("name", ["ExternalLearner", "GuestLearner", "Learner", "NonCreditLearner"])
def test_a_learner_with_a_sub_role_is_a_learner(name: str) -> None:
    assert launch(token(claims(**{f"{CLAIM}roles": [LEARNER, sub_role("Learner", name)]}))).is_learner


@pytest.mark.parametrize("roles", [None, "Learner", ["Learner"], [INSTRUCTOR], [LEARNER, INSTRUCTOR], ["x:y"], [7],
                                   [LEARNER, lti.TEST_USER], [sub_role("Learner", "Learner")],
                                   [LEARNER, sub_role("Learner", "Learner"), lti.TEST_USER],
                                   [LEARNER, sub_role("Learner", "Learner"), INSTRUCTOR],
                                   [LEARNER, sub_role("Learner", "Instructor")], [LEARNER, sub_role("Learner", "x")],
                                   [LEARNER, sub_role("Instructor", "TeachingAssistant")]])  # fmt: skip
def test_iss_013_only_a_learner_and_nobody_else_is_a_learner(roles: Any) -> None:
    assert not launch(token(claims(**{f"{CLAIM}roles": roles}))).is_learner


@pytest.mark.parametrize("body", [b'"1e308"', b"1e308", b"NaN", b'"NaN"'])
def test_iss_014_numbers_beyond_every_scale_are_refused(body: bytes) -> None:
    answer = Answer(200, b'[{"userId":"3","resultScore":' + body + b',"resultMaximum":100}]')
    with pytest.raises((FieldError, IssuerError)):
        lti_api.read_result(answer, "3")


def test_iss_014_results_of_others_count_for_nothing_and_negative_ones_are_bounded() -> None:
    answer = Answer(200, b'[{"userId":"4","resultScore":100},{"userId":"3","resultScore":-5,"resultMaximum":100}]')
    found = lti_api.read_result(answer, "3")
    assert found is not None
    assert found.score is not None
    assert found.score.percent == 0
    assert lti_api.read_result(answer, "5") is None


@given(st.data())
def test_no_changed_token_is_ever_accepted(data: st.DataObject) -> None:
    good = token(claims())
    place = data.draw(st.integers(0, len(good) - 1))
    bad = (
        good[:place]
        + bytes([data.draw(st.integers(0, 255).filter(lambda one: one != good[place]))])
        + good[place + 1 :]
    )
    if bad.strip() == good:
        return
    with pytest.raises((UnauthenticatedError, FieldError, InvalidError)):
        launch(bad)


def told(connection: Connection, outcome: Outcome | None = None, after: timedelta = timedelta()) -> Reported:
    now = NOW + after
    (report,) = lti.read_message(
        lti.verify(lti.message(launch(token(claims())), connection, now, outcome), connection, now), connection
    )
    return report


def test_a_launch_says_who_somebody_is_and_completes_a_course_only_where_that_is_agreed() -> None:
    counting = replace(CONNECTION, options={**CONNECTION.options, "counts": lti.BY_LAUNCH})
    points = Outcome(score=Score(Decimal(80), Decimal(100)))
    kinds = [told(one, outcome).kind for one in (CONNECTION, counting) for outcome in (None, points)]
    assert kinds == ["identity", "graded", "completed", "completed"]
    assert told(counting, points).outcome == points


def test_the_same_points_are_one_report_for_an_hour_and_another_one_later() -> None:
    points, less = (Outcome(score=Score(Decimal(number), Decimal(100))) for number in (80, 50))
    minute, day = timedelta(minutes=1), timedelta(days=1)
    first = told(CONNECTION, points)
    assert told(CONNECTION, points, minute).event_id == first.event_id
    assert len({told(CONNECTION, less).event_id, first.event_id, told(CONNECTION, points, day).event_id}) == 3
    assert told(CONNECTION, None, day).event_id == told(CONNECTION).event_id


def test_being_let_in_again_later_is_a_report_of_its_own() -> None:
    counting = replace(CONNECTION, options={**CONNECTION.options, "counts": lti.BY_LAUNCH})
    first, soon, later = (told(counting, None, timedelta(minutes=minutes)) for minutes in (0, 1, 61))
    assert first.event_id == soon.event_id != later.event_id
    assert later.occurred_at == first.occurred_at + timedelta(minutes=61)


def test_the_version_in_a_course_code_is_passed_on() -> None:
    def reported(code: str) -> Reported:
        found = launch(token(claims(**{f"{CLAIM}lis": {"course_section_sourcedid": code}})))
        message = lti.message(found, CONNECTION, NOW)
        return lti.read_message(lti.verify(message, CONNECTION, NOW), CONNECTION)[0]

    nine, ten = reported("MC-DETH-01@v9"), reported("MC-DETH-01@v10")
    assert nine.course == Course("2", code="MC-DETH-01", version="9")
    assert nine.event_id != ten.event_id


def test_only_our_launch_page_can_tell_the_reception() -> None:
    message = lti.message(launch(token(claims())), CONNECTION, NOW)
    with pytest.raises(UnauthenticatedError):
        lti.verify(Incoming(message.body + b" ", message.headers), CONNECTION, NOW)
    signed = credentials.sign(CONNECTION.secrets[-1], "lti-1", NOW, message.body)
    with pytest.raises(UnauthenticatedError):
        lti.verify(Incoming(message.body, signed), CONNECTION, NOW)


@pytest.mark.parametrize("url", ["http://lms.uni.example/x", "https://evil.example/x", "https://lms.uni.example:8443/",
                                 "https://lms.uni.example@evil.example/", "https://[", "https://x:99999/"])  # fmt: skip
def test_our_access_token_goes_to_the_platform_only(url: str) -> None:
    lti_api.check_service("https://lms.uni.example/mod/lti/services.php/2", CONNECTION)
    with pytest.raises(SourceError):
        lti_api.check_service(url, CONNECTION)
    with pytest.raises(SourceError):
        lti_api.check_service(lti_api.results(url, "3", "a-token").url, CONNECTION)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "http://evil.example/", "https://evil.example/", ""])
def test_a_setting_that_is_no_address_opens_no_other(url: str) -> None:
    with pytest.raises(SourceError):
        lti_api.check_service(url, replace(CONNECTION, namespace="https://lms.uni.example:99999"))


def test_a_launch_of_any_agreed_deployment_is_read() -> None:
    both = replace(CONNECTION, options={**CONNECTION.options, "deployment_id": "7, 1"})
    assert lti.read_launch(token(claims()), both, {"k1": key("platform").public_key}, NOW).course == "2"


@pytest.mark.parametrize("text", ["", "a b", "a\nb", "ä"])
def test_an_access_token_that_no_header_takes_is_refused(text: str) -> None:
    with pytest.raises((SourceError, FieldError)):
        lti_api.read_token(Answer(200, json.dumps({"access_token": text}).encode()))
    found = lti_api.read_token(Answer(200, b'{"access_token":"a.b","expires_in":99999}'))
    assert found.seconds == lti_api.MOST_SECONDS


@pytest.mark.parametrize(("options", "audience"), [({}, "https://lms.uni.example/token"), ({"audience": "a"}, "a")])
def test_an_assertion_is_for_whom_the_platform_wants_it(options: dict[str, str], audience: str) -> None:
    there = {**CONNECTION.options, "token": "https://lms.uni.example/token", **options}
    private = key("tool")
    signer = Signer("k", "RSA", private.public_key, private.sign)
    request = lti_api.token_request(replace(CONNECTION, options=there), signer, NOW, bytes, lti_api.RESULTS)
    assertion = dict(parse_qsl(request.body.decode()))["client_assertion"]
    found = tokens.check_times(tokens.verify_token(assertion.encode(), {"k": private.public_key}).payload, NOW)
    assert (found.get("aud"), found.get("iss"), found.get("jti")) == (audience, "badge-tool-1", "00" * 16)


@pytest.mark.vectors
def test_what_a_moodle_sent(shared: Path) -> None:
    sample = json.loads((shared / "samples/lms/moodle/lti13-id-token.json").read_bytes())
    at = datetime.fromtimestamp(sample["claims"]["iat"], UTC)
    data = token(sample["claims"], kid=sample["header"]["kid"])
    keys = {sample["header"]["kid"]: key("platform").public_key}
    found = lti.read_launch(data, CONNECTION, keys, at)
    assert (found.subject, found.sis, found.name, found.code) == ("3", "S1234567", "Ada Nguyen", "MC-DETH-01")
    assert (found.course, found.is_learner, found.is_teacher) == ("2", True, False)
    request = lti_api.results(found.line_item or "", found.subject, "a-token")
    assert request.url == f"{SITE}/mod/lti/services.php/2/lineitems/3/lineitem/results?type_id=1&user_id=3"
    lti_api.check_service(request.url, CONNECTION)
    with pytest.raises(UnauthenticatedError):
        lti.read_launch(data, CONNECTION, keys, at + timedelta(minutes=6, seconds=1))
