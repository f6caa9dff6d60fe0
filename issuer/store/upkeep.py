"""Removing what is replaced and old."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select

from issuer.db import Transaction
from issuer.store.rows import changed
from issuer.store.tables import status_list, status_publication


def drop_publications(tx: Transaction, before: datetime) -> int:
    """Remove publications of the institution's status lists signed before then, never the newest; return how many."""
    newer = status_publication.alias()
    newest = select(func.max(newer.c.version)).where(newer.c.list_id == status_publication.c.list_id)
    ours = select(status_list.c.id).where(status_list.c.institution_id == tx.institution_id)
    old = (status_publication.c.signed_at < before, status_publication.c.version < newest.scalar_subquery())
    return changed(tx, delete(status_publication).where(status_publication.c.list_id.in_(ours), *old))
