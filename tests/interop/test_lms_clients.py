"""Libraries that other systems report by, real and unchanged: what they send becomes one credential a completion.

standardwebhooks signs for our own format, tincanjs sends statements as authoring tools do, ims-caliper envelopes.
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import pytest

from issuer.lms_work.bindings import BindingWish
from microcred.sample_platforms import PLATFORMS
from tests.interop.readers import Ask
from tests.interop.served import Served, served

pytestmark = pytest.mark.node
Send = Callable[..., list[int]]
XAPI: Final = "xapi/xapi/"
"""The endpoint: what a client adds `statements` to."""
CALIPER: Final = "caliper/caliper"
LATE: Final = 6 * 60
"""Seconds. A signature may be five minutes old."""
GRADER: Final = PLATFORMS["caliper"].namespace
COURSE: Final = f"{GRADER}/courses/ethics"
EXAM: Final = f"{COURSE}/items/exam"
DONE: Final = BindingWish("caliper", COURSE, "data-ethics-foundations", {"rule": "completed"})
GRADED: Final = BindingWish(
    "caliper",
    f"{COURSE}/graded",
    "testing-data-products",
    {"rule": "passed", "activity": EXAM, "percent": "60", "gradeAlone": True},
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, ask: Ask) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("clients") / "home", DONE, GRADED) as running:
        yield running


@pytest.fixture
def send(ask: Ask, service: Served) -> Send:
    """`send(library, door, *messages, secret=…)`: let a library send them to a door; return how each was answered."""

    def sent(sender: str, door: str, *messages: Any, secret: str = "") -> list[int]:
        agreed = service.secrets[door.partition("/")[0]]
        order = {"sender": sender, "url": f"{service.url}lms/{door}", "secret": secret or agreed, "messages": messages}
        statuses: list[int] = ask("send.mjs", **order)["statuses"]
        return statuses

    return sent


def test_standardwebhooks_a_message_that_comes_again_gives_nobody_another(send: Send, service: Served) -> None:
    own_form = f"whsec_{b64encode(service.secrets['webhook'].encode()).decode()}"
    again, third = webhook("W-1", age=60), webhook("W-3", form="base64", secret=own_form)
    assert send("standardwebhooks", "webhook", webhook("W-1"), again, webhook("W-2"), third) == [202] * 4
    assert service.issued(3, "W-") == ["W-1", "W-2", "W-3"]


def test_standardwebhooks_is_refused_with_a_wrong_secret_or_time(send: Send, service: Served) -> None:
    refused = (webhook("F-1", secret="a secret that is not ours"), webhook("F-2", age=LATE), webhook("F-3", age=-LATE))
    assert send("standardwebhooks", "webhook", *refused, webhook("F-4")) == [401, 401, 401, 202]
    assert service.issued(1, "F-") == ["F-4"]


def test_tincanjs_a_passed_course_gives_one_credential_by_post_and_put(send: Send, service: Served) -> None:
    array = [statement("X-1"), statement("X-2"), statement("X-3", "failed"), statement("X-4", kind="assessment")]
    single, last = statement("X-5"), [statement("X-6")]
    assert send("tincanjs", XAPI, array, array, array[0], single, single, last) == [200, 200, 204, 204, 204, 200]
    assert service.issued(4, "X-") == ["X-1", "X-2", "X-5", "X-6"]


def test_caliper_a_completed_course_or_a_good_grade_gives_one_credential(send: Send, service: Served) -> None:
    messages = (graded("C-1", 59), graded("C-2", 60, times=2), completed("C-3", times=2), completed("C-4"))
    assert send("ims-caliper", CALIPER, *messages) == [200] * 6
    assert service.issued(3, "C-") == ["C-2", "C-3", "C-4"]


def test_a_wrong_password_or_key_is_refused(send: Send, service: Served) -> None:
    assert send("tincanjs", XAPI, [statement("N-1")], statement("N-2"), secret="microcred:wrong") == [401, 401]
    assert send("ims-caliper", CALIPER, completed("N-3"), secret="a wrong key") == [401]
    assert service.issued(0, "N-") == []


def webhook(number: str, age: int = 0, form: str = "raw", **more: Any) -> dict[str, Any]:
    """A message in our own format, signed `age` seconds ago."""
    body = {
        "kind": "completed",
        "occurredAt": "2026-11-24T11:00:00Z",
        "learner": {"id": number, "sisId": number, "name": f"Zoë {number}"},
        "course": {"id": PLATFORMS["webhook"].course},
    }
    return {"id": f"msg_{number}", "seconds": int(time.time()) - age, "body": body, "format": form, **more}


def statement(number: str, verb: str = "passed", kind: str = "course") -> dict[str, Any]:
    """What the library makes a statement of."""
    return {
        "id": str(uuid5(NAMESPACE_URL, f"{number} {verb}")),
        "actor": {"name": f"Zoë {number}", "account": {"homePage": PLATFORMS["xapi"].namespace, "name": number}},
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}", "display": {"en": verb}},
        "object": {
            "id": PLATFORMS["xapi"].course,
            "definition": {"type": f"http://adlnet.gov/expapi/activities/{kind}", "name": {"en": "Practice"}},
        },
        "timestamp": "2026-11-24T11:00:00Z",
    }


def completed(number: str, times: int = 1) -> dict[str, Any]:
    """An event about a whole course."""
    return {
        "event": "Event",
        "times": times,
        "properties": {
            "actor": learner(number),
            "action": "Completed",
            "object": {"entity": "CourseOffering", "id": COURSE},
            "eventTime": "2026-11-24T11:00:00.000Z",
        },
    }


def graded(number: str, points: int, times: int = 1) -> dict[str, Any]:
    """An event about the grade of an exam."""
    attempt = {
        "entity": "Attempt",
        "id": f"{EXAM}/attempts/{number}",
        "assignee": learner(number),
        "assignable": {"entity": "Assessment", "id": EXAM, "maxScore": 100},
        "count": 1,
    }
    return {
        "event": "GradeEvent",
        "times": times,
        "properties": {
            "actor": {"entity": "SoftwareApplication", "id": GRADER},
            "action": "Graded",
            "object": attempt,
            "generated": {"entity": "Score", "id": f"{attempt['id']}/score", "scoreGiven": points, "maxScore": 100},
            "group": {"entity": "CourseSection", "id": f"{COURSE}/graded", "academicSession": "Fall 2026"},
            "eventTime": "2026-11-24T11:00:00.000Z",
        },
    }


def learner(number: str) -> dict[str, Any]:
    """A person with the student number where Caliper 1.1 has a place for it."""
    extensions = {"bb:user.externalId": number}
    return {"entity": "Person", "id": f"{GRADER}/users/{number}", "name": f"Zoë {number}", "extensions": extensions}
