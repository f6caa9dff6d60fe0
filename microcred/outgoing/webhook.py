"""Calls to the institution: a signed POST for each credential that was issued or revoked, and each batch that is done.

Signed as the Standard Webhooks convention has it: HMAC-SHA256 over `id.timestamp.body`, in `webhook-signature`. The id
is the same when a call is made again, so that whoever receives it can tell.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from issuer.jobs.deliveries import DeliveryError
from issuer.jobs.notice import About, Notice
from issuer.jobs.settings import Callback
from issuer.lms.connection import Secret
from issuer.lms.credentials import SIGNATURE_HEADER, sign
from openbadge import timestamps

EVENTS: Final = frozenset({"credential.issue", "credential.reissue", "credential.revoke", "batch.done"})
GONE: Final = 410
"""The status with which a receiver says that it wants no more calls."""


class Post(Protocol):
    """Posts a body."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Return the status of the answer; raises `DeliveryError`."""
        ...


@dataclass(frozen=True, slots=True)
class Webhook:
    """Calls one address."""

    callback: Callback
    network: Post
    clock: Callable[[], datetime]
    name: str = "webhook"
    events: frozenset[str] = EVENTS
    to_learner: bool = False

    def send(self, notice: Notice) -> None:
        """Make the call; any 2xx status takes it. Raises `DeliveryError`."""
        body = json.dumps(_content(notice), ensure_ascii=False).encode()
        status = self.network.post(self.callback.url, self._headers(str(notice.id), body), body)
        if not 200 <= status < 300:
            raise DeliveryError(f"The address answered with status {status}.", is_final=status == GONE)

    def _headers(self, name: str, body: bytes) -> dict[str, str]:
        now = self.clock()
        signed = [sign(Secret("callback", secret), name, now, body) for secret in self.callback.secrets]
        return {**signed[0], SIGNATURE_HEADER: " ".join(headers[SIGNATURE_HEADER] for headers in signed)}


def _content(notice: Notice) -> dict[str, Any]:
    return {
        "id": str(notice.id),
        "event": notice.event,
        "at": timestamps.write(notice.at),
        "institution": {"id": notice.institution.did, "name": notice.institution.name},
        "subject": notice.subject,
        "credential": None if notice.about is None else _credential(notice.about),
    }


def _credential(about: About) -> dict[str, Any]:
    completion = about.completion
    return {
        "id": about.credential.public_id,
        "url": about.url,
        "definition": {"id": about.definition_id, "version": about.version, "name": about.achievement},
        "completion": {"id": str(completion.id), "source": completion.source, "sourceId": completion.source_id},
        "learner": {"id": completion.person},
    }
