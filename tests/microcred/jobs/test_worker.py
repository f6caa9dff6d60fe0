"""A worker with its engine: what is ordered is done, once, by whoever is alive."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from issuer.errors import BusyError, StateError
from issuer.jobs import catalogue
from issuer.jobs import engine as engine_module
from issuer.jobs.engine import Engine, JobKind
from issuer.jobs.engine_store import records_url
from issuer.jobs.periodic import Calendar, Periodic, nightly
from issuer.jobs.worker import Pace, Worker
from issuer.jobs.workshop import Workshop
from issuer.model.jobs import BatchState, JobWorker
from issuer.store import outbox
from microcred.jobs import EmbeddedWorker, state_of_jobs, workshop
from microcred.samples import Sample
from microcred.world import World
from tests.databases import read_only
from tests.microcred.conftest import Console
from tests.microcred.jobs.conftest import Bench, report
from tests.microcred.jobs.test_deliveries import Letters, issue

PACE = Pace(pulse=0.05, beat=timedelta(seconds=0.1), silence=timedelta(seconds=0.6))
PATIENCE_SECONDS = 60


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for jobs twenty times a second."""
    monkeypatch.setattr(engine_module, "POLL_SECONDS", 0.05)


@pytest.fixture
def clock() -> Callable[[], datetime]:
    """Workers live in real time."""
    return lambda: datetime.now(UTC)


@contextmanager
def working(shop: Workshop) -> Iterator[Worker]:
    worker = catalogue.worker(shop, "a test", PACE)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop(5)


