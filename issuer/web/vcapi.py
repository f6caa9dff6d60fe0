"""The issuer's side of the VC-API: VCALM 1.0, sections "Issue Credential" and "Update Status".

Whatever is wrong with a request or a credential is a 400 with a problem document whose type is the specifications' own
URL; only a body above the limit is a 413, an unknown profile or credential a 404.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from issuer.profile_issue import ProfileIssuer
from issuer.profile_request import IssueRequest, StatusUpdate, UnknownOptionError
from issuer.service import Service
from issuer.web.api import Guard
from issuer.web.body import read_body
from issuer.web.problem import problem
from openbadge import strict_json
from openbadge.errors import OpenBadgeError

NOBODY: Final = "VC-API without tokens"
"""Who acts, for the audit log, when no token is asked for."""
UNKNOWN_OPTION: Final = "https://www.w3.org/TR/vcalm#UNKNOWN_OPTION_PROVIDED"


def router(service: Service, *, needs_token: bool) -> APIRouter:
    """Return the routes; without `needs_token` anybody may use them, which is for conformance tests only."""
    routes = APIRouter(tags=["vc-api"])
    issuer = ProfileIssuer(service)
    actor = Guard(service).principal if needs_token else None

    @routes.post("/issuers/{profile}/credentials/issue", status_code=201)
    async def issue(request: Request, profile: str) -> Response:
        """Issue a credential: `{"credential", "options"?}` gives `{"verifiableCredential"}`."""
        who = await _actor(actor, request, "credentials:issue")
        body = await read_body(request)
        return await run_in_threadpool(
            _answer,
            lambda: issuer.issue(profile, IssueRequest.read(strict_json.loads(body)), who),
            lambda secured: JSONResponse({"verifiableCredential": secured}, 201),
        )

    @routes.post("/credentials/status")
    async def status(request: Request) -> Response:
        """Change a status: `{"credentialId", "credentialStatus": {"type", "statusPurpose"}, "status": true}`."""
        who = await _actor(actor, request, "credentials:revoke")
        body = await read_body(request)
        return await run_in_threadpool(
            _answer,
            lambda: issuer.set_status(StatusUpdate.read(strict_json.loads(body)), who),
            lambda _: JSONResponse({}, 200),
        )

    return routes


async def _actor(principal: Callable[[Request, str], Any] | None, request: Request, scope: str) -> str:
    if principal is None:
        return NOBODY
    return str((await run_in_threadpool(principal, request, scope)).name)


def _answer(act: Callable[[], Any], done: Callable[[Any], Response]) -> Response:
    try:
        return done(act())
    except UnknownOptionError as error:
        title = "The request has an unknown option"
        return problem(HTTPStatus.BAD_REQUEST, "UNKNOWN_OPTION_PROVIDED", title, error.detail, type_url=UNKNOWN_OPTION)
    except OpenBadgeError as error:
        row = error.problem
        return problem(HTTPStatus.BAD_REQUEST, error.code, row.title, error.detail, type_url=row.url)
