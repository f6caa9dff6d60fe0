"""Deliveries: what happened is announced once it is stored, again and again until it arrives."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from issuer.errors import StateError
from issuer.jobs import rows
from issuer.jobs.batches import Order
from issuer.jobs.deliveries import LEASE, PAUSES, Deliveries, DeliveryError
from issuer.jobs.notice import Notice
from issuer.jobs.upkeep import KEEP_SENT, Upkeep
from issuer.jobs.workshop import Workshop
from issuer.model import StatusState
from issuer.model.jobs import DeliveryState
from issuer.store import deliveries as store
from microcred.samples import Sample
from tests.microcred.conftest import Clock, Console
from tests.microcred.jobs.conftest import report

ISSUED = frozenset({"credential.issue"})


@dataclass
class Letters:
    """A channel that keeps what it is given, and fails as often as it is told."""

    name: str = "letters"
    events: frozenset[str] = ISSUED
    to_learner: bool = False
    failures: list[Exception] = field(default_factory=list)
    sent: list[Notice] = field(default_factory=list)

    def send(self, notice: Notice) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(notice)


@pytest.fixture
def letters() -> Letters:
    return Letters()


@pytest.fixture
def desk(sample: Sample, letters: Letters) -> Deliveries:
    """The desk of deliveries, with a channel that has seen all that is in the log so far."""
    found = Workshop(sample.service, {letters.name: letters}).deliveries
    found.collect()
    return found


def issue(sample: Sample, name: str, **changes: object) -> str:
    answer = sample.service.completions.report(json.dumps(report(name, **changes)).encode(), "registrar")
    assert answer.credential is not None
    return answer.credential.public_id


def test_what_was_issued_is_announced_once(desk: Deliveries, letters: Letters, sample: Sample) -> None:
    public_id = issue(sample, "a")
    assert (desk.collect(), desk.collect()) == (1, 0)
    assert (desk.send_due(), desk.send_due()) == (1, 0)
    (notice,) = letters.sent
    assert notice.about is not None
    assert notice.about.url.endswith(public_id)
    assert notice.about.completion.learner_name == "Learner a"
    (sent,) = desk.page()
    assert (sent.state, sent.attempts, sent.id) == (DeliveryState.SENT, 1, notice.id)


def test_a_new_channel_does_not_announce_the_past(sample: Sample, letters: Letters) -> None:
    issue(sample, "a")
    desk = Workshop(sample.service, {letters.name: letters}).deliveries
    assert desk.collect() == 0
    issue(sample, "b")
    assert desk.collect() == 1


def test_what_is_rolled_back_is_not_announced(desk: Deliveries, sample: Sample) -> None:
    body = json.dumps([report("a")]).encode()
    shop = Workshop(sample.service)
    batch, _ = shop.batch_work.hand_in(io.BytesIO(body), Order(rows.JSON, "registrar", dry_run=True, at_once=True))
    assert shop.batches.progress(batch.id).issued == 1
    assert desk.collect() == 0


def test_only_what_can_be_reached_is_written_to(sample: Sample) -> None:
    letters = Letters(to_learner=True)
    desk = Workshop(sample.service, {letters.name: letters}).deliveries
    desk.collect()
    issue(sample, "a")
    issue(sample, "b", learner={"id": "b", "name": "Without Address"})
    assert desk.collect() == 1


def test_each_channel_announces_its_own_events(sample: Sample) -> None:
    both = {name: Letters(name) for name in ("one", "two")}
    both["two"].events = frozenset({"credential.revoke"})
    desk = Workshop(sample.service, both).deliveries
    desk.collect()
    public_id = issue(sample, "a")
    sample.service.decisions.decide([public_id], StatusState.REVOKED, "a mistake", "registrar", at_once=True)
    assert desk.collect() == 2
    while desk.send_due():
        continue
    assert [notice.event for notice in both["one"].sent] == ["credential.issue"]
    assert [notice.event for notice in both["two"].sent] == ["credential.revoke"]


def test_what_fails_is_tried_again_later_and_later_and_is_a_dead_letter_in_the_end(
    desk: Deliveries, letters: Letters, sample: Sample, clock: Clock
) -> None:
    issue(sample, "a")
    desk.collect()
    letters.failures = [DeliveryError("The server is away.") for _ in range(len(PAUSES) + 1)]
    for pause in PAUSES:
        assert (desk.send_due(), desk.send_due()) == (1, 0)
        (waiting,) = desk.page(DeliveryState.WAITING)
        assert (waiting.next_attempt_at, waiting.last_error) == (clock.now + pause, "The server is away.")
        clock.now += pause - timedelta(seconds=1)
        assert desk.count_due(clock.now, 10) == 0
        clock.forward(seconds=1)
    assert desk.send_due() == 1
    (dead,) = desk.page(DeliveryState.DEAD)
    assert dead.attempts == len(PAUSES) + 1
    clock.forward(days=100)
    assert desk.send_due() == 0
    desk.retry(dead.id, "registrar")
    assert desk.send_due() == 1
    assert len(letters.sent) == 1
    with pytest.raises(StateError):
        desk.retry(dead.id, "registrar")


def test_what_can_never_arrive_is_dead_at_once(desk: Deliveries, letters: Letters, sample: Sample) -> None:
    issue(sample, "a")
    desk.collect()
    letters.failures = [DeliveryError("There is no such mailbox.", is_final=True)]
    desk.send_due()
    (dead,) = desk.page(DeliveryState.DEAD)
    assert (dead.attempts, dead.last_error) == (1, "There is no such mailbox.")


def test_a_defect_of_a_channel_is_a_failure_like_any_other(
    desk: Deliveries, letters: Letters, sample: Sample, clock: Clock
) -> None:
    for name in "abc":
        issue(sample, name)
    desk.collect()
    letters.failures = [ZeroDivisionError()]
    assert desk.send_due() == 3
    assert len(letters.sent) == 2
    (waiting,) = desk.page(DeliveryState.WAITING)
    assert waiting.last_error == "A defect of the program: ZeroDivisionError."


def test_what_a_dead_process_had_in_hand_is_sent_by_another(
    desk: Deliveries, letters: Letters, sample: Sample, clock: Clock
) -> None:
    """It took the delivery and died: nobody else may have it for a while, then somebody has."""
    issue(sample, "a")
    desk.collect()
    letters.failures = [KeyboardInterrupt()]  # type: ignore[list-item]  # what ends a process is no Exception
    with pytest.raises(KeyboardInterrupt):
        desk.send_due()
    assert desk.send_due() == 0
    clock.now += LEASE
    assert desk.send_due() == 1
    assert len(letters.sent) == 1


def test_a_late_note_does_not_undo_a_later_try(desk: Deliveries, letters: Letters, sample: Sample) -> None:
    issue(sample, "a")
    desk.collect()
    (item,) = desk.page()
    service = sample.service
    with service.database.begin_write(service.institution.id) as tx:
        store.change(tx, item, attempts=2)
        store.note(tx, item.id, 1, state=DeliveryState.DEAD)
    assert desk.page()[0].state is DeliveryState.WAITING


def test_sent_deliveries_are_forgotten_after_a_while_and_dead_ones_are_not(
    desk: Deliveries, letters: Letters, sample: Sample, clock: Clock
) -> None:
    issue(sample, "a")
    issue(sample, "b")
    desk.collect()
    letters.failures = [DeliveryError("No.", is_final=True)]
    desk.send_due()
    clock.now += KEEP_SENT + timedelta(days=1)
    Upkeep(sample.service).clean_up(clock.now)
    assert [item.state for item in desk.page()] == [DeliveryState.DEAD]


def test_dead_letters_are_listed_and_tried_again(
    desk: Deliveries, letters: Letters, sample: Sample, console: Console
) -> None:
    issue(sample, "a")
    desk.collect()
    letters.failures = [DeliveryError("There is no such mailbox.", is_final=True)]
    desk.send_due()
    assert console("deliveries", "list", "--state", "dead") == 0
    assert "There is no such mailbox." in console.out.getvalue()
    assert console("deliveries", "list", "--json") == 0
    (listed,) = json.loads(console.out.getvalue())
    assert (listed["state"], listed["channel"], listed["nextAttemptAt"]) == ("dead", "letters", None)
    assert console("deliveries", "retry", listed["id"]) == 0
    assert console("deliveries", "retry", listed["id"]) == 1
    assert console("deliveries", "retry", "--all") == 0
    assert "0 will be tried again" in console.out.getvalue()
    assert console("deliveries", "retry", "00000000-0000-7000-8000-000000000000") == 1
    desk.send_due()
    assert len(letters.sent) == 1
