"""The nouns of the issuer as frozen dataclasses: definitions, reports, and the records that are stored.

`definition` and `report` read JSON strictly and raise `FieldError`; `records` holds one class per stored row.
"""

from issuer.model.definition import (
    Alignment,
    Assessment,
    Credit,
    Criteria,
    Definition,
    Level,
    Outcome,
    QualityAssurance,
    ResultDescription,
    Subject,
    Workload,
)
from issuer.model.records import (
    ApiToken,
    AuditEntry,
    Completion,
    CompletionState,
    CompletionStep,
    DefinitionState,
    DefinitionVersion,
    Institution,
    IssuedCredential,
    Review,
    ReviewKind,
    ReviewState,
    StatusChange,
    StatusList,
    StatusPublication,
    StatusSlot,
)
from issuer.model.report import CompletionReport, DefinitionRef, Evidence, Learner, Result
from issuer.model.withdrawal import Withdrawal

__all__ = [
    "Alignment",
    "ApiToken",
    "Assessment",
    "AuditEntry",
    "Completion",
    "CompletionReport",
    "CompletionState",
    "CompletionStep",
    "Credit",
    "Criteria",
    "Definition",
    "DefinitionRef",
    "DefinitionState",
    "DefinitionVersion",
    "Evidence",
    "Institution",
    "IssuedCredential",
    "Learner",
    "Level",
    "Outcome",
    "QualityAssurance",
    "Result",
    "ResultDescription",
    "Review",
    "ReviewKind",
    "ReviewState",
    "StatusChange",
    "StatusList",
    "StatusPublication",
    "StatusSlot",
    "Subject",
    "Withdrawal",
    "Workload",
]
