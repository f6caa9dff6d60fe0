"""Completions at work: taking a report in and issuing at once, or holding it until its cause is gone."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from issuer import completions
from issuer.db import Database, Transaction
from issuer.definitions import Hold
from issuer.errors import FieldError, IntegrityError, IssuerError, KeyStoreError
from issuer.lint import LintError
from issuer.model import Completion, CompletionReport, CompletionState, DefinitionVersion, IssuedCredential
from issuer.signing import Signing
from issuer.store import credentials
from issuer.store import definitions as definition_store
from openbadge import strict_json

MAX_REPORT_BYTES: Final = 256 * 1024
"""Bytes of one completion report: a hundred times a report with ten results and evidence."""
_PAGE: Final = 200
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a report: the completion, its credential if there is one, and whether the report was new."""

    completion: Completion
    credential: IssuedCredential | None
    created: bool = False


class Intake:
    """The completions of one institution. What a method returns is committed."""

    def __init__(
        self, database: Database, institution_id: UUID, signing: Signing, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._institution_id = institution_id
        self._signing = signing
        self._clock = clock

    def report(self, raw: bytes, actor: str) -> Answer:
        """Take in one completion report (JSON bytes), and issue its credential if nothing stands in the way.

        Stored, issued and answered in one transaction. Raises `FieldError` and `ConflictError` as
        `completions.receive` does, and the `InvalidError` of `strict_json`; nothing is stored then.
        """
        report = CompletionReport.from_json(strict_json.loads(raw, limit=MAX_REPORT_BYTES))
        now = self._clock()
        with self._database.begin_write(self._institution_id) as tx:
            received = completions.receive(tx, report, raw, actor, now)
            completion = received.completion
            if received.created and completion.state is CompletionState.RECEIVED:
                completion = self._issue_or_hold(tx, completion, actor, now)
            return Answer(completion, _credential_of(tx, completion), received.created)

    def release(self, actor: str, definition_id: str | None = None) -> int:
        """Issue held completions whose cause is gone, of one definition or of all; return how many were issued."""
        with self._database.begin_read(self._institution_id) as tx:
            known = {version.definition_id for version in definition_store.every(tx)}
        names = sorted(known) if definition_id is None else [definition_id]
        return sum(self._release_definition(name, actor) for name in names)

    def get(self, completion_id: UUID) -> Answer:
        """Return a completion with its credential. Raises `NotFoundError`."""
        with self._database.begin_read(self._institution_id) as tx:
            completion = completions.get(tx, completion_id)
            return Answer(completion, _credential_of(tx, completion))

    def page(self, state: CompletionState | None = None, limit: int = 100, after: UUID | None = None) -> list[Answer]:
        """Return completions with their credentials in order of arrival; `after` is the last id that is known."""
        with self._database.begin_read(self._institution_id) as tx:
            found = completions.list_completions(tx, state, limit, after)
            return [Answer(item, _credential_of(tx, item)) for item in found]

    def _issue_or_hold(self, tx: Transaction, completion: Completion, actor: str, now: datetime) -> Completion:
        """Issue within a savepoint; whatever stands in the way is kept as the reason why the completion is held."""
        try:
            with tx.connection.begin_nested():
                issuance = self._signing.issuance()
                return issuance.issue(tx, completion, _version_of(tx, completion), actor, now)[0]
        except IssuerError as error:
            _LOG.error("completion %s cannot be issued: %s", completion.id, error.code)
            return completions.advance(tx, completion, CompletionState.HELD, _reason(error), actor, now)

    def _release_definition(self, definition_id: str, actor: str) -> int:
        count, after = 0, None
        while True:
            with self._database.begin_read(self._institution_id) as tx:
                page = completions.held_for(tx, definition_id, limit=_PAGE, after=after)
            if not page:
                return count
            count += sum(self._release_one(item.id, actor) for item in page)
            after = page[-1].id

    def _release_one(self, completion_id: UUID, actor: str) -> bool:
        now = self._clock()
        with self._database.begin_write(self._institution_id) as tx:
            current = completions.get(tx, completion_id)
            if current.state is not CompletionState.HELD:
                return False
            decided = completions.reconsider(tx, current, actor, now)
            if decided.state is CompletionState.RECEIVED:
                decided = self._issue_or_hold(tx, decided, actor, now)
            return decided.state is CompletionState.ISSUED


def _version_of(tx: Transaction, completion: Completion) -> DefinitionVersion:
    key = completion.definition_version_id
    found = None if key is None else definition_store.get(tx, key)
    if found is None:
        raise IntegrityError("The definition version of this completion is not stored.")
    return found


def _credential_of(tx: Transaction, completion: Completion) -> IssuedCredential | None:
    return None if completion.credential_id is None else credentials.get(tx, completion.credential_id)


def _reason(error: IssuerError) -> Hold:
    if isinstance(error, KeyStoreError):
        return Hold("no-signing-key", error.detail)
    if isinstance(error, LintError | FieldError):
        return Hold("report-does-not-fit", error.detail)
    return Hold("cannot-be-issued", error.detail)
