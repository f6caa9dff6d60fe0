"""From an error inside to a problem document (RFC 9457) outside: the one table."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from issuer.errors import (
    BusyError,
    ClockError,
    ConflictError,
    FieldError,
    ForbiddenError,
    IssuerError,
    KeyStoreError,
    NotFoundError,
    StateError,
    StorageError,
    UnauthenticatedError,
    UnreachableError,
)
from issuer.lint import LintError
from issuer.lms.errors import SourceError
from openbadge.errors import OpenBadgeError

MEDIA_PROBLEM: Final = "application/problem+json"
RETRY_SECONDS: Final = 5
"""What Retry-After says when the database is busy or away, no key can sign, or a platform's keys cannot be fetched:
long enough for a restart."""

STATUS: Final[Mapping[type[IssuerError], int]] = {
    FieldError: 422,
    LintError: 422,
    NotFoundError: 404,
    ConflictError: 409,
    StateError: 409,
    UnauthenticatedError: 401,
    ForbiddenError: 403,
    KeyStoreError: 503,
    BusyError: 503,
    ClockError: 503,
    UnreachableError: 503,
    StorageError: 503,
    SourceError: 503,
}
"""HTTP status by error; what is not listed is a defect of ours and says nothing about the inside."""

_FORMAT_STATUS: Final = {
    "PARSING_ERROR": 400,
    "DUPLICATE_JSON_KEY": 400,
    "LIMIT_EXCEEDED": 413,
    "UNSUPPORTED_FORMAT": 415,
}


async def on_issuer_error(_: Request, error: Exception) -> Response:
    """Answer an `IssuerError`."""
    if not isinstance(error, IssuerError):
        raise error
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    detail = error.detail if status != 500 else "Something went wrong on our side. Nothing was changed."
    extra = {"field": error.path} if isinstance(error, FieldError) else {}
    return problem(status, error.code, error.title, detail, **extra)


async def on_format_error(_: Request, error: Exception) -> Response:
    """Answer an `OpenBadgeError`: a body that is not JSON, too large, or not what the standards say."""
    if not isinstance(error, OpenBadgeError):
        raise error
    status = _FORMAT_STATUS.get(error.code, 422)
    return problem(status, error.code, error.problem.title, error.detail, type_url=error.problem.url)


async def on_bad_parameter(_: Request, error: Exception) -> Response:
    """Answer a parameter that the framework refused: in the path it names nothing, in the query it is a wrong field."""
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    place, name = first["loc"][0], str(first["loc"][-1])
    if place == "path":
        return problem(404, NotFoundError.code, NotFoundError.title, "There is nothing at this address.")
    return problem(422, FieldError.code, FieldError.title, f"{name}: {first['msg']}.", field=name)


def problem(
    status: int, code: str, title: str, detail: str, *, type_url: str = "about:blank", **extra: Any
) -> Response:
    """Return a problem document; `code` is for programs, `title` and `detail` are for people."""
    body = {"type": type_url, "title": title, "status": status, "detail": detail, "code": code, **extra}
    return JSONResponse(body, status, headers=_HEADERS.get(status), media_type=MEDIA_PROBLEM)


_HEADERS: Final[Mapping[int, dict[str, str]]] = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": 'Bearer realm="microcred"'},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": str(RETRY_SECONDS)},
}
