"""What this tool is to LTI platforms: its keys, and its questions to their services.

The secret of a connection of the kind `lti` is a key of the tool (`issuer.lms_work.drawing.draw_key`). While one
replaces another, the key set shows both, and the older one signs to its end: so platforms that keep key sets for a
while know the newer one before it signs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from issuer.keys import Signer
from issuer.keys_kinds import kind
from issuer.lms import lti_api
from issuer.lms.ask import Answer, Request
from issuer.lms.connection import Secret
from issuer.lms.errors import SourceError
from issuer.lms_work.asking import Ask
from issuer.lms_work.connections import Connections, Opened

KIND: Final = "lti"
SILENCE: Final = timedelta(seconds=30)
"""How long a platform that did not answer is left alone: else every learner of a course would wait for it in turn."""
_MARGIN: Final = timedelta(seconds=30)
"""How long before its end a token is used no more: a question takes up to twenty seconds."""


@dataclass(slots=True)
class Tool:
    """The tool of one institution. Safe to use from several threads."""

    connections: Connections
    clock: Callable[[], datetime]
    send: Ask
    _tokens: dict[tuple[UUID, int, str], tuple[str, datetime]] = field(default_factory=dict, repr=False)
    _signers: dict[tuple[UUID, str], Signer] = field(default_factory=dict, repr=False)
    _silent: dict[UUID, datetime] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def signer(self, opened: Opened) -> Signer:
        """Return what signs for a connection (RS256); its name is the `kid` in the key set. Raises `KeyStoreError`."""
        return self._signer(opened, next(opened.connection.secrets_at(self.clock())))

    def key_set(self) -> dict[str, Any]:
        """Return the public keys of all connections that are in force, as a JWKS (RFC 7517 section 5)."""
        now = self.clock()
        names = [record.name for record in self.connections.every() if record.kind == KIND]
        return {
            "keys": [
                _jwk(self._signer(opened, secret))
                for opened in self.connections.named(names).values()
                for secret in opened.connection.secrets_at(now)
            ]
        }

    def ask(self, opened: Opened, scope: str, make: Callable[[str], Request]) -> Answer:
        """Ask a service of a platform; `make` gets an access token for `scope` and returns the request.

        Raises `SourceError`, also for an address that is not the platform's, and `FieldError` for an answer about the
        token that is none.
        """
        answer = self._asked(opened, make(self.token(opened, scope)))
        if answer.status == 401:  # the platform may take a token back before its time
            answer = self._asked(opened, make(self.token(opened, scope, fresh=True)))
        return answer

    def token(self, opened: Opened, scope: str, *, fresh: bool = False) -> str:
        """Return an access token, kept for as long as it is good; `fresh` asks for a new one. Errors as for `ask`."""
        now, name = self.clock(), _token_name(opened, scope)
        with self._lock:
            text, until = self._tokens.get(name, ("", now))
        if until > now and not fresh:
            return text
        request = lti_api.token_request(
            opened.connection, self.signer(opened), now, self.connections.database.random_bytes, scope
        )
        answer = self._sent(opened, request)
        if answer.status in (400, 401, 403):
            raise SourceError(_NO_ACCESS.format(answer.status), "access")
        token = lti_api.read_token(answer)
        with self._lock:
            self._tokens[name] = (token.text, now + timedelta(seconds=token.seconds) - _MARGIN)
        return token.text

    def _asked(self, opened: Opened, request: Request) -> Answer:
        lti_api.check_service(request.url, opened.connection)
        return self._sent(opened, request)

    def _sent(self, opened: Opened, request: Request) -> Answer:
        """Send a request, unless the platform did not answer the one before, a moment ago."""
        name, now = opened.record.id, self.clock()
        if now < self._silent.get(name, now):
            raise SourceError("The platform did not answer a moment ago.", "silent", retry=True)
        try:
            answer = self.send(request)
        except SourceError:
            self._silent[name] = self.clock() + SILENCE
            raise
        if answer.status >= 500:
            self._silent[name] = self.clock() + SILENCE
        return answer

    def _signer(self, opened: Opened, secret: Secret) -> Signer:
        """Read a key once: that takes OpenSSL some milliseconds, and anybody may ask for the key set."""
        name = (opened.record.id, secret.id)
        if name not in self._signers:
            key_id = f"{opened.record.name}-{secret.id}"
            self._signers[name] = Signer.of(key_id, kind("RSA").from_secret(secret.value))
        return self._signers[name]


def _token_name(opened: Opened, scope: str) -> tuple[UUID, int, str]:
    return opened.record.id, opened.record.revision, scope


def _jwk(signer: Signer) -> dict[str, Any]:
    return {**signer.public_key.jwk(), "kid": signer.verification_method, "alg": "RS256", "use": "sig"}


_NO_ACCESS: Final = (
    "The platform gives this tool no access (HTTP {}). Check client id, key set, and the services that it may use."
)
