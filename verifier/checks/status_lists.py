"""Status lists as credentials: each is verified with the same care as a badge before a bit of it is believed.

Bitstring Status List 1.0, section 3.2 "Validate Algorithm", as a Data Integrity document or a signed token
(`application/vc+jwt`), and StatusList2021 in the data model of its time. The status of a list itself is not followed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from openbadge import normal_form, status, status_legacy, status_suspension, strict_json, timestamps, vocabulary
from openbadge.errors import InvalidError, UnavailableError
from openbadge.jose import jws
from openbadge.proof import vc_jwt, vc_jwt_legacy
from openbadge.proof.expanded import Expanded
from verifier.checks import limits, signature
from verifier.checks.document import START_SKEW
from verifier.fetch import STATUS_LIST_LIMIT, Fetched
from verifier.material import Material, issuer_id
from verifier.question import Question
from verifier.remembered import ReadList

MAX_TTL: Final = 10 * 365 * 24 * 3600 * 1000
"""Milliseconds of ten years: a longer time to live is no time that anyone meant."""
_OWN_CODES: Final = ("LIMIT_EXCEEDED", "STATUS_LIST_LENGTH_ERROR", "STATUS_STALE")
"""Problems of a list that keep their code; any other is a STATUS_VERIFICATION_ERROR."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One standard: the types of its `entry`, list `credential` and `subject`, and how its text becomes bits."""

    entry: str
    credential: str
    subject: str
    decode: Callable[..., bytes]


@dataclass(frozen=True, slots=True)
class StatusList:
    """A list that was verified: its `purposes`, its `bits`, and the time as of which it speaks.

    `suspended` are bits of the same length that say which of the set ones can be lifted, None if the list has none.
    """

    purposes: tuple[str, ...]
    bits: bytes
    of: datetime
    suspended: bytes | None


_KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.entry: kind
        for kind in (
            Kind(
                vocabulary.STATUS_ENTRY, vocabulary.STATUS_LIST_CREDENTIAL, vocabulary.STATUS_LIST, status.decode_list
            ),
            Kind(
                status_legacy.ENTRY_2021,
                status_legacy.CREDENTIAL_2021,
                status_legacy.LIST_2021,
                status_legacy.decode_2021,
            ),
        )
    }
)


def kind_of(entry: Mapping[str, Any]) -> Kind:
    """Return the standard of a status entry. Raises `InvalidError` STATUS_VERIFICATION_ERROR for one of neither."""
    name = _one(entry.get("type"))
    if not isinstance(name, str) or name not in _KINDS:
        raise _bad("the entry is of no kind that points into a list of bits.")
    return _KINDS[name]


def fetched(url: str, material: Material) -> Fetched:
    """Return what the list's address answered. Raises `UnavailableError` STATUS_RETRIEVAL_ERROR or why it was not."""
    try:
        return material.get(url)
    except UnavailableError as error:
        if error.code == "FETCH_FAILED":
            raise UnavailableError("STATUS_RETRIEVAL_ERROR", error.detail) from error
        raise


def sound(answer: Fetched, kind: Kind, issuer: str, size: int, material: Material, question: Question) -> StatusList:
    """Return the list in `answer` with entries of `size` bits, verified as a credential of `issuer`.

    Raises `UnavailableError` for any other list: it cannot tell.
    """
    with cannot_tell():
        read = (question.lists and question.lists.get(answer.body)) or _read(answer.body)
        document, token = read.document, read.token
        subject = _subject(document, answer.url, kind)
        if issuer_id(document) != issuer:
            raise InvalidError("ISSUER_NOT_BOUND", "it was issued by someone else.")
        signature.verify_all(document, token, material, question, read)
        of = _check_dates(document, answer.at, question)
        _check_copy(document, subject, answer.at, question.now)
        if token is not None:
            _check_claims(token, issuer, question.now)
        bits = read.bits.get((kind.entry, size))
        if bits is None:
            bits = read.bits[kind.entry, size] = kind.decode(_text(subject, "encodedList"), size=size)
        if question.lists is not None:
            question.lists.keep(answer.body, read)
        return StatusList(_purposes(subject), bits, of, status_suspension.suspended_bits(document, len(bits)))


@contextmanager
def cannot_tell() -> Iterator[None]:
    """Turn what is wrong with a list into an `UnavailableError`: the list cannot tell, the credential may be good."""
    try:
        yield
    except InvalidError as error:
        code = error.code if error.code in _OWN_CODES else "STATUS_VERIFICATION_ERROR"
        raise UnavailableError(code, f"The status list cannot be relied on: {error.detail}") from error


