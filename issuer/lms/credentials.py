"""Who sent this: the ways in which a source proves itself, in one table.

Secrets are compared in constant time, and always with every one that is in force: how long it takes says nothing.
Empty or missing ones match nothing, since `Secret` refuses them.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final

from issuer.errors import SettingsError
from issuer.lms.connection import Connection, Incoming, Proof, Secret
from issuer.lms.errors import SignatureError

TOLERANCE: Final = timedelta(minutes=5)
"""How far a signature's time may be from ours, both ways: the usual bound of webhooks; NTP keeps clocks far closer."""
MAX_SIGNATURES: Final = 10
"""Signatures in one header. A sender that rotates its secret sends two."""
ID_HEADER: Final = "webhook-id"
TIME_HEADER: Final = "webhook-timestamp"
SIGNATURE_HEADER: Final = "webhook-signature"

_MESSAGE_ID: Final = re.compile(r"[!-~]{1,200}")
_TIMESTAMP: Final = re.compile(r"[0-9]{1,11}")  # seconds until the year 5138; `int` alone takes "٥", "5_0" and "+5"

Check = Callable[[Incoming, Connection, datetime], Proof]


def check(incoming: Incoming, connection: Connection, now: datetime, allowed: Collection[str]) -> Proof:
    """Check the sender in the way that the connection's setting `auth` names, if the source `allowed` it.

    Raises `SignatureError`, or `SettingsError` for a way that this source does not have.
    """
    way = connection.option("auth")
    if way not in allowed:
        raise SettingsError(f"The setting auth of {connection.name} must be one of {', '.join(sorted(allowed))}.")
    return CHECKS[way](incoming, connection, now)


def sign(secret: Secret, message_id: str, moment: datetime, body: bytes) -> dict[str, str]:
    """Return the headers of a signed delivery of `body`, as a source sends them; a retry is signed anew."""
    timestamp = str(int(moment.timestamp()))
    mac = base64.b64encode(_mac(secret, message_id, timestamp, body)).decode("ascii")
    return {ID_HEADER: message_id, TIME_HEADER: timestamp, SIGNATURE_HEADER: f"v1,{mac}"}


def check_hmac(incoming: Incoming, connection: Connection, now: datetime) -> Proof:
    """Accept HMAC-SHA256 over `id.timestamp.body`, raw, with a fresh timestamp (the Standard Webhooks convention).

    Any secret in force may have made any of the signatures in the header. Raises `SignatureError`.
    """
    message_id, timestamp = incoming.header(ID_HEADER), incoming.header(TIME_HEADER)
    if not _MESSAGE_ID.fullmatch(message_id):
        raise SignatureError(f"The header {ID_HEADER} is missing or not 1 to 200 visible ASCII characters.")
    signed_at = _fresh(timestamp, now)
    claimed = _claimed(incoming.header(SIGNATURE_HEADER))
    for secret in _matching(
        connection.secrets_at(now), lambda one: _mac(one, message_id, timestamp, incoming.body), claimed
    ):
        return Proof(f"hmac:{secret.id}", message_id, signed_at)
    raise SignatureError("The signature does not match: the secret differs, or the body was changed on its way.")


def check_basic(incoming: Incoming, connection: Connection, now: datetime) -> Proof:
    """Accept HTTP Basic authentication (RFC 7617); the secret is `user:password` in UTF-8. Raises `SignatureError`."""
    scheme, _, text = incoming.header("authorization").partition(" ")
    if scheme.lower() != "basic":
        raise SignatureError("The header Authorization with user name and password (Basic) is missing.")
    try:
        sent = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise SignatureError("The header Authorization is not readable.") from None
    return _secret_proof("basic", sent, connection, now)


def check_bearer(incoming: Incoming, connection: Connection, now: datetime) -> Proof:
    """Accept a bearer token (RFC 6750). Raises `SignatureError`."""
    scheme, _, text = incoming.header("authorization").partition(" ")
    if scheme.lower() != "bearer":
        raise SignatureError("The header Authorization with the agreed key (Bearer) is missing.")
    return _secret_proof("bearer", _bytes(text.strip()), connection, now)


def check_api_key(incoming: Incoming, connection: Connection, now: datetime) -> Proof:
    """Accept the agreed key as the whole header Authorization, as Caliper sensors send it. Raises `SignatureError`."""
    return _secret_proof("api-key", _bytes(incoming.header("authorization")), connection, now)


def check_url(incoming: Incoming, connection: Connection, now: datetime) -> Proof:
    """Accept the agreed key in the address, for senders without any header. Raises `SignatureError`."""
    return _secret_proof("url", _bytes(incoming.url_token), connection, now)


CHECKS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        "hmac": check_hmac,
        "basic": check_basic,
        "bearer": check_bearer,
        "api-key": check_api_key,
        "url": check_url,
    }
)
"""All ways in which a source can prove itself with a shared secret; only the first covers the content."""


def _mac(secret: Secret, message_id: str, timestamp: str, body: bytes) -> bytes:
    return hmac.digest(secret.value, f"{message_id}.{timestamp}.".encode("ascii") + body, "sha256")


def _fresh(timestamp: str, now: datetime) -> datetime:
    if not _TIMESTAMP.fullmatch(timestamp):
        raise SignatureError(f"The header {TIME_HEADER} is missing or not a whole number of seconds since 1970.")
    signed_at = datetime.fromtimestamp(int(timestamp), UTC)
    if signed_at - now > TOLERANCE:
        raise SignatureError("The signature's time lies in the future. Check the clock of the sender.")
    if now - signed_at > TOLERANCE:
        raise SignatureError("The signature is older than 5 minutes. Sign every attempt anew.")
    return signed_at


def _claimed(header: str) -> list[bytes]:
    """The version 1 signatures of the header; those of other versions are not ours to judge."""
    found = [item.partition(",") for item in header.split()[:MAX_SIGNATURES]]
    claimed = [_decoded(text) for version, _, text in found if version == "v1"]
    if not claimed:
        raise SignatureError(f"The header {SIGNATURE_HEADER} with a signature of version 1 (v1,…) is missing.")
    return claimed


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise SignatureError(f"The header {SIGNATURE_HEADER} is not base64.") from None


def _matching(secrets: Iterable[Secret], expected: Callable[[Secret], bytes], claimed: Iterable[bytes]) -> list[Secret]:
    claims = list(claimed)
    found = []
    for secret in secrets:
        right = expected(secret)
        hits = [hmac.compare_digest(right, claim) for claim in claims]
        found += [secret] if any(hits) else []
    return found


def _secret_proof(way: str, sent: bytes, connection: Connection, now: datetime) -> Proof:
    for secret in _matching(connection.secrets_at(now), lambda one: one.value, [sent]):
        return Proof(f"{way}:{secret.id}", integrity=False)
    raise SignatureError("The key or password is not the agreed one, or no longer valid.")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
