"""`microcred watch`: take in the files that others put into a folder, and put beside each what became of its rows."""

from __future__ import annotations

import argparse
import hashlib
import signal
import threading
from pathlib import Path
from typing import Any, Final

from issuer.errors import FieldError, IssuerError
from issuer.jobs.batches import Order
from issuer.jobs.workshop import Workshop
from issuer.model.jobs import BatchState
from microcred.cli.batches import TYPES, media_type_of
from microcred.cli.context import Context, add_actor
from microcred.jobs import workshop
from openbadge.errors import OpenBadgeError

LOOK_SECONDS: Final = 5.0
"""How often the folder is looked at. A file counts as complete when it was the same for two looks."""
DONE: Final = "done"
REFUSED: Final = "refused"
"""Folders below the watched one: files that were taken in, with their results, and those that could not be read."""


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    parser = commands.add_parser("watch")
    parser.add_argument("folder", metavar="DIR", type=Path)
    parser.add_argument("--connection", metavar="NAME", help="whose tables they are, if there are several connections")
    parser.add_argument("--once", action="store_true", help="take in what is there, and end")
    add_actor(parser)
    parser.set_defaults(run=_watch)


def _watch(args: argparse.Namespace, context: Context) -> int:
    watcher = Watcher(args.folder, args.connection, args.by, context)
    if args.once:
        for path in watcher.files():
            watcher.take(path)
        return 0
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda _signal, _frame: stop.set())
    context.say(f"Watching {args.folder} (Ctrl-C stops it)")
    while not stop.wait(LOOK_SECONDS):
        watcher.look()
    return 0


class Watcher:
    """Watches one folder."""

    def __init__(self, folder: Path, connection: str | None, actor: str, context: Context) -> None:
        if not folder.is_dir():
            raise FieldError("DIR", f"{folder} is no folder")
        self._folder = folder
        self._connection = connection
        self._actor = actor
        self._context = context
        self._shop: Workshop = workshop(context.service(), context.world)
        self._seen: dict[Path, tuple[int, int]] = {}

    def files(self) -> list[Path]:
        """Return the files that can be taken in, by name."""
        return sorted(path for path in self._folder.iterdir() if path.suffix.lower() in TYPES and path.is_file())

    def look(self) -> None:
        """Take in the files that have not changed since the last look."""
        found = {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in self.files()}
        for path, state in found.items():
            if self._seen.get(path) == state:
                self.take(path)
        self._seen = found

    def take(self, path: Path) -> None:
        """Take one file in: the same content twice is one batch, so that an interrupted one is gone on with."""
        body = path.read_bytes()
        order = Order(media_type_of(path.name, self._connection), self._actor, hashlib.sha256(body).hexdigest())
        try:
            with path.open("rb") as source:
                batch, _ = self._shop.batches.receive(source, order)
            self._shop.batch_work.work_here(batch.id)
        except (IssuerError, OpenBadgeError) as error:
            self._refuse(path, error.detail)
            return
        done = self._shop.batches.get(batch.id)
        if done.state is BatchState.REFUSED:
            self._refuse(path, done.reason or "It cannot be read.")
            return
        counted = self._shop.batches.progress(batch.id)
        self._put(path, DONE, "result.csv", b"".join(self._shop.batches.result(batch.id, "csv")))
        counts = f"{counted.issued} issued, {counted.known} known, {counted.held} held, {counted.failed} failed"
        self._context.say(f"{path.name}: {counts}")

    def _refuse(self, path: Path, reason: str) -> None:
        self._put(path, REFUSED, "reason.txt", f"{reason}\n".encode())
        self._context.say(f"{path.name}: refused. {reason}")

    def _put(self, path: Path, folder: str, ending: str, content: bytes) -> None:
        """Write what became of a file beside it, and only then move the file away."""
        target = self._folder / folder
        target.mkdir(mode=0o700, exist_ok=True)
        (target / f"{path.name}.{ending}").write_bytes(content)
        path.replace(target / path.name)
