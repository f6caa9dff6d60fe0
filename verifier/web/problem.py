"""Error answers: RFC 9457 problem documents for programs, a page in the same style for people."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from openbadge.errors import OpenBadgeError
from verifier.web.headers import HEADERS
from verifier.web.look import page

MEDIA_PROBLEM: Final = "application/problem+json"

_ADVICE: Final = {
    404: "There is nothing at this address. Check that you copied the whole link.",
    405: "This address does not support that kind of request.",
}
"""What to tell people for errors that the router itself finds."""


class RefusedError(Exception):
    """A request that cannot be served as it is.

    `status` is the HTTP status (4xx), `detail` one sentence that says what is wrong and what to do,
    `type_url` the problem type of RFC 9457 section 3.1.1.
    """

    def __init__(self, status: int, detail: str, type_url: str = "about:blank") -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.type_url = type_url

    @classmethod
    def because_of(cls, error: OpenBadgeError, status: int = 422) -> RefusedError:
        """Return the refusal that tells `error` to the caller."""
        return cls(status, error.detail, error.problem.url)


def wants_page(request: Request) -> bool:
    """Say whether a person is looking: browsers name `text/html`, programs do not."""
    return "text/html" in request.headers.get("accept", "")


def problem(error: RefusedError) -> Response:
    """Return `error` as an RFC 9457 problem document."""
    body = {
        "type": error.type_url,
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.detail,
    }
    return JSONResponse(body, error.status, media_type=MEDIA_PROBLEM)


def answer(request: Request, error: RefusedError) -> Response:
    """Return `error` as a page or as a problem document, whichever the caller can read."""
    if not wants_page(request):
        return problem(error)
    title = "Page not found" if error.status == 404 else HTTPStatus(error.status).phrase
    return page("problem.html", status=error.status, code=error.status, title=title, detail=error.detail)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Answer what the router refuses: unknown address, wrong method."""
    if not isinstance(error, HTTPException):
        raise error
    detail = _ADVICE.get(error.status_code, str(error.detail))
    response = answer(request, RefusedError(error.status_code, detail))
    response.headers.update(error.headers or {})
    return response


async def on_refusal(request: Request, error: Exception) -> Response:
    """Answer a `RefusedError` that no route has answered."""
    if not isinstance(error, RefusedError):
        raise error
    return answer(request, error)


async def on_defect(request: Request, _: Exception) -> Response:
    """Answer a defect of our own without telling anything about the inside."""
    detail = "Something went wrong on our side. Nothing was kept. Please try again in a moment."
    response = answer(request, RefusedError(500, detail))
    response.headers.update(HEADERS)  # this handler runs outside all other middleware
    return response
