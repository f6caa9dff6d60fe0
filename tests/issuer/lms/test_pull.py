"""Asking Moodle, Canvas and record stores ourselves: the questions, and every kind of answer."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest

from issuer.errors import FieldError, SettingsError
from issuer.lms import ask, canvas_api, moodle_api, poll, xapi, xapi_api
from issuer.lms.ask import Answer
from issuer.lms.errors import SourceError
from issuer.lms.model import Course, Identifier, IdKind, Kind, SourceLearner
from tests.issuer.lms.sources import LOGSTORE, NOW, SITE, STATEMENT, connection, dumped

MOODLE = connection("moodle", api_token="moodle-token")
CANVAS = connection("canvas", api_token="canvas-token")
LRS = connection("xapi", api_token="lms:secret", options={"api": f"{SITE}/xapi", "api_auth": "basic"})
ADA = SourceLearner((Identifier(IdKind.LMS, SITE, "3"),), "Ada Nguyen")
STATUS = {
    "completionstatus": {
        "completed": True,
        "aggregation": 1,
        "completions": [
            {"type": 4, "title": "Activity completion", "complete": True, "timecompleted": 1795437195},
            {"type": 4, "title": "Activity completion", "complete": True, "timecompleted": 1795437148},
            {"type": 6, "title": "Grade", "complete": False, "timecompleted": None},
        ],
    },
    "warnings": [],
}


def answer(value, status=200, **headers) -> Answer:
    return Answer(status, value if isinstance(value, bytes) else dumped(value), headers)


def form(request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.body.decode()).items()}


def test_moodles_token_is_in_the_body_and_not_in_the_address():
    request = moodle_api.completion(MOODLE, "2", "3")
    assert (request.method, request.url) == ("POST", f"{SITE}/webservice/rest/server.php")
    assert form(request) == {
        "wstoken": "moodle-token",
        "wsfunction": "core_completion_get_course_completion_status",
        "moodlewsrestformat": "json",
        "courseid": "2",
        "userid": "3",
    }
    assert "moodle-token" not in repr(request)


def test_moodles_completion_is_dated_by_its_last_criterion():
    state = moodle_api.read_completion(answer(STATUS))
    assert (state.completed, state.completed_at) == (True, datetime.fromtimestamp(1795437195, UTC))
    any_of = {"completionstatus": {**STATUS["completionstatus"], "aggregation": 2}}
    assert moodle_api.read_completion(answer(any_of)).completed_at == datetime.fromtimestamp(1795437148, UTC)
    open_ = {"completionstatus": {"completed": False, "aggregation": 1, "completions": []}}
    assert moodle_api.read_completion(answer(open_)).completed is False


def test_moodles_errors_come_with_http_200():
    body = {"exception": "moodle_exception", "errorcode": "usernotenroled", "message": "Ada Nguyen is not enrolled"}
    for read in (moodle_api.read_completion, moodle_api.read_course_grade):
        with pytest.raises(SourceError) as caught:
            read(answer(body))
        assert caught.value.reason == "usernotenroled"
        assert "Ada" not in caught.value.detail
    with pytest.raises(SourceError, match="unknown"):
        moodle_api.read_members(answer({"errorcode": "<script>"}), MOODLE)


@pytest.mark.parametrize(
    ("bad", "retry"),
    [
        (answer(b"", 503), True),
        (answer(b"", 429), True),
        (answer(b"", 403), False),
        (answer(b"<html>"), False),
        (answer(b"[]"), False),
        (answer(b'{"completionstatus":{},"completionstatus":{}}'), False),
    ],
)
def test_what_is_no_answer(bad, retry):
    with pytest.raises(SourceError) as caught:
        moodle_api.read_completion(bad)
    assert caught.value.retry is retry


def test_an_answer_of_another_form_names_the_field():
    with pytest.raises(FieldError, match="completionstatus"):
        moodle_api.read_completion(answer({"warnings": []}))


def test_moodles_grade_of_the_course():
    items = [
        {"itemtype": "mod", "graderaw": 12},
        {"itemtype": "course", "graderaw": 91, "grademin": 0, "grademax": 130},
    ]
    outcome = moodle_api.read_course_grade(answer({"usergrades": [{"gradeitems": items}]}))
    assert (outcome.score.given, outcome.score.percent) == (Decimal(91), Decimal(70))
    assert moodle_api.read_course_grade(answer({"usergrades": [{"gradeitems": items[:1]}]})) is None
    assert "gradereport_user_get_grade_items" in moodle_api.grades(MOODLE, "2", "3").body.decode()


def test_moodles_people_come_in_pages():
    request = form(moodle_api.members(MOODLE, "2", 50))
    assert "50" in request.values()
    people = [{"id": 3, "idnumber": "S1234567", "fullname": "Ada Nguyen", "roles": [{"shortname": "student"}]}]
    (member,) = moodle_api.read_members(answer(people), MOODLE)
    assert (member.roles, member.learner.name) == (("student",), "Ada Nguyen")
    assert member.learner.id_of(IdKind.SIS) == "S1234567"


def test_which_functions_the_token_may_not_call():
    allowed = {"functions": [{"name": name} for name in moodle_api.NEEDED]}
    assert moodle_api.missing_functions(answer(allowed)) == []
    assert moodle_api.missing_functions(answer({"functions": []})) == sorted(moodle_api.NEEDED)
    assert b"core_webservice_get_site_info" in moodle_api.site_info(MOODLE).body


def test_canvas_progress():
    request = canvas_api.progress(CANVAS, "565", "123")
    assert request.url == f"{SITE}/api/v1/courses/565/users/123/progress"
    assert request.headers["Authorization"] == "Bearer canvas-token"
    full = {"requirement_count": 6, "requirement_completed_count": 6, "completed_at": "2026-11-23T12:32:28Z"}
    assert canvas_api.read_progress(answer(full)).completed
    assert not canvas_api.read_progress(answer({**full, "completed_at": None})).completed
    assert not canvas_api.read_progress(answer({**full, "requirement_completed_count": 5})).completed
    with pytest.raises(SourceError, match="no module requirements"):
        canvas_api.read_progress(answer({"error": {"message": "no progress available"}}))


def test_ids_cannot_break_out_of_a_path():
    assert canvas_api.progress(CANVAS, "1/../2", "3?x").url.endswith("/courses/1%2F..%2F2/users/3%3Fx/progress")


def test_canvas_grades():
    enrolment = {"user_id": 123, "grades": {"final_score": 91.5, "final_grade": "A-"}}
    outcome = canvas_api.read_grade(answer([enrolment, enrolment, {"user_id": 123}]))
    assert (outcome.score.percent, outcome.grade) == (Decimal("91.5"), "A-")
    assert canvas_api.read_grade(answer([{"grades": {"final_score": None}}])) is None
    other = {"grades": {"final_score": 50, "final_grade": "D"}}
    with pytest.raises(SourceError, match="several final grades"):
        canvas_api.read_grade(answer([enrolment, other]))
    assert parse_qs(urlsplit(canvas_api.grade(CANVAS, "565", "123").url).query)["user_id"] == ["123"]


def test_canvas_people_and_their_progress_come_in_pages():
    people = [{"id": 123, "name": "Ada Nguyen", "sis_user_id": "456-T45", "email": "ada@example.test"}]
    page = answer(people, link=f'<{SITE}/api/v1/x?page=1>; rel="current", <{SITE}/api/v1/x?page=2>; rel="next"')
    (member,) = canvas_api.read_members(page, CANVAS)
    assert member.learner.id_of(IdKind.LMS) == "123"
    assert ask.next_page(page, CANVAS).url == f"{SITE}/api/v1/x?page=2"
    assert ask.next_page(answer(people), CANVAS) is None
    progress = {"requirement_count": 1, "requirement_completed_count": 1, "completed_at": "2026-11-23T12:32:28Z"}
    states = canvas_api.read_all_progress(answer([{"id": 123, "progress": progress}]))
    assert states["123"].completed
    assert canvas_api.members(CANVAS, "565").url.startswith(f"{SITE}/api/v1/courses/565/users?")
    assert canvas_api.all_progress(CANVAS, "565").url.endswith("bulk_user_progress?per_page=50")
    assert canvas_api.whoami(CANVAS).url == f"{SITE}/api/v1/users/self"


def test_our_token_is_not_taken_to_another_host():
    for url in ("https://evil.example/x", f"{SITE}.evil.example/x", "http://lms.uni.example/x"):
        with pytest.raises(SourceError, match="another address"):
            ask.next_page(answer([], link=f'<{url}>; rel="next"'), CANVAS)


def test_settings_that_cannot_work():
    for changes in ({"api_token": ""}, {"api_token": "two\nlines"}, {"api_token": "x", "namespace": "http://lms"}):
        with pytest.raises(SettingsError):
            ask.get(connection("canvas", **changes), "/")


def test_record_stores_are_read_by_a_cursor():
    request = xapi_api.since(LRS, "2026-11-23T12:49:02.547039+00:00")
    query = parse_qs(urlsplit(request.url).query)
    assert query == {"ascending": ["true"], "limit": ["100"], "since": ["2026-11-23T12:49:02.547039+00:00"]}
    assert request.headers["X-Experience-API-Version"] == "1.0.3"
    assert request.headers["Authorization"] == "Basic bG1zOnNlY3JldA=="
    page = xapi_api.read_page(answer({"statements": [STATEMENT], "more": "/xapi/statements?more=1"}), LRS, NOW)
    assert page.stored == STATEMENT["stored"]
    assert page.following.url == f"{SITE}/xapi/statements?more=1"
    (report,) = xapi.read_statements(page.statements, LRS)
    assert (report.kind, report.event_id) == (Kind.PASSED, STATEMENT["id"])
    last = xapi_api.read_page(answer({"statements": [], "more": ""}), LRS, NOW)
    assert (last.following, last.stored) == (None, None)
    assert "since" not in xapi_api.since(LRS, "").url


def test_record_stores_that_answer_badly():
    for bad in (b"{}", b"[]", b'{"statements": {}}', b'{"statements": [1]}', b'{"statements": []'):
        with pytest.raises((SourceError, FieldError)):
            xapi_api.read_page(answer(bad), LRS, NOW)
    for more in ("https://evil.example/", "//evil.example/", f"{SITE}.evil.example/"):
        with pytest.raises(SourceError, match="another address"):
            xapi_api.read_page(answer({"statements": [], "more": more}), LRS, NOW)
    with pytest.raises(SourceError) as caught:
        xapi_api.read_page(answer({}, 500), LRS, NOW)
    assert caught.value.retry


def test_whether_a_statement_is_still_there():
    assert xapi_api.still_there(answer(STATEMENT))
    assert not xapi_api.still_there(answer(b"", 404))
    with pytest.raises(SourceError):
        xapi_api.still_there(answer(b"", 500))
    assert STATEMENT["id"] in xapi_api.statement(LRS, STATEMENT["id"]).url


def test_a_polled_completion_is_a_report_like_others():
    state = moodle_api.read_completion(answer(STATUS))
    report = poll.completed(MOODLE, Course("2"), ADA, state, NOW)
    again = poll.completed(MOODLE, Course("2"), ADA, state, NOW)
    assert (report.event_id, report.digest) == (again.event_id, again.digest)
    assert report.event_id == "poll:2:3:2026-11-23T12:33:15Z"
    assert (report.kind, report.occurred_at, report.hold) == (Kind.COMPLETED, state.completed_at, False)
    assert report.origin.raw_sha256 == state.evidence


def test_a_polled_completion_without_a_time_is_held():
    body = {"completionstatus": {"completed": True, "aggregation": 1, "completions": []}}
    report = poll.completed(MOODLE, Course("2"), ADA, moodle_api.read_completion(answer(body)), NOW)
    assert (report.hold, report.occurred_at) == (True, NOW)
    body["completionstatus"]["completed"] = False
    assert poll.completed(MOODLE, Course("2"), ADA, moodle_api.read_completion(answer(body)), NOW) is None
    with pytest.raises(FieldError):
        poll.completed(MOODLE, Course("2"), SourceLearner(()), moodle_api.read_completion(answer(STATUS)), NOW)


def test_a_page_of_statements_without_ids():
    page = xapi_api.read_page(answer({"statements": LOGSTORE}), connection("xapi", options={"account": "lms"}), NOW)
    reports = xapi.read_statements(page.statements, connection("xapi", options={"account": "lms"}))
    assert [report.kind for report in reports] == [Kind.COMPLETED, Kind.PASSED]


def test_an_answer_that_should_be_a_list():
    for bad in ({}, [1], "x"):
        with pytest.raises((SourceError, FieldError)):
            canvas_api.read_all_progress(answer(bad))
