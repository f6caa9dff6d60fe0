"""The table of commands and the modules that carry them out; nothing is imported before its command is known."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from microcred import cli
from microcred.commands import COMMANDS, parse

HEAVY = ("sqlalchemy", "fastapi", "pyld", "cryptography", "issuer.service", "verifier.verify")
NAMED_ELSEWHERE = {"context", "doctor_keys", "doctor_status", "keys_compromise"}
"""Parts of commands, and what all of them share."""


def test_each_command_has_a_module_and_each_module_a_command() -> None:
    modules = {file.stem for file in Path(cli.__path__[0]).glob("*.py")} - {"__init__"}
    assert modules - NAMED_ELSEWHERE == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse([name, "--help"])
    assert ended.value.code == 0
    assert f"microcred {name}" in capsys.readouterr().out


def test_help_lists_every_command_and_imports_none() -> None:
    program = (
        "import sys\nfrom microcred.__main__ import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
    )
    shown = f"print('loaded:', [name for name in {HEAVY!r} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", program + shown], check=True, capture_output=True, text=True).stdout
    assert answer.endswith("loaded: []\n")
    assert all(f"    {name}" in answer for name in COMMANDS)


def test_a_word_that_is_no_command_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(["isue"])
    assert ended.value.code == 3
    assert "invalid choice: 'isue'" in capsys.readouterr().err
