"""docs/promises.md names tests: each of them exists."""

from __future__ import annotations

import ast
import re
from typing import Final

import pytest

from tests.conftest import ROOT

PAGE: Final = (ROOT / "docs" / "promises.md").read_text()
NAMED: Final = re.findall(r"`(tests/[\w/]+\.py)::(\w*)`", PAGE)
ROWS: Final = [line for line in PAGE.splitlines() if line.startswith("| ") and "test_" in line]


def test_every_promise_names_a_test() -> None:
    promises = [
        line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith(("| promise", "|---"))
    ]
    assert promises == ROWS
    assert len(NAMED) >= len(ROWS) > 20


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_it_is_there(path: str, name: str) -> None:
    tree = ast.parse((ROOT / path).read_text())
    found = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert found.count(name) == 1, f"docs/promises.md names {path}::{name}"
