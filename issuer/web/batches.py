"""The API of batches: many completion reports in one body, stored first, then worked through.

`POST /completions/batches` answers 202 with the address where the batch can be watched; a body that makes one part is
worked through at once and answered 200 with the result of every row, unless `Prefer: respond-async` is sent (RFC 7240).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from issuer.errors import FieldError
from issuer.jobs import results
from issuer.jobs.batch_work import BatchWork
from issuer.jobs.batches import MAX_BODY_BYTES, Order, Source
from issuer.model.jobs import Batch, BatchState
from issuer.web.api import Guard, Limit
from issuer.web.batch_shapes import batch_json
from issuer.web.body import read_pieces
from openbadge.errors import InvalidError

_IN_MEMORY: Final = 4 * 1024 * 1024
"""Bytes of a body up to which no file is made while it comes in: those that are worked through at once."""

Turn = Callable[[UUID, str], Batch]


def router(work: BatchWork, guard: Guard) -> APIRouter:
    """Return the routes. Add them before those of single completions, whose addresses have the same beginning."""
    routes = APIRouter(prefix="/completions/batches", tags=["batches"])
    desk, show = work.batches, _Shower(work)

    @routes.post("", status_code=202)
    async def hand_in(request: Request, dry_run: Annotated[bool, Query(alias="dryRun")] = False) -> Response:
        """Hand in a batch. `Idempotency-Key`: the same key twice is one batch; `?dryRun=true` issues nothing."""
        principal = await run_in_threadpool(guard.principal, request, "completions:write")
        order = _order(request, principal.name, dry_run=dry_run)
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            async for piece in read_pieces(request, MAX_BODY_BYTES):
                await run_in_threadpool(file.write, piece)
            return await run_in_threadpool(show.handed_in, file, order)

    @routes.get("")
    def listing(request: Request, limit: Limit = 100, before: str | None = None) -> Any:
        """List batches, the newest first; `before` is the id of the last one that the caller has."""
        guard.principal(request, "completions:read")
        found = desk.page(limit, None if before is None else _key("before", before))
        return {"batches": [show.json(batch) for batch in found]}

    @routes.get("/{batch_id}")
    def one(request: Request, batch_id: str) -> Any:
        """Show how far a batch is."""
        guard.principal(request, "completions:read")
        return {"batch": show.json(desk.get(_key("id", batch_id)))}

    @routes.get("/{batch_id}/result.{ending}")
    def result(request: Request, batch_id: str, ending: str) -> Response:
        """Download what became of each row so far, as `ndjson` or `csv`."""
        guard.principal(request, "completions:read")
        pieces = desk.result(_key("id", batch_id), ending)
        return StreamingResponse(pieces, media_type=results.FORMATS[ending][0], headers=_attached(batch_id, ending))

    for name, turn in (("pause", desk.pause), ("resume", desk.resume), ("cancellation", desk.cancel)):
        routes.add_api_route(f"/{{batch_id}}/{name}", _turned(guard, show, turn), methods=["POST"])
    return routes


class _Shower:
    """Makes answers of batches."""

    def __init__(self, work: BatchWork) -> None:
        self._work = work

    def json(self, batch: Batch) -> dict[str, Any]:
        return batch_json(batch, self._work.batches.progress(batch.id), self._work.addresses.base_url)

    def handed_in(self, file: Source, order: Order) -> Response:
        batch, is_new = self._work.hand_in(file, order)
        if batch.state is BatchState.REFUSED and is_new:
            raise InvalidError("PARSING_ERROR", batch.reason or "The batch cannot be read.")
        answer: dict[str, Any] = {"batch": self.json(batch)}
        if batch.state is not BatchState.DONE:
            return JSONResponse(answer, 202, {"Location": answer["batch"]["url"]})
        if order.at_once:
            lines = b"".join(self._work.batches.result(batch.id, "ndjson")).splitlines()
            answer["results"] = [json.loads(line) for line in lines]
        return JSONResponse(answer, 200)


def _turned(guard: Guard, show: _Shower, turn: Turn) -> Callable[..., Any]:
    def turned(request: Request, batch_id: str) -> Any:
        principal = guard.principal(request, "completions:write")
        return {"batch": show.json(turn(_key("id", batch_id), principal.name))}

    return turned


def _order(request: Request, actor: str, *, dry_run: bool) -> Order:
    prefers = request.headers.get("prefer", "").lower()
    return Order(
        request.headers.get("content-type", ""),
        actor,
        request.headers.get("idempotency-key"),
        dry_run,
        at_once="respond-async" not in prefers,
    )


def _attached(batch_id: str, ending: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="batch-{UUID(batch_id)}.{ending}"'}


def _key(name: str, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise FieldError(name, "is not an id of this service") from None
