"""The web application, put together for a role: issuer, verifier, or both in one process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from issuer.lms_work.lti import Lti
from issuer.model import IssuedCredential
from issuer.service import Service
from issuer.settings import IssuerSettings
from issuer.web import api, batches, decisions, lms, lti, pages, published
from issuer.web import vcapi as vc_issuer
from issuer.web.files import StoredCredential
from issuer.web.lti_page import LtiPage
from issuer.web.reports import ReportLane
from microcred.jobs import workshop
from microcred.own_documents import OwnDocuments
from microcred.platforms import platforms
from microcred.world import World
from verifier.fetch import DOCUMENT_LIMIT, ChainFetch, Fetch, Fetched
from verifier.question import Question
from verifier.remembered import Lists
from verifier.report import Report
from verifier.settings import VerifierSettings
from verifier.shapes import Shapes
from verifier.vc import Binding, VcQuestion, VcResult, verify_credential, verify_presentation
from verifier.verify import verify
from verifier.web import look, resolver
from verifier.web import vcapi as vc_verifier
from verifier.web.app import Deps, install, router
from verifier.web.headers import HEADERS, STRICT_TRANSPORT
from verifier.web.problem import on_defect
from verifier.web.vcapi import Asked

_HEADERS = MappingProxyType({"http": HEADERS, "https": {**HEADERS, "Strict-Transport-Security": STRICT_TRANSPORT}})
IMAGE_LIMIT = 4 * 1024 * 1024
"""Bytes of a badge fetched by its address: the limit of an uploaded picture."""


@dataclass(frozen=True, slots=True)
class Checker:
    """The verifier with its settings, network and clock, and what it has learnt: shapes of badges, status lists."""

    settings: VerifierSettings
    fetch: Fetch
    world: World
    shapes: Shapes = field(default_factory=lambda: Shapes(ThreadPoolExecutor(1, "shapes").submit))
    lists: Lists = field(default_factory=Lists)

    def verify(self, data: bytes, recipient: str | None = None) -> Report:
        """Check the bytes of a credential now."""
        settings = self.settings
        question = Question(
            self.world.clock(), self.fetch, settings.policy, settings.trust, recipient, self.shapes, self.lists
        )
        return verify(data, question)

    def fetch_badge(self, url: str) -> bytes:
        """Fetch a badge by its address, under the guard. Raises `OpenBadgeError`."""
        return self.fetch.fetch(url, "application/vc+ld+json, application/json", limit=IMAGE_LIMIT).body

    def credential(self, document: Any, asked: Asked) -> VcResult:
        """Verify a credential for the VC-API, now."""
        return verify_credential(document, self._vc_question(asked))

    def presentation(self, document: Any, asked: Asked) -> VcResult:
        """Verify a presentation for the VC-API, now."""
        return verify_presentation(document, self._vc_question(asked))

    def _vc_question(self, asked: Asked) -> VcQuestion:
        binding = Binding.ISSUER if self.settings.vc_api_binds else Binding.PROOF_ONLY
        return VcQuestion(self.world.clock(), self.fetch, asked.challenge, asked.domain, binding, lists=self.lists)


def checker(world: World, service: Service | None) -> Checker:
    """Return the verifier; with a service, documents of this installation are answered from its own store."""
    settings = VerifierSettings.read(world.environ)
    network = world.network(settings)
    if service is None:
        return Checker(settings, network, world)
    return Checker(settings, ChainFetch([OwnDocuments(service, world.clock), _Everything(network)]), world)


def build(check: Checker, service: Service | None, *, with_verifier: bool = True) -> FastAPI:
    """Return the application: the verifier's routes, and the issuer's if there is a service.

    The issuer's pages show a check made now, so the verifier is always there, with or without routes of its own.
    """
    # No redirects to slashes: behind a proxy they would lead to http, with the access token.
    app = _Application(
        title="microcred", docs_url=None, redoc_url=None, openapi_url="/openapi.json", redirect_slashes=False
    )
    if with_verifier:
        app.include_router(router(Deps(check.verify, check.fetch_badge)))
    if service is not None:
        app.lane = ReportLane(service, _HEADERS, on_defect)
        _add_issuer(app, service, check)
    _add_vc_api(app, check, service, with_verifier=with_verifier)
    app.add_api_route("/health", _health, include_in_schema=False)
    install(app)
    return app


def build_for_worker() -> FastAPI:
    """Return the application of a process that only works on jobs: it says that it is there."""
    app = FastAPI(title="microcred", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.add_api_route("/health", _health, include_in_schema=False)
    return app


class _Application(FastAPI):
    """The framework's application, with a lane in front of it for the busiest address."""

    lane: ReportLane | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.lane is not None and self.lane.takes(scope):
            await self.lane(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def _add_issuer(app: FastAPI, service: Service, check: Checker) -> None:
    app.mount("/static/issuer", pages.static_files(), name="issuer-static")
    app.include_router(published.router(service))
    app.include_router(batches.router(workshop(service, check.world).batch_work, api.Guard(service)))
    app.state.platforms = platforms(service, check.world)
    app.include_router(lms.router(app.state.platforms, api.Guard(service)))
    page = LtiPage(look.templates, pages.Institution(service.institution.name, service.institution.url))
    app.include_router(lti.router(Lti(app.state.platforms), page))
    app.include_router(decisions.router(service, api.Guard(service)))
    api.install(app, service)
    app.include_router(pages.router(_page_deps(service, check)))


def _add_vc_api(app: FastAPI, check: Checker, service: Service | None, *, with_verifier: bool) -> None:
    """Add the VC-API where it is switched on; where not, its addresses are as unknown as any other."""
    if not check.settings.vc_api:
        app.add_api_route("/credentials/{_action:path}", _absent, methods=["POST"], include_in_schema=False)
        return
    if with_verifier:
        app.include_router(vc_verifier.router(vc_verifier.Deps(check.credential, check.presentation)))
        app.include_router(resolver.router())
    if service is not None:
        settings = IssuerSettings.read(check.world.environ)
        app.include_router(vc_issuer.router(service, needs_token=settings.vc_api_needs_token))


def _absent() -> None:
    """Answer 404 where only `GET /credentials/…` exists, which would otherwise make it a 405."""
    raise HTTPException(404)


def _page_deps(service: Service, check: Checker) -> pages.PageDeps:
    return pages.PageDeps(
        credential=partial(_stored, service),
        report=lambda data: check.verify(data).to_json(),
        achievement=service.achievement,
        institution=pages.Institution(service.institution.name, service.institution.url),
        templates=look.templates,
        verifier_url=service.addresses.verify_page(),
    )


@dataclass(slots=True)
class _Shown:
    """A stored credential in the form that the pages take."""

    service: Service
    record: IssuedCredential
    url: str
    document: Mapping[str, Any]
    document_bytes: bytes

    @property
    def ended_at(self) -> datetime | None:
        decision = self.service.decision(self.record)
        return None if decision is None else decision.at

    def token(self) -> str:
        return self.service.token(self.record.public_id)


def _stored(service: Service, public_id: str) -> StoredCredential | None:
    found: IssuedCredential | None = service.credential(public_id)
    if found is None:
        return None
    url = service.addresses.credential(found.public_id)
    return _Shown(service, found, url, json.loads(found.document), found.document)


def _health() -> PlainTextResponse:
    return PlainTextResponse("ok\n")


@dataclass(frozen=True, slots=True)
class _Everything:
    """Lets a fetch decide about every address: the last of a chain."""

    network: Fetch

    def answers(self, url: str) -> bool:
        return True

    def fetch(self, url: str, accept: str, *, limit: int = DOCUMENT_LIMIT) -> Fetched:
        return self.network.fetch(url, accept, limit=limit)
