"""`microcred reconcile`: ask the platforms what they never told, and take it in."""

from __future__ import annotations

import argparse
from typing import Any

from issuer.lms_work.reconcile import Finding, Reconciliation
from microcred.cli.context import Context
from microcred.platforms import platforms


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    parser = commands.add_parser("reconcile")
    parser.add_argument("--fix", action="store_true", help="take in completions that were never reported")
    parser.add_argument("--json", action="store_true", help="print one JSON array")
    parser.set_defaults(run=_reconcile)


def _reconcile(args: argparse.Namespace, context: Context) -> int:
    found = Reconciliation(platforms(context.service(), context.world)).run(fix=args.fix)
    rows = [_json(item) for item in found]
    if args.json:
        context.say_json(rows)
    else:
        heads = ("connection", "course", "learners", "completed", "missing", "unconfirmed", "error")
        table = [["" if row[head] is None else row[head] for head in heads] for row in rows]
        context.say_table([head.upper() for head in heads], table)
        if any(item.missing for item in found):
            context.say("Taken in." if args.fix else "`microcred reconcile --fix` takes in what is missing.")
    return int(any(item.error is not None for item in found))


def _json(item: Finding) -> dict[str, Any]:
    return {
        "connection": item.connection,
        "course": item.course,
        "learners": item.learners,
        "completed": item.completed,
        "missing": len(item.missing),
        "unconfirmed": item.unconfirmed,
        "error": item.error,
    }
