"""The DID document of an institution: every key that it ever had, and when each signed.

DIDs 1.0 section 4, Controlled Identifiers 1.0 section 2.2. Retired keys stay, since did:web keeps no history and what
they signed must go on verifying. They get no `expires`: that would say that nothing signed with them is to be trusted
from then on. The interval in which a key signs is told by `validFrom` and `validUntil`, which the document defines
itself, as schema.org does for documents of any kind; a verifier that knows nothing of them loses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from issuer.keys_states import REVOKED, KeyInfo
from openbadge import did, timestamps

_MOMENT: Final = "http://www.w3.org/2001/XMLSchema#dateTime"
INTERVAL: Final = {
    "validFrom": {"@id": "https://schema.org/validFrom", "@type": _MOMENT},
    "validUntil": {"@id": "https://schema.org/validThrough", "@type": _MOMENT},
}
"""What the two members mean in JSON-LD."""


def did_document(controller: str, keys: Sequence[KeyInfo]) -> dict[str, Any]:
    """Return the document of a did:web with its keys; revoked ones carry the moment since when they count for nothing.

    Raises `InvalidError` INVALID_VERIFICATION_METHOD for a key that cannot be read.
    """
    document = did.document(controller, [(key.verification_method, key.public_key) for key in keys])
    document["@context"].append(INTERVAL)
    for method, key in zip(document["verificationMethod"], keys, strict=True):
        method["validFrom"] = timestamps.write(key.starts)
        if key.ends is not None:
            method["validUntil"] = timestamps.write(key.ends)
        if key.state == REVOKED:
            method["revoked"] = timestamps.write(key.compromised or key.since)
    return document
