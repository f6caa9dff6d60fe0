"""From a completion to the slot values of its credential.

What is not in the completion is derived from the credential's *seed*, 32 secret bytes: HMAC-SHA256 (RFC 2104) keyed
with the seed, over a label of its own for each thing, cut to 16 bytes. So nobody can tell one from another, and the
same seed gives the same credential again.
"""

from __future__ import annotations

import calendar
import hmac
import re
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from issuer.achievement import outcome_id
from issuer.addresses import Addresses
from issuer.errors import FieldError
from issuer.model import Completion, CompletionReport, Definition, StatusSlot
from openbadge import identity, multibase, timestamps

DERIVED_BYTES: Final = 16
"""Bytes of each derived value. 128 bits: nobody finds a credential by trying addresses, and since an e-mail address is
guessable, its hash has a salt of its own in every credential."""
PUBLIC_ID: Final = b"microcred credential: public id"
SUBJECT: Final = b"microcred credential: subject"
EMAIL_SALT: Final = b"microcred credential: e-mail salt"
"""The labels under which values are derived. Changing one changes what a plan gives."""

_PERIOD: Final = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?")


def derived(seed: bytes, label: bytes) -> bytes:
    """Return the 16 bytes that a seed gives under a label."""
    return hmac.digest(seed, label, "sha256")[:DERIVED_BYTES]


def public_id_of(seed: bytes) -> str:
    """Return the unguessable part of the credential's address: 22 characters of base64url."""
    return multibase.base64url_encode(derived(seed, PUBLIC_ID))


def slot_values(completion: Completion, definition: Definition, addresses: Addresses, seed: bytes) -> dict[str, Any]:
    """Return the values that the completion and the definition give, for the template `micro-credential`.

    A recipient without a DID is named by a random UUID (RFC 9562 section 5.4), another one in each credential. Raises
    `FieldError` for a result that the definition does not describe.
    """
    report = completion.report
    values: dict[str, Any] = {
        "awardedDate": timestamps.write(completion.completed_at),
        "subjectId": completion.learner_did or f"urn:uuid:{UUID(bytes=derived(seed, SUBJECT), version=4)}",
        "recipientName": completion.learner_name,
        "result": [_result(report, index, definition, addresses) for index in range(len(report.result))],
        "evidence": [_present(id=item.id, name=item.name, description=item.description, narrative=item.narrative)
                     for item in report.evidence],
    }  # fmt: skip
    if definition.validity_period is not None:
        values["validUntil"] = timestamps.write(add_period(completion.completed_at, definition.validity_period))
    if completion.learner_email is not None:
        salt = multibase.base64url_encode(derived(seed, EMAIL_SALT))
        email = identity.normalize("emailAddress", completion.learner_email)
        values["recipientEmailHash"] = identity.hash_identity(email, salt)
        values["recipientEmailSalt"] = salt
    return values


def signing_values(public_id: str, slot: StatusSlot, addresses: Addresses, now: datetime) -> dict[str, Any]:
    """Return the values that the moment of issuing gives: the credential's address, its status entry, the time."""
    return {
        "credentialId": addresses.credential(public_id),
        "validFrom": timestamps.write(now),
        "statusEntryId": f"{slot.url}#{slot.index}",
        "statusListIndex": str(slot.index),
        "statusListCredential": slot.url,
    }


def add_period(moment: datetime, period: str) -> datetime:
    """Add a calendar period such as `P3Y` or `P1Y6M10D`; a day that the month lacks becomes its last one.

    Raises `FieldError` when the period is not one or leads beyond the calendar.
    """
    match = _PERIOD.fullmatch(period)
    years, months, days = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    if not years + months + days:
        raise FieldError("validityPeriod", f"“{period}” is not a period such as P3Y")
    month = moment.month - 1 + months
    year, month = moment.year + years + month // 12, month % 12 + 1
    try:
        last = calendar.monthrange(year, month)[1]
        return moment.replace(year=year, month=month, day=min(moment.day, last)) + timedelta(days=days)
    except (ValueError, OverflowError):
        raise FieldError("validityPeriod", f"“{period}” leads beyond the calendar") from None


def _result(report: CompletionReport, index: int, definition: Definition, addresses: Addresses) -> dict[str, str]:
    result = report.result[index]
    item = result.result_description or _named(definition, result.name, f"result[{index}].name")
    return _present(description=outcome_id(definition, item, addresses), value=result.value, status=result.status)


def _named(definition: Definition, name: str | None, path: str) -> str:
    for described in definition.results:
        if name is not None and described.name.casefold() == name.casefold():
            return described.id
    raise FieldError(path, "is not a result that the definition describes")


def _present(**members: str | None) -> dict[str, str]:
    return {name: value for name, value in members.items() if value is not None}
