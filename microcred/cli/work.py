"""`microcred work`: work on jobs (batches, deliveries, what is done at set times), beside any number of others."""

from __future__ import annotations

import argparse
import signal
import threading
from typing import Any

from microcred.cli.context import Context
from microcred.jobs import STOP_SECONDS, make_worker, workshop


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    parser = commands.add_parser("work")
    parser.set_defaults(run=_work)


def _work(_args: argparse.Namespace, context: Context) -> int:
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda _signal, _frame: stop.set())
    worker = make_worker(workshop(context.service(), context.world))
    worker.start()
    context.say("microcred works on jobs (Ctrl-C stops it)")
    stop.wait()
    worker.stop(STOP_SECONDS)
    return 0
