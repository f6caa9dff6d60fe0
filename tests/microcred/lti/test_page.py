"""The claim page in a real Chromium, in a frame of the platform's own page, over TLS, as learners see it: the cookie of
a login has to come back although our site is not the one in the address bar."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from playwright.sync_api import BrowserContext, Frame, sync_playwright

from issuer.keys_tls import self_signed
from issuer.lms.lti import TEACHERS
from issuer.lms_work.bindings import BindingWish
from issuer.lms_work.connections import Wish
from issuer.lms_work.lti_registration import Invitations
from microcred.app import build, checker
from microcred.installation import open_installation, settings_of
from microcred.sample_platforms import SIS
from microcred.server import open_port
from microcred.simulate.plays import Student
from microcred.world import World, now
from tests.browser.conftest import CHROMIUM, QUIET
from tests.browser.test_looks import AUDIT
from tests.conftest import missing
from tests.microcred.conftest import Clock
from tests.microcred.lti.conftest import DEFINITION, NAME, PASSED_60, tool_key
from tests.microcred.lti.platform import CLIENT, COURSE, ISSUER, OPTIONS, Lms, WorldWithPlatform
from tests.microcred.lti.test_deep_linking import accepted, wanting
from tests.microcred.lti.test_registration import OPENID, Moodle
from tests.verifier.web_client import Client

pytestmark = [pytest.mark.browser, pytest.mark.databases("sqlite")]
ADA = Student("ada", 1)


@dataclass
class Site:
    """The platform with its pages, the tool, and the port of both."""

    lms: Lms
    port: int
    change: object = dict
    roles: tuple[str, ...] = ()


def pages(site: Site) -> FastAPI:
    """The pages of the platform: a course with the link in a frame, and the form that a browser brings back to us."""
    app, tool = FastAPI(), f"https://127.0.0.1:{site.port}"

    @app.get("/course")
    def course() -> HTMLResponse:
        login = {"iss": ISSUER, "client_id": CLIENT, "login_hint": "3", "target_link_uri": f"{tool}/lti/launch"}
        address = escape(f"{tool}/lti/login?{urlencode(login)}")
        return HTMLResponse(
            f"<!doctype html><html lang=en><title>Course</title><link rel=icon href='data:,'><body style='margin:0'>"
            f"<iframe title=Badge name=tool src='{address}' style='border:0;width:100%;height:100vh'></iframe>"
        )

    @app.get("/auth")
    def authorize(request: Request) -> HTMLResponse:
        answer = type("Answer", (), {"headers": {"location": str(request.url)}})
        form = site.lms.launch(answer, ADA, site.change, *site.roles)
        fields = "".join(f"<input type=hidden name={name} value='{value}'>" for name, value in form.items())
        return HTMLResponse(
            f"<form method=post action='{tool}/lti/launch'>{fields}</form><script>document.forms[0].submit()</script>"
        )

    @app.post("/back")
    async def back(request: Request) -> HTMLResponse:
        """Take the choice of a teacher, which the library checks by the tool's keys."""
        token = parse_qs((await request.body()).decode())["JWT"][0]
        items = await run_in_threadpool(accepted, site, token)
        titles = [item["title"] for item in items]
        head = "<!doctype html><html lang=en><title>Back</title><link rel=icon href='data:,'>"
        return HTMLResponse(f"{head}<p data-standing=placed>{titles}</p>")

    @app.get("/registering")
    def registering(address: str) -> HTMLResponse:
        """A page of an administrator, which closes the tool's when that asks for it."""
        return HTMLResponse(
            f"<!doctype html><html lang=en><title>Tools</title><link rel=icon href='data:,'>"
            f"<iframe title=Tool name=tool src='{escape(address)}' style='width:100%;height:90vh'></iframe>"
            "<script>addEventListener('message', event => { if (event.data.subject === 'org.imsglobal.lti.close')"
            " document.body.dataset.closed = event.origin })</script>"
        )

    return app


