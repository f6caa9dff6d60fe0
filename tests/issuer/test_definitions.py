"""The life of a definition version, and which one applies to a completion."""

from __future__ import annotations

from datetime import timedelta

import pytest

from issuer import audit, definitions
from issuer.db import Transaction
from issuer.definitions import Applies, Decision, Hold, approve, import_definition, retire, which_version
from issuer.errors import ConflictError, ForbiddenError, NotFoundError, StateError
from issuer.model import DefinitionState
from issuer.store import definitions as store
from tests.issuer.samples import NOW, START, approved, definition

LATER = NOW + timedelta(days=1)


def test_an_import_keeps_the_exact_bytes(tx: Transaction) -> None:
    record = import_definition(tx, definition(), "author", NOW)
    found = store.find(tx, "data-ethics", "1")
    assert found == record
    assert found.definition == definition()
    assert found.content == definition().canonical_bytes()


def test_the_same_import_again_changes_nothing(tx: Transaction) -> None:
    record = approved(tx)
    assert import_definition(tx, definition(), "someone", LATER) == record
    assert len(audit.entries(tx)) == 2


def test_a_draft_is_replaced_only_when_meant(tx: Transaction) -> None:
    import_definition(tx, definition(), "author", NOW)
    with pytest.raises(ConflictError, match="replace"):
        import_definition(tx, definition(name="Other"), "author", NOW)
    replaced = import_definition(tx, definition(name="Other"), "second author", LATER, replace_draft=True)
    assert store.find(tx, "data-ethics", "1") == replaced
    assert (replaced.definition.name, replaced.created_by) == ("Other", "second author")


@pytest.mark.parametrize("replace_draft", [False, True])
def test_what_is_approved_never_changes(tx: Transaction, replace_draft: bool) -> None:
    record = approved(tx)
    with pytest.raises(ConflictError, match="new version"):
        import_definition(tx, definition(name="Other"), "author", NOW, replace_draft=replace_draft)
    assert store.find(tx, "data-ethics", "1") == record


def test_a_stale_writer_cannot_change_an_approved_version(tx: Transaction) -> None:
    draft = import_definition(tx, definition(), "author", NOW)
    record = approve(tx, "data-ethics", "1", Decision("AB-1", START), "board", NOW)
    assert not store.change(tx, draft, draft.state, content=b"{}")
    assert store.find(tx, "data-ethics", "1") == record


