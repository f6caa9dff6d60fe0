"""`microcred audit`: prove the audit log, sign checkpoints of it, and write it out."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from issuer import audit
from issuer.checkpoints import Checkpoints
from issuer.db import Transaction
from issuer.model import AuditEntry
from issuer.model.forms import instant, instant_text
from microcred.cli.context import Context


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    actions = commands.add_parser("audit").add_subparsers(dest="action", required=True)
    verify = actions.add_parser("verify", help="check the whole log and all checkpoints: exit 0 whole, 1 not")
    verify.add_argument(
        "--checkpoint", metavar="FILE", type=Path, action="append", default=[], help="one kept elsewhere; repeatable"
    )
    verify.set_defaults(run=_verify)
    checkpoint = actions.add_parser("checkpoint", help="sign which hash the log has now; keep it elsewhere")
    checkpoint.add_argument("--out", metavar="FILE", type=Path, help="default: print it")
    checkpoint.set_defaults(run=_checkpoint)
    export = actions.add_parser("export", help="write the log as lines of JSON")
    export.add_argument("--since", metavar="TIME", help="entries from then on (default: all)")
    export.add_argument("--out", metavar="FILE", type=Path, help="default: print it")
    export.set_defaults(run=_export)


def _verify(args: argparse.Namespace, context: Context) -> int:
    tokens = [line for path in args.checkpoint for line in path.read_text("ascii").split()]
    proof = Checkpoints(context.service()).prove(tokens)
    context.say(f"The audit log: {proof}.")
    if proof.last is not None and proof.proven is None:
        context.say("`microcred audit checkpoint --out FILE` makes one; keep the file on another machine.")
    return 0


def _checkpoint(args: argparse.Namespace, context: Context) -> int:
    made = Checkpoints(context.service()).make()
    if made is None:
        context.say("The audit log is empty.")
    elif args.out is None:
        context.say(made.token)
    else:
        args.out.write_text(made.token + "\n", "ascii")
        context.say(f"{args.out} proves the log up to entry {made.seq}. Keep it on another machine.")
    return 0


def _export(args: argparse.Namespace, context: Context) -> int:
    since = None if args.since is None else instant(args.since, "--since")
    service = context.service()
    with service.database.begin_read(unhurried=True) as tx:
        found = (entry for entry in _entries(tx) if since is None or entry.at >= since)
        if args.out is None:
            _write(found, context.streams.stdout)
        else:
            with args.out.open("w", encoding="utf-8") as file:
                context.say(f"{_write(found, file)} entries are in {args.out}.")
    return 0


def _entries(tx: Transaction) -> Iterator[AuditEntry]:
    after = 0
    while batch := audit.entries(tx, after):
        yield from batch
        after = batch[-1].seq


def _write(entries: Iterator[AuditEntry], file: TextIO) -> int:
    count = 0
    for entry in entries:
        file.write(json.dumps(_shape(entry), ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n")
        count += 1
    return count


def _shape(entry: AuditEntry) -> dict[str, Any]:
    """The members whose canonical JSON is hashed, and the hash."""
    return {
        "seq": entry.seq,
        "at": instant_text(entry.at),
        "institution": None if entry.institution_id is None else str(entry.institution_id),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "detail": entry.detail,
        "previous": entry.previous_hash.hex(),
        "hash": entry.hash.hex(),
    }
