"""The command line: parses it, chooses the real world, and turns every error into one sentence."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Sequence
from typing import Final, cast

from issuer.errors import IssuerError
from microcred.cli import (
    audit,
    batches,
    bindings,
    clock,
    completions,
    connections,
    credentials,
    db,
    definitions,
    deliveries,
    demo,
    doctor,
    init,
    issuers,
    jose,
    keys,
    persons,
    reconcile,
    reviews,
    serve,
    simulate,
    status,
    tokens,
    verify,
    watch,
    work,
)
from microcred.cli.context import Context
from microcred.world import World
from openbadge.errors import OpenBadgeError
from verifier.cli import Parser, Streams
from verifier.settings import SettingsError

COMMANDS: Final = (
    init, demo, serve, work, verify, definitions, completions, batches, credentials, status, deliveries, reviews, keys,
    issuers, tokens, connections, bindings, persons, reconcile, simulate, watch, doctor, clock, db, audit, jose,
)  # fmt: skip
EXIT_FAILED: Final = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 not done (the reason is on stderr), 3 wrong usage."""
    for stream in (sys.stdout, sys.stderr):
        cast(io.TextIOWrapper, stream).reconfigure(encoding="utf-8")
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    return run(argv, Context(World(), Streams(sys.stdin.buffer, sys.stdout, sys.stderr)))


def run(argv: Sequence[str] | None, context: Context) -> int:
    """Run one command in a given world; what `main` does, for tests."""
    args = _parser().parse_args(argv)
    try:
        return int(args.run(args, context))
    except (IssuerError, OpenBadgeError, SettingsError) as error:
        print(getattr(error, "detail", error), file=context.streams.stderr)
        return EXIT_FAILED
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  # the reader has gone, and the interpreter flushes once more
        return EXIT_FAILED
    except OSError as error:
        print(f"{error.filename or 'The machine'}: {error.strerror or error}.", file=context.streams.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        return 0


def _parser() -> Parser:
    parser = Parser(
        prog="microcred", description="Approved micro-credentials as Open Badges 3.0 that anyone can check."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
