"""`python -m bench [--json] [--quick]`: how fast the main job is on this machine.

Figures are medians of CPU time of this process; ratios are of two things measured in alternation in one run.
"""

from __future__ import annotations

import argparse
import json
import sys

from bench import against_node, alone, durable, growth, http_verify, main_job, served
from bench.measure import Figure


def main() -> int:
    """Run all benchmarks and print their figures as a table, or as one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--json", action="store_true", help="print {name: {value, unit, target, n}}")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, under 45 seconds")
    args = parser.parse_args()
    rounds = 5 if args.quick else 25
    figures: dict[str, Figure] = {
        **main_job.run(rounds),
        **alone.run(rounds),
        **against_node.run(rounds),
        **durable.run(3 if args.quick else 12),
        **served.run_all(1 if args.quick else 5, 5_000 if args.quick else 100_000),
        **http_verify.figures(1 if args.quick else 5, 400 if args.quick else 2_000),
        **growth.run(30_000 if args.quick else 1_000_000),
    }
    if args.json:
        print(json.dumps({name: figure.to_json() for name, figure in figures.items()}, indent=2))
    else:
        for name, figure in figures.items():
            target = "" if figure.target is None else f"  (target {figure.target:g})"
            print(f"{name:32} {figure.value:12.3f} {figure.unit:38} n={figure.n}{target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
