"""Asking a source: requests as values, answers as values. Who sends them, and through which guard, is not said here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from issuer.errors import SettingsError
from issuer.lms.connection import Connection
from issuer.lms.errors import SourceError
from issuer.lms.read import Node
from openbadge import strict_json
from openbadge.errors import InvalidError

MAX_ANSWER: Final = 1024 * 1024
"""Bytes: a page of 50 people has under 100 KiB."""
_NEXT: Final = re.compile(r'<([^<>\s]{1,2000})>[^,<]*;\s*rel="?next"?', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Request:
    """A request to a source. `headers` and `body` may hold our secret."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: the HTTP status, the raw body, the headers by their names in small letters."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def get(connection: Connection, path: str, query: Mapping[str, str | int] | None = None) -> Request:
    """Return a GET with our token (RFC 6750) of `path` at the source, such as `/api/v1/courses/1`."""
    url = base(connection) + path + (f"?{urlencode(query)}" if query else "")
    headers = {"Accept": "application/json", "Authorization": f"Bearer {token(connection)}"}
    return Request("GET", url, headers)


def base(connection: Connection) -> str:
    """Return the https address of the source's interface. Raises `SettingsError`."""
    url = connection.options.get("api", connection.namespace).rstrip("/")
    if not url.startswith("https://"):
        raise SettingsError(f"The connection {connection.name} needs the https address of the platform.")
    return url


def token(connection: Connection) -> str:
    """Return our token at the source. Raises `SettingsError` for none, or one that would break a header."""
    if not re.fullmatch(r"[!-~]{1,2000}", connection.api_token):
        raise SettingsError(f"The connection {connection.name} needs a token of the platform, in visible characters.")
    return connection.api_token


def next_page(answer: Answer, connection: Connection) -> Request | None:
    """Return the request for the next page (RFC 8288, `rel="next"`), or None after the last one.

    Raises `SourceError` if it lies at another address than the source: our token is not for others.
    """
    match = _NEXT.search(answer.headers.get("link", ""))
    if match is None:
        return None
    if not match[1].startswith(base(connection) + "/"):
        raise SourceError("The platform names a next page at another address. Check the setting “api”.")
    return Request("GET", match[1], get(connection, "").headers)


def value(answer: Answer) -> Any:
    """Return the JSON of an answer. Raises `SourceError` for a status other than 200, or another body."""
    if answer.status != 200:
        retry = answer.status == 429 or answer.status >= 500
        raise SourceError(f"The platform answered with HTTP {answer.status}.", f"http-{answer.status}", retry=retry)
    try:
        return strict_json.loads_any(answer.body, limit=MAX_ANSWER)
    except InvalidError as error:
        raise SourceError("The platform's answer is not JSON as we can read it.", error.code) from None


def document(answer: Answer) -> Node:
    """Return an answer that is one object. Raises `SourceError`."""
    found = value(answer)
    if not isinstance(found, dict):
        raise SourceError("The platform's answer has another form than expected.", "form")
    return Node(found)


def listed(answer: Answer) -> list[Node]:
    """Return an answer that is an array of objects. Raises `SourceError`."""
    found = value(answer)
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise SourceError("The platform's answer has another form than expected.", "form")
    return [Node(item, f"[{index}]") for index, item in enumerate(found)]
