"""`microcred doctor`: say whether this installation is fit to issue."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from typing import Any

from issuer import audit, migrations
from issuer.errors import IssuerError
from microcred.cli.context import Context
from microcred.installation import Installation
from microcred.jobs import state_of_jobs
from microcred.warnings import warnings
from openbadge import contexts
from openbadge.multikey import key_type

Question = tuple[str, Callable[[], str]]


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    parser = commands.add_parser("doctor", help="check that this installation is fit to issue")
    parser.set_defaults(run=_doctor)


def _doctor(_args: argparse.Namespace, context: Context) -> int:
    installation = context.installation()
    failures = 0
    for name, question in _questions(installation):
        try:
            context.say(f"✓ {name}: {question()}")
        except (IssuerError, contexts.ContextFileError) as error:
            failures += 1
            context.say(f"✗ {name}: {error}")
    for warning in warnings(context.world):
        context.say(f"! {warning}")
    context.say(f"To mend: {failures}." if failures else "Fit to issue.")
    return 1 if failures else 0


def _questions(installation: Installation) -> Iterator[Question]:
    yield "vocabularies", _vocabularies
    yield "database", lambda: _database(installation)
    yield "institution", lambda: f"{installation.institution().name}, {installation.institution().did}"
    yield "signing key", lambda: installation.service().signing.issuance().signer.verification_method
    yield "key for tokens", lambda: _token_key(installation)
    yield "audit log", lambda: _audit(installation)
    yield "jobs", lambda: state_of_jobs(installation.service())


def _vocabularies() -> str:
    files = (contexts.contexts(), contexts.schemas())
    for pinned in files:
        for url in pinned.urls:
            pinned.data(url)
    return f"{sum(len(pinned.urls) for pinned in files)} files, all as pinned"


def _token_key(installation: Installation) -> str:
    signer = installation.service().signing.token_signer()
    return f"{key_type(signer.algorithm).jose_algorithm}, {signer.verification_method}"


def _database(installation: Installation) -> str:
    database = installation.database
    return f"{database.describe()}, revision {migrations.check(database).found}, reachable"


def _audit(installation: Installation) -> str:
    with installation.database.begin_read() as tx:
        last = audit.verify(tx)
    return "empty" if last is None else f"{last.seq} entries, chain whole"
