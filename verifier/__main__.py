"""`python -m verifier verify SOURCE`: the verifier alone, on a machine that has no issuer and no database."""

from __future__ import annotations

import io
import sys
import time
from datetime import UTC, datetime
from typing import cast

from verifier.cli import World, add_arguments, run
from verifier.fetch import Fetch, GuardedFetch
from verifier.fetch.system import system_network
from verifier.settings import VerifierSettings
from verifier.terminal import Parser, Streams


def main() -> int:
    """Parse the command line, choose the real clock and network, and return the exit code."""
    parser = Parser(prog="python -m verifier")
    commands = parser.add_subparsers(dest="command", required=True)
    add_arguments(commands.add_parser("verify", help="check a credential"))
    cast(io.TextIOWrapper, sys.stdout).reconfigure(encoding="utf-8")
    streams = Streams(sys.stdin.buffer, sys.stdout, sys.stderr)
    return run(parser.parse_args(), streams, World(_now, VerifierSettings.from_environment, _network))


def _now() -> datetime:
    return datetime.now(UTC)


def _network(settings: VerifierSettings) -> Fetch:
    return GuardedFetch(system_network(time.monotonic, _now), seconds=settings.fetch_seconds)


if __name__ == "__main__":
    sys.exit(main())
