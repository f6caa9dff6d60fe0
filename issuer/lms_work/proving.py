"""Proving a connection: does a message of it get through, can the platform be asked, is anything bound?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from issuer.errors import IssuerError
from issuer.lms import canvas_api, credentials, moodle_api, xapi_api
from issuer.lms.adapters import ADAPTERS
from issuer.lms.ask import value
from issuer.lms.connection import Connection, Incoming
from issuer.lms.errors import SourceError
from issuer.lms_work import lti_proving, lti_tool
from issuer.lms_work.asking import Ask
from issuer.lms_work.key_sets import OPTION, fetch
from issuer.lms_work.platforms import Platforms

Finding = tuple[bool, str]
"""Whether something is as it must be, and a sentence about it."""


def prove(platforms: Platforms, name: str) -> list[Finding]:
    """Try a connection out and return what was found. Raises `NotFoundError`."""
    opened = platforms.connections.get(name)
    connection = opened.connection
    bound = sum(item.connection_id == opened.record.id for item in platforms.bindings.every())
    ask = platforms.asking.ask
    found = [_signature(connection, platforms.service.clock(), ask), _people(connection, creates=opened.rules.creates)]
    found.append((bound > 0, f"{bound} courses are bound." if bound else "No course is bound yet: `bindings add`."))
    if connection.api_token:
        found.append(_interface(connection, ask))
    return found + (lti_proving.prove(platforms, opened) if connection.kind == lti_tool.KIND else [])


def _signature(connection: Connection, now: datetime, ask: Ask) -> Finding:
    """Prove that a message with the newest secret is taken for the platform's."""
    if connection.kind not in ADAPTERS:
        return True, "Files come from people: there is nothing to sign."
    if connection.kind in ("canvas", lti_tool.KIND):
        return _keys(connection, ask)
    way = connection.options.get("auth", "hmac")
    if way != "hmac":
        return bool(connection.secrets), f"Messages prove themselves by {way}; what they say is not signed."
    headers = credentials.sign(connection.secrets[-1], "microcred-test", now, _BODY)
    try:
        credentials.check_hmac(Incoming(_BODY, headers), connection, now)
    except IssuerError as error:
        return False, error.detail
    return True, "A message signed with the newest secret is accepted."


def _keys(connection: Connection, ask: Ask) -> Finding:
    """Show that there are keys by which what is signed can be checked, fetching them as the service will."""
    if connection.keys:
        return True, f"{len(connection.keys)} public keys of the platform are known, and none are fetched."
    if not connection.options.get(OPTION):
        return False, f"No public keys: give their address as the option {OPTION}, or the keys by `connections keys`."
    try:
        count = len(fetch(connection.options[OPTION], ask))
    except SourceError as error:
        return False, f"The keys of the platform could not be fetched. {error.detail}"
    return count > 0, f"{count} public keys are at the address that the platform publishes them at."


def _people(connection: Connection, *, creates: bool) -> Finding:
    if connection.sis:
        more = " New ones make new records." if creates else ""
        return True, f"Learners are known by the numbers of {connection.sis}.{more}"
    return True, "Its student numbers are not relied on: learners need records (`microcred persons add`)."


def _interface(connection: Connection, ask: Ask) -> Finding:
    try:
        return _TESTS[connection.kind](connection, ask)
    except IssuerError as error:
        return False, error.detail


def _moodle(connection: Connection, ask: Ask) -> Finding:
    missing = moodle_api.missing_functions(ask(moodle_api.site_info(connection)))
    if missing:
        return False, f"The token lacks the functions {', '.join(missing)}."
    return True, "Moodle answers, and the token may call what is needed."


def _canvas(connection: Connection, ask: Ask) -> Finding:
    value(ask(canvas_api.whoami(connection)))
    return True, "Canvas answers."


def _xapi(connection: Connection, ask: Ask) -> Finding:
    answer = ask(xapi_api.since(connection, ""))
    if answer.status != 200:
        raise SourceError(f"The record store answered with HTTP {answer.status}.")
    return True, "The record store answers."


_TESTS: Final[dict[str, Callable[[Connection, Ask], Finding]]] = {
    "moodle": _moodle,
    "canvas": _canvas,
    "xapi": _xapi,
}
_BODY: Final = b"{}"
