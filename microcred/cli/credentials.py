"""`microcred credentials`: list, export and revoke."""

from __future__ import annotations

import argparse
from typing import Any

from issuer.errors import NotFoundError
from issuer.web.shapes import credential_link
from microcred.cli.context import Context, add_actor
from openbadge import timestamps


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    noun = commands.add_parser("credentials", help="issued credentials")
    actions = noun.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="show credentials in order of issue")
    listing.add_argument("--limit", type=int, default=100)
    listing.add_argument("--json", action="store_true", help="print one JSON array")
    listing.set_defaults(run=_list)
    show = actions.add_parser("show", help="print the signed credential")
    show.set_defaults(run=_show)
    revoke = actions.add_parser("revoke", help="revoke a credential for good")
    revoke.add_argument("--reason", required=True, metavar="TEXT")
    add_actor(revoke)
    revoke.set_defaults(run=_revoke)
    for parser in (show, revoke):
        parser.add_argument("credential", metavar="CREDENTIAL", help="its address, or the last part of it")


def _list(args: argparse.Namespace, context: Context) -> int:
    service = context.service()
    found = service.list_credentials(args.limit)
    if args.json:
        moments = [{"issuedAt": timestamps.write(item.issued_at)} for item in found]
        links = [credential_link(item, service.addresses) for item in found]
        context.say_json([link | moment for link, moment in zip(links, moments, strict=True)])
    else:
        rows = [(timestamps.write(item.issued_at), service.addresses.credential(item.public_id)) for item in found]
        context.say_table(("ISSUED", "ADDRESS"), rows)
    return 0


def _show(args: argparse.Namespace, context: Context) -> int:
    found = context.service().credential(_public_id(args.credential))
    if found is None:
        raise NotFoundError("There is no such credential here.")
    context.say(found.document.decode())
    return 0


def _revoke(args: argparse.Namespace, context: Context) -> int:
    change = context.service().revoke(_public_id(args.credential), args.reason, args.by)
    context.say(f"Revoked since {timestamps.write(change.at)}: {change.reason}")
    context.say("The status list that says so is published already.")
    return 0


def _public_id(text: str) -> str:
    return text.rstrip("/").rpartition("/")[2].removesuffix(".json")
