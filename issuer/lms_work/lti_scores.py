"""Telling LTI platforms who earned a badge: one point in a column of its own, written after the credential is there.

A channel of deliveries (`issuer.jobs.deliveries`), so that it is tried again until it arrives, and begins when somebody
sets `scores=write`. Only for credentials that a launch or a result of the same platform brought: for nobody else is the
platform's id of the learner known. The column is our own, never the one whose grade the badge asks for.

What is written is how it stands at that moment, as of the last decision: so whichever of several scores comes last, or
twice, the column ends with the point of a badge that holds, and with none of one that is revoked or suspended.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from issuer import status
from issuer.db import Transaction
from issuer.errors import IssuerError
from issuer.jobs.deliveries import DeliveryError
from issuer.jobs.notice import About, Notice
from issuer.lms import lti_services as services
from issuer.lms.ask import Answer, Request
from issuer.lms.errors import SourceError
from issuer.lms.lti_services import Mark
from issuer.lms.model import IdKind
from issuer.lms_work import report_json
from issuer.lms_work.connections import Opened
from issuer.lms_work.lti_tool import KIND
from issuer.lms_work.platforms import Platforms
from issuer.model import AuditEntry
from issuer.store import connections, lti_courses

OPTION: Final = "scores"
WRITE: Final = "write"
"""The setting of a connection that lets scores be written, and its value."""
DONE: Final = 409
"""How platforms answer a score that they have already: its time is not later than that of the one they have."""
_LOST: Final = frozenset({400, 404, 422})
"""Nobody in the course has this id any more, or the column is gone: writing again would not help. Whatever else a
platform answers may pass: a page about maintenance, an access that somebody took away by mistake."""
_Name = tuple[UUID, str, str]
"""What a column is known by: the connection, the address of the course's columns, and the badge."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a score goes: the connection, the address of the course's columns, and the platform's id of the learner."""

    opened: Opened
    line_items: str
    subject: str = field(repr=False)


class Scores:
    """The channel. Safe to use from several threads."""

    name: Final = "lti-scores"
    events: Final = frozenset({"credential.issue", *(f"credential.{verb}" for verb in status.ACTIONS.values())})
    to_learner: Final = False

    def __init__(self, platforms: Platforms) -> None:
        self._platforms = platforms
        self._columns: dict[_Name, str] = {}
        self._making: dict[_Name, threading.Lock] = {}
        self._lock = threading.Lock()

    def is_wanted(self, tx: Transaction) -> bool:
        """Whether any connection wants scores."""
        return bool(_writing(tx))

    def choose(self, tx: Transaction, entries: Sequence[AuditEntry]) -> list[AuditEntry]:
        """Return the entries about credentials that such a connection brought."""
        subjects = {UUID(entry.subject) for entry in entries}
        brought = lti_courses.brought_by(tx, _writing(tx), subjects)
        return [entry for entry in entries if UUID(entry.subject) in brought]

    def send(self, notice: Notice) -> None:
        """Write the score. Raises `DeliveryError`."""
        if notice.about is None:
            raise DeliveryError("The credential is not there any more.", is_final=True)
        try:
            self._write(notice.about)
        except DeliveryError:
            raise
        except SourceError as error:
            raise DeliveryError(error.detail, is_final=error.reason == "address") from None
        except IssuerError as error:
            raise DeliveryError(error.detail) from None

    def _write(self, about: About) -> None:
        place = self._place(about)
        column = self._column(place, about)
        mark = self._mark(about)
        answer = self._platforms.tool.ask(
            place.opened, services.SCORES, lambda token: services.score(column, place.subject, mark, token)
        )
        if answer.status in _LOST:
            self._columns.pop(_name(place, about), None)
        if not 200 <= answer.status < 300 and answer.status != DONE:
            raise _refused(answer)

    def _place(self, about: About) -> _Place:
        service = self._platforms.service
        with service.database.begin_read(service.institution.id) as tx:
            record = lti_courses.report_of(tx, about.completion.id)
            told = None if record is None else lti_courses.get(tx, record.connection_id, record.course)
            opened = {} if record is None else self._platforms.connections.within(tx, [record.connection_id])
        if record is None or told is None or not told.line_items:
            raise DeliveryError("The platform did not say where the columns of this course are.", is_final=True)
        learner = report_json.read(record.content).learner
        subject = learner.id_of(IdKind.LTI) if learner else None
        found = opened[record.connection_id]
        if subject is None or found.record.removed_at is not None:
            raise DeliveryError("The connection, or the learner's id in it, is not there any more.", is_final=True)
        return _Place(found, told.line_items, subject)

    def _mark(self, about: About) -> Mark:
        """Return what a badge is worth now. Its moment is that of the decision: platforms keep the latest."""
        service = self._platforms.service
        with service.database.begin_read(service.institution.id) as tx:
            change = status.current(tx, about.credential)
        comment = f"{about.achievement}: {about.url}"
        if change is None:
            return Mark(1, about.credential.issued_at, comment)
        return Mark(0 if change.is_set else 1, max(change.at, about.credential.issued_at), comment)

    def _column(self, place: _Place, about: About) -> str:
        """Return the column for a badge in a course; made if there is none, by one thread at a time."""
        name = _name(place, about)
        with self._lock:
            making = self._making.setdefault(name, threading.Lock())
        with making:
            column = self._columns.get(name) or self._found_column(place, about) or self._made_column(place, about)
            self._columns[name] = column
            return column

    def _found_column(self, place: _Place, about: About) -> str | None:
        answer = self._asked(place, lambda token: services.columns(place.line_items, about.definition_id, token))
        return services.read_columns(answer, about.definition_id)

    def _made_column(self, place: _Place, about: About) -> str:
        """Make a column, and look again: another process may have made one meanwhile, and all must choose the same."""
        answer = self._asked(
            place, lambda token: services.new_column(place.line_items, about.definition_id, about.achievement, token)
        )
        made = services.read_new_column(answer)
        return self._found_column(place, about) or made

    def _asked(self, place: _Place, make: Callable[[str], Request]) -> Answer:
        answer = self._platforms.tool.ask(place.opened, services.COLUMNS, make)
        if answer.status in _LOST:
            raise _refused(answer)
        return answer


def _name(place: _Place, about: About) -> _Name:
    return place.opened.record.id, place.line_items, about.definition_id


def _refused(answer: Answer) -> DeliveryError:
    return DeliveryError(f"The platform answered with status {answer.status}.", is_final=answer.status in _LOST)


def _writing(tx: Transaction) -> list[UUID]:
    return [one.id for one in connections.every(tx) if one.kind == KIND and one.options.get(OPTION) == WRITE]
