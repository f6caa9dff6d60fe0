"""Batches of completion reports: stored before they are answered, then worked through by jobs (`batch_work`).

received --> running --> done          paused <--> received, running
    \\--> refused           \\--> cancelled, from any of the open states
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, Protocol
from uuid import UUID

from issuer import audit
from issuer.db import Database, Transaction
from issuer.errors import ConflictError, FieldError, NotFoundError, StateError
from issuer.jobs import results
from issuer.jobs.rows import BYTES_PER_PART, READERS, Reader, media_type
from issuer.model.jobs import Batch, BatchState, Progress
from issuer.store import batches as store
from issuer.store import outbox
from openbadge.errors import InvalidError

KIND: Final = "batch"
"""The job that works through a batch."""
MAX_BODY_BYTES: Final = 128 * 1024 * 1024
"""Bytes of a batch: half a kilobyte for each of as many reports as it may have."""
MAX_KEY: Final = 200
"""Characters of an idempotency key; a UUID has 36."""
STALLED_AFTER: Final = timedelta(minutes=10)
"""A batch on which nothing went on for so long is ordered anew: hundreds of times what a part takes."""

_PIECE: Final = 1024 * 1024
"""Bytes of a stored piece of a body, so that a whole one need not be in memory to be stored."""
_S = BatchState
_OPEN: Final = (_S.RECEIVED, _S.RUNNING, _S.PAUSED)


class Source(Protocol):
    """A file that can be read again from its beginning."""

    def seek(self, offset: int, /) -> int:
        """Go to a place."""
        ...

    def read(self, size: int, /) -> bytes:
        """Return the next bytes; none at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Order:
    """What comes with the body of a batch. `key` names it for whoever sends: the same key twice is one batch.

    `at_once`: whoever hands it in works on it, if it is small (`BatchWork.hand_in`), so that no job is ordered.
    """

    media_type: str
    actor: str
    key: str | None = None
    dry_run: bool = False
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Batches:
    """The batches of one institution. `readers` say which media types can be read, and how."""

    database: Database
    institution_id: UUID
    clock: Callable[[], datetime]
    readers: Mapping[str, Reader] = field(default_factory=lambda: READERS)

    def receive(self, source: Source, order: Order) -> tuple[Batch, bool]:
        """Store a batch from a file that can be read twice, and order the work on it; return it, and whether it is new.

        The same key with the same body gives the batch that is there. Raises `FieldError` for a media type that is
        not read here or a bad key, `InvalidError` LIMIT_EXCEEDED for a body that is too long, `ConflictError` for a
        key that came with another body.
        """
        self._check(order)
        digest, size = _measure(source)
        now = self.clock()
        with self.database.begin_write(self.institution_id) as tx:
            earlier = None if order.key is None else store.by_key(tx, order.key)
            if earlier is not None:
                return _same(earlier, digest, order), False
            batch = _new(tx, order, digest, size, now)
            store.add(tx, batch)
            for number, piece in enumerate(_pieces(source)):
                store.put_content(tx, batch.id, store.BODY, [(number, piece)])
            audit.append(tx, now, order.actor, "batch.receive", str(batch.id), {"sha256": digest.hex()})
            if not (order.at_once and size <= BYTES_PER_PART):
                _order(tx, batch.id, now)
        return batch, True

    def order(self, batch_id: UUID) -> None:
        """Order the work on a batch that was to be done at once and could not be."""
        with self.database.begin_write(self.institution_id) as tx:
            _order(tx, batch_id, self.clock())

    def pause(self, batch_id: UUID, actor: str) -> Batch:
        """Let the parts under way end, and begin no other. Raises `StateError` if it is not at work."""
        return self._turn(batch_id, (_S.RECEIVED, _S.RUNNING), BatchState.PAUSED, actor)

    def resume(self, batch_id: UUID, actor: str) -> Batch:
        """Go on with a paused batch. Raises `StateError` if it is not paused."""
        state = BatchState.RECEIVED if self.get(batch_id).rows is None else BatchState.RUNNING
        return self._turn(batch_id, (_S.PAUSED,), state, actor)

    def cancel(self, batch_id: UUID, actor: str) -> Batch:
        """Begin no other part, ever; what was issued stays. Raises `StateError` if it has ended."""
        return self._turn(batch_id, _OPEN, BatchState.CANCELLED, actor)

    def restart_stalled(self) -> int:
        """Order the work anew on batches on which nothing went on for `STALLED_AFTER`; return how many.

        That is the case when the records of the job engine were lost, or a job ended by a defect of ours.
        """
        now = self.clock()
        with self.database.begin_read(self.institution_id) as tx:
            if not store.stalled(tx, now - STALLED_AFTER):
                return 0
        with self.database.begin_write(self.institution_id) as tx:
            stalled = store.stalled(tx, now - STALLED_AFTER)
            for batch in stalled:
                store.change(tx, batch.id, (batch.state,), touched_at=now)
                _order(tx, batch.id, now)
        return len(stalled)

    def get(self, batch_id: UUID) -> Batch:
        """Return a batch. Raises `NotFoundError`."""
        with self.database.begin_read(self.institution_id) as tx:
            return found(tx, batch_id)

    def page(self, limit: int = 100, before: UUID | None = None) -> tuple[Batch, ...]:
        """Return batches, the newest first; `before` is the last id that the caller has."""
        with self.database.begin_read(self.institution_id) as tx:
            return store.page(tx, limit, before)

    def progress(self, batch_id: UUID) -> Progress:
        """Return how far a batch is. Raises `NotFoundError`."""
        with self.database.begin_read(self.institution_id) as tx:
            found(tx, batch_id)
            return store.progress(tx, batch_id)

    def result(self, batch_id: UUID, ending: str) -> Iterator[bytes]:
        """Return the result file so far, piece by piece; `ending` is a key of `results.FORMATS`.

        Raises `NotFoundError`, and `FieldError` for another ending.
        """
        if ending not in results.FORMATS:
            raise FieldError("format", f"must be one of {', '.join(results.FORMATS)}")
        with self.database.begin_read(self.institution_id) as tx:
            found(tx, batch_id)
            numbers = store.numbers(tx, batch_id, store.RESULT)
        return results.FORMATS[ending][1](self._contents(batch_id, numbers))

    def _contents(self, batch_id: UUID, numbers: Sequence[int]) -> Iterator[bytes]:
        """Read result after result, each in a transaction of its own: whoever downloads may be slow."""
        for number in numbers:
            with self.database.begin_read(self.institution_id) as tx:
                content = store.content(tx, batch_id, store.RESULT, number)
            yield content or b""

    def _check(self, order: Order) -> None:
        if media_type(order.media_type)[0] not in self.readers:
            raise FieldError("Content-Type", f"must be one of {', '.join(self.readers)}")
        if order.key is not None and not 0 < len(order.key) <= MAX_KEY:
            raise FieldError("Idempotency-Key", f"must have 1 to {MAX_KEY} characters")

    def _turn(self, batch_id: UUID, before: Sequence[BatchState], after: BatchState, actor: str) -> Batch:
        now = self.clock()
        ends = {"finished_at": now} if after is BatchState.CANCELLED else {}
        with self.database.begin_write(self.institution_id) as tx:
            batch = found(tx, batch_id)
            if not store.change(tx, batch_id, before, state=after, touched_at=now, **ends):
                raise StateError(f"This batch is {batch.state}, so that this cannot be done with it.")
            audit.append(tx, now, actor, f"batch.{after}", str(batch_id), {"before": batch.state.value})
            if after in (BatchState.RECEIVED, BatchState.RUNNING):
                _order(tx, batch_id, now)
            return found(tx, batch_id)


