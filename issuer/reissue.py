"""Issuing again what a compromised key signed, with the key that is active now.

A credential keeps its id, and with it its address: links, QR codes and wallets that ask the address get the new
edition, and a wallet that compares credentials as Open Badges 3.0 says ("Credential equality and comparison algorithm":
same issuer, same id, later validFrom) sees that it replaces the old one. It keeps the achievement, the person, the day
of the award and the end of its validity, and gets a new moment of issue and a new status entry; the old entry says
revoked. The former bytes are kept apart. Nothing else changes: the award, the completion and everything that points to
the credential go on pointing to it.

What is issued again is found by the key that signed it, so that whoever starts again after a crash, or at the same time
in another process, finds what is left to do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from issuer import audit, clock, issue, status
from issuer.audit import Line
from issuer.db import Database, Transaction
from issuer.errors import IssuerError, StateError
from issuer.issuance_log import IssuanceLog
from issuer.make import Made, Maker, Plan
from issuer.model import IssuedCredential, StatusSlot, StatusState
from issuer.model.canonical import sha256
from issuer.model.keys import FormerEdition
from issuer.status import Ruling
from issuer.store import completions, credentials, definitions, editions, institutions, status_lists

BATCH: Final = 250
"""Credentials of one transaction: other writers wait for less than a second, also with a key in an HSM."""
REPLACED: Final = "Issued again: the key that signed it was compromised"
"""What the old status entry is revoked for."""
FORGED: Final = "not-in-log"
CHANGED: Final = "changed"
REVOKED: Final = "revoked"
REFUSED: Final = "refused"
"""Why a credential is not issued again: the audit log does not know it; its bytes are not those that were signed; it
was revoked; it can no longer be signed, for the reason that goes with it."""


@dataclass(slots=True)
class Reissued:
    """How many were issued again, how many tokens were forgotten (they are signed anew when asked for), and why others
    were not: (word, sentence) by public id."""

    credentials: int = 0
    tokens: int = 0
    left: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reissue:
    """The work on what one key signed. `maker` gives what signs now; `tell` is told after each transaction."""

    database: Database
    institution_id: UUID
    key_id: str
    maker: Callable[[], Maker]
    clock: Callable[[], datetime]
    tell: Callable[[Reissued], None] = lambda _done: None

    def run(self, log: IssuanceLog, token_prefix: str, actor: str) -> Reissued:
        """Issue again what is in the log and still good; forget the tokens of the key, whose texts begin as told.

        Raises `KeyStoreError` or `ClockError` when nothing can sign now, `IntegrityError` when signatures do not
        verify; what was committed before stays. Harmless to repeat.
        """
        done, after = Reissued(), None
        while True:
            with self.database.begin_write(self.institution_id) as tx:
                found = editions.signed_by(tx, self.key_id, BATCH, after)
                self._batch(tx, found, log, actor, done)
            if not found:
                break
            after = found[-1].id
            self.tell(done)
        done.tokens = self._forget_tokens(token_prefix, actor)
        return done

    def _batch(
        self, tx: Transaction, found: Sequence[IssuedCredential], log: IssuanceLog, actor: str, done: Reissued
    ) -> None:
        now = self.clock()
        clock.check(tx, now)
        revoked = credentials.revoked_among(tx, [item.id for item in found])
        good: list[IssuedCredential] = []
        for item in found:
            word = why_not(item, log, revoked)
            if word is None:
                good.append(item)
            else:
                done.left[item.public_id] = (word, "")
        if not good:
            return
        plans = _plans(tx, good, now)
        made = self.maker().make_many([plan for plan in plans if isinstance(plan, Plan)])
        self._store(tx, _paired(good, plans, made), actor, done)

    def _store(
        self,
        tx: Transaction,
        pairs: Sequence[tuple[IssuedCredential, Plan | None, Made | IssuerError]],
        actor: str,
        done: Reissued,
    ) -> None:
        replaced: list[tuple[IssuedCredential, IssuedCredential]] = []
        now = self.clock()
        for before, plan, made in pairs:
            if isinstance(made, IssuerError) or plan is None:
                done.left[before.public_id] = (REFUSED, getattr(made, "detail", ""))
                continue
            if not replaced:
                self.maker().verify(made)  # a key store can be broken, too
            replaced.append((before, _edition(before, plan.slot, made, plan.issued_at)))
        editions.keep(tx, [_former(before, now) for before, _ in replaced])
        if editions.replace_many(tx, replaced) != len(replaced):
            raise StateError("Somebody else issued the same credentials again at the same time. Start again.")
        status_lists.add_changes(tx, status.moved(tx, replaced, Ruling(StatusState.REVOKED, REPLACED, actor, now)))
        audit.append_many(tx, now, [_line(before, after, actor) for before, after in replaced])
        done.credentials += len(replaced)

    def _forget_tokens(self, prefix: str, actor: str) -> int:
        count, after = 0, None
        while True:
            with self.database.begin_write(self.institution_id) as tx:
                found = editions.with_token(tx, prefix, BATCH, after)
                count += editions.drop_tokens(tx, prefix, found)
                audit.append_many(tx, self.clock(), [_forgotten(item, actor) for item in found])
            if not found:
                return count
            after = found[-1].id


def why_not(credential: IssuedCredential, log: IssuanceLog, revoked: frozenset[UUID]) -> str | None:
    """Return why a credential must not be issued again (`FORGED`, `CHANGED` or `REVOKED`), or None."""
    if sha256(credential.document) != credential.sha256:
        return CHANGED
    if not log.has(credential.id, credential.sha256):
        return FORGED
    return REVOKED if credential.id in revoked else None


def _plans(tx: Transaction, good: Sequence[IssuedCredential], now: datetime) -> list[Plan | StateError]:
    """Return what is chosen for each new edition: all as it was, but for the moment and the status entry."""
    secret = institutions.secret(tx)
    reports = completions.by_ids(tx, [item.completion_id for item in good])
    versions = {key: definitions.get(tx, key) for key in {item.definition_version_id for item in good}}
    plans: list[Plan | StateError] = []
    for item, slot in zip(good, _slots(tx, good, now), strict=True):
        completion, version = reports.get(item.completion_id), versions[item.definition_version_id]
        if completion is None or version is None:
            plans.append(StateError("Its completion or its definition is not here any more."))
        elif now < item.issued_at:
            plans.append(StateError("The clock of this service is behind the moment when it was issued. Set it."))
        else:
            plans.append(Plan(completion, version, slot, issue.seed_of(secret, completion.id), now, item.public_id))
    return plans


def _slots(tx: Transaction, good: Sequence[IssuedCredential], now: datetime) -> list[StatusSlot]:
    """Return a new status entry for each, in a list of the year that its old one is in."""
    lists = {key: status.get(tx, key).valid_year for key in {item.status_list_id for item in good}}
    years = [lists[item.status_list_id] for item in good]
    found = {
        year: iter(status.allocate_many(tx, status.REVOCATION, years.count(year), now, valid_year=year))
        for year in dict.fromkeys(years)
    }
    return [next(found[year]) for year in years]


def _paired(
    good: Sequence[IssuedCredential], plans: Sequence[Plan | StateError], made: Sequence[Made | IssuerError]
) -> list[tuple[IssuedCredential, Plan | None, Made | IssuerError]]:
    results = iter(made)
    return [
        (item, plan, next(results)) if isinstance(plan, Plan) else (item, None, plan)
        for item, plan in zip(good, plans, strict=True)
    ]


def _edition(before: IssuedCredential, slot: StatusSlot, made: Made, now: datetime) -> IssuedCredential:
    return replace(
        before,
        document=made.document,
        sha256=made.sha256,
        key_id=made.key_id,
        status_list_id=slot.list_id,
        status_index=slot.index,
        issued_at=now,
        edition=before.edition + 1,
        jwt=None,
    )


def _former(before: IssuedCredential, now: datetime) -> FormerEdition:
    return FormerEdition(
        credential_id=before.id,
        edition=before.edition,
        sha256=before.sha256,
        key_id=before.key_id,
        status_list_id=before.status_list_id,
        status_index=before.status_index,
        issued_at=before.issued_at,
        replaced_at=now,
        document=before.document,
        jwt=before.jwt,
    )


def _line(before: IssuedCredential, after: IssuedCredential, actor: str) -> Line:
    detail = {
        "completion": str(after.completion_id),
        "edition": after.edition,
        "sha256": after.sha256.hex(),
        "key": after.key_id,
        "replaces": before.sha256.hex(),
        "revokes": f"{before.status_list_id}#{before.status_index}",
    }
    return Line(actor, "credential.reissue", str(after.id), detail)


def _forgotten(item: IssuedCredential, actor: str) -> Line:
    detail = {"sha256": sha256((item.jwt or "").encode()).hex()}
    return Line(actor, "credential.token-forget", str(item.id), detail)
