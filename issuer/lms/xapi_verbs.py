"""What the verbs and activity types of xAPI mean to us, as tables."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from issuer.lms.model import Kind

VOIDED: Final = "http://adlnet.gov/expapi/verbs/voided"
_ADL: Final = "http://adlnet.gov/expapi/verbs/"
VERBS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        _ADL + "completed": Kind.COMPLETED,
        _ADL + "passed": Kind.PASSED,
        _ADL + "mastered": Kind.PASSED,
        _ADL + "failed": Kind.FAILED,
        _ADL + "scored": Kind.GRADED,
        "http://id.tincanapi.com/verb/earned": Kind.GRADED,  # Open edX: a grade, with every change of it
        "https://w3id.org/xapi/adl/verbs/satisfied": Kind.COMPLETED,  # cmi5 section 9.3.9
    }
)
"""Verbs by their kind. `completed` alone says nothing about a grade: xAPI keeps that in `result.success`."""
COURSE_TYPES: Final = (
    "https://w3id.org/xapi/cmi5/activitytype/course",
    "http://adlnet.gov/expapi/activities/course",
)
"""Activity types that are a course; the same verbs are used for every activity inside one."""
EXTERNAL_ID: Final = "https://w3id.org/learning-analytics/learning-management-system/external-id"
"""Extension of Moodle's logstore_xapi with the course's `idnumber`."""
SIGNATURE: Final = "http://adlnet.gov/expapi/attachments/signature"
"""`usageType` of an attachment that signs its statement (xAPI 1.0.3 part 2, section 2.6)."""
