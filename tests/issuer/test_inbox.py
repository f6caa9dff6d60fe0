"""Sets of reports: the same as one after the other, whatever is in them; and none harms its neighbours."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from issuer import audit, completions, status
from issuer.db import Transaction
from issuer.definitions import import_definition
from issuer.errors import ConflictError, FieldError, IntegrityError, IssuerError
from issuer.inbox import MAX_REPORT_BYTES, Answer, Arrival, Refusal
from issuer.lint import LintError
from issuer.model import CompletionReport, CompletionState, ReviewState
from issuer.release import release
from issuer.store import credentials, reviews
from issuer.store.tables import award, credential
from openbadge import strict_json
from openbadge.errors import InvalidError
from tests.issuer.making import Press, arrival, take, take_all
from tests.issuer.samples import NOW, approved, definition, raw, report

BROKEN = {"Refused": LintError(("rule: it does not hold",)), "Misfit": FieldError("result", "does not fit")}

ARRIVALS = st.builds(
    lambda source, number, name, what, occurrence, result, at: arrival(
        source=source,
        sourceId=str(number),
        learner={"id": name, "name": name},
        definition=what,
        occurrence=occurrence,
        result=result,
        completedAt=at,
    ),
    st.sampled_from(["moodle:a", "canvas:b"]),
    st.integers(1, 4),
    st.sampled_from(["Ada", "Bea", "Refused", "Misfit", "Gone"]),
    st.sampled_from([{"id": "data-ethics"}, {"id": "data-ethics"}, {"id": "draft"}, {"id": "unknown"}]),
    st.sampled_from([None, "2"]),
    st.sampled_from([[], [], [{"resultDescription": "grade", "value": "Z"}]]),
    st.sampled_from(["2026-11-23T12:00:00Z", "2026-11-23T12:00:00Z", "2025-01-01T00:00:00Z", "2027-01-01T00:00:00Z"]),
)
UNREADABLE = st.sampled_from([FieldError("x", "is wrong"), InvalidError("PARSING_ERROR", "no JSON")])


def outcome(answers: list[Answer | Refusal]) -> list[Any]:
    """What was answered, with every id replaced by where it is first met."""
    met: dict[Any, int] = {}

    def place(item: Any) -> Any:
        return None if item is None else met.setdefault(item, len(met))

    return [
        (type(answer), answer.detail)
        if not isinstance(answer, Answer)
        else (
            place(answer.completion.id),
            place(answer.completion.credential_id),
            answer.credential is None,
            answer.completion.state,
            answer.completion.reason_code,
            answer.created,
        )
        for answer in answers
    ]


def stored(tx: Transaction) -> list[Any]:
    """What is kept afterwards; and that all keys, entries and the audit log are whole."""
    issued = credentials.page(tx, 1_000)
    entries = tx.connection.execute(select(credential.c.status_list_id, credential.c.status_index)).all()
    assert len(set(entries)) == len(entries) == len(issued)
    assert tx.connection.scalar(select(func.count()).select_from(award)) == len(issued)
    last = audit.verify(tx)
    assert last is not None
    log = [(entry.actor, entry.action) for entry in audit.entries(tx)]
    kept = completions.list_completions(tx, None, 1_000)
    assert {item.credential_id for item in kept} - {None} == {item.id for item in issued}
    assert all(completions.get(tx, item.completion_id).credential_id == item.id for item in issued)
    waiting = reviews.page(tx, ReviewState.OPEN, 100, None)
    return [
        sorted((item.source, item.source_id, item.person, item.state, str(item.reason_code)) for item in kept),
        sorted((item.kind, item.source, item.source_id, item.digest) for item in waiting),
        log,
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ARRIVALS | UNREADABLE, max_size=14), st.lists(ARRIVALS, max_size=4))
def test_a_set_is_the_same_as_one_after_the_other(
    tx: Transaction, reports: list[Arrival | Refusal], before: list[Arrival]
) -> None:
    found = []
    for in_sets in (True, False):
        with tx.connection.begin_nested() as trial:
            approved(tx)
            import_definition(tx, definition(id="draft"), "author", NOW)
            gone = take(tx, learner={"id": "Gone", "name": "Gone"}, sourceId="gone").credential
            status.revoke(tx, gone, "error", "office", NOW)
            press = Press(BROKEN)
            answers = []
            for part in (before, reports):
                if in_sets:
                    answers += take_all(tx, *part, maker=press)
                else:
                    answers += [answer for item in part for answer in take_all(tx, item, maker=press)]
            found.append((outcome(answers), stored(tx)))
            trial.rollback()
    assert found[0] == found[1]


def test_a_report_that_cannot_be_issued_harms_no_neighbour(tx: Transaction) -> None:
    approved(tx)
    names = ["Ada", "Refused", "Bea", "Misfit", "Cleo"]
    answers = take_all(
        tx, *(arrival(sourceId=name, learner={"id": name, "name": name}) for name in names), maker=Press(BROKEN)
    )
    assert [answer.completion.reason_code for answer in answers] == [
        None,
        "report-does-not-fit",
        None,
        "report-does-not-fit",
        None,
    ]
    (opened,) = {answer.credential.status_list_id for answer in answers if answer.credential}
    assert status.get(tx, opened).taken == 5


def test_the_next_one_gets_the_award_that_the_first_could_not(tx: Transaction) -> None:
    approved(tx)
    who = [("1", "Refused"), ("2", "Ada"), ("3", "Bea")]
    answers = take_all(
        tx, *(arrival(sourceId=number, learner={"id": "S1", "name": name}) for number, name in who), maker=Press(BROKEN)
    )
    assert [answer.completion.state for answer in answers] == [CompletionState.HELD, *[CompletionState.ISSUED] * 2]
    assert answers[1].credential == answers[2].credential
    assert answers[2].completion.reason_code == "already-awarded"


@pytest.mark.parametrize("step", ["make_many", "verify"])
def test_what_is_wrong_with_all_is_noticed_before_anything_is_stored(tx: Transaction, step: str) -> None:
    def wrong(_: Any) -> Any:
        raise IntegrityError("The signature does not verify.")

    approved(tx)
    press = Press()
    setattr(press, step, wrong)
    reports = arrival(), arrival(sourceId="2", occurrence="2"), arrival(sourceId="3", occurrence="2")
    answers = take_all(tx, *reports, maker=press)
    assert [(item.completion.state, item.completion.reason_code) for item in answers] == [
        (CompletionState.HELD, "cannot-be-issued")
    ] * 3
    assert credentials.page(tx, 10) == ()
    assert release(tx, [item.completion for item in answers], Press(), "office", NOW) == 3
    assert len(credentials.page(tx, 10)) == 2


def test_one_signature_of_a_set_is_verified(tx: Transaction) -> None:
    class Counting(Press):
        verified = 0

        def verify(self, made: Any) -> None:
            self.verified += 1

    approved(tx)
    press = Counting()
    take_all(tx, *(arrival(sourceId=str(number), occurrence=str(number)) for number in range(20)), maker=press)
    assert (len(press.plans), press.verified) == (20, 1)


def test_the_same_completion_gives_the_same_seed_and_another_one_another(tx: Transaction) -> None:
    approved(tx)
    press = Press()
    (first, second) = take_all(tx, arrival(), arrival(sourceId="2", occurrence="2"), maker=press)
    seeds = [plan.seed for plan in press.plans]
    assert len(set(seeds)) == 2
    assert all(len(seed) == 32 for seed in seeds)
    with tx.connection.begin_nested() as trial:
        again = Press()
        take_all(tx, arrival(sourceId="3", occurrence="3"), maker=again)
        trial.rollback()
    assert again.plans[0].seed not in seeds
    assert first.credential != second.credential


def test_conflicts_within_a_set_are_answered_and_kept(tx: Transaction) -> None:
    approved(tx)
    first, same, other = arrival(), arrival(), arrival(learner={"id": "S2", "name": "Bea"})
    answers = take_all(tx, first, same, other)
    assert (answers[0].created, answers[1].created) == (True, False)
    assert answers[0].completion == answers[1].completion
    assert isinstance(answers[2], ConflictError)
    (review,) = reviews.page(tx, ReviewState.OPEN, 10, None)
    assert (review.raw, review.completion_id) == (other.raw, answers[0].completion.id)


@pytest.mark.parametrize("size", [0, 1, 1_500])
def test_sets_of_any_size(tx: Transaction, size: int) -> None:
    approved(tx)
    reports = [arrival(sourceId=str(number), learner={"id": str(number), "name": "A"}) for number in range(size)]
    first = take_all(tx, *reports)
    assert [answer.created for answer in first] == [True] * size
    again = take_all(tx, *reports)
    assert [(answer.created, answer.credential) for answer in again] == [(False, item.credential) for item in first]


def test_what_cannot_be_read_is_answered_as_it_is(tx: Transaction) -> None:
    error: IssuerError = FieldError("learner", "is missing")
    assert take_all(tx, error) == [error]  # type: ignore[arg-type]
    assert completions.list_completions(tx) == []


_ODD = st.sampled_from(
    [
        b'"\\ud800@x.example"', b'"a@x.example\\u0000"', b'"\\ud83d\\ude00@x.example"', b'"\xff"', b'" Ada "',
        b'{"id":"a","id":"b"}', b'{"id":"S1","name":"Ada"}', b"{}", b"[[[]]]", b"[" * 3_000, b"1" * 5_000, b"1e400",
        b"NaN", b"null",
    ]
)  # fmt: skip
_PLACES = (b'"source"', b'"name"', b'"email"', b'"ada@example.test"', b'"Ada Nguyen"', b"{", b"}", b":", b'"S1234567"')


@given(st.sampled_from(_PLACES), _ODD, st.binary(max_size=3))
def test_reading_quickly_refuses_whatever_reading_strictly_does(place: bytes, odd: bytes, noise: bytes) -> None:
    whole = raw(report())
    for data in (whole.replace(place, odd, 1), odd + whole, whole + noise, noise + whole, whole[: len(noise) - 9]):
        try:
            strictly: Any = CompletionReport.from_json(strict_json.loads(data, limit=MAX_REPORT_BYTES))
        except (FieldError, InvalidError) as error:
            strictly = (type(error), error.detail)
        found = Arrival.attempt(data, "lms")
        assert (found.report if isinstance(found, Arrival) else (type(found), found.detail)) == strictly


def test_a_report_that_is_too_long_is_refused() -> None:
    found = Arrival.attempt(raw(report()) + b" " * MAX_REPORT_BYTES, "lms")
    assert isinstance(found, InvalidError)
    assert found.code == "LIMIT_EXCEEDED"
