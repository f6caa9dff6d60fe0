"""Access tokens: made once, shown once, kept as a hash; and what each of them allows.

A token is `mc_` and 32 random bytes in base64url. Its SHA-256 is all that is stored: 256 random bits cannot be
guessed from it, so no slow hash is needed, and it is looked up by the hash, so no comparison of secrets leaks time.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from issuer import audit
from issuer.db import Transaction
from issuer.errors import ConflictError, FieldError, ForbiddenError, NotFoundError, UnauthenticatedError
from issuer.model import ApiToken
from issuer.model.canonical import sha256
from issuer.model.fields import text
from issuer.store import tokens as store

SCOPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "definitions:read": "see definitions, drafts among them",
        "definitions:write": "import and retire definitions",
        "definitions:approve": "approve definitions that somebody else imported",
        "completions:read": "see completions and what became of them",
        "completions:write": "report completions",
        "credentials:read": "list issued credentials",
        "credentials:issue": "have credentials signed through the VC-API",
        "credentials:revoke": "revoke credentials",
        "audit:read": "read the audit log",
    }
)
"""Each right with what it allows, in the words of `microcred tokens`."""

TOKEN_BYTES: Final = 32
"""Random bytes of a token: 256 bits."""
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_BEARER: Final = re.compile(r"[Bb]earer +(mc_[A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking: the token's name, the institution it belongs to, and what it allows."""

    name: str
    institution_id: UUID
    scopes: frozenset[str]

    def require(self, scope: str) -> None:
        """Do nothing if the token allows `scope`; otherwise raise `ForbiddenError`."""
        if scope not in self.scopes:
            raise ForbiddenError(f"This token has no right to {SCOPES[scope]} ({scope}).")


@dataclass(frozen=True, slots=True)
class NewToken:
    """A new token: `secret` is shown once and kept nowhere."""

    secret: str = field(repr=False)
    record: ApiToken


def create(
    tx: Transaction, name: str, scopes: Iterable[str], actor: str, now: datetime, expires_at: datetime | None = None
) -> NewToken:
    """Make a token for the institution. Raises `FieldError` for a scope that is not in `SCOPES` or a bad name,
    `ConflictError` if the name is taken, also by a revoked token: names stand in the audit log."""
    granted = tuple(sorted(set(scopes)))
    for scope in granted:
        if scope not in SCOPES:
            raise FieldError("scopes", f"“{scope}” is not one of {', '.join(SCOPES)}")
    if store.by_name(tx, text(100)(name, "name")) is not None:
        raise ConflictError(f"There is a token called “{name}” already. Choose another name.")
    secret = "mc_" + urlsafe_b64encode(tx.random_bytes(TOKEN_BYTES)).decode().rstrip("=")
    digest = sha256(secret.encode())
    record = ApiToken(tx.new_id(now), tx.institution_id, name, digest, granted, now, expires_at)
    store.add(tx, record)
    audit.append(tx, now, actor, "token.create", name, {"scopes": list(granted)})
    return NewToken(secret, record)


def revoke(tx: Transaction, name: str, actor: str, now: datetime) -> None:
    """Revoke a token at once; revoking again changes nothing. Raises `NotFoundError`."""
    record = store.by_name(tx, name)
    if record is None:
        raise NotFoundError(f"There is no token called “{name}” here.")
    if store.revoke(tx, record, now):
        audit.append(tx, now, actor, "token.revoke", name, {})


def authenticate(tx: Transaction, header_value: str | None, now: datetime) -> Principal:
    """Return who is asking, from the `Authorization` header (RFC 6750 section 2.1), whatever the scope of `tx`.

    Raises `UnauthenticatedError` for a header that is missing or has another form, and for a token that is unknown,
    expired or revoked.
    """
    answer = authenticate_many(tx, [header_value], now)[header_value]
    if isinstance(answer, UnauthenticatedError):
        raise answer
    return answer


def authenticate_many(
    tx: Transaction, header_values: Iterable[str | None], now: datetime
) -> dict[str | None, Principal | UnauthenticatedError]:
    """Return who is asking for each distinct `Authorization` header, or the error that `authenticate` raises."""
    digests = {value: _digest(value) for value in set(header_values)}
    known = store.by_digests(tx, {digest for digest in digests.values() if digest is not None})
    return {
        value: _principal(value, None if digest is None else known.get(digest), now)
        for value, digest in digests.items()
    }


def permitted(who: Principal | UnauthenticatedError, scope: str) -> Principal | UnauthenticatedError | ForbiddenError:
    """Return who is asking if the token allows `scope`, or the error that says why not."""
    try:
        if isinstance(who, Principal):
            who.require(scope)
    except ForbiddenError as error:
        return error
    return who


def refused_unseen(header_value: str | None) -> UnauthenticatedError | None:
    """Return the error for a header that holds no token, so that nobody has to look one up; else None."""
    answer = None if _digest(header_value) is not None else _principal(header_value, None, _NEVER)
    return answer if isinstance(answer, UnauthenticatedError) else None


def _digest(header_value: str | None) -> bytes | None:
    match = _BEARER.fullmatch((header_value or "").strip())
    return None if match is None else sha256(match[1].encode())


def _principal(header_value: str | None, record: ApiToken | None, now: datetime) -> Principal | UnauthenticatedError:
    if not header_value:
        return UnauthenticatedError("Send an access token in the header “Authorization: Bearer mc_…”.")
    if record is None:
        return UnauthenticatedError("This access token is not known here.")
    if record.revoked_at is not None:
        return UnauthenticatedError("This access token was revoked.")
    if record.expires_at is not None and record.expires_at <= now:
        return UnauthenticatedError("This access token has expired.")
    return Principal(record.name, record.institution_id, frozenset(record.scopes))
