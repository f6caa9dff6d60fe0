"""`microcred init`: prepare a home folder, empty or with the sample institution."""

from __future__ import annotations

import argparse
import re
from typing import Any
from urllib.parse import urlsplit

from issuer.addresses import is_loopback
from issuer.errors import FieldError
from issuer.model.fields import link
from microcred import samples
from microcred.cli.context import Context
from microcred.installation import open_installation, settings_of
from microcred.keys import make_secret


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    parser = commands.add_parser("init")
    parser.add_argument("--sample", action="store_true", help="with an invented institution, ready to issue")
    parser.add_argument(
        "--json", action="store_true", help="print address, token and definitions of the sample as JSON"
    )
    parser.add_argument("--name", help="name of your institution")
    parser.add_argument("--slug", help="its short name in addresses, as northbridge")
    parser.add_argument("--url", help="https address of its website")
    parser.add_argument("--country", help="its country as ISO 3166-1 alpha-2, as IE")
    parser.add_argument("--base-url", metavar="URL", help="public address of this service; MICROCRED_BASE_URL else")
    parser.add_argument("--email", help="its public e-mail address")
    parser.set_defaults(run=_init)


def _init(args: argparse.Namespace, context: Context) -> int:
    return _sample(args, context) if args.sample else _own(args, context)


def _sample(args: argparse.Namespace, context: Context) -> int:
    sample = samples.prepare(settings_of(context.world, args.base_url), context.world)
    context.closing(sample.installation)
    if args.json:
        context.say_json(sample.to_json())
        return 0
    context.say(
        f"{sample.installation.settings.home} holds {sample.service.institution.name}, an invented institution."
    )
    context.say(f"Its access token: {sample.token}")
    context.say("Run `microcred serve`, or `microcred demo` to see it at work.")
    return 0


def _own(args: argparse.Namespace, context: Context) -> int:
    content = _content(args)
    settings = settings_of(context.world, args.base_url)
    installation = context.closing(open_installation(settings, context.world, create=True))
    make_secret(settings, context.world.random_bytes)
    institution = installation.add_institution(content)
    context.say(f"{settings.home} is prepared for {institution.name}, which will sign as {institution.did}.")
    if is_loopback(urlsplit(institution.base_url).hostname):
        context.say("That is this machine only. For a service that others reach, run init in a new MICROCRED_HOME")
        context.say("with --base-url and its public address: credentials carry it for ever.")
    context.say("Next: `microcred keys new`, `microcred definitions import FILE`, `microcred tokens new`.")
    return 0


def _content(args: argparse.Namespace) -> dict[str, str]:
    for name in ("name", "slug", "url", "country"):
        if getattr(args, name) is None:
            raise FieldError(f"--{name}", "is needed for your own institution (or use --sample for an invented one)")
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", args.slug):
        raise FieldError("--slug", "must be 1 to 63 small letters, digits and hyphens")
    if not re.fullmatch(r"[A-Z]{2}", args.country):
        raise FieldError("--country", "must be two capital letters, such as IE")
    members = {"name": args.name, "slug": args.slug, "url": link(args.url, "--url"), "country": args.country}
    return members if args.email is None else {**members, "email": args.email}
