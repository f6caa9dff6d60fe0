"""The inbox: a set of reports becomes completions and credentials, in one transaction of the caller.

    1. what is known of all of them is read: earlier reports, awards, versions, withdrawals (one statement each)
    2. every report is decided about, in order, as if the ones before it had come alone (`decide`)
    3. what can be issued is made (`issue`)
    4. completions, credentials, awards and audit lines are stored, one statement each

A report that is refused is an error of its own; its neighbours do not notice. One report is a set of one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from issuer import completions, issue, reviews
from issuer.db import Transaction
from issuer.decide import Decision, Facts, Key, Twin, decide, key_of
from issuer.definitions import Applies, Hold
from issuer.errors import ConflictError, FieldError, IssuerError
from issuer.issue import Wanted
from issuer.make import Maker
from issuer.model import Completion, CompletionReport, IssuedCredential, ReviewKind
from issuer.reviews import Reported
from issuer.store import completions as completion_store
from issuer.store import credentials, status_lists
from issuer.store import definitions as definition_store
from issuer.store import reviews as review_store
from issuer.store.rows import new_ids
from openbadge import strict_json
from openbadge.errors import OpenBadgeError

MAX_REPORT_BYTES: Final = 256 * 1024
"""Bytes of one completion report: a hundred times a report with ten results and evidence."""


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members


_JSON: Final = json.JSONDecoder(object_pairs_hook=_members)

Refusal = IssuerError | OpenBadgeError
"""Why a report was not taken in: an error as a value, so that it does not stop the others."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A report that was read: its bytes, what they say, the SHA-256 of that, and who sent it."""

    raw: bytes
    report: CompletionReport
    digest: bytes
    actor: str

    @classmethod
    def read(cls, raw: bytes, actor: str) -> Arrival:
        """Read the JSON bytes of a report. Raises `FieldError`, and the `InvalidError` of `strict_json`."""
        try:
            return cls._read_quickly(raw, actor)
        except (FieldError, ValueError, RecursionError):
            report = CompletionReport.from_json(strict_json.loads(raw, limit=MAX_REPORT_BYTES))
            return cls(raw, report, report.digest, actor)

    @classmethod
    def _read_quickly(cls, raw: bytes, actor: str) -> Arrival:
        """Read a report that is in order. `strict_json` would look at every text and at the depth, which reading the
        fields does again: all of them are known, and all are checked texts. Raises an error for whatever that one
        refuses, and then says why.
        """
        if len(raw) > MAX_REPORT_BYTES:
            raise ValueError
        report = CompletionReport.from_json(_JSON.decode(raw.decode()))
        return cls(raw, report, report.digest, actor)

    @classmethod
    def attempt(cls, raw: bytes, actor: str) -> Arrival | Refusal:
        """Read a report as `read` does, and return what that would raise."""
        try:
            return cls.read(raw, actor)
        except (IssuerError, OpenBadgeError) as error:
            return error

    @property
    def name(self) -> tuple[str, str]:
        """What the source calls it."""
        return self.report.source, self.report.source_id


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a report: the completion, its credential if there is one, and whether the report was new."""

    completion: Completion
    credential: IssuedCredential | None
    created: bool = False


def take_in(
    tx: Transaction, arrivals: Sequence[Arrival | Refusal], maker: Callable[[], Maker], now: datetime
) -> list[Answer | Refusal]:
    """Take in a set of reports and return what became of each, in order; errors of reading stay what they are.

    The same (source, source id) with the same content gives the completion that is there; with other content it is a
    `ConflictError`, and the bytes are kept for a person to look at. `FieldError` as for `decide`: nothing is stored.
    """
    return _Set(tx, arrivals, now).taken_in(maker)


def facts_of(tx: Transaction, reports: Iterable[CompletionReport], now: datetime) -> Facts:
    """Read what `decide` has to know about some reports."""
    people: dict[str, list[str]] = {}
    for report in reports:
        people.setdefault(report.definition.id, []).append(report.learner.id)
    awards: dict[Key, UUID] = {}
    withdrawn: dict[Key, datetime] = {}
    any_withdrawn = review_store.any_open(tx, ReviewKind.WITHDRAWAL)
    for definition_id, persons in people.items():
        awards |= credentials.awarded_among(tx, definition_id, persons)
        if any_withdrawn:
            withdrawn |= review_store.withdrawn_among(tx, definition_id, persons)
    revoked = credentials.revoked_among(tx, awards.values())
    versions = definition_store.versions_of(tx, list(people))
    return Facts(now, versions, awards, revoked, withdrawn, status_lists.last_signed_at(tx))


@dataclass(slots=True)
class _Draft:
    """A new completion on its way, and the credential that was issued for it."""

    arrival: Arrival
    decision: Decision
    completion: Completion
    issued: IssuedCredential | None = None


class _Set:
    """One set of reports on its way through the inbox."""

    def __init__(self, tx: Transaction, arrivals: Sequence[Arrival | Refusal], now: datetime) -> None:
        self._tx = tx
        self._arrivals = arrivals
        self._now = now
        read = [arrival for arrival in arrivals if isinstance(arrival, Arrival)]
        self._known = completion_store.by_sources(tx, [arrival.name for arrival in read])
        self._facts = facts_of(tx, (item.report for item in read if item.name not in self._known), now)
        self._ids = iter(new_ids(tx, now, len(read)))
        self._credential_ids = iter(new_ids(tx, now, len(read)))
        self._drafts: dict[tuple[str, str], _Draft] = {}
        self._conflicts: list[tuple[Arrival, UUID]] = []

    def taken_in(self, maker: Callable[[], Maker]) -> list[Answer | Refusal]:
        places = [item if not isinstance(item, Arrival) else self._sorted_in(item) for item in self._arrivals]
        drafts = list(self._drafts.values())
        self._issue(drafts, maker)
        completion_store.add_many(self._tx, [draft.completion for draft in drafts])
        issue.store(self._tx, [(item.completion, item.issued, item.arrival.actor) for item in drafts], self._now)
        for arrival, earlier in self._conflicts:
            reviews.keep(self._tx, ReviewKind.CONFLICT, _reported(arrival, earlier), self._now)
        return self._answers(places)

    def _sorted_in(self, arrival: Arrival) -> _Draft | Completion | Refusal:
        """Return the completion that is there or the draft of one; a report that is refused is its error."""
        earlier = self._known.get(arrival.name) or self._drafts.get(arrival.name)
        if earlier is None:
            return self._decided(arrival)
        completion = earlier.completion if isinstance(earlier, _Draft) else earlier
        if completion.digest == arrival.digest:
            return earlier
        self._conflicts.append((arrival, completion.id))
        return ConflictError(
            f"{arrival.report.source} has already reported “{arrival.report.source_id}” with other content. "
            "A correction needs a new sourceId."
        )

    def _decided(self, arrival: Arrival) -> _Draft | Refusal:
        try:
            decision = decide(arrival.report, self._facts)
        except FieldError as error:
            return error
        draft = _Draft(arrival, decision, self._completion(arrival, decision))
        self._drafts[arrival.name] = draft
        return draft

    def _completion(self, arrival: Arrival, decision: Decision) -> Completion:
        report = arrival.report
        return Completion(
            id=next(self._ids),
            institution_id=self._tx.institution_id,
            source=report.source,
            source_id=report.source_id,
            raw=arrival.raw,
            digest=arrival.digest,
            definition_id=report.definition.id,
            pinned_version=report.definition.version,
            person=report.learner.id,
            occurrence=report.occurrence,
            learner_name=report.learner.name,
            learner_email=report.learner.email,
            learner_did=report.learner.did,
            completed_at=report.completed_at,
            received_at=self._now,
            reported_by=arrival.actor,
            parsed=report,
            **completions.outcome(decision, next(self._credential_ids)),
        )

    def _issue(self, drafts: Sequence[_Draft], maker: Callable[[], Maker]) -> None:
        wanted, places = [], []
        for draft in drafts:
            if isinstance(draft.decision, Applies):
                wanted.append(Wanted(draft.completion, draft.decision.version))
                places.append(draft)
        for draft, (completion, issued) in zip(places, issue.make_all(self._tx, wanted, maker, self._now), strict=True):
            draft.completion, draft.issued = completion, issued
        self._link_twins(drafts)

    def _link_twins(self, drafts: Sequence[_Draft]) -> None:
        """What would be held gets the credential that one before it in the set got for the same business key."""
        awarded: dict[Key, UUID] = {}
        for draft in drafts:
            key = key_of(draft.arrival.report)
            if draft.issued is not None:
                awarded[key] = draft.issued.id
            elif key in awarded and isinstance(draft.decision, Hold):
                draft.completion = completions.decided(draft.completion, Twin(awarded[key]))

    def _answers(self, places: Sequence[_Draft | Completion | Refusal]) -> list[Answer | Refusal]:
        held = [item.completion if isinstance(item, _Draft) else item for item in places]
        ids = [item.credential_id for item in held if isinstance(item, Completion) and item.credential_id]
        made = {draft.issued.id: draft.issued for draft in self._drafts.values() if draft.issued is not None}
        made |= credentials.by_ids(self._tx, [key for key in ids if key not in made])
        answers: list[Answer | Refusal] = []
        new = {id(draft) for draft in self._drafts.values()}
        for place, item in zip(places, held, strict=True):
            if isinstance(item, Completion):
                credential = None if item.credential_id is None else made[item.credential_id]
                answers.append(Answer(item, credential, id(place) in new))
                new.discard(id(place))
            else:
                answers.append(item)
        return answers


def _reported(arrival: Arrival, earlier: UUID) -> Reported:
    report = arrival.report
    key, at = key_of(report), report.completed_at
    return Reported(arrival.raw, arrival.digest, arrival.name, key, at, arrival.actor, earlier)
