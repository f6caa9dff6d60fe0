"""`microcred demo`: the main job on the sample institution, with a server left running or files left behind."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from microcred import demo
from microcred.app import build, checker
from microcred.cli.context import Context
from microcred.cli.serve import DEFAULT_PORT
from microcred.installation import settings_of
from microcred.server import open_port, serve


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    parser = commands.add_parser("demo")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    parser.add_argument("--once", action="store_true", help="leave no server behind; needs --out")
    parser.add_argument("--out", metavar="DIR", type=Path, help="write the credential in every form to DIR")
    parser.set_defaults(run=_demo)


def _demo(args: argparse.Namespace, context: Context) -> int:
    if args.once:
        return _once(args, context)
    with open_port(args.host, args.port) as listener:
        show = demo.Show(settings_of(context.world), context.world, context.say)
        sample = show.run(args.port)
        app = build(checker(context.world, sample.service), sample.service)
        code = serve(app, listener, show.links)
    context.say("\nStopped. Your data is kept; `make demo` goes on from here.")
    return code


def _once(args: argparse.Namespace, context: Context) -> int:
    if args.out is None:
        context.streams.stderr.write("demo --once needs --out DIR, the folder to write to.\n")
        return 3
    report = demo.write_once(args.out, context.world)
    context.say(f"{args.out} holds the credential as JSON, JWT, PNG and SVG, and the material to check it.")
    context.say(report.headline)
    return 0
