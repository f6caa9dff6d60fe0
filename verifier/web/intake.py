"""A request to `POST /verify` becomes one `Submission`, or a `RefusedError` that says what to send instead.

Sizes are enforced while the body arrives and before anything is parsed. Names of files are never used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from openbadge import strict_json
from openbadge.errors import InvalidError
from verifier.web.look import https_link
from verifier.web.multipart import MAX_PARTS, read_form
from verifier.web.problem import RefusedError

TEXT_LIMIT: Final = strict_json.MAX_BYTES
"""Bytes of a credential as JSON or JWT: 1 MiB."""
PICTURE_LIMIT: Final = 4 * 1024 * 1024
"""Bytes of a baked picture: 4 MiB, a large photograph."""
FORM_OVERHEAD: Final = 64 * 1024
"""Bytes for the boundaries, part headers and short fields of a multipart form."""
RECIPIENT_LIMIT: Final = 320
"""Characters of an e-mail address (RFC 3696 erratum 1690) or a name."""

_JSON: Final = ("application/json", "application/vc", "application/ld+json", "application/vc+ld+json")
_TOKEN: Final = ("text/plain", "application/vc+jwt", "application/jwt", "application/jose")
_PICTURE: Final = ("image/png", "image/svg+xml")
_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_FIELDS: Final = ("file", "text", "url", "recipient")


@dataclass(frozen=True, slots=True)
class Submission:
    """What shall be checked: `data`, the credential's bytes, or the https `url` where it is; for whom, if asked."""

    data: bytes
    url: str | None = None
    recipient: str | None = None


async def read_submission(request: Request) -> Submission:
    """Read the body of `request` by its content type; raises `RefusedError` 400, 413, 415 or 422."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in _JSON:
        return _from_json(await _body(request, TEXT_LIMIT))
    if kind in _TOKEN:
        return _given(await _body(request, TEXT_LIMIT))
    if kind in _PICTURE:
        return _given(await _body(request, PICTURE_LIMIT))
    if kind == "multipart/form-data":
        return _from_form(await _multipart(request))
    if kind == "application/x-www-form-urlencoded":
        return _from_form(_urlencoded(await _body(request, TEXT_LIMIT)))
    raise RefusedError(415, "Send the credential as JSON, as a compact JWT in plain text, or as the form field `file`.")


async def _body(request: Request, limit: int) -> bytes:
    _check_declared_length(request.headers.get("content-length"), limit)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise _too_large(limit)
    return bytes(body)


def _check_declared_length(declared: str | None, limit: int) -> None:
    if declared is None:
        return
    if not re.fullmatch(r"[0-9]{1,15}", declared):
        raise RefusedError(400, "The Content-Length header is not a number of bytes.")
    if int(declared) > limit:
        raise _too_large(limit)


def _too_large(limit: int) -> RefusedError:
    return RefusedError(413, f"This is too large to be a credential: the limit is {limit // 2**20} MiB.")


def _given(data: bytes, recipient: str | None = None) -> Submission:
    picture = data.startswith(_PNG_SIGNATURE) or data.lstrip()[:1] == b"<"
    limit = PICTURE_LIMIT if picture else TEXT_LIMIT
    if len(data) > limit:
        raise _too_large(limit)
    if not data.strip():
        raise RefusedError(400, "There is nothing to check: the file or text is empty.")
    return Submission(data, recipient=recipient)


def _from_json(body: bytes) -> Submission:
    """The body is the credential itself, or an object with `url` or `credential`, and `recipient`."""
    try:
        document = strict_json.loads(body)
    except InvalidError as error:
        if error.code == "PARSING_ERROR":
            raise RefusedError.because_of(error, 400) from error
        return Submission(body)  # it is JSON, and what is wrong with it is part of the verdict
    if document.keys() - {"recipient"} == {"url"}:
        return Submission(b"", _url(document["url"]), _recipient(document))
    if document.keys() - {"recipient"} == {"credential"}:
        return _given(_credential(document["credential"]), _recipient(document))
    return Submission(body)


def _credential(value: object) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, dict):
        return json.dumps(value).encode()
    raise RefusedError(400, "`credential` must be the credential as a JSON object, or a compact JWT as text.")


def _url(value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if https_link(re.sub("^http:", "https:", text)) is None:
        raise RefusedError(422, "The address must be a complete web address that starts with https://.")
    return text  # whether it may be fetched, plain http for one, is for the guard to say


def _recipient(fields: Mapping[str, Any]) -> str | None:
    value = fields.get("recipient")
    if value is not None and not isinstance(value, str):
        raise RefusedError(400, "`recipient` must be a text: an e-mail address or a name.")
    recipient = (value or "").strip()
    if len(recipient) > RECIPIENT_LIMIT:
        raise RefusedError(400, f"The recipient is longer than {RECIPIENT_LIMIT} characters.")
    return recipient or None


def _from_form(fields: Mapping[str, bytes]) -> Submission:
    given = {name: fields[name] for name in ("file", "text", "url") if fields.get(name, b"").strip()}
    if len(given) != 1:
        detail = "Choose a file, paste a credential, or give its address." if not given else _one_of(given)
        raise RefusedError(400, detail)
    recipient = _recipient({"recipient": fields.get("recipient", b"").decode(errors="replace")})
    if "url" in given:
        return Submission(b"", _url(given["url"].decode(errors="replace")), recipient)
    return _given(given.get("file") or given["text"].strip(), recipient)


def _one_of(given: Mapping[str, bytes]) -> str:
    names = {"file": "a file", "text": "a pasted text", "url": "an address"}
    listed = " and ".join(names[name] for name in given)
    return f"You gave {listed}. Give only one, so that it is clear what to check."


def _urlencoded(body: bytes) -> dict[str, bytes]:
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_PARTS)
    except ValueError:
        raise RefusedError(400, "The form could not be read.") from None
    return _unique([(name, value.encode(errors="replace")) for name, value in pairs])


async def _multipart(request: Request) -> dict[str, bytes]:
    body = await _body(request, PICTURE_LIMIT + FORM_OVERHEAD)
    return _unique(read_form(body, request.headers["content-type"]))


def _unique(pairs: list[tuple[str, bytes]]) -> dict[str, bytes]:
    fields = dict(pairs)
    if len(fields) != len(pairs) or fields.keys() - set(_FIELDS):
        raise RefusedError(400, "The form may have the fields file, text, url and recipient, each once.")
    return fields
