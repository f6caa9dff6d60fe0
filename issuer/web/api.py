"""The issuer's JSON API: definitions, approvals, completions, credentials.

Every route asks for an access token with the scope that its name says. Errors are problem documents (RFC 9457); the
table is in `problem`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from issuer.auth import Principal
from issuer.definitions import Decision
from issuer.errors import FieldError, IssuerError
from issuer.model import CompletionState, DefinitionState
from issuer.model.fields import Fields
from issuer.model.forms import instant
from issuer.service import Service
from issuer.web import reviews
from issuer.web.body import read_body
from issuer.web.problem import on_bad_parameter, on_format_error, on_issuer_error
from issuer.web.reports import answered, principal_of
from issuer.web.shapes import credential_link, definition_json, listed_completion_json
from openbadge import strict_json
from openbadge.errors import OpenBadgeError

MAX_PAGE: Final = 500
"""Items of one page of a list."""
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE)]


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets requests in that carry a token with the right scope."""

    service: Service

    def principal(self, request: Request, scope: str) -> Principal:
        """Return who asks. Raises `UnauthenticatedError` or `ForbiddenError`."""
        return principal_of(self.service, request.headers.get("authorization"), scope)


def install(app: FastAPI, service: Service) -> None:
    """Add the API and its error answers to an app."""
    app.include_router(reviews.router(service))
    app.include_router(_completions(service))
    app.include_router(_definitions(service))
    app.include_router(_credentials(service))
    app.add_exception_handler(IssuerError, on_issuer_error)
    app.add_exception_handler(OpenBadgeError, on_format_error)
    app.add_exception_handler(RequestValidationError, on_bad_parameter)


def _completions(service: Service) -> APIRouter:
    routes = APIRouter(tags=["completions"])
    guard = Guard(service)

    @routes.post("/completions", status_code=201)
    async def report(request: Request) -> Response:
        """Report a completion: 201 issued, 202 held with the reason, 200 the same report again."""
        return await answered(request, service)

    @routes.get("/completions")
    def listing(request: Request, state: str | None = None, limit: Limit = 100, after: str | None = None) -> Any:
        """List completions in order of arrival; `after` is the id of the last one that the caller has."""
        guard.principal(request, "completions:read")
        found = service.completions.page(_state(state), limit, None if after is None else _key("after", after))
        return {"completions": [listed_completion_json(item, service.addresses) for item in found]}

    @routes.get("/completions/{completion_id}")
    def one(request: Request, completion_id: str) -> Any:
        """Show one completion and what became of it."""
        guard.principal(request, "completions:read")
        return listed_completion_json(service.completions.get(_key("id", completion_id)), service.addresses)

    return routes


def _definitions(service: Service) -> APIRouter:
    routes = APIRouter(tags=["definitions"])
    guard = Guard(service)

    @routes.post("/definitions", status_code=201)
    async def take_in(request: Request) -> Response:
        """Take in a definition version as a draft; the same content again changes nothing."""
        principal = await run_in_threadpool(guard.principal, request, "definitions:write")
        content = await read_body(request)
        version = await run_in_threadpool(service.import_definition, content, principal.name)
        return JSONResponse(definition_json(version), 201 if version.state is DefinitionState.DRAFT else 200)

    @routes.get("/definitions")
    def listing(request: Request) -> Any:
        """List all definition versions, drafts among them."""
        guard.principal(request, "definitions:read")
        return {"definitions": [definition_json(version) for version in service.list_definitions()]}

    @routes.post("/definitions/{definition_id}/versions/{version}/approvals", status_code=201)
    async def approve(request: Request, definition_id: str, version: str) -> Any:
        """Approve a draft that somebody else imported: `{"decision": "AB-2026-17", "effectiveFrom": "…"}`."""
        principal = await run_in_threadpool(guard.principal, request, "definitions:approve")
        decision = _decision(strict_json.loads(await read_body(request)))
        return definition_json(
            await run_in_threadpool(service.approve, definition_id, version, decision, principal.name)
        )

    @routes.post("/definitions/{definition_id}/versions/{version}/retirement")
    def retire(request: Request, definition_id: str, version: str) -> Any:
        """Retire an approved version: it no longer applies to completions from now on."""
        principal = guard.principal(request, "definitions:write")
        return definition_json(service.retire(definition_id, version, principal.name))

    return routes


def _credentials(service: Service) -> APIRouter:
    routes = APIRouter(tags=["credentials"])
    guard = Guard(service)

    @routes.get("/credentials")
    def listing(request: Request, limit: Limit = 100, after: str | None = None) -> Any:
        """List issued credentials in order of issue."""
        guard.principal(request, "credentials:read")
        found = service.list_credentials(limit, None if after is None else _key("after", after))
        return {"credentials": [credential_link(item, service.addresses) for item in found]}

    return routes


def _decision(body: dict[str, Any]) -> Decision:
    with Fields(body) as fields:
        return Decision(fields.text("decision", 200), fields.optional("effectiveFrom", instant))


def _state(text: str | None) -> CompletionState | None:
    if text is None:
        return None
    if text not in set(CompletionState):
        raise FieldError("state", f"must be one of {', '.join(CompletionState)}")
    return CompletionState(text)


def _key(name: str, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise FieldError(name, "is not an id of this service") from None
