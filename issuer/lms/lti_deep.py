"""Deep Linking 2.0: what a platform asks when a teacher wants to place a link, and our answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from issuer.errors import FieldError
from issuer.lms import lti_api
from issuer.lms.connection import Connection
from issuer.lms.errors import SourceError
from issuer.lms.lti import CLAIM, DeepLinking

LINK: Final = "ltiResourceLink"
"""The type of content that we place: a link that is opened by a launch."""
GOOD_FOR: Final = timedelta(minutes=30)
"""How long a teacher may take to choose; the answers are signed when the choice is offered."""
MAX_DATA: Final = 20_000
"""Characters of what the platform wants to have back, unread."""
_DEEP: Final = "https://purl.imsglobal.org/spec/lti-dl/claim/"


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: where the answer goes, whether a link may bring a column with it, what has to go back."""

    return_url: str
    takes_column: bool
    data: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class Link:
    """A link to be placed: its name, its own address with us, and the definition whose badge it is.

    With `points` it brings a column of that many for the grade that the badge asks for.
    """

    title: str
    url: str
    definition_id: str
    points: int | None = None


def read(asked: DeepLinking, connection: Connection) -> Request:
    """Read a request (Deep Linking 2.0 section 4.4.1).

    Raises `FieldError`, above all for one that does not take links, or whose answer would not go to the platform.
    """
    settings = asked.settings
    types = settings.get("accept_types")
    if not isinstance(types, list) or LINK not in types:
        raise FieldError(settings.where("accept_types"), f"must hold {LINK}: nothing else can be placed")
    url, data = settings.text("deep_link_return_url"), settings.value.get("data")
    try:
        lti_api.check_service(url, connection)
    except SourceError:
        raise FieldError(settings.where("deep_link_return_url"), "must be an address of the platform") from None
    if len(json.dumps(data)) > MAX_DATA:
        raise FieldError(settings.where("data"), f"has more than {MAX_DATA:,} characters")
    return Request(url, settings.maybe_flag("accept_lineitem") is not False, data)


def response(
    asked: DeepLinking, request: Request, connection: Connection, links: Sequence[Link], now: datetime, nonce: str
) -> dict[str, Any]:
    """Return the claims of an answer (Deep Linking 2.0 section 4.5), to be signed; no `links` place nothing."""
    at = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": connection.option("client_id"),
        "aud": asked.issuer,
        "iat": at,
        "exp": at + int(GOOD_FOR.total_seconds()),
        "nonce": nonce,
        f"{CLAIM}deployment_id": asked.deployment,
        f"{CLAIM}message_type": "LtiDeepLinkingResponse",
        f"{CLAIM}version": "1.3.0",
        f"{_DEEP}content_items": [_item(link, request) for link in links],
    }
    if request.data is not None:
        claims[f"{_DEEP}data"] = request.data
    return claims


def _item(link: Link, request: Request) -> dict[str, Any]:
    """Return a link as the platform keeps it. `custom` is for people to see: our binding of the course decides."""
    item: dict[str, Any] = {
        "type": LINK,
        "title": link.title,
        "url": link.url,
        "custom": {"definition": link.definition_id},
    }
    if link.points is not None and request.takes_column:
        item["lineItem"] = {"scoreMaximum": link.points, "label": link.title, "resourceId": link.definition_id}
    return item
