"""A key that somebody else may know: it is stopped at once, and all that it signed is told apart.

Every verifier refuses its signatures from then on, whatever date they carry, since a thief sets the date, too. What is
in the issuance log was signed by us (`issuance_log`) and is issued again with another key (`reissue`); the digests of
all that is honest may be published, and expose everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from issuer.db import Transaction
from issuer.errors import KeyStoreError
from issuer.issuance_log import IssuanceLog
from issuer.keys import REVOKED, KeyInfo
from issuer.model import IssuedCredential
from issuer.model.canonical import sha256
from issuer.reissue import BATCH, FORGED, Reissue, Reissued, why_not
from issuer.service import Service
from issuer.store import credentials, editions, profiles
from openbadge import multibase, strict_json
from openbadge.multikey import key_type

HONEST: Final = "honest"
REISSUED: Final = "issued-again"
UNHEARD: Final = "profile"
"""What is said of something that a key signed, besides the words of `reissue`: in the log and not issued again yet; a
former edition, which a newer one has replaced; a credential of an issuer profile, whose key is its only identity."""


@dataclass(frozen=True, slots=True)
class Signed:
    """Something that the key signed: `form` is `credential` or `token`; its address, digest and moment; what it is."""

    form: str
    address: str
    sha256: str
    issued_at: datetime
    verdict: str


class Compromise:
    """What is done about one compromised key."""

    def __init__(self, service: Service, name: str) -> None:
        self._service = service
        self._name = name

    @property
    def key(self) -> KeyInfo:
        """The key. Raises `KeyStoreError` for one that there is not."""
        return self._service.keys.get(self._name)

    def declare(self, since: datetime | None, actor: str) -> KeyInfo:
        """Stop the key and have it published as revoked; whoever is signing with it is done before this returns.

        Harmless to repeat. Raises `KeyStoreError` for a key that there is not, or a moment in the future.
        """
        with self._service.database.begin_write(self._service.institution.id) as tx:
            # Asked within the transaction: somebody else may be declaring the same at this moment.
            if self.key.state != REVOKED:
                self._service.key_desk.revoke(tx, self._name, since, actor)
        return self.key

    def log(self) -> IssuanceLog:
        """Return what the key signed according to the audit log. Raises `IntegrityError` when that is broken."""
        with self._service.database.begin_read(self._service.institution.id, unhurried=True) as tx:
            return IssuanceLog.read(tx, self.key.verification_method)

    def reissue(self, log: IssuanceLog, actor: str, tell: Callable[[Reissued], None]) -> Reissued:
        """Issue the honest ones again. Raises `NoActiveKeyError` while there is no other key, and as `Reissue.run`."""
        service, key = self._service, self.key
        now_signs = service.signing.issuance
        if key.state != REVOKED:
            raise KeyStoreError(f"The key “{key.name}” is not declared compromised, so nothing is issued again.")
        if key.controller != service.institution.did:
            raise KeyStoreError(f"The key “{key.name}” is its own issuer: there is no other key to issue with.")
        where = service.database, service.institution.id
        work = Reissue(*where, key.verification_method, now_signs, service.clock, tell)
        return work.run(log, token_prefix(key), actor)

    def signed(self, log: IssuanceLog) -> Iterator[Signed]:
        """Yield all that the key signed and that is in the database, in order of issue."""
        with self._service.database.begin_read(self._service.institution.id, unhurried=True) as tx:
            yield from self._live(tx, log)
            yield from self._former(tx)
            yield from self._tokens(tx, log)
            yield from self._of_profiles(tx)

    def _live(self, tx: Transaction, log: IssuanceLog) -> Iterator[Signed]:
        after = None
        while found := editions.signed_by(tx, self.key.verification_method, BATCH, after):
            revoked = credentials.revoked_among(tx, [item.id for item in found])
            for item in found:
                yield self._signed("credential", item, item.sha256, why_not(item, log, revoked) or HONEST)
            after = found[-1].id

    def _former(self, tx: Transaction) -> Iterator[Signed]:
        for public_id, digest, issued_at in editions.formerly_signed_by(tx, self.key.verification_method):
            yield Signed("credential", self._service.addresses.credential(public_id), digest.hex(), issued_at, REISSUED)

    def _tokens(self, tx: Transaction, log: IssuanceLog) -> Iterator[Signed]:
        after = None
        while found := editions.with_token(tx, token_prefix(self.key), BATCH, after):
            for item in found:
                digest = sha256((item.jwt or "").encode())
                yield self._signed("token", item, digest, HONEST if log.has_token(item.id, digest) else FORGED)
            after = found[-1].id

    def _of_profiles(self, tx: Transaction) -> Iterator[Signed]:
        for name, digest, issued_at in profiles.signed_by(tx, self.key.controller):
            yield Signed("credential", name, digest.hex(), issued_at, UNHEARD)

    def _signed(self, form: str, item: IssuedCredential, digest: bytes, verdict: str) -> Signed:
        return Signed(form, self._service.addresses.credential(item.public_id), digest.hex(), item.issued_at, verdict)


def token_prefix(key: KeyInfo) -> str:
    """Return how every token of a key begins: `alg` and `kid` come first in its header (`jose.jws.sign`)."""
    header = {"alg": key_type(key.algorithm).jose_algorithm, "kid": key.verification_method}
    text = strict_json.dumps(header)[:-1]
    whole = len(text) // 3 * 3  # base64 has 4 characters for 3 bytes; the rest depends on what follows
    return multibase.base64url_encode(text[:whole])
