"""Reading an LRS: statements since a moment, in the order in which they were stored, and single ones.

Forwarding loses statements (Ralph drops what it could not deliver); a cursor on `stored` does not.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urljoin

from issuer.lms import ask, bulk
from issuer.lms.ask import Answer, Request
from issuer.lms.connection import Connection, Verified
from issuer.lms.errors import SourceError
from issuer.lms.model import Origin
from issuer.lms.read import Node
from issuer.model.canonical import sha256
from openbadge import strict_json
from openbadge.errors import InvalidError

PAGE: Final = 100
"""Statements asked for at once."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of statements as an array for `xapi.read_statements`, the next request, and the new cursor."""

    statements: Verified
    following: Request | None
    stored: str | None


def since(connection: Connection, cursor: str) -> Request:
    """Ask for statements stored after `cursor`, an RFC 3339 time as the store wrote it; "" means from the start."""
    query: dict[str, str | int] = {"ascending": "true", "limit": PAGE}
    if cursor:
        query["since"] = cursor
    return _authorised(ask.get(connection, "/statements", query), connection)


def statement(connection: Connection, statement_id: str) -> Request:
    """Ask for one statement. HTTP 404 means that it does not exist or was voided."""
    return _authorised(ask.get(connection, "/statements", {"statementId": statement_id}), connection)


def still_there(answer: Answer) -> bool:
    """Whether a statement is in force. Raises `SourceError` for any other answer than yes or no."""
    if answer.status == 404:
        return False
    ask.document(answer)
    return True


def read_page(answer: Answer, connection: Connection, now: datetime) -> Page:
    """Read a page. Raises `SourceError`."""
    if answer.status != 200:
        ask.value(answer)
    try:
        found = bulk.members(answer.body)
        statements, more = found.get("statements", b""), strict_json.loads_any(found.get("more", b"null"))
        last = bulk.array(statements)[-1:]
    except InvalidError as error:
        raise SourceError(
            "The record store's answer is not a list of statements that we can read.", error.code
        ) from None
    stored = Node(last[0]).maybe_text("stored") if last else None
    origin = Origin(connection.source, sha256(answer.body), "read:https", now)
    return Page(Verified(statements, origin), _following(more, connection), stored)


def _following(more: Any, connection: Connection) -> Request | None:
    if not isinstance(more, str) or not more:
        return None
    url = urljoin(ask.base(connection), more)
    origin = "/".join(ask.base(connection).split("/")[:3])
    if not url.startswith(origin + "/"):
        raise SourceError("The record store names a next page at another address.", "form")
    return replace(since(connection, ""), url=url)


def _authorised(request: Request, connection: Connection) -> Request:
    """Add the version, and HTTP Basic in place of the bearer token if the setting `api_auth` says so."""
    headers = {**request.headers, "X-Experience-API-Version": "1.0.3"}
    if connection.options.get("api_auth") == "basic":
        pair = base64.b64encode(ask.token(connection).encode("ascii")).decode("ascii")
        headers["Authorization"] = f"Basic {pair}"
    return replace(request, headers=headers)
