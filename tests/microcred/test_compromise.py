"""A compromised key: what it signed is told apart, and the honest part is issued again at the same addresses."""

from __future__ import annotations

import csv
import json
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from issuer import audit, status
from issuer.compromise import Compromise, token_prefix
from issuer.errors import ClockError, IntegrityError, KeyStoreError, StateError
from issuer.issuance_log import IssuanceLog
from issuer.issue import seed_of
from issuer.keys import ACTIVE, REVOKED, Order
from issuer.make import Plan
from issuer.model import IssuedCredential, StatusState
from issuer.model.keys import FormerEdition
from issuer.reissue import CHANGED, FORGED, REFUSED, Reissued
from issuer.store import completions, credentials, definitions, institutions
from issuer.store.rows import read_all
from issuer.store.tables import award
from issuer.store.tables import credential as table
from issuer.store.tables_keys import credential_edition
from microcred.installation import open_installation, settings_of
from microcred.samples import Sample
from microcred.world import World
from tests.microcred.conftest import Clock, Console
from tests.microcred.test_api import REPORT


def issue(sample: Sample, person: str) -> IssuedCredential:
    content = {
        **REPORT,
        "sourceId": person,
        "learner": {"id": person, "name": person, "email": f"{person}@example.org"},
    }
    credential = sample.service.completions.report(json.dumps(content).encode(), "test").credential
    assert credential is not None
    return credential


def now(sample: Sample, credential: IssuedCredential) -> IssuedCredential:
    found = sample.service.credential(credential.public_id)
    assert found is not None
    return found


def verdict(console: Console, document: bytes) -> int:
    return console("verify", "-", stdin=document)


@pytest.fixture
def key(sample: Sample) -> str:
    return sample.service.keys.list()[0].name


def reissue(sample: Sample, name: str) -> Reissued:
    work = Compromise(sample.service, name)
    work.declare(None, "cli:me")
    return work.reissue(work.log(), "cli:me", lambda _done: None)


def actions(sample: Sample) -> list[tuple[str, str]]:
    with sample.service.database.begin_read() as tx:
        return [(entry.action, entry.actor) for entry in audit.entries(tx)]


def test_the_honest_ones_are_issued_again_where_they_were(
    console: Console, sample: Sample, clock: Clock, key: str
) -> None:
    before = [issue(sample, person) for person in ("N1", "N2", "N3")]
    sample.service.decisions.decide([before[2].public_id], StatusState.REVOKED, "Issued in error", "office")
    assert console("keys", "rotate") == 0
    clock.forward(hours=1)
    assert console("keys", "compromise", key, "--since", "2026-11-20T00:00:00Z", "--yes", "--reissue") == 0
    assert "Issued again: 2." in console.out.getvalue()
    assert "1 credentials revoked before" in console.out.getvalue()
    clock.forward(minutes=1)
    assert len(sample.service.list_credentials()) == 3
    for person, old in zip(("N1", "N2"), before, strict=False):
        new = now(sample, old)
        assert (new.id, new.public_id, new.edition) == (old.id, old.public_id, 2)
        assert new.key_id == sample.service.signing.issuance().signer.verification_method != old.key_id
        assert (new.status_list_id, new.status_index) != (old.status_list_id, old.status_index)
        assert verdict(console, old.document) == 1
        assert verdict(console, new.document) == 0
        check_same_but_for_the_moment(json.loads(old.document), json.loads(new.document))
        assert issue(sample, person) == new  # reported again: the person has it
    assert now(sample, before[2]) == before[2]


def check_same_but_for_the_moment(old: dict[str, Any], new: dict[str, Any]) -> None:
    changing = {"validFrom", "proof", "credentialStatus"}
    assert {name for name in old if old[name] != new.get(name)} == changing
    assert old.keys() == new.keys()


def test_the_old_bytes_are_kept_and_their_status_entry_is_set(sample: Sample, key: str, clock: Clock) -> None:
    old = issue(sample, "N1")
    token = sample.service.token(old.public_id)
    old = now(sample, old)
    sample.service.key_desk.new(Order(), "me")
    reissue(sample, key)
    with sample.service.database.begin_read(sample.service.institution.id) as tx:
        (former,) = read_all(tx, select(credential_edition), FormerEdition)
        assert status.is_revoked(tx, old)
        assert status.current(tx, now(sample, old)) is None
    assert (former.document, former.sha256, former.jwt, former.edition) == (old.document, old.sha256, token, 1)
    assert sample.service.token(old.public_id) != token


