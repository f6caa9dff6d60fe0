"""`microcred batches`: see and steer batches of completion reports. `microcred completions batch` hands one in."""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Final
from uuid import UUID

from issuer.errors import FieldError
from issuer.jobs.batches import Batches, Order
from issuer.jobs.rows import JSON, NDJSON
from issuer.jobs.workshop import Workshop
from issuer.lms_work.tables import CSV, XLSX
from issuer.model.jobs import Batch, BatchState
from issuer.store import outbox
from issuer.web.batch_shapes import batch_json
from microcred.cli.context import Context, add_actor
from microcred.jobs import workshop

TYPES: Final = {".json": JSON, ".ndjson": NDJSON, ".jsonl": NDJSON, ".csv": CSV, ".xlsx": XLSX}
"""The media type of a file by the ending of its name."""
WATCH_SECONDS: Final = 0.5
_OPEN: Final = (BatchState.RECEIVED, BatchState.RUNNING)


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    noun = commands.add_parser("batches")
    actions = noun.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="show batches, the newest first")
    listing.add_argument("--limit", type=int, default=100)
    listing.add_argument("--json", action="store_true", help="print one JSON array")
    listing.set_defaults(run=_list)
    show = actions.add_parser("show", help="show how far a batch is")
    show.add_argument("--watch", action="store_true", help="until it ends")
    show.set_defaults(run=_show)
    result = actions.add_parser("result", help="write what became of each row")
    result.add_argument("--format", choices=("csv", "ndjson"), default="csv")
    result.add_argument("--out", metavar="FILE", type=Path, help="default: batches/ID.csv in MICROCRED_HOME")
    result.set_defaults(run=_result)
    for name, what in (("pause", "begin no other part"), ("resume", "go on"), ("cancel", "end for ever")):
        turn = actions.add_parser(name, help=what)
        add_actor(turn)
        turn.set_defaults(run=_turn)
    for parser in (show, result, *(actions.choices[name] for name in ("pause", "resume", "cancel"))):
        parser.add_argument("batch", metavar="ID", type=UUID)


def add_hand_in(actions: Any) -> None:
    """Add `batch FILE` to the actions of `microcred completions`."""
    parser = actions.add_parser("batch", help="report many completions from a file, as a job")
    parser.add_argument(
        "file", metavar="FILE", help="table (.csv, .xlsx), JSON array or lines of JSON (.ndjson); - is stdin"
    )
    parser.add_argument("--connection", metavar="NAME", help="whose table it is, if there are several connections")
    parser.add_argument("--encoding", metavar="NAME", help="of a text table that is not Unicode, as windows-1252")
    parser.add_argument("--type", metavar="MEDIA-TYPE", help="if the name of the file does not say it")
    parser.add_argument("--key", metavar="NAME", help="the same name twice is one batch")
    parser.add_argument("--dry-run", action="store_true", help="check every row, issue nothing")
    parser.add_argument("--watch", action="store_true", help="until it ends")
    parser.add_argument("--here", action="store_true", help="work on it in this program, too")
    add_actor(parser)
    parser.set_defaults(run=_hand_in)


def _hand_in(args: argparse.Namespace, context: Context) -> int:
    shop = _shop(context)
    media_type = args.type or media_type_of(args.file, args.connection, args.encoding)
    with _open(args.file, context) as source:
        batch, is_new = shop.batches.receive(source, Order(media_type, args.by, args.key, args.dry_run))
    context.say(f"Batch {batch.id}{'' if is_new else ' was handed in before'}.")
    tell = _teller(shop.batches, batch.id, context)
    if args.here:
        shop.batch_work.work_here(batch.id, tell)
    elif not _somebody_works(shop):
        context.say("Nobody works on jobs now: start `microcred serve` or `microcred work`, or add --here.")
    return _watched(shop.batches, batch.id, context, tell) if args.watch or args.here else 0


def media_type_of(name: str, connection: str | None = None, encoding: str | None = None) -> str:
    """Return the media type of a file by its name, "" for one that is not known, with what people say about it."""
    found = TYPES.get(Path(name).suffix.lower(), NDJSON if name == "-" else "")
    pairs = (("connection", connection), ("charset", encoding))
    return found + "".join(f'; {key}="{value}"' for key, value in pairs if value)


def _list(args: argparse.Namespace, context: Context) -> int:
    shop = _shop(context)
    found = [_json(shop, batch) for batch in shop.batches.page(args.limit)]
    if args.json:
        context.say_json(found)
    else:
        heads = ("ID", "STATE", "ROWS", "ISSUED", "KNOWN", "HELD", "FAILED", "CREATED")
        names = ("id", "state", "rows", "issued", "known", "held", "failed", "createdAt")
        rows = [["" if item[name] is None else item[name] for name in names] for item in found]
        context.say_table(heads, rows)
    return 0


def _show(args: argparse.Namespace, context: Context) -> int:
    shop = _shop(context)
    if args.watch:
        return _watched(shop.batches, args.batch, context, _teller(shop.batches, args.batch, context))
    context.say_json(_json(shop, shop.batches.get(args.batch)))
    return 0


def _result(args: argparse.Namespace, context: Context) -> int:
    shop = _shop(context)
    pieces = shop.batches.result(args.batch, args.format)
    path = args.out or context.installation().settings.home / "batches" / f"{args.batch}.{args.format}"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with path.open("wb") as file:
        file.writelines(pieces)
    context.say(str(path))
    return 0


def _turn(args: argparse.Namespace, context: Context) -> int:
    shop = _shop(context)
    batch = getattr(shop.batches, args.action)(args.batch, args.by)
    context.say(f"The batch is {batch.state}.")
    return 0


def _watched(batches: Batches, batch_id: UUID, context: Context, tell: Callable[[], None]) -> int:
    """Tell how far a batch is until it ends or is paused; 1 if it was refused or rows of it failed."""
    while batches.get(batch_id).state in _OPEN:
        tell()
        time.sleep(WATCH_SECONDS)
    tell()
    batch = batches.get(batch_id)
    if batch.reason is not None:
        context.say(batch.reason)
    return int(batch.state is BatchState.REFUSED or batches.progress(batch_id).failed > 0)


def _teller(batches: Batches, batch_id: UUID, context: Context) -> Callable[[], None]:
    said: list[str] = []

    def tell() -> None:
        batch, done = batches.get(batch_id), batches.progress(batch_id)
        of = "" if batch.rows is None else f"{done.rows_done:,} of {batch.rows:,} rows: "
        state = f"{batch.state} (dry run)" if batch.dry_run else batch.state
        sentence = f"{state}: {of}{done.issued:,} issued, {done.known:,} known, {done.held:,} held, "
        sentence += f"{done.failed:,} failed"
        if said[-1:] != [sentence]:
            context.say(sentence)
            said.append(sentence)

    return tell


def _json(shop: Workshop, batch: Batch) -> dict[str, Any]:
    return batch_json(batch, shop.batches.progress(batch.id), shop.service.addresses.base_url)


def _shop(context: Context) -> Workshop:
    return workshop(context.service(), context.world)


def _somebody_works(shop: Workshop) -> bool:
    with shop.service.database.begin_read() as tx:
        return bool(outbox.all_workers(tx))


def _open(name: str, context: Context) -> BinaryIO:
    if name == "-":
        return io.BytesIO(context.streams.stdin.read())
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise FieldError("FILE", f"{name} cannot be read: {error.strerror}") from None
