"""`microcred persons`: learner records, and the ids that belong to them."""

from __future__ import annotations

import argparse
from typing import Any

from issuer.errors import FieldError
from issuer.lms.model import Identifier, IdKind
from microcred.cli.context import Context, add_actor
from microcred.platforms import platforms

_KINDS = ", ".join(IdKind)


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    noun = commands.add_parser("persons")
    actions = noun.add_subparsers(dest="action", required=True)
    new = actions.add_parser("add", help="make a record; what was held for it is issued at once")
    new.add_argument("--name", help="the name as the institution's record says it")
    link = actions.add_parser("link", help="give a record more ids")
    for parser, run in ((new, _new), (link, _link)):
        parser.add_argument("number", metavar="NUMBER", help="the institution's own number")
        parser.add_argument(
            "--id", action="append", default=[], metavar="KIND:SOURCE=ID", help=f"an id of a source; KIND is {_KINDS}"
        )
        add_actor(parser)
        parser.set_defaults(run=run)
    listing = actions.add_parser("list", help="show records")
    listing.add_argument("--limit", type=int, default=100)
    listing.add_argument("--json", action="store_true", help="print one JSON array")
    listing.set_defaults(run=_list)


def _new(args: argparse.Namespace, context: Context) -> int:
    home = platforms(context.service(), context.world)
    home.people.add(args.number, args.name, [_read(item) for item in args.id], args.by)
    context.say(f"The record is made. {home.release()} reports are held no more.")
    return 0


def _link(args: argparse.Namespace, context: Context) -> int:
    home = platforms(context.service(), context.world)
    home.people.link(args.number, [_read(item) for item in args.id], args.by)
    context.say(f"The ids belong to the record. {home.release()} reports are held no more.")
    return 0


def _list(args: argparse.Namespace, context: Context) -> int:
    found = platforms(context.service(), context.world).people.page(args.limit)
    rows = [
        {
            "number": record.number,
            "name": record.name,
            "ids": sorted(f"{item.kind}:{item.namespace}={item.value}" for item in person.ids),
        }
        for record, person in found
    ]
    if args.json:
        context.say_json(rows)
    else:
        context.say_table(
            ("NUMBER", "NAME", "IDS"), [(record.number, record.name or "", len(person.ids)) for record, person in found]
        )
    return 0


def _read(text: str) -> Identifier:
    """Read `lms:https://lms.example.edu=3`: the value begins after the last equals sign."""
    kind, _, rest = text.partition(":")
    namespace, separator, value = rest.rpartition("=")
    if kind not in set(IdKind) or not separator or not value.strip():
        raise FieldError("--id", f"must be such as lms:https://lms.example.edu=3, beginning with one of {_KINDS}")
    return Identifier(IdKind(kind), namespace, value)
