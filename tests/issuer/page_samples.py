"""A stored credential of the test issuer, and the issuer's pages over the real verifier."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import FastAPI

from issuer.errors import IssuerError, StateError
from issuer.web import pages
from issuer.web.problem import on_issuer_error
from tests.verifier import builders
from tests.verifier.web_client import deps as verifier_deps
from verifier.trust import TrustList
from verifier.verify import verify
from verifier.web import look
from verifier.web.app import install
from verifier.web.app import router as verifier_router

HOME = "https://badges.example.org"
PUBLIC_ID = "AAECAwQFBgcICQoLDA0ODw"
ACHIEVEMENT: dict[str, Any] = {
    "id": f"{HOME}/achievements/intro/v/1",
    "type": ["Achievement"],
    "achievementType": "MicroCredential",
    "name": "Intro to Testing",
    "description": "A course about testing.",
    "creditsAvailable": 2,
    "inLanguage": "en",
    "criteria": {"narrative": "Pass **all** modules, see the [handbook](https://www.example.org/handbook)."},
    "alignment": [
        {"type": ["Alignment"], "targetName": "EQF level 6", "targetUrl": "https://europa.example/eqf/6"},
    ],
    "resultDescription": [
        {
            "id": f"{HOME}/achievements/intro/v/1#lo1",
            "type": ["ResultDescription"],
            "name": "Writes tests that can fail",
            "resultType": "Status",
        }
    ],
}


@dataclass(frozen=True)
class Stored:
    url: str
    document: Mapping[str, Any]
    document_bytes: bytes
    jwt: str | None
    ended_at: datetime | None = None

    def token(self) -> str:
        if self.jwt is None:
            raise StateError("This credential was revoked.")
        return self.jwt


def full(document: builders.Document) -> None:
    """Give the test badge the content that a page shows."""
    subject = document["credentialSubject"]
    subject["achievement"] = ACHIEVEMENT
    subject["result"] = [
        {"type": ["Result"], "resultDescription": f"{HOME}/achievements/intro/v/1#lo1", "status": "Completed"}
    ]
    document["evidence"] = [{"id": "https://portfolio.example/1", "type": ["Evidence"], "name": "Report"}]


def stored(
    change: Callable[[builders.Document], object] = full, url: str = f"{HOME}/credentials/{PUBLIC_ID}"
) -> Stored:
    document = builders.badge(change)
    return Stored(url, document, json.dumps(document).encode(), builders.token(change))


def page_deps(
    credential: Stored | None, published: Mapping[str, Any] | None = None, *, known: bool = False
) -> pages.PageDeps:
    """The pages with one credential; `known` puts its issuer on the trust list."""
    trust = TrustList({builders.ISSUER: "Example Academy"} if known else {})

    def report(data: bytes) -> Mapping[str, Any]:
        return verify(data, builders.question(published, trust=trust)).to_json()

    return pages.PageDeps(
        credential=lambda public_id: credential if public_id == PUBLIC_ID else None,
        report=report,
        achievement=lambda name, version: ACHIEVEMENT if (name, version) == ("intro", "1") else None,
        institution=pages.Institution("Example Academy", "https://www.example.org/"),
        templates=look.templates,
        verifier_url="https://verify.example.org/",
    )


def app(page_dependencies: pages.PageDeps, published: Mapping[str, Any] | None = None) -> FastAPI:
    """Issuer pages and verifier in one app, as `microcred serve` has them."""
    whole = FastAPI(docs_url=None, redoc_url=None)
    whole.include_router(pages.router(page_dependencies))
    whole.include_router(verifier_router(verifier_deps(published)))
    whole.mount("/static/issuer", pages.static_files())
    whole.add_exception_handler(IssuerError, on_issuer_error)
    install(whole)
    return whole
