"""What a program on the command line needs before it knows its command: where to read and write, and how to refuse.

This module imports nothing of the verifier, so that `--help` and a wrong argument are answered at once.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from typing import BinaryIO, Final, NoReturn, TextIO

EXIT_USAGE: Final = 3
"""The exit code for wrong arguments, and for a file, time or folder that cannot be used."""


@dataclass(frozen=True, slots=True)
class Streams:
    """Where the command reads and writes; `stdin` is bytes."""

    stdin: BinaryIO
    stdout: TextIO
    stderr: TextIO


class Parser(argparse.ArgumentParser):
    """An argument parser that ends with `EXIT_USAGE`: argparse's own 2 would mean "undetermined" here."""

    def error(self, message: str) -> NoReturn:
        """Print the usage and `message`, and exit."""
        self.print_usage(sys.stderr)
        self.exit(EXIT_USAGE, f"{self.prog}: {message}\n")