@pytest.fixture
def site(world: World, clock: Clock, tmp_path: Path) -> Iterator[Site]:
    listener = open_port("127.0.0.1", 0)
    made = Site(Lms(), listener.getsockname()[1])
    clock.now = now()
    installation = open_installation(settings_of(world), world)
    installation.move(made.port, "https")
    service = installation.service()
    app = build(checker(WorldWithPlatform(world.environ, clock, world.random_bytes, made.lms), service), service)
    made.lms.client = Client(app, service.addresses.base_url)
    connections, bindings = app.state.platforms.connections, app.state.platforms.bindings
    connections.add(Wish(NAME, "lti", ISSUER, SIS, OPTIONS, creates=True, links=True, secret=tool_key()), "tests")
    bindings.add(BindingWish(NAME, COURSE, DEFINITION, PASSED_60), "tests")
    platform = pages(made)

    async def both(scope, receive, send) -> None:
        host = dict(scope.get("headers", ())).get(b"host", b"")
        await (platform if host == b"lms.uni.example" else app)(scope, receive, send)

    certificate, key = self_signed(tmp_path, "lms.uni.example", now())
    config = uvicorn.Config(
        both, log_level="error", lifespan="off", ssl_certfile=str(certificate), ssl_keyfile=str(key), ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield made
    server.should_exit = True
    thread.join()
    app.state.platforms.end()
    installation.database.close()


@pytest.fixture
def context(site: Site) -> Iterator[BrowserContext]:
    """A browser to which the platform's name leads to this machine; nothing else may be asked, and nothing go wrong."""
    if not CHROMIUM.exists():
        missing(f"Chromium is not installed at {CHROMIUM}")
    rules = f"--host-resolver-rules=MAP lms.uni.example:443 127.0.0.1:{site.port}"
    trouble: list[str] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*QUIET, rules, "--test-third-party-cookie-phaseout"]
        )
        context = chromium.new_context(ignore_https_errors=True)
        own = (ISSUER, f"https://127.0.0.1:{site.port}/")
        context.on("request", lambda one: None if one.url.startswith(own) else trouble.append(one.url))
        context.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
        yield context
        chromium.close()
    assert not [text for text in trouble if "status of 401" not in text]


def opened(context: BrowserContext, width: int, found: str) -> Frame:
    """Open the course, and return the frame once it shows what is expected; it passes our accessibility audit."""
    page = context.pages[0] if context.pages else context.new_page()
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{ISSUER}/course")
    frame = page.frame("tool")
    assert frame is not None
    frame.wait_for_selector(f"[data-standing={found}]", timeout=10_000)
    assert frame.evaluate(AUDIT) == []
    return frame


def test_what_people_find_in_their_course(site: Site, context: BrowserContext) -> None:
    opened(context, 390, "missing")
    site.roles = (TEACHERS[0],)
    opened(context, 390, "teacher")
    site.roles, site.change = (), lambda claims: {**claims, "aud": "another-tool"}
    opened(context, 390, "refused")
    site.change, site.lms.results = dict, b'[{"userId":"%d","resultScore":80,"resultMaximum":100}]' % ADA.account
    for width in (390, 1280):
        frame = opened(context, width, "earned")
    with context.expect_page() as popup:
        frame.get_by_role("link", name="Open your badge in a new window").click()
    popup.value.wait_for_load_state()
    assert "/credentials/" in popup.value.url
    assert popup.value.get_by_role("heading", level=1).inner_text() == "Data Ethics Foundations"


def test_a_teacher_places_a_badge(site: Site, context: BrowserContext) -> None:
    site.roles = (TEACHERS[0],)
    site.change = wanting({"deep_link_return_url": f"{ISSUER}/back", "data": None})
    for width, button, placed in (
        (390, "Place “Data Ethics Foundations”", "['Data Ethics Foundations']"),
        (1280, "Place nothing and go back", "[]"),
    ):
        frame = opened(context, width, "choose")
        frame.get_by_role("button", name=button).click()
        frame.wait_for_selector("[data-standing=placed]", timeout=10_000)
        assert frame.inner_text("p") == placed


def test_a_platform_that_registered_itself_closes_the_page(site: Site, context: BrowserContext) -> None:
    platforms = site.lms.client._app.state.platforms
    platforms.connections.remove(NAME, "tests")
    object.__setattr__(platforms.asking, "ask", Moodle())
    token = Invitations(platforms).invite(Wish("dyn", "lti", ISSUER, SIS), "tests")
    tool = f"https://127.0.0.1:{site.port}"
    address = f"{tool}/lti/register?{urlencode({'token': token, 'openid_configuration': OPENID})}"
    page = context.new_page()
    page.goto(f"{ISSUER}/registering?{urlencode({'address': address})}")
    page.wait_for_selector(f"body[data-closed='{tool}']", timeout=10_000)
    assert "know each other" in page.frame("tool").inner_text("h1")
