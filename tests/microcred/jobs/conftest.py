"""A sample home at work on batches: reports to hand in, and the desks that take them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from issuer.jobs import rows
from issuer.jobs.batches import Order
from issuer.jobs.workshop import Workshop
from issuer.model.jobs import Batch
from microcred.jobs import workshop
from microcred.samples import Sample
from microcred.world import World


def report(name: str, **changes: Any) -> dict[str, Any]:
    """A report of a sample definition."""
    return {
        "source": "moodle:https://lms.example.edu",
        "sourceId": name,
        "definition": {"id": "testing-data-products"},
        "learner": {"id": f"person-{name}", "name": f"Learner {name}", "email": f"{name}@students.example.edu"},
        "completedAt": "2025-11-20T16:20:00Z",
        "result": [{"resultDescription": "grade", "value": "87"}],
        **changes,
    }


def ndjson(reports: Sequence[Any]) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in reports)


@dataclass
class Bench:
    """What tests do with batches, in few words."""

    shop: Workshop

    def receive(self, reports: Sequence[Any], **order: Any) -> Batch:
        source = io.BytesIO(ndjson(reports))
        return self.shop.batches.receive(source, Order(rows.NDJSON, "registrar", **order))[0]

    def work(self, batch: Batch) -> None:
        self.shop.batch_work.work_here(batch.id)

    def results(self, batch_id: UUID) -> list[dict[str, Any]]:
        return [json.loads(line) for line in b"".join(self.shop.batches.result(batch_id, "ndjson")).splitlines()]

    def outcomes(self, batch: Batch) -> list[str]:
        return [line["outcome"] for line in self.results(batch.id)]

    def count(self, table: str) -> int:
        with self.shop.service.database.begin_read() as tx:
            return int(tx.connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() or 0)


@pytest.fixture
def shop(sample: Sample, world: World) -> Iterator[Workshop]:
    yield workshop(sample.service, world)
    sample.installation.database.close()


@pytest.fixture
def bench(shop: Workshop) -> Bench:
    return Bench(shop)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of four rows."""
    monkeypatch.setattr(rows, "ROWS_PER_PART", 4)
