"""Batches: every row has one result, whoever works on it, however often, and whatever is wrong with its neighbours."""

from __future__ import annotations

import csv
import io
import json
import threading
from dataclasses import replace
from typing import Any

import pytest

from issuer import audit, inbox
from issuer.errors import BusyError, ConflictError, FieldError, NotFoundError, StateError
from issuer.jobs import batches as batches_module
from issuer.jobs import rows
from issuer.jobs.batch_work import MAX_STARTS, BatchWork
from issuer.jobs.batches import STALLED_AFTER, Order
from issuer.model.jobs import BatchState
from issuer.store import batches as store
from issuer.store import outbox
from openbadge.errors import InvalidError
from tests.microcred.conftest import Clock
from tests.microcred.jobs.conftest import Bench, ndjson, report

DRAFT = {"id": "coaching-clinical-teams"}


def mixed() -> list[dict[str, Any]]:
    return [
        report("a"),
        report("b", definition={"id": "nobody-knows-it"}),
        report("a"),
        report("c", definition=DRAFT),
        report("d", result=[{"resultDescription": "no-such", "value": "1"}]),
        report("e"),
    ]


OUTCOMES = ["issued", "failed", "known", "held", "failed", "issued"]


def test_every_row_has_its_result_and_number(bench: Bench) -> None:
    batch = bench.receive(mixed())
    bench.work(batch)
    lines = bench.results(batch.id)
    assert [(line["row"], line["outcome"]) for line in lines] == list(enumerate(OUTCOMES, 1))
    assert lines[2]["credential"] == lines[0]["credential"]
    assert lines[1]["error"]["field"] == "definition.id"
    assert lines[3]["error"]["detail"]
    done = bench.shop.batches.get(batch.id)
    assert (done.state, done.rows) == (BatchState.DONE, 6)
    progress = bench.shop.batches.progress(batch.id)
    assert (progress.issued, progress.known, progress.held, progress.failed) == (2, 1, 1, 2)


@pytest.mark.usefixtures("small_parts")
def test_a_batch_is_the_same_in_parts(bench: Bench) -> None:
    batch = bench.receive(mixed() * 3)
    bench.work(batch)
    again = [{"issued": "known", "known": "known"}.get(outcome, outcome) for outcome in OUTCOMES]
    # What waits is there already when it is reported again; what was refused is refused again.
    assert bench.outcomes(batch)[:6] == OUTCOMES
    assert bench.outcomes(batch)[6:] == again * 2
    assert bench.shop.batches.progress(batch.id).parts == 5


def test_lines_that_are_no_reports_fail_alone(bench: Bench) -> None:
    body = b"\n".join([b"{", ndjson([report("a")]).strip(), b"", b"[]", b'{"source": 1}', b"\xff", b'{"a":1,"a":2}'])
    batch, _ = bench.shop.batches.receive(io.BytesIO(body), Order(rows.NDJSON, "registrar"))
    bench.work(batch)
    found = [(line["row"], line["outcome"]) for line in bench.results(batch.id)]
    assert found == [(1, "failed"), (2, "issued"), (4, "failed"), (5, "failed"), (6, "failed"), (7, "failed")]


def test_a_body_that_cannot_be_read_is_refused_with_the_reason(bench: Bench) -> None:
    batch, _ = bench.shop.batches.receive(io.BytesIO(b'[{"a":1},'), Order(rows.JSON, "registrar"))
    assert bench.shop.batch_work.divide(batch.id) == 0
    refused = bench.shop.batches.get(batch.id)
    assert (refused.state, refused.reason) == (BatchState.REFUSED, "Element 2 of the array is not JSON.")


def test_an_empty_batch_is_done(bench: Bench) -> None:
    batch = bench.receive([])
    bench.work(batch)
    assert bench.shop.batches.get(batch.id).state is BatchState.DONE
    assert bench.results(batch.id) == []


@pytest.mark.usefixtures("small_parts")
def test_a_dry_run_says_what_would_happen_and_leaves_nothing(bench: Bench) -> None:
    batch = bench.receive(mixed(), dry_run=True)
    bench.work(batch)
    lines = bench.results(batch.id)
    assert [line["outcome"] for line in lines] == OUTCOMES
    assert {line["credential"] for line in lines} == {None}
    assert {bench.count(table) for table in ("completion", "credential", "award")} == {0}
    bench.work(bench.receive(mixed()))
    assert bench.count("credential") == 2


def test_the_same_key_is_the_same_batch(bench: Bench) -> None:
    first = bench.receive([report("a")], key="spring")
    assert bench.receive([report("a")], key="spring").id == first.id
    assert bench.receive([report("a")], key="autumn").id != first.id
    with pytest.raises(ConflictError):
        bench.receive([report("b")], key="spring")
    with pytest.raises(ConflictError):
        bench.receive([report("a")], key="spring", dry_run=True)


