"""Placing the link of a badge in a course (Deep Linking 2.0): what a teacher may choose, each answer signed already.

Only badges that are bound to the course are offered: binding is a decision of the institution, not of a teacher.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from shlex import quote
from typing import Any, Final

from issuer.errors import ForbiddenError
from issuer.lms import lti_deep
from issuer.lms.bindings import Binding, Held, choose_version
from issuer.lms.lti import DeepLinking
from issuer.lms.lti_deep import Link, Request
from issuer.lms.model import Course
from issuer.lms_work.items import Bound
from issuer.lms_work.lti import Arrival, Lti
from issuer.lms_work.lti_claim import asks_for, needs_grade
from issuer.store import bindings as binding_store
from issuer.store import definitions as definition_store
from openbadge.jose import jws

POINTS: Final = 100
"""Of a column for the grade that a badge asks for: percent, which every rule can be read in."""
MAX_OFFERED: Final = 50
"""Badges on one page; a course has one or two."""
_NOTHING: Final = (
    "No badge is bound to this course. Whoever runs the badges can bind it: microcred bindings add {} {} …"
)
_TEACHERS: Final = "Only people who teach the course may place a badge in it."


@dataclass(frozen=True, slots=True)
class Offer:
    """A badge to choose: its Achievement (Open Badges 3.0 section B.1.1), what it asks for, and the signed answer."""

    achievement: Mapping[str, Any]
    asks_for: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a teacher may choose. Every answer goes to `return_url`; `nothing` is the one that places no link."""

    return_url: str
    offers: tuple[Offer, ...]
    nothing: str = field(repr=False)
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Choosing:
    """The choice of one institution. Safe to use from several threads."""

    door: Lti

    def choice(self, arrival: Arrival, asked: DeepLinking) -> Choice:
        """Return what may be placed. Raises `ForbiddenError` for who is no teacher, else as `lti_deep.read`."""
        if not arrival.launch.is_teacher:
            raise ForbiddenError(_TEACHERS)
        request = lti_deep.read(asked, arrival.opened.connection)
        offers = tuple(self._offers(arrival, asked, request))
        sentence = (
            "" if offers else _NOTHING.format(arrival.opened.record.name, quote(arrival.launch.course or "COURSE"))
        )
        return Choice(request.return_url, offers, self._signed(arrival, asked, request, ()), sentence)

    def _offers(self, arrival: Arrival, asked: DeepLinking, request: Request) -> list[Offer]:
        found: dict[str, Offer] = {}
        for binding in self._bindings(arrival)[:MAX_OFFERED]:
            achievement = self._achievement(binding)
            if achievement is not None and binding.definition_id not in found:
                points = POINTS if needs_grade(binding.rule) else None
                link = Link(str(achievement["name"]), self.door.launch_url, binding.definition_id, points)
                token = self._signed(arrival, asked, request, [link])
                found[binding.definition_id] = Offer(achievement, asks_for(binding.rule), token)
        return list(found.values())

    def _bindings(self, arrival: Arrival) -> list[Binding]:
        service = self.door.platforms.service
        with service.database.begin_read(service.institution.id) as tx:
            records = binding_store.among(tx, [arrival.opened.record.id])
        course, now = Course(arrival.launch.course), service.clock()
        return [bound.binding for bound in map(Bound.of, records) if bound.binding.covers(course, now)]

    def _achievement(self, binding: Binding) -> Mapping[str, Any] | None:
        """Return what can be earned now, if the definition is approved and in effect."""
        service = self.door.platforms.service
        with service.database.begin_read(service.institution.id) as tx:
            versions = definition_store.versions_of(tx, [binding.definition_id]).get(binding.definition_id, ())
        chosen = choose_version(binding, versions, Course(binding.course), None, service.clock())
        return None if isinstance(chosen, Held) else service.achievement(binding.definition_id, chosen.version)

    def _signed(self, arrival: Arrival, asked: DeepLinking, request: Request, links: Sequence[Link]) -> str:
        platforms = self.door.platforms
        nonce = platforms.service.database.random_bytes(16).hex()
        claims = lti_deep.response(asked, request, arrival.opened.connection, links, platforms.service.clock(), nonce)
        return jws.sign({"typ": "JWT"}, json.dumps(claims).encode(), platforms.tool.signer(arrival.opened))
