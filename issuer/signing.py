"""The signing side of one institution: its active keys made ready, and the DID document that publishes its keys.

Two keys may be at work: the one of the embedded proof, always Ed25519, and that of the token form, which the settings
choose, since what reads tokens often knows RS256 or ES256 only.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from issuer.addresses import Addresses
from issuer.compiled_cache import CompiledTemplates
from issuer.db import RandomBytes
from issuer.errors import IntegrityError
from issuer.keys import ACTIVE, REVOKED, KeyInfo, KeyStore, Signer, rehearsal_signer
from issuer.keys_document import did_document
from issuer.keys_kinds import DEFAULT_KIND
from issuer.lint import linter
from issuer.make import CRYPTOSUITE, Maker
from issuer.model import Institution
from openbadge.errors import InvalidError
from openbadge.proof import vc_jwt


class Signing:
    """Keeps the active keys open, and notices when another one takes its place. Safe to use from several threads."""

    def __init__(
        self,
        keys: KeyStore,
        institution: Institution,
        addresses: Addresses,
        random_bytes: RandomBytes,
        published: Callable[[], Sequence[KeyInfo]],
        compiled: Path | None = None,
    ) -> None:
        """`published` gives the keys for the DID document. `compiled` is the folder in which compiled templates are
        kept for other processes; None keeps none."""
        self._published = published
        self._compiled = compiled
        self._keys = keys
        self._institution = institution
        self._addresses = addresses
        self._random_bytes = random_bytes
        self._lock = threading.Lock()
        self._open: Maker | None = None
        self._signers: dict[tuple[str, str], Signer] = {}

    def issuance(self) -> Maker:
        """Return what issuing needs, with the key that is active now.

        Opening a key is slow on purpose, so it stays open until the key files name another one. Raises
        `KeyStoreError`: no active key, or a passphrase that does not open it.
        """
        signer = self.signer(self._institution.did, DEFAULT_KIND)
        with self._lock:
            if self._open is None or self._open.signer is not signer:
                self._open = self._issuance(signer)
            return self._open

    def token_signer(self) -> Signer:
        """Return the institution's active key for the token form. Raises `KeyStoreError` as `issuance`."""
        return self.signer(self._institution.did, self._keys.token_algorithm)

    def token(self, document: bytes) -> str:
        """Return the token form (Open Badges 3.0 section 8.2) of a signed credential in JSON, verified.

        Raises `KeyStoreError` as `token_signer`, `InvalidError` for a credential that has no token form, and
        `IntegrityError` when the key makes a signature that does not verify.
        """
        signer = self.token_signer()
        token = vc_jwt.create(json.loads(document), signer)
        try:
            vc_jwt.verify(vc_jwt.parse(token), signer.public_key)
        except InvalidError as error:
            raise IntegrityError(f"The signing key made a token that does not verify: {error.detail}") from error
        return token

    def signer(self, controller: str, algorithm: str) -> Signer:
        """Return the active key of an issuer in the key store, kept open until another one takes its place.

        Raises `KeyStoreError`: no active key, a passphrase that does not open it, or a device that is away.
        """
        keys = self._keys.public_keys(controller)
        active = {key.verification_method for key in keys if key.state == ACTIVE and key.algorithm == algorithm}
        with self._lock:
            kept = self._signers.pop((controller, algorithm), None)
            if kept is None or kept.verification_method not in active or not kept.is_usable:
                kept = self._keys.signer(controller, algorithm)
            self._signers[controller, algorithm] = kept
            return kept

    def is_revoked(self, verification_method: str) -> bool:
        """Whether the institution's key of this name was declared compromised."""
        keys = self._keys.public_keys(self._institution.did)
        return any(key.state == REVOKED for key in keys if key.verification_method == verification_method)

    def last_revocation(self) -> datetime | None:
        """Return when a key of the institution was last declared revoked: what it signed before may have fallen."""
        keys = self._keys.public_keys(self._institution.did)
        return max((key.since for key in keys if key.state == REVOKED), default=None)

    def did_document(self) -> dict[str, Any]:
        """Return the institution's DID document: every key it ever had; see `keys_document`."""
        return did_document(self._institution.did, self._published())

    def _issuance(self, signer: Signer) -> Maker:
        rehearsal = rehearsal_signer(signer.verification_method, signer.algorithm, self._random_bytes)
        proof = linter(self._institution.did, CRYPTOSUITE, rehearsal, rehearsal.public_key)
        return Maker(self._institution, self._addresses, signer, proof, CompiledTemplates(self._compiled))
