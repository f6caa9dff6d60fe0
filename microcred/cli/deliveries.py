"""`microcred deliveries`: see what is sent to whom, and try dead letters again."""

from __future__ import annotations

import argparse
from typing import Any
from uuid import UUID

from issuer.model.jobs import DeliveryState
from issuer.store.rows import MAX_PAGE
from issuer.web.batch_shapes import delivery_json
from microcred.cli.context import Context, add_actor
from microcred.jobs import workshop


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    noun = commands.add_parser("deliveries")
    actions = noun.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="show deliveries, the newest first; --state dead: what never arrived")
    listing.add_argument("--state", choices=[str(state) for state in DeliveryState])
    listing.add_argument("--limit", type=int, default=100)
    listing.add_argument("--json", action="store_true", help="print one JSON array")
    listing.set_defaults(run=_list)
    retry = actions.add_parser("retry", help="try dead deliveries again")
    chosen = retry.add_mutually_exclusive_group(required=True)
    chosen.add_argument("deliveries", metavar="ID", type=UUID, nargs="*", default=[])
    chosen.add_argument("--all", action="store_true", help="each of them")
    add_actor(retry)
    retry.set_defaults(run=_retry)


def _list(args: argparse.Namespace, context: Context) -> int:
    desk = workshop(context.service(), context.world).deliveries
    found = desk.page(None if args.state is None else DeliveryState(args.state), args.limit)
    if args.json:
        context.say_json([delivery_json(item) for item in found])
    else:
        rows = [(d.id, d.channel, d.event, d.state, d.attempts, d.last_error or "") for d in found]
        context.say_table(("ID", "CHANNEL", "EVENT", "STATE", "TRIES", "LAST ERROR"), rows)
    return 0


def _retry(args: argparse.Namespace, context: Context) -> int:
    desk = workshop(context.service(), context.world).deliveries
    chosen = [item.id for item in desk.page(DeliveryState.DEAD, MAX_PAGE)] if args.all else args.deliveries
    for delivery_id in chosen:
        desk.retry(delivery_id, args.by)
    context.say(f"{len(chosen)} will be tried again.")
    return 0
