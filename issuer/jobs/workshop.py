"""All that jobs are about, put together for one institution. Knows nothing of the engine, which is slow to import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from issuer.db import Transaction
from issuer.inbox import Answer, Arrival, Refusal, take_in
from issuer.jobs.batch_work import BatchWork, Way
from issuer.jobs.batches import Batches
from issuer.jobs.deliveries import Channel, Deliveries
from issuer.jobs.periodic import Calendar, Periodic
from issuer.jobs.rows import READERS, Reader
from issuer.jobs.upkeep import Upkeep
from issuer.service import Service


@dataclass(frozen=True, slots=True)
class Workshop:
    """What the jobs of one institution work with.

    `channels` are the ways of deliveries by name, `readers` the media types of batches, `ways` how their reports are
    taken in where that is not JSON, `more` the periodic jobs of other rooms, such as the nightly reconciliation with an
    LMS (`periodic.nightly`).
    """

    service: Service
    channels: Mapping[str, Channel] = field(default_factory=dict)
    readers: Mapping[str, Reader] = field(default_factory=lambda: READERS)
    more: Sequence[Periodic] = ()
    ways: Mapping[str, Way] = field(default_factory=dict)

    @property
    def batches(self) -> Batches:
        """The desk where batches are handed in and looked at."""
        return Batches(self.service.database, self.service.institution.id, self.service.clock, self.readers)

    @property
    def batch_work(self) -> BatchWork:
        """What works through batches."""
        return BatchWork(self.batches, self.service.addresses, self._take_in, self.ways)

    @property
    def deliveries(self) -> Deliveries:
        """The desk of deliveries."""
        service = self.service
        return Deliveries(service.database, service.institution, service.addresses, service.clock, self.channels)

    @property
    def calendar(self) -> Calendar:
        """What is done at set times."""
        jobs = (*Upkeep(self.service).jobs(), *self.more)
        return Calendar(self.service.database, self.service.clock, jobs)

    def _take_in(
        self, tx: Transaction, arrivals: Sequence[Arrival | Refusal], now: datetime
    ) -> Sequence[Answer | Refusal]:
        return take_in(tx, arrivals, self.service.signing.issuance, now)
