"""The public pages of the issuer: one per credential, one per achievement, and their files.

They need no login and set no cookie. An address with 128 random bits is all that protects a credential's
page, so search engines are told to keep away, and link previews never carry the learner's name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from issuer.deliver.page import achievement_view, credential_face, credential_page, face
from issuer.deliver.picture import badge_png, card_png
from issuer.web.files import FORMS, StoredCredential, file_response, preferred

HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Institution:
    """Whose pages these are: its name, and the https address of its own site."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class PageDeps:
    """What the pages need from outside.

    `credential` finds a credential by its public id, None if there is none to show. `report` checks document
    bytes with our own verifier and returns the JSON form of the report. `achievement` finds the Achievement
    object of a definition version. `templates` makes a Jinja2 environment that searches the given folder
    before the shared layout. `verifier_url` is the address of the verifier's page.
    """

    credential: Callable[[str], StoredCredential | None]
    report: Callable[[bytes], Mapping[str, Any]]
    achievement: Callable[[str, str], Mapping[str, Any] | None]
    institution: Institution
    templates: Callable[[Path], Environment]
    verifier_url: str


def router(deps: PageDeps) -> APIRouter:
    """Return the routes of the pages; `static_files()` has to be mounted at `/static/issuer` beside them."""
    routes = APIRouter(include_in_schema=False)
    pages = _Pages(deps)

    @routes.get("/credentials/{public_id}/card.png")
    def card(request: Request, public_id: str) -> Response:
        shown = credential_face(pages.stored(public_id).document)
        return file_response(request, card_png(shown.name, shown.institution, shown.seed), "image/png")

    @routes.get("/credentials/{public_id}.{form}")
    def file(request: Request, public_id: str, form: str) -> Response:
        if form not in FORMS:
            raise HTTPException(404)
        return FORMS[form](request, pages.stored(public_id))

    @routes.get("/credentials/{public_id}")
    def credential(request: Request, public_id: str) -> Response:
        stored = pages.stored(public_id)
        form = preferred(request.headers.get("accept", ""))
        response = FORMS[form](request, stored) if form else pages.credential(stored)
        response.headers["Vary"] = "Accept"
        return response

    @routes.get("/achievements/{identifier}/v/{version}/image.png")
    def image(request: Request, identifier: str, version: str) -> Response:
        shown = face(pages.achievement(identifier, version), deps.institution.name)
        return file_response(request, badge_png(shown.name, shown.institution, shown.seed), "image/png")

    @routes.get("/achievements/{identifier}/v/{version}")
    def achievement(request: Request, identifier: str, version: str) -> Response:
        found = pages.achievement(identifier, version)
        as_json = preferred(request.headers.get("accept", "")) == "json"
        response = _json(request, found) if as_json else pages.achievement_page(request, found)
        response.headers["Vary"] = "Accept"
        return response

    return routes


def static_files() -> StaticFiles:
    """Return the app that serves the style sheet of these pages; mount it at `/static/issuer`."""
    return StaticFiles(directory=HERE / "static")


class _Pages:
    """Finds what is asked for, and draws it."""

    def __init__(self, deps: PageDeps) -> None:
        self._deps = deps
        self._environment = deps.templates(HERE / "templates")
        self._environment.filters["path"] = _path

    def stored(self, public_id: str) -> StoredCredential:
        found = self._deps.credential(public_id)
        if found is None:
            raise HTTPException(404)
        return found

    def achievement(self, identifier: str, version: str) -> Mapping[str, Any]:
        found = self._deps.achievement(identifier, version)
        if found is None:
            raise HTTPException(404)
        return found

    def credential(self, stored: StoredCredential) -> Response:
        report = self._deps.report(stored.document_bytes)
        check = f"{self._deps.verifier_url}?{urlencode({'url': f'{stored.url}.json'})}"
        values = credential_page(stored.url, stored.document, report, stored.ended_at)
        return self._page("credential.html", **values, has_jwt=report["verdict"] != "invalid", check_url=check)

    def achievement_page(self, request: Request, achievement: Mapping[str, Any]) -> Response:
        view = achievement_view(achievement, {})
        return self._page("achievement.html", achievement=view, picture=f"{request.url.path}/image.png")

    def _page(self, template: str, **values: Any) -> Response:
        text = self._environment.get_template(template).render(institution=self._deps.institution, **values)
        return HTMLResponse(text, headers={"Cache-Control": "no-cache"})


def _path(url: str) -> str:
    """The path of one of our addresses: what a page loads comes from the origin it was loaded from."""
    return urlsplit(url).path


def _json(request: Request, achievement: Mapping[str, Any]) -> Response:
    return file_response(request, json.dumps(achievement).encode(), "application/json", public=True)