def test_doing_it_again_changes_nothing(sample: Sample, key: str) -> None:
    old = issue(sample, "N1")
    sample.service.key_desk.new(Order(), "me")
    assert reissue(sample, key).credentials == 1
    new, seen = now(sample, old), actions(sample)
    assert reissue(sample, key).credentials == 0
    assert (now(sample, old), actions(sample)) == (new, seen)
    assert seen.count(("key.compromise", "cli:me")) == seen.count(("credential.reissue", "cli:me")) == 1


def test_a_second_compromise_makes_a_third_edition(console: Console, sample: Sample, key: str, clock: Clock) -> None:
    old = issue(sample, "N1")
    for _ in range(2):
        name = sample.service.keys.list()[-1].name
        sample.service.key_desk.new(Order(), "me")
        clock.forward(minutes=1)
        assert reissue(sample, name).credentials == 1
    new = now(sample, old)
    assert (new.edition, verdict(console, new.document)) == (3, 0)
    assert console("db", "check") == 0, console.out.getvalue()


def forge(sample: Sample, key: str) -> IssuedCredential:
    """Somebody who knows the key, and who can write to the database, makes himself a credential."""
    honest = issue(sample, "honest")
    maker = sample.service.signing.issuance()
    with sample.service.database.begin_write(sample.service.institution.id) as tx:
        completion = completions.get(tx, honest.completion_id)
        version = definitions.get(tx, honest.definition_version_id)
        assert completion is not None
        assert version is not None
        slot = status.allocate(tx, status.REVOCATION, sample.service.clock())
        seed = seed_of(institutions.secret(tx), tx.new_id(sample.service.clock()))
        made = maker.make(Plan(completion, version, slot, seed, sample.service.clock()))
        forged = IssuedCredential(
            id=tx.new_id(sample.service.clock()),
            public_id=made.public_id,
            institution_id=honest.institution_id,
            completion_id=honest.completion_id,
            definition_version_id=honest.definition_version_id,
            document=made.document,
            sha256=made.sha256,
            key_id=made.key_id,
            status_list_id=slot.list_id,
            status_index=slot.index,
            issued_at=sample.service.clock(),
            edition=7,
        )
        credentials.add_many(tx, [forged])
    return forged


def test_what_is_not_in_the_log_is_exposed_and_never_issued_again(
    console: Console, sample: Sample, key: str, tmp_path: Path
) -> None:
    forged = forge(sample, key)
    changed = issue(sample, "changed")
    with sample.service.database.begin_write() as tx:
        tx.connection.execute(update(table).where(table.c.id == changed.id).values(document=changed.document + b" "))
    assert console("keys", "new") == 0
    assert console("keys", "compromise", key, "--yes", "--reissue", "--out", str(tmp_path / "out")) == 0
    said = console.out.getvalue()
    assert "1 credentials NOT IN THE AUDIT LOG" in said
    assert "1 credentials NOT AS THEY WERE SIGNED" in said
    rows = list(csv.DictReader((tmp_path / "out" / "signed.csv").read_text().splitlines()))
    assert sorted(row["verdict"] for row in rows) == [CHANGED, "issued-again", FORGED]
    (row,) = [row for row in rows if row["verdict"] == FORGED]
    assert row["address"] == sample.service.addresses.credential(forged.public_id)
    honest = (tmp_path / "out" / "honest.sha256").read_text().split()
    assert forged.sha256.hex() not in honest
    assert changed.sha256.hex() in honest
    assert stat.S_IMODE((tmp_path / "out" / "signed.csv").stat().st_mode) == 0o600
    with pytest.raises(StateError, match="compromised"):
        sample.service.token(forged.public_id)
    assert verdict(console, forged.document) == 1


def test_what_was_removed_from_the_database_is_noticed(console: Console, sample: Sample, key: str) -> None:
    gone, _ = issue(sample, "N1"), issue(sample, "N2")
    with sample.service.database.begin_write() as tx:
        tx.connection.execute(delete(award).where(award.c.credential_id == gone.id))
        tx.connection.execute(delete(table).where(table.c.id == gone.id))
    assert console("keys", "compromise", key, "--yes") == 0
    assert "1 credentials IN THE AUDIT LOG AND NOT IN THE DATABASE" in console.out.getvalue()
    assert "1 credentials honest" in console.out.getvalue()


def test_a_broken_log_is_no_witness(sample: Sample, key: str) -> None:
    issue(sample, "N1")
    sample.service.key_desk.new(Order(), "me")
    with sample.service.database.begin_write() as tx:
        tx.connection.exec_driver_sql("UPDATE audit SET actor = 'somebody' WHERE seq = 3")
    with pytest.raises(IntegrityError, match="entry 3"):
        reissue(sample, key)
    assert sample.service.keys.get(key).state == REVOKED  # it is stopped all the same


