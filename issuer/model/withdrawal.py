"""A withdrawal: a source says that a person no longer has completed something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from issuer.model.canonical import canonical_json, sha256
from issuer.model.definition import MAX_NAME, MAX_SENTENCE
from issuer.model.fields import NEEDED, Record, text
from issuer.model.forms import instant, instant_text
from issuer.model.report import DEFINITION, LEARNER_ID, DefinitionRef, source_name


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """One withdrawal, named by (`source`, `source_id`); the rest is as in a `CompletionReport`, the learner's name left
    out. `withdrawn_at` is when it happened, in UTC; `reason` is the source's own sentence."""

    source: str
    source_id: str
    definition: DefinitionRef
    person: str
    withdrawn_at: datetime
    occurrence: str = ""
    reason: str | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Withdrawal:
        """Read from parsed JSON (camelCase). Raises `FieldError` naming the first wrong field."""
        return _WITHDRAWAL(value, "")

    @property
    def digest(self) -> bytes:
        """SHA-256 of what it says, 32 bytes, whatever white space or zone it was sent with."""
        said = {
            "source": self.source,
            "sourceId": self.source_id,
            "definition": self.definition.id,
            "learner": self.person,
            "withdrawnAt": instant_text(self.withdrawn_at),
            "occurrence": self.occurrence,
            "reason": self.reason,
        }
        return sha256(canonical_json(said))


_WITHDRAWAL: Final = Record(
    Withdrawal,
    (
        ("source", source_name, NEEDED),
        ("sourceId", text(MAX_NAME), NEEDED),
        ("definition", DEFINITION, NEEDED),
        ("learner", LEARNER_ID, NEEDED),
        ("withdrawnAt", instant, NEEDED),
        ("occurrence", text(MAX_NAME), ""),
        ("reason", text(MAX_SENTENCE), None),
    ),
)
