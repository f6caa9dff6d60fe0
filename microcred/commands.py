"""The commands of `microcred`, and the parser of a command line: only the module of the command in it is imported.

All of them together take two seconds of CPU time to import, which nobody should wait who asks for help.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

from verifier.terminal import Parser

COMMANDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "init": "prepare the home folder (MICROCRED_HOME)",
        "demo": "see the main job at work on an invented institution",
        "serve": "run the service",
        "work": "work on jobs; run as many of these as you like on PostgreSQL",
        "verify": "check a credential: exit 0 valid, 1 invalid, 2 undetermined, 3 usage",
        "definitions": "micro-credential definitions",
        "completions": "completions that were reported",
        "batches": "batches of completion reports",
        "credentials": "issued credentials",
        "status": "published status lists",
        "deliveries": "mail and calls about credentials",
        "reviews": "reports that wait for a person: conflicts and withdrawals",
        "keys": "signing keys",
        "issuers": "issuer profiles of the VC-API",
        "tokens": "access tokens for the API",
        "connections": "learning platforms that report completions",
        "bindings": "which course leads to which definition",
        "persons": "learner records and the ids that belong to them",
        "reconcile": "compare with the platforms that can be asked",
        "simulate": "play a learning platform against a running server (sample home)",
        "watch": "take in completion files (.csv, .xlsx, .json) from a folder",
        "doctor": "check that this installation is fit to issue",
        "clock": "the clock of this machine",
        "db": "the database",
        "audit": "the audit log",
        "jose": "secure or verify one document with a given key (W3C conformance)",
    }
)
"""What each command is about. Its module in `microcred.cli` has the same name, and a function `add` for its arguments
and for the function that carries it out."""


@dataclass(frozen=True, slots=True)
class Adding:
    """Where a module adds the parser of its command; what the command is about comes from the table."""

    parsers: Any

    def add_parser(self, name: str, **options: Any) -> argparse.ArgumentParser:
        """Add the parser of one command."""
        added: argparse.ArgumentParser = self.parsers.add_parser(name, help=COMMANDS[name], **options)
        return added


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Read a command line without the name of the program; `run` of the result carries the command out.

    Prints help or what is wrong, and exits, where there is nothing to carry out.
    """
    parser = Parser(
        prog="microcred", description="Approved micro-credentials as Open Badges 3.0 that anyone can check."
    )
    commands = Adding(parser.add_subparsers(dest="command", required=True, metavar="COMMAND"))
    named = next((word for word in argv if not word.startswith("-")), None)
    for name in COMMANDS:
        if name == named:
            import_module(f"microcred.cli.{name}").add(commands)
        else:
            commands.add_parser(name)
    return parser.parse_args(argv)
