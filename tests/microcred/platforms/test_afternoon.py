"""A Moodle-shaped afternoon: many learners, several lines at once, disorder, repetitions, late retries. Nobody is lost
and nobody gets two. `MICROCRED_SOAK=1` plays 2,000 learners instead of 200, and over HTTP 200 instead of 10."""

from __future__ import annotations

import os
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn

from issuer.inbox import Refusal
from issuer.lms.connection import Incoming
from issuer.lms_work.reception import Knock, Receipt
from microcred.sample_platforms import PLATFORMS
from microcred.server import open_port
from microcred.simulate.plays import PLAYS, Stage, Student
from microcred.simulate.show import Show
from microcred.simulate.traffic import Manners
from microcred.world import World, now
from tests.microcred.conftest import Clock
from tests.microcred.platforms.conftest import Campus

IN_SOAK = os.environ.get("MICROCRED_SOAK") == "1"
LEARNERS = 2_000 if IN_SOAK else 200
LINES = 4


def test_an_afternoon_with_everything_that_goes_wrong(campus: Campus, clock: Clock) -> None:
    stage = Stage(campus.connection("moodle"), clock() - timedelta(hours=2))
    students = [Student("afternoon1", index) for index in range(LEARNERS)]
    mixed = list(Manners("afternoon1").mixed(one for student in students for one in PLAYS["moodle"](stage, student)))
    answers: list[Receipt | Refusal] = []

    def line(number: int) -> None:
        for delivery in mixed[number::LINES]:
            headers, body = delivery.sealed(clock())
            knock = Knock("moodle", Incoming(body, {name.lower(): value for name, value in headers.items()}))
            answers.append(campus.platforms.reception.queue.submit(knock).result())

    campus.platforms.begin()
    lines = [threading.Thread(target=line, args=(number,)) for number in range(LINES)]
    for one in lines:
        one.start()
    for one in lines:
        one.join()
    campus.platforms.drain()
    assert len(mixed) > 3 * LEARNERS
    assert {type(answer) for answer in answers} == {Receipt}
    assert campus.count("credential") == campus.count("person") == LEARNERS
    found = campus.platforms.service.list_credentials(LEARNERS + 1)
    assert len({item.completion_id for item in found}) == min(LEARNERS, 1_000)
    assert (campus.held(), campus.count("lms_report", "state IN ('new', 'held')")) == ([], 0)


@pytest.mark.parametrize("kind", PLAYS)
@pytest.mark.databases("sqlite")
def test_every_platform_is_played_against_a_running_server(campus: Campus, world: World, kind: str) -> None:
    """The signatures carry the real time here, so the service's clock is moved to it."""
    campus.clock.now = now()
    listener = open_port("127.0.0.1", 0)
    port = listener.getsockname()[1]
    app = campus.client._app
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    campus.platforms.begin()
    thread.start()
    learners = 200 if IN_SOAK else 10
    home = Path(world.environ["MICROCRED_HOME"])
    outcome = Show(campus.platforms, home, f"http://127.0.0.1:{port}", campus.clock).run(kind, learners)
    server.should_exit = True
    thread.join()
    assert outcome.is_good, outcome.to_json()
    assert outcome.credentials == Counter({1: learners})
    # A browser is led to the platform (302), and a launch that it sends again is refused (401).
    assert set(outcome.answers) == {302, 200, 401} if kind == "lti" else set(outcome.answers) <= {200, 202, 204}
    assert campus.count("completion", f"definition_id = '{PLATFORMS[kind].definition}'") == learners
