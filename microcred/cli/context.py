"""What every command gets: the world, where to print, and the installation it works on."""

from __future__ import annotations

import argparse
import getpass
import json
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from issuer.service import Service
from microcred.installation import Installation, open_installation, settings_of
from microcred.world import World
from verifier.terminal import Streams

Command = Callable[[argparse.Namespace, "Context"], int]
"""Carries out a parsed command and returns the exit code."""


@dataclass(frozen=True, slots=True)
class Context:
    """The surroundings of one command."""

    world: World
    streams: Streams
    _opened: ExitStack = field(default_factory=ExitStack, init=False, repr=False, compare=False)

    def say(self, text: str = "") -> None:
        """Print a line for the person."""
        print(text, file=self.streams.stdout, flush=True)

    def say_json(self, value: Any) -> None:
        """Print one JSON value."""
        self.say(json.dumps(value, indent=2, ensure_ascii=False))

    def say_table(self, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Print rows in columns, or a line that says there are none."""
        if not rows:
            self.say("None.")
            return
        table = [list(heads), *([str(cell) for cell in row] for row in rows)]
        widths = [max(len(line[column]) for line in table) for column in range(len(heads))]
        for line in table:
            self.say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())

    def installation(self) -> Installation:
        """Open the home folder. Raises `SettingsError`."""
        return self.closing(open_installation(settings_of(self.world), self.world))

    def closing(self, installation: Installation) -> Installation:
        """Return an open installation, whose connections are closed when the command ends."""
        self._opened.callback(installation.database.close)
        return installation

    def close(self) -> None:
        """Close what the command has opened."""
        self._opened.close()

    def service(self) -> Service:
        """Return the issuer of the home folder. Raises `SettingsError` or `NotFoundError`."""
        return self.installation().service()


def add_actor(parser: argparse.ArgumentParser) -> None:
    """Add `--by NAME`: who does this, for the audit log; `cli:` and the login name if it is left out."""
    parser.add_argument(
        "--by", metavar="NAME", default=f"cli:{_login_name()}", help="who does this (default: %(default)s)"
    )


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # containers run with users that no file names
        return f"user {os.getuid()}"
