"""Working through a batch: first it is divided into parts, then lanes take one part after the other.

The reports of a part, their credentials, their results and the mark that the part is done are committed together, so
that it is done once, whoever tries again. Any number of lanes (jobs, or a person's command) share a batch.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from issuer import audit
from issuer.addresses import Addresses
from issuer.db import Transaction
from issuer.errors import FieldError, IssuerError
from issuer.inbox import Answer, Arrival, Refusal
from issuer.jobs import TRANSIENT, results, rows
from issuer.jobs.batches import Batches, Order, Source, found
from issuer.jobs.results import Waiting
from issuer.jobs.rows import Row
from issuer.model.jobs import Batch, BatchPart, BatchState
from issuer.store import batches as store
from openbadge.errors import OpenBadgeError

MAX_STARTS: Final = 50
"""How often work on a part is begun. In a soak with a kill every three seconds it was six times at most; after fifty,
its own reports are what kills the process, and others would never have their turn."""

TakeIn = Callable[[Transaction, Sequence[Any], datetime], Sequence[Answer | Waiting | Refusal]]
"""Takes in a set of reports within the caller's transaction, and returns what became of each, in order."""
Lines = list[dict[str, Any]]

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Way:
    """How reports of a media type are read from the bytes of a row, given who sent them, and taken in as a set."""

    read: Callable[[bytes, str], Any]
    take_in: TakeIn


@dataclass(frozen=True, slots=True)
class BatchWork:
    """What lanes do with the batches of one institution. `ways` are those of media types other than JSON."""

    batches: Batches
    addresses: Addresses
    take_in: TakeIn
    ways: Mapping[str, Way] = field(default_factory=dict)

    def way(self, batch: Batch) -> Way:
        """Return how the reports of a batch are read and taken in."""
        return self.ways.get(rows.media_type(batch.media_type)[0], Way(Arrival.read, self.take_in))

    def divide(self, batch_id: UUID) -> int:
        """Read the body into parts, unless that is done, and return how many there are; 0 if it cannot be read."""
        batch = self.batches.get(batch_id)
        if batch.rows is None and batch.state is BatchState.RECEIVED:
            try:
                kind, parameters = rows.media_type(batch.media_type)
                parts = list(rows.parts(self.batches.readers[kind](self._body(batch_id), parameters)))
            except (OpenBadgeError, FieldError) as error:
                self._refuse(batch, error.detail)
            else:
                self._store_parts(batch, parts)
        return self.batches.progress(batch_id).parts

    def work(self, batch_id: UUID, lane: str) -> bool:
        """Work on one part in the name of a lane; False when there is nothing (more) for it to do."""
        with self._write() as tx:
            batch = found(tx, batch_id)
            part = store.take_part(tx, batch_id, lane) if batch.state is BatchState.RUNNING else None
            blob = b"" if part is None else store.content(tx, batch_id, store.ROWS, part.number) or b""
        if part is None:
            return False
        job = _Part(self, batch, part, rows.unpack(blob))
        if part.starts > MAX_STARTS:
            _log.error("batch %s part %d was begun too often and is given up", batch_id, part.number)
            job.give_up()
        else:
            job.take_in()
        return True

    def hand_in(self, source: Source, order: Order) -> tuple[Batch, bool]:
        """Store a batch and return it, and whether it is new; if `order.at_once`, a small one is worked on here.

        Errors as for `Batches.receive`.
        """
        batch, is_new = self.batches.receive(source, order)
        if not is_new:
            return batch, False
        if order.at_once and batch.size <= rows.BYTES_PER_PART:
            self._at_once(batch.id)
        return self.batches.get(batch.id), True

    def work_here(self, batch_id: UUID, tell: Callable[[], None] = lambda: None) -> None:
        """Work through a batch in this thread, together with whoever else does; `tell` is called after each part."""
        lane = f"here-{self.batches.database.random_bytes(8).hex()}"
        if self.divide(batch_id):
            while self.work(batch_id, lane):
                tell()

    def _at_once(self, batch_id: UUID) -> None:
        try:
            if self.divide(batch_id) == 1:
                self.work(batch_id, "at-once")
        except TRANSIENT as error:
            _log.warning("batch %s is left to a job: %s", batch_id, error.code)
        if self.batches.get(batch_id).state in (BatchState.RECEIVED, BatchState.RUNNING):
            self.batches.order(batch_id)

    def _write(self) -> Any:
        return self.batches.database.begin_write(self.batches.institution_id)

    def _body(self, batch_id: UUID) -> bytes:
        with self.batches.database.begin_read(self.batches.institution_id) as tx:
            pieces = store.numbers(tx, batch_id, store.BODY)
            return b"".join(store.content(tx, batch_id, store.BODY, number) or b"" for number in pieces)

    def _store_parts(self, batch: Batch, parts: Sequence[Sequence[Row]]) -> None:
        now = self.batches.clock()
        sizes = [len(part) for part in parts]
        with self._write() as tx:
            values = {"state": BatchState.RUNNING, "rows": sum(sizes), "touched_at": now}
            if store.change(tx, batch.id, (BatchState.RECEIVED,), **values):
                store.add_parts(tx, batch.id, sizes)
                store.put_content(tx, batch.id, store.ROWS, ((n, rows.pack(part)) for n, part in enumerate(parts)))
                self.end_if_done(tx, batch, now)

    def _refuse(self, batch: Batch, reason: str) -> None:
        now = self.batches.clock()
        values = {"state": BatchState.REFUSED, "reason": reason, "finished_at": now}
        with self._write() as tx:
            if store.change(tx, batch.id, (BatchState.RECEIVED,), **values):
                audit.append(tx, now, batch.reported_by, "batch.refused", str(batch.id), {})

    def end_if_done(self, tx: Transaction, batch: Batch, now: datetime) -> None:
        """Mark a batch as done when all its parts are, also if it was paused while the last one was under way."""
        counted = store.progress(tx, batch.id)
        if counted.parts_done < counted.parts:
            store.change(tx, batch.id, (BatchState.RUNNING,), touched_at=now)
            return
        values = {"state": BatchState.DONE, "touched_at": now, "finished_at": now}
        if store.change(tx, batch.id, (BatchState.RUNNING, BatchState.PAUSED), **values):
            detail = {name: getattr(counted, name) for name in results.OUTCOMES}
            audit.append(tx, now, batch.reported_by, "batch.done", str(batch.id), detail)