def wait_for(happened: Callable[[], Any]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.usefixtures("small_parts")
def test_a_batch_is_worked_through(bench: Bench) -> None:
    batch = bench.receive([report(str(number)) for number in range(10)])
    with working(bench.shop):
        wait_for(lambda: bench.shop.batches.get(batch.id).state is BatchState.DONE)
    assert bench.outcomes(batch) == ["issued"] * 10
    assert (bench.count("job_outbox"), bench.count("job_worker")) == (0, 0)


@pytest.mark.usefixtures("small_parts")
def test_a_worker_that_stops_leaves_the_rest_to_the_next(bench: Bench) -> None:
    batch = bench.receive([report(str(number)) for number in range(40)])
    progress = bench.shop.batches.progress
    with working(bench.shop):
        wait_for(lambda: progress(batch.id).parts_done)
    before = progress(batch.id).parts_done
    with working(bench.shop):
        wait_for(lambda: bench.shop.batches.get(batch.id).state is BatchState.DONE)
    assert 0 < before <= 10
    assert bench.outcomes(batch) == ["issued"] * 40


@pytest.mark.usefixtures("small_parts")
def test_a_paused_batch_goes_on_after_the_resume(bench: Bench) -> None:
    batch = bench.receive([report(str(number)) for number in range(10)])
    desk = bench.shop.batches
    bench.shop.batch_work.divide(batch.id)
    desk.pause(batch.id, "registrar")
    with working(bench.shop):
        wait_for(lambda: bench.count("job_outbox") == 0)
        assert desk.progress(batch.id).parts_done == 0
        desk.resume(batch.id, "registrar")
        wait_for(lambda: desk.get(batch.id).state is BatchState.DONE)


def test_periodic_jobs_are_run_and_say_so(shop: Workshop) -> None:
    ran: list[datetime] = []

    def run(now: datetime) -> str:
        ran.append(now)
        return "ran"

    more = Workshop(shop.service, more=[Periodic("reconciliation", timedelta(days=1), run)])
    runs: dict[str, Any] = {}
    names = {job.name for job in more.calendar.jobs}

    def all_ran() -> bool:
        with shop.service.database.begin_read() as tx:
            runs.update(outbox.periodic_runs(tx))
        return set(runs) == names and all(item.finished_at for item in runs.values())

    with working(more):
        wait_for(all_ran)
    with working(more):
        time.sleep(0.5)
    assert len(ran) == 1
    assert {name: item.error for name, item in runs.items() if item.error} == {}
    assert runs["reconciliation"].note == "ran"


def test_it_is_known_who_works_and_what_failed(shop: Workshop) -> None:
    def fail(_: datetime) -> str:
        raise BusyError("The LMS does not answer.")

    service = shop.service
    assert "worked on by nobody" in state_of_jobs(service)
    with working(shop):
        wait_for(lambda: "worked on by a test" in state_of_jobs(service))
    Calendar(service.database, service.clock, [nightly("reconciliation", fail)]).run("reconciliation", service.clock())
    with pytest.raises(StateError, match=r"reconciliation: The LMS does not answer\."):
        state_of_jobs(service)


@pytest.mark.databases("sqlite")
def test_the_doctor_says_it(console: Console) -> None:
    assert console("doctor") == 0
    assert "jobs: worked on by nobody" in console.out.getvalue()


def test_deliveries_are_made_and_sent(sample: Sample) -> None:
    letters = Letters()
    shop = Workshop(sample.service, {letters.name: letters})
    shop.deliveries.collect()
    with working(shop):
        issue(sample, "a")
        wait_for(lambda: letters.sent)
    assert len(letters.sent) == 1


def test_an_order_that_was_rolled_back_is_no_order(shop: Workshop) -> None:
    database, now = shop.service.database, shop.service.clock()

    def order_and_fail() -> None:
        with database.begin_write() as tx:
            outbox.put(tx, "batch", {"batch": "x"}, now)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        order_and_fail()
    with database.begin_read() as tx:
        assert outbox.waiting(tx, 10) == ()


@contextmanager
def engine(shop: Workshop, kinds: dict[str, JobKind], name: str = "an engine") -> Iterator[Engine]:
    found = Engine(records_url(shop.service.database), name, kinds)
    found.start()
    try:
        yield found
    finally:
        found.stop(5)


def test_what_is_handed_over_twice_is_one_job(shop: Workshop) -> None:
    ran: list[str] = []
    kinds = {"note": JobKind("tasks", lambda _, arguments: ran.append(arguments["what"]))}
    with engine(shop, kinds) as found:
        for _ in range(3):
            found.enqueue("note.1", "note", {"what": "one"})
        found.enqueue("note.2", "note", {"what": "two"})
        wait_for(lambda: len(ran) == 2)
        time.sleep(0.5)
    assert sorted(ran) == ["one", "two"]


def test_a_step_waits_for_the_database_and_is_not_run_again(shop: Workshop) -> None:
    tries, steps = [], []

    def busy_once() -> int:
        tries.append(1)
        if len(tries) == 1:
            raise BusyError("Busy.")
        return 7

    def run(found: Any, _: Any) -> None:
        steps.append(found.do("count", busy_once))

    with engine(shop, {"count": JobKind("tasks", run)}) as found:
        found.enqueue("count.1", "count", {})
        wait_for(lambda: steps)
    assert (len(tries), steps) == (2, [7])


def test_jobs_of_the_dead_are_taken_up_and_those_of_the_living_are_not(shop: Workshop) -> None:
    """A process ends in the middle of a job, as `kill -9` ends it: another goes on after the last recorded step."""
    done: list[str] = []

    def run(steps: Any, _: Any) -> None:
        steps.do("first", lambda: done.append("first"))
        steps.do("second", lambda: done.append("second") or ends())
        steps.do("third", lambda: done.append("third"))

    def ends() -> None:
        if done.count("second") == 1:
            raise SystemExit  # not an Exception: nothing is recorded, and the job stays as it was

    kinds = {"long": JobKind("tasks", run)}
    with engine(shop, kinds, "dead") as found:
        found.enqueue("long.1", "long", {})
        wait_for(lambda: "second" in done)
    with engine(shop, kinds, "alive") as found:
        assert found.recover({"dead", "alive"}) == 0
        assert found.recover({"alive"}) == 1
        wait_for(lambda: "third" in done)
        assert found.recover({"alive"}) == 0
    assert done == ["first", "second", "second", "third"]


def test_records_of_jobs_are_forgotten(shop: Workshop) -> None:
    ran: list[int] = []
    with engine(shop, {"note": JobKind("tasks", lambda *_: ran.append(1))}) as found:
        found.enqueue("note.1", "note", {})
        wait_for(lambda: ran)
        time.sleep(0.5)
        assert found.forget(datetime.now(UTC) - timedelta(days=1)) == 0
        assert found.forget(datetime.now(UTC) + timedelta(days=1)) == 1


def test_a_worker_is_dead_when_its_mark_stops_changing_whatever_its_clock_says(shop: Workshop) -> None:
    worker = catalogue.worker(shop, "a test", PACE)
    start = datetime(2026, 11, 25, tzinfo=UTC)
    slow = timedelta(hours=-3)  # the other machine's clock is wrong

    def seen(seconds: float, mark: float) -> bool:
        other = JobWorker("other", "elsewhere", start, start + slow + timedelta(seconds=mark))
        return worker._is_living(other, start + timedelta(seconds=seconds))

    assert [seen(at, at) for at in (0, 0.5, 1, 1.5)] == [True] * 4
    assert [seen(at, 1.5) for at in (1.6, 2.0, 2.2)] == [True, True, False]
    assert seen(3, 3)


def test_nothing_about_learners_is_logged_when_a_job_fails(shop: Workshop, caplog: pytest.LogCaptureFixture) -> None:
    def run(steps: Any, _: Any) -> None:
        steps.do("fail", fail)

    def fail() -> None:
        raise ValueError("Ada Nguyen <ada@students.example.edu>")

    with caplog.at_level(logging.INFO), engine(shop, {"fail": JobKind("tasks", run)}) as found:
        found.enqueue("fail.1", "fail", {})
        wait_for(lambda: "ValueError" in caplog.text)
        time.sleep(0.2)
    assert "Ada" not in caplog.text
    assert "ada@" not in stored(shop)


def stored(shop: Workshop) -> str:
    """All that the engine has recorded."""
    from issuer.jobs.engine_store import SCHEMA, open_engine

    store = open_engine(records_url(shop.service.database))
    prefix = "" if store.dialect.name == "sqlite" else f"{SCHEMA}."
    with store.connect() as connection:
        tables = ("workflow_status", "operation_outputs")
        rows = [connection.exec_driver_sql(f"SELECT * FROM {prefix}{name}").fetchall() for name in tables]
    store.dispose()
    return repr(rows)


def test_a_worker_beside_a_server_begins_and_ends(bench: Bench, world: World) -> None:
    batch = bench.receive([report("a")])
    embedded = EmbeddedWorker(workshop(bench.shop.service, world))
    embedded.begin()
    try:
        wait_for(lambda: bench.shop.batches.get(batch.id).state is BatchState.DONE)
    finally:
        embedded.end()
    assert bench.count("job_worker") == 0


def test_one_that_never_began_ends_as_well(shop: Workshop) -> None:
    EmbeddedWorker(shop).end()


@pytest.mark.databases("sqlite")
def test_one_that_could_not_start_tries_again(bench: Bench, world: World, caplog: pytest.LogCaptureFixture) -> None:
    batch = bench.receive([report("a")])
    with read_only(bench.shop.service.database):
        embedded = EmbeddedWorker(workshop(bench.shop.service, world))
        embedded.begin()
        wait_for(lambda: "it tries again in 1 s" in caplog.text)
    try:
        wait_for(lambda: bench.shop.batches.get(batch.id).state is BatchState.DONE)
    finally:
        embedded.end()


@pytest.mark.databases("sqlite")
def test_one_that_still_tries_to_start_ends_at_once(
    bench: Bench, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with read_only(bench.shop.service.database):
        embedded = EmbeddedWorker(workshop(bench.shop.service, world))
        embedded.begin()
        wait_for(lambda: "it tries again" in caplog.text)
        embedded.end()
    assert bench.count("job_worker") == 0
