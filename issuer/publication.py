"""Publishing status lists: signed documents that tell every decision made so far, and are never old.

A list is signed again when a decision is missing in it, after a day, when one of our keys was revoked, and a last time
when all its credentials have expired. Many decisions in a short time are few signatures: after `BURST` of them within
the delay of the settings, the next one waits, and tells all that was decided meanwhile.

What is signed is stored, then written to a file (`status_files`), which is what everybody gets.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from issuer import clock, status, status_recovery
from issuer.db import Database, Transaction
from issuer.errors import IssuerError, NotFoundError
from issuer.keys import Signer
from issuer.make import CRYPTOSUITE
from issuer.model import Institution, StatusList, StatusPublication, StatusState
from issuer.model.profile import LIST_SUITES
from issuer.signing import Signing
from issuer.status_document import RENEWAL, final_document, signed, status_list_document
from issuer.status_files import StatusFiles
from issuer.store import profiles, publications
from issuer.store import status_lists as store
from issuer.store.publications import Mark
from openbadge import strict_json
from openbadge.status import set_bits

BURST: Final = 4
"""Signatures of one list within the delay: what a person does is seen at once, what a program does a moment later."""
PATIENCE: Final = timedelta(seconds=5)
"""How long files are served without asking a database that was away: asking may take seconds."""
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Publishing:
    """Where lists are published, and after which `delay` at most a decision is told."""

    files: StatusFiles
    delay: timedelta


@dataclass(frozen=True, slots=True)
class Listed:
    """A list with its newest publication, None if it has none; whether it must be signed, and whether it is closed."""

    record: StatusList
    mark: Mark | None
    is_due: bool
    is_closed: bool


@dataclass(frozen=True, slots=True)
class _Draft:
    """All that a publication needs, as it was at one moment; `version` is the number that it gets."""

    record: StatusList
    marked: dict[StatusState, list[int]]
    last_change: int
    version: int
    issuer: str
    cryptosuite: str
    signer: Signer


class StatusPublisher:
    """Signs and serves the status lists of one institution. Safe to use from several threads and processes."""

    def __init__(
        self,
        database: Database,
        institution: Institution,
        signing: Signing,
        clock: Callable[[], datetime],
        publishing: Publishing,
    ) -> None:
        self._database = database
        self._institution = institution
        self._signing = signing
        self._clock = clock
        self._files = publishing.files
        self._delay = publishing.delay
        self._written: dict[UUID, int] = {}
        self._away_since: datetime | None = None

    def current(self, list_id: UUID) -> bytes:
        """Return the list to serve now, signed again if it is due.

        When that is impossible, the file is served as it is. Raises `NotFoundError` for a list that is not of this
        institution; without a file, too, what the database or opening the key raises.
        """
        kept = self._files.read(list_id)
        now = self._clock()
        if kept is not None and self._away_since is not None and now - self._away_since < PATIENCE:
            return kept
        try:
            document = self._file(self._refresh(list_id))
        except IssuerError as error:
            if kept is None or isinstance(error, NotFoundError):
                raise
            _log.warning("a status list is served as its file has it: %s", error.code)
            self._away_since = now
            return kept
        self._away_since = None
        return document

    def tell(self, list_ids: Iterable[UUID], *, at_once: bool = False) -> bool:
        """Publish what was decided; True if all of it can be seen now.

        `at_once` signs whatever was signed lately. What cannot be told now is told by the next worker, or when
        somebody asks for the list: the decision is stored, so failing here undoes nothing.
        """
        told = True
        for list_id in dict.fromkeys(list_ids):
            try:
                mark = self._refresh(list_id, at_once=at_once)
                self._file(mark)
            except IssuerError as error:
                _log.error("a decision is not published yet: %s", error.detail)
                told = False
            else:
                told = told and not mark.is_behind
        return told

    def overview(self, *, at_once: bool = False) -> list[Listed]:
        """Return all lists of the institution, the oldest first; `at_once` as for `tell`."""
        now = self._clock()
        with self._database.begin_read(self._institution.id) as tx:
            marks = publications.marks(tx)
            return [
                Listed(
                    record,
                    marks.get(record.id),
                    self._is_due(tx, record, marks.get(record.id), at_once=at_once),
                    status.is_closed(record, now),
                )
                for record in store.every(tx)
            ]

    def publish_due(self, *, at_once: bool = False) -> int:
        """Publish every list of the institution that is due, bring the files up to date; return how many were signed.

        Raises what the database, the disk or opening a key raises; the lists that have nothing to do with it are done
        by then.
        """
        lists = self.overview(at_once=at_once)
        failed: list[IssuerError] = []
        for item in lists:
            try:
                self._bring_up(item, at_once=at_once)
            except IssuerError as error:
                failed.append(error)
        if failed:
            raise failed[0]
        return sum(item.is_due for item in lists)

    def _bring_up(self, item: Listed, *, at_once: bool) -> None:
        mark = item.mark
        if mark is None or item.is_due or item.record.id not in self._written:
            mark = self._refresh(item.record.id, at_once=at_once)
        self._file(mark)

    def _refresh(self, list_id: UUID, *, at_once: bool = False) -> Mark:
        """Sign a list if it is due; return its newest publication."""
        if list_id not in self._written and self._took_over(list_id):
            at_once = True
        now = self._clock()
        with self._database.begin_read(self._institution.id) as tx:
            record = self._ours(tx, list_id)
            mark = publications.mark_of(tx, list_id)
            if mark is not None and not self._is_due(tx, record, mark, at_once=at_once):
                return mark
            clock.check(tx, now)
            draft = self._draft(tx, record, 1 if mark is None else mark.version + 1)
        document = _signed(draft, now)
        with self._database.begin_write(self._institution.id) as tx:
            store.note_signature(tx, draft.record, now)
            return publications.add(tx, StatusPublication(list_id, draft.version, document, draft.last_change, now))

    def _file(self, mark: Mark) -> bytes:
        """Return the newest publication as its file has it; the file is written if it has another one."""
        kept = self._files.read(mark.list_id)
        if kept is not None and self._written.get(mark.list_id) == mark.version:
            return kept
        with self._files.turn():
            with self._database.begin_read(self._institution.id) as tx:
                latest = publications.latest(tx, mark.list_id)
            if self._files.read(mark.list_id) != latest.document:
                self._files.write(mark.list_id, latest.document)
        self._written[mark.list_id] = latest.version
        return latest.document

    def _took_over(self, list_id: UUID) -> bool:
        """Whether the file knew more, since the database was set back; the database knows it, too, from now on."""
        kept = self._files.read(list_id)
        with self._database.begin_read(self._institution.id) as tx:
            record = self._ours(tx, list_id)
            published = None if kept is None else status_recovery.newer(tx, record, kept)
        if published is None:
            return False
        with self._database.begin_write(self._institution.id) as tx:
            recovered = status_recovery.recover(tx, list_id, published, self._clock())
        _log.critical("the database was set back: %d decisions were taken over from a published list", recovered)
        return True

    def _is_due(self, tx: Transaction, record: StatusList, mark: Mark | None, *, at_once: bool) -> bool:
        now = self._clock()
        if mark is None or self._is_of_revoked_key(record, mark):
            return True
        end = status.closes_at(record)
        if end is not None and now >= end:
            return mark.signed_at < end or mark.is_behind
        if now - mark.signed_at >= RENEWAL or mark.signed_at - now > clock.TOLERANCE:
            return True
        return mark.is_behind and (at_once or publications.signed_since(tx, record.id, now - self._delay) < BURST)

    def _is_of_revoked_key(self, record: StatusList, mark: Mark) -> bool:
        """A list of a revoked key would take every credential in it down, those of new keys too."""
        revoked = None if record.profile_id is not None else self._signing.last_revocation()
        return revoked is not None and mark.signed_at <= revoked

    def _ours(self, tx: Transaction, list_id: UUID) -> StatusList:
        record = status.get(tx, list_id)
        if record.institution_id != self._institution.id:
            raise NotFoundError("There is no such status list.")
        return record

    def _draft(self, tx: Transaction, record: StatusList, version: int) -> _Draft:
        marked, last_change = store.marked(tx, record.id), store.last_change(tx, record.id)
        return _Draft(record, marked, last_change, version, *self._issuer(tx, record.profile_id))

    def _issuer(self, tx: Transaction, profile_id: UUID | None) -> tuple[str, str, Signer]:
        """Whose list it is: a verifier wants it signed by the issuer of the credentials that are in it."""
        if profile_id is None:
            return self._institution.did, CRYPTOSUITE, self._signing.issuance().signer
        profile = profiles.get(tx, profile_id)
        return profile.did, LIST_SUITES[profile.key_type], self._signing.signer(profile.did, profile.key_type)


def _signed(draft: _Draft, now: datetime) -> bytes:
    """Sign a list as it was at the moment of the draft, outside of any transaction: it takes a while."""
    record, suspended = draft.record, draft.marked[StatusState.SUSPENDED]
    bits = set_bits(record.length, [*draft.marked[StatusState.REVOKED], *suspended])
    render = final_document if status.is_closed(record, now) else status_list_document
    liftable = set_bits(record.length, suspended) if suspended else None
    document = render(record.url, draft.issuer, record.purpose, bits, now, liftable)
    return strict_json.dumps(signed(document, draft.cryptosuite, draft.signer, now))
