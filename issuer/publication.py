"""Publishing status lists: signed documents that tell every decision made so far, and are never old."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from issuer import status
from issuer.db import Database, Transaction
from issuer.errors import NotFoundError
from issuer.issue import CRYPTOSUITE
from issuer.keys import Signer
from issuer.model import Institution, StatusPublication
from issuer.model.profile import LIST_SUITES
from issuer.signing import Signing
from issuer.status_document import RENEWAL, signed, status_list_document
from issuer.store import profiles
from issuer.store import status_lists as store
from openbadge import strict_json


class StatusPublisher:
    """Signs and serves the status lists of one institution."""

    def __init__(
        self,
        database: Database,
        institution: Institution,
        signing: Signing,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._institution = institution
        self._signing = signing
        self._clock = clock

    def current(self, list_id: UUID) -> StatusPublication:
        """Return the publication to serve now; signs a new one if a decision is missing in it, it is a day old, or a
        key was revoked since: a list of a revoked key would take every credential in it down, those of new keys too.

        Raises `NotFoundError` for a list that is not of this institution, and what opening the key raises.
        """
        now = self._clock()
        with self._database.begin_read(self._institution.id) as tx:
            if self._is_fresh(tx, list_id, now):
                return self._latest(tx, list_id)
        with self._database.begin_write(self._institution.id) as tx:
            if self._is_fresh(tx, list_id, now):
                return self._latest(tx, list_id)
            return self.publish(tx, list_id, now)

    def publish(self, tx: Transaction, list_id: UUID, now: datetime) -> StatusPublication:
        """Sign the list as it stands in this transaction, and store it as the newest publication."""
        record = status.get(tx, list_id)
        issuer, cryptosuite, signer = self._issuer(tx, record.profile_id)
        document = status_list_document(record.url, issuer, record.purpose, status.bits(tx, list_id), now)
        credential = signed(document, cryptosuite, signer, now)
        return store.publish(tx, list_id, strict_json.dumps(credential), now)

    def _issuer(self, tx: Transaction, profile_id: UUID | None) -> tuple[str, str, Signer]:
        """Whose list it is: a verifier wants it signed by the issuer of the credentials that are in it."""
        if profile_id is None:
            return self._institution.did, CRYPTOSUITE, self._signing.issuance().signer
        profile = profiles.get(tx, profile_id)
        return profile.did, LIST_SUITES[profile.key_type], self._signing.signer(profile.did, profile.key_type)

    def _is_fresh(self, tx: Transaction, list_id: UUID, now: datetime) -> bool:
        record = status.get(tx, list_id)
        if record.institution_id != self._institution.id:
            raise NotFoundError("There is no such status list.")
        latest = store.latest(tx, list_id)
        if latest is None or now - latest.signed_at >= RENEWAL or not status.is_published(tx, list_id):
            return False
        revoked = None if record.profile_id is not None else self._signing.last_revocation()
        return revoked is None or latest.signed_at > revoked

    def _latest(self, tx: Transaction, list_id: UUID) -> StatusPublication:
        latest = store.latest(tx, list_id)
        if latest is None:
            raise RuntimeError("a list that is fresh has been published")
        return latest
