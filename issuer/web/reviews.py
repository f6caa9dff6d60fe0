"""The API of what waits for a person: withdrawals are handed in, and reviews are settled."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from issuer.errors import FieldError
from issuer.inbox import MAX_REPORT_BYTES
from issuer.model import Review, ReviewState
from issuer.model.fields import Fields, one_of
from issuer.review_desk import DECISIONS
from issuer.service import Service
from issuer.web.body import read_body
from issuer.web.reports import principal_of
from openbadge import strict_json, timestamps

Limit = Annotated[int, Query(ge=1, le=500)]


def router(service: Service) -> APIRouter:
    """Return the routes. Add them before those of single completions, whose addresses have the same beginning."""
    routes = APIRouter(tags=["reviews"])

    def who(request: Request, scope: str) -> str:
        return principal_of(service, request.headers.get("authorization"), scope).name

    @routes.post("/completions/withdrawals", status_code=202)
    async def take_back(request: Request) -> Response:
        """Say that a person no longer has completed something: 202, a person decides; 200 the same one again."""
        actor = await run_in_threadpool(who, request, "completions:write")
        raw = await read_body(request, MAX_REPORT_BYTES)
        review = await run_in_threadpool(service.reviews.take_back, raw, actor)
        return JSONResponse({"review": review_json(review)}, 202 if review.state is ReviewState.OPEN else 200)

    @routes.get("/reviews")
    def listing(request: Request, state: str = "open", limit: Limit = 100, after: str | None = None) -> Any:
        """List reviews in order of arrival; `after` is the id of the last one that the caller has."""
        who(request, "completions:read")
        wanted = ReviewState(one_of(tuple(ReviewState))(state, "state"))
        found = service.reviews.page(wanted, limit, None if after is None else _key("after", after))
        return {"reviews": [review_json(review) for review in found]}

    @routes.get("/reviews/{review_id}")
    def one(request: Request, review_id: str) -> Any:
        """Show one review with the report that it is about."""
        who(request, "completions:read")
        return {"review": review_json(service.reviews.get(_key("id", review_id)))}

    @routes.post("/reviews/{review_id}/decision")
    async def settle(request: Request, review_id: str) -> Any:
        """Settle a review: `{"decision": "accepted", "note": "…"}`. An accepted withdrawal revokes the credential."""
        actor = await run_in_threadpool(who, request, "credentials:revoke")
        with Fields(strict_json.loads(await read_body(request))) as fields:
            decision = ReviewState(fields.required("decision", one_of(DECISIONS)))
            note = fields.text("note", 500)
        return {"review": review_json(await run_in_threadpool(_settled, service, review_id, decision, note, actor))}

    return routes


def _settled(service: Service, review_id: str, decision: ReviewState, note: str, actor: str) -> Review:
    return service.reviews.settle(_key("id", review_id), decision, note, actor)


def review_json(review: Review) -> dict[str, Any]:
    """Return a review with the report as it came in."""
    return {
        "id": str(review.id),
        "kind": str(review.kind),
        "state": str(review.state),
        "source": review.source,
        "sourceId": review.source_id,
        "definition": {"id": review.definition_id},
        "learner": {"id": review.person},
        "occurrence": review.occurrence,
        "occurredAt": timestamps.write(review.occurred_at),
        "receivedAt": timestamps.write(review.received_at),
        "reportedBy": review.reported_by,
        "completion": None if review.completion_id is None else str(review.completion_id),
        "report": strict_json.loads(review.raw),
        "settledBy": review.settled_by,
        "settledAt": None if review.settled_at is None else timestamps.write(review.settled_at),
        "note": review.note,
    }


def _key(name: str, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise FieldError(name, "is not an id of this service") from None
