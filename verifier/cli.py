"""`verify` on the command line: the same report as the web page, for people and for scripts.

The exit code is the verdict: 0 valid, 1 invalid, 2 undetermined; 3 says that the command itself was wrong.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from openbadge import timestamps
from openbadge.errors import InvalidError
from verifier.fetch import Fetch, FolderFetch
from verifier.parse import MAX_INPUT
from verifier.question import Question
from verifier.report import Check, Outcome, Report, Verdict
from verifier.settings import SettingsError, VerifierSettings, policy_file, trust_file
from verifier.terminal import EXIT_USAGE, Streams
from verifier.verify import verify

EXIT: Final = {Verdict.VALID: 0, Verdict.INVALID: 1, Verdict.UNDETERMINED: 2}
"""The exit code of each verdict."""
_MARKS: Final = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.UNKNOWN: "?"}


@dataclass(frozen=True, slots=True)
class World:
    """What the command gets from outside: the clock (aware, UTC), the settings, and the network for these settings."""

    now: Callable[[], datetime]
    settings: Callable[[], VerifierSettings]
    network: Callable[[VerifierSettings], Fetch]


class UsageError(Exception):
    """The command cannot be carried out; the message is one sentence."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `verify` to a parser of any program."""
    parser.add_argument("source", metavar="SOURCE", help="file with the credential, or - for standard input")
    parser.add_argument("--at", metavar="TIME", help="check as of this time, such as 2026-03-31T10:00:00Z")
    parser.add_argument("--material", metavar="DIR", help="answer every fetch from DIR/index.json, nothing else")
    parser.add_argument("--policy", metavar="FILE", help="JSON file of demands beyond the standards")
    parser.add_argument("--trust", metavar="FILE", help="JSON file of issuers to vouch for")
    parser.add_argument("--recipient", metavar="VALUE", help="e-mail address, name or identifier it must be issued to")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def run(args: argparse.Namespace, streams: Streams, world: World) -> int:
    """Carry out `verify` with parsed arguments and return the exit code; prints nothing but the report or one error."""
    try:
        data = _read_source(args.source, streams.stdin)
        question = _question(args, world)
    except (UsageError, SettingsError, InvalidError) as error:
        streams.stderr.write(f"{error}\n")
        return EXIT_USAGE
    report = verify(data, question)
    text = json.dumps(report.to_json(), indent=2, ensure_ascii=False) if args.json else describe(report)
    streams.stdout.write(text + "\n")
    return EXIT[report.verdict]


def describe(report: Report) -> str:
    """Return the report as lines for a terminal: the headline, each check, what may not work elsewhere, and trust."""
    lines = [report.headline, "", "Is it authentic?"]
    lines += [_line(check) for check in report.authenticity if check.id != "trust"]
    if report.portability:
        lines += ["", "Will it work elsewhere?"]
        lines += [_line(check) for check in report.portability]
    trust = report.check("trust")
    if trust is not None:
        lines += ["", "Who vouches for the issuer?", _line(trust)]
    return "\n".join(_printable(line) for line in lines)


def _line(check: Check) -> str:
    return f"  {_MARKS[check.outcome]} {check.title}: {check.detail}"


def _printable(line: str) -> str:
    """Return `line` with control and direction characters replaced: a credential must not steer the terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)


def _question(args: argparse.Namespace, world: World) -> Question:
    settings = world.settings()
    return Question(
        now=world.now() if args.at is None else _time(args.at),
        fetch=world.network(settings) if args.material is None else _folder(args.material),
        policy=settings.policy if args.policy is None else policy_file("--policy", args.policy),
        trust=settings.trust if args.trust is None else trust_file("--trust", args.trust),
        recipient=args.recipient,
    )


def _read_source(source: str, stdin: BinaryIO) -> bytes:
    if source == "-":
        return stdin.read(MAX_INPUT + 1)
    try:
        with Path(source).open("rb") as file:
            return file.read(MAX_INPUT + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it cannot be read"
        raise UsageError(f"The file {source} cannot be opened: {reason}.") from None


def _time(text: str) -> datetime:
    try:
        return timestamps.parse(text, "--at")
    except InvalidError as error:
        raise UsageError(error.detail) from None


def _folder(path: str) -> Fetch:
    try:
        return FolderFetch(Path(path))
    except InvalidError as error:
        raise UsageError(f"--material {path}: {error.detail}") from None
