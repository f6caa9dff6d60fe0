"""The jobs of an installation, and the worker that this process may have beside its main work."""

from __future__ import annotations

import logging
import os
import platform
import threading
import time
from itertools import chain, repeat
from typing import TYPE_CHECKING, Final

from issuer.errors import IssuerError, StateError
from issuer.jobs.deliveries import Channel
from issuer.jobs.periodic import nightly
from issuer.jobs.rows import READERS
from issuer.jobs.settings import DeliverySettings
from issuer.jobs.workshop import Workshop
from issuer.lms_work.lti_scores import Scores
from issuer.lms_work.reconcile import Reconciliation
from issuer.lms_work.tables import Tables
from issuer.model.jobs import DeliveryState
from issuer.service import Service
from issuer.store import deliveries, outbox
from microcred.outgoing.mail import Mail
from microcred.outgoing.post import GuardedPost
from microcred.outgoing.webhook import Webhook
from microcred.platforms import platforms
from microcred.process import settle
from microcred.world import World
from verifier.fetch.system import system_network, tls_context

if TYPE_CHECKING:
    from issuer.jobs.worker import Worker

STOP_SECONDS: Final = 10
"""How long steps under way may take to end after Ctrl-C or SIGTERM; what does not is taken up by another worker."""
RETRY_SECONDS: Final = (1, 5, 15, 60)
"""Pauses before a worker that could not start tries again, the last one for as long as it takes: a full disk or a
database that restarts is no reason to leave batches and deliveries waiting until somebody restarts the service."""
_log: Final = logging.getLogger(__name__)


def workshop(service: Service, world: World) -> Workshop:
    """Return what the jobs of an installation work with. Raises `SettingsError`."""
    learning = platforms(service, world)
    scores = Scores(learning)
    ways = {**channels(DeliverySettings.read(world.environ), world), scores.name: scores}
    tables = Tables(learning)
    readers = {**READERS, **tables.readers()}
    more = (*learning.jobs(), nightly("lms-reconcile", Reconciliation(learning).nightly))
    return Workshop(service, ways, readers, more, tables.ways())


def channels(settings: DeliverySettings, world: World) -> dict[str, Channel]:
    """Return the ways of delivery that are switched on, by name."""
    found: list[Channel] = []
    if settings.mail is not None:
        found.append(Mail(settings.mail, tls_context(), world.clock))
    if settings.callback is not None:
        network = system_network(time.monotonic, world.clock)
        found.append(Webhook(settings.callback, GuardedPost(network), world.clock))
    return {channel.name: channel for channel in found}


def state_of_jobs(service: Service) -> str:
    """Say who works, and what waits. Raises `StateError` when the newest run of a periodic job failed."""
    with service.database.begin_read(service.institution.id) as tx:
        workers = outbox.all_workers(tx)
        runs = outbox.periodic_runs(tx).values()
        dead = deliveries.count(tx).get(DeliveryState.DEAD, 0)
    failed = [f"{run.name}: {run.error}" for run in runs if run.error is not None]
    if failed:
        raise StateError(f"What is done at set times failed. {' '.join(failed)}")
    where = "; ".join(worker.place for worker in workers) or "nobody: start `microcred serve` or `microcred work`"
    return f"worked on by {where}" + (f". {dead} deliveries are dead letters" if dead else "")


def make_worker(shop: Workshop) -> Worker:
    """Return a worker of this process. The job engine is imported here only: it takes a second."""
    from issuer.jobs import catalogue

    return catalogue.worker(shop, f"{platform.node()}, process {os.getpid()}")


class EmbeddedWorker:
    """A worker that begins after the web server answers, so that it delays nothing, and ends with it."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop
        self._worker: Worker | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._start, name="microcred-worker", daemon=True)

    def begin(self) -> None:
        """Start it in a thread of its own."""
        self._thread.start()

    def end(self) -> None:
        """Stop it."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()
        if self._worker is not None:
            self._worker.stop(STOP_SECONDS)

    def _start(self) -> None:
        for pause in chain(RETRY_SECONDS, repeat(RETRY_SECONDS[-1])):
            worker = make_worker(self._shop)
            try:
                worker.start()
            except IssuerError as error:
                _log.error(
                    "the worker could not start, so that batches and deliveries wait; it tries again in %d s: %s",
                    pause,
                    error.detail,
                )
            else:
                self._worker = worker
                settle()
                return
            if self._ended.wait(pause):
                return
