"""Learning platforms at one institution: the door for their messages, and all that follows."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeVar
from uuid import UUID

from issuer import audit
from issuer.db import Transaction
from issuer.errors import IssuerError, NotFoundError
from issuer.jobs.periodic import Periodic, nightly
from issuer.lms_work.asking import Ask, Asking
from issuer.lms_work.bindings import Bindings
from issuer.lms_work.connections import Connections, Opened
from issuer.lms_work.items import Item
from issuer.lms_work.key_sets import OPTION, KeySets
from issuer.lms_work.loop import Loop
from issuer.lms_work.lti_tool import Tool
from issuer.lms_work.people_desk import PeopleDesk
from issuer.lms_work.reception import Reception
from issuer.lms_work.sealing import Vault
from issuer.lms_work.work import Work
from issuer.model.definition import MAX_SENTENCE
from issuer.model.fields import text
from issuer.model.lms import LmsCase, LmsMessage, LmsReport
from issuer.service import Service
from issuer.store import lms_messages, lms_outcomes, lti_logins

T = TypeVar("T")

AT_ONCE: Final = 64
"""Reports of one transaction: 30 milliseconds of work, so that messages that come in meanwhile are answered in time."""
KEEP_MESSAGES: Final = timedelta(days=180)
"""How long messages are kept as they came: a term and its disputes. They hold names and addresses of learners."""
_PAGE: Final = 200
_log: Final = logging.getLogger(__name__)
_SOON: Final = timedelta(minutes=1)
_LATER: Final = timedelta(minutes=15)


class Platforms:
    """All that learning platforms are about, for one institution. Safe to use from several threads.

    Nothing happens by itself before `begin`: a message is stored, and `drain` works on it. What works beside in threads
    of its own puts its end into `at_end`.
    """

    def __init__(self, service: Service, vault: Vault, ask: Ask) -> None:
        self.service = service
        self.at_end = ExitStack()
        self.connections = Connections(service.database, service.institution.id, vault, service.clock)
        self.key_sets = KeySets(ask)
        self.tool = Tool(self.connections, service.clock, ask)
        self.reception = Reception(service.database, self.connections, self.key_sets, service.clock, self._wake)
        self.people = PeopleDesk(service.database, service.institution.id, service.clock)
        self.bindings = Bindings(service.database, self.connections, service.clock)
        self.asking = Asking(service.database, self.connections, service.clock, ask)
        self._opener = threading.Thread(target=self._open_all, name="lms-opening", daemon=True)
        self._loops = (Loop("reports", self.step), Loop("questions", self.ask_due))

    def begin(self) -> None:
        """Work on reports as they come, in threads of its own; what an earlier process left undone comes first."""
        self._opener.start()
        for loop in self._loops:
            loop.begin()

    def end(self) -> None:
        """Take nothing more, and stop after the set under way: what began last comes first."""
        self.at_end.close()
        self.reception.queue.close()
        if self._opener.ident is not None:
            self._opener.join()
        for loop in self._loops:
            loop.end()

    def has_keys(self, name: str, kid: str) -> bool:
        """Whether a token with this `kid` may come to the reception, which waits for nobody: the platform need not be
        asked for its keys before. Also for a connection with no address of keys, or that is not there. Raises
        `SourceError` while it cannot be known whether there is such a key.
        """
        opened = self._keyed(name)
        return opened is None or self.key_sets.is_at_hand(opened.connection, kid, self.service.clock())

    def fetch_keys(self, name: str, kid: str) -> None:
        """Have the keys of a platform at hand, as `has_keys` says. May wait for the network. Raises `SourceError`."""
        opened = self._keyed(name)
        if opened is not None:
            self.key_sets.keys(opened.connection, kid, self.service.clock())

    def step(self) -> int:
        """Work on one set of what is new; return how many messages and reports it was."""
        read = self.reception.read_later()
        with self.service.database.begin_read(self.service.institution.id) as tx:
            waiting = lms_messages.fresh(tx, 1)
        if not waiting:
            return read
        with self._write() as tx:
            fresh = lms_messages.fresh(tx, AT_ONCE)
            self.work_on(tx, fresh)
        self._loops[1].wake()
        return read + len(fresh)

    def drain(self) -> int:
        """Work on all that is new; return how many messages and reports it was."""
        done = 0
        while count := self.step():
            done += count
        return done

    def ask_due(self) -> int:
        """Ask platforms what is to be asked now, and go on with what waited for the answers; return how many."""
        answered = self.asking.ask_due()
        if answered:
            with self._write() as tx:
                people, courses = {key[1] for key in answered}, {key[2] for key in answered}
                for connection_id in {key[0] for key in answered}:
                    found = lms_messages.about(tx, connection_id, people, courses)
                    keys = {(item.connection_id, item.person_id, item.course): item for item in found}
                    self.work_on(tx, [keys[key] for key in answered if key in keys and key[0] == connection_id])
        return len(answered)

    def work_on(self, tx: Transaction, reports: Sequence[LmsReport]) -> list[Item]:
        """Work on reports in a transaction of the caller."""
        return Work(tx, self.connections, self.service.signing.issuance, self.service.clock()).on(reports)

    def release(self) -> int:
        """Look at all held reports again, since something may have changed; return how many are held no more."""
        count, after = 0, None
        while True:
            with self._write() as tx:
                page = lms_messages.held(tx, _PAGE, after)
                items = self.work_on(tx, page)
                count += sum(item.record.state != record.state for item, record in zip(items, page, strict=True))
            if not page:
                return count
            after = page[-1].id

    def held(self, limit: int = 100, after: UUID | None = None) -> tuple[LmsReport, ...]:
        """Return held reports in order of arrival; `after` is the last id that the caller has."""
        with self.service.database.begin_read(self.service.institution.id) as tx:
            return lms_messages.held(tx, limit, after)

    def refused(self, limit: int = 100) -> tuple[LmsMessage, ...]:
        """Return messages that are from a platform and could not be read, the newest first."""
        with self.service.database.begin_read(self.service.institution.id) as tx:
            return lms_messages.refused(tx, limit)

    def cases(self, limit: int = 100) -> tuple[LmsCase, ...]:
        """Return what people have to look at, the oldest first."""
        with self.service.database.begin_read(self.service.institution.id) as tx:
            return lms_outcomes.open_cases(tx, limit)

    def settle(self, case_id: UUID, note: str, actor: str) -> None:
        """Close a case with what was decided. Raises `NotFoundError` if it is not there or closed already."""
        now = self.service.clock()
        with self._write() as tx:
            if not lms_outcomes.settle_case(tx, case_id, text(MAX_SENTENCE)(note, "note"), actor, now):
                raise NotFoundError("There is no such open case here.")
            audit.append(tx, now, actor, "lms.settle", str(case_id), {"note": note})

    def jobs(self) -> tuple[Periodic, ...]:
        """Return what a worker does at set times, also for a process that died before its work was done."""
        return (
            Periodic("lms-reports", _SOON, self._catch_up),
            Periodic("lms-held", _LATER, self._look_again),
            nightly("lms-clean-up", self._clean_up),
        )

    def _catch_up(self, _now: datetime) -> str:
        return f"{self.drain()} reports were worked on, {self.ask_due()} questions answered"

    def _look_again(self, _now: datetime) -> str:
        return f"{self.release()} reports are held no more"

    def _clean_up(self, now: datetime) -> str:
        with self._write() as tx:
            messages, logins = lms_messages.drop_messages(tx, now - KEEP_MESSAGES), lti_logins.drop_expired(tx, now)
        return f"{messages} old messages and {logins} unfinished logins were removed"

    def _keyed(self, name: str) -> Opened | None:
        """Return a connection if its platform publishes keys."""
        opened = self.connections.named([name]).get(name)
        return opened if opened is not None and OPTION in opened.connection.options else None

    def _open_all(self) -> None:
        """Open the signing key and every connection now: it is slow on purpose, and the first message waited for it.

        One that does not open keeps none of the others shut.
        """
        _tried("the signing key", self.service.signing.issuance)
        for record in _tried("the list of connections", self.connections.every) or ():
            _tried(f"the connection {record.name}", partial(self.connections.get, record.name))

    def _wake(self) -> None:
        self._loops[0].wake()

    def _write(self) -> AbstractContextManager[Transaction]:
        return self.service.database.begin_write(self.service.institution.id)


def _tried(what: str, work: Callable[[], T]) -> T | None:
    try:
        return work()
    except IssuerError as error:
        _log.warning("%s could not be opened at the start: %s", what, error.code)
        return None
