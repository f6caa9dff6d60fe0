"""Deliveries: messages about what happened, over channels such as mail, tried again until they arrive or are dead.

What happened is in the audit log, which is written in the transaction of what it reports: nothing is announced that did
not happen, and nothing that happened is forgotten, at no cost for issuing. Each channel reads the log from where it
stopped. A delivery sends what is stored; it never signs. It arrives at least once: a process that dies between sending
and noting it sends again, under the same id.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol, runtime_checkable
from uuid import UUID

from issuer import audit
from issuer.addresses import Addresses
from issuer.db import Database, Transaction
from issuer.errors import IssuerError, NotFoundError, StateError
from issuer.jobs.notice import Notice, compose, reachable
from issuer.model import AuditEntry, Institution
from issuer.model.jobs import Delivery, DeliveryState
from issuer.store import deliveries as store
from issuer.store.rows import new_ids

KIND: Final = "deliver"
"""The job that sends what is due."""
PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720, 1_440, 1_440))
"""Pauses between tries, three days in all: a server that was down over a weekend is still reached."""
LEASE: Final = timedelta(minutes=5)
"""How long whoever sends has it for itself: far above what a channel takes before it gives up."""
SENT_AT_ONCE: Final = 50
"""Deliveries of one step."""
READ_AT_ONCE: Final = 1_000
"""Audit entries that a channel reads in one transaction."""
MAX_ERROR: Final = 300

_log: Final = logging.getLogger(__name__)


class DeliveryError(IssuerError):
    """A message could not be delivered. `is_final`: trying again would not help."""

    code = "DELIVERY_FAILED"
    title = "The message could not be delivered"

    def __init__(self, detail: str, *, is_final: bool = False) -> None:
        super().__init__(detail)
        self.is_final = is_final


class Channel(Protocol):
    """A way to somebody. `events` are the audit actions that it announces; `to_learner`: only where an address is."""

    @property
    def name(self) -> str:
        """What it is called, such as `mail`."""
        ...

    @property
    def events(self) -> frozenset[str]:
        """The actions of the audit log that it announces."""
        ...

    @property
    def to_learner(self) -> bool:
        """Whether it writes to the learner, so that it needs an e-mail address."""
        ...

    def send(self, notice: Notice) -> None:
        """Send. Raises `DeliveryError`."""
        ...


@runtime_checkable
class ChoosyChannel(Channel, Protocol):
    """A channel to which most of what happens is nothing, so that it reads for itself what is."""

    def is_wanted(self, tx: Transaction) -> bool:
        """Whether there is anything to announce at all; else the log is left unread."""
        ...

    def choose(self, tx: Transaction, entries: Sequence[AuditEntry]) -> list[AuditEntry]:
        """Return the entries that it announces, of those with its `events`."""
        ...


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The deliveries of one institution over the channels that are configured."""

    database: Database
    institution: Institution
    addresses: Addresses
    clock: Callable[[], datetime]
    channels: Mapping[str, Channel]

    def collect(self) -> int:
        """Make deliveries of what is new in the audit log; return how many were made."""
        return sum(self._collect(channel) for channel in self.channels.values())

    def count_due(self, now: datetime, limit: int) -> int:
        """Return how many can be sent now, `limit` at most."""
        with self.database.begin_read(self.institution.id) as tx:
            return len(store.due(tx, tuple(self.channels), now, limit))

    def send_due(self) -> int:
        """Send some of what is due and return how many were tried; 0 when there is nothing left."""
        now = self.clock()
        with self.database.begin_write(self.institution.id) as tx:
            due = store.due(tx, tuple(self.channels), now, SENT_AT_ONCE)
            for item in due:
                store.change(tx, item, attempts=item.attempts + 1, next_attempt_at=now + LEASE)
        for item in due:
            self._send(item)
        return len(due)

    def page(self, state: DeliveryState | None = None, limit: int = 100) -> tuple[Delivery, ...]:
        """Return deliveries, the newest first; state `dead` is the list of dead letters."""
        with self.database.begin_read(self.institution.id) as tx:
            return store.page(tx, state, limit)

    def retry(self, delivery_id: UUID, actor: str) -> None:
        """Try a dead delivery again. Raises `NotFoundError`, and `StateError` for one that is not dead."""
        now = self.clock()
        with self.database.begin_write(self.institution.id) as tx:
            found = store.get(tx, delivery_id)
            if found is None:
                raise NotFoundError("There is no such delivery here.")
            if found.state is not DeliveryState.DEAD:
                raise StateError(f"This delivery is {found.state}; only one that is dead is tried again.")
            store.change(tx, found, state=DeliveryState.WAITING, attempts=0, next_attempt_at=now, done_at=None)
            audit.append(tx, now, actor, "delivery.retry", str(delivery_id), {"channel": found.channel})

    def _collect(self, channel: Channel) -> int:
        with self.database.begin_read(self.institution.id) as tx:
            idle = isinstance(channel, ChoosyChannel) and not channel.is_wanted(tx)
            if idle or store.is_up_to_date(tx, channel.name):
                return 0
        now = self.clock()
        with self.database.begin_write(self.institution.id) as tx:
            seen = store.cursor(tx, channel.name)
            news = store.news(tx, seen, READ_AT_ONCE)
            made = self._made(tx, channel, news, now)
            store.add_many(tx, made)
            if news:
                store.move_cursor(tx, channel.name, news[-1].seq)
        return len(made)

    def _made(self, tx: Transaction, channel: Channel, news: Sequence[AuditEntry], now: datetime) -> list[Delivery]:
        ours = [entry for entry in news if entry.institution_id == self.institution.id]
        wanted = [entry for entry in ours if entry.action in channel.events]
        if channel.to_learner:
            wanted = reachable(tx, wanted)
        if isinstance(channel, ChoosyChannel):
            wanted = channel.choose(tx, wanted)
        ids = new_ids(tx, now, len(wanted))
        return [
            Delivery(
                id=key,
                institution_id=self.institution.id,
                channel=channel.name,
                event=entry.action,
                subject=entry.subject,
                seq=entry.seq,
                state=DeliveryState.WAITING,
                created_at=now,
                next_attempt_at=now,
            )
            for key, entry in zip(ids, wanted, strict=True)
        ]

    def _send(self, item: Delivery) -> None:
        """Send one that was just taken, and note how it ended."""
        attempts = item.attempts + 1
        values: dict[str, object]
        try:
            with self.database.begin_read(self.institution.id) as tx:
                notice = compose(tx, item, self.institution, self.addresses)
            self.channels[item.channel].send(notice)
            values = {"state": DeliveryState.SENT, "done_at": self.clock(), "last_error": None}
        except DeliveryError as error:
            values = self._failed(attempts, error)
        except IssuerError:
            raise  # the database: the whole step is tried again
        except Exception as error:
            values = self._failed(attempts, DeliveryError(f"A defect of the program: {type(error).__name__}."))
        with self.database.begin_write(self.institution.id) as tx:
            store.note(tx, item.id, attempts, **values)

    def _failed(self, attempts: int, error: DeliveryError) -> dict[str, object]:
        now = self.clock()
        text = error.detail[:MAX_ERROR]
        if error.is_final or attempts > len(PAUSES):
            return {"state": DeliveryState.DEAD, "done_at": now, "last_error": text}
        return {"next_attempt_at": now + PAUSES[attempts - 1], "last_error": text}
