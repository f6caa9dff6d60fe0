"""What becomes of a report: pure decisions from what is known. Nothing is read or written here.

    Applies   the version that applies; nothing stands in the way of issuing
    Twin      the person has the credential for this already
    Hold      it waits, with the reason; the same question later may be answered otherwise

A report that contradicts the definition itself is refused with a `FieldError` and never stored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final
from uuid import UUID

from issuer import clock, definitions
from issuer.definitions import Applies, Hold
from issuer.errors import FieldError, NotFoundError
from issuer.model import CompletionReport, Definition, DefinitionVersion

MAX_FUTURE: Final = timedelta(minutes=5)
"""How far the clock of a source may be ahead of ours; NTP keeps clocks within a second, forgotten ones drift."""

Key = tuple[str, str, str]
"""The business key within an institution: person, definition, occurrence. It never gets two live credentials."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about a set of reports: `now`, all versions of each definition, who has which credential
    (`awards`), which of these were revoked, for which keys a source has taken a completion back, and when, and when
    something was signed last (None: never)."""

    now: datetime
    versions: Mapping[str, tuple[DefinitionVersion, ...]]
    awards: Mapping[Key, UUID]
    revoked: frozenset[UUID]
    withdrawn: Mapping[Key, datetime]
    last_signed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Twin:
    """The credential that the person already has for this."""

    credential_id: UUID


Decision = Applies | Hold | Twin


def key_of(report: CompletionReport) -> Key:
    """Return the business key of a report."""
    return report.learner.id, report.definition.id, report.occurrence


def decide(report: CompletionReport, facts: Facts) -> Decision:
    """Decide about a report that was not known before.

    Raises `FieldError` for a definition or version that is not known, a completion in the future, and results that
    the definition does not describe; whatever the person has already.
    """
    if report.completed_at > facts.now + MAX_FUTURE:
        raise FieldError("completedAt", "lies in the future; check the clock of the source")
    outcome = _which(report, facts)
    if isinstance(outcome, Applies):
        check_results(report, outcome.version)
    holder = facts.awards.get(key_of(report))
    if holder is not None:
        return _holder(holder, facts)
    if isinstance(outcome, Hold):
        return outcome
    return _in_the_way(report, outcome.version, facts) or outcome


def reconsider(report: CompletionReport, facts: Facts) -> Decision:
    """Decide again about a report that was held: what does not fit then stays held, with the reason."""
    try:
        return decide(report, facts)
    except FieldError as error:
        return Hold("report-does-not-fit", f"The report does not fit: {error.detail}.")


def check_results(report: CompletionReport, version: DefinitionVersion) -> None:
    """Raise `FieldError` for a result that the definition does not describe or whose value it does not allow.

    Something that is reached or not (resultType Status) needs a `status` (Open Badges 3.0, "Result").
    """
    if not report.result:
        return
    rules = _rules(version.content)
    for index, result in enumerate(report.result):
        item = result.result_description or rules.names.get((result.name or "").casefold())
        allowed = None if item is None else rules.allowed.get(item)
        if allowed is None:
            member = "resultDescription" if result.name is None else "name"
            raise FieldError(f"result[{index}].{member}", "is not described by the definition")
        if allowed and result.value is not None and result.value not in allowed:
            raise FieldError(f"result[{index}].value", f"must be one of {', '.join(allowed)}")
        if item not in rules.scored and result.status is None:
            raise FieldError(f"result[{index}].status", "is missing: this result is reached or not, and has no score")


@dataclass(frozen=True, slots=True)
class _Rules:
    """What a definition says of results: allowed values by id (empty: any), ids by name, and which have a score."""

    allowed: Mapping[str, tuple[str, ...]]
    names: Mapping[str, str]
    scored: frozenset[str]


@lru_cache(maxsize=256)
def _rules(content: bytes) -> _Rules:
    definition = Definition.from_json(json.loads(content))
    described = {result.id: result.allowed_value for result in definition.results}
    return _Rules(
        {**described, **{outcome.id: () for outcome in definition.outcomes}},
        {result.name.casefold(): result.id for result in definition.results},
        frozenset(result.id for result in definition.results if result.result_type != "Status"),
    )


def _holder(credential_id: UUID, facts: Facts) -> Twin | Hold:
    """Link a report of something already awarded to its credential; a revoked one needs a person to decide."""
    if credential_id in facts.revoked:
        return Hold("earlier-award-revoked", "The earlier credential for this was revoked.")
    return Twin(credential_id)


def _which(report: CompletionReport, facts: Facts) -> Applies | Hold:
    reference = report.definition
    known = facts.versions.get(reference.id, ())
    try:
        return definitions.which_version(known, reference.id, reference.version, report.completed_at)
    except NotFoundError as error:
        raise FieldError("definition.version" if known else "definition.id", error.detail) from None


def _in_the_way(report: CompletionReport, version: DefinitionVersion, facts: Facts) -> Hold | None:
    """What stops the issuing although it is known which version applies."""
    behind = clock.behind(facts.last_signed_at, facts.now)
    if behind is not None:
        return Hold("clock-behind", behind)
    if version.approved_at is not None and facts.now < version.approved_at:
        return Hold("clock-behind", "The clock of this service is behind the approval of the definition. Set it.")
    if version.effective_from is not None and facts.now < version.effective_from:
        return Hold("not-effective-yet", "The version that the report names has not taken effect yet.")
    withdrawn_at = facts.withdrawn.get(key_of(report))
    if withdrawn_at is not None and withdrawn_at >= report.completed_at:
        return Hold("taken-back", "The source has taken this completion back. A person has to decide about that.")
    return None
