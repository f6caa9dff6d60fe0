"""Revocation: Bitstring Status List 1.0, section 3.2 "Validate Algorithm", and the lists of older badges.

There are three answers: the list says no, the list says revoked, nobody can tell. A list that cannot be had, or that
is not itself a sound credential of the same issuer, cannot tell. What is wrong with the credential's *own* entry (its
form, its index, a purpose that the list does not have) is the credential's fault, and fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from openbadge import status, status_legacy, status_suspension, strict_json, timestamps, vocabulary
from openbadge.errors import InvalidError, UnavailableError
from verifier.checks import signature, status_lists
from verifier.checks.status_lists import StatusList
from verifier.material import MAX_STATUSES, Material, issuer_id, on_own_origin
from verifier.parse import Presented
from verifier.question import Question

REVOCATION: Final = "revocation"
NO_LIST: Final = "The issuer publishes no revocation list for this credential."
NOT_SHOWN: Final = (
    "It shows no revocation list. Its kind of signature lets the holder leave out what the issuer did not make "
    "mandatory, so the issuer may publish one all the same."
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the bits of one purpose say: in words when they are clear and set, and whether set ones end validity.

    `code` is the problem of a set bit, or None when it only informs.
    """

    clear: str
    set: str
    code: str | None = None


_MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        REVOCATION: Meaning("Not revoked", "The issuer has revoked the credential", "REVOKED"),
        status_suspension.PURPOSE: Meaning(
            "Not suspended",
            "The issuer has suspended the credential for the time being, so it is not valid now; it may be again later",
            "SUSPENDED",
        ),
        "refresh": Meaning("No newer version of it is out", "The issuer has a newer version of it"),
        status.MESSAGE: Meaning("The issuer's note on it", "The issuer's note on it"),
    }
)
"""The purposes of Bitstring Status List 1.0, section 2.2; the first two decide, the others inform."""


def not_revoked(presented: Presented, material: Material, question: Question) -> str:
    """No entry of the credential ends its validity; one without entries passes, unless the policy asks for one."""
    if "credentialStatus" not in presented.document and not question.policy.require_status:
        return NOT_SHOWN if signature.may_be_partial(presented) else NO_LIST
    return check_entries(presented.document, material, question)


def check_entries(document: Mapping[str, Any], material: Material, question: Question) -> str:
    """Accept a credential none of whose status entries ends its validity, and return on what that rests.

    All entries are looked at, so that a list that is away cannot hide a revocation in another. Raises `InvalidError`
    REVOKED, SUSPENDED, RANGE_ERROR, STATUS_VERIFICATION_ERROR …, else `UnavailableError` when one cannot be told.
    """
    value = document.get("credentialStatus", [])
    entries = value if isinstance(value, list) else [value]
    if len(entries) > MAX_STATUSES:
        raise InvalidError("LIMIT_EXCEEDED", f"The credential has more than {MAX_STATUSES} status entries.")
    if not entries and question.policy.require_status:
        raise InvalidError("STATUS_VERIFICATION_ERROR", f"{NO_LIST} The policy of this verifier asks for one.")
    answers = [_answer(entry, document, material, question) for entry in entries]
    for kind in (InvalidError, UnavailableError):
        for answer in answers:
            if isinstance(answer, kind):
                raise answer
    return " ".join(str(answer) for answer in answers) if answers else NO_LIST


def _answer(
    entry: Any, document: Mapping[str, Any], material: Material, question: Question
) -> str | InvalidError | UnavailableError:
    kind = entry.get("type") if isinstance(entry, dict) else None
    name = kind[0] if isinstance(kind, list) and len(kind) == 1 else kind
    reader = _READERS.get(name) if isinstance(name, str) else None
    if reader is None:
        return UnavailableError(
            "STATUS_VERIFICATION_ERROR", f"Revocation could not be checked: a status {str(kind)[:50]!r} is not known."
        )
    try:
        return reader(entry, document, material, question)
    except (InvalidError, UnavailableError) as error:
        return error


def _bits(entry: Mapping[str, Any], document: Mapping[str, Any], material: Material, question: Question) -> str:
    """Read an entry that points into a list of bits, of either standard."""
    kind = status_lists.kind_of(entry)
    wanted = status.StatusEntry.read(entry, kind.entry)
    fetched = status_lists.fetched(wanted.list_url, material)
    found = status_lists.sound(fetched, kind, issuer_id(document), wanted.size, material, question)
    if wanted.purpose not in found.purposes:
        raise InvalidError(
            "STATUS_VERIFICATION_ERROR", f"The status list is not one for the purpose {wanted.purpose[:50]!r}."
        )
    return _read_bits(wanted, found)


def _read_bits(entry: status.StatusEntry, found: StatusList) -> str:
    value = status.get(found.bits, entry.index, entry.size)
    source = f"according to the issuer's list of {timestamps.write(found.of)}"
    meaning = _MEANINGS.get(_purpose(entry, found))
    if meaning is None and value:
        raise UnavailableError(
            "STATUS_VERIFICATION_ERROR", f"A status {entry.purpose[:50]!r} is set, which we do not know, {source}."
        )
    words = "Its status is not set" if meaning is None else meaning.set if value else meaning.clear
    note = f" ({entry.messages[value][:200]})" if entry.messages else ""
    if meaning is not None and meaning.code is not None and value:
        raise InvalidError(meaning.code, f"{words}{note}, {source}.")
    return f"{words}{note}, {source}."


def _purpose(entry: status.StatusEntry, found: StatusList) -> str:
    """The purpose of an entry: of a set bit for revocation, the list may say that it is a suspension only.

    Such a credential is as little valid as a revoked one; what is said of it differs.
    """
    if found.suspended is None or entry.purpose != REVOCATION or entry.size != 1:
        return entry.purpose
    both = status.get(found.bits, entry.index) and status.get(found.suspended, entry.index)
    return status_suspension.PURPOSE if both else entry.purpose


def _revocation_list(
    entry: Mapping[str, Any], document: Mapping[str, Any], material: Material, _question: Question
) -> str:
    """Read a 1EdTechRevocationList: it has no signature, so only the issuer's own web server can vouch for it."""
    url, credential = entry.get("id"), document.get("id")
    if not isinstance(url, str) or not isinstance(credential, str):
        raise InvalidError("MALFORMED_VALUE_ERROR", "The status entry or the credential has no id.")
    issuer = issuer_id(document)
    if not on_own_origin(url, issuer):
        raise UnavailableError(
            "STATUS_VERIFICATION_ERROR",
            "Revocation could not be checked: the revocation list is not signed, and not at an address of the issuer.",
        )
    fetched = status_lists.fetched(url, material)
    with status_lists.cannot_tell():
        revoked = status_legacy.revoked_ids(strict_json.loads(fetched.body), url, issuer)
    source = f"according to the issuer's list, fetched {timestamps.write(fetched.at)}"
    if status_legacy.comparable_id(credential) in revoked:
        raise InvalidError("REVOKED", f"The issuer has revoked the credential, {source}.")
    return f"Not revoked, {source}."


_READERS: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any], Material, Question], str]] = MappingProxyType(
    {
        vocabulary.STATUS_ENTRY: _bits,
        status_legacy.ENTRY_2021: _bits,
        status_legacy.REVOCATION_LIST: _revocation_list,
    }
)
"""How an entry is read, by its type. Any other type cannot be told."""
