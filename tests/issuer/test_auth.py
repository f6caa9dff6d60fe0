from __future__ import annotations

from datetime import timedelta

import pytest

from issuer import audit, auth
from issuer.db import Transaction
from issuer.errors import ConflictError, FieldError, ForbiddenError, NotFoundError, UnauthenticatedError
from issuer.store import tokens
from tests.issuer.samples import NOW


def test_a_token_opens_what_it_allows_and_nothing_else(tx: Transaction) -> None:
    made = auth.create(tx, "lms", ["completions:write", "completions:read"], "admin", NOW)
    who = auth.authenticate(tx, f"Bearer {made.secret}", NOW)
    assert (who.name, who.institution_id) == ("lms", tx.institution_id)
    who.require("completions:write")
    with pytest.raises(ForbiddenError, match="credentials:revoke"):
        who.require("credentials:revoke")


def test_the_secret_is_kept_nowhere(tx: Transaction) -> None:
    made = auth.create(tx, "lms", ["completions:write"], "admin", NOW)
    assert made.secret.startswith("mc_")
    assert len(made.secret) == 46
    assert made.secret not in repr(made)
    assert made.secret not in str(tokens.every(tx))
    assert made.secret not in str(audit.entries(tx))


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "mc_abc", "Basic bWM6", "Bearer mc_short", "Bearer " + "x" * 999]
)
def test_a_header_without_a_good_token(tx: Transaction, header: str | None) -> None:
    with pytest.raises(UnauthenticatedError):
        auth.authenticate(tx, header, NOW)


def test_a_token_that_is_unknown_expired_or_revoked(tx: Transaction) -> None:
    made = auth.create(tx, "lms", ["completions:write"], "admin", NOW, expires_at=NOW + timedelta(days=1))
    header = f"Bearer {made.secret}"
    with pytest.raises(UnauthenticatedError, match="not known"):
        auth.authenticate(tx, header[:-1] + ("A" if header[-1] != "A" else "B"), NOW)
    with pytest.raises(UnauthenticatedError, match="expired"):
        auth.authenticate(tx, header, NOW + timedelta(days=1))
    auth.revoke(tx, "lms", "admin", NOW)
    auth.revoke(tx, "lms", "admin", NOW)
    with pytest.raises(UnauthenticatedError, match="revoked"):
        auth.authenticate(tx, header, NOW)
    assert [entry.action for entry in audit.entries(tx)] == ["token.create", "token.revoke"]


def test_what_cannot_be_made_or_revoked(tx: Transaction) -> None:
    with pytest.raises(FieldError, match="everything"):
        auth.create(tx, "lms", ["everything"], "admin", NOW)
    with pytest.raises(FieldError, match="name"):
        auth.create(tx, "", [], "admin", NOW)
    auth.create(tx, "lms", [], "admin", NOW)
    with pytest.raises(ConflictError, match="already"):
        auth.create(tx, "lms", [], "admin", NOW)
    with pytest.raises(NotFoundError):
        auth.revoke(tx, "other", "admin", NOW)


def test_a_token_says_whose_it_is_in_any_scope(tx: Transaction) -> None:
    made = auth.create(tx, "lms", [], "admin", NOW)
    elsewhere = tx.within(tx.new_id(NOW))
    assert auth.authenticate(elsewhere, f"bearer {made.secret}", NOW).institution_id == tx.institution_id
    assert tokens.every(elsewhere) == ()
