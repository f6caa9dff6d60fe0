"""The status list as a credential: Bitstring Status List 1.0, section 2.2 "BitstringStatusListCredential"."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from openbadge import timestamps
from openbadge.proof import Signer, data_integrity
from openbadge.status import encode_list
from openbadge.vocabulary import CREDENTIALS_V2, STATUS_LIST, STATUS_LIST_CREDENTIAL, VERIFIABLE_CREDENTIAL

VALIDITY: Final = timedelta(days=7)
"""How long a signed list may be relied on if we cannot be reached: a long weekend and the repair after it."""
RENEWAL: Final = timedelta(days=1)
"""Age after which a list is signed again though nothing changed, so that a fresh one always has six days to go."""
TIME_TO_LIVE_MS: Final = 300_000
"""Milliseconds that a reader may keep a copy: five minutes, the longest that a revocation may stay unseen."""


def status_list_document(url: str, issuer: str, purpose: str, bits: bytes, now: datetime) -> dict[str, Any]:
    """Return the unsigned status list credential for `bits` (most significant bit first), valid from `now`."""
    return {
        "@context": [CREDENTIALS_V2],
        "id": url,
        "type": [VERIFIABLE_CREDENTIAL, STATUS_LIST_CREDENTIAL],
        "issuer": issuer,
        "validFrom": timestamps.write(now),
        "validUntil": timestamps.write(now + VALIDITY),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": STATUS_LIST,
            "statusPurpose": purpose,
            "encodedList": encode_list(bits),
            "ttl": TIME_TO_LIVE_MS,
        },
    }


def signed(document: dict[str, Any], cryptosuite: str, signer: Signer, now: datetime) -> dict[str, Any]:
    """Return a document with a proof of `signer`, created `now`."""
    options = data_integrity.options(cryptosuite, signer.verification_method, now)
    return data_integrity.create(document, options, signer)
