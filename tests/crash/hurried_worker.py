"""`microcred work` in a hurry, as a process of its own: dead workers are noticed after two seconds, not ten."""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import timedelta

from issuer.jobs import catalogue
from issuer.jobs.worker import Pace
from microcred.installation import open_installation, settings_of
from microcred.jobs import STOP_SECONDS, workshop
from microcred.world import World

PACE = Pace(pulse=0.2, beat=timedelta(seconds=0.5), silence=timedelta(seconds=2))


def main() -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    world = World()
    service = open_installation(settings_of(world), world).service()
    worker = catalogue.worker(workshop(service, world), f"process {os.getpid()}", PACE)
    worker.start()
    print("works", flush=True)
    stop.wait()
    worker.stop(STOP_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
