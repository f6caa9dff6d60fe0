"""`microcred keys`: make, list and retire signing keys."""

from __future__ import annotations

import argparse
from typing import Any

from issuer.keys import KeyInfo
from microcred.cli.context import Context
from openbadge import timestamps


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    keys = commands.add_parser("keys", help="signing keys").add_subparsers(dest="action", required=True)
    new = keys.add_parser("new", help="make a key that signs from now on")
    new.add_argument("--algorithm", default="Ed25519", choices=["Ed25519", "P-256", "P-384"])
    new.set_defaults(run=_new)
    listing = keys.add_parser("list", help="show all keys")
    listing.add_argument("--json", action="store_true", help="print one JSON array")
    listing.set_defaults(run=_list)
    for name, sentence in (("retire", "take a key out of use; what it signed stays good"),):
        change = keys.add_parser(name, help=sentence)
        change.add_argument("name", metavar="NAME")
        change.set_defaults(run=_retire)


def _new(args: argparse.Namespace, context: Context) -> int:
    installation = context.installation()
    controller = installation.institution().did
    key = installation.keys.new(controller, context.world.clock(), context.world.random_bytes, args.algorithm)
    context.say(f"Made {key.name}. It signs from now on, and {controller} publishes it as")
    context.say(f"  {key.verification_method}")
    return 0


def _list(args: argparse.Namespace, context: Context) -> int:
    keys = context.installation().keys.list()
    if args.json:
        context.say_json([_shape(key) for key in keys])
    else:
        rows = [(key.name, key.algorithm, key.state, timestamps.write(key.created)) for key in keys]
        context.say_table(("NAME", "ALGORITHM", "STATE", "MADE"), rows)
    return 0


def _retire(args: argparse.Namespace, context: Context) -> int:
    key = context.installation().keys.retire(args.name, context.world.clock())
    context.say(f"{key.name} no longer signs. What it signed stays good.")
    return 0


def _shape(key: KeyInfo) -> dict[str, str]:
    return {
        "name": key.name,
        "verificationMethod": key.verification_method,
        "algorithm": key.algorithm,
        "publicKeyMultibase": key.public_key_multibase,
        "state": key.state,
        "created": timestamps.write(key.created),
        "since": timestamps.write(key.since),
    }
