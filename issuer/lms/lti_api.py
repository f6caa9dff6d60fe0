"""LTI Advantage services: an access token by a signed assertion, and a learner's result (AGS 2.0 section 3.3)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from issuer.lms import ask
from issuer.lms.ask import Answer, Request
from issuer.lms.connection import Connection
from issuer.lms.errors import SourceError
from issuer.lms.model import Outcome, Score
from openbadge.jose import jws
from openbadge.proof.model import Signer

RESULTS: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
ASSERTION_SECONDS: Final = 60
"""How long an assertion is good for: it is used at once (Security Framework 1.0 section 4.1.1)."""
LEAST_SECONDS: Final = 60
"""How long a token is used that does not say how long it is good for."""
MOST_SECONDS: Final = 3_600
"""The longest time for which one is used; platforms give an hour (Security Framework 1.0 section 4.1.2)."""
Draw = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What opens the services of a platform, and for how many seconds."""

    text: str = field(repr=False)
    seconds: int


def token_request(connection: Connection, signer: Signer, now: datetime, random_bytes: Draw, scope: str) -> Request:
    """Ask for an access token (`client_credentials`, RFC 7523; Security Framework 1.0 section 4.1).

    The assertion is for the address of tokens, unless the platform wants its setting `audience` there.
    """
    client, url, at = connection.option("client_id"), connection.option("token"), int(now.timestamp())
    claims = {
        "iss": client,
        "sub": client,
        "aud": connection.options.get("audience", url),
        "iat": at,
        "exp": at + ASSERTION_SECONDS,
        "jti": random_bytes(16).hex(),
    }
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jws.sign({"typ": "JWT"}, json.dumps(claims).encode(), signer),
        "scope": scope,
    }
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    return Request("POST", url, headers, urlencode(form).encode("ascii"))


def read_token(answer: Answer) -> AccessToken:
    """Return the access token of an answer. Raises `SourceError` or `FieldError`."""
    body = ask.document(answer)
    text, seconds = body.text("access_token"), body.maybe_number("expires_in")
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise SourceError("The platform's access token has characters that no header takes.", "form")
    return AccessToken(text, LEAST_SECONDS if seconds is None else min(int(seconds), MOST_SECONDS))


def check_service(url: str, connection: Connection) -> None:
    """Raise `SourceError` for the address of a service that is not at the platform: our token is not for others."""
    known = [connection.namespace, *(connection.options.get(name, "") for name in ("site", "authorize", "token"))]
    if not origin(url) or origin(url) not in map(origin, known):
        hint = "If it is the platform's own, give it as the setting “site”."
        raise SourceError(f"The launch names a service at another address than the platform's. {hint}", "address")


def origin(url: str) -> str:
    """Return scheme, host and port of an https address as browsers write it (RFC 6454); "" for any other text."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        return ""
    return f"https://{parts.hostname}" + ("" if port in (None, 443) else f":{port}")


def below(url: str, path: str, query: Mapping[str, str | int]) -> str:
    """Return an address with more path and more query: that of a line item may have a query of its own (AGS 3.1.2).

    Raises `SourceError` for the address of a service that is none.
    """
    if not origin(url):
        raise SourceError("The launch names a service at an address that is none.", "address")
    parts = urlsplit(url)
    whole = "&".join(part for part in (parts.query, urlencode(query)) if part)
    return urlunsplit((parts.scheme, parts.netloc, parts.path + path, whole, ""))


def results(line_item: str, subject: str, token: str) -> Request:
    """Ask for the result of one learner in a line item, the address of which the launch named. Raises `SourceError`."""
    accept = "application/vnd.ims.lis.v2.resultcontainer+json"
    url = below(line_item, "/results", {"user_id": subject})
    return Request("GET", url, {"Accept": accept, "Authorization": f"Bearer {token}"})


def read_result(answer: Answer, subject: str) -> Outcome | None:
    """Return how well this learner did, or None without a result. Results of other people count for nothing.

    Raises `SourceError`, and `FieldError` for numbers beyond every scale.
    """
    for item in ask.listed(answer):
        given = item.maybe_number("resultScore")
        if item.maybe_identifier("userId") == subject and given is not None:
            return Outcome(score=Score(max(given, Decimal(0)), item.maybe_number("resultMaximum")))
    return None
