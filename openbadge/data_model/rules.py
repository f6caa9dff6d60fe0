"""The rules of VC Data Model 2.0, one row each. Sections are those of the Recommendation of May 2025."""

from __future__ import annotations

from typing import Any, Final

from openbadge.data_model import forms, related_resource
from openbadge.data_model.model import Document, Rule, malformed, rule
from openbadge.enveloped import ENVELOPED_CREDENTIAL
from openbadge.errors import InvalidError
from openbadge.vocabulary import CREDENTIALS_V2, VERIFIABLE_CREDENTIAL

VERIFIABLE_PRESENTATION: Final = "VerifiablePresentation"
MAX_CREDENTIALS: Final = 20
"""Credentials of one presentation: each is canonicalised and verified for itself, so this bounds one request's work."""


def subject(document: Document) -> None:
    """Accept one or more subjects, each an object that says something."""
    if "credentialSubject" not in document:
        raise malformed("The credential has no credentialSubject.")
    forms.objects(document, "credentialSubject")


def issuer(document: Document) -> None:
    """Accept an issuer that is named by a URL."""
    forms.party(document, "issuer")


def holder(document: Document) -> None:
    """Accept a holder, if there is one, that is named by a URL."""
    if "holder" in document:
        forms.party(document, "holder")


def credentials(document: Document) -> None:
    """Accept credentials that are objects of one of the two types, secured in themselves or enveloped."""
    items = forms.objects(document, "verifiableCredential")
    if len(items) > MAX_CREDENTIALS:
        raise InvalidError("LIMIT_EXCEEDED", f"The presentation has more than {MAX_CREDENTIALS} credentials.")
    for item in items:
        if not {VERIFIABLE_CREDENTIAL, ENVELOPED_CREDENTIAL} & set(forms.types(item, "verifiableCredential")):
            raise malformed("An entry of verifiableCredential is not a credential.")


def _identifier(document: Document) -> None:
    forms.identifier(document, "id")


def _texts(name: str, holder_name: str | None = None) -> Any:
    where = name if holder_name is None else f"{holder_name}.{name}"
    return lambda document: forms.texts(document if holder_name is None else document.get(holder_name), name, where)


def _types(document: Document) -> None:
    forms.types(document, "The document")


START: Final = (
    rule("context-base", "4.3", "The first @context is that of the data model.", forms.context(CREDENTIALS_V2)),
    rule("context-items", "4.3", "Every @context is a URL or an object.", forms.context_items),
    rule("id-url", "4.4", "The id, if there is one, is a single URL.", _identifier),
    rule("type-texts", "4.5", "The document has one type or several.", _types),
)
"""What credentials and presentations share."""

CREDENTIAL: Final[tuple[Rule, ...]] = (
    *START,
    rule("type-credential", "4.5", "VerifiableCredential is a type.", forms.has_type(VERIFIABLE_CREDENTIAL)),
    rule("name-text", "4.6", "The name is text, perhaps in languages.", _texts("name")),
    rule("description-text", "4.6", "The description is text, perhaps in languages.", _texts("description")),
    rule("issuer-url", "4.7", "The issuer is a URL, or an object with one as its id.", issuer),
    rule("issuer-name-text", "4.7", "The issuer's name is text.", _texts("name", "issuer")),
    rule("issuer-description-text", "4.7", "The issuer's description is text.", _texts("description", "issuer")),
    rule("subject-claims", "4.8", "There is a subject, and each says something.", subject),
    rule("subject-id-url", "4.8", "A subject's id is a URL.", forms.identified("credentialSubject", required=False)),
    rule("valid-from-date", "4.9", "validFrom is a time with a zone.", forms.moment("validFrom")),
    rule("valid-until-date", "4.9", "validUntil is a time with a zone.", forms.moment("validUntil")),
    rule("validity-order", "4.9", "validUntil is not before validFrom.", forms.ordered("validFrom", "validUntil")),
    rule("status-type", "4.10", "A status has a type.", forms.typed("credentialStatus")),
    rule("status-id-url", "4.10", "A status's id is a URL.", forms.identified("credentialStatus", required=False)),
    rule("schema-type", "4.11", "A schema has a type.", forms.typed("credentialSchema")),
    rule("schema-id-url", "4.11", "A schema has a URL as its id.", forms.identified("credentialSchema", required=True)),
    rule("related-id", "5.3", "A related resource is an object with a URL as its id.", related_resource.identified),
    rule("related-unique", "5.3", "No related resource is there twice.", related_resource.unique),
    rule("related-digest", "5.3", "A related resource has a digest that can be read.", related_resource.digested),
    rule("related-match", "5.3", "A resource that we hold has that digest.", related_resource.matching),
    rule("refresh-type", "5.4", "A refresh service has a type.", forms.typed("refreshService")),
    rule("terms-type", "5.5", "Terms of use have a type.", forms.typed("termsOfUse")),
    rule("evidence-type", "5.6", "Evidence has a type.", forms.typed("evidence")),
    rule("confidence-type", "5.10", "A confidence method has a type.", forms.typed("confidenceMethod")),
    rule("render-type", "5.10", "A render method has a type.", forms.typed("renderMethod")),
)

PRESENTATION: Final[tuple[Rule, ...]] = (
    *START,
    rule("type-presentation", "4.13", "VerifiablePresentation is a type.", forms.has_type(VERIFIABLE_PRESENTATION)),
    rule("holder-url", "4.13", "The holder is a URL, or an object with one as its id.", holder),
    rule("credentials-objects", "4.13", "What is presented are credentials, as objects.", credentials),
    rule("presentation-terms-type", "5.5", "Terms of use have a type.", forms.typed("termsOfUse")),
)
