"""Reception: a message is proved, stored as it came together with the reports that it holds, and then answered.

Messages that come at the same time share a transaction (`issuer.group.GroupCommit`). The same message again changes
nothing. What is proved and cannot be read is kept, too, and refused with the reason. Long messages are read later, so
that their sender need not wait.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from issuer.db import Database, Transaction
from issuer.errors import ConflictError, IssuerError, NotFoundError
from issuer.group import GroupCommit
from issuer.inbox import Refusal
from issuer.lms import multipart
from issuer.lms.adapters import ADAPTERS
from issuer.lms.connection import Incoming, Verified
from issuer.lms.model import Origin, Reported
from issuer.lms_work import filing
from issuer.lms_work.connections import Connections, Opened
from issuer.lms_work.key_sets import KeySets
from issuer.model.canonical import sha256
from issuer.model.lms import LmsMessage, MessageState
from issuer.store import lms_messages as store
from issuer.store.rows import new_ids
from openbadge.errors import OpenBadgeError

READ_AT_ONCE: Final = 256 * 1024
"""Bytes up to which a message is read before it is answered: 200 statements, 30 milliseconds."""
KEPT_HEADERS: Final = ("content-type",)
"""Headers that reading a message again needs. Those that hold a secret are never kept."""
READ_LATER: Final = 4
"""Long messages that are read in one go."""


@dataclass(frozen=True, slots=True)
class Knock:
    """A message at the door of the connection that its address names."""

    connection: str
    incoming: Incoming


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a sender is told: the events that were taken in, in order; `is_new` is False for a message again.

    Of a long message, which is read later, the events are not known yet.
    """

    message_id: UUID
    is_new: bool
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Proved:
    """A message that its source sent: what it is stored as, and what it says or why it cannot be read."""

    opened: Opened
    message: LmsMessage
    reports: tuple[Reported, ...] = ()
    refusal: Refusal | None = None


