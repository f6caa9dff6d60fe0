"""Scores: what the tool writes into a platform's columns after a badge."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from issuer.jobs.deliveries import PAUSES, Deliveries
from issuer.lms.ask import Answer, Request
from issuer.model import StatusState
from microcred.jobs import workshop
from tests.microcred.conftest import Console
from tests.microcred.lti.conftest import DEFINITION, School, earn
from tests.microcred.lti.gradebook import ADA, BRAM, CHIARA, COLUMNS, Gradebook
from tests.microcred.lti.platform import ISSUER, LINE_ITEM

pytestmark = pytest.mark.databases("sqlite")


def deliveries(school: School) -> Deliveries:
    return workshop(school.platforms.service, school.world).deliveries


def make_due(school: School, state: str) -> None:
    """Let what is in a state be tried now; the clock stays, since the platform's library has one of its own."""
    sql = f"UPDATE delivery SET state = 'waiting', next_attempt_at = created_at WHERE state = '{state}'"
    with school.platforms.service.database.begin_write(school.platforms.service.institution.id) as tx:
        tx.connection.exec_driver_sql(sql)


def states(school: School) -> list[tuple[str, str | None]]:
    return [(str(item.state), item.last_error) for item in deliveries(school).page()]


@pytest.mark.databases("sqlite", "postgresql")
def test_a_badge_is_one_point_in_a_column_of_its_own(school: School, book: Gradebook) -> None:
    desk = deliveries(school)
    desk.collect()
    earn(school, book)
    assert (desk.collect(), desk.send_due(), desk.send_due()) == (1, 1, 0)
    (score,) = book.scores
    assert (score["userId"], score["scoreGiven"], score["scoreMaximum"]) == (str(ADA.account), 1, 1)
    assert (score["activityProgress"], score["gradingProgress"]) == ("Completed", "FullyGraded")
    assert "/credentials/" in score["comment"]
    column = book.columns[score["column"]]
    assert (column["resourceId"], column["tag"], column["scoreMaximum"]) == (DEFINITION, "badge", 1)
    earn(school, book, BRAM)
    assert (desk.collect(), desk.send_due()) == (1, 1)
    assert [one["column"] for one in book.scores] == [score["column"]] * 2
    assert len(book.columns) == 2
    assert states(school) == [("sent", None)] * 2


def test_the_column_that_is_there_is_used_by_another_process(school: School, book: Gradebook) -> None:
    deliveries(school).collect()
    for student in (ADA, BRAM):
        earn(school, book, student)
        desk = deliveries(school)
        assert (desk.collect(), desk.send_due()) == (1, 1)
    book.ignores_filters = True
    earn(school, book, CHIARA)
    desk = deliveries(school)
    assert (desk.collect(), desk.send_due()) == (1, 1)
    assert len({one["column"] for one in book.scores}) == 1
    assert len(book.columns) == 2


def test_a_score_is_tried_again_and_written_once(school: School, book: Gradebook) -> None:
    desk = deliveries(school)
    desk.collect()
    earn(school, book)
    desk.collect()
    book.failing = [503, 429]
    for pause in PAUSES[:2]:
        assert desk.send_due() == 1
        assert desk.send_due() == 0
        school.clock.forward(seconds=pause.total_seconds())
    assert desk.send_due() == 1
    assert (len(book.scores), states(school)) == (1, [("sent", None)])


def test_a_score_that_the_platform_has_already_is_done(school: School, book: Gradebook) -> None:
    """The line broke after the platform had written it."""
    desk = deliveries(school)
    desk.collect()
    earn(school, book)
    assert (desk.collect(), desk.send_due()) == (1, 1)
    make_due(school, "sent")
    assert (desk.send_due(), len(book.scores), states(school)) == (1, 1, [("sent", None)])


def test_a_learner_whom_the_platform_knows_no_more_is_given_up(school: School, book: Gradebook) -> None:
    desk = deliveries(school)
    desk.collect()
    earn(school, book)
    desk.collect()
    book.failing = [404]
    desk.send_due()
    assert states(school) == [("dead", "The platform answered with status 404.")]
    (item,) = desk.page()
    desk.retry(item.id, "tests")
    assert (desk.send_due(), len(book.scores)) == (1, 1)


def test_services_at_another_address_get_no_token(school: School, book: Gradebook) -> None:
    desk = deliveries(school)
    desk.collect()
    book.graded(LINE_ITEM, ADA, 80)
    evil = {"scope": [], "lineitem": LINE_ITEM, "lineitems": "https://evil.example/lineitems"}
    school.lms.open(ADA, lambda claims: {**claims, "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": evil})
    assert (desk.collect(), desk.send_due()) == (1, 1)
    ((state, error),) = states(school)
    assert (state, "another address" in str(error)) == ("dead", True)
    assert not [url for url in school.lms.asked if "evil" in url]


def test_without_the_setting_nothing_is_written(school: School, book: Gradebook) -> None:
    """Others have the setting: one that was before, and one to another platform."""
    desk = deliveries(school)
    desk.collect()
    earn(school, book)
    assert (desk.collect(), desk.send_due(), len(book.scores)) == (1, 1, 1)
    school.platforms.connections.remove("second", "tests")
    school.connect("silent", ISSUER)
    school.connect("elsewhere", "https://elsewhere.example", scores="write")
    school.bind("silent")
    earn(school, book, BRAM)
    assert (desk.collect(), desk.send_due(), len(book.scores)) == (0, 0, 1)


