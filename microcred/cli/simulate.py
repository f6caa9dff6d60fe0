"""`microcred simulate`: play a learning platform against a running server of the sample institution."""

from __future__ import annotations

import argparse
from typing import Any

from microcred.cli.context import Context
from microcred.installation import settings_of
from microcred.platforms import platforms
from microcred.simulate.plays import PLAYS
from microcred.simulate.show import Show


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    parser = commands.add_parser("simulate")
    parser.add_argument("platform", choices=list(PLAYS))
    parser.add_argument("--learners", type=int, default=100, metavar="N", help="how many complete the course")
    parser.add_argument("--url", help="address of the server (default: the one of this home)")
    parser.add_argument("--run", dest="name", help="name of the run; the same name again sends the same messages")
    parser.add_argument("--json", action="store_true", help="print the counts as JSON")
    parser.set_defaults(run=_simulate)


def _simulate(args: argparse.Namespace, context: Context) -> int:
    service = context.service()
    home = settings_of(context.world).home
    url = (args.url or service.addresses.base_url).rstrip("/")
    show = Show(platforms(service, context.world), home, url, context.world.clock)
    outcome = show.run(args.platform, args.learners, args.name)
    counts = outcome.to_json()
    if args.json:
        context.say_json(counts)
    else:
        context.say(f"{outcome.messages} messages about {outcome.learners} learners in {outcome.sending:.1f} s,")
        context.say(f"disorder, repetitions and late retries among them: {counts['messagesPerSecond']} a second.")
        context.say(f"Answers: {', '.join(f'{status}: {count}' for status, count in counts['answers'].items())}.")
        context.say(f"One credential each: {counts['withOneCredential']}. Lost: {counts['lost']}.")
        context.say(f"Doubled: {counts['doubled']}. {counts['credentialsPerSecond']} credentials a second.")
    return 0 if outcome.is_good else 1
