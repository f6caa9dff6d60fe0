"""`microcred db`: bring the database up to date, look it through, copy it out and fill it again."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

from issuer import audit, migrations, status
from issuer.backup import backup
from issuer.backup_format import Manifest, Progress
from issuer.db import Database
from issuer.errors import IssuerError
from issuer.integrity import CHECKS
from issuer.restore import restore
from issuer.store import institutions
from microcred.cli.context import Context
from microcred.installation import make_home, open_home_database, require_home, settings_of

_EVERY: Final = 20_000
"""Rows between two lines that say how far a long copy is: some seconds, and a multiple of a batch."""
_NO_KEYS: Final = "The signing keys are not in it: keep {keys} and its passphrase as well, apart from the backup."


_SEALED: Final = (
    "{count} status lists get no new entries, since credentials issued after the backup may have them. If there is a "
    "newer copy of the audit log, `microcred status take-over FILE` makes its revocations and suspensions again."
)


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    actions = commands.add_parser("db").add_subparsers(dest="action", required=True)
    upgrade = actions.add_parser("upgrade", help="bring the database to the newest form; harmless if it has that")
    check = actions.add_parser("check", help="look through everything: exit 0 whole, 1 not")
    copy = actions.add_parser("backup", help="write everything but the keys into a file, while others go on working")
    fill = actions.add_parser("restore", help="fill an empty database of any kind from such a file")
    fill.add_argument("--force", action="store_true", help="remove the data that is in the database")
    for parser in (copy, fill):
        parser.add_argument("file", metavar="FILE", type=Path)
    for parser, run in ((upgrade, _upgrade), (check, _check), (copy, _backup), (fill, _restore)):
        parser.set_defaults(run=run)


def _upgrade(_args: argparse.Namespace, context: Context) -> int:
    database = _open(context)
    before = migrations.check(database).found
    migrations.upgrade(database)
    after = migrations.check(database).found
    if before == after:
        context.say(f"The database is at revision {after}, the newest, as it was.")
    else:
        context.say(f"The database went from revision {before or 'none, being empty,'} to {after}.")
    return 0


def _check(_args: argparse.Namespace, context: Context) -> int:
    database = _open(context)
    wrong = 0
    for name, check in CHECKS.items():
        with database.begin_read(unhurried=True) as tx:
            try:
                context.say(f"✓ {name}: {check(database, tx)}")
            except IssuerError as error:
                wrong += 1
                context.say(f"✗ {name}: {error.detail}")
                if name == "schema":  # the others ask about tables as this version has them
                    break
    context.say(f"Not as it must be: {wrong}." if wrong else f"All is whole in {database.describe()}.")
    return 1 if wrong else 0


def _backup(args: argparse.Namespace, context: Context) -> int:
    manifest = backup(_open(context), args.file, context.world.clock(), _progress(context))
    context.say(f"{args.file} holds {manifest.rows} rows of revision {manifest.revision}.")
    _say_audit(context, manifest)
    context.say(_NO_KEYS.format(keys=settings_of(context.world).keys_directory))
    return 0


def _restore(args: argparse.Namespace, context: Context) -> int:
    make_home(settings_of(context.world).home)
    database = _open(context)
    manifest = restore(database, args.file, _progress(context), force=args.force)
    context.say(f"{manifest.rows} rows of {manifest.created_at} are in {database.describe()}.")
    _say_audit(context, manifest)
    context.say(_SEALED.format(count=_seal(database, manifest, context)))
    context.say(_NO_KEYS.format(keys=settings_of(context.world).keys_directory).replace("keep", "bring back"))
    return _check(args, context)


def _seal(database: Database, manifest: Manifest, context: Context) -> int:
    """Give no status entry of before away: credentials that were issued after the backup may have it."""
    with database.begin_write() as tx:
        scopes = [tx.within(institution.id) for institution in institutions.every(tx)]
        count = sum(status.seal(scope) for scope in scopes)
        detail = {"backup": manifest.created_at, "sealed": count}
        audit.append(tx, context.world.clock(), "microcred", "database.restore", manifest.source, detail)
    return count


def _open(context: Context) -> Database:
    settings = settings_of(context.world)
    require_home(settings.home)
    return open_home_database(settings, context.world)[0]


def _say_audit(context: Context, manifest: Manifest) -> None:
    context.say(f"The audit log ends with entry {manifest.audit.entries}, hash {manifest.audit.hash}.")


def _progress(context: Context) -> Progress:
    """Say how far a long copy is, on the error stream."""

    def progress(table: str, done: int, total: int) -> None:
        if done % _EVERY == 0:
            print(f"{table}: {done} of {total}", file=context.streams.stderr, flush=True)

    return progress
