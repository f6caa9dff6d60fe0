"""Issuing: the one place where credentials come into being, inside the caller's transaction.

    make_all   allocates random status entries, makes the credentials (`make`), verifies a signature of each set
    store      keeps the exact bytes, claims the business keys, writes the audit lines

Nothing leaves before the commit, and whatever fails undoes all of it. A business key (institution, person, definition,
occurrence) never gets two live credentials: `decide` has looked, and the key of the table of awards forbids it.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from issuer import audit, completions, status
from issuer.audit import Line
from issuer.db import Transaction
from issuer.decide import Key, Twin
from issuer.definitions import Hold
from issuer.errors import FieldError, IssuerError, KeyStoreError
from issuer.lint import LintError
from issuer.make import Made, Maker, Plan
from issuer.model import Completion, DefinitionVersion, IssuedCredential, StatusSlot
from issuer.store import credentials, institutions
from issuer.values import valid_until

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A completion that nothing stands in the way of, as it is once it is issued, and the version that applies to it.

    Its `credential_id` is the key that the credential is going to have.
    """

    completion: Completion
    version: DefinitionVersion

    @property
    def key(self) -> Key:
        """The business key."""
        return self.completion.person, self.completion.definition_id, self.completion.occurrence


def make_all(
    tx: Transaction, wanted: Sequence[Wanted], maker: Callable[[], Maker], now: datetime
) -> list[tuple[Completion, IssuedCredential | None]]:
    """Make the credentials of some completions; nothing is stored but that status entries are given away.

    Returns each completion in its new state, and its credential: None if it is held now, with the reason, or if one
    before it in the set got the credential for the same business key.
    """
    if not wanted:
        return []
    try:
        made_by = maker()
    except IssuerError as error:
        return [(_held(item.completion, error), None) for item in wanted]
    return _Making(tx, made_by, wanted, now).all()


class _Making:
    """One set of credentials in the making."""

    def __init__(self, tx: Transaction, maker: Maker, wanted: Sequence[Wanted], now: datetime) -> None:
        self._maker = maker
        self._wanted = wanted
        self._now = now
        self._institution_id = tx.institution_id
        self._secret = institutions.secret(tx)
        self._awarded: dict[Key, UUID] = {}
        self._done: dict[UUID, tuple[Completion, IssuedCredential | None]] = {}
        self._years: dict[UUID, int | None] = {}
        self._slots = {
            year: status.allocate_many(tx, status.REVOCATION, count, now, valid_year=year)
            for year, count in self._counts().items()
        }

    def _counts(self) -> dict[int | None, int]:
        """Return how many status entries are needed at most, by the year in which the credentials expire."""
        keys: dict[int | None, set[Key]] = {}
        for item in self._wanted:
            try:
                year = status.year_of(valid_until(item.completion, item.version.definition))
            except FieldError as error:
                self._done[item.completion.id] = _held(item.completion, error), None
            else:
                self._years[item.completion.id] = year
                keys.setdefault(year, set()).add(item.key)
        return {year: len(found) for year, found in keys.items()}

    def all(self) -> list[tuple[Completion, IssuedCredential | None]]:
        """In rounds: of those with one business key, one after the other is tried until there is a credential."""
        waiting = [item for item in self._wanted if item.completion.id in self._years]
        while waiting:
            tried: dict[Key, Wanted] = {}
            waiting = [item for item in waiting if tried.setdefault(item.key, item) is not item]
            self._try(list(tried.values()))
            waiting = [item for item in waiting if not self._is_twin(item)]
        return [self._done[item.completion.id] for item in self._wanted]

    def _is_twin(self, item: Wanted) -> bool:
        holder = self._awarded.get(item.key)
        if holder is None:
            return False
        self._done[item.completion.id] = completions.decided(item.completion, Twin(holder)), None
        return True

    def _try(self, items: Sequence[Wanted]) -> None:
        plans = [self._plan(item) for item in items]
        for item, plan, made in zip(items, plans, self._made(plans), strict=True):
            if isinstance(made, Made):
                issued = self._record(item, plan.slot, made)
                self._awarded[item.key] = issued.id
                self._done[item.completion.id] = item.completion, issued
            else:
                self._slots[self._years[item.completion.id]].append(plan.slot)
                self._done[item.completion.id] = _held(item.completion, made), None

    def _plan(self, item: Wanted) -> Plan:
        slot = self._slots[self._years[item.completion.id]].pop()
        return Plan(item.completion, item.version, slot, seed_of(self._secret, item.completion.id), self._now)

    def _made(self, plans: Sequence[Plan]) -> Sequence[Made | IssuerError]:
        """Make credentials, and verify one of their signatures: a key store can be broken, too."""
        try:
            found = self._maker.make_many(plans)
            first = next((made for made in found if isinstance(made, Made)), None)
            if first is not None and not self._awarded:
                self._maker.verify(first)
        except IssuerError as error:  # not the fault of one of them: none is signed, or none of it is right
            return [error] * len(plans)
        return found

    def _record(self, item: Wanted, slot: StatusSlot, made: Made) -> IssuedCredential:
        if item.completion.credential_id is None:
            raise RuntimeError("a completion that is to be issued has no key for its credential")
        return IssuedCredential(
            id=item.completion.credential_id,
            public_id=made.public_id,
            institution_id=self._institution_id,
            completion_id=item.completion.id,
            definition_version_id=item.version.id,
            document=made.document,
            sha256=made.sha256,
            key_id=made.key_id,
            status_list_id=slot.list_id,
            status_index=slot.index,
            issued_at=self._now,
        )


def seed_of(secret: bytes, completion_id: UUID) -> bytes:
    """Return the seed of a completion's credential, given the institution's secret: the same completion gives the same
    credential again, and nobody can tell what its seed is."""
    return hmac.digest(secret, completion_id.bytes, "sha256")


def store(tx: Transaction, made: Sequence[tuple[Completion, IssuedCredential | None, str]], now: datetime) -> None:
    """Store what `make_all` made: (completion, credential, who is answerable). The completions must be stored."""
    issued = [(completion, credential, actor) for completion, credential, actor in made if credential is not None]
    credentials.add_many(tx, [credential for _, credential, _ in issued])
    credentials.award_many(tx, [completion for completion, _, _ in issued])
    audit.append_many(
        tx,
        now,
        [
            Line(
                actor,
                "credential.issue",
                str(credential.id),
                {
                    "completion": str(completion.id),
                    "sha256": credential.sha256.hex(),
                    "key": credential.key_id,
                    "status": status.place_text(credential.status_list_id, credential.status_index),
                },
            )
            for completion, credential, actor in issued
        ],
    )


def _held(completion: Completion, error: IssuerError) -> Completion:
    _LOG.error("completion %s cannot be issued: %s", completion.id, error.code)
    return completions.decided(completion, _reason(error))


def _reason(error: IssuerError) -> Hold:
    if isinstance(error, KeyStoreError):
        return Hold("no-signing-key", error.detail)
    if isinstance(error, LintError | FieldError):
        return Hold("report-does-not-fit", error.detail)
    return Hold("cannot-be-issued", error.detail)
