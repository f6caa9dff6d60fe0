"""`microcred connections`: learning platforms that may report completions, and what to paste where in them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from issuer.errors import FieldError
from issuer.lms_work.connections import OVERLAP, Opened, Wish
from issuer.lms_work.kinds import KINDS, ConnectionKind
from issuer.lms_work.lti_registration import GOOD_FOR, Invitations
from issuer.lms_work.platforms import Platforms
from issuer.lms_work.proving import prove
from issuer.web.lms_shapes import case_json, held_json
from microcred.cli.context import Context, add_actor
from microcred.platforms import platforms
from openbadge import timestamps


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    noun = commands.add_parser("connections")
    actions = noun.add_subparsers(dest="action", required=True)
    _add_new(actions)
    listing = actions.add_parser("list", help="show connections, without their secrets")
    listing.set_defaults(run=_list)
    held = actions.add_parser("held", help="show reports that wait for something, with what for")
    held.add_argument("--limit", type=int, default=100)
    held.set_defaults(run=_held)
    cases = actions.add_parser(
        "cases", help="show what a person has to look at: conflicts, and setbacks after an award"
    )
    cases.set_defaults(run=_cases)
    for parser in (listing, held, cases):
        parser.add_argument("--json", action="store_true", help="print one JSON array")
    actions.add_parser("release", help="look at all held reports again").set_defaults(run=_release)
    _add_changes(actions)


def _add_new(actions: Any) -> None:
    new = actions.add_parser("add", help="make a connection, and say what to paste where")
    new.add_argument("kind", choices=list(KINDS))
    new.add_argument("--name", help="its name here and in its address (default: the kind)")
    new.add_argument("--source", metavar="URL", help="address of the platform; whose ids it reports")
    new.add_argument("--sis", default="", metavar="NAME", help="student system whose numbers it carries, if reliable")
    new.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="a setting of this kind")
    new.add_argument("--keys", metavar="FILE", type=Path, help="JWKS with the public keys of the platform")
    new.add_argument("--api-token-file", metavar="FILE", type=Path, help="token that lets us ask the platform")
    new.add_argument("--secret-file", metavar="FILE", type=Path, help="a secret that you have; else one is drawn")
    new.add_argument("--create-people", action="store_true", help="a new student number makes a new learner record")
    new.add_argument("--link-ids", action="store_true", help="its further ids are added to learner records")
    new.add_argument("--dynamic", action="store_true", help="lti: print an address at which the platform registers")
    add_actor(new)
    new.set_defaults(run=_new)


def _add_changes(actions: Any) -> None:
    test = actions.add_parser("test", help="prove that a connection works")
    rotate = actions.add_parser("rotate-secret", help="draw a new secret; the old one stays valid for a while")
    days = OVERLAP.days
    rotate.add_argument("--overlap-days", type=int, default=days, metavar="N", help=f"how long (default: {days})")
    keys = actions.add_parser("keys", help="take over the public keys of a platform")
    remove = actions.add_parser("remove", help="take nothing more; what came stays")
    settle = actions.add_parser("settle", help="close a case, with what was decided")
    settle.add_argument("case", metavar="ID", type=UUID)
    settle.add_argument("--note", required=True, help="what was decided, and why")
    add_actor(settle)
    settle.set_defaults(run=_settle)
    for parser, run in ((test, _test), (rotate, _rotate), (keys, _keys), (remove, _remove)):
        parser.add_argument("name", metavar="NAME")
        add_actor(parser)
        parser.set_defaults(run=run)
    keys.add_argument("keys", metavar="JWKS", type=Path, help="file with the key set")


def _new(args: argparse.Namespace, context: Context) -> int:
    home, kind = _platforms(context), KINDS[args.kind]
    if args.dynamic and not kind.registers:
        raise FieldError("--dynamic", f"is nothing that {args.kind} has")
    if kind.registers and not args.dynamic:
        _tell_places(kind, args.name or args.kind, context)
    source = args.source or _asked(context, f"Address of your {KINDS[args.kind].title}: ")
    wish = Wish(
        name=args.name or args.kind,
        kind=args.kind,
        namespace=source.rstrip("/"),
        sis=args.sis,
        options=_given(args) if args.dynamic else _options(args, context),
        keys=[] if args.keys is None else _jwks(args.keys),
        creates=args.create_people,
        links=args.link_ids,
        secret=_bytes(args.secret_file),
        api_token=(_bytes(args.api_token_file) or b"").decode("utf-8", "replace"),
    )
    if args.dynamic:
        _tell_invitation(Invitations(home).invite(wish, args.by), wish, context)
    else:
        _tell(home.connections.add(wish, args.by), context)
    return 0


def _tell_invitation(token: str, wish: Wish, context: Context) -> None:
    context.say(f"The connection “{wish.name}” waits for {wish.namespace}. Give this address to the platform:")
    context.say(f"  {_base(context)}/lti/register?token={token}")
    hours = GOOD_FOR // timedelta(hours=1)
    context.say(f"It is good once, for {hours} hours. docs/lms/lti.md shows where to paste it.")


def _tell(opened: Opened, context: Context) -> None:
    """Say what to paste where in the platform."""
    kind, connection = KINDS[opened.connection.kind], opened.connection
    context.say(f"The connection “{connection.name}” to {connection.namespace} is made.")
    secret = connection.secrets[-1].value.decode("utf-8", "replace") if connection.secrets else ""
    if connection.options.get("auth") == "url":
        context.say(f"  Address:  {_base(context)}/lms/{connection.name}/key/{secret}")
    elif not kind.registers:
        _tell_places(kind, connection.name, context)
    if kind.signs:
        context.say(f"  Secret:   {secret}   (shown once)")
    for number, step in enumerate(kind.steps, 1):
        context.say(f"  {number}. {step}")
    context.say(f"Then: `microcred bindings add {connection.name} COURSE DEFINITION`, and")
    context.say(f"`microcred connections test {connection.name}`. docs/lms/{connection.kind}.md shows each click.")


def _tell_places(kind: ConnectionKind, name: str, context: Context) -> None:
    """Say which addresses the platform needs."""
    base, width = _base(context), max(map(len, kind.places), default=0) + 2
    for what, place in kind.places.items():
        context.say(f"  {what + ':':<{width}} {base}{place.format(name=name)}")


def _list(args: argparse.Namespace, context: Context) -> int:
    rows = [
        {
            "name": item.name,
            "kind": item.kind,
            "source": item.namespace,
            "sis": item.sis or None,
            "options": dict(item.options),
            "createsPeople": item.creates,
            "linksIds": item.links,
            "createdAt": timestamps.write(item.created_at),
        }
        for item in _platforms(context).connections.every()
    ]
    return _shown(args, context, rows, ("name", "kind", "source"))


def _held(args: argparse.Namespace, context: Context) -> int:
    rows = [held_json(item) for item in _platforms(context).held(args.limit)]
    if args.json:
        context.say_json(rows)
    else:
        table = [(row["id"], row["source"], row["course"] or "", row["reason"]["detail"]) for row in rows]
        context.say_table(("ID", "SOURCE", "COURSE", "WAITS FOR"), table)
    return 0


def _cases(args: argparse.Namespace, context: Context) -> int:
    rows = [case_json(item) for item in _platforms(context).cases()]
    return _shown(args, context, rows, ("id", "kind", "source", "detail"))


def _settle(args: argparse.Namespace, context: Context) -> int:
    _platforms(context).settle(args.case, args.note, args.by)
    context.say("The case is closed.")
    return 0


def _release(_args: argparse.Namespace, context: Context) -> int:
    home = _platforms(context)
    home.drain()
    context.say(f"{home.release()} reports are held no more.")
    return 0


def _test(args: argparse.Namespace, context: Context) -> int:
    findings = prove(_platforms(context), args.name)
    for is_good, sentence in findings:
        context.say(f"{'ok  ' if is_good else 'BAD '} {sentence}")
    return int(not all(is_good for is_good, _ in findings))


def _rotate(args: argparse.Namespace, context: Context) -> int:
    connections = _platforms(context).connections
    kind = KINDS[connections.get(args.name).connection.kind]
    fresh = connections.rotate(args.name, args.by, timedelta(days=args.overlap_days))
    if kind.registers:
        context.say(f"The key set shows the new key now. It signs once the old one ends, in {args.overlap_days} days.")
        return 0
    context.say(f"  Secret:   {fresh.value.decode()}   (shown once)")
    context.say(f"Paste it into the platform; the old one is valid for {args.overlap_days} more days.")
    return 0


def _keys(args: argparse.Namespace, context: Context) -> int:
    _platforms(context).connections.change_keys(args.name, _jwks(args.keys), args.by)
    context.say("The keys are taken over.")
    return 0


def _remove(args: argparse.Namespace, context: Context) -> int:
    _platforms(context).connections.remove(args.name, args.by)
    context.say(f"The connection “{args.name}” takes nothing more.")
    return 0


def _shown(args: argparse.Namespace, context: Context, rows: Sequence[dict[str, Any]], names: Sequence[str]) -> int:
    if args.json:
        context.say_json(list(rows))
    else:
        context.say_table([name.upper() for name in names], [[row[name] for name in names] for row in rows])
    return 0


def _options(args: argparse.Namespace, context: Context) -> dict[str, str]:
    """Return the settings: those on the command line, and answers for those that are needed besides."""
    found = _given(args)
    for name, what in KINDS[args.kind].needed.items():
        if name not in found:
            ways = f" ({', '.join(KINDS[args.kind].ways)})" if name == "auth" else ""
            found[name] = _asked(context, f"{name}: {what}{ways}: ")
    return found


def _given(args: argparse.Namespace) -> dict[str, str]:
    pairs = [item.partition("=") for item in args.option]
    return {name: value for name, _, value in pairs}


def _asked(context: Context, question: str) -> str:
    """Ask the person for a line."""
    print(question, end="", file=context.streams.stderr, flush=True)
    return context.streams.stdin.readline(_LINE).decode("utf-8", "replace").strip()


def _jwks(path: Path) -> list[dict[str, Any]]:
    try:
        keys = json.loads(path.read_bytes())["keys"]
    except (OSError, ValueError, KeyError, TypeError):
        raise FieldError("--keys", f"{path} is no readable JWKS") from None
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise FieldError("--keys", "must hold a list of keys")
    return keys


def _bytes(path: Path | None) -> bytes | None:
    try:
        return None if path is None else path.read_bytes().strip()
    except OSError as error:
        raise FieldError("FILE", f"{path} cannot be read: {error.strerror}") from None


def _base(context: Context) -> str:
    return context.service().addresses.base_url


def _platforms(context: Context) -> Platforms:
    return platforms(context.service(), context.world)


_LINE: Final = 2_000
