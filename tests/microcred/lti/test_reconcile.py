"""Reconciling with an LTI platform: results that nobody reported, by the platform's own lists of people and columns."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from issuer.lms.ask import Answer, Request
from issuer.lms.lti import CLAIM, LEARNER, NRPS, TEACHERS, TEST_USER
from issuer.lms.model import Kind
from issuer.lms_work import lti_reconcile, paging
from issuer.lms_work.reconcile import Finding, Reconciliation
from microcred.simulate.plays import Student
from tests.microcred.lti.conftest import DEFINITION, NAME, School, earn
from tests.microcred.lti.gradebook import ADA, BRAM, CHIARA, Gradebook
from tests.microcred.lti.platform import ISSUER, LINE_ITEM, Change

pytestmark = pytest.mark.databases("sqlite")


def run(school: School, *, fix: bool = False) -> Finding:
    (found,) = [item for item in Reconciliation(school.platforms).run(fix=fix) if item.connection == "second"]
    return found


@pytest.mark.databases("sqlite", "postgresql")
def test_results_that_nobody_reported_are_found_and_taken_in(school: School, book: Gradebook) -> None:
    earn(school, book)
    for student, points in ((BRAM, 90), (CHIARA, 10)):
        book.graded(LINE_ITEM, student, points)
    found = run(school)
    assert (found.learners, found.completed, len(found.missing), found.unconfirmed, found.error) == (3, 2, 1, 0, None)
    assert school.count("credential") == 1
    run(school, fix=True)
    assert school.count("credential") == 2
    assert run(school).missing == []
    service = school.platforms.service
    names = {item.completion.learner_name for item in service.completions.page(None, 100)}
    assert names == {ADA.name, BRAM.name}


def test_a_grade_that_fell_is_not_confirmed(school: School, book: Gradebook) -> None:
    earn(school, book)
    book.graded(LINE_ITEM, ADA, 20)
    found = run(school)
    assert (found.completed, found.unconfirmed, len(found.missing)) == (0, 1, 0)
    assert school.count("credential") == 1


def test_only_learners_of_the_course_count(school: School, book: Gradebook) -> None:
    earn(school, book)
    book.members.clear()
    book.enrol(BRAM, TEACHERS[0], LEARNER)
    book.enrol(CHIARA, LEARNER, TEST_USER)
    book.enrol(Student("gone", 4), status="Inactive")
    book.enrol(Student("role", 5), "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant")
    book.enrol(ADA, "Learner")
    for member in book.members:
        book.points[LINE_ITEM][member["user_id"]] = 90
    found = run(school)
    assert (found.learners, found.completed, found.missing) == (1, 1, [])


def test_the_column_of_a_badge_is_no_grade(school: School, book: Gradebook) -> None:
    earn(school, book, BRAM)
    own = f"{ISSUER}/services.php/2/lineitems/9/lineitem"
    book.graded(own, ADA, 100)
    book.columns[own] |= {"tag": "badge", "resourceId": DEFINITION}
    assert (run(school).completed, len(run(school).missing)) == (1, 0)


def test_a_course_in_which_nobody_opened_the_link(school: School, book: Gradebook) -> None:
    assert "Open the link" in str(run(school).error)


def test_a_platform_that_does_not_answer(school: School, book: Gradebook) -> None:
    earn(school, book)
    school.lms.broken = True
    assert run(school).error


def without_members(book: Gradebook) -> Change:
    """Launches of a platform that keeps its lists of people to itself."""
    return lambda claims: {name: value for name, value in book.change(claims).items() if name != NRPS}


def test_a_grade_stands_for_nobody_who_had_to_be_let_in(school: School) -> None:
    """The rule asks for the link and for points; BRAM has the points, and the platform never let him in."""
    school.platforms.connections.remove(NAME, "tests")
    school.connect("second", ISSUER, counts="launch")
    school.bind("second", {"rule": "passed", "percent": "60"})
    book = Gradebook(school.lms)
    for student in (ADA, BRAM):
        book.enrol(student)
        book.graded(LINE_ITEM, student, 80)
    assert 'data-standing="earned"' in school.lms.open(ADA, book.change).text
    assert not [item for item in Reconciliation(school.platforms).run(fix=True) if item.connection == "second"]
    assert school.count("credential") == 1


def test_a_grade_alone_is_a_grade_where_launches_count_too(school: School) -> None:
    school.platforms.connections.remove(NAME, "tests")
    school.connect("second", ISSUER, counts="launch")
    school.bind("second")
    book = Gradebook(school.lms)
    for student in (ADA, BRAM, CHIARA):
        book.enrol(student)
    earn(school, book)
    book.graded(LINE_ITEM, BRAM, 90)
    (report,) = run(school).missing
    assert report.kind is Kind.GRADED
    run(school, fix=True)
    assert school.count("credential") == 2


def test_without_a_list_of_members_nobody_is_taken_for_a_learner(school: School, book: Gradebook) -> None:
    """BRAM is known from another course, and teaches this one; CHIARA is a learner whose grade fell since."""
    change = without_members(book)
    school.lms.open(BRAM, lambda claims: {**change(claims), f"{CLAIM}context": {"id": "another"}})
    assert 'data-standing="teacher"' in school.lms.open(BRAM, change, TEACHERS[0]).text
    book.graded(LINE_ITEM, CHIARA, 70)
    assert 'data-standing="earned"' in school.lms.open(CHIARA, change).text
    for student, points in ((ADA, 80), (BRAM, 90), (CHIARA, 10)):
        book.graded(LINE_ITEM, student, points)
    found = run(school, fix=True)
    assert (found.learners, found.missing, found.unconfirmed) == (1, [], 1)
    assert "who is a learner" in str(found.error)
    assert school.count("credential") == 1


def test_half_a_list_does_not_pass_for_a_whole(
    school: School, book: Gradebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The members are on two pages of two, and the three results on two."""
    earn(school, book)
    for student in (BRAM, CHIARA):
        book.graded(LINE_ITEM, student, 90)
    monkeypatch.setattr(paging, "MAX_PAGES", 2)
    assert (run(school).error, run(school).learners) == (None, 3)
    monkeypatch.setattr(paging, "MAX_PAGES", 1)
    found = run(school)
    assert (found.learners, "more than 1 pages" in str(found.error)) == (0, True)


@pytest.mark.parametrize("service", ["/memberships", "/results", "/lineitems"])
def test_pages_that_lead_around_are_no_answer(school: School, book: Gradebook, service: str) -> None:
    earn(school, book)

    def around(request: Request) -> Answer:
        found, url = book.answer(request), request.url.partition("&start=")[0]
        is_it = urlsplit(url).path.endswith(service)
        return replace(found, headers={"link": f'<{url}>; rel="next"'}) if is_it else found

    school.lms.services = around
    assert "lead back" in str(run(school).error)


def test_a_course_with_too_many_columns(school: School, book: Gradebook, monkeypatch: pytest.MonkeyPatch) -> None:
    earn(school, book)
    book.graded(f"{ISSUER}/services.php/2/lineitems/6/lineitem", ADA, 1)
    monkeypatch.setattr(lti_reconcile, "MAX_COLUMNS", 2)
    assert run(school).error is None
    monkeypatch.setattr(lti_reconcile, "MAX_COLUMNS", 1)
    assert "columns" in str(run(school).error)
