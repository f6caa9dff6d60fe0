from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from issuer import audit
from issuer.db import Transaction
from issuer.errors import IntegrityError
from issuer.store.tables import audit as table
from tests.issuer.samples import NOW


@pytest.fixture
def log(tx: Transaction) -> Transaction:
    for number in range(5):
        audit.append(tx, NOW + timedelta(seconds=number), "someone", "thing.do", f"thing-{number}", {"n": number})
    return tx


def test_the_chain_holds(log: Transaction) -> None:
    last = audit.verify(log)
    assert last is not None
    assert last == audit.entries(log)[-1]
    assert (last.seq, last.detail, last.institution_id) == (5, {"n": 4}, log.institution_id)


def test_an_empty_log_is_whole(tx: Transaction) -> None:
    assert audit.verify(tx) is None


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "nobody"},
        {"action": "thing.undo"},
        {"subject": "other"},
        {"detail": {"n": 99}},
        {"at": NOW},
        {"institution_id": None},
        {"previous_hash": bytes(32)},
        {"hash": bytes(32)},
    ],
)
def test_a_changed_entry_is_named(log: Transaction, change: dict[str, object]) -> None:
    log.connection.execute(update(table).where(table.c.seq == 3).values(**change))
    with pytest.raises(IntegrityError, match="entry 3 was changed"):
        audit.verify(log)


@pytest.mark.parametrize("seq", [1, 3])
def test_a_missing_entry_is_named(log: Transaction, seq: int) -> None:
    log.connection.execute(delete(table).where(table.c.seq == seq))
    with pytest.raises(IntegrityError, match=f"entry {seq} is missing"):
        audit.verify(log)


def test_an_entry_may_be_of_no_institution(tx: Transaction) -> None:
    audit.append(tx.within(tx.institution_id), NOW, "a", "b", "c", {})
    audit.append(type(tx)(tx.connection, tx.random_bytes, None), NOW, "a", "b", "c", {})
    last = audit.verify(tx)
    assert last is not None
    assert last.institution_id is None
