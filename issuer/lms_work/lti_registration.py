"""Dynamic Registration at work: an invitation for one platform, used once (version 1.0 section 3).

An open address for registrations would let anybody connect a platform, and let our server ask any address. So there is
an invitation first, made by somebody with access to the server: it names the platform and holds for a day.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from issuer.errors import ConflictError, NotFoundError
from issuer.lms import lti_registration as registration
from issuer.lms.lti_registration import Platform, Registered
from issuer.lms_work.connections import Opened, Wish, check
from issuer.lms_work.lti_configuration import SCOPES
from issuer.lms_work.lti_tool import KIND
from issuer.lms_work.platforms import Platforms
from issuer.model.canonical import sha256
from issuer.model.lms import LmsConnection
from openbadge.multibase import base64url_encode

GOOD_FOR: Final = timedelta(days=1)
"""How long an invitation holds: until whoever runs the platform has read the message."""
INVITED: Final = "invitation"
UNTIL: Final = "invited_until"
"""Settings of a connection that waits for its platform: SHA-256 of the token in hex, and when it ends."""
_ACTOR: Final = "lti registration"
_OTHER: Final = (
    "The connection “{0}” waits for its platform already, and inviting again cannot change what it may do with people "
    "(--sis, --create-people, --link-ids), nor its secrets. Say the same as before, or remove it and take another name."
)
_NOTHING: Final = "This invitation was used already, or has ended. Ask whoever runs the badges for another one."


@dataclass(frozen=True, slots=True)
class Asked:
    """What a platform adds to the address that it opens."""

    openid_configuration: str
    registration_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Invitations:
    """The invitations of one institution. Safe to use from several threads."""

    platforms: Platforms

    def invite(self, wish: Wish, actor: str) -> str:
        """Make a connection that waits for its platform, or invite that of one that still waits again.

        Inviting again adds the settings of `wish` to those that it has. Returns the token, which is shown once. Raises
        as `Connections.add`, and `ConflictError` for what inviting again cannot change.
        """
        token = base64url_encode(self.platforms.service.database.random_bytes(32))
        until = self.platforms.service.clock() + GOOD_FOR
        waits = {INVITED: sha256(token.encode()).hex(), UNTIL: until.isoformat()}
        asked, connections = replace(wish, waits=waits), self.platforms.connections
        waiting = connections.named([wish.name]).get(wish.name)
        if waiting is not None and _is_incomplete(waiting.record) and _source(waiting.record) == _source(wish):
            check(asked)
            _check_same(asked, waiting.record)
            options = {**waiting.record.options, **wish.options, **waits}
            connections.change_options(waiting.record, options, actor, "connection.invite")
        else:
            connections.add(asked, actor)
        return token

    def register(self, token: str, asked: Asked) -> Opened:
        """Register this tool with the platform that an invitation is for, and complete the connection.

        Of many at the same time, one gets through. What fails leaves the invitation as it was. Raises `NotFoundError`
        for no such invitation, `StateError` for one that is being used, and errors as those of `lti_registration`.
        """
        record = self._invited(token)
        connections = self.platforms.connections
        rest = {name: value for name, value in record.options.items() if name not in (INVITED, UNTIL)}
        connections.change_options(record, rest, _ACTOR, "connection.register")
        opened = connections.get(record.name)
        try:
            platform, given = self._registered(opened, asked)
            found = connections.change_options(
                opened.record, {**rest, **_options(platform, given)}, _ACTOR, "connection.registered"
            )
        except Exception:
            connections.change_options(opened.record, record.options, _ACTOR, "connection.invite")
            raise
        return found

    def _invited(self, token: str) -> LmsConnection:
        digest, now = sha256(token.encode()).hex(), self.platforms.service.clock()
        for record in self.platforms.connections.every():
            known = record.options.get(INVITED, "")
            ours = record.kind == KIND and hmac.compare_digest(known, digest)
            if ours and datetime.fromisoformat(record.options[UNTIL]) > now:
                return record
        raise NotFoundError(_NOTHING)

    def _registered(self, opened: Opened, asked: Asked) -> tuple[Platform, Registered]:
        ask, service = self.platforms.asking.ask, self.platforms.service
        request = registration.discovery(asked.openid_configuration, opened.connection)
        platform = registration.read_platform(ask(request), opened.connection)
        scopes = frozenset(SCOPES) if platform.scopes is None else frozenset(SCOPES) & platform.scopes
        tool = registration.tool(service.addresses.base_url, service.institution.name, scopes)
        answer = ask(registration.register(platform, tool, asked.registration_token))
        return platform, registration.read_registered(answer)


def _is_incomplete(record: LmsConnection) -> bool:
    """Whether a platform has not registered: it was only invited, or the program died while it did."""
    return record.kind == KIND and "client_id" not in record.options


def _source(one: LmsConnection | Wish) -> tuple[str, str]:
    return one.kind, one.namespace


def _check_same(wish: Wish, record: LmsConnection) -> None:
    """Raise `ConflictError` for a wish that says of people or secrets what the connection does not have."""
    are_people_same = (wish.sis, wish.creates, wish.links) == (record.sis, record.creates, record.links)
    if not are_people_same or wish.secret is not None or wish.api_token or wish.keys:
        raise ConflictError(_OTHER.format(record.name))


def _options(platform: Platform, given: Registered) -> Mapping[str, Any]:
    found = {
        "client_id": given.client_id,
        "deployment_id": given.deployment_id,
        "authorize": platform.authorize,
        "token": platform.token,
        "jwks": platform.jwks,
    }
    return found if platform.audience is None else {**found, "audience": platform.audience}
