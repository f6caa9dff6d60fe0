"""The verifier's and the holder's side of the VC-API: VCALM 1.0, sections "Verify Credential", "Verify Presentation"
and "Derive Credential".

A document that is verified is a 200; one that is not is a 400 with the reasons, and so is a request that cannot be
understood: no test suite takes `"verified": false` with a 200 for a refusal. Only a body above the limit is a 413.
Options that are not known are tolerated: the suites of the W3C send some. Nothing that was sent is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from openbadge import strict_json
from openbadge.errors import InvalidError, OpenBadgeError
from openbadge.proof import data_integrity, ecdsa_sd_2023
from openbadge.proof.sd import derive as selective
from verifier.checks.limits import check_cost
from verifier.vc import VcResult
from verifier.vc.result import Problem

MAX_BODY: Final = strict_json.MAX_BYTES
"""Bytes of a request: 1 MiB, the limit of a credential."""
NO_STORE: Final = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a presentation must have been made for, as far as the caller says."""

    challenge: str | None = None
    domain: str | None = None


@dataclass(frozen=True, slots=True)
class Deps:
    """What the routes need from outside: the two verifications with clock, network and settings in them."""

    credential: Callable[[Any, Asked], VcResult]
    presentation: Callable[[Any, Asked], VcResult]


def router(deps: Deps) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["vc-api"])

    @routes.post("/credentials/verify")
    async def credential(request: Request) -> Response:
        """Verify a credential: `{"verifiableCredential", "options"?}`."""
        return await _respond(request, lambda body: _verified(body, "verifiableCredential", deps.credential))

    @routes.post("/presentations/verify")
    async def presentation(request: Request) -> Response:
        """Verify a presentation: `{"verifiablePresentation", "options"?: {"challenge"?, "domain"?}}`."""
        return await _respond(request, lambda body: _verified(body, "verifiablePresentation", deps.presentation))

    @routes.post("/credentials/derive", status_code=201)
    async def derive(request: Request) -> Response:
        """Show a part of a credential: `{"verifiableCredential", "options": {"selectivePointers"}}`."""
        return await _respond(request, _derived)

    return routes


async def _respond(request: Request, answer: Callable[[Mapping[str, Any]], Response]) -> Response:
    body = await _body(request)
    if body is None:
        return _refusal(InvalidError("LIMIT_EXCEEDED", f"The request has more than {MAX_BODY:,} bytes."), 413)
    return await run_in_threadpool(_answered, body, answer)


def _answered(body: bytes, answer: Callable[[Mapping[str, Any]], Response]) -> Response:
    try:
        return answer(strict_json.loads(body))
    except OpenBadgeError as error:
        return _refusal(error, 400)


async def _body(request: Request) -> bytes | None:
    """Return the body, or None as soon as it is longer than the limit."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            return None
    return bytes(body)


def _verified(body: Mapping[str, Any], member: str, verify: Callable[[Any, Asked], VcResult]) -> Response:
    document = _object(body, member)
    options = _object(body, "options") if "options" in body else {}
    result = verify(document, Asked(_text(options, "challenge"), _text(options, "domain")))
    return JSONResponse(result.to_json(), 200 if result.verified else 400, headers=NO_STORE)


def _derived(body: Mapping[str, Any]) -> Response:
    document = _object(body, "verifiableCredential")
    pointers = _object(body, "options").get("selectivePointers", []) if "options" in body else []
    if not isinstance(pointers, list):
        raise _malformed("options.selectivePointers must be a list of JSON pointers.")
    check_cost(document)
    proofs = [item for item in data_integrity.proofs(document) if isinstance(item, dict)]
    base = [item for item in proofs if item.get("cryptosuite") == ecdsa_sd_2023.NAME]
    if len(base) != 1:
        raise InvalidError("UNSUPPORTED_SUITE", f"The credential has not exactly one proof of {ecdsa_sd_2023.NAME}.")
    shown = selective.derive(document, base[0], pointers)
    return JSONResponse({**shown, "proof": shown["proof"][0]}, 201, headers=NO_STORE)


def _refusal(error: OpenBadgeError, status: int) -> Response:
    problem = Problem(error.code, error.detail)
    return JSONResponse({"verified": False, "problemDetails": [problem.to_json()]}, status, headers=NO_STORE)


def _object(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    if not isinstance(value, dict):
        raise _malformed(f"{name} is missing or not an object.")
    return value


def _text(options: Mapping[str, Any], name: str) -> str | None:
    value = options.get(name)
    if name in options and not isinstance(value, str):
        raise _malformed(f"options.{name} must be a text.")
    return value


def _malformed(detail: str) -> InvalidError:
    return InvalidError("MALFORMED_VALUE_ERROR", detail)
