"""`microcred doctor`: say whether this installation is fit to issue."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from issuer import migrations
from issuer.errors import IssuerError
from microcred.cli import doctor_keys, doctor_status
from microcred.cli.context import Context
from microcred.installation import Installation
from microcred.jobs import state_of_jobs
from microcred.warnings import warnings
from openbadge import contexts
from openbadge.errors import OpenBadgeError

Question = tuple[str, Callable[[], str]]


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    parser = commands.add_parser("doctor")
    parser.set_defaults(run=_doctor)


def _doctor(_args: argparse.Namespace, context: Context) -> int:
    installation = context.installation()
    failures = 0
    for name, question in _questions(installation):
        try:
            context.say(f"✓ {name}: {question()}")
        except (IssuerError, OpenBadgeError, contexts.ContextFileError) as error:
            failures += 1
            context.say(f"✗ {name}: {error}")
    more = () if failures else (*_risks(installation), *doctor_keys.warnings(installation))
    for warning in (*warnings(context.world), *more):
        context.say(f"! {warning}")
    context.say(f"To mend: {failures}." if failures else "Fit to issue.")
    return 1 if failures else 0


def _risks(installation: Installation) -> Iterable[str]:
    database = installation.database
    with database.begin_read() as tx:
        return tuple(database.kind.risks(tx.connection))


def _questions(installation: Installation) -> Iterator[Question]:
    yield "vocabularies", _vocabularies
    yield "database", lambda: _database(installation)
    yield "institution", lambda: f"{installation.institution().name}, {installation.institution().did}"
    yield from doctor_keys.questions(installation)
    yield from doctor_status.questions(installation)
    yield "jobs", lambda: state_of_jobs(installation.service())


def _vocabularies() -> str:
    files = (contexts.contexts(), contexts.schemas())
    for pinned in files:
        for url in pinned.urls:
            pinned.data(url)
    return f"{sum(len(pinned.urls) for pinned in files)} files, all as pinned"


def _database(installation: Installation) -> str:
    database = installation.database
    return f"{database.describe()}, revision {migrations.check(database).found}, reachable"