def found(tx: Transaction, batch_id: UUID) -> Batch:
    """Return a batch of the institution. Raises `NotFoundError`."""
    batch = store.get(tx, batch_id)
    if batch is None:
        raise NotFoundError("There is no such batch here.")
    return batch


def _measure(source: Source) -> tuple[bytes, int]:
    """Return the SHA-256 and the number of bytes of a body."""
    digest, size = sha256(), 0
    for piece in _pieces(source):
        size += len(piece)
        if size > MAX_BODY_BYTES:
            detail = f"The batch has more than {MAX_BODY_BYTES:,} bytes. Send it as several."
            raise InvalidError("LIMIT_EXCEEDED", detail)
        digest.update(piece)
    return digest.digest(), size


def _pieces(source: Source) -> Iterator[bytes]:
    source.seek(0)
    while piece := source.read(_PIECE):
        yield piece


def _new(tx: Transaction, order: Order, digest: bytes, size: int, now: datetime) -> Batch:
    batch_id = tx.new_id(now)
    return Batch(
        id=batch_id,
        institution_id=tx.institution_id,
        key=order.key or str(batch_id),
        media_type=order.media_type,
        sha256=digest,
        size=size,
        dry_run=order.dry_run,
        state=BatchState.RECEIVED,
        reported_by=order.actor,
        created_at=now,
        touched_at=now,
    )


def _same(earlier: Batch, digest: bytes, order: Order) -> Batch:
    if (earlier.sha256, earlier.dry_run) != (digest, order.dry_run):
        raise ConflictError("A batch with this Idempotency-Key came before with other content.")
    return replace(earlier)


def _order(tx: Transaction, batch_id: UUID, now: datetime) -> None:
    """Order the work on a batch; what its earlier jobs have begun and not ended is free again."""
    store.release_parts(tx, batch_id)
    outbox.put(tx, KIND, {"batch": str(batch_id)}, now)
