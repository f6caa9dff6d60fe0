"""Many rows at once: the same on every database, one or thousands, and refused as a whole."""

from __future__ import annotations

import pytest
from sqlalchemy import exc

from issuer.db import Database
from issuer.model import Institution
from issuer.model.profile import IssuerProfile
from issuer.store import profiles
from issuer.store.rows import insert_many
from issuer.store.tables import issuer_profile
from tests.issuer.samples import NOW

Home = tuple[Database, Institution]


def records(home: Home, count: int) -> list[IssuerProfile]:
    institution = home[1].id
    with home[0].begin_read() as tx:
        keys = sorted(tx.new_id(NOW) for _ in range(count))
    return [
        IssuerProfile(key, institution, f"n{place}\t\\N\n🎓", f"did:{place}", "", "b", place % 2 == 0, "me", NOW)
        for place, key in enumerate(keys)
    ]


@pytest.mark.parametrize("count", [0, 1, 2, 1_001])
def test_what_goes_in_comes_out(home: Home, count: int) -> None:
    made = records(home, count)
    with home[0].begin_write(home[1].id) as tx:
        insert_many(tx, issuer_profile, made)
    with home[0].begin_read(home[1].id) as tx:
        assert list(profiles.every(tx)) == made


@pytest.mark.parametrize("count", [1, 2, 1_001])
def test_one_key_that_exists_refuses_them_all(home: Home, count: int) -> None:
    first, *others = records(home, count + 1)
    with home[0].begin_write(home[1].id) as tx:
        insert_many(tx, issuer_profile, [first])
    with pytest.raises(exc.IntegrityError), home[0].begin_write(home[1].id) as tx:
        insert_many(tx, issuer_profile, [*others[1:], first])
    with home[0].begin_write(home[1].id) as tx:
        insert_many(tx, issuer_profile, others)
        assert len(profiles.every(tx)) == count + 1


@pytest.mark.parametrize("count", [1, 2])
def test_a_value_that_is_missing_is_refused(home: Home, count: int) -> None:
    made = [IssuerProfile(item.id, home[1].id, None, item.did, "", "", True, "", NOW) for item in records(home, count)]  # type: ignore[arg-type]
    with pytest.raises(exc.IntegrityError), home[0].begin_write(home[1].id) as tx:
        insert_many(tx, issuer_profile, made)
