"""Decisions about issued credentials: revoking, suspending and reinstating them, and telling everybody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from issuer import status
from issuer.db import Database, Transaction
from issuer.errors import NotFoundError
from issuer.model import IssuedCredential, StatusChange, StatusState
from issuer.publication import StatusPublisher
from issuer.status import Ruling
from issuer.store import credentials


@dataclass(frozen=True, slots=True)
class Decided:
    """The decisions that count from now on, in the order of the credentials, and whether everybody can see them yet."""

    changes: tuple[StatusChange, ...]
    is_published: bool


class Decisions:
    """What is decided about the credentials of one institution. What a method returns is committed."""

    def __init__(
        self, database: Database, institution_id: UUID, publisher: StatusPublisher, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._institution_id = institution_id
        self._publisher = publisher
        self._clock = clock

    def decide(
        self, public_ids: Sequence[str], state: StatusState, reason: str, actor: str, *, at_once: bool = False
    ) -> Decided:
        """Decide about credentials by the last parts of their addresses, all of them or none, and publish it.

        What is so already stays as it is. `at_once` as for `StatusPublisher.tell`. Raises `NotFoundError` naming an
        address that is not of this institution, and what `status.decide` raises.
        """
        with self._database.begin_write(self._institution_id) as tx:
            found = self._ours(tx, public_ids)
            changes = status.decide(tx, found, Ruling(state, reason, actor, self._clock()))
        told = self._publisher.tell((change.list_id for change in changes), at_once=at_once)
        return Decided(tuple(changes), told)

    def history(self, public_id: str) -> tuple[StatusChange, ...]:
        """Return all decisions about a credential, the first one first. Raises `NotFoundError`."""
        with self._database.begin_read(self._institution_id) as tx:
            return status.history(tx, self._ours(tx, [public_id])[0])

    def _ours(self, tx: Transaction, public_ids: Sequence[str]) -> list[IssuedCredential]:
        wanted = list(dict.fromkeys(public_ids))
        found = credentials.by_public_ids(tx, wanted)
        for public_id in wanted:
            if public_id not in found:
                name = f" with the address …/{public_id[:100]}" if len(wanted) > 1 else ""
                raise NotFoundError(f"There is no such credential here{name}.")
        return [found[public_id] for public_id in wanted]
