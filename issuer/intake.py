"""Completions at work: taking reports in and issuing at once, or holding them until the cause is gone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from issuer import auth, completions
from issuer.auth import Principal
from issuer.db import Database
from issuer.errors import IssuerError
from issuer.inbox import Answer, Arrival, Refusal, take_in
from issuer.model import CompletionState
from issuer.release import CAUSES_THAT_PASS, due, release
from issuer.signing import Signing
from issuer.store import completions as store
from issuer.store import credentials

SCOPE: Final = "completions:write"
"""What a token must allow for reporting."""
_PAGE: Final = 500
"""Held completions decided about in one transaction: a second of work at most, so that reports do not wait long."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A report as it came in, and who sent it."""

    raw: bytes
    actor: str


@dataclass(frozen=True, slots=True)
class Knock:
    """A report as it came in, with the `Authorization` header of who sent it."""

    raw: bytes
    authorization: str | None


class Intake:
    """The completions of one institution. What a method returns is committed. Safe to use from several threads."""

    def __init__(
        self, database: Database, institution_id: UUID, signing: Signing, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._institution_id = institution_id
        self._signing = signing
        self._clock = clock

    def report(self, raw: bytes, actor: str) -> Answer:
        """Take in one completion report (JSON bytes), and issue its credential if nothing stands in the way.

        Stored, issued and answered in one transaction. Raises `FieldError`, `ConflictError`, and the `InvalidError`
        of `strict_json`; of a conflict the bytes are kept, otherwise nothing is stored then.
        """
        (answer,) = self.report_many([Incoming(raw, actor)])
        if isinstance(answer, Answer):
            return answer
        raise answer

    def report_many(self, reports: Sequence[Incoming]) -> list[Answer | Refusal]:
        """Take in a set of reports in one transaction, each as `report` does; what it would raise is returned."""
        arrivals = [Arrival.attempt(item.raw, item.actor) for item in reports]
        with self._database.begin_write(self._institution_id) as tx:
            return take_in(tx, arrivals, self._signing.issuance, self._clock())

    def admit_many(self, knocks: Sequence[Knock]) -> list[Answer | Refusal]:
        """Take in a set of reports, as `report_many`, of those whose token allows it.

        Who has none gets the `UnauthenticatedError` or `ForbiddenError` for it, whatever the report says.
        """
        read = [Arrival.attempt(knock.raw, "") for knock in knocks]
        now = self._clock()
        with self._database.begin_write(self._institution_id) as tx:
            known = auth.authenticate_many(tx, [knock.authorization for knock in knocks], now)
            asking = [auth.permitted(known[knock.authorization], SCOPE) for knock in knocks]
            arrivals = [_by(item, who) for item, who in zip(read, asking, strict=True)]
            return take_in(tx, arrivals, self._signing.issuance, now)

    def release(self, actor: str, definition_id: str | None = None, *, every: bool = False) -> int:
        """Issue held completions whose cause is gone, of one definition or of all; return how many were issued.

        Those that only a person can help (a report that does not fit, say) are tried again for one definition, or if
        `every` is set: somebody has done something about them.
        """
        causes = None if every or definition_id is not None else CAUSES_THAT_PASS
        with self._database.begin_read(self._institution_id) as tx:
            names = store.held_definitions(tx) if definition_id is None else (definition_id,)
        return sum(self._release_definition(name, actor, causes) for name in names)

    def get(self, completion_id: UUID) -> Answer:
        """Return a completion with its credential. Raises `NotFoundError`."""
        with self._database.begin_read(self._institution_id) as tx:
            completion = completions.get(tx, completion_id)
            key = completion.credential_id
            return Answer(completion, None if key is None else credentials.get(tx, key))

    def page(self, state: CompletionState | None = None, limit: int = 100, after: UUID | None = None) -> list[Answer]:
        """Return completions with their credentials in order of arrival; `after` is the last id that is known."""
        with self._database.begin_read(self._institution_id) as tx:
            found = completions.list_completions(tx, state, limit, after)
            issued = credentials.by_ids(tx, [item.credential_id for item in found if item.credential_id is not None])
        return [Answer(item, None if item.credential_id is None else issued[item.credential_id]) for item in found]

    def _release_definition(self, definition_id: str, actor: str, causes: Collection[str] | None) -> int:
        count, after = 0, None
        while True:
            now = self._clock()
            with self._database.begin_read(self._institution_id) as tx:
                page = store.held(tx, definition_id, _PAGE, after)
                waiting = [item for item in page if causes is None or item.reason_code in causes]
                changed = due(tx, waiting, now)
            if not page:
                return count
            if changed:
                with self._database.begin_write(self._institution_id) as tx:
                    count += release(tx, changed, self._signing.issuance, actor, now)
            after = page[-1]


def _by(read: Arrival | Refusal, who: Principal | IssuerError) -> Arrival | Refusal:
    if not isinstance(who, Principal):
        return who
    return replace(read, actor=who.name) if isinstance(read, Arrival) else read
