"""Receiving each report once, deciding about it, and never awarding the same thing twice."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from issuer import completions, status
from issuer.completions import TRANSITIONS, Hold, advance
from issuer.db import Database, Transaction
from issuer.definitions import Decision, approve, import_definition
from issuer.errors import ConflictError, FieldError, KeyStoreError, NotFoundError, StateError
from issuer.model import Completion, CompletionState, Institution, IssuedCredential, ReviewKind, ReviewState
from issuer.release import CAUSES_THAT_PASS, due, release
from issuer.store import completions as store
from issuer.store import credentials, reviews
from tests.issuer.making import Press, arrival, take, take_all
from tests.issuer.samples import NOW, REPORT, START, approved, definition, raw, report

S = CompletionState


@pytest.fixture
def issued(tx: Transaction) -> IssuedCredential:
    approved(tx)
    credential = take(tx).credential
    assert credential is not None
    return credential


def held(tx: Transaction, **changes: Any) -> Completion:
    """A completion of a draft."""
    import_definition(tx, definition(**changes), "author", NOW)
    return take(tx).completion


def let_go(tx: Transaction, *waiting: Completion) -> list[Completion]:
    release(tx, waiting, Press(), "board", NOW)
    return [completions.get(tx, item.id) for item in waiting]


def test_a_report_for_an_approved_version_is_issued(tx: Transaction) -> None:
    version = approved(tx)
    press = Press()
    answer = take(tx, press)
    completion = answer.completion
    assert answer.created
    assert (completion.state, completion.definition_version_id) == (S.ISSUED, version.id)
    assert completion.version_rule == "effective-at-completion"
    assert completion.report == report()
    assert completion.raw == raw(report())
    assert completions.get(tx, completion.id) == completion
    assert credentials.by_ids(tx, [completion.credential_id]) == {answer.credential.id: answer.credential}
    (plan,) = press.plans
    assert (plan.version, plan.issued_at, plan.completion.id) == (version, NOW, completion.id)
    (step,) = completions.history(tx, completion)
    assert (step.state, step.at, step.actor, step.reason) == (S.ISSUED, NOW, "lms", None)


def test_the_same_report_again_is_the_same_completion(tx: Transaction) -> None:
    approved(tx)
    first = take(tx)
    (again,) = take_all(tx, arrival(data=b"other white space", completedAt="2026-11-23T13:32:28+01:00"))
    assert (again.created, again.completion, again.credential) == (False, first.completion, first.credential)


def test_other_content_under_a_known_name_is_a_conflict_and_kept(tx: Transaction) -> None:
    approved(tx)
    first = take(tx)
    other = arrival(learner={**REPORT["learner"], "name": "Someone Else"})
    for _ in range(2):
        (answer,) = take_all(tx, other)
        assert isinstance(answer, ConflictError)
        assert "new sourceId" in answer.detail
    assert completions.list_completions(tx) == [first.completion]
    (review,) = reviews.page(tx, ReviewState.OPEN, 10, None)
    assert (review.kind, review.raw, review.completion_id) == (ReviewKind.CONFLICT, other.raw, first.completion.id)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"definition": {"id": "other"}}, "definition.id"),
        ({"definition": {"id": "data-ethics", "version": "9"}}, "definition.version"),
        ({"completedAt": "2026-11-24T12:05:01Z"}, "completedAt"),
        ({"result": [{"resultDescription": "lo9", "status": "Completed"}]}, "result[0].resultDescription"),
        ({"result": [{"resultDescription": "grade", "value": "Z"}]}, "result[0].value"),
        ({"result": [{"name": "Attendance", "value": "12 of 12"}]}, "result[0].name"),
        ({"result": [{"resultDescription": "lo1", "value": "1"}]}, "result[0].status"),
    ],
)
def test_a_report_that_does_not_fit_is_refused_and_not_stored(tx: Transaction, changes: Any, path: str) -> None:
    approved(tx)
    with pytest.raises(FieldError) as caught:
        take(tx, **changes)
    assert caught.value.path == path
    assert completions.list_completions(tx) == []
    assert reviews.page(tx, ReviewState.OPEN, 10, None) == ()


def test_a_clock_that_is_a_little_ahead_and_fitting_results_are_accepted(tx: Transaction) -> None:
    approved(tx)
    results = [
        {"resultDescription": "lo1", "status": "Completed"},
        {"resultDescription": "grade", "value": "A"},
        {"name": "grade", "value": "B"},
    ]
    assert take(tx, completedAt="2026-11-24T12:05:00Z", result=results).completion.state is S.ISSUED


def test_what_is_not_approved_is_held_and_released_by_the_approval(tx: Transaction) -> None:
    completion = held(tx)
    assert (completion.state, completion.reason_code) == (S.HELD, "definition-not-approved")
    assert due(tx, [completion], NOW) == []
    assert let_go(tx, completion) == [completion]
    version = approve(tx, "data-ethics", "1", Decision("AB-1", START), "board", NOW)
    assert store.held_definitions(tx) == ("data-ethics",)
    assert store.held(tx, "data-ethics") == (completion,)
    assert due(tx, [completion], NOW) == [completion]
    (released,) = let_go(tx, completion)
    assert (released.state, released.reason, released.definition_version_id) == (S.ISSUED, None, version.id)
    assert credentials.by_ids(tx, [released.credential_id])
    assert store.held(tx, "data-ethics") == ()
    assert store.held_definitions(tx) == ()
    steps = completions.history(tx, released)
    assert [(step.state, step.actor, step.reason_code) for step in steps] == [
        (S.HELD, "lms", "definition-not-approved"),
        (S.ISSUED, "board", None),
    ]
    assert let_go(tx, completion) == [released]


def test_a_held_report_that_turns_out_not_to_fit_stays_held_with_the_reason(tx: Transaction) -> None:
    import_definition(tx, definition(results=[]), "author", NOW)
    completion = take(tx, result=[{"resultDescription": "grade", "value": "A"}]).completion
    approve(tx, "data-ethics", "1", Decision("AB-1", START), "board", NOW)
    (decided,) = let_go(tx, completion)
    assert (decided.state, decided.reason_code) == (S.HELD, "report-does-not-fit")
    assert "report-does-not-fit" not in CAUSES_THAT_PASS


def test_held_completions_are_released_in_the_order_in_which_they_happened(tx: Transaction) -> None:
    import_definition(tx, definition(), "author", NOW)
    times = ["2026-11-23T12:00:03Z", "2026-11-23T12:00:01Z", "2026-11-23T12:00:02Z"]
    late, first, middle = (take(tx, sourceId=at, completedAt=at).completion for at in times)
    approve(tx, "data-ethics", "1", Decision("AB-1", START), "board", NOW)
    waiting = store.held(tx, "data-ethics", limit=2)
    assert waiting == (first, middle)
    waiting += store.held(tx, "data-ethics", limit=2, after=waiting[-1])
    assert waiting == (first, middle, late)
    assert release(tx, waiting, Press(), "board", NOW) == 3
    (award,) = {completions.get(tx, item.id).credential_id for item in waiting}
    assert credentials.get(tx, award).completion_id == first.id


def test_a_completion_before_the_first_approval_took_effect_is_held(tx: Transaction) -> None:
    approved(tx, NOW)
    completion = take(tx).completion
    assert (completion.state, completion.reason_code) == (S.HELD, "no-version-effective")


def test_a_named_version_is_issued_from_the_day_on_which_it_takes_effect(tx: Transaction) -> None:
    day = NOW + timedelta(days=1)
    approved(tx, day)
    completion = take(tx, definition={"id": "data-ethics", "version": "1"}).completion
    assert (completion.state, completion.reason_code) == (S.HELD, "not-effective-yet")
    assert due(tx, [completion], day - timedelta(seconds=1)) == []
    assert release(tx, due(tx, [completion], day), Press(), "clock", day) == 1


def test_nothing_is_issued_with_a_date_before_its_approval(tx: Transaction) -> None:
    approved(tx)
    completion = take(tx, now=NOW - timedelta(seconds=1), completedAt="2026-11-23T12:00:00Z").completion
    assert (completion.state, completion.reason_code) == (S.HELD, "clock-behind")
    assert release(tx, [completion], Press(), "clock", NOW) == 1


def test_without_a_key_a_report_waits(tx: Transaction) -> None:
    approved(tx)

    def no_key() -> None:
        raise KeyStoreError("There is no key.")

    completion = take(tx, no_key).completion
    assert (completion.state, completion.reason_code, completion.reason) == (
        S.HELD,
        "no-signing-key",
        "There is no key.",
    )
    assert release(tx, [completion], no_key, "clock", NOW) == 0
    assert completions.get(tx, completion.id) == completion
    assert release(tx, [completion], Press(), "clock", NOW) == 1


def test_the_same_award_from_another_source_is_linked_not_issued_again(
    tx: Transaction, issued: IssuedCredential
) -> None:
    twin = take(tx, source="canvas:uni", sourceId="9", learner={**REPORT["learner"], "id": " S1234567"})
    assert (twin.completion.state, twin.completion.credential_id) == (S.ISSUED, issued.id)
    assert (twin.completion.reason_code, twin.credential, twin.created) == ("already-awarded", issued, True)
    another = take(tx, sourceId="10", occurrence="2026-2")
    assert another.credential != issued


def test_the_same_award_after_a_revocation_waits_for_a_person(tx: Transaction, issued: IssuedCredential) -> None:
    status.revoke(tx, issued, "issued in error", "office", NOW)
    twin = take(tx, sourceId="9").completion
    assert (twin.state, twin.reason_code) == (S.HELD, "earlier-award-revoked")
    assert due(tx, [twin], NOW) == []
    assert let_go(tx, twin) == [twin]


def test_issuing_leaves_a_trace(tx: Transaction, issued: IssuedCredential) -> None:
    completion = completions.get(tx, issued.completion_id)
    assert (completion.state, completion.credential_id) == (S.ISSUED, issued.id)
    assert credentials.by_public_id(tx.within(tx.new_id(NOW)), issued.public_id) == issued
    assert credentials.page(tx, 10) == (issued,)
    assert credentials.page(tx, 10, after=issued.id) == ()
    again = take(tx)
    assert (again.created, again.completion) == (False, completion)


@pytest.mark.parametrize(("before", "after"), list(itertools.product(S, S)))
def test_only_the_listed_transitions_happen(tx: Transaction, before: S, after: S) -> None:
    completion = _brought_to(tx, held(tx), before)
    reason = Hold("because", "Because.")
    if after in TRANSITIONS[before]:
        assert completions.get(tx, completion.id) == completion
        assert advance(tx, completion, after, reason, "office", NOW).reason_code == "because"
    else:
        with pytest.raises(StateError, match=f"cannot become {after}"):
            advance(tx, completion, after, reason, "office", NOW)


def test_who_looked_before_a_change_cannot_change_it_back(tx: Transaction) -> None:
    stale = held(tx)
    advance(tx, stale, S.REJECTED, Hold("error", "Reported in error."), "office", NOW)
    with pytest.raises(StateError, match="same time"):
        advance(tx, stale, S.RECEIVED, None, "worker", NOW)


def test_pages_follow_each_other(tx: Transaction) -> None:
    import_definition(tx, definition(), "author", NOW)
    sent = []
    for number in range(7):
        sent.append(
            take(tx, sourceId=str(number), occurrence=str(number), now=NOW + timedelta(seconds=number)).completion
        )
    seen: list[Completion] = []
    while page := completions.list_completions(tx, S.HELD, 3, seen[-1].id if seen else None):
        seen += page
    assert seen == sent
    assert completions.list_completions(tx, limit=4) == sent[:4]
    assert completions.list_completions(tx, S.ISSUED) == []


def test_a_set_is_listed_in_its_order(tx: Transaction) -> None:
    approved(tx)
    answers = take_all(tx, *(arrival(sourceId=str(number), occurrence=str(number)) for number in range(50)))
    assert completions.list_completions(tx, S.ISSUED) == [answer.completion for answer in answers]


def test_another_institution_sees_nothing_of_it(tx: Transaction, issued: IssuedCredential) -> None:
    elsewhere = tx.within(tx.new_id(NOW))
    assert completions.list_completions(elsewhere) == []
    assert credentials.get(elsewhere, issued.id) is None
    with pytest.raises(NotFoundError):
        completions.get(elsewhere, issued.completion_id)


def test_nothing_personal_is_shown_by_repr(tx: Transaction) -> None:
    approved(tx)
    shown = repr(take(tx).completion)
    assert not any(secret in shown for secret in ("Ada", "S1234567", "ada@example.test"))


def _brought_to(tx: Transaction, completion: Completion, state: S) -> Completion:
    ways = {S.ISSUING: (S.RECEIVED, S.ISSUING), S.HELD: ()}
    for step in ways.get(state, (state,)):
        completion = advance(tx, completion, step, None, "office", NOW)
    return completion


@pytest.mark.databases("sqlite")  # PostgreSQL plans by what it has counted; the indexes are the same
def test_no_question_about_completions_reads_them_all(home: tuple[Database, Institution]) -> None:
    """Whatever their number: SQLite says how it is going to look for each answer."""
    database, institution = home
    asked: list[tuple[str, Any]] = []
    with database.begin_write(institution.id) as tx:
        some = held(tx)
        event.listen(database.engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
        store.held(tx, "data-ethics", 10, some)
        store.held_definitions(tx)
        store.page(tx, S.HELD, 10, some.id)
        store.page(tx, S.ISSUED, 10, some.id)
        store.page(tx, None, 10, None)
        store.of_key(tx, ("person", "data-ethics", ""))
        store.by_ids(tx, [some.id])
        store.by_sources(tx, [("source", "1")])
        plans = [
            (statement, row[3])
            for statement, values in list(asked)
            for row in tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    assert len(plans) > len(asked) / 2
    for statement, plan in plans:
        assert "SCAN" not in plan, statement
        assert not plan.endswith("sqlite_autoindex_completion_2 (institution_id=?)"), statement
