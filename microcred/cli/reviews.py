"""`microcred reviews`: reports that wait for a person, and what a person decides about them."""

from __future__ import annotations

import argparse
from typing import Any
from uuid import UUID

from issuer.model import ReviewState
from issuer.web.reviews import review_json
from microcred.cli.context import Context, add_actor


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    noun = commands.add_parser("reviews")
    actions = noun.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="show what waits, or what was decided")
    listing.add_argument("--state", choices=[str(state) for state in ReviewState], default=str(ReviewState.OPEN))
    listing.add_argument("--limit", type=int, default=100)
    listing.add_argument("--after", metavar="ID", type=UUID, help="the last id that is known")
    listing.add_argument("--json", action="store_true", help="print one JSON array")
    listing.set_defaults(run=_list)
    for name, state, what in (
        ("accept", ReviewState.ACCEPTED, "the report is right; of a withdrawal the credential is revoked"),
        ("dismiss", ReviewState.DISMISSED, "leave everything as it is"),
    ):
        parser = actions.add_parser(name, help=what)
        parser.add_argument("id", metavar="ID", type=UUID)
        parser.add_argument("--note", required=True, help="why, for the record")
        add_actor(parser)
        parser.set_defaults(run=_settle, decision=state)


def _list(args: argparse.Namespace, context: Context) -> int:
    found = context.service().reviews.page(ReviewState(args.state), args.limit, args.after)
    if args.json:
        context.say_json([review_json(review) for review in found])
    else:
        rows = [(r.id, r.kind, r.source, r.source_id, r.definition_id, r.reported_by) for r in found]
        context.say_table(("ID", "KIND", "SOURCE", "SOURCE ID", "DEFINITION", "REPORTED BY"), rows)
    return 0


def _settle(args: argparse.Namespace, context: Context) -> int:
    review = context.service().reviews.settle(args.id, args.decision, args.note, args.by)
    context.say(f"{review.kind.capitalize()} {review.state}.")
    return 0
