"""The verifier's app with the real verifier behind it, and a client that talks to it without a network."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

import httpx
from fastapi import FastAPI

from openbadge.errors import UnavailableError
from tests.verifier import builders
from verifier.report import Report
from verifier.verify import verify
from verifier.web.app import Deps, create_app

PAGE = {"Accept": "text/html,application/xhtml+xml"}


class Client:
    """Sends one request at a time to an ASGI app."""

    def __init__(self, app: FastAPI, base_url: str = "https://verifier.example") -> None:
        self._app = app
        self._base_url = base_url

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        return asyncio.run(self._request(method, url, options))

    def get(self, url: str, **options: Any) -> httpx.Response:
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> httpx.Response:
        return self.request("POST", url, **options)

    async def _request(self, method: str, url: str, options: Mapping[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=self._base_url) as client:
            return await client.request(method, url, **options)


def deps(published: Mapping[str, Any] | None = None, pages: Mapping[str, bytes] | None = None) -> Deps:
    """The real verifier over what the test issuer publishes; `pages` are the credentials that have an address."""

    def check(data: bytes, recipient: str | None) -> Report:
        return verify(data, builders.question(published, recipient=recipient))

    def fetch_url(url: str) -> bytes:
        try:
            return (pages or {})[url]
        except KeyError:
            raise UnavailableError("FETCH_FAILED", f"{url} did not answer.") from None

    return Deps(check, fetch_url)


def client(published: Mapping[str, Any] | None = None, pages: Mapping[str, bytes] | None = None) -> Client:
    return Client(create_app(deps(published, pages)))


def elements(page: str) -> list[tuple[str, dict[str, str | None]]]:
    """The elements of a page as a browser's parser sees them: name and attributes."""
    found: list[tuple[str, dict[str, str | None]]] = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, dict(attrs)))

    Parser().feed(page)
    return found


def assert_harmless(page: str) -> None:
    """Nothing runs, nothing is inline, nothing is loaded from elsewhere, and links lead to https or to ourselves."""
    for tag, attributes in elements(page):
        assert tag not in {"iframe", "object", "embed", "style", "base", "foreignobject", "template"}
        assert not any(name.startswith("on") or name == "style" for name in attributes), attributes
        if tag == "script":
            assert (attributes.get("src") or "").startswith("/static/")
        if tag == "img" or attributes.get("rel") in ("stylesheet", "icon"):
            assert (attributes.get("src") or attributes.get("href") or "").startswith("/")
        if tag == "a":
            assert (attributes["href"] or "").startswith(("https://", "/", "#", "data:application/json;base64,"))
