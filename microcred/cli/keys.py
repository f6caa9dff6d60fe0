"""`microcred keys`: make, list, retire and revoke signing keys."""

from __future__ import annotations

import argparse
from typing import Any, Final

from issuer.keys import ACTIVE, REVOKED, KeyInfo
from microcred.cli.context import Context
from openbadge import timestamps

CONSEQUENCES: Final = """\
Revoking {name} cannot be undone. Do it if somebody else may know the secret, not to rotate (`microcred keys new`).
{effect}
Nothing was changed. To do it, run the same command with --yes."""
PUBLISHED: Final = """\
  * {} publishes the key as revoked, at once.
  * Every credential that it signed stops verifying, everywhere, the honest ones among them.
  * The status lists that it signed are signed again with the next key; make one soon."""
UNHEARD: Final = """\
  * It signs nothing any more.
  * Nobody else can be told: {} is the key itself, and has no document that could say it.
    What it signed goes on verifying; revoke those credentials one by one."""


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    keys = commands.add_parser("keys", help="signing keys").add_subparsers(dest="action", required=True)
    new = keys.add_parser("new", help="make a key that signs from now on")
    new.add_argument("--algorithm", default="Ed25519", choices=["Ed25519", "P-256", "P-384"])
    new.set_defaults(run=_new)
    listing = keys.add_parser("list", help="show all keys")
    listing.add_argument("--json", action="store_true", help="print one JSON array")
    listing.set_defaults(run=_list)
    retire = keys.add_parser("retire", help="take a key out of use; what it signed stays good")
    revoke = keys.add_parser("revoke", help="declare a key known to others; everything it signed stops verifying")
    revoke.add_argument("--yes", action="store_true", help="do it: without this, only say what would happen")
    for parser, run in ((retire, _retire), (revoke, _revoke)):
        parser.add_argument("name", metavar="NAME")
        parser.set_defaults(run=run)


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


def _revoke(args: argparse.Namespace, context: Context) -> int:
    keys = context.installation().keys
    key = keys.get(args.name)
    if key.state != REVOKED and not args.yes:
        effect = UNHEARD if key.controller.startswith("did:key:") else PUBLISHED
        print(CONSEQUENCES.format(name=key.name, effect=effect.format(key.controller)), file=context.streams.stderr)
        return 1
    keys.revoke(args.name, context.world.clock())
    context.say(f"{key.name} is revoked.")
    if key.state == ACTIVE:
        context.say("Nothing can be signed until there is another: run `microcred keys new`.")
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
