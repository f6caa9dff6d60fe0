"""`python -m bench [--json] [--quick]`: how fast the main job is on this machine.

Figures are medians of CPU time of this process; ratios are of two things measured in alternation in one run.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from bench import against_node, alone, durable, growth, http_verify, main_job, served
from bench.measure import Figure


def _served(rounds: int, completions: tuple[int, int], badges: int) -> dict[str, Figure]:
    with served.served() as service:
        reported = served.figures(service, rounds, *completions)
        return {**reported, **http_verify.figures(service, rounds, badges)}


Measures = Mapping[str, Callable[[], dict[str, Figure]]]
WHOLE: Final[Measures] = {
    "the main job": partial(main_job.run, 25),
    "single steps": partial(alone.run, 25),
    "against Node.js": partial(against_node.run, 25),
    "durable sets": partial(durable.run, 12),
    "the service under load": partial(_served, 5, (4_000, 100_000), 2_000),
    "growth": partial(growth.run, 1_000_000),
}
QUICK: Final[Measures] = {
    "the main job": partial(main_job.run, 3),
    "single steps": partial(alone.run, 3),
    "against Node.js": partial(against_node.run, 3),
    "durable sets": partial(durable.run, 2),
    "the service under load": partial(_served, 1, (1_200, 3_000), 200),
    "growth": partial(growth.run, 20_000, 2),
}
"""What is measured, each with its number of rounds first: medians of all, and of a few in 45 seconds."""


def main() -> int:
    """Run all benchmarks and print their figures as a table, or as one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--json", action="store_true", help="print {name: {value, unit, target, n}}")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, under 45 seconds")
    args = parser.parse_args()
    figures: dict[str, Figure] = {}
    for name, measure in (QUICK if args.quick else WHOLE).items():
        start = time.perf_counter()
        figures |= measure()
        print(f"bench: {name} took {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    if args.json:
        print(json.dumps({name: figure.to_json() for name, figure in figures.items()}, indent=2))
    else:
        for name, figure in figures.items():
            target = "" if figure.target is None else f"  (target {figure.target:g})"
            print(f"{name:32} {figure.value:12.3f} {figure.unit:38} n={figure.n}{target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
