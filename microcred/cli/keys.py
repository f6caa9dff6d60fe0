"""`microcred keys`: make, list, retire and revoke signing keys."""

from __future__ import annotations

import argparse
from typing import Any, Final

from issuer.keys import ACTIVE, REVOKED, KeyInfo, Order
from issuer.keys_kinds import DEFAULT_KIND, KINDS
from issuer.keys_rsa import DEFAULT_BITS, SIZES
from issuer.settings import TOKEN_ALGORITHM
from microcred.cli.context import Context
from openbadge import timestamps
from openbadge.multikey import key_type

CONSEQUENCES: Final = """\
Revoking {name} cannot be undone. Do it if somebody else may know the secret, not to rotate (`microcred keys new`).
{effect}
Nothing was changed. To do it, run the same command with --yes."""
PUBLISHED: Final = """\
  * {} publishes the key as revoked, at once.
  * Every credential that it signed stops verifying, everywhere, the honest ones among them.
  * Status lists, if it signed them, are signed again with the next key; make one soon."""
UNHEARD: Final = """\
  * It signs nothing any more.
  * Nobody else can be told: {} is the key itself, and has no document that could say it.
    What it signed goes on verifying; revoke those credentials one by one."""


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    keys = commands.add_parser("keys", help="signing keys").add_subparsers(dest="action", required=True)
    new = keys.add_parser("new", help="make a key that signs from now on")
    new.add_argument("--algorithm", default=DEFAULT_KIND, choices=list(KINDS), help="RSA: for tokens only")
    new.add_argument("--bits", type=int, choices=SIZES, help=f"size of an RSA key (default: {DEFAULT_BITS})")
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
    world = context.world
    key = installation.keys.new(controller, world.random_bytes, Order(args.algorithm, args.bits))
    context.say(f"Made {key.name}. {controller} publishes it as")
    context.say(f"  {key.verification_method}")
    context.say(_use(key.algorithm, installation.keys.token_algorithm))
    return 0


def _use(algorithm: str, for_tokens: str) -> str:
    """Say what an institution's key of this kind signs."""
    uses = [
        *(["credentials"] if algorithm == DEFAULT_KIND else []),
        *(["tokens"] if algorithm == for_tokens else []),
    ]
    if uses:
        return f"It signs {' and '.join(uses)} from now on."
    name = key_type(algorithm).jose_algorithm
    return f"It signs nothing yet: {TOKEN_ALGORITHM.name}={name} has it sign the token form of credentials."


def _list(args: argparse.Namespace, context: Context) -> int:
    keys = context.installation().keys.list()
    if args.json:
        context.say_json([_shape(key) for key in keys])
    else:
        rows = [(key.name, key.algorithm, key.state, timestamps.write(key.created)) for key in keys]
        context.say_table(("NAME", "ALGORITHM", "STATE", "MADE"), rows)
    return 0


def _retire(args: argparse.Namespace, context: Context) -> int:
    key = context.installation().keys.retire(args.name)
    context.say(f"{key.name} no longer signs. What it signed stays good.")
    return 0


def _revoke(args: argparse.Namespace, context: Context) -> int:
    keys = context.installation().keys
    key = keys.get(args.name)
    if key.state != REVOKED and not args.yes:
        effect = PUBLISHED if key.controller.startswith("did:web:") else UNHEARD
        print(CONSEQUENCES.format(name=key.name, effect=effect.format(key.controller)), file=context.streams.stderr)
        return 1
    keys.revoke(args.name)
    context.say(f"{key.name} is revoked.")
    if key.state == ACTIVE:
        option = "" if key.algorithm == DEFAULT_KIND else f" --algorithm {key.algorithm}"
        context.say(f"What it signed so far cannot be signed until there is another: run `microcred keys new{option}`.")
    return 0


def _shape(key: KeyInfo) -> dict[str, Any]:
    return {
        "name": key.name,
        "verificationMethod": key.verification_method,
        "algorithm": key.algorithm,
        **key.public_form,
        "state": key.state,
        "created": timestamps.write(key.created),
        "since": timestamps.write(key.since),
    }