@pytest.mark.parametrize(
    ("order", "path"),
    [
        (Order("text/plain", "x"), "Content-Type"),
        (Order("", "x"), "Content-Type"),
        (Order(rows.JSON, "x", ""), "Idempotency-Key"),
        (Order(rows.JSON, "x", "k" * 201), "Idempotency-Key"),
    ],
)
@pytest.mark.databases("sqlite")
def test_orders_that_are_refused(bench: Bench, order: Order, path: str) -> None:
    with pytest.raises(FieldError) as caught:
        bench.shop.batches.receive(io.BytesIO(b"[]"), order)
    assert caught.value.path == path


@pytest.mark.databases("sqlite")
def test_a_body_that_is_too_long_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches_module, "MAX_BODY_BYTES", 10)
    with pytest.raises(InvalidError) as caught:
        bench.receive([report("a")])
    assert caught.value.code == "LIMIT_EXCEEDED"
    assert bench.count("batch") == 0


@pytest.mark.usefixtures("small_parts")
def test_lanes_share_a_batch_and_a_lane_goes_on_with_what_it_had_begun(bench: Bench) -> None:
    batch = bench.receive([report(str(number)) for number in range(12)])
    work, service = bench.shop.batch_work, bench.shop.service
    assert work.divide(batch.id) == 3
    with service.database.begin_write(service.institution.id) as tx:
        first = store.take_part(tx, batch.id, "one")
        second = store.take_part(tx, batch.id, "two")
        again = store.take_part(tx, batch.id, "one")
    assert first is not None
    assert second is not None
    assert again == replace(first, starts=2)
    assert (first.number, second.number) == (0, 1)
    assert work.work(batch.id, "three")
    assert not work.work(batch.id, "three")
    assert work.work(batch.id, "one")
    assert work.work(batch.id, "two")
    assert bench.outcomes(batch) == ["issued"] * 12
    assert bench.shop.batches.get(batch.id).state is BatchState.DONE


