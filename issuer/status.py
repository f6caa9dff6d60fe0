"""Status entries: giving each credential its own, and deciding about it (Bitstring Status List 1.0).

An entry's number must not tell when a credential was issued, or neighbours in the list would be neighbours in the
lecture hall. So entries are numbered by a counter, which never gives one out twice, and the counter is scattered
over the list by a secret permutation (`permutation`).

A credential that expires in 2029 has its entry in a list of 2029, one without an end in a list without a year. Once
the last credential of a year has expired, its lists are closed: published a last time, and never changed again.

A revocation is for good, a suspension can be lifted. A credential has one entry with one bit, which both set: see
docs/decisions/0016-suspension.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final, Protocol
from uuid import UUID

from issuer import audit
from issuer.addresses import Addresses
from issuer.audit import Line
from issuer.db import Transaction
from issuer.errors import BusyError, NotFoundError, StateError
from issuer.model import StatusChange, StatusList, StatusSlot, StatusState
from issuer.permutation import permute
from issuer.store import institutions
from issuer.store import status_lists as store
from openbadge.vocabulary import MINIMUM_LIST_ENTRIES

REVOCATION: Final = "revocation"
LIST_LENGTH: Final = MINIMUM_LIST_ENTRIES
"""Entries of a new list: the least that the standard allows, 16 KiB before compression. Every year may have many."""
GRACE: Final = timedelta(days=90)
"""How long after the end of its year a list is open: for disputes about a credential that expired on New Year's Eve."""
ACTIONS: Final[Mapping[StatusState, str]] = MappingProxyType(
    {StatusState.REVOKED: "revoke", StatusState.SUSPENDED: "suspend", StatusState.REINSTATED: "reinstate"}
)
"""The verb of each decision, as the audit log and the command line have it."""


class Entry(Protocol):
    """What has a status entry: an issued credential, say."""

    @property
    def id(self) -> UUID:
        """Its key."""

    @property
    def status_list_id(self) -> UUID:
        """The list that its entry is in."""

    @property
    def status_index(self) -> int:
        """Where in that list."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What is decided about some credentials, why, by whom and when."""

    state: StatusState
    reason: str
    actor: str
    at: datetime


def allocate(
    tx: Transaction, purpose: str, now: datetime, profile_id: UUID | None = None, valid_year: int | None = None
) -> StatusSlot:
    """Give away one entry, as `allocate_many` does."""
    return allocate_many(tx, purpose, 1, now, profile_id, valid_year)[0]


def allocate_many(
    tx: Transaction,
    purpose: str,
    count: int,
    now: datetime,
    profile_id: UUID | None = None,
    valid_year: int | None = None,
) -> list[StatusSlot]:
    """Give away `count` entries that no other credential has or will have; opens a new list if the others are full.

    The lists are the institution's own, or those of an issuer profile, for credentials that expire in `valid_year`
    (None: never). The entries are used up even if nothing comes of them, unless the transaction is rolled back.
    """
    slots: list[StatusSlot] = []
    while len(slots) < count:
        opened = store.open_list(tx, purpose, profile_id, valid_year)
        opened = opened or _open(tx, purpose, now, profile_id, valid_year)
        part = min(count - len(slots), opened.length - opened.taken)
        if not store.take(tx, opened, part, now):
            raise BusyError("Another writer took status entries at the same time. Try again.")
        numbers = range(opened.taken, opened.taken + part)
        slots += [
            StatusSlot(opened.id, permute(number, opened.length, opened.permutation_key), opened.url)
            for number in numbers
        ]
    return slots


def year_of(valid_until: datetime | None) -> int | None:
    """Return the year (UTC) whose lists have the entries of credentials that expire then."""
    return None if valid_until is None else valid_until.astimezone(UTC).year


def closes_at(record: StatusList) -> datetime | None:
    """Return when a list is closed, because all its credentials have expired; None for one that never is."""
    return None if record.valid_year is None else datetime(record.valid_year + 1, 1, 1, tzinfo=UTC) + GRACE


def is_closed(record: StatusList, now: datetime) -> bool:
    """Whether nothing is decided any more about the entries of a list."""
    end = closes_at(record)
    return end is not None and now >= end


def seal(tx: Transaction) -> int:
    """Give no entry away any more of the lists that there are, and return how many had some left.

    For a database that was set back, by a backup for example: credentials that it does not know may have entries.
    """
    return store.seal(tx)


