"""`microcred completions`: report one from a file, list them, and issue what is held."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any
from uuid import UUID

from issuer.errors import FieldError
from issuer.model import CompletionState
from issuer.web.shapes import completion_json, listed_completion_json
from microcred.cli import batches
from microcred.cli.context import Context, add_actor


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    noun = commands.add_parser("completions")
    actions = noun.add_subparsers(dest="action", required=True)
    report = actions.add_parser("report", help="report one completion, as POST /completions takes it")
    report.add_argument("file", metavar="FILE", help="JSON file, or - for standard input")
    batches.add_hand_in(actions)
    release = actions.add_parser("release", help="issue held completions whose cause is gone")
    for parser, run in ((report, _report), (release, _release)):
        add_actor(parser)
        parser.set_defaults(run=run)
    listing = actions.add_parser("list", help="show completions in order of arrival")
    listing.add_argument("--state", choices=[str(state) for state in CompletionState])
    listing.add_argument("--limit", type=int, default=100)
    listing.add_argument("--after", metavar="ID", type=UUID, help="the last id that is known")
    listing.add_argument("--json", action="store_true", help="print one JSON array")
    listing.set_defaults(run=_list)


def _report(args: argparse.Namespace, context: Context) -> int:
    service = context.service()
    answer = service.completions.report(_read(args.file, context), args.by)
    context.say_json(completion_json(answer, service.addresses))
    return 0


def _release(args: argparse.Namespace, context: Context) -> int:
    count = context.service().completions.release(args.by, every=True)
    context.say(f"Issued {count} credentials that were held.")
    return 0


def _list(args: argparse.Namespace, context: Context) -> int:
    service = context.service()
    state = None if args.state is None else CompletionState(args.state)
    found = service.completions.page(state, args.limit, args.after)
    if args.json:
        context.say_json([listed_completion_json(item, service.addresses) for item in found])
    else:
        rows = [(c.id, c.state, c.definition_id, c.reason or "") for c in (item.completion for item in found)]
        context.say_table(("ID", "STATE", "DEFINITION", "REASON"), rows)
    return 0


def _read(name: str, context: Context) -> bytes:
    if name == "-":
        return context.streams.stdin.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise FieldError("FILE", f"{name} cannot be read: {error.strerror}") from None
