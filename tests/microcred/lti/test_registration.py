"""Dynamic Registration: an invited platform connects itself, once; everybody else gets nothing and is asked nothing."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from issuer.lms.ask import Answer, Request
from issuer.lms_work.lti_registration import GOOD_FOR, INVITED
from tests.microcred.conftest import Console
from tests.microcred.lti.conftest import NAME, School
from tests.microcred.lti.platform import ISSUER, OPTIONS
from tests.verifier.web_client import PAGE

pytestmark = pytest.mark.databases("sqlite")
OPENID = f"{ISSUER}/.well-known/openid-configuration"
REGISTER = f"{ISSUER}/register"
ADD = f"connections add lti --name dyn --source {ISSUER} --sis s --create-people --dynamic".split()
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"


@dataclass
class Moodle:
    """The addresses of a platform that registers tools; `says` and `gives` change what it answers."""

    says: dict[str, Any] = field(default_factory=dict)
    gives: Any = None
    asked: list[Request] = field(default_factory=list)
    status: int = 201

    def __call__(self, request: Request) -> Answer:
        self.asked.append(request)
        if request.url == OPENID:
            document = {
                "issuer": ISSUER,
                "authorization_endpoint": OPTIONS["authorize"],
                "token_endpoint": OPTIONS["token"],
                "jwks_uri": OPTIONS["jwks"],
                "registration_endpoint": REGISTER,
                "scopes_supported": ["openid", "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"],
                "id_token_signing_alg_values_supported": ["RS256", "ES256"],
                "token_endpoint_auth_methods_supported": ["private_key_jwt"],
                **self.says,
            }
            return Answer(200, json.dumps({k: v for k, v in document.items() if v is not None}).encode())
        assert (request.method, request.url) == ("POST", REGISTER)
        given = {"client_id": "badge-tool-1", TOOL: {"deployment_id": "1"}}
        return Answer(self.status, json.dumps(given if self.gives is None else self.gives).encode())


@pytest.fixture
def moodle(school: School) -> Moodle:
    school.platforms.connections.remove(NAME, "tests")
    found = Moodle()
    asked = school.lms.ask

    def ask(request: Request) -> Answer:
        return found(request) if request.url in (OPENID, REGISTER) else asked(request)

    object.__setattr__(school.platforms.asking, "ask", ask)
    return found


def invite(school: School, *more: str) -> str:
    """Invite a platform as a person does, and return the token."""
    console = Console(school.world)
    assert console(*ADD, *more) == 0, console.err.getvalue()
    (token,) = re.findall(r"/lti/register\?token=([\w-]{43})\n", console.out.getvalue())
    return str(token)


def come(school: School, token: str, url: str = OPENID, **more: str) -> httpx.Response:
    query = {"token": token, "openid_configuration": url, "registration_token": "a.b.c", **more}
    return school.lms.client.get(f"/lti/register?{urlencode(query)}", headers=PAGE)


def options(school: School) -> dict[str, str]:
    return dict(school.platforms.connections.get("dyn").record.options)


def test_an_invited_platform_connects_itself(school: School, moodle: Moodle) -> None:
    page = come(school, invite(school, "--option", "scores=write"))
    assert (page.status_code, 'data-standing="registered"' in page.text) == (200, True)
    assert f'data-site="{ISSUER}"' in page.text
    policy = page.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert policy.endswith(f"frame-ancestors {ISSUER}")
    assert options(school) == {**OPTIONS, "scores": "write"}
    discovery, register = moodle.asked
    assert not discovery.headers.keys() & {"Authorization"}
    assert register.headers["Authorization"] == "Bearer a.b.c"
    told, base = json.loads(register.body), school.lms.client._base_url
    assert told["redirect_uris"] == [f"{base}/lti/launch"]
    assert (told["initiate_login_uri"], told["jwks_uri"]) == (f"{base}/lti/login", f"{base}/lti/jwks.json")
    assert told["token_endpoint_auth_method"] == "private_key_jwt"
    assert told["scope"] == "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
    assert {one["type"] for one in told[TOOL]["messages"]} == {"LtiResourceLinkRequest", "LtiDeepLinkingRequest"}
    school.bind("dyn", {"rule": "passed", "percent": "60", "gradeAlone": True})
    assert school.lms.login(client_id="badge-tool-1").status_code == 302


@pytest.mark.databases("sqlite", "postgresql")
def test_an_invitation_is_good_once(school: School, moodle: Moodle) -> None:
    token = invite(school)
    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(lambda _: come(school, token).status_code, range(4)))
    assert answers[0] == 200
    assert set(answers[1:]) <= {404, 409}
    assert come(school, token).status_code == 404
    assert [one.url for one in moodle.asked].count(REGISTER) == 1


def test_an_invitation_ends_and_can_be_made_again(school: School, moodle: Moodle) -> None:
    token = invite(school)
    school.clock.forward(seconds=GOOD_FOR.total_seconds())
    assert come(school, token).status_code == 404
    fresh = invite(school)
    assert come(school, token).status_code == 404
    assert come(school, fresh).status_code == 200


def test_inviting_again_adds_the_settings_that_it_names(school: School, moodle: Moodle) -> None:
    invite(school, "--option", "scores=write")
    token = invite(school, "--option", "site=https://people.uni.example", "--option", "counts=launch")
    assert come(school, token).status_code == 200
    more = {"scores": "write", "site": "https://people.uni.example", "counts": "launch"}
    assert options(school) == {**OPTIONS, **more}


@pytest.mark.parametrize(
    "more",
    [
        ["--link-ids"],
        ["--sis", "other"],
        ["--option", "site=http://people.uni.example"],
        ["--option", "counts=always"],
        ["--option", "deployment_id=1", "--option", "other=1"],
    ],
)
def test_inviting_again_refuses_what_it_cannot_do(school: School, moodle: Moodle, more: list[str]) -> None:
    token, console = invite(school), Console(school.world)
    before = options(school)
    assert console(*ADD, *more) == 1
    assert options(school) == before
    assert come(school, token).status_code == 200


def test_a_connection_whose_registration_broke_off_can_be_invited_again(school: School, moodle: Moodle) -> None:
    invite(school)
    connections = school.platforms.connections
    connections.change_options(connections.get("dyn").record, {}, "tests", "connection.register")
    assert come(school, invite(school)).status_code == 200
    console = Console(school.world)
    assert console("connections", "add", "lti", "--name", "dyn", "--source", ISSUER, "--dynamic") == 1


def test_nobody_comes_without_an_invitation_and_nothing_is_asked(school: School, moodle: Moodle) -> None:
    invite(school)
    hashed = options(school)[INVITED]
    for token in ("", "x", hashed, "é"):
        page = come(school, token)
        assert (page.status_code, moodle.asked) == (404, [])


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://evil.example/.well-known/openid-configuration",
        f"{ISSUER}.evil.example/x",
        f"https://evil.example@{ISSUER.removeprefix('https://')}/x",
        f"{ISSUER}@evil.example/x",
        f"{ISSUER}:8443/x",
        "http://lms.uni.example/x",
        "https://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "https://[",
    ],
)
def test_only_the_invited_platform_is_asked(school: School, moodle: Moodle, url: str) -> None:
    token = invite(school)
    assert come(school, token, url).status_code in (401, 422)
    assert moodle.asked == []
    assert come(school, token).status_code == 200


@pytest.mark.parametrize(
    ("says", "status"),
    [
        ({"issuer": "https://other.example"}, 401),
        ({"issuer": None}, 422),
        ({"registration_endpoint": "https://evil.example/register"}, 401),
        ({"registration_endpoint": None}, 422),
        ({"token_endpoint": "https://evil.example/token"}, 401),
        ({"jwks_uri": "https://evil.example/keys"}, 401),
        ({"authorization_endpoint": "javascript:alert(1)"}, 401),
        ({"id_token_signing_alg_values_supported": ["HS256"]}, 503),
        ({"token_endpoint_auth_methods_supported": ["client_secret_basic"]}, 503),
    ],
)
def test_a_platform_that_says_what_cannot_be(school: School, moodle: Moodle, says: dict[str, Any], status: int) -> None:
    token = invite(school)
    moodle.says = says
    assert come(school, token).status_code == status
    assert REGISTER not in [one.url for one in moodle.asked]
    assert "client_id" not in options(school)
    moodle.says = {}
    assert come(school, token).status_code == 200


@pytest.mark.parametrize(
    ("gives", "status"),
    [
        ({"client_id": "c"}, 201),
        ({TOOL: {"deployment_id": "1"}}, 201),
        ([], 201),
        ({}, 201),
        ({"client_id": "c", TOOL: {"deployment_id": "1,2"}}, 201),
        ({"client_id": "c", TOOL: {"deployment_id": "1"}}, 401),
        ({"client_id": "c", TOOL: {"deployment_id": "1"}}, 500),
    ],
)
def test_a_platform_that_gives_too_little(school: School, moodle: Moodle, gives: Any, status: int) -> None:
    token = invite(school)
    moodle.gives, moodle.status = gives, status
    assert come(school, token).status_code in (422, 503)
    assert INVITED in options(school)
    moodle.gives, moodle.status = None, 200
    assert come(school, token).status_code == 200


def test_a_token_that_breaks_a_header_is_not_passed_on(school: School, moodle: Moodle) -> None:
    token = invite(school)
    for odd in ("a\r\nX-Evil: 1", "a b", "é", "x" * 5_000):
        assert come(school, token, registration_token=odd).status_code == 401
    assert REGISTER not in [one.url for one in moodle.asked]
    assert come(school, token, registration_token="").status_code == 200
    assert "Authorization" not in moodle.asked[-1].headers


def test_who_waits_for_its_platform_lets_nobody_in(school: School, moodle: Moodle) -> None:
    invite(school)
    assert school.lms.login().status_code == 404
    console = Console(school.world)
    assert console("connections", "test", "dyn") == 1
    assert console("connections", "list") == 0


def test_only_lti_registers_itself(school: School) -> None:
    console = Console(school.world)
    assert console("connections", "add", "moodle", "--name", "m", "--source", "https://m.example", "--dynamic") == 1
    add = ("connections", "add", "lti", "--name", "n", "--source", "https://n.example")
    assert console(*add, "--option", "invitation=00", "--dynamic") == 1