def test_what_other_platforms_brought_is_no_score_here(school: School, book: Gradebook) -> None:
    desk = deliveries(school)
    desk.collect()
    raw = b'{"source": "sis", "sourceId": "1", "definition": {"id": "%s"}, "learner": {"id": "X", "name": "X Y"}, ' % (
        DEFINITION.encode()
    )
    school.platforms.service.completions.report(raw + b'"completedAt": "2026-11-01T00:00:00Z"}', "tests")
    assert desk.collect() == 0


def test_the_services_that_are_needed_are_proved(school: School, book: Gradebook) -> None:
    console = Console(school.world)
    console("connections", "test", "second")
    for words in ("lets it read grades", "lets it make columns", "lets it write scores"):
        assert words in console.out.getvalue()


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("hiccup", "state"),
    [
        (Answer(403, b""), "waiting"),
        (Answer(200, b"<html>We will be back soon</html>"), "waiting"),
        (Answer(404, b""), "dead"),
    ],
)
def test_only_what_is_gone_is_given_up(
    school: School, book: Gradebook, method: str, hiccup: Answer, state: str
) -> None:
    """It is the question about columns that fails, or the one that makes a column."""
    desk = deliveries(school)
    desk.collect()
    earn(school, book)
    desk.collect()
    school.lms.services = lambda request: hiccup if is_column(request, method) else book.answer(request)
    assert (desk.send_due(), states(school)[0][0], book.scores) == (1, state, [])
    school.lms.services = book.answer
    make_due(school, "waiting")
    assert (desk.send_due(), len(book.scores)) == ((1, 1) if state == "waiting" else (0, 0))


@pytest.mark.parametrize("status", [403, 404])
def test_a_platform_that_gives_no_access_for_a_while(
    school: School, book: Gradebook, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    desk = deliveries(school)
    desk.collect()
    earn(school, book)
    desk.collect()
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(school.lms, "_token", lambda _: Answer(status, b""))
        assert (desk.send_due(), states(school)[0][0]) == (1, "waiting")
    make_due(school, "waiting")
    assert (desk.send_due(), len(book.scores)) == (1, 1)


def test_processes_that_make_a_column_at_once_choose_the_same(
    school: School, book: Gradebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of two sends one score, and both look for the column before either has made one."""
    desks = [deliveries(school), deliveries(school)]
    desks[0].collect()
    for student in (ADA, BRAM):
        earn(school, book, student)
    desks[0].collect()
    monkeypatch.setattr("issuer.jobs.deliveries.SENT_AT_ONCE", 1)
    together, alone = threading.Barrier(2), threading.Lock()

    def answer(request: Request) -> Answer:
        with alone:
            found = book.answer(request)
        if is_column(request, "GET"):
            together.wait(10)
        return found

    school.lms.services = answer
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda desk: desk.send_due(), desks)) == [1, 1]
    assert [column.get("tag") for column in book.columns.values()].count("badge") == 2
    assert (len(book.scores), len({score["column"] for score in book.scores})) == (2, 1)


def is_column(request: Request, method: str) -> bool:
    return request.method == method and urlsplit(request.url).path == urlsplit(COLUMNS).path


def decide(school: School, *states: StatusState) -> None:
    """Decide about the credential that there is, twice within a second perhaps."""
    service = school.platforms.service
    with service.database.begin_read(service.institution.id) as tx:
        (public_id,) = tx.connection.exec_driver_sql("SELECT public_id FROM credential").scalars()
    for state in states:
        school.clock.forward(milliseconds=10)
        service.decisions.decide([public_id], state, "because", "tests")


def test_a_badge_that_does_not_hold_has_no_point(school: School, book: Gradebook) -> None:
    desk = deliveries(school)
    desk.collect()
    earn(school, book)
    assert (desk.collect(), desk.send_due()) == (1, 1)
    for state in (StatusState.SUSPENDED, StatusState.REINSTATED, StatusState.REVOKED):
        decide(school, state)
        assert (desk.collect(), desk.send_due()) == (1, 1)
    assert [score["scoreGiven"] for score in book.scores] == [1, 0, 1, 0]
    assert {score["scoreMaximum"] for score in book.scores} == {1}
    assert len({score["column"] for score in book.scores}) == 1
    make_due(school, "sent")
    assert (desk.send_due(), len(book.scores)) == (4, 4)


def test_a_score_that_comes_late_says_how_it_stands(school: School, book: Gradebook) -> None:
    """The platform was away while the badge was issued, suspended and reinstated, and then revoked."""
    desk = deliveries(school)
    desk.collect()
    earn(school, book)
    decide(school, StatusState.SUSPENDED, StatusState.REINSTATED)
    assert (desk.collect(), desk.send_due()) == (3, 3)
    assert [score["scoreGiven"] for score in book.scores] == [1]
    decide(school, StatusState.REVOKED)
    make_due(school, "sent")
    assert (desk.send_due(), [score["scoreGiven"] for score in book.scores]) == (3, [1, 0])
    assert (desk.collect(), desk.send_due(), len(book.scores)) == (1, 1, 2)
