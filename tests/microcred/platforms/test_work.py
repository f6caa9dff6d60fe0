"""Work on reports: late, twice, disordered, taken back, of strangers and of courses that nobody has bound yet."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest

from issuer.errors import FieldError, NotFoundError
from issuer.lms.model import Identifier, IdKind
from issuer.lms_work.bindings import BindingWish
from issuer.lms_work.connections import Wish
from microcred.simulate.plays import Student
from tests.microcred.conftest import START
from tests.microcred.platforms.conftest import ADA, Campus, webhook
from tests.microcred.platforms.test_door import STATEMENT, basic

BRAM = Student("bram", 2)
PASSED_60 = {"rule": "passed", "percent": "60"}


def bind(campus: Campus, course: str = "c-1", rule: dict[str, Any] | None = None, **more: Any) -> None:
    wish = BindingWish("webhook", course, "data-ethics-foundations", rule or {"rule": "completed"}, **more)
    campus.platforms.bindings.add(wish, "registrar")


def tell(campus: Campus, kind: str, number: int, minute: int = 0, **more: Any) -> None:
    at = f"2026-11-24T11:{minute:02d}:00Z"
    body = webhook(kind, occurredAt=at, course={"id": "c-1"}, **more)
    assert campus.post("webhook", body, f"m-{number}").status_code == 202


def test_a_course_that_is_bound_later_is_issued_then(campus: Campus) -> None:
    tell(campus, "completed", 1)
    campus.platforms.drain()
    assert campus.held() == ["course-not-bound"]
    bind(campus)
    assert campus.platforms.release() == 1
    assert (campus.held(), campus.count("credential")) == ([], 1)


def test_a_learner_who_gets_a_record_later_is_issued_then(campus: Campus) -> None:
    bind(campus)
    tell(campus, "completed", 1, learner={"id": "77", "name": "Chiara", "email": "c@example.test"})
    campus.platforms.drain()
    assert campus.held() == ["learner-unknown"]
    campus.platforms.people.add("N77", "Chiara Rossi", [lms("77")], "registrar")
    assert campus.platforms.release() == 1
    assert campus.count("completion", "person = 'N77' AND learner_name = 'Chiara Rossi'") == 1


def lms(value: str) -> Identifier:
    return Identifier(IdKind.LMS, "https://crm.northbridge.example", value)


def test_an_id_that_is_learned_brings_what_waited_for_it(campus: Campus) -> None:
    bind(campus)
    tell(campus, "completed", 1, learner={"id": "77", "name": "Chiara"})
    campus.platforms.drain()
    assert campus.held() == ["learner-unknown"]
    tell(campus, "identity", 2, learner={"id": "77", "sisId": "N77", "name": "Chiara"})
    campus.platforms.drain()
    assert (campus.held(), campus.count("credential"), campus.count("person")) == ([], 1, 1)


def test_iss_006_nobody_is_merged_by_an_address_and_nobody_is_two(campus: Campus) -> None:
    bind(campus)
    known = {"id": "77", "sisId": "N77", "name": "Chiara", "email": "A@x.org"}
    tell(campus, "completed", 1, learner=known)
    tell(campus, "completed", 2, learner={**known, "email": "a@x.org"})
    tell(campus, "completed", 3, learner={**known, "name": "Chia\u0300ra"})
    tell(campus, "completed", 4, learner={"id": "78", "name": "Somebody", "email": "A@x.org"})
    tell(campus, "completed", 5, learner={"id": "79", "sisId": "N77", "name": "Somebody"})
    campus.platforms.drain()
    assert (campus.count("credential"), campus.count("person")) == (1, 1)
    assert campus.held() == ["learner-unknown", "learner-conflict"]


def test_iss_005_a_report_without_a_term_counts_once(campus: Campus) -> None:
    bind(campus)
    for number in range(3):
        tell(campus, "completed", number, minute=number)
        campus.platforms.drain()
    assert (campus.count("credential"), campus.count("lms_award")) == (1, 1)
    assert {state for state, _ in campus.states()} == {"awarded"}


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.databases("sqlite")
def test_any_order_leads_to_the_same_end(campus: Campus, order: tuple[int, ...]) -> None:
    bind(campus, rule=PASSED_60)
    told: list[dict[str, Any]] = [
        {"kind": "graded", "minute": 1, "result": {"score": "20", "maximum": "100"}},
        {"kind": "completed", "minute": 2},
        {"kind": "graded", "minute": 3, "result": {"score": "85", "maximum": "100"}},
    ]
    for number in order:
        tell(campus, number=number, **told[number])
        campus.platforms.drain()
    assert campus.count("credential") == 1
    assert campus.platforms.cases() == ()


def test_what_is_not_reached_waits_and_says_for_what(campus: Campus) -> None:
    bind(campus, rule=PASSED_60)
    tell(campus, "graded", 1, result={"score": "59", "maximum": "100"})
    campus.platforms.drain()
    assert campus.states() == [("waiting", "not-completed")]
    tell(campus, "completed", 2, minute=1)
    campus.platforms.drain()
    assert {code for _, code in campus.states()} == {"grade-too-low"}
    assert campus.count("credential") == 0


def test_a_setback_after_the_award_is_a_case_and_revokes_nothing(campus: Campus) -> None:
    bind(campus, rule=PASSED_60)
    tell(campus, "completed", 1, result={"score": "85", "maximum": "100"})
    campus.platforms.drain()
    for number in (2, 3):
        tell(campus, "graded", number, minute=number, result={"score": "20", "maximum": "100"})
        campus.platforms.drain()
    assert [case.kind for case in campus.platforms.cases()] == ["setback"]
    assert (campus.count("credential"), campus.count("status_change")) == (1, 0)


def test_a_term_is_awarded_once_each(campus: Campus) -> None:
    bind(campus, per_term=True)
    for number, term in enumerate(["2026-1", "2026-1", "2026-2", None]):
        course = {"id": "c-1"} if term is None else {"id": "c-1", "term": term}
        body = webhook(course=course, occurredAt=f"2026-11-24T11:0{number}:00Z")
        campus.post("webhook", body, f"m-{number}")
        campus.platforms.drain()
    assert campus.count("credential") == 2
    assert campus.held() == ["term-missing"]


def test_two_bindings_of_one_course_hold_it(campus: Campus) -> None:
    bind(campus)
    bind(campus)
    tell(campus, "completed", 1)
    campus.platforms.drain()
    assert campus.held() == ["binding-ambiguous"]
    first = next(item for item in campus.platforms.bindings.every() if item.course == "c-1")
    campus.platforms.bindings.remove(first.id, "registrar")
    assert (campus.platforms.release(), campus.count("credential")) == (1, 1)


def test_a_binding_holds_for_its_time_only(campus: Campus) -> None:
    bind(campus, valid_from=START + timedelta(hours=1))
    tell(campus, "completed", 1)
    campus.platforms.drain()
    assert campus.held() == ["course-not-bound"]


def test_two_sources_of_one_definition_lead_to_one_credential(campus: Campus) -> None:
    campus.moodle()
    campus.post("webhook", webhook())
    campus.platforms.drain()
    assert (campus.count("completion"), campus.count("credential")) == (2, 1)


def test_a_version_that_the_source_contradicts_holds_it(campus: Campus) -> None:
    bind(campus, version="1")
    body = webhook(course={"id": "c-1", "version": "7"})
    campus.post("webhook", body)
    campus.platforms.drain()
    assert campus.held() == ["version-disagrees"]


def test_a_result_is_passed_on_where_the_binding_says_so(campus: Campus) -> None:
    bind(campus, results={"percent": "grade"})
    tell(campus, "completed", 1, result={"score": "17", "maximum": "20"})
    campus.platforms.drain()
    (item,) = campus.platforms.service.completions.page()
    assert [(result.result_description, result.value) for result in item.completion.report.result] == [("grade", "85")]


def test_what_does_not_fit_the_definition_is_held_with_the_reason(campus: Campus) -> None:
    campus.platforms.connections.add(Wish("crm", "webhook", "https://crm2.example", "other-sis", creates=True), "t")
    wish = BindingWish(
        "crm", "c-1", "collaborative-project-practice", {"rule": "completed"}, results={"grade": "grade"}
    )
    campus.platforms.bindings.add(wish, "registrar")
    campus.post("crm", webhook(course={"id": "c-1"}, result={"grade": "Z"}))
    campus.platforms.drain()
    assert campus.held() == ["report-does-not-fit"]
    assert campus.count("completion") == 0


def test_a_statement_that_is_voided_before_it_arrives_counts_for_nothing(campus: Campus) -> None:
    headers = basic(campus)
    void = {
        "id": "11111111-e31f-49a3-8add-d5a5b165ac74",
        "actor": STATEMENT["actor"],
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": STATEMENT["id"]},
        "timestamp": "2026-11-24T11:30:00Z",
    }
    for statement in (void, STATEMENT):
        campus.client.post("/lms/xapi/xapi/statements", json=statement, headers=headers)
        campus.platforms.drain()
    assert campus.count("credential") == 0
    assert [state for state, _ in campus.states()] == ["waiting", "waiting"]


def test_bindings_are_checked(campus: Campus) -> None:
    for wish in (
        BindingWish("webhook", "c", "nobody-knows-it", {"rule": "completed"}),
        BindingWish("webhook", "c", "data-ethics-foundations", {"rule": "completed"}, version="9"),
        BindingWish("webhook", "c", "data-ethics-foundations", {"rule": "guessed"}),
        BindingWish("webhook", "c", "data-ethics-foundations", {"rule": "completed"}, results={"grade": "no-such"}),
        BindingWish("webhook", "c", "data-ethics-foundations", {"rule": "completed"}, results={"mood": "grade"}),
        BindingWish("webhook", "", "data-ethics-foundations", {"rule": "completed"}),
        BindingWish(
            "webhook", "c", "data-ethics-foundations", {"rule": "completed"}, valid_from=START, valid_until=START
        ),
        BindingWish("nobody", "c", "data-ethics-foundations", {"rule": "completed"}),
    ):
        with pytest.raises((FieldError, NotFoundError)):
            campus.platforms.bindings.add(wish, "registrar")


def test_others_are_left_alone(campus: Campus) -> None:
    """A learner's reports say nothing about another one's."""
    bind(campus, rule=PASSED_60)
    tell(campus, "completed", 1)
    body = webhook("graded", BRAM, course={"id": "c-1"}, result={"score": "85", "maximum": "100"})
    campus.post("webhook", body, "m-2")
    campus.platforms.drain()
    assert (campus.count("credential"), campus.count("person")) == (0, 2)
    assert ADA.number != BRAM.number


@pytest.mark.databases("sqlite")
def test_messages_go_when_the_time_for_disputes_is_over(campus: Campus) -> None:
    campus.moodle()
    campus.platforms.drain()
    (job,) = [job for job in campus.platforms.jobs() if job.name == "lms-clean-up"]
    assert job.run(campus.clock() + timedelta(days=179)).startswith("0 ")
    assert job.run(campus.clock() + timedelta(days=181)).startswith("1 ")
    assert (campus.count("lms_message"), campus.count("lms_report")) == (0, 1)
    assert campus.moodle().status_code == 202
    assert (campus.platforms.drain(), campus.count("credential")) == (0, 1)
