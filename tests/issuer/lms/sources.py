"""Invented sources to try things on: their connections, and the essential parts of what they really send.

The payloads are transcribed from recordings (Moodle 4.3, logstore_xapi 5.0.1, Ralph 5.1.0, openedx-events 10.5.0) and
from the vendors' documentation (Canvas, Blackboard), cut down to what is read, with our own values.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from issuer.lms import credentials
from issuer.lms.adapters import ADAPTERS
from issuer.lms.connection import Connection, Incoming, Secret, Verified
from issuer.lms.model import Origin, Reported
from issuer.model.canonical import sha256
from openbadge.jose import jws
from openbadge.multikey import PublicKey

NOW = datetime(2026, 11, 23, 12, 33, 0, tzinfo=UTC)
OLD = Secret("key-1", b"an old secret of 32 bytes length", valid_until=NOW + timedelta(days=7))
NEW = Secret("key-2", b"a new secret of 32 bytes length!", valid_from=NOW - timedelta(days=1))
SITE = "https://lms.uni.example"

MOODLE: dict[str, Any] = {
    "source": SITE,
    "siteid": "moodle-site-id-example",
    "event": {
        "eventname": r"\core\event\course_completed",
        "objecttable": "course_completions",
        "objectid": "1",
        "contextid": 11,
        "contextinstanceid": "2",
        "userid": "4",
        "courseid": "2",
        "relateduserid": "3",
        "other": {"relateduserid": "3"},
        "timecreated": 1795437148,
    },
    "user": {
        "id": "3",
        "idnumber": "S1234567",
        "username": "s1234567",
        "email": "ada@example.test",
        "firstname": "Ada",
        "lastname": "Nguyen",
    },
    "course": {"id": "2", "idnumber": "MC-DETH-01@v2", "shortname": "MC-DETH-01"},
}
CANVAS: dict[str, Any] = {
    "metadata": {
        "event_name": "course_completed",
        "event_time": "2026-11-23T12:32:30.615Z",
        "context_type": "Course",
        "context_id": "21070000000000565",
        "context_role": "StudentEnrollment",
        "root_account_id": "21070000000000001",
        "root_account_uuid": "VicYj3cu5BIFpoZhDVU4",
        "user_id": "21070000000000123",
        "user_sis_id": "456-T45",
        "request_id": "1dd9dc6f-2fb0-4c19-a6c5-7ee1bf3ed295",
    },
    "body": {
        "course": {"account_id": "79", "id": "565", "name": "Data Ethics", "sis_source_id": "MC-DETH-01@v2"},
        "progress": {
            "completed_at": "2026-11-23T12:32:28.218Z",
            "next_requirement_url": None,
            "requirement_completed_count": 6,
            "requirement_count": 6,
        },
        "user": {"email": "ada@example.test", "id": "123", "name": "Ada Nguyen"},
    },
}
OPENEDX: dict[str, Any] = {
    "metadata": {
        "event_type": "org.openedx.learning.certificate.created.v1",
        "id": "5bb30736-e742-11f1-8178-02fc00000001",
        "time": "2026-11-23T12:41:47+00:00",
    },
    "data": {
        "certificate": {
            "course": {"course_key": "course-v1:UniX+DETH01+2026T3"},
            "current_status": "downloadable",
            "grade": "0.91",
            "mode": "honor",
            "previous_status": "",
            "user": {
                "id": 42,
                "is_active": True,
                "pii": {"email": "ada@example.test", "name": "Ada Nguyen", "username": "ada"},
            },
        }
    },
}
STATEMENT: dict[str, Any] = {
    "id": "907cd891-e31f-49a3-8add-d5a5b165ac74",
    "actor": {"objectType": "Agent", "account": {"homePage": SITE, "name": "S1234567"}},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"},
    "object": {
        "objectType": "Activity",
        "id": f"{SITE}/course/MC-DETH-01",
        "definition": {"type": "http://adlnet.gov/expapi/activities/course"},
    },
    "result": {"completion": True, "success": True, "score": {"scaled": 0.91, "raw": 91, "min": 0, "max": 100}},
    "timestamp": "2026-11-23T12:41:47.000Z",
    "stored": "2026-11-23T12:49:02.547039+00:00",
    "authority": {"objectType": "Agent", "mbox": "mailto:lms@uni.example"},
}
LOGSTORE: list[dict[str, Any]] = [
    {
        "timestamp": "2026-11-23T12:41:47.000Z",
        "actor": {"name": "Ada Nguyen", "account": {"homePage": SITE, "name": "3"}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {
            "id": f"{SITE}/course/view.php?id=2",
            "definition": {
                "type": "https://w3id.org/xapi/cmi5/activitytype/course",
                "extensions": {
                    "https://w3id.org/learning-analytics/learning-management-system/external-id": "MC-DETH-01@v2"
                },
            },
        },
    },
    {
        "timestamp": "2026-11-23T12:41:48.000Z",
        "actor": {"name": "Ada Nguyen", "account": {"homePage": SITE, "name": "3"}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {
            "id": f"{SITE}/mod/assign/view.php?id=2",
            "definition": {"type": "https://xapi.edlm/profiles/edlm-lms/concepts/activity-types/assignment"},
        },
        "result": {"completion": True, "success": True},
        "context": {
            "contextActivities": {
                "parent": [
                    {
                        "id": f"{SITE}/course/view.php?id=2",
                        "definition": {"type": "https://w3id.org/xapi/cmi5/activitytype/course"},
                    }
                ]
            }
        },
    },
]
CALIPER: dict[str, Any] = {
    "sensor": "54b54b42-dd02-42f8-88ed-07bd719bfb7c",
    "sendTime": "2021-01-05T07:55:48.048Z",
    "dataVersion": "http://purl.imsglobal.org/ctx/caliper/v1p1",
    "data": [
        {
            "type": "GradeEvent",
            "id": "54b54b42-dd02-42f8-88ed-07bd719bfb7c",
            "actor": {"id": "https://grader.example/app", "type": "SoftwareApplication"},
            "action": "Graded",
            "object": {
                "id": "https://grader.example/attempts/1",
                "type": "Attempt",
                "assignable": {"id": "https://grader.example/items/1", "type": "Assessment", "maxScore": 160},
                "assignee": {
                    "id": "https://grader.example/users/0e9625",
                    "type": "Person",
                    "extensions": {"bb:user.id": "_12345_1", "bb:user.externalId": "S1234567"},
                },
            },
            "generated": {"id": "https://grader.example/scores/1", "maxScore": 0, "scoreGiven": 39.45205},
            "eventTime": "2021-01-04T12:59:47.248Z",
            "group": {
                "id": "https://grader.example/courses/6d01",
                "type": "CourseOffering",
                "extensions": {"bb:course.id": "_777_1"},
                "courseNumber": "BIO-101",
            },
        }
    ],
}
SNAPSHOT: dict[str, Any] = {
    **CALIPER,
    "data": [
        {
            "type": "http://caliper.blackboard.com/caliper/v1/CalculatedGradeSnapshotEvent",
            "id": CALIPER["sensor"],
            "actor": {"id": "https://grader.example/app", "type": "SoftwareApplication"},
            "action": "Graded",
            "object": {
                "id": "https://grader.example/grades/329189703",
                "itemId": "_12345_1",
                "score": 91,
                "scorePossible": 100,
                "isCourseGrade": True,
                "syncVersion": 329189703,
                "user": {
                    "id": "https://grader.example/users/b1ea",
                    "type": "Person",
                    "extensions": {"bb:user.id": "_12345_1", "bb:user.externalId": "S1234567"},
                },
                "course": {
                    "id": "https://grader.example/courses/ab33",
                    "type": "CourseOffering",
                    "extensions": {"bb:course.id": "_777_1"},
                    "courseNumber": "BIO-101",
                },
            },
            "eventTime": "2021-01-05T08:20:33.572Z",
        }
    ],
}
WEBHOOK: dict[str, Any] = {
    "kind": "completed",
    "occurredAt": "2026-11-23T12:32:28Z",
    "learner": {"id": "3", "sisId": "S1234567", "name": "Ada Nguyen", "email": "ada@example.test"},
    "course": {"id": "2", "term": "2026-2"},
    "result": {"passed": True, "score": "91", "maximum": "100"},
}
LTI: dict[str, Any] = {
    "kind": "graded",
    "sub": "3",
    "sis": "S1234567",
    "name": "Ada Nguyen",
    "email": "ada@example.test",
    "course": "2",
    "code": "MC-DETH-01",
    "at": "2026-11-23T12:32:28Z",
    "score": "80",
    "maximum": "100",
}
PAYLOADS: dict[str, Any] = {
    "moodle": MOODLE,
    "canvas": CANVAS,
    "openedx": OPENEDX,
    "xapi": STATEMENT,
    "caliper": CALIPER,
    "webhook": WEBHOOK,
    "lti": LTI,
}
_OPTIONS: dict[str, dict[str, str]] = {
    "canvas": {"root_account_uuid": "VicYj3cu5BIFpoZhDVU4"},
    "openedx": {"auth": "hmac"},
    "xapi": {"auth": "basic", "account": "sis"},
    "caliper": {"auth": "bearer"},
    "table": {"timezone": "Australia/Melbourne"},
}


def connection(kind: str, **changes: Any) -> Connection:
    """A connection of a kind; `options` are added to those that it needs."""
    options = _OPTIONS.get(kind, {}) | changes.pop("options", {})
    settings = {"name": "ours", "kind": kind, "namespace": SITE, "sis": "sis", "secrets": (OLD, NEW), **changes}
    return Connection(**settings, options=options)


def changed(payload: Any, **paths: Any) -> Any:
    """A copy of a payload with members replaced: `event__courseid=7`; `...` takes one away."""
    result = copy.deepcopy(payload)
    for path, value in paths.items():
        *parents, last = path.split("__")
        inner = result
        for name in parents:
            inner = inner[int(name) if isinstance(inner, list) else name]
        if value is ...:
            del inner[last]
        else:
            inner[last] = value
    return result


def dumped(payload: Any) -> bytes:
    return json.dumps(payload).encode()


def signed(payload: Any, secret: Secret = NEW, message_id: str = "msg-1", at: datetime = NOW) -> Incoming:
    """A delivery with a signature, as our Moodle plugin sends it."""
    body = payload if isinstance(payload, bytes) else dumped(payload)
    return Incoming(body, credentials.sign(secret, message_id, at, body))


def proved(payload: Any, kind: str, message_id: str = "msg-1", *, integrity: bool = True) -> Verified:
    """Content as it comes out of `verify`, for tests of readers."""
    body = payload if isinstance(payload, bytes) else dumped(payload)
    return Verified(body, Origin(f"{kind}:{SITE}", sha256(body), "hmac:key-2", NOW, integrity), message_id)


def read_all(kind: str, payload: Any, message_id: str = "msg-1", **settings: Any) -> tuple[Reported, ...]:
    return ADAPTERS[kind].read(proved(payload, kind, message_id), connection(kind, **settings))


def read_one(kind: str, payload: Any, message_id: str = "msg-1", **settings: Any) -> Reported:
    (report,) = read_all(kind, payload, message_id, **settings)
    return report


@dataclass(frozen=True)
class RsaSigner:
    """Signs tokens as Canvas does (RS256)."""

    verification_method: str
    key: rsa.RSAPrivateKey
    algorithm: str = "RSA"

    def sign(self, data: bytes) -> bytes:
        return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())

    @property
    def public(self) -> PublicKey:
        return PublicKey("RSA", self.key.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1))


@cache
def rsa_signer(name: str = "2026-11") -> RsaSigner:
    return RsaSigner(name, rsa.generate_private_key(65537, 2048))


def token(payload: Any, signer: RsaSigner | None = None, **header: Any) -> bytes:
    body = payload if isinstance(payload, bytes) else dumped(payload)
    return jws.sign(header, body, signer or rsa_signer()).encode()
