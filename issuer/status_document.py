"""The status list as a credential: Bitstring Status List 1.0, section 2.2 "BitstringStatusListCredential"."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from openbadge import timestamps
from openbadge.proof import Signer, data_integrity
from openbadge.status import encode_list
from openbadge.status_suspension import MEMBER, related_resource
from openbadge.vocabulary import CREDENTIALS_V2, STATUS_LIST, STATUS_LIST_CREDENTIAL, VERIFIABLE_CREDENTIAL

VALIDITY: Final = timedelta(days=7)
"""How long a signed list may be relied on if we cannot be reached: a long weekend and the repair after it."""
RENEWAL: Final = timedelta(days=1)
"""Age after which a list is signed again though nothing changed, so that a fresh one always has six days to go."""
TIME_TO_LIVE: Final = timedelta(minutes=1)
"""How long a reader or a cache on the way may keep a copy (`ttl` and `Cache-Control`): wallets accept up to five
minutes, and one request a minute from each cache costs nothing."""


def status_list_document(
    url: str, issuer: str, purpose: str, bits: bytes, now: datetime, suspended: bytes | None = None
) -> dict[str, Any]:
    """Return the unsigned status list credential for `bits` (most significant bit first), valid from `now`.

    `suspended` are the bits of `bits` that can be lifted, None if there are none.
    """
    document = _document(url, issuer, purpose, bits, now, suspended)
    document["validUntil"] = timestamps.write(now + VALIDITY)
    document["credentialSubject"]["ttl"] = TIME_TO_LIVE // timedelta(milliseconds=1)
    return document


def final_document(
    url: str, issuer: str, purpose: str, bits: bytes, now: datetime, suspended: bytes | None = None
) -> dict[str, Any]:
    """Return the same for a list that never changes again: it stays valid, and copies may be kept for ever."""
    return _document(url, issuer, purpose, bits, now, suspended)


def _document(
    url: str, issuer: str, purpose: str, bits: bytes, now: datetime, suspended: bytes | None
) -> dict[str, Any]:
    document: dict[str, Any] = {
        "@context": [CREDENTIALS_V2],
        "id": url,
        "type": [VERIFIABLE_CREDENTIAL, STATUS_LIST_CREDENTIAL],
        "issuer": issuer,
        "validFrom": timestamps.write(now),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": STATUS_LIST,
            "statusPurpose": purpose,
            "encodedList": encode_list(bits),
        },
    }
    if suspended is not None:
        document[MEMBER] = [related_resource(suspended)]
    return document


def signed(document: dict[str, Any], cryptosuite: str, signer: Signer, now: datetime) -> dict[str, Any]:
    """Return a document with a proof of `signer`, created `now`."""
    options = data_integrity.options(cryptosuite, signer.verification_method, now)
    return data_integrity.create(document, options, signer)
