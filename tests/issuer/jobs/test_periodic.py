"""What is done at set times: each slot once, a missed one late, never one for each that was missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.db import Database
from issuer.errors import NotFoundError
from issuer.jobs.periodic import DAILY, Calendar, Periodic, nightly
from issuer.model import Institution
from issuer.model.jobs import PeriodicRun
from issuer.store import outbox

NOW = datetime(2026, 11, 25, 3, 30, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
SPANS = st.timedeltas(timedelta(seconds=1), timedelta(days=40))


@given(MOMENTS, SPANS, st.timedeltas(timedelta(), timedelta(days=2)))
def test_a_slot_holds_its_moment(now: datetime, every: timedelta, after: timedelta) -> None:
    job = Periodic("x", every, str, after)
    slot = job.slot(now)
    assert slot <= now < slot + every
    assert job.slot(slot) == slot
    assert job.slot(slot + every) == slot + every


def test_nightly_work_begins_at_two() -> None:
    assert nightly("x", str).slot(NOW) == NOW.replace(hour=2, minute=0)
    assert nightly("x", str).slot(NOW.replace(hour=1)) == NOW.replace(day=24, hour=2, minute=0)


def calendar(database: Database, done: list[datetime], now: datetime = NOW) -> Calendar:
    def run(at: datetime) -> str:
        done.append(at)
        return "done"

    return Calendar(database, lambda: now, [Periodic("x", DAILY, run)])


def runs(database: Database) -> dict[str, PeriodicRun]:
    with database.begin_read() as tx:
        return outbox.periodic_runs(tx)


def test_of_many_missed_slots_the_newest_is_caught_up(home: tuple[Database, Institution]) -> None:
    database, done = home[0], list[datetime]()
    first = calendar(database, done)
    slots = first.due(runs(database), NOW)
    assert slots == {"x": NOW.replace(hour=0, minute=0)}
    first.run("x", slots["x"])
    assert first.due(runs(database), NOW) == {}
    assert first.due(runs(database), NOW + timedelta(hours=20)) == {}
    later = NOW + timedelta(days=40)
    again = calendar(database, done, later)
    (slot,) = again.due(runs(database), later).values()
    again.run("x", slot)
    assert again.due(runs(database), later) == {}
    assert done == [NOW, later]
    assert runs(database)["x"] == PeriodicRun("x", slot, later, later, "done")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (NotFoundError("It is gone."), "It is gone."),
        (ZeroDivisionError(), "A defect of the program: ZeroDivisionError."),
    ],
)
def test_a_failure_is_kept_and_the_next_slot_comes(
    home: tuple[Database, Institution], error: Exception, sentence: str
) -> None:
    def run(_: datetime) -> str:
        raise error

    job = Calendar(home[0], lambda: NOW, [Periodic("x", DAILY, run)])
    job.run("x", job.jobs[0].slot(NOW))
    kept = runs(home[0])["x"]
    assert (kept.finished_at, kept.note, kept.error) == (NOW, None, sentence)
    assert job.due(runs(home[0]), NOW + DAILY) == {"x": kept.slot + DAILY}


def test_a_slot_is_begun_once(home: tuple[Database, Institution]) -> None:
    with home[0].begin_write() as tx:
        assert outbox.begin_run(tx, "x", NOW, NOW)
        assert not outbox.begin_run(tx, "x", NOW, NOW)
        assert not outbox.begin_run(tx, "x", NOW - DAILY, NOW)
        assert outbox.begin_run(tx, "x", NOW + DAILY, NOW)
