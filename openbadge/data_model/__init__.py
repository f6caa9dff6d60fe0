"""The rules of W3C Verifiable Credentials, for any credential and presentation, Open Badge or not.

Each rule is one row of a table: VC Data Model 2.0 (`CREDENTIAL_RULES`, `PRESENTATION_RULES`), VC Data Model 1.1 (the
same with `_1_1`), and what JSON-LD adds to both (`LINKED_DATA_RULES`). The first `@context` decides which model holds.
Whether a badge is a good badge is another question: `openbadge.credential` and `openbadge.normal_form`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from openbadge import contexts
from openbadge.canon import Loader
from openbadge.data_model import linked_data, related_resource, rules, rules_1_1
from openbadge.data_model.forms import values
from openbadge.data_model.model import Rule
from openbadge.errors import InvalidError
from openbadge.vocabulary import CREDENTIALS_V1

CREDENTIAL_RULES: Final = rules.CREDENTIAL
PRESENTATION_RULES: Final = rules.PRESENTATION
CREDENTIAL_RULES_1_1: Final = rules_1_1.CREDENTIAL
PRESENTATION_RULES_1_1: Final = rules_1_1.PRESENTATION
LINKED_DATA_RULES: Final = linked_data.RULES

with_proof_terms = rules_1_1.with_proof_terms
unchecked_resources = related_resource.unchecked

__all__ = [
    "CREDENTIAL_RULES",
    "CREDENTIAL_RULES_1_1",
    "LINKED_DATA_RULES",
    "PRESENTATION_RULES",
    "PRESENTATION_RULES_1_1",
    "Rule",
    "check_credential",
    "check_presentation",
    "is_1_1",
    "linked_data",
    "unchecked_resources",
    "with_proof_terms",
]


def check_credential(document: Any, *, issuing: bool, load: Loader = contexts.document) -> None:
    """Accept a credential that keeps every rule of its data model.

    With `issuing`, those of JSON-LD too: nothing may be signed that a vocabulary does not define. A verifier asks for
    them by `linked_data.check`, since a signed token keeps its text also without them. `load` gives context documents.
    Raises `InvalidError`: PARSING_ERROR for what is no object, MALFORMED_VALUE_ERROR with a sentence that names the
    member, CRYPTOGRAPHIC_SECURITY_ERROR for a related resource with another digest; issuing, those of `canon.expand`
    and NON_CANONICAL_FORM.
    """
    table = CREDENTIAL_RULES_1_1 if is_1_1(document) else CREDENTIAL_RULES
    _check(document, (*table, *LINKED_DATA_RULES) if issuing else table, load)


def check_presentation(document: Any) -> None:
    """Accept a presentation that keeps every rule of its data model; the credentials inside are for themselves.

    Raises `InvalidError` PARSING_ERROR for what is no object, LIMIT_EXCEEDED for too many credentials,
    MALFORMED_VALUE_ERROR with a sentence that names the member.
    """
    _check(document, PRESENTATION_RULES_1_1 if is_1_1(document) else PRESENTATION_RULES, contexts.document)


def is_1_1(document: Any) -> bool:
    """Say whether a document is of VC Data Model 1.1: whether its first `@context` is the one of that model."""
    listed = values(document.get("@context")) if isinstance(document, Mapping) else []
    return bool(listed) and listed[0] == CREDENTIALS_V1


def _check(document: Any, table: Iterable[Rule], load: Loader) -> None:
    if not isinstance(document, Mapping):
        raise InvalidError("PARSING_ERROR", "What was sent is not a JSON object.")
    for rule in table:
        rule.check(document, load)
