"""Registrars' files, CSV and XLSX, as batches: each row is a report of a connection of the kind `table`.

The media type of the batch names the connection, and the encoding if a person says it:

    text/csv; connection=registrar; charset=windows-1252

Without a name it is the only connection of that kind.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from issuer.db import Transaction
from issuer.errors import ConflictError, FieldError
from issuer.inbox import Answer, Refusal
from issuer.jobs.batch_work import Way
from issuer.jobs.results import Waiting
from issuer.jobs.rows import Reader, Row
from issuer.lms.model import Origin, Reported
from issuer.lms.table import Batch, RowError, read_table
from issuer.lms_work import filing, report_json
from issuer.lms_work.connections import Opened
from issuer.lms_work.items import Item
from issuer.lms_work.platforms import Platforms
from issuer.model.canonical import sha256
from issuer.model.lms import LmsAward, LmsReport, ReportState
from issuer.store import bindings, completions, credentials, lms_messages, lms_outcomes

CSV: Final = "text/csv"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KIND: Final = "table"
Told = Answer | Waiting | Refusal
"""What became of a row."""
_CONFLICT: Final = "A row with this key came before with other content. A correction needs a new key."


@dataclass(frozen=True, slots=True)
class Line:
    """A row that was read: through which connection it comes, and what it reports."""

    connection_id: UUID
    reported: Reported


@dataclass(frozen=True, slots=True)
class Tables:
    """Files at one institution."""

    platforms: Platforms

    def readers(self) -> dict[str, Reader]:
        """Return how such files are read, by media type."""
        return {CSV: self._rows, XLSX: self._rows}

    def ways(self) -> dict[str, Way]:
        """Return how their rows are taken in, by media type."""
        way = Way(_line, self.take_in)
        return {CSV: way, XLSX: way}

    def take_in(
        self, tx: Transaction, lines: Sequence[Line | Refusal], now: datetime
    ) -> list[Answer | Waiting | Refusal]:
        """Take rows in, in the transaction of a part of a batch; a row that came before changes nothing."""
        good = [line for line in lines if isinstance(line, Line)]
        clashing = filing.file(tx, [filing.Filed(line.connection_id, [line.reported]) for line in good], now)
        stored = lms_messages.by_events(tx, [_name(line) for line in good])
        fresh = [record for record in stored.values() if record.state in (ReportState.NEW, ReportState.HELD)]
        done = {item.record.event_id: item for item in self.platforms.work_on(tx, fresh)}
        told = _Told(tx, done, stored)
        return [_CONFLICTING if _clashes(line, clashing) else told.of(line) for line in lines]

    def _rows(self, body: bytes, parameters: Mapping[str, str]) -> Iterator[Row]:
        """Read a file. Raises `FieldError` and `InvalidError` for the file as a whole."""
        opened = self._connection(parameters.get("connection", ""))
        digest = sha256(body)
        origin = Origin(opened.connection.source, digest, "file", self.platforms.service.clock())
        batch = Batch(digest.hex()[:32], origin, parameters.get("charset"))
        for row in read_table(io.BytesIO(body), batch, opened.connection):
            if isinstance(row, RowError):
                yield Row(row.row, b"", row.message, row.column)
            else:
                form = {"connection": str(opened.record.id), "reported": report_json.write(row.reported)}
                yield Row(row.row, json.dumps(form).encode())

    def _connection(self, name: str) -> Opened:
        found = [record.name for record in self.platforms.connections.every() if record.kind == KIND]
        if name:
            found = [other for other in found if other == name]
        if len(found) != 1:
            raise FieldError("connection", f"name one of the kind {KIND}: `microcred connections add {KIND}` makes one")
        return self.platforms.connections.get(found[0])


class _Told:
    """What is said of rows, from what became of their reports."""

    def __init__(self, tx: Transaction, done: Mapping[str, Item], stored: Mapping[tuple[str, str], LmsReport]) -> None:
        self._tx = tx
        self._done = done
        self._stored = stored
        # Whose a new report is shows only when it is worked on: another file may tell again of who has the badge.
        records = (*stored.values(), *(item.record for item in done.values()))
        people = {record.person_id for record in records if record.person_id is not None}
        awards = lms_outcomes.awards_of(tx, people).values()
        places = bindings.courses(tx, {award.binding_id for award in awards})
        self._awards: dict[tuple[UUID, UUID, str], list[LmsAward]] = {}
        for award in awards:
            self._awards.setdefault((award.person_id, *places[award.binding_id]), []).append(award)

    def of(self, line: Line | Refusal) -> Told:
        if not isinstance(line, Line):
            return line
        item = self._done.get(line.reported.event_id)
        record = self._stored[_name(line)] if item is None else item.record
        if item is not None and item.answer is not None:
            return item.answer
        if record.state is ReportState.AWARDED and record.person_id is not None:
            awards = self._awards[record.person_id, record.connection_id, record.course]
            course = line.reported.course
            term = None if course is None else course.term
            return self._known(next((one for one in awards if one.occurrence == term), awards[-1]).completion_id)
        return Waiting(record.event_id, record.reason_code, record.reason)

    def _known(self, completion_id: UUID) -> Answer:
        completion = completions.by_ids(self._tx, [completion_id])[completion_id]
        key = completion.credential_id
        return Answer(completion, None if key is None else credentials.get(self._tx, key))


def _line(raw: bytes, _actor: str) -> Line:
    form = json.loads(raw)
    return Line(UUID(form["connection"]), report_json.read(form["reported"]))


def _name(line: Line) -> tuple[str, str]:
    return line.reported.origin.source, line.reported.event_id


def _clashes(line: Line | Refusal, clashing: frozenset[filing.Clash]) -> bool:
    return isinstance(line, Line) and (*_name(line), line.reported.digest) in clashing


_CONFLICTING: Final = ConflictError(_CONFLICT)
