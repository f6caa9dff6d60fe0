"""A login of an LTI platform is good for one launch, however many try to use it at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from issuer.model.lms import LmsConnection, LtiLogin
from issuer.store import connections, lti_logins
from tests.issuer.samples import NOW
from tests.issuer.test_migrations import Home


def test_a_login_is_used_up_once(home: Home) -> None:
    database, institution = home
    with database.begin_write(institution.id) as tx:
        key = tx.new_id(NOW)
        names = ("lti", "lti", "https://lms.example", "")
        connections.add(tx, LmsConnection(key, institution.id, *names, {}, (), False, False, {}, 1, "me", NOW))
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
