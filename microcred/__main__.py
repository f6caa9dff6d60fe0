"""The command line: parses it, chooses the real world, and turns every error into one sentence."""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Final, cast

from issuer.errors import IssuerError
from microcred.commands import parse
from openbadge.errors import OpenBadgeError
from verifier.settings import SettingsError
from verifier.terminal import Streams

if TYPE_CHECKING:
    from microcred.cli.context import Context

EXIT_FAILED: Final = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 not done (the reason is on stderr), 3 wrong usage."""
    for stream in (sys.stdout, sys.stderr):
        cast(io.TextIOWrapper, stream).reconfigure(encoding="utf-8")
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    args = parse(sys.argv[1:] if argv is None else argv)
    from microcred.cli.context import Context  # takes a second: not before the command is known
    from microcred.world import World

    return _carried_out(args, Context(World(), Streams(sys.stdin.buffer, sys.stdout, sys.stderr)))


def run(argv: Sequence[str], context: Context) -> int:
    """Run one command in a given world; what `main` does, for tests."""
    return _carried_out(parse(argv), context)


def _carried_out(args: argparse.Namespace, context: Context) -> int:
    try:
        with closing(context):
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


if __name__ == "__main__":
    sys.exit(main())
