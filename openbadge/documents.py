"""What holds for a document inside an envelope of VC-JOSE-COSE, beyond the rules of `openbadge.data_model`.

A token, an SD-JWT or a COSE message signs a text that nobody expands as JSON-LD. So what RDF would say of an undefined
term is said here of names: at the top level only members that the standards define. And it holds documents of VC Data
Model 2.0 alone; a token of 1.1 has a form of its own (`openbadge.proof.vc_jwt_legacy`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from openbadge import data_model, enveloped
from openbadge.data_model.forms import values
from openbadge.data_model.model import malformed
from openbadge.vocabulary import OB_CONTEXTS, OB_EXTENSIONS

CREDENTIAL_MEMBERS: Final = frozenset(
    "@context id type name description issuer validFrom validUntil credentialSubject credentialSchema credentialStatus "
    "evidence termsOfUse refreshService relatedResource confidenceMethod renderMethod proof".split()
)
"""Members of a credential (VC Data Model 2.0, sections 4.3 to 4.12 and 5.3 to 5.10)."""
OPEN_BADGE_MEMBERS: Final = frozenset("image awardedDate endorsement endorsementJwt".split())
"""What Open Badges 3.0 appendix B.1.2 adds, for a document that uses its context."""
PRESENTATION_MEMBERS: Final = frozenset("@context id type holder verifiableCredential termsOfUse proof".split())
"""Members of a presentation (VC Data Model 2.0, section 4.13)."""

_OPEN_BADGE_CONTEXTS: Final = frozenset((*OB_CONTEXTS, OB_EXTENSIONS))


def check_credential(document: Mapping[str, Any]) -> None:
    """Accept a credential that may be enveloped, or raise `InvalidError` as `data_model.check_credential`.

    MALFORMED_VALUE_ERROR also for one of VC Data Model 1.1, or with a member that the standards do not define.
    """
    _refuse_1_1(document)
    data_model.check_credential(document, issuing=False)
    badge = any(isinstance(item, str) and item in _OPEN_BADGE_CONTEXTS for item in values(document["@context"]))
    _check_members(document, CREDENTIAL_MEMBERS | (OPEN_BADGE_MEMBERS if badge else frozenset()))


def check_presentation(document: Mapping[str, Any]) -> None:
    """Accept a presentation whose credentials are all enveloped, as VC-JOSE-COSE section 3.1.2 demands.

    What is in the envelopes stays closed. Raises `InvalidError` as `data_model.check_presentation` and
    `enveloped.open_envelope`, MALFORMED_VALUE_ERROR also for what `check_credential` names.
    """
    _refuse_1_1(document)
    data_model.check_presentation(document)
    _check_members(document, PRESENTATION_MEMBERS)
    for item in values(document.get("verifiableCredential", [])):
        enveloped.open_envelope(item, enveloped.ENVELOPED_CREDENTIAL, enveloped.CREDENTIAL_MEDIA)


def _refuse_1_1(document: Mapping[str, Any]) -> None:
    if data_model.is_1_1(document):
        raise malformed("Only documents of VC Data Model 2.0 are enveloped; this one is of the older 1.1.")


def _check_members(document: Mapping[str, Any], known: frozenset[str]) -> None:
    unknown = sorted(document.keys() - known)
    if unknown:
        raise malformed(f"The document has a member {unknown[0][:50]!r} that the standards do not define.")
