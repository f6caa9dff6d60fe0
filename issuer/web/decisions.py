"""The API of decisions about credentials: revoking, suspending, reinstating, and what was decided before."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from issuer.decisions import Decided
from issuer.errors import FieldError
from issuer.model import StatusState
from issuer.model.fields import Fields
from issuer.service import Service
from issuer.web.api import Guard
from issuer.web.body import read_body
from issuer.web.shapes import decision_json
from openbadge import strict_json

SCOPE: Final = "credentials:revoke"
MAX_REASON: Final = 500
"""Characters of a reason."""
MAX_AT_ONCE: Final = 5_000
"""Credentials of one request: a second of work, and half of what `strict_json` takes as one list."""


def router(service: Service, guard: Guard) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/credentials", tags=["decisions"])
    desk = _Desk(service, guard)

    @routes.post("/revocations")
    async def revoke_many(request: Request) -> Any:
        """Revoke many credentials, all or none: `{"credentials": ["…"], "reason": "…"}`."""
        principal = await run_in_threadpool(guard.principal, request, SCOPE)
        with Fields(strict_json.loads(await read_body(request))) as fields:
            ids, reason = fields.required("credentials", _ids), fields.text("reason", MAX_REASON)
        decided = await run_in_threadpool(desk.decide, ids, StatusState.REVOKED, reason, principal.name)
        shown = [decision_json(*pair) for pair in zip(ids, decided.changes, strict=True)]
        return {"decisions": shown, "published": decided.is_published}

    @routes.post("/{public_id}/revocation")
    async def revoke(request: Request, public_id: str) -> Any:
        """Revoke a credential for good: `{"reason": "…"}`. Revoking again changes nothing."""
        return await desk.decided(request, public_id, StatusState.REVOKED)

    @routes.post("/{public_id}/suspension")
    async def suspend(request: Request, public_id: str) -> Any:
        """Suspend a credential until further notice: `{"reason": "…"}`. Suspending again changes nothing."""
        return await desk.decided(request, public_id, StatusState.SUSPENDED)

    @routes.post("/{public_id}/reinstatement")
    async def reinstate(request: Request, public_id: str) -> Any:
        """Lift the suspension of a credential: `{"reason": "…"}`."""
        return await desk.decided(request, public_id, StatusState.REINSTATED)

    @routes.delete("/{public_id}/suspension")
    def lift(
        request: Request, public_id: str, reason: Annotated[str, Query(min_length=1, max_length=MAX_REASON)]
    ) -> Any:
        """The same as `reinstatement`, with the reason in the address."""
        principal = guard.principal(request, SCOPE)
        return desk.one(public_id, StatusState.REINSTATED, reason, principal.name)

    @routes.get("/{public_id}/status")
    def history(request: Request, public_id: str) -> Any:
        """Show all decisions about a credential, the first one first."""
        guard.principal(request, "credentials:read")
        found = service.decisions.history(public_id)
        return {"credential": public_id, "decisions": [decision_json(public_id, change) for change in found]}

    return routes


class _Desk:
    """Reads what is asked, has it decided, and shapes the answer."""

    def __init__(self, service: Service, guard: Guard) -> None:
        self._guard = guard
        self.decide = service.decisions.decide

    async def decided(self, request: Request, public_id: str, state: StatusState) -> dict[str, Any]:
        principal = await run_in_threadpool(self._guard.principal, request, SCOPE)
        with Fields(strict_json.loads(await read_body(request))) as fields:
            reason = fields.text("reason", MAX_REASON)
        return await run_in_threadpool(self.one, public_id, state, reason, principal.name)

    def one(self, public_id: str, state: StatusState, reason: str, actor: str) -> dict[str, Any]:
        decided: Decided = self.decide([public_id], state, reason, actor)
        return decision_json(public_id, decided.changes[0]) | {"published": decided.is_published}


def _ids(value: Any, path: str) -> list[str]:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_AT_ONCE:
        raise FieldError(path, f"must be a list of 1 to {MAX_AT_ONCE:,} names of credentials")
    if not all(isinstance(item, str) for item in value) or len(set(value)) != len(value):
        raise FieldError(path, "must be texts, each once")
    return value
