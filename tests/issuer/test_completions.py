"""Receiving each report once, deciding about it, and never awarding the same thing twice."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest

from issuer import completions, status
from issuer.completions import TRANSITIONS, Hold, advance, mark_issued, receive, reconsider
from issuer.db import Transaction
from issuer.definitions import Decision, approve, import_definition
from issuer.errors import ConflictError, FieldError, NotFoundError, StateError
from issuer.model import Completion, CompletionState, IssuedCredential
from issuer.store import credentials
from tests.issuer.samples import NOW, REPORT, START, approved, definition, raw, report, store_credential

S = CompletionState


def take(tx: Transaction, **changes: Any) -> completions.Received:
    value = report(**changes)
    return receive(tx, value, raw(value), "lms", NOW)


@pytest.fixture
def issued(tx: Transaction) -> IssuedCredential:
    version = approved(tx)
    completion = take(tx).completion
    credential = store_credential(tx, completion, version, status.allocate(tx, status.REVOCATION, NOW))
    mark_issued(tx, completion, credential.id, "lms", NOW)
    return credential


def test_a_report_for_an_approved_version_can_be_issued(tx: Transaction) -> None:
    version = approved(tx)
    received = take(tx)
    completion = received.completion
    assert received.created
    assert (completion.state, completion.definition_version_id) == (S.RECEIVED, version.id)
    assert completion.version_rule == "effective-at-completion"
    assert completion.report == report()
    assert completion.raw == raw(report())
    assert completions.get(tx, completion.id) == completion
    assert [step.state for step in completions.history(tx, completion)] == [S.RECEIVED]


def test_the_same_report_again_is_the_same_completion(tx: Transaction) -> None:
    approved(tx)
    first = take(tx)
    again = receive(tx, report(completedAt="2026-11-23T13:32:28+01:00"), b"other white space", "lms", NOW)
    assert (again.created, again.completion) == (False, first.completion)


def test_the_same_source_id_with_other_content_is_a_conflict(tx: Transaction) -> None:
    approved(tx)
    first = take(tx)
    with pytest.raises(ConflictError, match="new sourceId"):
        take(tx, learner={**REPORT["learner"], "name": "Someone Else"})
    assert completions.list_completions(tx) == [first.completion]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"definition": {"id": "other"}}, "definition.id"),
        ({"definition": {"id": "data-ethics", "version": "9"}}, "definition.version"),
        ({"completedAt": "2026-11-24T12:05:01Z"}, "completedAt"),
        ({"result": [{"resultDescription": "lo9", "status": "Completed"}]}, "result[0].resultDescription"),
        ({"result": [{"resultDescription": "grade", "value": "Z"}]}, "result[0].value"),
        ({"result": [{"name": "Attendance", "value": "12 of 12"}]}, "result[0].name"),
    ],
)
def test_a_report_that_does_not_fit_is_refused_and_not_stored(tx: Transaction, changes: Any, path: str) -> None:
    approved(tx)
    with pytest.raises(FieldError) as caught:
        take(tx, **changes)
    assert caught.value.path == path
    assert completions.list_completions(tx) == []


def test_a_clock_that_is_a_little_ahead_and_fitting_results_are_accepted(tx: Transaction) -> None:
    approved(tx)
    results = [
        {"resultDescription": "lo1", "status": "Completed"},
        {"resultDescription": "grade", "value": "A"},
        {"name": "grade", "value": "B"},
    ]
    assert take(tx, completedAt="2026-11-24T12:05:00Z", result=results).completion.state is S.RECEIVED


def test_what_is_not_approved_is_held_and_released_by_the_approval(tx: Transaction) -> None:
    import_definition(tx, definition(), "author", NOW)
    completion = take(tx).completion
    assert (completion.state, completion.reason_code) == (S.HELD, "definition-not-approved")
    assert reconsider(tx, completion, "system", NOW) == completion
    version = approve(tx, "data-ethics", "1", Decision("AB-1", START), "board", NOW)
    assert completions.held_for(tx, "data-ethics") == [completion]
    released = reconsider(tx, completion, "board", NOW)
    assert (released.state, released.reason, released.definition_version_id) == (S.RECEIVED, None, version.id)
    assert completions.held_for(tx, "data-ethics") == []
    steps = completions.history(tx, released)
    assert [(step.state, step.actor, step.reason_code) for step in steps] == [
        (S.HELD, "lms", "definition-not-approved"),
        (S.RECEIVED, "board", None),
    ]
    with pytest.raises(StateError):
        reconsider(tx, released, "board", NOW)


def test_a_held_report_that_turns_out_not_to_fit_stays_held_with_the_reason(tx: Transaction) -> None:
    import_definition(tx, definition(results=[]), "author", NOW)
    completion = take(tx, result=[{"resultDescription": "grade", "value": "A"}]).completion
    approve(tx, "data-ethics", "1", Decision("AB-1", START), "board", NOW)
    decided = reconsider(tx, completion, "board", NOW)
    assert (decided.state, decided.reason_code) == (S.HELD, "report-does-not-fit")


def test_a_completion_before_the_first_approval_took_effect_is_held(tx: Transaction) -> None:
    approved(tx, NOW)
    completion = take(tx).completion
    assert (completion.state, completion.reason_code) == (S.HELD, "no-version-effective")


def test_the_same_award_from_another_source_is_linked_not_issued_again(
    tx: Transaction, issued: IssuedCredential
) -> None:
    twin = take(tx, source="canvas:uni", sourceId="9", learner={**REPORT["learner"], "id": " S1234567"}).completion
    assert (twin.state, twin.credential_id, twin.reason_code) == (S.ISSUED, issued.id, "already-awarded")
    assert credentials.claim(tx, twin, tx.new_id(NOW)) == issued.id
    another = take(tx, sourceId="10", occurrence="2026-2").completion
    assert another.state is S.RECEIVED


def test_the_same_award_after_a_revocation_waits_for_a_person(tx: Transaction, issued: IssuedCredential) -> None:
    status.revoke(tx, issued, "issued in error", "office", NOW)
    twin = take(tx, sourceId="9").completion
    assert (twin.state, twin.reason_code) == (S.HELD, "earlier-award-revoked")
    assert reconsider(tx, twin, "office", NOW) == twin


def test_issuing_leaves_a_trace(tx: Transaction, issued: IssuedCredential) -> None:
    completion = completions.get(tx, issued.completion_id)
    assert (completion.state, completion.credential_id) == (S.ISSUED, issued.id)
    assert credentials.by_completion(tx, completion.id) == issued
    assert credentials.by_public_id(tx.within(tx.new_id(NOW)), issued.public_id) == issued
    assert credentials.page(tx, 10) == (issued,)
    assert credentials.page(tx, 10, after=issued.id) == ()
    again = take(tx)
    assert (again.created, again.completion) == (False, completion)


@pytest.mark.parametrize(("before", "after"), list(itertools.product(S, S)))
def test_only_the_listed_transitions_happen(tx: Transaction, before: S, after: S) -> None:
    approved(tx)
    completion = _brought_to(tx, take(tx).completion, before)
    reason = Hold("because", "Because.")
    if after in TRANSITIONS[before]:
        assert completions.get(tx, completion.id) == completion
        assert advance(tx, completion, after, reason, "office", NOW).reason_code == "because"
    else:
        with pytest.raises(StateError, match=f"cannot become {after}"):
            advance(tx, completion, after, reason, "office", NOW)


def test_who_looked_before_a_change_cannot_change_it_back(tx: Transaction) -> None:
    approved(tx)
    stale = take(tx).completion
    advance(tx, stale, S.REJECTED, Hold("error", "Reported in error."), "office", NOW)
    with pytest.raises(StateError, match="same time"):
        advance(tx, stale, S.ISSUING, None, "worker", NOW)


def test_pages_follow_each_other(tx: Transaction) -> None:
    approved(tx)
    sent = []
    for number in range(7):
        value = report(sourceId=str(number), occurrence=str(number))
        sent.append(receive(tx, value, raw(value), "lms", NOW + timedelta(seconds=number)).completion)
    seen: list[Completion] = []
    while page := completions.list_completions(tx, S.RECEIVED, 3, seen[-1].id if seen else None):
        seen += page
    assert seen == sent
    assert completions.list_completions(tx, S.HELD) == []


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
    ways = {S.ISSUED: (S.ISSUING, S.ISSUED), S.RECEIVED: ()}
    for step in ways.get(state, (state,)):
        completion = advance(tx, completion, step, None, "office", NOW)
    return completion
