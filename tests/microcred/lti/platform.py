"""An LMS by `lti1p3platform`, other people's software: it begins logins, signs launches, checks what we sign to get an
access token, and tells results. Requests to it go past the network; what it says is what a real one would.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract
from lti1p3platform.message_launch import LTIAdvantageMessageLaunchAbstract
from lti1p3platform.oidc_login import OIDCLoginAbstract
from lti1p3platform.registration import Registration
from lti1p3platform.request import Request as PlatformRequest
from lti1p3platform.service_connector import AssignmentsGradesService

from issuer.lms.ask import Answer, Request
from issuer.lms.lti import CLAIM, LEARNER
from issuer.lms_work.asking import Ask
from microcred.simulate.plays import Student
from microcred.world import World
from tests.verifier.web_client import PAGE, Client

ISSUER = "https://lms.uni.example"
CLIENT = "badge-tool-1"
DEPLOYMENT = "1"
COURSE = "2"
LINE_ITEM = f"{ISSUER}/services.php/2/lineitems/5/lineitem"
OPTIONS = {
    "client_id": CLIENT,
    "deployment_id": DEPLOYMENT,
    "authorize": f"{ISSUER}/auth",
    "token": f"{ISSUER}/token",
    "jwks": f"{ISSUER}/certs",
}
Change = Callable[[dict[str, Any]], dict[str, Any]]


@cache
def key(_name: str) -> rsa.RSAPrivateKey:
    """The key of a platform; drawing one takes a while, so each once."""
    return rsa.generate_private_key(65_537, 2_048)


class Keyed(Registration):
    """Has its private key read once: reading it for every launch takes longer than all else."""

    def get_kid(self) -> str:
        return self.get_jwk(self.get_platform_public_key())["kid"]


class Configuration(LTI1P3PlatformConfAbstract):
    def init_platform_config(self, **settings: Any) -> None:
        public = key("platform").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        found = Keyed().set_iss(ISSUER).set_client_id(CLIENT).set_deployment_id(DEPLOYMENT)
        found.set_platform_public_key(public).set_platform_private_key(key("platform"))
        found.set_oidc_login_url(f"{settings['tool']}/lti/login").set_launch_url(f"{settings['tool']}/lti/launch")
        self._registration = found

    def get_registration_by_params(self, **_: Any) -> Registration:
        return self._registration


class Login(OIDCLoginAbstract):
    def set_lti_message_hint(self, **hint: Any) -> None:
        self._lti_message_hint = hint["hint"]

    def get_redirect(self, url: str) -> str:
        return url


class Launching(LTIAdvantageMessageLaunchAbstract):
    def get_preflight_response(self) -> dict[str, Any]:
        return self._request

    def render_launch_form(self, launch_data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return launch_data


class ServiceRequest(PlatformRequest):
    def build_metadata(self, request: Request) -> Any:
        query = dict(parse_qsl(urlsplit(request.url).query))
        return {"method": request.method, "get_data": query, "headers": request.headers}


class Grades(AssignmentsGradesService):
    results: Any = ()

    def get_results(self, line_item_id: str, **query: Any) -> Any:
        return {"content": list(self.results), "has_next": False}

    find_lineitems = find_lineitem = create_lineitem = update_lineitem = delete_lineitem = update_score = None


@dataclass
class Lms:
    """The platform, and somebody's browser before it; `results` is what it tells of grades, raw, unless it has
    `services`."""

    client: Client | None = None
    results: bytes = b"[]"
    asked: list[str] = field(default_factory=list)
    broken: bool = False
    services: Callable[[Request], Answer] | None = None

    @property
    def configuration(self) -> Configuration:
        return Configuration(tool=self.client._base_url)

    def ask(self, request: Request) -> Answer:
        """Answer what the tool asks over the network."""
        self.asked.append(request.url)
        if self.broken:
            return Answer(503, b"")
        answers = {OPTIONS["jwks"]: self._keys, OPTIONS["token"]: self._token}
        return answers.get(request.url, self.services or self._results)(request)

    def _keys(self, _request: Request) -> Answer:
        return Answer(200, json.dumps(self.configuration.get_jwks()).encode())

    def _token(self, request: Request) -> Answer:
        """The platform itself checks the assertion by our key set; what it does not look at is looked at here."""
        configuration, form = self.configuration, dict(parse_qsl(request.body.decode()))
        configuration.get_registration().set_tool_key_set(self.client.get("/lti/jwks.json").json())
        claims = configuration.tool_validate_and_decode(form["client_assertion"])
        assert (claims["iss"], claims["sub"], claims["aud"]) == (CLIENT, CLIENT, OPTIONS["token"])
        assert claims["exp"] - claims["iat"] == 60
        assert len(claims["jti"]) == 32
        return Answer(200, json.dumps(configuration.get_access_token(form)).encode())

    def _results(self, request: Request) -> Answer:
        assert urlsplit(request.url).path == urlsplit(f"{LINE_ITEM}/results").path
        grades = Grades(ServiceRequest(request), self.configuration, f"{ISSUER}/lineitems", LINE_ITEM)
        try:
            response = grades.handle_resp(grades.handle_get_results, line_item_id="5")
        except jwt.InvalidTokenError:  # which a platform around this library has to turn into an answer
            return Answer(401, b"")
        return Answer(response.code, self.results if response.code == 200 else b"")

    def login(self, user: str = "3", **changed: str) -> httpx.Response:
        """Click on the link in a course: the platform sends the browser to our login."""
        login = Login(None, self.configuration)
        login.set_lti_message_hint(hint="link-1")
        url = login.initiate_login(user)
        query = {**dict(parse_qsl(urlsplit(url).query)), **changed}
        return self.client.get(f"/lti/login?{urlencode(query)}", headers=PAGE)

    def launch(self, login: httpx.Response, student: Student, change: Change = dict, role: str = LEARNER) -> Any:
        """Sign a launch that answers a login, with claims changed by `change`; return the form."""
        query = dict(parse_qsl(urlsplit(login.headers["location"]).query))
        message = Launching(query, self.configuration)
        message.set_user_data(str(student.account), [role], student.name, student.email)
        message.set_launch_context_claim(COURSE)
        message.set_resource_link_claim("1")
        message.set_ags(f"{ISSUER}/lineitems", LINE_ITEM)
        message.set_extra_claims({f"{CLAIM}lis": {"person_sourcedid": student.number}})
        form = message.lti_launch()
        if change is not dict:
            claims = change(jwt.decode(form["id_token"], options={"verify_signature": False}))
            form["id_token"] = self.configuration.get_registration().platform_encode_and_sign(claims)
        return {"state": form["state"], "id_token": form["id_token"]}

    def post(self, login: httpx.Response, form: Any, **headers: str) -> httpx.Response:
        """Let the browser go back to the tool with the form and its cookie."""
        cookie = login.headers["set-cookie"].partition(";")[0]
        return self.client.post("/lti/launch", data=form, headers={**PAGE, "Cookie": cookie, **headers})

    def open(self, student: Student, change: Change = dict, role: str = LEARNER) -> httpx.Response:
        """The whole way of somebody who opens the link."""
        login = self.login()
        return self.post(login, self.launch(login, student, change, role))


@dataclass(frozen=True)
class WorldWithPlatform(World):
    """A world in which every question goes to this platform."""

    lms: Lms | None = None

    def asker(self) -> Ask:
        return self.lms.ask
