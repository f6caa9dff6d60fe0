"""The signing side of one institution: its active key made ready, and the DID document that publishes its keys."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

from issuer.addresses import Addresses
from issuer.db import RandomBytes
from issuer.issue import CRYPTOSUITE, Issuance
from issuer.keys import ACTIVE, REVOKED, KeyStore, Signer, rehearsal_signer
from issuer.lint import linter
from issuer.model import Institution
from openbadge import did, timestamps
from openbadge.multikey import PublicKey


class Signing:
    """Keeps the active key open, and notices when another one takes its place. Safe to use from several threads."""

    def __init__(
        self, keys: KeyStore, institution: Institution, addresses: Addresses, random_bytes: RandomBytes
    ) -> None:
        self._keys = keys
        self._institution = institution
        self._addresses = addresses
        self._random_bytes = random_bytes
        self._lock = threading.Lock()
        self._open: Issuance | None = None
        self._others: dict[str, Signer] = {}

    def issuance(self) -> Issuance:
        """Return what issuing needs, with the key that is active now.

        Opening a key is slow on purpose, so it stays open until the key files name another one. Raises
        `KeyStoreError`: no active key, or a passphrase that does not open it.
        """
        active = [key for key in self._keys.public_keys(self._institution.did) if key.state == ACTIVE]
        names = {key.verification_method for key in active}
        with self._lock:
            if self._open is None or self._open.signer.verification_method not in names:
                self._open = None
                self._open = self._opened()
            return self._open

    def signer(self, controller: str, algorithm: str) -> Signer:
        """Return the key of another issuer in the key store, a did:key, kept open once it was opened.

        Raises `KeyStoreError`: no active key, or a passphrase that does not open it.
        """
        active = any(key.state == ACTIVE for key in self._keys.public_keys(controller))
        with self._lock:
            if not active or controller not in self._others:
                self._others[controller] = self._keys.signer(controller, algorithm)
            return self._others[controller]

    def last_revocation(self) -> datetime | None:
        """Return when a key of the institution was last declared revoked: what it signed before may have fallen."""
        keys = self._keys.public_keys(self._institution.did)
        return max((key.since for key in keys if key.state == REVOKED), default=None)

    def did_document(self) -> dict[str, Any]:
        """Return the institution's DID document (DIDs 1.0 section 4): every key it ever had.

        Retired keys stay, since did:web has no history and what they signed must go on verifying; revoked ones carry
        the date (Controlled Identifiers 1.0 section 2.2).
        """
        keys = self._keys.public_keys(self._institution.did)
        listed = [(key.verification_method, PublicKey.from_multibase(key.public_key_multibase)) for key in keys]
        document = did.document(self._institution.did, listed)
        revoked = {key.verification_method: timestamps.write(key.since) for key in keys if key.state == REVOKED}
        for method in document["verificationMethod"]:
            if method["id"] in revoked:
                method["revoked"] = revoked[method["id"]]
        return document

    def _opened(self) -> Issuance:
        signer = self._keys.signer(self._institution.did)
        rehearsal = rehearsal_signer(signer.verification_method, signer.algorithm, self._random_bytes)
        proof = linter(self._institution.did, CRYPTOSUITE, rehearsal, rehearsal.public_key)
        return Issuance(self._institution, self._addresses, signer, proof)