class Reception:
    """The door of one institution. `stored` is called after each transaction that brought something new."""

    def __init__(
        self,
        database: Database,
        connections: Connections,
        key_sets: KeySets,
        clock: Callable[[], datetime],
        stored: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._connections = connections
        self._key_sets = key_sets
        self._clock = clock
        self._stored = stored
        self.queue = GroupCommit(self.take)

    def take(self, knocks: Sequence[Knock]) -> list[Receipt | Refusal]:
        """Take messages in, in one transaction, and return what each sender is told, in order.

        `NotFoundError` for a connection that there is none of, `SignatureError` and what else the adapters raise;
        `ConflictError` for the name of another message. Nothing is stored of what is not proved.
        """
        now = self._clock()
        opened = self._connections.named({knock.connection for knock in knocks})
        proved = [self._prove(knock, opened.get(knock.connection), now) for knock in knocks]
        good = [item for item in proved if isinstance(item, _Proved)]
        if not good:
            return [item for item in proved if not isinstance(item, _Proved)]
        with self._database.begin_write(self._connections.institution_id) as tx:
            told = _Storing(tx, now).store(good)
        self._stored()
        answers = iter(told)
        return [next(answers) if isinstance(item, _Proved) else item for item in proved]

    def read_later(self) -> int:
        """Read long messages that nobody has read yet; return how many."""
        with self._database.begin_read(self._connections.institution_id) as tx:
            messages = store.unread(tx, READ_LATER)
            opened = self._connections.within(tx, {item.connection_id for item in messages})
        for message in messages:
            found = _read(opened[message.connection_id], message)
            with self._database.begin_write(self._connections.institution_id) as tx:
                _Storing(tx, self._clock()).file(found)
        return len(messages)

    def _prove(self, knock: Knock, opened: Opened | None, now: datetime) -> _Proved | Refusal:
        if opened is None or opened.connection.kind not in ADAPTERS:
            return NotFoundError("There is nothing at this address.")
        connection = replace(opened.connection, keys=self._key_sets.known(opened.connection, now))
        try:
            verified = ADAPTERS[connection.kind].verify(knock.incoming, connection, now)
        except (IssuerError, OpenBadgeError) as error:
            return error
        message = _message(opened, knock.incoming, verified, now)
        if len(message.raw) > READ_AT_ONCE:
            return _Proved(opened, message)
        return _read(opened, message)


class _Storing:
    """Stores a set of messages in a transaction."""

    def __init__(self, tx: Transaction, now: datetime) -> None:
        self._tx = tx
        self._now = now

    def store(self, proved: Sequence[_Proved]) -> list[Receipt | Refusal]:
        """Store what is new; return what each sender is told."""
        known = store.known_messages(self._tx, [(item.message.connection_id, item.message.sha256) for item in proved])
        keys = iter(new_ids(self._tx, self._now, len(proved)))
        fresh: list[_Proved] = []
        told: list[Receipt | Refusal] = []
        for item in proved:
            name = (item.message.connection_id, item.message.sha256)
            is_new = name not in known
            if is_new:
                known[name] = next(keys)
                fresh.append(replace(item, message=replace(item.message, id=known[name])))
            events = tuple(report.event_id for report in item.reports)
            told.append(item.refusal or Receipt(known[name], is_new, events))
        store.add_messages(self._tx, [item.message for item in fresh])
        clashing = filing.file(self._tx, [_filed(item) for item in proved if item.reports], self._now)
        return [_conflict(answer, item, clashing) for answer, item in zip(told, proved, strict=True)]

    def file(self, item: _Proved) -> None:
        """Store the reports of a message that was stored before, or why it cannot be read."""
        filing.file(self._tx, [_filed(item)], self._now)
        reason = None if item.refusal is None else item.refusal.detail
        store.mark(self._tx, item.message.id, item.message.state, reason)


def _filed(item: _Proved) -> filing.Filed:
    return filing.Filed(item.opened.record.id, item.reports)


def _conflict(
    answer: Receipt | Refusal, item: _Proved, clashing: frozenset[tuple[str, str, bytes]]
) -> Receipt | Refusal:
    """Tell a sender that an event of its message has the name of another one; it is kept for a person to look at."""
    for report in item.reports:
        if (report.origin.source, report.event_id, report.digest) in clashing:
            return ConflictError("An event with this id came before with other content. A person will look at both.")
    return answer


def _message(opened: Opened, incoming: Incoming, verified: Verified, now: datetime) -> LmsMessage:
    content = verified.content
    return LmsMessage(
        id=opened.record.id,  # until it is known to be new
        institution_id=opened.record.institution_id,
        connection_id=opened.record.id,
        sha256=sha256(f"{verified.message_id}\n".encode() + (content or incoming.body)),
        raw=incoming.body,
        headers={name: incoming.headers[name] for name in KEPT_HEADERS if name in incoming.headers},
        message_id=verified.message_id,
        verified_by=verified.origin.verified_by,
        integrity=verified.origin.integrity,
        received_at=now,
        state=MessageState.NEW,
        content=None if content == incoming.body else content,
    )


def _read(opened: Opened, message: LmsMessage) -> _Proved:
    """Read a message from what is stored of it, so that the same can be done again."""
    try:
        reports = ADAPTERS[opened.connection.kind].read(_verified(opened, message), opened.connection)
    except (IssuerError, OpenBadgeError) as error:
        refused = replace(message, state=MessageState.REFUSED, reason=error.detail)
        return _Proved(opened, refused, refusal=error)
    return _Proved(opened, replace(message, state=MessageState.READ), reports)


def _verified(opened: Opened, message: LmsMessage) -> Verified:
    origin = Origin(
        opened.connection.source, sha256(message.raw), message.verified_by, message.received_at, message.integrity
    )
    content, parts = message.content or message.raw, {}
    content_type = message.headers.get("content-type", "")
    if multipart.is_multipart(content_type):
        others: Any = multipart.split(message.raw, content_type)[1:]
        parts = {sha256(one.content).hex(): one.content for one in others}
    return Verified(content, origin, message.message_id, parts)
