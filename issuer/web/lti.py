"""The door for launches of LTI 1.3, and what platforms need to know of this tool.

    GET, POST /lti/login        a platform begins a login; the browser goes on there
    POST      /lti/launch       the browser comes back with a signed launch: the claim page, or the choice of a link
    GET       /lti/register     a platform that was invited registers this tool
    GET       /lti/jwks.json    the keys of this tool
    GET       /lti/configuration  all that a platform needs, as one document

A person is told in plain words what is wrong, a program by a problem document. Nothing personal is logged.
"""

from __future__ import annotations

import json
import logging
from asyncio import get_running_loop
from collections.abc import Awaitable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from issuer.errors import FieldError, IssuerError
from issuer.lms_work.lti import LOGIN_TIME, Lti
from issuer.lms_work.lti_choice import Choosing
from issuer.lms_work.lti_claim import Claims
from issuer.lms_work.lti_configuration import configuration
from issuer.lms_work.lti_registration import Asked, Invitations
from issuer.web.body import read_body
from issuer.web.lti_page import LtiPage
from issuer.web.problem import on_format_error, on_issuer_error
from openbadge.errors import OpenBadgeError

MAX_FORM: Final = 128 * 1024
"""Bytes of a form: a launch has 3,000, with many roles and custom parameters ten times as many."""
MAX_FIELDS: Final = 50
LINES: Final = 16
"""Launches at work at once. Each may wait for its platform; so they have threads of their own, and a slow platform
keeps nobody from any other page."""
_FORM: Final = "application/x-www-form-urlencoded"
_KEEP: Final = {"Cache-Control": "public, max-age=300"}
"""For how long anybody may keep the key set (seconds): a new key is in it for days before it signs."""
_log: Final = logging.getLogger(__name__)


def router(door: Lti, page: LtiPage) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(include_in_schema=False)
    desk = _Desk(door, page)

    @routes.get("/lti/login")
    async def login_by_address(request: Request) -> Response:
        return await desk.guarded(request, desk.login(request.url.query))

    @routes.post("/lti/login")
    async def login(request: Request) -> Response:
        return await desk.guarded(request, desk.login_by_form(request))

    @routes.post("/lti/launch")
    async def launch(request: Request) -> Response:
        return await desk.guarded(request, desk.launch(request))

    @routes.get("/lti/launch")
    async def kept_address(request: Request) -> Response:
        """Answer who comes back by the address alone, from a bookmark, say."""
        return await desk.guarded(request, desk.answer({}, ""))

    @routes.get("/lti/register")
    async def register(request: Request) -> Response:
        return await desk.guarded(request, desk.register(request.url.query))

    @routes.get("/lti/jwks.json")
    def keys() -> Response:
        return JSONResponse(door.tool.key_set(), headers=_KEEP)

    @routes.get("/lti/configuration")
    def about() -> dict[str, Any]:
        return configuration(door.base_url, page.institution.name)

    return routes


class _Desk:
    """Reads what browsers bring, and answers."""

    def __init__(self, door: Lti, page: LtiPage) -> None:
        self._door = door
        self._claims = Claims(door)
        self._choosing = Choosing(door)
        self._invitations = Invitations(door.platforms)
        self._page = page
        self._is_https = door.base_url.startswith("https://")
        self._lines = ThreadPoolExecutor(LINES, "launch")
        door.platforms.at_end.callback(self._lines.shutdown, cancel_futures=True)

    async def login_by_form(self, request: Request) -> Response:
        """Begin a login that was posted."""
        return await self.login(await _posted(request))

    async def login(self, fields: str) -> Response:
        """Begin a login, and let the browser go on at the platform."""
        begun = await run_in_threadpool(self._door.begin, _read(fields))
        answer = RedirectResponse(begun.url, 302, headers={"Cache-Control": "no-store"})
        cookie = self._cookie(begun.state, begun.browser, int(LOGIN_TIME.total_seconds()))
        answer.headers.append("Set-Cookie", cookie)
        return answer

    async def launch(self, request: Request) -> Response:
        """Take a launch in, and show what it leads to."""
        form = _read(await _posted(request))
        state = form.get("state", "")
        browser = request.cookies.get(self._cookie_name(state), "")
        answer = await self.answer(form, browser)
        answer.headers.append("Set-Cookie", self._cookie(state, "", 0))
        return answer

    async def answer(self, form: Mapping[str, str], browser: str) -> Response:
        """Show what a form leads to, for the browser with this cookie."""
        return await get_running_loop().run_in_executor(self._lines, self._launched, form, browser)

    async def register(self, fields: str) -> Response:
        """Register this tool with the platform that opened an invitation."""
        return await get_running_loop().run_in_executor(self._lines, self._registered, _read(fields))

    async def guarded(self, request: Request, answer: Awaitable[Response]) -> Response:
        """Return an answer, or say why there is none."""
        try:
            return await answer
        except (IssuerError, OpenBadgeError) as error:
            _log.warning("%s was refused: %s", request.url.path, error.code)
            refusal = on_issuer_error if isinstance(error, IssuerError) else on_format_error
            document = await refusal(request, error)
        if "text/html" not in request.headers.get("accept", ""):
            return document
        origins = await run_in_threadpool(self._door.origins)
        page = self._page.refusal(json.loads(bytes(document.body)), origins)
        page.headers.update({name: value for name, value in document.headers.items() if name == "retry-after"})
        return page

    def _launched(self, form: Mapping[str, str], browser: str) -> Response:
        arrival = self._door.launch(form, browser)
        asked = arrival.launch.deep_linking
        if asked is not None:
            return self._page.choice(self._choosing.choice(arrival, asked), arrival.opened)
        return self._page.claim(self._claims.claim(arrival), arrival.opened)

    def _registered(self, form: Mapping[str, str]) -> Response:
        asked = Asked(form.get("openid_configuration", ""), form.get("registration_token", ""))
        return self._page.registered(self._invitations.register(form.get("token", ""), asked))

    def _cookie_name(self, state: str) -> str:
        """Return the name of the cookie of one login, so that links opened side by side do not disturb each other.

        With `__Host-` no other site of the domain can set it (RFC 6265bis section 4.1.3.2).
        """
        return f"{'__Host-' if self._is_https else ''}lti-{state[:16]}"

    def _cookie(self, state: str, value: str, seconds: int) -> str:
        """Return the header that keeps the secret of a login in the browser, within the platform's page, too.

        A browser that parts cookies by the page around (`Partitioned`) keeps this one; without https there can be no
        cookie for other sites' pages, and on the own machine none is needed.
        """
        where = "SameSite=None; Secure; Partitioned" if self._is_https else "SameSite=Lax"
        return f"{self._cookie_name(state)}={value}; Max-Age={seconds}; Path=/; HttpOnly; {where}"


async def _posted(request: Request) -> str:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise FieldError("Content-Type", f"must be {_FORM}")
    return (await read_body(request, MAX_FORM)).decode("utf-8", "replace")


def _read(fields: str) -> dict[str, str]:
    """Read a form; a parameter that is there twice has no meaning (RFC 6749 section 3.1)."""
    try:
        pairs = parse_qsl(fields, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise FieldError("form", f"has more than {MAX_FIELDS} fields") from None
    found = dict(pairs)
    if len(found) < len(pairs):
        raise FieldError("form", "has a field twice")
    return {name: value for name, value in found.items() if value}
