"""What a verification answers: its checks, and out of them `verified`, errors and warnings.

The decision which problem is an error follows VCALM: whatever touches the data model, the vocabularies, the signature
or whose key it is, is an error, and then the document is not verified. What only time tells is a warning: a credential
that is revoked, expired or not valid yet is still what its issuer signed. So `verified` stays true, and the reader
looks at `warnings` and at the checks `status` and `validity-period`, which say it under their own names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from openbadge.errors import PROBLEMS, InvalidError, OpenBadgeError
from verifier.failure import log_failure
from verifier.report import Check, Outcome

TITLES: Mapping[str, str] = MappingProxyType(
    {
        "data-model": "The document follows the data model",
        "json-ld": "Everything in the document has a meaning",
        "proof": "Every signature is right",
        "issuer-binding": "A key of the issuer signed it",
        "holder-binding": "A key of the holder signed it",
        "credentials": "Every credential in it is verified",
        "validity-period": "The credential is within its dates",
        "status": "The credential has not been revoked",
        "related-resources": "Related resources are what they were",
        "normal-form": "The badge shows all that was signed",
    }
)
"""One plain sentence for each check: what is true when it has passed."""

NOT_CHECKED: Final = "Not checked, because of what failed before."
BROKEN: Final = "This check could not be completed, for a reason of our own; it is no statement about the document."


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: its `code` is a key of `PROBLEMS`, `where` names the credential of a presentation."""

    code: str
    detail: str
    where: str = ""

    def to_json(self) -> dict[str, str]:
        """Return the problem as an object of `problemDetails` (VC Data Model 2.0, section 7.2; RFC 9457)."""
        kind = PROBLEMS[self.code]
        detail = f"{self.where}: {self.detail}" if self.where else self.detail
        return {"type": kind.url, "title": kind.title, "detail": detail}


@dataclass(frozen=True, slots=True)
class VcResult:
    """The answer of one verification; `credentials` holds those of the credentials of a presentation, in its order."""

    checks: tuple[Check, ...]
    credentials: tuple[VcResult, ...] = ()

    @property
    def verified(self) -> bool:
        """Whether every check that is required was made and passed."""
        return bool(self.checks) and all(check.outcome is Outcome.PASSED for check in self.checks if check.required)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems for which the document is not verified; empty exactly when it is verified."""
        return self._problems(required=True)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems that do not keep it from being verified."""
        return self._problems(required=False)

    def check(self, check_id: str) -> Check | None:
        """Return the check with this id, or None if it was not asked."""
        return next((check for check in self.checks if check.id == check_id), None)

    def to_json(self) -> dict[str, Any]:
        """Return `verified`, the problems as `problemDetails` (errors first) and the checks of this document."""
        return {
            "verified": self.verified,
            "problemDetails": [problem.to_json() for problem in (*self.errors, *self.warnings)],
            "checks": [check.to_json() for check in self.checks],
        }

    def _problems(self, *, required: bool) -> tuple[Problem, ...]:
        own = [
            Problem(check.problem, check.detail)
            for check in self.checks
            if check.problem is not None and check.required is required and check.outcome is not Outcome.PASSED
        ]
        inner = [
            Problem(problem.code, problem.detail, f"verifiableCredential[{number}]")
            for number, result in enumerate(self.credentials)
            for problem in (result.errors if required else result.warnings)
        ]
        return (*own, *inner)


class Steps:
    """Runs the checks of one document in order and keeps how each ended. Nothing that a check raises gets out."""

    def __init__(self) -> None:
        self.checks: list[Check] = []

    def run(self, name: str, function: Callable[[], str], *, required: bool = True) -> bool:
        """Run one check; `function` returns why it passes or raises. Return whether what follows can be checked."""
        try:
            self._add(name, Outcome.PASSED, function(), None, required)
        except OpenBadgeError as error:
            outcome = Outcome.FAILED if isinstance(error, InvalidError) else Outcome.UNKNOWN
            self._add(name, outcome, error.detail, error.code, required)
        except Exception as error:
            log_failure(name, error)
            self._add(name, Outcome.UNKNOWN, BROKEN, "PROOF_VERIFICATION_ERROR", required)
        return self.checks[-1].outcome is Outcome.PASSED or not required

    def skip(self, *names: str, why: str = NOT_CHECKED, required: bool = True) -> None:
        """Keep checks as not made."""
        for name in names:
            self._add(name, Outcome.UNKNOWN, why, None, required)

    def _add(self, name: str, outcome: Outcome, detail: str, problem: str | None, required: bool) -> None:
        self.checks.append(Check(name, TITLES[name], outcome, detail, problem, required))
