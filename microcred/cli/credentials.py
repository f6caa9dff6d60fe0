"""`microcred credentials`: list and show them, and decide about them: revoke, suspend, reinstate."""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any, Final

from issuer import status
from issuer.errors import FieldError, NotFoundError
from issuer.model import StatusChange, StatusState
from issuer.service import Service
from issuer.web.shapes import credential_link, decision_json
from microcred.cli.context import Context, add_actor
from openbadge import timestamps

_HELP: Final = {
    StatusState.REVOKED: "revoke credentials for good",
    StatusState.SUSPENDED: "suspend credentials until further notice",
    StatusState.REINSTATED: "lift the suspension of credentials",
}
PUBLISHED: Final = "The status list that says so is published."
NOT_PUBLISHED: Final = (
    "It is not published yet; `microcred status publish` says why, and `microcred doctor` what to do."
)


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    noun = commands.add_parser("credentials")
    actions = noun.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="show credentials in order of issue")
    listing.add_argument("--limit", type=int, default=100)
    listing.set_defaults(run=_list)
    show = actions.add_parser("show", help="print the signed credential")
    show.set_defaults(run=_show)
    history = actions.add_parser("status", help="show what was decided about a credential")
    history.set_defaults(run=_status)
    for parser in (listing, history):
        parser.add_argument("--json", action="store_true", help="print one JSON array")
    for parser in (show, history):
        parser.add_argument("credential", metavar="CREDENTIAL", help="its address, or the last part of it")
    for state, verb in status.ACTIONS.items():
        _add_decision(actions.add_parser(verb, help=_HELP[state]), state)


def _add_decision(parser: argparse.ArgumentParser, state: StatusState) -> None:
    parser.add_argument("--reason", required=True, metavar="TEXT", help="kept, and not shown to the public")
    add_actor(parser)
    parser.add_argument(
        "credentials",
        metavar="CREDENTIAL",
        nargs="+",
        help="addresses, or their last parts; - reads one from each line",
    )
    parser.set_defaults(run=partial(_decide, state=state))


def _list(args: argparse.Namespace, context: Context) -> int:
    service = context.service()
    found = service.list_credentials(args.limit)
    if args.json:
        moments = [{"issuedAt": timestamps.write(item.issued_at)} for item in found]
        links = [credential_link(item, service.addresses) for item in found]
        context.say_json([link | moment for link, moment in zip(links, moments, strict=True)])
    else:
        rows = [(timestamps.write(item.issued_at), service.addresses.credential(item.public_id)) for item in found]
        context.say_table(("ISSUED", "ADDRESS"), rows)
    return 0


def _show(args: argparse.Namespace, context: Context) -> int:
    found = context.service().credential(_public_id(args.credential))
    if found is None:
        raise NotFoundError("There is no such credential here.")
    context.say(found.document.decode())
    return 0


def _status(args: argparse.Namespace, context: Context) -> int:
    public_id = _public_id(args.credential)
    found = context.service().decisions.history(public_id)
    if args.json:
        context.say_json([decision_json(public_id, change) for change in found])
    elif not found:
        context.say("In force. Nothing was ever decided about it.")
    else:
        context.say_table(
            ("AT", "STATE", "BY", "REASON"),
            [(timestamps.write(change.at), change.state, change.actor, change.reason) for change in found],
        )
    return 0


def _decide(args: argparse.Namespace, context: Context, state: StatusState) -> int:
    service = context.service()
    public_ids = _all(args.credentials, context)
    decided = service.decisions.decide(public_ids, state, args.reason, args.by, at_once=True)
    _say(service, public_ids, decided.changes, context)
    context.say(PUBLISHED if decided.is_published else NOT_PUBLISHED)
    return 0


def _say(service: Service, public_ids: list[str], changes: tuple[StatusChange, ...], context: Context) -> None:
    for public_id, change in zip(public_ids, changes, strict=True):
        where = f" {service.addresses.credential(public_id)}" if len(public_ids) > 1 else ""
        context.say(f"{change.state.capitalize()} since {timestamps.write(change.at)}: {change.reason}{where}")


def _all(given: list[str], context: Context) -> list[str]:
    """Return the last parts of all addresses, each once."""
    if given == ["-"]:
        given = context.streams.stdin.read().decode("utf-8", "replace").split()
    if not given:
        raise FieldError("CREDENTIAL", "there is none on standard input")
    return list(dict.fromkeys(_public_id(item) for item in given))


def _public_id(text: str) -> str:
    return text.rstrip("/").rpartition("/")[2].removesuffix(".json")
