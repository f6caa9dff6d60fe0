"""`microcred serve`: run the service."""

from __future__ import annotations

import argparse
from typing import Any, Final

from issuer.service import Service
from microcred.app import build, checker
from microcred.cli.context import Context
from microcred.installation import open_installation, settings_of
from microcred.server import open_port, serve

DEFAULT_PORT: Final = 8000
ROLES: Final = ("all", "issuer", "verifier")
"""What one process does: everything, or one side of it."""


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    parser = commands.add_parser("serve", help="run the service")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    parser.add_argument("--role", choices=ROLES, default="all")
    parser.add_argument("--base-url", metavar="URL", help="public address; stands above MICROCRED_BASE_URL")
    parser.set_defaults(run=_serve)


def _serve(args: argparse.Namespace, context: Context) -> int:
    with open_port(args.host, args.port) as listener:
        service = None if args.role == "verifier" else _service(args, context)
        app = build(checker(context.world, service), service, with_verifier=args.role != "issuer")
        where = f"http://{args.host}:{args.port}" if service is None else service.addresses.base_url
        return serve(app, listener, lambda: context.say(f"microcred is at {where} (Ctrl-C stops it)"))


def _service(args: argparse.Namespace, context: Context) -> Service:
    """Open the issuer. Refuses without a key that can sign: a service that cannot issue must not take completions."""
    installation = open_installation(settings_of(context.world, args.base_url), context.world)
    installation.move(args.port)
    service = installation.service()
    service.signing.issuance()
    service.completions.release("microcred serve")
    return service
