"""`microcred status`: the published status lists."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from issuer.lost_decisions import take_over
from issuer.publication import Listed
from microcred.cli.context import Context, add_actor
from openbadge import timestamps


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    actions = commands.add_parser("status").add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="show all lists, and whether each is up to date")
    listing.add_argument("--json", action="store_true", help="print one JSON array")
    listing.set_defaults(run=_list)
    publish = actions.add_parser("publish", help="sign what is due, and write all lists into the folder status")
    publish.set_defaults(run=_publish)
    take_over = actions.add_parser(
        "take-over", help="after a restore: make the decisions again that a newer copy of the audit log has"
    )
    take_over.add_argument("file", metavar="FILE", type=Path, help="what `microcred audit export --out FILE` wrote")
    add_actor(take_over)
    take_over.set_defaults(run=_take_over)


def _list(args: argparse.Namespace, context: Context) -> int:
    lists = context.service().status_lists.overview()
    if args.json:
        context.say_json([_shape(item) for item in lists])
        return 0
    rows = [
        (
            item.record.url,
            item.record.valid_year or "-",
            f"{item.record.taken:,} of {item.record.length:,}",
            "never" if item.mark is None else timestamps.write(item.mark.signed_at),
            "due" if item.is_due else "closed" if item.is_closed else "fresh",
        )
        for item in lists
    ]
    context.say_table(("LIST", "YEAR", "TAKEN", "SIGNED", "STATE"), rows)
    return 0


def _publish(_args: argparse.Namespace, context: Context) -> int:
    count = context.service().status_lists.publish_due(at_once=True)
    folder = context.installation().settings.status_directory
    context.say(f"{count} lists were signed. All are in {folder}, named as the last part of their addresses.")
    return 0


def _take_over(args: argparse.Namespace, context: Context) -> int:
    service = context.service()
    with args.file.open("rb") as lines, service.database.begin_write(service.institution.id, unhurried=True) as tx:
        lost = take_over(tx, lines, args.by, service.clock())
    context.say(f"{lost.entries} entries of {args.file} are not in this database; {lost.decisions} decisions are now.")
    service.status_lists.publish_due(at_once=True)
    context.say("What the entries say of credentials that were issued since the backup must be reported again.")
    return 0


def _shape(item: Listed) -> dict[str, Any]:
    record, mark = item.record, item.mark
    return {
        "id": str(record.id),
        "url": record.url,
        "validYear": record.valid_year,
        "length": record.length,
        "taken": record.taken,
        "version": None if mark is None else mark.version,
        "signedAt": None if mark is None else timestamps.write(mark.signed_at),
        "isDue": item.is_due,
        "isClosed": item.is_closed,
    }
