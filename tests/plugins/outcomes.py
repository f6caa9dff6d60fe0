"""Writes what became of every test to a JSON file: `-p tests.plugins.outcomes --outcomes FILE`.

The file maps each test's node id to the number of its passes, failures and skips, subtests counted one by one.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--outcomes", metavar="FILE", type=Path, help="write the outcome of every test to FILE")


def pytest_configure(config: pytest.Config) -> None:
    path = config.getoption("--outcomes")
    # The processes of pytest-xdist report to the one that started them; only that one knows everything.
    if path is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Outcomes(path))


class _Outcomes:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._counts: dict[str, dict[str, int]] = defaultdict(lambda: {"passed": 0, "failed": 0, "skipped": 0})

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            self._counts[report.nodeid][report.outcome] += 1

    def pytest_sessionfinish(self) -> None:
        self._path.write_text(json.dumps(self._counts, indent=1, sort_keys=True))