@pytest.mark.usefixtures("small_parts")
def test_many_threads_share_a_batch(bench: Bench) -> None:
    batch = bench.receive([report(str(number % 20)) for number in range(80)])
    threads = [threading.Thread(target=bench.work, args=(batch,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(bench.outcomes(batch)) == ["issued"] * 20 + ["known"] * 60
    assert bench.count("credential") == 20


@pytest.mark.usefixtures("small_parts")
def test_a_part_that_is_worked_on_twice_is_done_once(bench: Bench) -> None:
    """A lane that was thought dead comes back after another one did its part."""
    batch = bench.receive([report(str(number)) for number in range(4)])
    work, service = bench.shop.batch_work, bench.shop.service
    work.divide(batch.id)

    def overtaken() -> None:
        with service.database.begin_write(service.institution.id) as tx:
            store.release_parts(tx, batch.id)
        bench.work(batch)

    original, done = inbox.Arrival.read, []

    def read(raw: bytes, actor: str) -> Any:
        if not done:
            done.append(True)
            overtaken()
        return original(raw, actor)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inbox.Arrival, "read", staticmethod(read))
        assert work.work(batch.id, "late")
    assert bench.outcomes(batch) == ["issued"] * 4
    assert bench.shop.batches.progress(batch.id).issued == 4


@pytest.mark.usefixtures("small_parts")
def test_pause_resume_and_cancel(bench: Bench) -> None:
    desk, work = bench.shop.batches, bench.shop.batch_work
    batch = bench.receive([report(str(number)) for number in range(12)])
    work.divide(batch.id)
    assert work.work(batch.id, "lane")
    assert desk.pause(batch.id, "registrar").state is BatchState.PAUSED
    assert not work.work(batch.id, "lane")
    with pytest.raises(StateError):
        desk.pause(batch.id, "registrar")
    assert desk.resume(batch.id, "registrar").state is BatchState.RUNNING
    assert work.work(batch.id, "lane")
    assert desk.cancel(batch.id, "registrar").state is BatchState.CANCELLED
    assert not work.work(batch.id, "lane")
    assert len(bench.outcomes(batch)) == 8
    for turn in (desk.pause, desk.resume, desk.cancel):
        with pytest.raises(StateError):
            turn(batch.id, "registrar")


def test_a_batch_that_is_paused_before_it_is_read_is_read_afterwards(bench: Bench) -> None:
    desk = bench.shop.batches
    batch = bench.receive([report("a")])
    desk.pause(batch.id, "registrar")
    bench.work(batch)
    assert desk.get(batch.id).rows is None
    assert desk.resume(batch.id, "registrar").state is BatchState.RECEIVED
    bench.work(batch)
    assert bench.outcomes(batch) == ["issued"]


def poisoned(work: BatchWork) -> BatchWork:
    """The program has a defect that one report shows: it fails in the middle of a set, not with an error of ours."""

    def take_in(tx: Any, arrivals: Any, now: Any) -> Any:
        answers = work.take_in(tx, arrivals, now)
        if any(isinstance(item, inbox.Arrival) and item.report.source_id == "7" for item in arrivals):
            raise RecursionError
        return answers

    return BatchWork(work.batches, work.addresses, take_in)


def test_a_row_on_which_the_program_fails_takes_no_other_with_it(bench: Bench) -> None:
    batch = bench.receive([report(str(number)) for number in range(10)])
    poisoned(bench.shop.batch_work).work_here(batch.id)
    lines = bench.results(batch.id)
    assert [line["row"] for line in lines if line["outcome"] != "issued"] == [8]
    assert lines[7]["error"]["code"] == "GIVEN_UP"
    assert bench.count("credential") == 9


def test_a_part_that_kills_the_process_again_and_again_is_given_up(bench: Bench) -> None:
    batch = bench.receive([report("a"), report("b")])
    work, service = bench.shop.batch_work, bench.shop.service
    work.divide(batch.id)
    for _ in range(MAX_STARTS):
        with service.database.begin_write(service.institution.id) as tx:
            assert store.take_part(tx, batch.id, "lane") is not None
    assert work.work(batch.id, "lane")
    assert {line["error"]["code"] for line in bench.results(batch.id)} == {"GIVEN_UP"}
    assert bench.shop.batches.get(batch.id).state is BatchState.DONE


def test_a_database_that_is_busy_is_no_reason_to_fail_rows(bench: Bench) -> None:
    batch = bench.receive([report("a")])
    work = bench.shop.batch_work
    work.divide(batch.id)

    def busy(*_: Any) -> Any:
        raise BusyError("Busy.")

    with pytest.raises(BusyError):
        BatchWork(work.batches, work.addresses, busy).work(batch.id, "lane")
    assert work.work(batch.id, "lane")
    assert bench.outcomes(batch) == ["issued"]


def test_a_batch_that_is_cancelled_while_a_part_is_read_issues_no_more_of_it(bench: Bench) -> None:
    batch = bench.receive([report("a")])
    work = bench.shop.batch_work
    work.divide(batch.id)
    original = inbox.Arrival.read

    def read(raw: bytes, actor: str) -> Any:
        bench.shop.batches.cancel(batch.id, "registrar")
        return original(raw, actor)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inbox.Arrival, "read", staticmethod(read))
        work.work(batch.id, "lane")
    assert bench.results(batch.id) == []
    assert bench.count("credential") == 0


def test_work_is_ordered_with_the_batch_and_anew_when_it_stalls(bench: Bench, clock: Clock) -> None:
    batch = bench.receive([report("a")])
    service, desk = bench.shop.service, bench.shop.batches
    assert bench.count("job_outbox") == 1
    with service.database.begin_write() as tx:
        outbox.remove(tx, [job.id for job in outbox.waiting(tx, 10)])
    assert desk.restart_stalled() == 0
    clock.now += STALLED_AFTER
    clock.forward(seconds=1)
    assert desk.restart_stalled() == 1
    assert desk.restart_stalled() == 0
    assert bench.count("job_outbox") == 1
    bench.work(batch)
    clock.now += STALLED_AFTER * 2
    assert desk.restart_stalled() == 0


def test_the_result_file_is_harmless_to_spreadsheets(bench: Bench) -> None:
    batch = bench.receive(
        [
            report("=HYPERLINK(1)", learner={"id": "7", "name": "Seven"}),
            report("b", definition={"id": "nobody-knows-it"}),
        ]
    )
    bench.work(batch)
    text = b"".join(bench.shop.batches.result(batch.id, "csv")).decode("utf-8-sig")
    found = list(csv.DictReader(io.StringIO(text)))
    assert found[0]["sourceId"] == "'=HYPERLINK(1)"
    assert (found[1]["row"], found[1]["outcome"], found[1]["field"]) == ("2", "failed", "definition.id")


@pytest.mark.databases("sqlite")
def test_what_is_not_there_is_not_found(bench: Bench) -> None:
    batch = bench.receive([])
    other = batch.institution_id
    for ask in (bench.shop.batches.get, bench.shop.batches.progress, bench.shop.batch_work.divide):
        with pytest.raises(NotFoundError):
            ask(other)
    with pytest.raises(NotFoundError):
        bench.shop.batches.result(other, "csv")
    with pytest.raises(FieldError):
        bench.shop.batches.result(batch.id, "xls")


def test_the_audit_log_tells_who_handed_in_what_and_how_it_ended(bench: Bench) -> None:
    bench.work(bench.receive([report("a")]))
    with bench.shop.service.database.begin_read() as tx:
        assert audit.verify(tx) is not None
        entries = [entry for entry in audit.entries(tx) if entry.action.startswith("batch.")]
    assert [entry.action for entry in entries] == ["batch.receive", "batch.done"]
    assert {entry.actor for entry in entries} == {"registrar"}
    assert "Learner" not in json.dumps([entry.detail for entry in entries])
