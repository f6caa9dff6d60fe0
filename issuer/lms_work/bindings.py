"""Bindings: which course of which connection leads to which definition, said by a person and never by a title."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from issuer import audit
from issuer.db import Database, Transaction
from issuer.errors import FieldError, NotFoundError
from issuer.lms import rule_json
from issuer.lms_work.connections import Connections
from issuer.lms_work.kinds import KINDS
from issuer.model.definition import MAX_NAME
from issuer.model.fields import text
from issuer.model.lms import LmsBinding
from issuer.store import bindings as store
from issuer.store import definitions as definition_store

RESULTS = ("grade", "percent", "points")
"""What of a report can become a result of the credential."""


@dataclass(frozen=True, slots=True)
class BindingWish:
    """A binding to be made: `rule` is JSON (`issuer.lms.rule_json`), the rest as in `issuer.lms.bindings.Binding`."""

    connection: str
    course: str
    definition_id: str
    rule: Mapping[str, Any]
    section: str | None = None
    term: str | None = None
    version: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    per_term: bool = False
    results: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bindings:
    """The bindings of one institution."""

    database: Database
    connections: Connections
    clock: Callable[[], datetime]

    def add(self, wish: BindingWish, actor: str) -> LmsBinding:
        """Bind a course; the caller lets held reports be looked at again (`Platforms.release`).

        Raises `NotFoundError` for the connection, `FieldError` for a definition or version that is not known, a rule
        that is none, a result that the definition does not describe, a time that ends before it begins, and a section
        or term where the source names none.
        """
        connection = self.connections.get(wish.connection)
        _check_parts(wish, connection.record.kind)
        now = self.clock()
        with self.database.begin_write(self.connections.institution_id) as tx:
            record = _record(tx, wish, connection.record.id, actor, now)
            store.add(tx, record)
            detail = {"connection": wish.connection, "course": wish.course, "definition": wish.definition_id}
            audit.append(tx, now, actor, "binding.add", str(record.id), detail)
        return record

    def every(self) -> tuple[LmsBinding, ...]:
        """Return all bindings."""
        with self.database.begin_read(self.connections.institution_id) as tx:
            return store.every(tx)

    def remove(self, binding_id: UUID, actor: str) -> None:
        """Let a binding end; what it led to stays. Raises `NotFoundError`."""
        now = self.clock()
        with self.database.begin_write(self.connections.institution_id) as tx:
            if not store.remove(tx, binding_id, now):
                raise NotFoundError("There is no such binding here.")
            audit.append(tx, now, actor, "binding.remove", str(binding_id), {})


def _record(tx: Transaction, wish: BindingWish, connection_id: UUID, actor: str, now: datetime) -> LmsBinding:
    _check(tx, wish)
    return LmsBinding(
        id=tx.new_id(now),
        institution_id=tx.institution_id,
        connection_id=connection_id,
        course=text(MAX_NAME)(wish.course, "course"),
        definition_id=wish.definition_id,
        rule=rule_json.write_rule(rule_json.read_rule(wish.rule)),
        results=dict(wish.results),
        per_term=wish.per_term,
        created_by=actor,
        created_at=now,
        section=wish.section,
        term=wish.term,
        version=wish.version,
        valid_from=wish.valid_from,
        valid_until=wish.valid_until,
    )


def _check(tx: Transaction, wish: BindingWish) -> None:
    versions = definition_store.versions_of(tx, [wish.definition_id]).get(wish.definition_id, ())
    known = [item for item in versions if wish.version in (None, item.version)]
    if not known:
        raise FieldError("version" if versions else "definition", "is not known here")
    described = {result.id for item in known for result in item.definition.results}
    for name, result in wish.results.items():
        if name not in RESULTS:
            raise FieldError("results", f"must be named {', '.join(RESULTS)}")
        if result not in described:
            raise FieldError("results", f"“{result}” is not described by the definition")
    if wish.valid_from is not None and wish.valid_until is not None and wish.valid_until <= wish.valid_from:
        raise FieldError("until", "must lie after the beginning")


def _check_parts(wish: BindingWish, kind: str) -> None:
    """A binding to what is never reported would never match, and nobody would know why."""
    parts = {"section": wish.section, "term": wish.term, "per-term": wish.per_term}
    asked = [name for name, value in parts.items() if value]
    if asked and not KINDS[kind].has_parts:
        raise FieldError(asked[0], f"does not work here, since {kind} names a course only. Bind the whole course.")