def test_without_another_key_it_is_stopped_and_mended_later(console: Console, sample: Sample, key: str) -> None:
    old = issue(sample, "N1")
    assert console("keys", "compromise", key, "--yes", "--reissue") == 1
    assert "microcred keys new" in console.err.getvalue()
    assert now(sample, old) == old
    assert console("keys", "new") == 0
    assert console("keys", "compromise", key, "--reissue") == 0
    assert verdict(console, now(sample, old).document) == 0


def test_one_whose_validity_is_over_is_left_with_the_reason(sample: Sample, key: str, clock: Clock) -> None:
    old = issue(sample, "N1")
    sample.service.key_desk.new(Order(), "me")
    clock.forward(days=4 * 365)  # it was valid for three years
    done = reissue(sample, key)
    word, sentence = done.left[old.public_id]
    assert (word, done.credentials) == (REFUSED, 0)
    assert "validity has ended" in sentence
    assert now(sample, old) == old


def test_a_clock_that_is_behind_issues_nothing_again(sample: Sample, key: str, clock: Clock) -> None:
    old = issue(sample, "N1")
    sample.service.key_desk.new(Order(), "me")
    clock.now -= timedelta(hours=1)
    with pytest.raises(ClockError):
        reissue(sample, key)
    assert now(sample, old) == old


def test_who_was_suspended_stays_suspended(console: Console, sample: Sample, key: str, clock: Clock) -> None:
    old = issue(sample, "N1")
    sample.service.decisions.decide([old.public_id], StatusState.SUSPENDED, "Under investigation", "office")
    sample.service.key_desk.new(Order(), "me")
    assert reissue(sample, key).credentials == 1
    new = now(sample, old)
    decision = sample.service.decision(new)
    assert decision is not None
    assert (decision.state, decision.reason) == (StatusState.SUSPENDED, "Under investigation")
    clock.forward(minutes=1)
    assert verdict(console, new.document) == 1
    sample.service.decisions.decide([old.public_id], StatusState.REINSTATED, "Cleared", "office")
    clock.forward(minutes=1)
    assert verdict(console, new.document) == 0


def test_a_compromised_key_for_tokens_costs_the_tokens_only(sample: Sample, key: str, world: World) -> None:
    old = issue(sample, "N1")
    with_es256 = replace(world, environ={**world.environ, "MICROCRED_TOKEN_ALGORITHM": "ES256"})
    service = open_installation(settings_of(with_es256), with_es256).service()
    first = service.key_desk.new(Order("P-256"), "me")
    token = service.token(old.public_id)
    assert token.startswith(token_prefix(first))
    assert not token.startswith(token_prefix(service.keys.get(key)))
    service.key_desk.new(Order("P-256"), "me")
    work = Compromise(service, first.name)
    work.declare(None, "me")
    log = work.log()
    assert [item.form for item in work.signed(log)] == ["token"]
    done = work.reissue(log, "me", lambda _done: None)
    assert (done.credentials, done.tokens) == (0, 1)
    found = service.credential(old.public_id)
    assert found is not None
    assert (found.document, found.jwt) == (old.document, None)
    assert service.token(old.public_id) != token


def test_only_a_compromised_key_of_the_institution_has_anything_issued_again(
    console: Console, sample: Sample, key: str
) -> None:
    work = Compromise(sample.service, key)
    log = IssuanceLog(frozenset(), frozenset())
    with pytest.raises(KeyStoreError, match="not declared compromised"):
        work.reissue(log, "me", lambda _done: None)
    assert console("issuers", "add", "--profile", "p", "--cryptosuite", "eddsa-rdfc-2022", "--key-type", "Ed25519") == 0
    own = Compromise(sample.service, sample.service.keys.list()[-1].name)
    own.declare(None, "me")
    with pytest.raises(KeyStoreError, match="its own issuer"):
        own.reissue(log, "me", lambda _done: None)


def test_a_service_that_runs_stops_and_goes_on_with_the_next_key(console: Console, sample: Sample, key: str) -> None:
    """`sample.service` has the key open all the while."""
    issue(sample, "N1")
    assert console("keys", "compromise", key, "--yes") == 0
    held = sample.service.completions.report(
        json.dumps({**REPORT, "sourceId": "N2", "learner": {"id": "N2", "name": "N2"}}).encode(), "test"
    )
    assert (held.credential, held.completion.reason_code) == (None, "no-signing-key")
    assert console("keys", "new") == 0
    assert sample.service.completions.release("test") == 1
    assert sample.service.keys.list()[-1].state == ACTIVE
