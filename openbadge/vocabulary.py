"""Names fixed by the standards, each written once.

Open Badges 3.0 (document 1.4.5), VC Data Model 2.0, Data Integrity 1.0, Bitstring Status List 1.0.
"""

from __future__ import annotations

from typing import Final

CREDENTIALS_V2: Final = "https://www.w3.org/ns/credentials/v2"
CREDENTIALS_V1: Final = "https://www.w3.org/2018/credentials/v1"
OPEN_BADGES: Final = "https://purl.imsglobal.org/spec/ob/v3p0/"
OB_CONTEXT: Final = OPEN_BADGES + "context-3.0.3.json"
OB_CONTEXTS: Final = (OB_CONTEXT, OPEN_BADGES + "context-3.0.2.json", OPEN_BADGES + "context-3.0.1.json")
OB_EXTENSIONS: Final = OPEN_BADGES + "extensions.json"
CLR_CONTEXT: Final = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
DATA_INTEGRITY_V2: Final = "https://w3id.org/security/data-integrity/v2"
DID_V1: Final = "https://www.w3.org/ns/did/v1"
MULTIKEY_V1: Final = "https://w3id.org/security/multikey/v1"

ACHIEVEMENT_SCHEMA: Final = OPEN_BADGES + "schema/json/ob_v3p0_achievementcredential_schema.json"
PROFILE_SCHEMA: Final = OPEN_BADGES + "schema/json/ob_v3p0_profile_schema.json"
SCHEMA_TYPE: Final = "1EdTechJsonSchemaValidator2019"

VERIFIABLE_CREDENTIAL: Final = "VerifiableCredential"
BADGE_TYPES: Final = ("OpenBadgeCredential", "AchievementCredential")
ENDORSEMENT_TYPE: Final = "EndorsementCredential"
STATUS_LIST_CREDENTIAL: Final = "BitstringStatusListCredential"
STATUS_LIST: Final = "BitstringStatusList"
STATUS_ENTRY: Final = "BitstringStatusListEntry"
DATA_INTEGRITY_PROOF: Final = "DataIntegrityProof"
ASSERTION_METHOD: Final = "assertionMethod"

MEDIA_VC: Final = "application/vc"
MEDIA_VC_JSONLD: Final = "application/vc+ld+json"
MEDIA_JSON: Final = "application/json"
MEDIA_DID: Final = "application/did+ld+json"
MEDIA_JWT: Final = "text/plain"

IDENTIFIER_TYPES: Final = (
    "name", "sourcedId", "systemId", "productId", "userName", "accountId", "emailAddress", "nationalIdentityNumber",
    "isbn", "issn", "lisSourcedId", "oneRosterSourcedId", "sisSourcedId", "ltiContextId", "ltiDeploymentId",
    "ltiToolId", "ltiPlatformId", "ltiUserId", "identifier",
)  # fmt: skip
RESULT_TYPES: Final = (
    "GradePointAverage", "LetterGrade", "Percent", "PerformanceLevel", "PredictedScore", "RawScore", "Result",
    "RubricCriterion", "RubricCriterionLevel", "RubricScore", "ScaledScore", "Status",
)  # fmt: skip
RESULT_STATUSES: Final = (
    "Completed",
    "Enrolled",
    "Failed",
    "InProgress",
    "OnHold",
    "Provisional",
    "Withdrew",
)

MINIMUM_LIST_ENTRIES: Final = 131_072
"""Bitstring Status List 1.0, section 3.4: 16 KB of bits at least, so that one entry hides among many."""
