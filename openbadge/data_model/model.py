"""What a rule is, so that code, tests and the conformance page read the same table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from openbadge.canon import Loader
from openbadge.errors import InvalidError

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its stable `id`, the `section` of the standard, a `sentence` that is true when the rule is kept.

    `check(document, load)` returns None or raises `InvalidError`; `load` gives context documents by URL.
    """

    id: str
    section: str
    sentence: str
    check: Callable[[Document, Loader], None]


def rule(rule_id: str, section: str, sentence: str, check: Callable[[Document], None]) -> Rule:
    """Return the rule whose check needs no context document."""
    return Rule(rule_id, section, sentence, lambda document, _load: check(document))


def malformed(detail: str) -> InvalidError:
    """Return the error of nearly every rule."""
    return InvalidError("MALFORMED_VALUE_ERROR", detail)
