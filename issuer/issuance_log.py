"""What a key signed, according to the audit log: the only witness that a thief of the key could not write into.

Everything that leaves is in the log before it does (`issue.store`, `reissue`, `Service.token`), each with its SHA-256.
So a credential with the signature of a stolen key is honest if it is in there, and a forgery if it is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from issuer import audit
from issuer.db import Transaction
from issuer.model import AuditEntry

ISSUED: Final = frozenset({"credential.issue", "credential.reissue"})
"""The actions with which a credential leaves; `detail` has its `sha256` and the `key` that signed."""
TOKEN: Final = "credential.token"  # noqa: S105  # the name of an action
"""The action with which the token form of a credential leaves."""


@dataclass(frozen=True, slots=True)
class IssuanceLog:
    """What one key signed: each credential id with a SHA-256, for embedded proofs and for tokens.

    About 150 bytes of memory for each.
    """

    credentials: frozenset[bytes] = field(repr=False)
    tokens: frozenset[bytes] = field(repr=False)

    @classmethod
    def read(cls, tx: Transaction, key_id: str) -> IssuanceLog:
        """Read the whole log, checking its chain. Raises `IntegrityError` when it is broken."""
        credentials, tokens = set[bytes](), set[bytes]()
        for entry in audit.chain(tx):
            if entry.detail.get("key") == key_id and entry.institution_id == tx.institution_id:
                if entry.action in ISSUED:
                    credentials.add(_name(entry))
                elif entry.action == TOKEN:
                    tokens.add(_name(entry))
        return cls(frozenset(credentials), frozenset(tokens))

    def has(self, credential_id: UUID, sha256: bytes) -> bool:
        """Whether a credential with this digest was issued with the key."""
        return credential_id.bytes + sha256 in self.credentials

    def has_token(self, credential_id: UUID, sha256: bytes) -> bool:
        """Whether a token with this digest was signed with the key."""
        return credential_id.bytes + sha256 in self.tokens

    def credential_digests(self) -> frozenset[str]:
        """Return the SHA-256 of all credentials that the key signed, as hexadecimal digits."""
        return frozenset(name[16:].hex() for name in self.credentials)

    def digests(self) -> Iterator[str]:
        """Yield the SHA-256 of everything that is honest, as hexadecimal digits in rising order."""
        yield from sorted(name[16:].hex() for name in self.credentials | self.tokens)


def _name(entry: AuditEntry) -> bytes:
    return UUID(entry.subject).bytes + bytes.fromhex(entry.detail["sha256"])
