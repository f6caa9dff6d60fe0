"""Which set bits of a revocation list are suspensions: what the list says about itself.

An Open Badge has one status entry (Open Badges 3.0, `credentialStatus` 0..1), and readers of badges know the purpose
`revocation` only. So a suspended badge has its bit set, as a revoked one has, and every reader refuses it. For those
who want to tell the two apart, the list carries a second one of the same length with the purpose `suspension`: as a
related resource (VC Data Model 2.0, section 5.3) whose address is a `data:` URL, so that it is signed with the list,
is never older or newer than it, and needs no request. A bit of it says that the set bit at this index can be lifted.
A list without suspensions has none.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any, Final

from openbadge import status, strict_json
from openbadge.errors import InvalidError
from openbadge.vocabulary import MEDIA_JSON, STATUS_LIST

PURPOSE: Final = "suspension"
MEMBER: Final = "relatedResource"
_PREFIX: Final = f"data:{MEDIA_JSON};base64,"


def related_resource(bits: bytes) -> dict[str, str]:
    """Return the entry of `relatedResource` that carries `bits` (most significant bit first, as `status` has them).

    Raises what `status.encode_list` raises.
    """
    content = strict_json.dumps(
        {"type": STATUS_LIST, "statusPurpose": PURPOSE, "encodedList": status.encode_list(bits)}
    )
    return {
        "id": _PREFIX + base64.b64encode(content).decode("ascii"),
        "mediaType": MEDIA_JSON,
        "digestSRI": "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode("ascii"),
    }


def suspended_bits(document: Mapping[str, Any], length: int) -> bytes | None:
    """Return the bits of the suspensions that a status list credential with `length` bytes of bits carries.

    None if it carries none, or nothing that can be read as such: then a set bit is what the list itself says it is.
    """
    resources = document.get(MEMBER)
    for resource in resources if isinstance(resources, list) else [resources]:
        bits = _read(resource, length)
        if bits is not None:
            return bits
    return None


def _read(resource: Any, length: int) -> bytes | None:
    url = resource.get("id") if isinstance(resource, dict) else None
    if not isinstance(url, str) or not url.startswith(_PREFIX):
        return None
    try:
        content = strict_json.loads(base64.b64decode(url.removeprefix(_PREFIX), validate=True))
        text = content.get("encodedList")
        if (content.get("type"), content.get("statusPurpose")) != (STATUS_LIST, PURPOSE) or not isinstance(text, str):
            return None
        bits = status.decode_list(text, limit=length)
    except (InvalidError, binascii.Error):
        return None
    return bits if len(bits) == length else None