def decide(tx: Transaction, entries: Sequence[Entry], ruling: Ruling, kind: str = "credential") -> list[StatusChange]:
    """Decide about credentials, all of them or none, and return the decision that counts for each from now on.

    What is so already stays as it is, with the reason that it had. `kind` is what the audit log calls them. Raises
    `StateError` for one that was revoked and shall be anything else, for one that shall be reinstated and was never
    suspended, and for one that has long expired.
    """
    _check_open(tx, entries, ruling.at)
    newest = store.newest_changes(tx, [(entry.status_list_id, entry.status_index) for entry in entries])
    made: list[StatusChange] = []
    lines: list[Line] = []
    for entry in entries:
        place = entry.status_list_id, entry.status_index
        if _changes(newest.get(place), ruling.state):
            newest[place] = StatusChange(*place, ruling.reason, ruling.actor, ruling.at, ruling.state)
            made.append(newest[place])
            lines.append(_line(entry, ruling, kind))
    store.add_changes(tx, made)
    audit.append_many(tx, ruling.at, lines)
    return [newest[entry.status_list_id, entry.status_index] for entry in entries]


def revoke(tx: Transaction, credential: Entry, reason: str, actor: str, now: datetime) -> StatusChange:
    """Revoke a credential and return the decision. Revoking again changes nothing and returns the first decision."""
    return decide(tx, [credential], Ruling(StatusState.REVOKED, reason, actor, now))[0]


def moved(tx: Transaction, pairs: Sequence[tuple[Entry, Entry]], end: Ruling) -> list[StatusChange]:
    """Return what must be decided when credentials get another entry, (before, after): the old one ends with `end`,
    and who was suspended stays so."""
    places = [(before.status_list_id, before.status_index) for before, _ in pairs]
    newest = store.newest_changes(tx, places)
    ended = [StatusChange(*place, end.reason, end.actor, end.at, end.state) for place in places]
    kept = [
        replace(newest[place], list_id=after.status_list_id, index=after.status_index)
        for place, (_, after) in zip(places, pairs, strict=True)
        if place in newest and newest[place].state is StatusState.SUSPENDED
    ]
    return ended + kept


def current(tx: Transaction, credential: Entry) -> StatusChange | None:
    """Return the decision that counts for a credential; None if there was none."""
    place = credential.status_list_id, credential.status_index
    return store.newest_changes(tx, [place]).get(place)


def history(tx: Transaction, credential: Entry) -> tuple[StatusChange, ...]:
    """Return all decisions about a credential, the first one first."""
    return store.changes_of(tx, credential.status_list_id, credential.status_index)


def is_revoked(tx: Transaction, credential: Entry) -> bool:
    """Whether a credential was revoked, which is for good."""
    change = current(tx, credential)
    return change is not None and change.state is StatusState.REVOKED


def get(tx: Transaction, list_id: UUID) -> StatusList:
    """Return a list, or raise `NotFoundError`."""
    found = store.get(tx, list_id)
    if found is None:
        raise NotFoundError("There is no such status list.")
    return found


def _changes(before: StatusChange | None, wanted: StatusState) -> bool:
    """Whether a decision changes anything. Raises `StateError` if it must not be made."""
    state = None if before is None else before.state
    if state is StatusState.REVOKED and wanted is not state:
        raise StateError("A revocation cannot be taken back. Issue a new credential instead.")
    if state is None and wanted is StatusState.REINSTATED:
        raise StateError("This credential is not suspended, so it cannot be reinstated.")
    return state is not wanted


def _check_open(tx: Transaction, entries: Sequence[Entry], now: datetime) -> None:
    for list_id in dict.fromkeys(entry.status_list_id for entry in entries):
        if is_closed(get(tx, list_id), now):
            raise StateError("This credential expired so long ago that its status list is closed. It stays expired.")


def _line(entry: Entry, ruling: Ruling, kind: str) -> Line:
    detail = {"reason": ruling.reason, "status": place_text(entry.status_list_id, entry.status_index)}
    return Line(ruling.actor, f"{kind}.{ACTIONS[ruling.state]}", str(entry.id), detail)


def place_text(list_id: UUID, index: int) -> str:
    """Return an entry as the audit log names it, so that it is known even where the credential is not."""
    return f"{list_id}#{index}"


def _open(tx: Transaction, purpose: str, now: datetime, profile_id: UUID | None, valid_year: int | None) -> StatusList:
    list_id = tx.new_id(now)
    base_url = institutions.get(tx, tx.institution_id).base_url
    record = StatusList(
        id=list_id,
        institution_id=tx.institution_id,
        url=Addresses(base_url).status_list(list_id),
        purpose=purpose,
        length=LIST_LENGTH,
        taken=0,
        permutation_key=tx.random_bytes(32),
        created_at=now,
        profile_id=profile_id,
        valid_year=valid_year,
    )
    store.add(tx, record)
    return record
