"""`POST /completions`, the busiest address of the issuer: answered in front of the framework, which would cost half as
much as the work itself.

The report goes into a set (`GroupCommit`) that is committed as one, in which its token is looked up, too. The route in
`api` gives the same answers by the same code; it stands in the description of the API.
"""

from __future__ import annotations

from asyncio import wrap_future
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from issuer import auth
from issuer.auth import Principal
from issuer.errors import IssuerError
from issuer.inbox import MAX_REPORT_BYTES, Answer
from issuer.intake import SCOPE, Knock
from issuer.model import CompletionState
from issuer.service import Service
from issuer.web.body import read_body
from issuer.web.problem import on_format_error, on_issuer_error
from issuer.web.shapes import completion_json
from openbadge.errors import OpenBadgeError

PATH: Final = "/completions"
WAITING_STATES: Final = (CompletionState.RECEIVED, CompletionState.HELD, CompletionState.ISSUING)

OnDefect = Callable[[Request, Exception], Awaitable[Response]]
"""Answers a defect of the program without telling anything about the inside."""


class ReportLane:
    """An ASGI application for reports of completions alone: those requests that it `takes`.

    `headers` are added to every answer that lacks them, by the scheme of the request (`http` or `https`).
    """

    def __init__(self, service: Service, headers: Mapping[str, Mapping[str, str]], on_defect: OnDefect) -> None:
        self._service = service
        self._on_defect = on_defect
        self._headers = {
            scheme: [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in more.items()]
            for scheme, more in headers.items()
        }

    def takes(self, scope: Scope) -> bool:
        """Whether a connection is a report of a completion."""
        return bool(scope["type"] == "http" and scope["path"] == PATH and scope["method"] == "POST")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one report. A defect is answered, and raised again for the server's log."""
        request = Request(scope, receive)
        defect: Exception | None = None
        try:
            response = await answered(request, self._service)
        except IssuerError as error:
            response = await on_issuer_error(request, error)
        except OpenBadgeError as error:
            response = await on_format_error(request, error)
        except Exception as error:
            defect, response = error, await self._on_defect(request, error)
        set_already = {name for name, _ in response.raw_headers}
        response.raw_headers.extend(pair for pair in self._headers[scope["scheme"]] if pair[0] not in set_already)
        await response(scope, receive, send)
        if defect is not None:
            raise defect


async def answered(request: Request, service: Service) -> Response:
    """Take in the report in a request: 201 issued, 202 held with the reason, 200 the same report again.

    Raises the `IssuerError` or `OpenBadgeError` for which it was refused.
    """
    answer = await wrap_future(service.reports.submit(await _knock(request, service)))
    if not isinstance(answer, Answer):
        raise answer
    waits = answer.completion.state in WAITING_STATES
    status = 200 if not answer.created else 202 if waits else 201
    return JSONResponse(completion_json(answer, service.addresses), status)


async def _knock(request: Request, service: Service) -> Knock:
    """Return a report with its token, which the set that it is in looks up. A body that cannot be read says nothing to
    those who may not report."""
    header = request.headers.get("authorization")
    unseen = auth.refused_unseen(header)
    if unseen is not None:
        raise unseen
    try:
        return Knock(await read_body(request, MAX_REPORT_BYTES), header)
    except OpenBadgeError:
        await run_in_threadpool(principal_of, service, header, SCOPE)
        raise


def principal_of(service: Service, header: str | None, scope: str) -> Principal:
    """Return who asks, from the `Authorization` header. Raises `UnauthenticatedError` or `ForbiddenError`."""
    with service.database.begin_read() as tx:
        principal = auth.authenticate(tx, header, service.clock())
    principal.require(scope)
    return principal
