"""From a completion to the slot values of its credential.

What is not in the completion is derived from the credential's *seed*, 32 secret bytes: BLAKE2b keyed with the seed
(RFC 7693 section 2.9, a pseudorandom function), of 16 bytes, personalised with a label of its own for each thing. So
nobody can tell one from another, and the same seed gives the same credential again.
"""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

from issuer.achievement import outcome_id
from issuer.addresses import Addresses
from issuer.errors import FieldError
from issuer.model import Completion, CompletionReport, Definition, Evidence, StatusSlot
from openbadge import identity, multibase, timestamps

DERIVED_BYTES: Final = 16
"""Bytes of each derived value. 128 bits: nobody finds a credential by trying addresses, and since an e-mail address is
guessable, its hash has a salt of its own in every credential."""
PUBLIC_ID: Final = b"public id"
SUBJECT: Final = b"subject"
EMAIL_SALT: Final = b"e-mail salt"
"""The labels, of 16 bytes at most. Changing one changes what a plan gives."""

_PERIOD: Final = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?")


def derived(seed: bytes, label: bytes) -> bytes:
    """Return the 16 bytes that a seed gives under a label."""
    return blake2b(key=seed, person=label, digest_size=DERIVED_BYTES).digest()


def public_id_of(seed: bytes) -> str:
    """Return the unguessable part of the credential's address: 22 characters of base64url, the first one a letter.

    One that began with `-` would be taken for an option on a command line, and for a formula in a spreadsheet; the
    first of its 128 bits is spent on that.
    """
    first, *rest = derived(seed, PUBLIC_ID)
    return multibase.base64url_encode(bytes((first & 0x7F, *rest)))


def slot_values(completion: Completion, definition: Definition, addresses: Addresses, seed: bytes) -> dict[str, Any]:
    """Return the values that the completion and the definition give, for the template `micro-credential`.

    A recipient without a DID is named by a random UUID (RFC 9562 section 5.4), another one in each credential. Raises
    `FieldError` for a result that the definition does not describe.
    """
    values: dict[str, Any] = {
        "awardedDate": timestamps.write(completion.completed_at),
        "subjectId": completion.learner_did or _uuid(derived(seed, SUBJECT)),
        "recipientName": completion.learner_name,
    }
    report = completion.report
    if report.result:
        values["result"] = [_result(report, index, definition, addresses) for index in range(len(report.result))]
    if report.evidence:
        values["evidence"] = [_evidence(item) for item in report.evidence]
    end = valid_until(completion, definition)
    if end is not None:
        values["validUntil"] = timestamps.write(end)
    if completion.learner_email is not None:
        salt = multibase.base64url_encode(derived(seed, EMAIL_SALT))
        email = identity.normalize("emailAddress", completion.learner_email)
        values["recipientEmailHash"] = identity.hash_identity(email, salt)
        values["recipientEmailSalt"] = salt
    return values


def valid_until(completion: Completion, definition: Definition) -> datetime | None:
    """Return when the credential of a completion expires; None if never. Raises `FieldError` as `add_period`."""
    period = definition.validity_period
    return None if period is None else add_period(completion.completed_at, period)


def _uuid(random: bytes) -> str:
    """Return 16 random bytes as the address of a UUID of version 4 (RFC 9562 section 5.4)."""
    digits = random.hex()
    variant = "89ab"[random[8] >> 6]
    return f"urn:uuid:{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def _evidence(item: Evidence) -> dict[str, str]:
    return _present(id=item.id, name=item.name, description=item.description, narrative=item.narrative)


def signing_values(public_id: str, slot: StatusSlot, addresses: Addresses, now: datetime) -> dict[str, Any]:
    """Return the values that the moment of issuing gives: the credential's address, its status entry, the time."""
    return {
        "credentialId": addresses.credential(public_id),
        "validFrom": timestamps.write(now),
        "statusEntryId": f"{slot.url}#{slot.index}",
        "statusListIndex": str(slot.index),
        "statusListCredential": slot.url,
    }


@lru_cache(maxsize=1_024)
def add_period(moment: datetime, period: str) -> datetime:
    """Add a calendar period such as `P3Y` or `P1Y6M10D` to a moment in UTC.

    A day that the month lacks becomes its last one. Remembered, since it is asked twice for each credential, and those
    of one class often end at the same moment.

    Raises `FieldError` when the period is not one or leads beyond the calendar.
    """
    years, months, days = _parts_of(period)
    month = moment.month - 1 + months
    year, month = moment.year + years + month // 12, month % 12 + 1
    try:
        last = calendar.monthrange(year, month)[1]
        return moment.replace(year=year, month=month, day=min(moment.day, last)) + timedelta(days=days)
    except (ValueError, OverflowError):
        raise FieldError("validityPeriod", f"“{period}” leads beyond the calendar") from None


@lru_cache(maxsize=256)
def _parts_of(period: str) -> tuple[int, int, int]:
    match = _PERIOD.fullmatch(period)
    years, months, days = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    if not years + months + days:
        raise FieldError("validityPeriod", f"“{period}” is not a period such as P3Y")
    return years, months, days


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
