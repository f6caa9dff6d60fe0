"""The door for learning platforms: one address for each connection, answered once the message is on disk.

    POST /lms/NAME                       signed webhooks: Moodle, Canvas, Open edX, our own format
    POST /lms/NAME/key/SECRET            senders that can send nothing but an address
    POST, PUT /lms/NAME/xapi/statements  as an LRS; GET /lms/NAME/xapi/about
    POST /lms/NAME/caliper               envelopes of events
    GET /lms/reports                     what is held, for people

The message itself says who sent it (`issuer.lms`); access tokens are for people and `GET /lms/reports` only. These
routes are plain ones of the web server: nothing is between a message and the set that is committed with it.
"""

from __future__ import annotations

from asyncio import get_running_loop, wrap_future
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from uuid import UUID, uuid5

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from issuer.errors import FieldError
from issuer.lms import bulk, read
from issuer.lms.connection import Incoming
from issuer.lms.tokens import key_id
from issuer.lms_work.platforms import Platforms
from issuer.lms_work.reception import Knock, Receipt
from issuer.web.api import Guard, Limit
from issuer.web.body import read_body
from issuer.web.lms_shapes import held_json

XAPI_VERSION: Final = "1.0.3"
XAPI_VERSIONS: Final = ("1.0.3", "2.0.0")
LINES: Final = 4
"""Questions for published keys at once. Nothing is proved before the answer, and a slow address takes half a minute: in
threads of their own they keep nobody from any other page."""
_NAMED: Final = UUID("c2a5f9a0-6f0d-5f3b-9d0e-2f6f8f3f7a51")
"""The name space of statement ids that we give to statements without one (xAPI 1.0.3 part 2, section 2.4.1)."""


def router(platforms: Platforms, guard: Guard) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["learning platforms"])
    door = _Door(platforms)
    routes.add_route("/lms/{connection}", door.message, methods=["POST"])
    routes.add_route("/lms/{connection}/key/{key}", door.message, methods=["POST"])
    routes.add_route("/lms/{connection}/caliper", door.envelope, methods=["POST"])
    routes.add_route("/lms/{connection}/xapi/statements", door.statements, methods=["POST"])
    routes.add_route("/lms/{connection}/xapi/statements", door.statement, methods=["PUT"])
    routes.add_route("/lms/{connection}/xapi/about", _about, methods=["GET"])

    @routes.get("/lms/reports")
    def held(request: Request, limit: Limit = 100, after: UUID | None = None) -> Any:
        """List reports that wait for something, with what they wait for; `after` is the last id that is known."""
        guard.principal(request, "completions:read")
        return {"reports": [held_json(item) for item in platforms.held(limit, after)]}

    return routes


class _Door:
    """Takes messages in and tells their senders, in the way that each kind of sender expects."""

    def __init__(self, platforms: Platforms) -> None:
        self._platforms = platforms
        self._lines = ThreadPoolExecutor(LINES, "keys")
        platforms.at_end.callback(self._lines.shutdown, cancel_futures=True)

    async def message(self, request: Request) -> Response:
        """Take one event in."""
        receipt = await self._taken(request, await read_body(request))
        return JSONResponse({"message": str(receipt.message_id), "known": not receipt.is_new}, 202)

    async def envelope(self, request: Request) -> Response:
        """Take a Caliper envelope in."""
        receipt = await self._taken(request, await read_body(request, bulk.MAX_BYTES))
        return JSONResponse({"message": str(receipt.message_id), "known": not receipt.is_new}, 200)

    async def statements(self, request: Request) -> Response:
        """Take statements in, and return their ids (xAPI 1.0.3 part 3, section 2.1.2)."""
        receipt = await self._taken(request, await read_body(request, bulk.MAX_BYTES))
        return JSONResponse([_statement_id(event) for event in receipt.events], 200, _XAPI)

    async def statement(self, request: Request) -> Response:
        """Take one statement in whose id the address names (section 2.1.1), or itself alone, as Ralph forwards it."""
        body = await read_body(request)
        name = read.load(body).get("id")
        if not name or request.query_params.get("statementId", name) != name:
            raise FieldError("statementId", "must be the id that the statement itself has")
        await self._taken(request, body)
        return Response(status_code=204, headers=_XAPI)

    async def _taken(self, request: Request, body: bytes) -> Receipt:
        path = request.path_params
        if kid := key_id(body):
            await self._have_keys(path["connection"], kid)
        knock = Knock(path["connection"], Incoming(body, _headers(request), path.get("key", "")))
        answer = await wrap_future(self._platforms.reception.queue.submit(knock))
        if not isinstance(answer, Receipt):
            raise answer
        return answer

    async def _have_keys(self, name: str, kid: str) -> None:
        if not await run_in_threadpool(self._platforms.has_keys, name, kid):
            await get_running_loop().run_in_executor(self._lines, self._platforms.fetch_keys, name, kid)


async def _about(_request: Request) -> Response:
    """Say which versions of xAPI are spoken here (section 2.8)."""
    return JSONResponse({"version": XAPI_VERSIONS}, headers=_XAPI)


def _headers(request: Request) -> dict[str, str]:
    """Return the headers by their names in small letters, repeated ones joined."""
    found: dict[str, str] = {}
    for name, value in request.headers.items():
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _statement_id(event: str) -> str:
    """Return the id of a statement; one without an id gets the same one whenever it comes."""
    return str(uuid5(_NAMED, event)) if event.startswith("sha256:") else event


_XAPI: Final = {"X-Experience-API-Version": XAPI_VERSION}
