"""The verifier's routes.

`GET /` shows the form, `POST /verify` answers it: a page for the form, the JSON report for programs. A
verdict is always HTTP 200, because the request was served whatever the credential is worth; 4xx means that
there was nothing to check. Nothing that was sent is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from openbadge.errors import OpenBadgeError
from verifier.report import Report
from verifier.web import look, problem
from verifier.web.headers import SecurityHeaders
from verifier.web.intake import Submission, read_submission
from verifier.web.problem import RefusedError
from verifier.web.view import result_view


@dataclass(frozen=True, slots=True)
class Deps:
    """What the routes need from outside.

    `verify(data, recipient)` checks the bytes of a credential (JSON, JWT, PNG or SVG), also against the
    recipient's e-mail address or name if one is given, and never raises on hostile bytes. `fetch_url(url)`
    fetches a credential from an https URL under the guard, or raises `OpenBadgeError`.
    """

    verify: Callable[[bytes, str | None], Report]
    fetch_url: Callable[[str], bytes]


def router(deps: Deps) -> APIRouter:
    """Return the routes of the verifier; `install` adds the headers, static files and error pages around them."""
    routes = APIRouter()

    @routes.get("/", response_class=Response, include_in_schema=False)
    async def home(url: str = "") -> Response:
        return look.page("home.html", url=url[:2048], error=None)

    @routes.post("/verify")
    async def verify(request: Request) -> Response:
        try:
            submission = await read_submission(request)
            report = await run_in_threadpool(_check, deps, submission)
        except RefusedError as error:
            return _refusal(request, error)
        return _result(request, report)

    return routes


def create_app(deps: Deps) -> FastAPI:
    """Return the verifier as an app of its own."""
    app = FastAPI(title="microcred verifier", docs_url=None, redoc_url=None)
    app.include_router(router(deps))
    install(app)
    return app


def install(app: FastAPI) -> None:
    """Add what every app with pages has: security headers, shared static files, error pages."""
    app.add_middleware(SecurityHeaders)
    app.mount(look.STATIC_PATH, look.static_files(), name="static")
    app.add_exception_handler(HTTPException, problem.on_http_error)
    app.add_exception_handler(RefusedError, problem.on_refusal)
    app.add_exception_handler(Exception, problem.on_defect)


def _check(deps: Deps, submission: Submission) -> Report:
    if submission.url is None:
        return deps.verify(submission.data, submission.recipient)
    try:
        data = deps.fetch_url(submission.url)
    except OpenBadgeError as error:
        raise RefusedError.because_of(error) from error
    return deps.verify(data, submission.recipient)


def _result(request: Request, report: Report) -> Response:
    body = report.to_json()
    if not _from_form(request):
        return JSONResponse(body, headers={"Cache-Control": "no-store"})
    return look.page("result.html", **result_view(body))


def _refusal(request: Request, error: RefusedError) -> Response:
    if not _from_form(request):
        return problem.problem(error)
    return look.page("home.html", status=error.status, url="", error=error.detail)


def _from_form(request: Request) -> bool:
    """A person used the form of the page; a JSON or text body is answered with JSON whatever `Accept` says."""
    sent = request.headers.get("content-type", "")
    return problem.wants_page(request) and sent.startswith(("multipart/form-data", "application/x-www-form-urlencoded"))
