"""A login of an LTI platform is good for one launch, however many try to use it at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

from issuer.db import Transaction
from issuer.model.lms import LmsConnection, LtiLogin
from issuer.store import connections, lti_logins
from tests.issuer.samples import NOW
from tests.issuer.test_migrations import Home


def connected(tx: Transaction, name: str = "lti") -> UUID:
    key = tx.new_id(NOW)
    names = (name, "lti", f"https://{name}.example", "")
    connections.add(tx, LmsConnection(key, tx.institution_id, *names, {}, (), False, False, {}, 1, "me", NOW))
    return key


def test_the_oldest_logins_of_a_connection_make_room(home: Home) -> None:
    database, institution = home
    with database.begin_write(institution.id) as tx:
        one, other = connected(tx), connected(tx, "other")
        made = [
            LtiLogin(bytes([number]) * 32, institution.id, key, b"b", b"n", NOW + timedelta(seconds=-number))
            for number, key in enumerate((other, one, one, one))
        ]
        lti_logins.add(tx, *made)
        assert [lti_logins.make_room(tx, one, most) for most in (3, 2, 2)] == [0, 1, 0]
        kept = [login for login in made if lti_logins.by_state(tx, login.state)]
        assert kept == made[:3]


def test_a_login_is_used_up_once(home: Home) -> None:
    database, institution = home
    with database.begin_write(institution.id) as tx:
        key = connected(tx)
        record = LtiLogin(b"s" * 32, institution.id, key, b"b" * 32, b"n" * 32, NOW)
        lti_logins.add(tx, record)
        assert lti_logins.by_state(tx, record.state) == record

    def use(_: int) -> bool:
        with database.begin_write(institution.id) as tx:
            return lti_logins.consume(tx, record)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(use, range(4))) == [False, False, False, True]
    with database.begin_write(institution.id) as tx:
        lti_logins.add(tx, record)
        assert [lti_logins.drop_expired(tx, NOW + timedelta(seconds=after)) for after in (-1, 0)] == [0, 1]
