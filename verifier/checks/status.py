"""Revocation: Bitstring Status List 1.0, section 3.2 "Validate Algorithm".

There are three answers: the list says no, the list says revoked, nobody can tell. A list that cannot be had, or that
is not itself a sound credential of the same issuer, cannot tell. What is wrong with the credential's *own* entry (its
form, its index, a purpose that the list does not have) is the credential's fault, and fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from openbadge import normal_form, status, strict_json, timestamps, vocabulary
from openbadge.errors import InvalidError, UnavailableError
from openbadge.proof import vc_jwt
from verifier.checks import signature
from verifier.checks.document import START_SKEW
from verifier.checks.limits import check_cost
from verifier.fetch import STATUS_LIST_LIMIT, Fetched
from verifier.material import MAX_STATUSES, Material, issuer_id
from verifier.parse import Presented
from verifier.question import Question

NO_LIST: Final = "The issuer publishes no revocation list for this credential."
_SET: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "revocation": ("REVOKED", "The issuer has revoked the credential"),
        "suspension": ("SUSPENDED", "The issuer has suspended the credential"),
    }
)
"""What a bit that is set means, for each purpose whose bit is about validity: problem code and sentence."""
_CLEAR: Mapping[str, str] = MappingProxyType({"revocation": "Not revoked", "suspension": "Not suspended"})
"""What a bit that is not set means."""


@dataclass(frozen=True, slots=True)
class StatusList:
    """A list that was verified: its `purposes`, its `bits`, and the time as of which it speaks."""

    purposes: tuple[str, ...]
    bits: bytes
    of: datetime


def not_revoked(presented: Presented, material: Material, question: Question) -> str:
    """No entry of the credential is set in its list; a credential without entries passes, unless the policy asks."""
    return check_entries(presented.document, material, question)


def check_entries(document: Mapping[str, Any], material: Material, question: Question) -> str:
    """Accept a credential none of whose status entries is set, and return on what that rests.

    All entries are looked at, so that a list that is away cannot hide a revocation in another. Raises `InvalidError`
    REVOKED, SUSPENDED, RANGE_ERROR, STATUS_VERIFICATION_ERROR …, else `UnavailableError` when one cannot be told.
    """
    value = document.get("credentialStatus", [])
    entries = value if isinstance(value, list) else [value]
    if len(entries) > MAX_STATUSES:
        raise InvalidError("LIMIT_EXCEEDED", f"The credential has more than {MAX_STATUSES} status entries.")
    if not entries:
        return _without_entries(question)
    answers = [_answer(entry, issuer_id(document), material, question) for entry in entries]
    for kind in (InvalidError, UnavailableError):
        for answer in answers:
            if isinstance(answer, kind):
                raise answer
    return " ".join(str(answer) for answer in answers)


def _without_entries(question: Question) -> str:
    if question.policy.require_status:
        raise InvalidError("STATUS_VERIFICATION_ERROR", f"{NO_LIST} The policy of this verifier asks for one.")
    return NO_LIST


def _answer(entry: Any, issuer: str, material: Material, question: Question) -> str | InvalidError | UnavailableError:
    try:
        return _check_entry(entry, issuer, material, question)
    except (InvalidError, UnavailableError) as error:
        return error


def _check_entry(entry: Any, issuer: str, material: Material, question: Question) -> str:
    kind = entry.get("type") if isinstance(entry, dict) else None
    if kind not in (vocabulary.STATUS_ENTRY, [vocabulary.STATUS_ENTRY]):
        raise UnavailableError("STATUS_VERIFICATION_ERROR", f"A status of the kind {str(kind)[:50]!r} cannot be read.")
    wanted = status.StatusEntry.read(entry)
    fetched = _fetched(material, wanted.list_url)
    found = _sound_list(fetched, issuer, wanted.size, material, question)
    if wanted.purpose not in found.purposes:
        raise InvalidError(
            "STATUS_VERIFICATION_ERROR", f"The status list is not one for the purpose {wanted.purpose[:50]!r}."
        )
    return _read_bit(wanted, found)


def _read_bit(entry: status.StatusEntry, found: StatusList) -> str:
    when = timestamps.write(found.of)
    if not status.get(found.bits, entry.index, entry.size):
        return f"{_CLEAR.get(entry.purpose, 'Its status is not set')}, according to the issuer's list of {when}."
    if entry.purpose not in _SET:
        raise UnavailableError(
            "STATUS_VERIFICATION_ERROR",
            f"The list of {when} sets the status {entry.purpose[:50]!r}, which we do not know.",
        )
    code, sentence = _SET[entry.purpose]
    raise InvalidError(code, f"{sentence}, according to its list of {when}.")


def _fetched(material: Material, url: str) -> Fetched:
    try:
        return material.get(url)
    except UnavailableError as error:
        if error.code == "FETCH_FAILED":
            raise UnavailableError("STATUS_RETRIEVAL_ERROR", error.detail) from error
        raise


def _sound_list(fetched: Fetched, issuer: str, size: int, material: Material, question: Question) -> StatusList:
    """Return the list in `fetched` with entries of `size` bits, verified as a credential of `issuer`.

    Raises `UnavailableError` for any other list: it cannot tell.
    """
    try:
        return _verified_list(fetched, issuer, size, material, question)
    except InvalidError as error:
        kept = ("LIMIT_EXCEEDED", "STATUS_LIST_LENGTH_ERROR", "STATUS_STALE")
        code = error.code if error.code in kept else "STATUS_VERIFICATION_ERROR"
        raise UnavailableError(code, f"The status list cannot be relied on: {error.detail}") from error


def _verified_list(fetched: Fetched, issuer: str, size: int, material: Material, question: Question) -> StatusList:
    document, token = _read(fetched.body)
    check_cost(document)
    normal_form.check_status_list(document)
    subject = _subject(document, fetched.url)
    if issuer_id(document) != issuer:
        raise InvalidError("ISSUER_NOT_BOUND", "it was issued by someone else.")
    signature.verify_all(document, token, material, question)
    of = _check_dates(document, fetched.at, question)
    bits = status.decode_list(_text(subject, "encodedList"), size=size)
    purposes = subject.get("statusPurpose")
    return StatusList(tuple(purposes) if isinstance(purposes, list) else (str(purposes),), bits, of)


def _read(body: bytes) -> tuple[Mapping[str, Any], vc_jwt.Token | None]:
    if not body.lstrip().startswith(b"e"):
        return strict_json.loads(body, limit=STATUS_LIST_LIMIT), None
    token = vc_jwt.parse(body.decode("ascii", "replace").strip())
    return token.credential, token


def _subject(document: Mapping[str, Any], url: str) -> Mapping[str, Any]:
    types, subject = document.get("type"), document.get("credentialSubject")
    if vocabulary.STATUS_LIST_CREDENTIAL not in (types if isinstance(types, list) else [types]):
        raise InvalidError("STATUS_VERIFICATION_ERROR", "it is not a status list credential.")
    if document.get("id", url) != url:
        raise InvalidError("STATUS_VERIFICATION_ERROR", "it is the list of another address.")
    if not isinstance(subject, dict) or subject.get("type") not in (vocabulary.STATUS_LIST, [vocabulary.STATUS_LIST]):
        raise InvalidError("STATUS_VERIFICATION_ERROR", "it holds no list.")
    return subject


def _check_dates(document: Mapping[str, Any], fetched_at: datetime, question: Question) -> datetime:
    """Return the time as of which the list speaks: its own `validFrom`, or when it was fetched."""
    start = timestamps.parse(document["validFrom"], "validFrom") if "validFrom" in document else fetched_at
    if "validFrom" in document and start > question.now + START_SKEW:
        raise InvalidError("STATUS_STALE", f"it is not valid before {timestamps.write(start)}.")
    if "validUntil" in document and timestamps.parse(document["validUntil"], "validUntil") < question.now:
        raise InvalidError("STATUS_STALE", f"it is out of date since {document['validUntil']}.")
    longest = question.policy.max_status_age_seconds
    if longest is not None and question.now - start > timedelta(seconds=longest):
        raise InvalidError("STATUS_STALE", f"it is of {timestamps.write(start)}, older than the policy allows.")
    return start


def _text(subject: Mapping[str, Any], name: str) -> str:
    value = subject.get(name)
    if not isinstance(value, str):
        raise InvalidError("STATUS_VERIFICATION_ERROR", f"it has no {name}.")
    return value
