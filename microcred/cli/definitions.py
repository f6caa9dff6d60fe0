"""`microcred definitions`: import, approve, retire and list."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from issuer.definitions import Decision
from issuer.errors import FieldError
from issuer.model.forms import instant
from issuer.web.shapes import definition_json
from microcred.cli.context import Context, add_actor
from openbadge import strict_json

MAX_FILE = 16 * 1024 * 1024
"""Bytes of a file with definitions: a thousand of them."""


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    noun = commands.add_parser("definitions")
    actions = noun.add_subparsers(dest="action", required=True)
    take_in = actions.add_parser("import", help="take in a JSON file with one definition or a list of them, as drafts")
    take_in.add_argument("file", metavar="FILE")
    take_in.add_argument("--replace-drafts", action="store_true", help="let a draft with other content be replaced")
    approve = actions.add_parser("approve", help="approve a draft that somebody else imported")
    approve.add_argument("--decision", required=True, metavar="REF", help="reference of the decision, as AB-2026-17")
    approve.add_argument("--effective-from", metavar="TIME", help="applies to completions from then on (default: now)")
    retire = actions.add_parser("retire", help="retire an approved version")
    for parser in (approve, retire):
        parser.add_argument("id", metavar="ID")
        parser.add_argument("version", metavar="VERSION")
    listing = actions.add_parser("list", help="show all versions")
    listing.add_argument("--json", action="store_true", help="print one JSON array")
    runs = ((take_in, _import), (approve, _approve), (retire, _retire))
    for parser, run in runs:
        add_actor(parser)
        parser.set_defaults(run=run)
    listing.set_defaults(run=_list)


def read_definitions(path: Path) -> list[bytes]:
    """Return the definitions in a JSON file, each as JSON bytes. Raises `FieldError` and `InvalidError`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FieldError("FILE", f"{path} cannot be read: {error.strerror}") from None
    value = strict_json.loads_any(data, limit=MAX_FILE)
    return [json.dumps(item).encode() for item in (value if isinstance(value, list) else [value])]


def _import(args: argparse.Namespace, context: Context) -> int:
    service = context.service()
    for content in read_definitions(Path(args.file)):
        version = service.import_definition(content, args.by, replace_draft=args.replace_drafts)
        context.say(f"{version.definition_id} version {version.version}: {version.state}")
    return 0


def _approve(args: argparse.Namespace, context: Context) -> int:
    since = None if args.effective_from is None else instant(args.effective_from, "--effective-from")
    version = context.service().approve(args.id, args.version, Decision(args.decision, since), args.by)
    context.say(f"{version.definition_id} version {version.version} is approved by {version.approved_by}.")
    return 0


def _retire(args: argparse.Namespace, context: Context) -> int:
    version = context.service().retire(args.id, args.version, args.by)
    context.say(f"{version.definition_id} version {version.version} is retired.")
    return 0


def _list(args: argparse.Namespace, context: Context) -> int:
    found = context.service().list_definitions()
    if args.json:
        context.say_json([definition_json(version) for version in found])
    else:
        rows = [(item.definition_id, item.version, item.state, item.definition.name) for item in found]
        context.say_table(("ID", "VERSION", "STATE", "NAME"), rows)
    return 0
