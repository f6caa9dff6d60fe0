"""What a verification answers: checks, their outcomes, and the one function that turns them into a verdict.

The verdict is three-valued. `valid` needs proof: every mandatory check ran and passed. `invalid` needs proof
too: a required check failed. Everything else is `undetermined`, so that a check which never ran, or could not
be completed, never counts as passed (VC Data Model 2.0, section 7.1 "Verification").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from openbadge.errors import InvalidError, OpenBadgeError


class Outcome(StrEnum):
    """How one check ended: it holds, it does not hold, or nobody can tell."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """What all checks together say about the credential."""

    VALID = "valid"
    INVALID = "invalid"
    UNDETERMINED = "undetermined"


MANDATORY: Final = (
    "parse",
    "contexts",
    "schema",
    "data-model",
    "proof",
    "issuer-binding",
    "validity-period",
    "status",
)
"""The checks without which no credential is valid, in the order in which they run and are shown."""

TITLES: Mapping[str, str] = MappingProxyType(
    {
        "parse": "The document can be read",
        "contexts": "The document says what was signed",
        "schema": "The document follows the Open Badges schema",
        "data-model": "The values make sense",
        "proof": "The signature is right",
        "issuer-binding": "The signing key belongs to the issuer",
        "validity-period": "The credential is within its dates",
        "status": "The credential has not been revoked",
        "recipient": "The credential was issued to this person",
        "trust": "Someone vouches for the issuer",
        "names": "Names are what they seem",
        "picture": "The picture belongs to the credential",
        "endorsement": "An endorsement is genuine",
    }
)
"""One plain sentence for each check of authenticity: what is true when the check has passed."""


@dataclass(frozen=True, slots=True)
class Check:
    """One question that was asked about the credential, and its answer.

    `id` is stable and meant for programs, `title` and `detail` are sentences for people, `problem` is a key
    of `openbadge.errors.PROBLEMS` or None. A check that is not `required` informs and never moves the
    verdict.
    """

    id: str
    title: str
    outcome: Outcome
    detail: str
    problem: str | None = None
    required: bool = True

    @classmethod
    def passed(cls, check_id: str, detail: str, *, required: bool = True) -> Check:
        """Return the check named `check_id` as passed."""
        return cls(check_id, TITLES[check_id], Outcome.PASSED, detail, None, required)

    @classmethod
    def unknown(cls, check_id: str, detail: str, problem: str | None = None, *, required: bool = True) -> Check:
        """Return the check named `check_id` as one whose answer could not be had."""
        return cls(check_id, TITLES[check_id], Outcome.UNKNOWN, detail, problem, required)

    @classmethod
    def from_error(cls, check_id: str, error: OpenBadgeError, *, required: bool = True) -> Check:
        """Return the check named `check_id` as failed (`InvalidError`) or unknown (`UnavailableError`)."""
        outcome = Outcome.FAILED if isinstance(error, InvalidError) else Outcome.UNKNOWN
        return cls(check_id, TITLES[check_id], outcome, error.detail, error.code, required)

    def to_json(self) -> dict[str, Any]:
        """Return the check as it stands in the JSON report."""
        return {
            "id": self.id,
            "title": self.title,
            "outcome": str(self.outcome),
            "detail": self.detail,
            "problem": self.problem,
            "required": self.required,
        }


def conclude(checks: Iterable[Check]) -> Verdict:
    """Return the verdict of `checks`: a pure AND of three-valued answers.

    A mandatory check counts whatever its `required` says, and one that is missing makes the verdict
    undetermined.
    """
    counted = [check for check in checks if check.required or check.id in MANDATORY]
    if any(check.outcome is Outcome.FAILED for check in counted):
        return Verdict.INVALID
    complete = {check.id for check in counted}.issuperset(MANDATORY)
    if complete and all(check.outcome is Outcome.PASSED for check in counted):
        return Verdict.VALID
    return Verdict.UNDETERMINED


@dataclass(frozen=True, slots=True)
class Source:
    """One address that was asked during the verification: when it answered (None if it did not) and what
    happened.
    """

    url: str
    fetched_at: datetime | None
    outcome: str

    def to_json(self) -> dict[str, Any]:
        """Return the source as it stands in the JSON report."""
        return {"url": self.url, "fetchedAt": timestamp(self.fetched_at), "outcome": self.outcome}


@dataclass(frozen=True, slots=True)
class Report:
    """The whole answer.

    `authenticity` decides the `verdict` through `conclude`; `portability` says whether the credential will
    work elsewhere and never moves the verdict. `credential` holds the fields to show, and is None unless the
    document is in normal form: anything else could show what was never signed. `form` is `json`, `jwt`, `png`
    or `svg`, and None when the document could not be read. `checked_at` is the time that all date checks
    used.
    """

    authenticity: tuple[Check, ...]
    portability: tuple[Check, ...]
    checked_at: datetime
    headline: str
    form: str | None = None
    credential: Mapping[str, Any] | None = None
    sources: tuple[Source, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The verdict of the authenticity checks."""
        return conclude(self.authenticity)

    def check(self, check_id: str) -> Check | None:
        """Return the first authenticity check named `check_id`, or None if it did not run."""
        return next((check for check in self.authenticity if check.id == check_id), None)

    def to_json(self) -> dict[str, Any]:
        """Return the report as a JSON object (camelCase members, times as RFC 3339 in UTC)."""
        return {
            "verdict": str(self.verdict),
            "checkedAt": timestamp(self.checked_at),
            "form": self.form,
            "headline": self.headline,
            "credential": None if self.credential is None else dict(self.credential),
            "authenticity": {"checks": [check.to_json() for check in self.authenticity]},
            "portability": {"checks": [check.to_json() for check in self.portability]},
            "sources": [source.to_json() for source in self.sources],
        }


def timestamp(moment: datetime | None) -> str | None:
    """Return `moment` as `YYYY-MM-DDThh:mm:ssZ`, or None for None."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")
