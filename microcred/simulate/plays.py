"""What each platform sends about a learner, as recordings and documentation have it, with invented people."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

from issuer.keys import Signer
from issuer.lms.credentials import sign
from microcred.sample_platforms import CANVAS_KEY, PLATFORMS
from microcred.simulate import lti_play
from microcred.simulate.stage import Delivery, Play, Stage, Student
from openbadge import timestamps
from openbadge.jose import jws

_SHARD: Final = 2107 * 10**13


def moodle(stage: Stage, student: Student) -> list[Delivery]:
    """A teacher marks an activity, the grade follows, the cron completes the course; now and then it is reset."""
    course = PLATFORMS["moodle"].course
    events: list[dict[str, Any]] = [
        {
            "eventname": r"\core\event\course_module_completion_updated",
            "objecttable": "course_modules_completion",
            "contextinstanceid": "7",
            "userid": "4",
            "other": {"completionstate": 1},
        },
        {
            "eventname": r"\core\event\user_graded",
            "objecttable": "grade_grades",
            "userid": "4",
            "other": {"itemid": 9, "finalgrade": "85.00000"},
        },
        {"eventname": r"\core\event\course_completed", "objecttable": "course_completions", "userid": "-1"},
    ]
    if student.index % 20 == 7:
        events.append({**events[2], "again": True})
    return [_moodle(stage, student, number, event, course) for number, event in enumerate(events)]


def _moodle(stage: Stage, student: Student, number: int, event: dict[str, Any], course: str) -> Delivery:
    row = student.account * 10 + number
    again = event.pop("again", False)
    at = stage.at + timedelta(seconds=number // 2 + (3_600 if again else 0))
    body = json.dumps(
        {
            "source": stage.connection.namespace,
            "siteid": "northbridge-sample-site",
            "event": {
                **event,
                "objectid": str(row),
                "relateduserid": str(student.account),
                "courseid": course,
                "timecreated": int(at.timestamp()),
            },
            "user": {
                "id": str(student.account),
                "idnumber": student.number,
                "username": student.number.lower(),
                "email": student.email,
                "fullname": student.name,
            },
            "course": {"id": course, "idnumber": "TDP-01", "shortname": "TDP"},
        }
    ).encode()
    secret = stage.connection.secrets[-1]
    return Delivery("/lms/moodle", lambda now: ({**sign(secret, f"moodle-adhoc-{row}", now, body), **_JSON}, body))


def canvas(stage: Stage, student: Student) -> list[Delivery]:
    """A grade is changed by a teacher, then the learner meets the last requirement: two signed tokens."""
    user, course = str(_SHARD + student.account), str(_SHARD + int(PLATFORMS["canvas"].course))
    metadata = {
        "root_account_uuid": stage.connection.options["root_account_uuid"],
        "root_account_id": str(_SHARD + 1),
        "context_type": "Course",
        "context_id": course,
        "producer": "canvas",
    }
    at = timestamps.write(stage.at)
    grade = {
        "metadata": {**metadata, "event_name": "grade_change", "event_time": at, "user_id": str(_SHARD + 4)},
        "body": {
            "submission_id": str(_SHARD + student.account * 10),
            "assignment_id": str(_SHARD + 12),
            "user_id": user,
            "student_sis_id": student.number,
            "score": 85,
            "points_possible": 100,
            "grade": "85",
            "grading_complete": True,
            "muted": False,
        },
    }
    actor = {"user_id": user, "user_sis_id": student.number}
    completed = {
        "metadata": {**metadata, **actor, "event_name": "course_completed", "event_time": at},
        "body": {
            "course": {"id": PLATFORMS["canvas"].course, "name": "Data Ethics Foundations"},
            "progress": {"completed_at": at, "requirement_count": 6, "requirement_completed_count": 6},
            "user": {"id": str(student.account), "name": student.name, "email": student.email},
        },
    }
    return [_canvas(stage, grade), _canvas(stage, completed)]


def _canvas(stage: Stage, payload: dict[str, Any]) -> Delivery:
    if stage.key is None:
        raise RuntimeError("Canvas cannot be played without its key")
    signer = Signer(CANVAS_KEY, "RSA", stage.key.public_key, stage.key.sign)
    token = jws.sign({"kid": CANVAS_KEY}, json.dumps(payload).encode(), signer).encode()
    return Delivery("/lms/canvas", lambda _now: ({"Content-Type": "application/jwt"}, token))


def xapi(stage: Stage, student: Student) -> list[Delivery]:
    """A store forwards statements: an activity, then the course, the latter as a single one by PUT now and then."""
    actor = {
        "objectType": "Agent",
        "name": student.name,
        "account": {"homePage": stage.connection.namespace, "name": student.number},
    }
    course = {
        "objectType": "Activity",
        "id": PLATFORMS["xapi"].course,
        "definition": {"type": "http://adlnet.gov/expapi/activities/course"},
    }
    quiz = {
        "objectType": "Activity",
        "id": f"{course['id']}/quiz",
        "definition": {"type": "http://adlnet.gov/expapi/activities/assessment"},
    }
    at = timestamps.write(stage.at)
    activity = {
        "id": str(student.unique("quiz")),
        "actor": actor,
        "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"},
        "object": quiz,
        "result": {"success": True, "score": {"scaled": 0.85}},
        "context": {"contextActivities": {"parent": [course]}},
        "timestamp": at,
    }
    passed = {
        "id": str(student.unique("course")),
        "actor": actor,
        "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"},
        "object": course,
        "result": {"completion": True, "success": True, "score": {"scaled": 0.85, "raw": 85, "min": 0, "max": 100}},
        "timestamp": at,
    }
    basic = base64.b64encode(stage.connection.secrets[-1].value).decode()
    headers = {**_JSON, "Authorization": f"Basic {basic}", "X-Experience-API-Version": "1.0.3"}
    path = "/lms/xapi/xapi/statements"
    last = json.dumps(passed).encode()
    single = Delivery(f"{path}?statementId={passed['id']}", lambda _now: (headers, last), "PUT")
    forwarded = json.dumps([activity, {**passed, "stored": at}]).encode()
    return [*([single] if student.index % 5 == 0 else []), Delivery(path, lambda _now: (headers, forwarded))]


def caliper(stage: Stage, student: Student) -> list[Delivery]:
    """The grader sends the grade of a task, then that of the course, each in an envelope; ids of events repeat."""
    person = {
        "id": f"{stage.connection.namespace}/users/{student.account}",
        "type": "Person",
        "name": student.name,
        "extensions": {"bb:user.id": f"_{student.account}_1", "bb:user.externalId": student.number},
    }
    course = {"id": PLATFORMS["caliper"].course, "type": "CourseOffering"}
    sensor = {"id": stage.connection.namespace, "type": "SoftwareApplication"}
    task = {
        "type": "GradeEvent",
        "id": "urn:uuid:54b54b42-dd02-42f8-88ed-07bd719bfb7c",
        "actor": sensor,
        "action": "Graded",
        "object": {
            "id": f"{course['id']}/attempts/{student.account}",
            "type": "Attempt",
            "assignee": person,
            "assignable": {"id": f"{course['id']}/items/1", "type": "Assessment", "maxScore": 100},
        },
        "generated": {"type": "Score", "scoreGiven": 85, "maxScore": 0},
        "eventTime": timestamps.write(stage.at),
        "group": course,
    }
    total = {
        "type": "http://caliper.blackboard.com/caliper/v1/CalculatedGradeSnapshotEvent",
        "id": "54b54b42-dd02-42f8-88ed-07bd719bfb7c",
        "actor": sensor,
        "action": "Graded",
        "object": {
            "id": f"{course['id']}/grades/{student.account}",
            "itemId": "_1_1",
            "score": 85,
            "scorePossible": 100,
            "isCourseGrade": True,
            "syncVersion": student.account,
            "user": person,
            "course": course,
        },
        "eventTime": timestamps.write(stage.at),
    }
    task["id"] = f"urn:uuid:{student.unique('task')}"
    return [_envelope(stage, task), _envelope(stage, total)]


def _envelope(stage: Stage, event: dict[str, Any]) -> Delivery:
    body = json.dumps(
        {
            "sensor": "54b54b42-dd02-42f8-88ed-07bd719bfb7c",
            "sendTime": timestamps.write(stage.at),
            "dataVersion": "http://purl.imsglobal.org/ctx/caliper/v1p1",
            "data": [event],
        }
    ).encode()
    headers = {**_JSON, "Authorization": f"Bearer {stage.connection.secrets[-1].value.decode()}"}
    return Delivery("/lms/caliper/caliper", lambda _now: (headers, body))


_JSON: Final = {"Content-Type": "application/json"}
PLAYS: Final[Mapping[str, Play]] = MappingProxyType(
    {"moodle": moodle, "canvas": canvas, "xapi": xapi, "caliper": caliper, "lti": lti_play.play}
)
"""The platforms that can be played."""
