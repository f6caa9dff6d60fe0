"""From all of it to one completion report, the form in which the issuer takes completions from anybody."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from issuer.errors import FieldError
from issuer.lms.bindings import Binding, Chosen
from issuer.lms.identity import Person
from issuer.lms.model import IdKind, Outcome, Reported
from issuer.lms.rules import Progress
from issuer.model import CompletionReport
from issuer.model.canonical import sha256
from issuer.model.definition import MAX_NAME
from issuer.model.forms import instant_text

POINT: Decimal = Decimal("0.01")
"""Percentages are passed on to two places, as gradebooks show them."""


def completion_report(binding: Binding, chosen: Chosen, person: Person, progress: Progress) -> CompletionReport:
    """Return the report of a rule that is met. Raises `FieldError` if it is not, or for a person without a name.

    The name is that of the institution's record; only a record without one takes the name that the source says.
    """
    because = progress.because
    if because is None or not progress.met or progress.at is None:
        raise FieldError("rule", "is not met")
    name = person.name or (because.learner.name if because.learner else None)
    if name is None:
        raise FieldError("learner.name", "is neither in the record nor in the report")
    email = because.learner.id_of(IdKind.EMAIL) if because.learner else None
    return CompletionReport.from_json(
        {
            "source": because.origin.source,
            "sourceId": _source_id(because),
            "definition": {"id": binding.definition_id, "version": chosen.version},
            "learner": {"id": person.id, "name": name, "email": email},
            "completedAt": instant_text(progress.at),
            "occurrence": _occurrence(binding, because),
            "result": _results(binding, progress.outcome),
        }
    )


def _source_id(because: Reported) -> str:
    """The source's own name of the completion; a very long one by its SHA-256."""
    name = because.completion_id or because.event_id
    return name if len(name) <= MAX_NAME else f"sha256:{sha256(name.encode()).hex()}"


def _occurrence(binding: Binding, because: Reported) -> str | None:
    """Return what tells two awards of one definition apart; None for a definition that a person meets once."""
    if not binding.per_term:
        return None
    term = binding.term or (because.course.term if because.course else None)
    if term is None:
        raise FieldError("course.term", "is missing, but the binding awards once a term")
    return term


def _results(binding: Binding, outcome: Outcome | None) -> list[dict[str, Any]]:
    values = {} if outcome is None else _values(outcome)
    return [
        {"resultDescription": described, "value": values[name]}
        for name, described in sorted(binding.results.items())
        if name in values
    ]


def _values(outcome: Outcome) -> dict[str, str]:
    found: dict[str, str] = {}
    if outcome.grade is not None:
        found["grade"] = outcome.grade
    if outcome.score is not None:
        found["points"] = _plain(outcome.score.given)
        if outcome.score.percent is not None:
            found["percent"] = _plain(outcome.score.percent.quantize(POINT))
    return found


def _plain(number: Decimal) -> str:
    """Write a decimal without exponent and without zeros at its end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
