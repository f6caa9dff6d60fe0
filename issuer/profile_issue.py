"""Issuing through the VC-API: prove, then sign.

    1. fill the issuer in, keep every rule of the data model (`profile_draft`, `lint.check_any`)
    2. allocate a status entry, if the profile has a status
    3. rehearse: sign with a key that is kept nowhere and have our own verifier accept it (`lint.prove_any`)
    4. sign, and have the verifier accept that, too
    5. record what a later change of status needs, write the audit entry, and only then hand the credential out

The document is not stored: it is the caller's. A status entry of a credential that failed after step 2 is used up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from issuer import audit, clock, status
from issuer.db import Transaction
from issuer.errors import IntegrityError, NotFoundError, StateError
from issuer.keys import Signer, throwaway_signer
from issuer.lint import check_any, prove_any
from issuer.model import StatusSlot, StatusState
from issuer.model.profile import IssuerProfile, ProfileCredential
from issuer.profile_draft import Securing, as_issuer, draft, secure, verifiable, with_entry
from issuer.profile_request import IssueRequest, StatusUpdate
from issuer.profiles import find
from issuer.service import Service
from issuer.status import Ruling
from issuer.store import profiles as store
from openbadge import jcs
from openbadge.errors import InvalidError
from openbadge.proof.sd import issue as sd_issue

MAX_SAME_ID = 100
"""Credentials that one id may stand for when a status is changed: a caller that has more must name the entry."""
REASON = "Set through the VC-API."
"""What stands as the reason of a decision: the VC-API has no member for one."""


class ProfileIssuer:
    """Issues credentials of the institution's profiles, and changes their status."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._database = service.database
        self._institution = service.institution.id
        self._trials: dict[str, Signer] = {}

    def issue(self, name: str, request: IssueRequest, actor: str) -> dict[str, Any]:
        """Issue a credential as the profile `name` and return it with its proof.

        Raises `NotFoundError` for an unknown profile, `InvalidError` for a credential that must not be signed,
        `KeyStoreError` when the key cannot be used, `ClockError` when the clock is behind the last signature.
        """
        now = self._service.clock()
        with self._database.begin_read(self._institution) as tx:
            profile = find(tx, name)
            clock.check(tx, now)
        document = draft(request.credential, profile.did)
        check_any(document)
        slot = self._allocate(profile, now) if profile.with_status else None
        if slot is not None:
            document = with_entry(document, slot, status.REVOCATION)
        # What limits a credential is always shown: else a holder could leave out that it has expired or is revoked.
        pointers = tuple(dict.fromkeys((*request.mandatory_pointers, *sd_issue.essential_pointers(document))))
        secured = self._secured(document, profile, pointers, now)
        self._record(secured, profile, slot, request.credential_id, actor)
        return secured

    def set_status(self, update: StatusUpdate, actor: str) -> None:
        """Set or clear the status of a credential, and publish its list. What is so already stays as it is.

        Raises `NotFoundError` for a credential that no profile issued with such a status, `InvalidError` when several
        have this id, `StateError` for a revocation that shall be taken back.
        """
        with self._database.begin_write(self._institution) as tx:
            found = _entry(tx, update)
            if update.value:
                status.decide(tx, [found], Ruling(StatusState.REVOKED, REASON, actor, self._service.clock()), "profile")
            elif status.is_revoked(tx, found):
                raise StateError("A revocation cannot be taken back. Issue a new credential instead.")
        self._service.status_lists.tell([found.status_list_id])

    def _allocate(self, profile: IssuerProfile, now: datetime) -> StatusSlot:
        with self._database.begin_write(self._institution) as tx:
            return status.allocate(tx, status.REVOCATION, now, profile.id)

    def _secured(
        self, document: Mapping[str, Any], profile: IssuerProfile, pointers: tuple[str, ...], now: datetime
    ) -> dict[str, Any]:
        how = Securing(profile.cryptosuite, pointers, now, self._database.random_bytes)
        trial = self._trial(profile.key_type)
        rehearsed = as_issuer(document, trial.verification_method.partition("#")[0])
        prove_any(verifiable(secure(rehearsed, trial, how)), now)
        secured = secure(document, self._service.signing.signer(profile.did, profile.key_type), how)
        try:
            prove_any(verifiable(secured), now)
        except InvalidError as error:
            raise IntegrityError(f"The signing key made a signature that does not verify: {error.detail}") from error
        return secured

    def _trial(self, key_type: str) -> Signer:
        """Return a key to rehearse with, made once: drawing one of RSA takes a hundred times as long as signing."""
        if key_type not in self._trials:
            self._trials[key_type] = throwaway_signer(key_type, self._database.random_bytes)
        return self._trials[key_type]

    def _record(
        self,
        secured: Mapping[str, Any],
        profile: IssuerProfile,
        slot: StatusSlot | None,
        credential_id: str | None,
        actor: str,
    ) -> None:
        now, digest = self._service.clock(), hashlib.sha256(jcs.canonicalize(dict(secured))).digest()
        with self._database.begin_write(self._institution) as tx:
            key = tx.new_id(now)
            if slot is not None:
                known_as = credential_id or f"{slot.url}#{slot.index}"
                record = ProfileCredential(
                    key, self._institution, profile.id, known_as, digest, slot.list_id, slot.index, now
                )
                store.add_credential(tx, record)
            audit.append(tx, now, actor, "profile.issue", profile.name, {"id": str(key), "sha256": digest.hex()})


def _entry(tx: Transaction, update: StatusUpdate) -> ProfileCredential:
    known = store.credentials_by_id(tx, update.credential_id, MAX_SAME_ID)
    found = [item for item in known if _fits(tx, item, update)]
    if not found:
        raise NotFoundError("No credential with this id and status was issued here.")
    if len(found) > 1:
        detail = "Several credentials have this id: name statusListCredential and statusListIndex, too."
        raise InvalidError("MALFORMED_VALUE_ERROR", detail)
    return found[0]


def _fits(tx: Transaction, item: ProfileCredential, update: StatusUpdate) -> bool:
    listed = status.get(tx, item.status_list_id)
    return (
        update.purpose == listed.purpose
        and update.list_url in (None, listed.url)
        and update.index in (None, str(item.status_index))
    )