def _read(body: bytes) -> ReadList:
    """Read a list and check its form: what depends on nothing but its bytes."""
    document, token = _parse(body)
    limits.check_cost(document)
    (root,) = normal_form.check_status_list(document)
    return ReadList(document, token, Expanded(root, document["@context"]))


def _parse(body: bytes) -> tuple[Mapping[str, Any], vc_jwt.Token | None]:
    if not body.lstrip().startswith(b"e"):
        return strict_json.loads(body, limit=STATUS_LIST_LIMIT), None
    signed = jws.parse(body.decode("ascii", "replace").strip(), jws.CREDENTIAL_MEMBERS)
    if str(signed.header.get("typ", "JWT")) not in vc_jwt.TYPES or signed.header.get("cty", "vc") != "vc":
        raise _bad("it is a token of another type.")
    token = vc_jwt.Token(signed, strict_json.loads(signed.payload, limit=STATUS_LIST_LIMIT))
    if vc_jwt_legacy.CREDENTIAL in token.payload:
        return vc_jwt_legacy.read(body.decode("ascii").strip(), vc_jwt_legacy.CREDENTIAL).document, token
    return token.credential, token


def _subject(document: Mapping[str, Any], url: str, kind: Kind) -> Mapping[str, Any]:
    types, subject = document.get("type"), document.get("credentialSubject")
    if kind.credential not in (types if isinstance(types, list) else [types]):
        raise _bad(f"it is not a credential of the type {kind.credential}.")
    if document.get("id", url) != url:
        raise _bad("it is the list of another address.")
    if not isinstance(subject, dict) or _one(subject.get("type")) != kind.subject:
        raise _bad("it holds no list.")
    return subject


def _purposes(subject: Mapping[str, Any]) -> tuple[str, ...]:
    value = subject.get("statusPurpose")
    purposes = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str) for item in purposes):
        raise _bad("its purpose (statusPurpose) is no text and no list of texts.")
    return tuple(purposes)


def _check_dates(document: Mapping[str, Any], fetched_at: datetime, question: Question) -> datetime:
    """Return the time as of which the list speaks: when it became valid, or when it was fetched."""
    start, end = _time(document, "validFrom", "issuanceDate"), _time(document, "validUntil", "expirationDate")
    of = fetched_at if start is None else start
    if start is not None and start > question.now + START_SKEW:
        raise _stale(f"it is not valid before {timestamps.write(start)}.")
    if end is not None and end < question.now:
        raise _stale(f"it is out of date since {timestamps.write(end)}.")
    longest = question.policy.max_status_age_seconds
    if longest is not None and question.now - of > timedelta(seconds=longest):
        raise _stale(f"it is of {timestamps.write(of)}, older than the policy allows.")
    return of


def _check_copy(document: Mapping[str, Any], subject: Mapping[str, Any], fetched_at: datetime, now: datetime) -> None:
    """Accept a copy that is not older than the list allows: until its end, or for `ttl` milliseconds without an end."""
    if "ttl" not in subject:
        return
    ttl = subject["ttl"]
    if type(ttl) is not int or not 0 <= ttl <= MAX_TTL:
        raise _bad("its time to live (ttl) is not a number of milliseconds.")
    has_end = "validUntil" in document or "expirationDate" in document
    if not has_end and now - fetched_at > timedelta(milliseconds=ttl):
        raise _stale(f"this copy is of {timestamps.write(fetched_at)}, older than the {ttl:,} ms that it may be kept.")


def _check_claims(token: vc_jwt.Token, issuer: str, now: datetime) -> None:
    """Accept the claims of a list's token: VC-JOSE-COSE section 3.1.3 makes them optional; what is there must fit."""
    claims = token.payload
    if claims.get("iss", issuer) != issuer:
        raise InvalidError("ISSUER_NOT_BOUND", "its token was issued by someone else.")
    times = {name: vc_jwt.numeric_date(claims[name], name) for name in ("nbf", "exp") if name in claims}
    moments = {name: datetime.fromtimestamp(seconds, UTC) for name, seconds in times.items()}
    if moments.get("nbf", now) > now + START_SKEW or moments.get("exp", now) < now:
        raise _stale("its token is not valid now.")


def _time(document: Mapping[str, Any], *names: str) -> datetime | None:
    found = [timestamps.parse(document[name], name) for name in names if name in document]
    if len(found) > 1:
        raise _bad(f"it has both {' and '.join(names)}.")
    return found[0] if found else None


def _text(subject: Mapping[str, Any], name: str) -> str:
    value = subject.get(name)
    if not isinstance(value, str):
        raise _bad(f"it has no {name}.")
    return value


def _one(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _bad(detail: str) -> InvalidError:
    return InvalidError("STATUS_VERIFICATION_ERROR", detail)


def _stale(detail: str) -> InvalidError:
    return InvalidError("STATUS_STALE", detail)
