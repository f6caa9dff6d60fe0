"""Who vouches for an issuer.

A signature proves which key signed; it says nothing about whether the institution is a real one. That takes a
source outside the credential, and the operator of a verifier chooses which one to believe.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

from openbadge import strict_json
from openbadge.errors import InvalidError

LIST_LIMIT: Final = 1024 * 1024
"""Bytes of a trust list: about ten thousand issuers."""


class Trust(Protocol):
    """A source that knows issuers."""

    def vouches(self, issuer_id: str) -> str | None:
        """Return the name under which this source knows exactly `issuer_id` (a DID or URL), or None."""
        ...


class TrustList:
    """A fixed list of issuers: identifier to name."""

    def __init__(self, issuers: Mapping[str, str]) -> None:
        self._issuers = dict(issuers)

    @classmethod
    def load(cls, data: bytes) -> TrustList:
        """Read `{"issuers": [{"id": "did:web:…", "name": "…"}, …]}` from JSON bytes.

        Raises `InvalidError` (codes of `strict_json.loads`, or MALFORMED_VALUE_ERROR) for any other content.
        """
        document = strict_json.loads(data, limit=LIST_LIMIT)
        entries = document.get("issuers")
        if set(document) != {"issuers"} or not isinstance(entries, list):
            raise _malformed('it must be {"issuers": […]}')
        issuers = dict(_entry(entry) for entry in entries)
        if len(issuers) != len(entries):
            raise _malformed("it lists one issuer twice")
        return cls(issuers)

    def vouches(self, issuer_id: str) -> str | None:
        """Return the name under which the list knows exactly `issuer_id`, or None."""
        return self._issuers.get(issuer_id)


def _entry(entry: Any) -> tuple[str, str]:
    if isinstance(entry, dict) and set(entry) == {"id", "name"}:
        issuer_id, name = entry["id"], entry["name"]
        if isinstance(issuer_id, str) and isinstance(name, str) and issuer_id and name:
            return issuer_id, name
    raise _malformed('each issuer needs "id" and "name", both texts, and nothing else')


def _malformed(reason: str) -> InvalidError:
    return InvalidError("MALFORMED_VALUE_ERROR", f"The trust list cannot be used: {reason}.")
