"""`microcred tokens`: access tokens for the API."""

from __future__ import annotations

import argparse
from typing import Any

from issuer import auth
from issuer.store import tokens as store
from microcred.cli.context import Context, add_actor
from openbadge import timestamps


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    noun = commands.add_parser("tokens")
    actions = noun.add_subparsers(dest="action", required=True)
    new = actions.add_parser("new", help="make a token; it is shown once")
    new.add_argument("name", metavar="NAME", help="who uses it; stands in the audit log")
    scopes = "; ".join(f"{scope}: {meaning}" for scope, meaning in auth.SCOPES.items())
    new.add_argument("--scope", action="append", required=True, metavar="SCOPE", help=f"may be repeated. {scopes}")
    revoke = actions.add_parser("revoke", help="revoke a token at once")
    revoke.add_argument("name", metavar="NAME")
    for parser, run in ((new, _new), (revoke, _revoke)):
        add_actor(parser)
        parser.set_defaults(run=run)
    listing = actions.add_parser("list", help="show all tokens, without their secrets")
    listing.add_argument("--json", action="store_true", help="print one JSON array")
    listing.set_defaults(run=_list)


def _new(args: argparse.Namespace, context: Context) -> int:
    service = context.service()
    with service.database.begin_write(service.institution.id) as tx:
        token = auth.create(tx, args.name, args.scope, args.by, context.world.clock())
    context.say(token.secret)
    print("Keep it now: it is shown only once.", file=context.streams.stderr)
    return 0


def _revoke(args: argparse.Namespace, context: Context) -> int:
    service = context.service()
    with service.database.begin_write(service.institution.id) as tx:
        auth.revoke(tx, args.name, args.by, context.world.clock())
    context.say(f"The token “{args.name}” is revoked.")
    return 0


def _list(args: argparse.Namespace, context: Context) -> int:
    service = context.service()
    with service.database.begin_read(service.institution.id) as tx:
        found = store.every(tx)
    rows = [
        {
            "name": item.name,
            "scopes": list(item.scopes),
            "createdAt": timestamps.write(item.created_at),
            "revokedAt": None if item.revoked_at is None else timestamps.write(item.revoked_at),
        }
        for item in found
    ]
    if args.json:
        context.say_json(rows)
    else:
        table = [
            (row["name"], ", ".join(item.scopes), row["revokedAt"] or "") for row, item in zip(rows, found, strict=True)
        ]
        context.say_table(("NAME", "SCOPES", "REVOKED"), table)
    return 0
