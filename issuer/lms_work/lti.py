"""Logins of LTI 1.3 at work: begun for one browser, and good for one launch in it (Security Framework 1.0 section 5.1).

What comes of a launch is said by `issuer.lms_work.lti_claim`.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from issuer.db import Transaction
from issuer.errors import FieldError, NotFoundError
from issuer.group import GroupCommit
from issuer.lms import lti, lti_api
from issuer.lms.errors import SignatureError
from issuer.lms.lti import Launch
from issuer.lms.tokens import key_id
from issuer.lms_work.connections import Opened
from issuer.lms_work.lti_tool import KIND, Tool
from issuer.lms_work.platforms import Platforms
from issuer.model.canonical import sha256
from issuer.model.lms import LtiCourse, LtiLogin
from issuer.store import lti_courses as courses
from issuer.store import lti_logins as store
from openbadge.multibase import base64url_encode

LOGIN_TIME: Final = timedelta(minutes=10)
"""How long a login may take: most platforms answer at once, some let the person sign in first."""
SECRET_BYTES: Final = 32
"""Bytes of state, nonce and cookie: none can be guessed (OpenID Connect Core 1.0 section 15.5.2)."""
MAX_HINT: Final = 4_000
"""Characters of a hint, which goes back to the platform as it came; Canvas makes a token of it, with about 1,000."""
MAX_UNDER_WAY: Final = 20_000
"""Logins of one connection, with 250 bytes each. Anybody can begin one; beyond this the oldest makes room, since a
refusal would let a stranger shut a platform's learners out. One of a learner is used within seconds."""

_AGAIN: Final = "Go back to your course and open the link again."
_USED: Final = f"This link was opened already, or too long ago. {_AGAIN}"
_ELSEWHERE: Final = (
    "Your browser did not keep the cookie that belongs to this link. "
    "Open the link in a new window, or allow cookies for this site."
)
_ERROR: Final = re.compile("[a-z_]{1,60}")


