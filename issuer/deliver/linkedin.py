"""The address that opens LinkedIn's own form, filled in, with which learners add a credential to their
profile.

Nothing is sent until a learner presses the link, and it carries neither their name nor an e-mail address.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, urlencode

ADD_TO_PROFILE: Final = "https://www.linkedin.com/profile/add"
_YEAR_MONTH: Final = re.compile(r"(\d{4})-(\d{2})-\d{2}T")


def add_to_profile(*, name: str, organization: str, url: str, valid_from: str, valid_until: str | None) -> str:
    """Return the address for a credential: its name, its issuer's name, its page and its dates (RFC 3339
    texts).

    The month is the one written in the date, in the time zone of the credential.
    """
    fields = {"startTask": "CERTIFICATION_NAME", "name": name, "organizationName": organization}
    fields |= _month("issue", valid_from) | _month("expiration", valid_until)
    fields |= {"certUrl": url, "certId": url.rpartition("/")[2]}
    return f"{ADD_TO_PROFILE}?{urlencode(fields, quote_via=quote)}"


def _month(prefix: str, timestamp: str | None) -> dict[str, str]:
    match = _YEAR_MONTH.match(timestamp or "")
    return {f"{prefix}Year": match[1], f"{prefix}Month": str(int(match[2]))} if match else {}
