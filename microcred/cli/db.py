"""`microcred db`: bring the database to the form that this version of the program expects."""

from __future__ import annotations

import argparse
from typing import Any

from issuer import migrations
from microcred.cli.context import Context
from microcred.installation import open_installation, require_home, settings_of


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    actions = commands.add_parser("db", help="the database").add_subparsers(dest="action", required=True)
    upgrade = actions.add_parser("upgrade", help="bring the database to the newest form; harmless if it has that")
    upgrade.set_defaults(run=_upgrade)


def _upgrade(_args: argparse.Namespace, context: Context) -> int:
    settings = settings_of(context.world)
    require_home(settings.home)
    installation = open_installation(settings, context.world, create=True)
    context.say(f"The database is at revision {migrations.check(installation.database).found}.")
    return 0
