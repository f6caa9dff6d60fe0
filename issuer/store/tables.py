"""The tables. `migrations/` builds them; a test holds both against each other.

Column names are the field names of the records in `issuer.model`. Every key part is NOT NULL, because a UNIQUE key
with a NULL part allows duplicates. What is looked up has an index beginning with the institution.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeEngine

from issuer.model import CompletionState, DefinitionState, ReviewKind, ReviewState, StatusState
from issuer.store.columns import Id, Instant, JsonText, Names, Serial, Word

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _needed(name: str, kind: TypeEngine[Any] | type[TypeEngine[Any]], *more: Any, **options: Any) -> Column[Any]:
    return Column(name, kind, *more, nullable=False, **options)


def _institution() -> Column[Any]:
    return _needed("institution_id", Id, ForeignKey("institution.id"))


institution = Table(
    "institution",
    metadata,
    Column("id", Id, primary_key=True),
    _needed("slug", Text, unique=True),
    _needed("did", Text, unique=True),
    _needed("base_url", Text),
    _needed("name", Text),
    _needed("url", Text),
    _needed("country", Text),
    Column("email", Text),
    Column("description", Text),
    Column("image", Text),
    _needed("created_at", Instant),
)

institution_secret = Table(
    "institution_secret",
    metadata,
    Column("institution_id", Id, ForeignKey("institution.id"), primary_key=True),
    _needed("secret", LargeBinary),
    CheckConstraint("length(secret) = 32", name="length"),
)

definition_version = Table(
    "definition_version",
    metadata,
    Column("id", Id, primary_key=True),
    _institution(),
    _needed("definition_id", Text),
    _needed("version", Text),
    _needed("state", Word(DefinitionState)),
    _needed("content", LargeBinary),
    _needed("digest", LargeBinary),
    _needed("created_by", Text),
    _needed("created_at", Instant),
    Column("approved_by", Text),
    Column("approved_at", Instant),
    Column("decision_ref", Text),
    Column("effective_from", Instant),
    Column("retired_by", Text),
    Column("retired_at", Instant),
    UniqueConstraint("institution_id", "definition_id", "version"),
)

completion = Table(
    "completion",
    metadata,
    Column("id", Id, primary_key=True),
    _institution(),
    _needed("source", Text),
    _needed("source_id", Text),
    _needed("raw", LargeBinary),
    _needed("digest", LargeBinary),
    _needed("state", Word(CompletionState)),
    Column("reason_code", Text),
    Column("reason", Text),
    _needed("definition_id", Text),
    Column("pinned_version", Text),
    _needed("person", Text),
    _needed("occurrence", Text, server_default=""),
    _needed("learner_name", Text),
    Column("learner_email", Text),
    Column("learner_did", Text),
    _needed("completed_at", Instant),
    _needed("received_at", Instant),
    Column("definition_version_id", Id, ForeignKey("definition_version.id")),
    Column("version_rule", Text),
    # No foreign key: credential.completion_id points the other way, and a circle could not be created in one go.
    Column("credential_id", Id),
    _needed("reported_by", Text, server_default=""),
    UniqueConstraint("institution_id", "source", "source_id"),
    Index(None, "institution_id", "id"),
    # Only what is looked for: nearly all completions are issued, and their number grows for ever.
    Index(
        "ix_completion_open",
        "institution_id",
        "state",
        "definition_id",
        "completed_at",
        "id",
        sqlite_where=text("state <> 'issued'"),
        postgresql_where=text("state <> 'issued'"),
    ),
)

completion_history = Table(
    "completion_history",
    metadata,
    Column("id", Serial, primary_key=True),
    _needed("completion_id", Id, ForeignKey("completion.id"), index=True),
    _needed("at", Instant),
    _needed("state", Word(CompletionState)),
    _needed("actor", Text),
    Column("reason_code", Text),
    Column("reason", Text),
)

issuer_profile = Table(
    "issuer_profile",
    metadata,
    Column("id", Id, primary_key=True),
    _institution(),
    _needed("name", Text),
    _needed("did", Text, unique=True),
    _needed("cryptosuite", Text),
    _needed("key_type", Text),
    _needed("with_status", Boolean),
    _needed("created_by", Text),
    _needed("created_at", Instant),
    UniqueConstraint("institution_id", "name"),
)

status_list = Table(
    "status_list",
    metadata,
    Column("id", Id, primary_key=True),
    _institution(),
    _needed("url", Text),
    _needed("purpose", Text),
    _needed("length", Integer),
    _needed("taken", Integer),
    _needed("permutation_key", LargeBinary),
    _needed("created_at", Instant),
    # No foreign key: SQLite cannot add one to a table that exists.
    Column("profile_id", Id),
    Column("valid_year", Integer),
    Column("last_signed_at", Instant),
    CheckConstraint("length >= 131072", name="length"),
    CheckConstraint("taken >= 0 AND taken <= length", name="taken"),
    Index(None, "institution_id", "purpose", "created_at"),
)

credential = Table(
    "credential",
    metadata,
    Column("id", Id, primary_key=True),
    _needed("public_id", Text, unique=True),
    _institution(),
    _needed("completion_id", Id, ForeignKey("completion.id")),
    _needed("definition_version_id", Id, ForeignKey("definition_version.id")),
    _needed("sha256", LargeBinary),
    _needed("key_id", Text),
    _needed("status_list_id", Id, ForeignKey("status_list.id")),
    _needed("status_index", Integer),
    _needed("issued_at", Instant),
    # 2 and more: issued again, for example after a key was compromised; the award points to the newest.
    _needed("edition", Integer, server_default="1"),
    _needed("document", LargeBinary),
    Column("jwt", Text),
    UniqueConstraint("completion_id", "edition"),
    UniqueConstraint("status_list_id", "status_index"),
)

award = Table(
    "award",
    metadata,
    Column("institution_id", Id, ForeignKey("institution.id"), primary_key=True),
    Column("person", Text, primary_key=True),
    Column("definition_id", Text, primary_key=True),
    Column("occurrence", Text, primary_key=True),
    # Checked at commit only: the key is claimed first, then the credential is made and stored.
    _needed(
        "credential_id",
        Id,
        ForeignKey("credential.id", deferrable=True, initially="DEFERRED"),
        unique=True,
    ),
    sqlite_with_rowid=False,  # the key is the row
)

review = Table(
    "review",
    metadata,
    Column("id", Id, primary_key=True),
    _institution(),
    _needed("kind", Word(ReviewKind)),
    _needed("state", Word(ReviewState)),
    _needed("source", Text),
    _needed("source_id", Text),
    _needed("person", Text),
    _needed("definition_id", Text),
    _needed("occurrence", Text),
    _needed("raw", LargeBinary),
    _needed("digest", LargeBinary),
    _needed("occurred_at", Instant),
    _needed("received_at", Instant),
    _needed("reported_by", Text),
    Column("completion_id", Id, ForeignKey("completion.id")),
    Column("settled_at", Instant),
    Column("settled_by", Text),
    Column("note", Text),
    UniqueConstraint("institution_id", "kind", "source", "source_id", "digest", name="uq_review_report"),
    Index(None, "institution_id", "state", "id"),
    Index("ix_review_key", "institution_id", "definition_id", "person", "kind"),
)

profile_credential = Table(
    "profile_credential",
    metadata,
    Column("id", Id, primary_key=True),
    _institution(),
    _needed("profile_id", Id, ForeignKey("issuer_profile.id")),
    _needed("credential_id", Text),
    _needed("sha256", LargeBinary),
    _needed("status_list_id", Id, ForeignKey("status_list.id")),
    _needed("status_index", Integer),
    _needed("issued_at", Instant),
    UniqueConstraint("status_list_id", "status_index"),
    Index(None, "institution_id", "credential_id"),
)

status_change = Table(
    "status_change",
    metadata,
    Column("id", Serial, primary_key=True),
    _needed("list_id", Id, ForeignKey("status_list.id")),
    _needed("index", Integer),
    _needed("reason", Text),
    _needed("actor", Text),
    _needed("at", Instant),
    _needed("state", Word(StatusState), server_default="revoked"),
    Index(None, "list_id", "index", "id"),
    Index("ix_status_change_list_id_id", "list_id", "id"),
)

status_publication = Table(
    "status_publication",
    metadata,
    Column("list_id", Id, ForeignKey("status_list.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    _needed("document", LargeBinary),
    _needed("last_change", Serial),
    _needed("signed_at", Instant),
)

api_token = Table(
    "api_token",
    metadata,
    Column("id", Id, primary_key=True),
    _institution(),
    _needed("name", Text),
    _needed("sha256", LargeBinary, unique=True),
    _needed("scopes", Names),
    _needed("created_at", Instant),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    UniqueConstraint("institution_id", "name"),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=False),
    _needed("at", Instant),
    Column("institution_id", Id),
    _needed("actor", Text),
    _needed("action", Text),
    _needed("subject", Text),
    _needed("detail", JsonText),
    _needed("previous_hash", LargeBinary),
    _needed("hash", LargeBinary),
)
