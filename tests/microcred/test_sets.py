"""Many requests at the same time, through the set that they share: each gets its own answer, none lost or doubled."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from issuer import audit, auth
from issuer.errors import ForbiddenError, UnauthenticatedError
from issuer.inbox import Answer
from issuer.intake import Incoming, Knock
from issuer.model import CompletionState, IssuedCredential
from issuer.service import Service
from microcred.app import checker
from microcred.samples import Sample
from microcred.world import World
from openbadge.errors import InvalidError
from tests.microcred.conftest import Clock
from tests.microcred.test_api import REPORT
from verifier.report import Verdict

THREADS, PEOPLE = 64, 7_000 if os.environ.get("MICROCRED_SOAK") else 140
TWICE = PEOPLE * 3 // 7
"""Reports that are duplicates: 30 % of all."""


def raw(**changes: Any) -> bytes:
    return json.dumps({**REPORT, **changes}).encode()


def everything(service: Service) -> Iterator[IssuedCredential]:
    """All credentials, page by page."""
    after = None
    while page := service.list_credentials(1_000, after):
        yield from page
        after = page[-1].id


def test_sixty_four_threads_get_one_credential_for_each_person(sample: Sample, world: World) -> None:
    chance = random.Random(20261125)
    who = [str(number) for number in range(PEOPLE)] + [str(chance.randrange(PEOPLE)) for _ in range(TWICE)]
    chance.shuffle(who)
    bearer = f"Bearer {sample.token}"
    service = sample.service

    def report(person: str) -> Answer:
        body = raw(sourceId=person, learner={"id": person, "name": "A"})
        answer = service.reports.submit(Knock(body, bearer)).result()
        assert isinstance(answer, Answer), answer
        return answer

    with ThreadPoolExecutor(THREADS) as threads:
        answers = list(threads.map(report, who))
    assert [answer.completion.source_id for answer in answers] == who
    assert sum(answer.created for answer in answers) == PEOPLE
    issued = {answer.completion.source_id: answer.credential.public_id for answer in answers if answer.credential}
    assert all(issued[answer.completion.source_id] == answer.credential.public_id for answer in answers)
    kept = list(everything(service))
    assert sorted(item.public_id for item in kept) == sorted(issued.values())
    assert len({(item.status_list_id, item.status_index) for item in kept}) == PEOPLE
    check = checker(world, service)
    assert {check.verify(item.document).verdict for item in chance.sample(kept, 10)} == {Verdict.VALID}
    with service.database.begin_read() as tx:
        assert audit.verify(tx) is not None


def test_each_of_a_set_is_let_in_or_not_by_its_own_token(sample: Sample, clock: Clock) -> None:
    service = sample.service
    with service.database.begin_write(service.institution.id) as tx:
        reader = auth.create(tx, "reader", ["completions:read"], "test", clock.now)
    good = f"Bearer {sample.token}"
    answers = service.completions.admit_many(
        [
            Knock(raw(sourceId="1"), good),
            Knock(raw(sourceId="2"), f"Bearer {reader.secret}"),
            Knock(b"{", "Bearer mc_" + "A" * 43),
            Knock(b"{", good),
            Knock(raw(sourceId="3"), None),
            Knock(raw(sourceId="4", learner={"id": "N2", "name": "B"}), good),
        ]
    )
    kinds = [Answer, ForbiddenError, UnauthenticatedError, InvalidError, UnauthenticatedError, Answer]
    assert [type(answer) for answer in answers] == kinds
    assert answers[0].completion.reported_by == "sample"
    assert [item.completion.source_id for item in service.completions.page()] == ["1", "4"]


def test_what_breaks_the_program_does_so_alone(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report that raises what nobody expects fails; those that share its set are tried again without it."""
    service = sample.service
    maker = service.signing.issuance()
    ready = type(maker)._ready

    def poisoned(self: Any, plan: Any) -> Any:
        if plan.completion.learner_name == "Poison":
            raise ZeroDivisionError
        return ready(self, plan)

    monkeypatch.setattr(type(maker), "_ready", poisoned)
    bearer = f"Bearer {sample.token}"
    people = ["Ada", "Poison", "Bea"]
    futures = [
        service.reports.submit(Knock(raw(sourceId=name, learner={"id": name, "name": name}), bearer))
        for name in people * 10
    ]
    for name, future in zip(people * 10, futures, strict=True):
        if name == "Poison":
            assert isinstance(future.exception(), ZeroDivisionError)
        else:
            assert future.result().completion.state is CompletionState.ISSUED
    assert sorted(item.completion.source_id for item in service.completions.page()) == ["Ada", "Bea"]


def test_a_set_and_single_reports_give_credentials_that_verify(sample: Sample, world: World) -> None:
    service = sample.service
    body = [
        raw(sourceId=str(n), learner={"id": str(n), "name": f"Zoë {n}", "email": f"{n}@x.example"}) for n in range(40)
    ]
    answers = service.completions.report_many([Incoming(item, "file") for item in body])
    single = service.completions.report(raw(sourceId="s", learner={"id": "s", "name": "S"}), "file")
    check = checker(world, service)
    documents = [answer.credential.document for answer in (*answers, single)]
    assert {check.verify(document).verdict for document in documents} == {Verdict.VALID}
    assert len({answer.credential.public_id for answer in answers}) == 40
