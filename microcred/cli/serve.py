"""`microcred serve`: run the service."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI

from issuer.errors import SettingsError
from issuer.keys_tls import self_signed
from issuer.service import Service
from microcred.app import build, build_for_worker, checker
from microcred.cli.context import Context
from microcred.installation import open_installation, settings_of
from microcred.jobs import EmbeddedWorker, workshop
from microcred.process import settle, take_turns
from microcred.server import Tls, open_port, serve
from microcred.warnings import warnings

DEFAULT_PORT: Final = 8000
ROLES: Final = ("all", "issuer", "verifier", "worker")
"""What one process does: everything, one side of it, or only jobs. `all` works on jobs, too."""
WORKING_ROLES: Final = ("all", "worker")


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    parser = commands.add_parser("serve")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    parser.add_argument("--role", choices=ROLES, default="all")
    parser.add_argument("--base-url", metavar="URL", help="public address; stands above MICROCRED_BASE_URL")
    parser.add_argument("--tls-cert", metavar="FILE", type=Path, help="certificate chain in PEM; needs --tls-key")
    parser.add_argument("--tls-key", metavar="FILE", type=Path, help="key of the certificate in PEM")
    parser.add_argument("--tls-self-signed", action="store_true", help="make a certificate, for tests only")
    parser.set_defaults(run=_serve)


def _serve(args: argparse.Namespace, context: Context) -> int:
    with open_port(args.host, args.port) as listener:
        tls = _tls(args, context)
        service = None if args.role == "verifier" else _service(args, context, tls)
        app = _app(args.role, service, context)
        for warning in warnings(context.world):
            print(f"Warning: {warning}", file=context.streams.stderr, flush=True)
        scheme = "http" if tls is None else "https"
        where = f"{scheme}://{args.host}:{args.port}" if service is None else service.addresses.base_url
        worker = _worker(args.role, service, context)

        def ready() -> None:
            take_turns()
            settle()
            context.say(f"microcred is at {where} (Ctrl-C stops it)")
            if service is not None and args.role != "worker":
                app.state.platforms.begin()
            if worker is not None:
                worker.begin()

        try:
            return serve(app, listener, ready, tls)
        finally:
            if service is not None and args.role != "worker":
                service.reports.close()
                app.state.platforms.end()
            if worker is not None:
                worker.end()


def _app(role: str, service: Service | None, context: Context) -> FastAPI:
    if role == "worker":
        return build_for_worker()
    return build(checker(context.world, service), service, with_verifier=role != "issuer")


def _worker(role: str, service: Service | None, context: Context) -> EmbeddedWorker | None:
    if service is None or role not in WORKING_ROLES:
        return None
    return EmbeddedWorker(workshop(service, context.world))


def _tls(args: argparse.Namespace, context: Context) -> Tls | None:
    if args.tls_self_signed:
        home = settings_of(context.world).home
        return Tls(*self_signed(home, args.host, context.world.clock()))
    if (args.tls_cert is None) != (args.tls_key is None):
        raise SettingsError("--tls-cert and --tls-key belong together: give both, or neither.")
    return None if args.tls_cert is None else Tls(args.tls_cert, args.tls_key)


def _service(args: argparse.Namespace, context: Context, tls: Tls | None) -> Service:
    """Open the issuer. Refuses without a key that can sign: a service that cannot issue must not take completions."""
    installation = context.closing(open_installation(settings_of(context.world, args.base_url), context.world))
    if args.role != "worker":
        installation.move(args.port, "http" if tls is None else "https")
    service = installation.service()
    service.key_desk.bring_up("microcred serve")
    service.signing.issuance()
    service.signing.token_signer()
    service.completions.release("microcred serve")
    return service
