"""A real server on the loopback interface, a real Chromium, and a watch over everything that the pages do."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from tests.conftest import missing
from tests.issuer.page_samples import app, full, page_deps, stored
from tests.verifier import builders

CHROMIUM = Path("/usr/bin/chromium")
QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
REVOKED_INDEX = 7


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        missing(f"Chromium is not installed at {CHROMIUM}")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def site() -> Iterator[str]:
    """The address of a server with the verifier and one credential's pages, over the real verifier."""
    published = builders.material(status=builders.status_list(revoked=(REVOKED_INDEX,)))
    whole = app(page_deps(stored(), published, known=True), published)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(whole, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listening.close()


Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Visit]:
    """Opens pages in contexts of their own; afterwards nothing may have gone wrong or elsewhere."""
    contexts: list[BrowserContext] = []
    trouble: list[str] = []

    def on_request(request: Request) -> None:
        if not request.url.startswith((site, "data:", "blob:")):
            trouble.append(f"request to {request.url}")

    def open_page(path: str = "/", *, width: int = 1280, expected: int = 200, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", on_request)
        page.on("pageerror", lambda error: trouble.append(f"script error {error}"))
        page.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
        response = page.goto(site + path, wait_until="load")
        assert response is not None
        assert response.status == expected
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not [item for item in trouble if "status of 4" not in item]


@pytest.fixture(scope="package")
def reports() -> dict[str, str]:
    """Credentials as text by what is the matter with them."""
    good = builders.badge(full)
    forged = builders.edited(good, lambda document: document.update(name="Doctor of Everything"))
    revoked = builders.badge(lambda document: document.update(credentialStatus=builders.status_entry("7")))
    return {name: json.dumps(value) for name, value in {"valid": good, "forged": forged, "revoked": revoked}.items()}
