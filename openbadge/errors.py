"""What can be wrong, in two trees.

    OpenBadgeError
    ├── InvalidError       what was presented is wrong          -> a check fails
    └── UnavailableError   something needed could not be had    -> a check stays unknown

Every error carries a code out of `PROBLEMS`, the one table that gives each code its title and its type URL
(VC Data Model 2.0 section 4.16 "Problem Details"; the specifications' own URLs where one defines the code).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_DATA_MODEL = "https://www.w3.org/TR/vc-data-model#"
_SECURITY = "https://w3id.org/security#"
_STATUS = "https://www.w3.org/ns/credentials/status-list#"
_OURS = "https://microcred.example/problems#"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One row of the problem table: the code, a short title in plain English, and the type URL."""

    code: str
    title: str
    url: str


def _table(*rows: tuple[str, str, str]) -> Mapping[str, ProblemType]:
    table: dict[str, ProblemType] = {}
    for prefix, code, title in rows:
        if code in table:
            raise RuntimeError(f"problem code {code} is registered twice")
        table[code] = ProblemType(code, title, prefix + code)
    return MappingProxyType(table)


PROBLEMS: Mapping[str, ProblemType] = _table(
    (_DATA_MODEL, "PARSING_ERROR", "The document could not be read"),
    (_DATA_MODEL, "CRYPTOGRAPHIC_SECURITY_ERROR", "The signature does not match"),
    (_DATA_MODEL, "MALFORMED_VALUE_ERROR", "A value has the wrong form"),
    (_DATA_MODEL, "RANGE_ERROR", "A value is out of range"),
    (_SECURITY, "PROOF_GENERATION_ERROR", "The proof could not be made"),
    (_SECURITY, "PROOF_VERIFICATION_ERROR", "The proof is not acceptable"),
    (_SECURITY, "PROOF_TRANSFORMATION_ERROR", "The proof does not fit the document"),
    (_SECURITY, "INVALID_DOMAIN_ERROR", "The proof was made for another domain"),
    (_SECURITY, "INVALID_CHALLENGE_ERROR", "The proof answers another challenge"),
    (_SECURITY, "DATA_LOSS_DETECTION_ERROR", "Part of the document is not covered by the signature"),
    (_SECURITY, "INVALID_VERIFICATION_METHOD", "The signing key is not acceptable"),
    (_SECURITY, "INVALID_VERIFICATION_METHOD_URL", "The address of the signing key is wrong"),
    (_SECURITY, "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT", "The issuer's key document is wrong"),
    (_SECURITY, "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID", "The key document belongs to someone else"),
    (_SECURITY, "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD", "The key may not be used for this purpose"),
    (_STATUS, "STATUS_RETRIEVAL_ERROR", "The status list could not be fetched"),
    (_STATUS, "STATUS_VERIFICATION_ERROR", "The status list is not acceptable"),
    (_STATUS, "STATUS_LIST_LENGTH_ERROR", "The status list is too short"),
    (_OURS, "DUPLICATE_JSON_KEY", "A member name occurs twice"),
    (_OURS, "LIMIT_EXCEEDED", "The document is larger or deeper than allowed"),
    (_OURS, "UNSUPPORTED_FORMAT", "This kind of file is not supported"),
    (_OURS, "MULTIPLE_CREDENTIALS", "The file holds more than one credential"),
    (_OURS, "CONTEXT_NOT_ALLOWED", "The document uses a vocabulary that is not known"),
    (_OURS, "NON_CANONICAL_FORM", "The document is written in a way that can hide data"),
    (_OURS, "SCHEMA_ERROR", "The document does not follow the Open Badges schema"),
    (_OURS, "UNSUPPORTED_SUITE", "This kind of signature is not supported"),
    (_OURS, "ISSUER_NOT_BOUND", "The key does not belong to the issuer"),
    (_OURS, "ISSUER_UNTRUSTED", "No trust source vouches for this issuer"),
    (_OURS, "FETCH_FAILED", "Something needed could not be fetched"),
    (_OURS, "FETCH_BLOCKED", "An address may not be fetched"),
    (_OURS, "EXPIRED", "The credential has expired"),
    (_OURS, "NOT_YET_VALID", "The credential is not valid yet"),
    (_OURS, "REVOKED", "The credential has been revoked"),
    (_OURS, "SUSPENDED", "The credential is suspended"),
    (_OURS, "STATUS_STALE", "The status list is out of date"),
    (_OURS, "RECIPIENT_MISMATCH", "The credential was issued to someone else"),
    (_OURS, "ENDORSEMENT_INVALID", "An endorsement is not acceptable"),
    (_OURS, "IMAGE_MISMATCH", "The picture is not proved by the signature"),
    (_OURS, "HOMOGRAPH_WARNING", "A name may imitate another name"),
    (_OURS, "BIDI_WARNING", "A text holds characters that change its reading direction"),
)


class OpenBadgeError(Exception):
    """Base of all errors of the format.

    `code` is a key of `PROBLEMS`; `detail` is one plain sentence that says what is wrong and where.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.problem = PROBLEMS[code]
        self.code = code
        self.detail = detail


class InvalidError(OpenBadgeError):
    """What was presented is wrong: the check that meets it fails."""


class UnavailableError(OpenBadgeError):
    """Something needed could not be had: the check that meets it stays unknown, neither passed nor failed."""
