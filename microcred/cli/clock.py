"""`microcred clock`: what to do when the clock of the machine was wrong."""

from __future__ import annotations

import argparse
from typing import Any

from issuer import clock
from microcred.cli.context import Context, add_actor
from openbadge import timestamps


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    actions = commands.add_parser("clock").add_subparsers(dest="action", required=True)
    accept = actions.add_parser("accept", help="the clock is right now: sign again, although it was ahead before")
    add_actor(accept)
    accept.set_defaults(run=_accept)


def _accept(args: argparse.Namespace, context: Context) -> int:
    service = context.service()
    now = service.clock()
    with service.database.begin_write(service.institution.id) as tx:
        last = clock.accept(tx, now, args.by)
    if last is None:
        context.say(f"It is {timestamps.write(now)}, and nothing was signed later than that. Nothing was changed.")
        return 0
    service.status_lists.publish_due(at_once=True)
    count = service.completions.release(args.by)
    context.say(
        f"It is {timestamps.write(now)}. The last signature was made at {timestamps.write(last)}, by its clock."
    )
    context.say(f"Status lists are signed again, and {count} completions that waited were issued.")
    context.say("What was issued meanwhile carries the wrong time: look at `microcred credentials list`.")
    return 0
