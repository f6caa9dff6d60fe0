"""Measuring: CPU time, alternation, medians."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One result: `target` is None where there is none, `n` the number of rounds."""

    value: float
    unit: str
    n: int
    target: float | None = None

    def to_json(self) -> dict[str, Any]:
        return {"value": round(self.value, 4), "unit": self.unit, "target": self.target, "n": self.n}


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU seconds of this process for one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def alternate(works: Sequence[Callable[[], object]], rounds: int) -> list[list[float]]:
    """CPU seconds per round of each work, the works taking turns; one round before is not counted."""
    for work in works:
        work()
    rows = [[cpu_seconds(work) for work in works] for _ in range(rounds)]
    return [[row[index] for row in rows] for index in range(len(works))]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)