def test_two_who_approve_at_once_do_not_both_succeed(tx: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = import_definition(tx, definition(), "author", NOW)
    approve(tx, "data-ethics", "1", Decision("AB-1", START), "board", NOW)
    monkeypatch.setattr(store, "find", lambda *_: draft)  # what the second one had read before the first committed
    with pytest.raises(StateError, match="same time"):
        approve(tx, "data-ethics", "1", Decision("AB-2", START), "dean", NOW)


@pytest.mark.parametrize("actor", ["author", " Author ", "AUTHOR"])
def test_the_author_does_not_approve(tx: Transaction, actor: str) -> None:
    import_definition(tx, definition(), "author", NOW)
    with pytest.raises(ForbiddenError, match="somebody else"):
        approve(tx, "data-ethics", "1", Decision("AB-1"), actor, NOW)


def test_an_approval_keeps_its_evidence(tx: Transaction) -> None:
    record = approved(tx)
    assert record.state is DefinitionState.APPROVED
    assert (record.approved_by, record.approved_at, record.decision_ref) == ("board", NOW, "AB-1")
    assert record.effective_from == START
    entry = audit.entries(tx)[-1]
    assert (entry.action, entry.actor, entry.subject) == ("definition.approve", "board", "data-ethics/1")
    assert entry.detail["digest"] == definition().digest.hex()


def test_an_approval_without_a_date_has_effect_from_now(tx: Transaction) -> None:
    import_definition(tx, definition(), "author", NOW)
    assert approve(tx, "data-ethics", "1", Decision("AB-1"), "board", LATER).effective_from == LATER


def test_what_cannot_be_approved(tx: Transaction) -> None:
    with pytest.raises(NotFoundError):
        approve(tx, "data-ethics", "1", Decision("AB-1"), "board", NOW)
    import_definition(tx, definition(), "author", NOW)
    with pytest.raises(ConflictError, match="reference"):
        approve(tx, "data-ethics", "1", Decision("  "), "board", NOW)
    approve(tx, "data-ethics", "1", Decision("AB-1"), "board", NOW)
    with pytest.raises(StateError, match="approved already"):
        approve(tx, "data-ethics", "1", Decision("AB-1"), "board", NOW)


def test_retiring(tx: Transaction) -> None:
    import_definition(tx, definition(version="2"), "author", NOW)
    with pytest.raises(StateError, match="draft"):
        retire(tx, "data-ethics", "2", "office", NOW)
    approved(tx)
    record = retire(tx, "data-ethics", "1", "office", LATER)
    assert (record.state, record.retired_at) == (DefinitionState.RETIRED, LATER)
    assert retire(tx, "data-ethics", "1", "other", LATER + timedelta(1)) == record


def test_what_is_superseded_must_exist(tx: Transaction) -> None:
    with pytest.raises(NotFoundError, match="version 1"):
        import_definition(tx, definition(version="2", supersedes="1"), "author", NOW)
    approved(tx)
    assert import_definition(tx, definition(version="2", supersedes="1"), "author", NOW).version == "2"


def test_the_version_effective_at_completion_applies_not_the_latest(tx: Transaction) -> None:
    approved(tx, START)
    approved(tx, START + timedelta(days=100), version="2")
    approved(tx, LATER, version="3")
    assert _version(tx, None, START) == ("1", definitions.EFFECTIVE)
    assert _version(tx, None, START + timedelta(days=99)) == ("1", definitions.EFFECTIVE)
    assert _version(tx, None, START + timedelta(days=100)) == ("2", definitions.EFFECTIVE)
    assert _version(tx, None, NOW) == ("2", definitions.EFFECTIVE)


def test_a_pinned_version_applies_whenever_it_took_effect(tx: Transaction) -> None:
    approved(tx, START)
    approved(tx, LATER, version="2")
    assert _version(tx, "1", LATER + timedelta(1)) == ("1", definitions.PINNED)
    assert _version(tx, "2", NOW) == ("2", definitions.PINNED)


def test_when_to_hold(tx: Transaction) -> None:
    import_definition(tx, definition(), "author", NOW)
    assert _hold(tx, None) == "definition-not-approved"
    assert _hold(tx, "1") == "definition-not-approved"
    approve(tx, "data-ethics", "1", Decision("AB-1", LATER), "board", NOW)
    assert _hold(tx, None) == "no-version-effective"
    approved(tx, version="2")
    approved(tx, version="3")
    assert _hold(tx, None) == "version-ambiguous"
    retire(tx, "data-ethics", "2", "office", NOW)
    assert _hold(tx, "2") == "definition-retired"
    assert _version(tx, None, NOW) == ("3", definitions.EFFECTIVE)
    assert _version(tx, "2", NOW - timedelta(1)) == ("2", definitions.PINNED)


@pytest.mark.parametrize(("name", "pinned"), [("other", None), ("data-ethics", "9")])
def test_a_version_that_was_never_imported(tx: Transaction, name: str, pinned: str | None) -> None:
    approved(tx)
    with pytest.raises(NotFoundError):
        which_version(store.versions(tx, name), name, pinned, NOW)


def test_another_institution_sees_nothing_of_it(tx: Transaction) -> None:
    approved(tx)
    elsewhere = tx.within(tx.new_id(NOW))
    with pytest.raises(NotFoundError):
        which_version(store.versions(elsewhere, "data-ethics"), "data-ethics", None, NOW)
    assert store.every(elsewhere) == ()


def _version(tx: Transaction, pinned: str | None, at: object) -> tuple[str, str]:
    found = which_version(store.versions(tx, "data-ethics"), "data-ethics", pinned, at)  # type: ignore[arg-type]
    assert isinstance(found, Applies)
    return found.version.version, found.rule


def _hold(tx: Transaction, pinned: str | None) -> str:
    found = which_version(store.versions(tx, "data-ethics"), "data-ethics", pinned, NOW)
    assert isinstance(found, Hold)
    return found.code
