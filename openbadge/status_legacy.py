"""Status lists of the past, read and never issued: StatusList2021, and the 1EdTechRevocationList.

W3C CCG "Status List 2021" (the Working Draft of 2023), and 1EdTech "Verifiable Credentials Revocation List" 1.0. As in
`status`, nothing here fetches, dates or trusts a list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from openbadge import status
from openbadge.errors import InvalidError
from openbadge.multibase import base64url_decode

ENTRY_2021: Final = "StatusList2021Entry"
CREDENTIAL_2021: Final = "StatusList2021Credential"
LIST_2021: Final = "StatusList2021"
REVOCATION_LIST: Final = "1EdTechRevocationList"

_BASE64: Final = re.compile(r"[A-Za-z0-9_-]+|[A-Za-z0-9+/]+={0,2}")
_MEMBERS: Final = frozenset({"@context", "id", "type", "name", "description", "issuer"})
_REVOKED: Final = frozenset({"revokedCredential", "revokedCredentials"})
"""Names of the list's member: the specification's examples have one, the implementations of its time the other."""


def decode_2021(text: str, *, limit: int = status.MAX_LIST_BYTES, size: int = 1) -> bytes:
    """Return the bits of a StatusList2021 (section 6.2 "Bitstring Expansion").

    The text is base64 of one gzip member; libraries of that time wrote it in the URL alphabet, with or without
    padding. Errors as for `status.decode_list`.
    """
    if len(text) > 2 * limit:
        raise InvalidError("LIMIT_EXCEEDED", "The encodedList of the status list is too long.")
    if not _BASE64.fullmatch(text):
        raise InvalidError("STATUS_VERIFICATION_ERROR", "The encodedList of the status list is not base64.")
    plain = text.rstrip("=").replace("+", "-").replace("/", "_")
    try:
        packed = base64url_decode(plain)
    except InvalidError:
        raise InvalidError("STATUS_VERIFICATION_ERROR", "The encodedList of the status list is not base64.") from None
    bits = status.inflate(packed, limit)
    status.check_length(bits, size)
    return bits


def revoked_ids(document: Mapping[str, Any], url: str, issuer: str) -> frozenset[str]:
    """Return the ids of the credentials that a parsed 1EdTechRevocationList declares revoked, as `comparable_id`.

    The list must be that of `url` and `issuer`. An entry counts unless it says `revoked: false`. Raises `InvalidError`
    STATUS_VERIFICATION_ERROR for another list, and for anything in it that is not understood: it could be a revocation.
    """
    if document.get("id") != url:
        raise _unacceptable("it is the list of another address")
    named = document.get("issuer")
    if (named.get("id") if isinstance(named, dict) else named) != issuer:
        raise _unacceptable("it was issued by someone else")
    unknown = sorted(document.keys() - _MEMBERS - _REVOKED)
    if unknown:
        raise _unacceptable(f"it has a member {unknown[0][:50]!r} that is not known")
    lists = [document[name] for name in sorted(_REVOKED & document.keys())]
    if not all(isinstance(entries, list) for entries in lists):
        raise _unacceptable("what it revokes is no list")
    return frozenset(name for entries in lists for entry in entries for name in _revoked(entry))


def comparable_id(identifier: str) -> str:
    """Return an id in the form that equal credentials share (Open Badges 3.0: percent-decoded, trimmed)."""
    return unquote(identifier).strip()


def _revoked(entry: Any) -> list[str]:
    identifier, revoked = (entry.get("id"), entry.get("revoked", True)) if isinstance(entry, dict) else (None, None)
    if not isinstance(identifier, str) or not isinstance(revoked, bool):
        raise _unacceptable("an entry of it cannot be read")
    return [comparable_id(identifier)] if revoked else []


def _unacceptable(reason: str) -> InvalidError:
    return InvalidError("STATUS_VERIFICATION_ERROR", f"The revocation list cannot be used: {reason}.")
