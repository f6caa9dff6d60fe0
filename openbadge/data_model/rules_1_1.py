"""The rules of VC Data Model 1.1 (Recommendation of March 2022), which the suites of the W3C still send.

Its first `@context` tells it apart. It has `issuanceDate` and `expirationDate`, and asks for more ids than 2.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from openbadge.data_model import forms, rules
from openbadge.data_model.model import Document, Rule, rule
from openbadge.vocabulary import CREDENTIALS_V1, DATA_INTEGRITY_V2


def with_proof_terms(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document to be signed, with the vocabulary of Data Integrity proofs appended if its own lacks it.

    VC Data Integrity 1.0 section 2.4.1: the context of 2.0 defines the terms of a proof, that of 1.1 does not. Comes
    before the rules, so a document without a usable `@context` comes back as it is.
    """
    listed = forms.values(document.get("@context"))
    if listed[:1] != [CREDENTIALS_V1] or DATA_INTEGRITY_V2 in listed:
        return dict(document)
    return {**document, "@context": [*listed, DATA_INTEGRITY_V2]}


def _renamed(table: tuple[Rule, ...], section: Mapping[str, str]) -> tuple[Rule, ...]:
    """Return the rules of 2.0 that hold in 1.1 as well, under its sections."""
    return tuple(Rule(f"1.1-{row.id}", section[row.id], row.sentence, row.check) for row in table if row.id in section)


def _start(document: Document) -> None:
    forms.context(CREDENTIALS_V1)(document)


_FIRST: Final = (rule("1.1-context-base", "4.1", "The first @context is that of the data model.", _start),)

CREDENTIAL: Final[tuple[Rule, ...]] = (
    *_FIRST,
    *_renamed(
        rules.CREDENTIAL,
        {
            "context-items": "4.1", "id-url": "4.2", "type-texts": "4.3", "type-credential": "4.3",
            "subject-claims": "4.4", "subject-id-url": "4.4", "issuer-url": "4.5", "status-type": "4.9",
            "schema-type": "5.4", "schema-id-url": "5.4", "refresh-type": "5.5", "terms-type": "5.6",
            "evidence-type": "5.7",
        },
    ),
    rule("1.1-issuance-date", "4.6", "issuanceDate is a time.", forms.moment("issuanceDate", required=True)),
    rule("1.1-expiration-date", "4.8", "expirationDate is a time.", forms.moment("expirationDate")),
    rule("1.1-date-order", "4.8", "It expires after its issuance.", forms.ordered("issuanceDate", "expirationDate")),
    rule("1.1-status-id", "4.9", "A status has a URL as its id.", forms.identified("credentialStatus", required=True)),
    rule("1.1-refresh-id", "5.5", "A refresh service has a URL.", forms.identified("refreshService", required=True)),
)  # fmt: skip

PRESENTATION: Final[tuple[Rule, ...]] = (
    *_FIRST,
    *_renamed(
        rules.PRESENTATION,
        {
            "context-items": "4.1", "id-url": "4.2", "type-texts": "4.3", "type-presentation": "4.10",
            "holder-url": "4.10", "credentials-objects": "4.10", "presentation-terms-type": "5.6",
        },
    ),
)  # fmt: skip
