"""`microcred bindings`: which course leads to which definition."""

from __future__ import annotations

import argparse
from typing import Any
from uuid import UUID

from issuer.errors import FieldError
from issuer.lms_work.bindings import BindingWish
from issuer.model.forms import instant
from issuer.model.lms import LmsBinding
from microcred.cli.context import Context, add_actor
from microcred.platforms import platforms
from openbadge import strict_json, timestamps


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    noun = commands.add_parser("bindings")
    actions = noun.add_subparsers(dest="action", required=True)
    new = actions.add_parser("add", help="bind a course; what was held for it is issued at once")
    new.add_argument("connection", metavar="CONNECTION")
    new.add_argument("course", metavar="COURSE", help="the platform's own id of the course")
    new.add_argument("definition", metavar="DEFINITION")
    new.add_argument("--version", metavar="V", help="pin a version; else the one in effect at completion")
    new.add_argument("--passed", action="store_true", help="the course must be passed, not only completed")
    new.add_argument("--percent", metavar="N", help="passed with at least N percent")
    new.add_argument("--grades", metavar="A,B", help="passed with one of these grades")
    new.add_argument("--grade-alone", action="store_true", help="for platforms that know no completion")
    new.add_argument("--rule", metavar="JSON", help="the whole rule, for several activities: docs/lms/rules.md")
    new.add_argument("--section")
    new.add_argument("--term")
    new.add_argument("--per-term", action="store_true", help="award once in each term")
    new.add_argument("--from", dest="valid_from", metavar="TIME", help="first moment, such as 2026-09-01T00:00:00Z")
    new.add_argument("--until", dest="valid_until", metavar="TIME", help="first moment after it")
    new.add_argument(
        "--result", action="append", default=[], metavar="WHAT=ID", help="grade, percent or points as result ID"
    )
    add_actor(new)
    new.set_defaults(run=_new)
    listing = actions.add_parser("list", help="show bindings")
    listing.add_argument("--json", action="store_true", help="print one JSON array")
    listing.set_defaults(run=_list)
    remove = actions.add_parser("remove", help="let a binding end; what it led to stays")
    remove.add_argument("binding", metavar="ID", type=UUID)
    add_actor(remove)
    remove.set_defaults(run=_remove)


def _new(args: argparse.Namespace, context: Context) -> int:
    home = platforms(context.service(), context.world)
    pairs = [item.partition("=") for item in args.result]
    wish = BindingWish(
        connection=args.connection,
        course=args.course,
        definition_id=args.definition,
        rule=_rule(args),
        section=args.section,
        term=args.term,
        version=args.version,
        valid_from=None if args.valid_from is None else instant(args.valid_from, "--from"),
        valid_until=None if args.valid_until is None else instant(args.valid_until, "--until"),
        per_term=args.per_term,
        results={name: value for name, _, value in pairs},
    )
    record = home.bindings.add(wish, args.by)
    context.say(f"{args.course} of {args.connection} leads to {args.definition} ({record.id}).")
    home.drain()
    context.say(f"{home.release()} reports are held no more.")
    return 0


def _rule(args: argparse.Namespace) -> dict[str, Any]:
    simple: dict[str, Any] = {}
    if args.percent is not None:
        simple["percent"] = args.percent
    if args.grades is not None:
        simple["grades"] = [grade.strip() for grade in args.grades.split(",")]
    if args.grade_alone:
        simple["gradeAlone"] = True
    if args.rule is None:
        return {"rule": "passed", **simple} if args.passed or simple else {"rule": "completed"}
    if simple or args.passed:
        raise FieldError("--rule", "says it all: leave --passed, --percent, --grades and --grade-alone out")
    return strict_json.loads(args.rule.encode())


def _list(args: argparse.Namespace, context: Context) -> int:
    home = platforms(context.service(), context.world)
    names = {record.id: record.name for record in home.connections.every()}
    rows = [_json(item, names.get(item.connection_id, "removed")) for item in home.bindings.every()]
    if args.json:
        context.say_json(rows)
    else:
        heads = ("id", "connection", "course", "definition")
        context.say_table([head.upper() for head in heads], [[row[head] for head in heads] for row in rows])
    return 0


def _remove(args: argparse.Namespace, context: Context) -> int:
    platforms(context.service(), context.world).bindings.remove(args.binding, args.by)
    context.say("The binding ends now.")
    return 0


def _json(item: LmsBinding, connection: str) -> dict[str, Any]:
    return {
        "id": str(item.id),
        "connection": connection,
        "course": item.course,
        "section": item.section,
        "term": item.term,
        "definition": item.definition_id,
        "version": item.version,
        "rule": dict(item.rule),
        "results": dict(item.results),
        "perTerm": item.per_term,
        "validFrom": None if item.valid_from is None else timestamps.write(item.valid_from),
        "validUntil": None if item.valid_until is None else timestamps.write(item.valid_until),
        "createdBy": item.created_by,
    }
