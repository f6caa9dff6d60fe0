"""The tables of signing keys, of credentials that were issued again, and of checkpoints of the audit log."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, Table, Text, UniqueConstraint

from issuer.store.columns import Id, Instant, JsonText
from issuer.store.tables import metadata

signing_key = Table(
    "signing_key",
    metadata,
    Column("name", Text, primary_key=True),
    Column("institution_id", Id, ForeignKey("institution.id"), nullable=False),
    Column("public", JsonText, nullable=False),
    # The JSON value null while nobody has retired or revoked the key.
    Column("mark", JsonText, nullable=False),
    Column("recorded_at", Instant, nullable=False),
)

credential_edition = Table(
    "credential_edition",
    metadata,
    Column("credential_id", Id, ForeignKey("credential.id"), primary_key=True),
    Column("edition", Integer, primary_key=True, autoincrement=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("status_list_id", Id, ForeignKey("status_list.id"), nullable=False),
    Column("status_index", Integer, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("replaced_at", Instant, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("jwt", Text),
    UniqueConstraint("status_list_id", "status_index"),
)

audit_checkpoint = Table(
    "audit_checkpoint",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("institution_id", Id, ForeignKey("institution.id"), nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("at", Instant, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("token", Text, nullable=False),
)
