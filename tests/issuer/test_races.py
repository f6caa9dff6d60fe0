"""Eight processes of sixteen threads at the same award and at the same list; and a process that is killed."""

from __future__ import annotations

import multiprocessing
import os
import secrets
import signal
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from sqlalchemy import func, select

from issuer import audit, completions, status
from issuer.db import open_database
from issuer.migrations import check, upgrade
from issuer.model import CompletionState
from issuer.store import credentials
from issuer.store.tables import completion, credential
from tests.databases import Databases
from tests.issuer.making import take
from tests.issuer.samples import NOW, approved, open_home

PROCESSES, THREADS, ROUNDS = 8, 16, 4

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__])


def test_one_award_never_gets_two_credentials(home_url: str) -> None:
    database, institution = open_home(home_url)
    with database.begin_write(institution.id) as tx:
        approved(tx)
    outcomes = _in_processes(_race_for_awards, home_url)
    with database.begin_read(institution.id) as tx:
        issued = {record.id for record in credentials.page(tx, 100)}
        states = dict(
            tx.connection.execute(select(completion.c.state, func.count()).group_by(completion.c.state)).all()
        )
        assert audit.verify(tx) is not None
    assert len(outcomes) == PROCESSES * THREADS * ROUNDS
    assert len(issued) == ROUNDS
    assert {UUID(outcome) for outcome in outcomes} == issued
    assert states == {CompletionState.ISSUED: PROCESSES * THREADS * ROUNDS}
    database.close()


def test_no_status_entry_is_given_twice(home_url: str) -> None:
    database, institution = open_home(home_url)
    outcomes = _in_processes(_race_for_entries, home_url)
    assert len(outcomes) == len(set(outcomes)) == PROCESSES * THREADS * ROUNDS
    with database.begin_read(institution.id) as tx:
        assert len({outcome.split("/")[0] for outcome in outcomes}) == 1
        assert status.get(tx, UUID(outcomes[0].split("/")[0])).taken == len(outcomes)
    database.close()


def test_processes_that_start_together_migrate_once(databases: Databases) -> None:
    assert _in_processes(_start, databases.empty()) == ["current"] * PROCESSES


def test_a_process_killed_in_the_middle_leaves_nothing_half_done(home_url: str) -> None:
    database, institution = open_home(home_url)
    with database.begin_write(institution.id) as tx:
        approved(tx)
    process = _CONTEXT.Process(target=_die_before_the_commit, args=(home_url,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    with database.begin_write(institution.id) as tx:
        assert completions.list_completions(tx) == []
        assert tx.connection.scalar(select(func.count()).select_from(credential)) == 0
        assert take(tx).created
        assert audit.verify(tx) is not None
    database.close()


def _in_processes(target: object, url: str) -> list[str]:
    results = _CONTEXT.Queue()
    processes = [_CONTEXT.Process(target=_run, args=(target, url, number, results)) for number in range(PROCESSES)]
    for process in processes:
        process.start()
    outcomes = [outcome for _ in processes for outcome in results.get(timeout=300)]
    for process in processes:
        process.join()
    assert [outcome for outcome in outcomes if outcome.startswith("error")] == []
    return outcomes


def _run(target: object, url: str, number: int, results: object) -> None:
    try:
        outcomes = target(url, number)  # type: ignore[operator]
    except Exception as error:  # reported to the parent, which fails on it
        outcomes = [f"error {error!r}"]
    results.put(outcomes)  # type: ignore[attr-defined]


def _race_for_awards(url: str, process: int) -> list[str]:
    """Every thread reports the same awards from a source of its own."""
    database, institution = open_home(url)

    def one(job: tuple[int, int]) -> str:
        thread, award = job
        with database.begin_write(institution.id) as tx:
            answer = take(tx, source=f"lms-{process}-{thread}", sourceId=str(award), occurrence=str(award))
        return str(answer.completion.credential_id)

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(one, [(thread, award) for award in range(ROUNDS) for thread in range(THREADS)]))


def _race_for_entries(url: str, _process: int) -> list[str]:
    database, institution = open_home(url)

    def one(_: int) -> str:
        with database.begin_write(institution.id) as tx:
            slot = status.allocate(tx, status.REVOCATION, NOW)
            return f"{slot.list_id}/{slot.index}"

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(one, range(THREADS * ROUNDS)))


def _start(url: str, _process: int) -> list[str]:
    database = open_database(url, secrets.token_bytes)
    upgrade(database)
    return ["current" if check(database).is_current else "error"]


def _die_before_the_commit(url: str) -> None:
    database, institution = open_home(url)
    with database.begin_write(institution.id) as tx:
        take(tx)
        os.kill(os.getpid(), signal.SIGKILL)
