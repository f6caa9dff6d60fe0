"""Signed tokens of a source, by our one strict reader (`openbadge.jose.jws`) and by the keys of the connection only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from issuer.errors import FieldError
from issuer.lms import read
from issuer.lms.errors import SignatureError
from issuer.lms.read import Node
from openbadge import multibase, strict_json
from openbadge.errors import InvalidError
from openbadge.jose import jws
from openbadge.jose.jws import Jws
from openbadge.multikey import PublicKey

LEEWAY: Final = timedelta(minutes=5)
"""How far the clock of the source may be from ours."""
MEMBERS: Final = frozenset({"alg", "kid", "typ", "cty"})
"""Header members that may occur. A key that a token brings along (`jwk`, `x5c`, `jku`) is never one to trust."""

_OBJECT: Final = b"ey"
"""What base64url makes of the beginning of a JSON object with a member."""
_HEADER: Final = 4 * jws.MAX_HEADER_BYTES // 3
"""Characters of the longest header that is read."""


def verify_token(token: bytes, keys: Mapping[str, PublicKey], members: frozenset[str] = MEMBERS) -> Jws:
    """Check a compact token by the key that its `kid` names among `keys`. Raises `SignatureError`.

    Without `kid` there is a key only if the connection has exactly one: nothing is tried out.
    """
    try:
        signed = jws.parse(token.decode("ascii").strip(), members)
        jws.verify(signed, _key(signed, keys))
    except UnicodeDecodeError:
        raise SignatureError("This is not a signed token.") from None
    except InvalidError as error:
        raise SignatureError(f"The token is refused. {error.detail}") from None
    return signed


def key_id(token: bytes) -> str:
    """Return the `kid` that a compact token names, so that keys can be had for it; "" for anything else.

    Nothing is proved by that. Reads the header only, and never raises.
    """
    if not token.startswith(_OBJECT):
        return ""
    try:
        header = strict_json.loads(multibase.base64url_decode(token[:_HEADER].decode("ascii").partition(".")[0]))
    except (UnicodeDecodeError, InvalidError):
        return ""
    name = header.get("kid")
    return name if isinstance(name, str) else ""


def check_times(payload: bytes, now: datetime) -> Node:
    """Return the claims of a payload that has not expired (`exp`) and was not signed in the future (`iat`, `nbf`).

    A time that it does not name is not checked. Raises `SignatureError`; `InvalidError` for another payload than one
    JSON object.
    """
    claims = read.load(payload)
    try:
        expires = claims.unix("exp") if claims.get("exp") is not None else None
        starts = [claims.unix(name) for name in ("iat", "nbf") if claims.get(name) is not None]
    except FieldError as error:
        raise SignatureError(f"The token's {error.path} is not a time.") from None
    if expires is not None and expires + LEEWAY <= now.astimezone(UTC):
        raise SignatureError("The token has expired.")
    if any(moment - LEEWAY > now for moment in starts):
        raise SignatureError("The token was signed in the future. Check the clocks.")
    return claims


def _key(signed: Jws, keys: Mapping[str, PublicKey]) -> PublicKey:
    if "kid" not in signed.header and len(keys) == 1:
        return next(iter(keys.values()))
    if signed.key_id not in keys:
        raise SignatureError("The token is signed by a key that this connection does not know. Fetch the keys again.")
    return keys[signed.key_id]