@dataclass(frozen=True, slots=True)
class _Part:
    """One part in the hands of a lane."""

    home: BatchWork
    batch: Batch
    part: BatchPart
    rows: list[Row]

    def take_in(self) -> None:
        """Take in the reports in one transaction; if the program fails on them as a set, one by one."""
        arrivals = [self._arrival(row) for row in self.rows]
        try:
            self._finish(lambda tx, now: self._lines(tx, self.rows, arrivals, now))
        except IssuerError:
            raise  # the database or the keys: nothing that other reports would change
        except Exception as error:
            place = (self.batch.id, self.part.number, type(error).__name__)
            _log.error("batch %s part %d failed as a set, and is tried row by row: %s", *place)
            lines = self._apart(self.rows, arrivals)
            self._finish(lambda _tx, _now: lines)

    def give_up(self) -> None:
        """Let every report fail."""
        self._finish(lambda _tx, _now: [results.given_up(row) for row in self.rows])

    def _finish(self, make: Callable[[Transaction, datetime], Lines]) -> None:
        now = self.home.batches.clock()
        with self.home._write() as tx:
            done = found(tx, self.batch.id).state is BatchState.CANCELLED
            done = done or store.is_done(tx, self.batch.id, self.part.number)
            if done:
                return
            lines = make(tx, now)
            store.finish_part(tx, self.batch.id, self.part.number, now, results.counts(lines))
            store.put_content(tx, self.batch.id, store.RESULT, [(self.part.number, results.pack(lines))])
            self.home.end_if_done(tx, self.batch, now)

    def _lines(self, tx: Transaction, taken: list[Row], arrivals: list[Any], now: datetime) -> Lines:
        unmade: set[UUID] = set()
        if not self.batch.dry_run:
            answers = self.home.way(self.batch).take_in(tx, arrivals, now)
        else:
            with tx.connection.begin_nested() as nested:  # a dry run is the same work, undone
                answers = self.home.way(self.batch).take_in(tx, arrivals, now)
                nested.rollback()
            unmade = {item.completion.id for item in answers if isinstance(item, Answer) and item.created}
        pairs = zip(taken, answers, strict=True)
        return [results.of_answer(row, answer, self.home.addresses, unmade) for row, answer in pairs]

    def _apart(self, taken: list[Row], arrivals: list[Any]) -> Lines:
        """Take in halves, and halves of them, each in its own transaction, until what fails is alone."""
        try:
            with self.home._write() as tx:
                return self._lines(tx, taken, arrivals, self.home.batches.clock())
        except IssuerError:
            raise
        except Exception:
            if len(taken) == 1:
                return [results.given_up(taken[0])]
        middle = len(taken) // 2
        return self._apart(taken[:middle], arrivals[:middle]) + self._apart(taken[middle:], arrivals[middle:])

    def _arrival(self, row: Row) -> Any:
        if row.fault is not None:
            return FieldError(row.path, row.fault)
        try:
            return self.home.way(self.batch).read(row.raw, self.batch.reported_by)
        except (IssuerError, OpenBadgeError) as error:
            return error
