"""`microcred verify`: the verifier's own command, which in a prepared home also knows what this home published."""

from __future__ import annotations

import argparse
from typing import Any

from issuer.errors import IssuerError
from microcred.app import checker
from microcred.cli.context import Context
from verifier import cli
from verifier.fetch import Fetch
from verifier.settings import VerifierSettings


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    parser = commands.add_parser("verify")
    cli.add_arguments(parser)
    parser.set_defaults(run=_verify)


def _verify(args: argparse.Namespace, context: Context) -> int:
    def network(_settings: VerifierSettings) -> Fetch:
        try:
            service = context.service()
        except IssuerError:  # no home here: an employer's machine
            service = None
        return checker(context.world, service).fetch

    world = cli.World(context.world.clock, lambda: VerifierSettings.read(context.world.environ), network)
    return cli.run(args, context.streams, world)