@dataclass(frozen=True, slots=True)
class Login:
    """A login that was begun: where it goes on, and what the browser has to keep for it."""

    url: str = field(repr=False)
    state: str = field(repr=False)
    browser: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A launch that is proved and used up, and the connection that it came through."""

    opened: Opened
    launch: Launch


class Lti:
    """The door for launches of one institution. Safe to use from several threads."""

    def __init__(self, platforms: Platforms) -> None:
        service = platforms.service
        self.platforms = platforms
        self.tool: Tool = platforms.tool
        self.base_url = service.addresses.base_url
        self._database = service.database
        self._institution_id = service.institution.id
        self._clock = service.clock
        self._begun = GroupCommit(self._store)
        platforms.at_end.callback(self._begun.close)

    @property
    def launch_url(self) -> str:
        """Where platforms send launches to."""
        return f"{self.base_url}/lti/launch"

    def begin(self, asked: Mapping[str, str]) -> Login:
        """Begin a login with the parameters of a login initiation (Security Framework 1.0 section 5.1.1.1).

        Raises `NotFoundError` for a platform, client or deployment that is not connected, `FieldError` for a parameter
        that is missing or wrong, above all for a link that leads elsewhere, `BusyError` when too many are begun.
        """
        opened = self._asking(asked)
        self._check_target(asked.get("target_link_uri", ""))
        if not asked.get("login_hint"):
            raise FieldError("login_hint", "is missing")
        for name in ("login_hint", "lti_message_hint"):
            if len(asked.get(name, "")) > MAX_HINT:
                raise FieldError(name, f"has more than {MAX_HINT:,} characters")
        state, nonce, browser = (base64url_encode(self._database.random_bytes(SECRET_BYTES)) for _ in range(3))
        hashes = (_hash(state), self._institution_id, opened.record.id, _hash(browser), _hash(nonce))
        self._begun.submit(LtiLogin(*hashes, self._clock() + LOGIN_TIME)).result()
        return Login(lti.authorization(opened.connection, asked, state, nonce, self.launch_url), state, browser)

    def launch(self, form: Mapping[str, str], browser: str) -> Arrival:
        """Take a launch in, once: `form` as the platform had it posted, `browser` as the cookie of its state has it.

        Raises `SignatureError` for one that is not from the platform, not for this browser, or used up; `FieldError`
        or `InvalidError` for claims in a wrong form; `SourceError` when the keys of the platform cannot be had.
        """
        login, opened = self._login(form, browser)
        token, now = form.get("id_token", "").encode("ascii", "replace"), self._clock()
        keys = self.platforms.key_sets.keys(opened.connection, key_id(token), now)
        launch = lti.read_launch(token, opened.connection, keys, now)
        if not hmac.compare_digest(_hash(launch.nonce), login.nonce):
            raise SignatureError(f"The launch belongs to another login. {_AGAIN}")
        if launch.target is not None:
            self._check_target(launch.target)
        with self._write() as tx:
            if not store.consume(tx, login):
                raise SignatureError(_USED)
            courses.remember(tx, _course(opened, launch, now))
        return Arrival(opened, launch)

    def origins(self) -> tuple[str, ...]:
        """Return the origins of all platforms in whose pages ours may stand."""
        records = self.platforms.connections.every()
        found = (site_of(record.options, record.namespace) for record in records if record.kind == KIND)
        return tuple(origin for origin in dict.fromkeys(found) if origin)

    def _store(self, logins: Sequence[LtiLogin]) -> list[None]:
        """Store logins that are begun: whoever begins one has proved nothing yet, so they share a transaction."""
        with self._write() as tx:
            store.drop_expired(tx, self._clock())
            store.add(tx, *logins)
            for connection_id in {login.connection_id for login in logins}:
                store.make_room(tx, connection_id, MAX_UNDER_WAY)
        return [None for _ in logins]

    def _login(self, form: Mapping[str, str], browser: str) -> tuple[LtiLogin, Opened]:
        """Return the login that a launch answers, and its connection."""
        with self._database.begin_read(self._institution_id) as tx:
            login = store.by_state(tx, _hash(form.get("state", "")))
            found = {} if login is None else self.platforms.connections.within(tx, [login.connection_id])
        if login is None or login.expires_at <= self._clock():
            raise SignatureError(_USED)
        opened = found[login.connection_id]
        if opened.record.removed_at is not None:
            raise SignatureError("This learning platform is connected no more.")
        if not hmac.compare_digest(_hash(browser), login.browser):
            raise SignatureError(_ELSEWHERE)
        if "error" in form:
            reason = form["error"] if _ERROR.fullmatch(form["error"]) else "no reason that can be read"
            raise SignatureError(f"The learning platform did not let you in ({reason}). Sign in there. {_AGAIN}")
        return login, opened

    def _asking(self, asked: Mapping[str, str]) -> Opened:
        """Return the connection to the platform that begins a login."""
        issuer = asked.get("iss", "").rstrip("/")
        names = [one.name for one in self.platforms.connections.every() if (one.kind, one.namespace) == (KIND, issuer)]
        for opened in self.platforms.connections.named(names).values():
            if "client_id" not in opened.record.options:
                continue  # it waits for its platform
            client = asked.get("client_id") or opened.connection.option("client_id")
            deployment = asked.get("lti_deployment_id")
            agreed = deployment is None or deployment in lti.deployments(opened.connection)
            if agreed and client == opened.connection.option("client_id"):
                return opened
        raise NotFoundError("This learning platform, client or deployment is not connected here. Ask who runs it.")

    def _check_target(self, url: str) -> None:
        """Refuse links that lead elsewhere (LTI Core 1.3 section 5.3.5): this is no door to other sites."""
        own, asked = urlsplit(self.launch_url), _split(url)
        if asked != (own.scheme, own.netloc, own.path):
            raise FieldError("target_link_uri", f"must be {self.launch_url}")

    def _write(self) -> AbstractContextManager[Transaction]:
        return self._database.begin_write(self._institution_id)


def site_of(options: Mapping[str, str], namespace: str) -> str:
    """Return the origin at which people use a platform: that of its setting `site`, else that of its issuer."""
    return lti_api.origin(options.get("site", namespace))


def _course(opened: Opened, launch: Launch, now: datetime) -> LtiCourse:
    where = (launch.line_items or "", launch.memberships or "")
    return LtiCourse(opened.record.id, launch.course, opened.record.institution_id, *where, now)


def _split(url: str) -> tuple[str, str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", "", ""
    return parts.scheme, parts.netloc, parts.path


def _hash(secret: str) -> bytes:
    return sha256(secret.encode())
