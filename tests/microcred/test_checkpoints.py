"""Checkpoints of the audit log: what they prove, and what they expose; the log on the command line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from issuer import audit
from issuer.checkpoints import TYPE, Checkpoints, read
from issuer.errors import FieldError, IntegrityError, NoActiveKeyError
from issuer.jobs.upkeep import Upkeep
from issuer.model.canonical import canonical_json
from microcred.samples import Sample
from openbadge import strict_json
from openbadge.errors import InvalidError
from openbadge.jose import jws
from tests.microcred.conftest import Clock, Console


@pytest.fixture
def checkpoints(sample: Sample) -> Checkpoints:
    return Checkpoints(sample.service)


def more(sample: Sample, count: int = 1) -> None:
    with sample.service.database.begin_write(sample.service.institution.id) as tx:
        for _ in range(count):
            audit.append(tx, sample.service.clock(), "test", "test.act", "x", {})


def run(sample: Sample, *statements: str) -> None:
    with sample.service.database.begin_write() as tx:
        for statement in statements:
            tx.connection.exec_driver_sql(statement)


def test_a_checkpoint_proves_the_log_up_to_its_entry(checkpoints: Checkpoints, sample: Sample, clock: Clock) -> None:
    assert checkpoints.prove().proven is None
    made = checkpoints.make()
    assert made is not None
    more(sample, 2)
    proof = checkpoints.prove()
    assert proof.last is not None
    assert proof.proven is not None
    assert (proof.last.seq, proof.proven.seq, proof.proven.at) == (made.seq + 2, made.seq, clock())
    assert f"{made.seq + 2} entries, chain whole; proven up to entry {made.seq}" in str(proof)


def test_it_is_a_token_that_anybody_can_check(checkpoints: Checkpoints, sample: Sample) -> None:
    made = checkpoints.make()
    assert made is not None
    signed = jws.parse(made.token)
    jws.verify(signed, sample.service.signing.issuance().signer.public_key)
    assert signed.header["typ"] == TYPE
    said = strict_json.loads(signed.payload)
    assert said.keys() == {"iss", "seq", "hash", "at"}
    assert (said["iss"], said["seq"], said["hash"]) == (sample.service.institution.did, made.seq, made.hash.hex())


def test_without_new_entries_there_is_no_new_one(checkpoints: Checkpoints, sample: Sample) -> None:
    first = checkpoints.make()
    assert checkpoints.make() == first
    more(sample)
    second = checkpoints.make()
    assert first is not None
    assert second is not None
    assert second.seq == first.seq + 1
    assert "proves the log up to entry" in Upkeep(sample.service).audit_checkpoint(sample.service.clock())


def test_an_end_that_is_cut_off_is_noticed(checkpoints: Checkpoints, sample: Sample) -> None:
    more(sample, 5)
    made = checkpoints.make()
    assert made is not None
    run(sample, f"DELETE FROM audit WHERE seq > {made.seq - 2}")
    with sample.service.database.begin_read() as tx:
        assert audit.verify(tx)  # the chain alone knows nothing of it
    with pytest.raises(IntegrityError, match=f"cut off: there are {made.seq - 2} entries"):
        checkpoints.prove()
    with pytest.raises(IntegrityError, match="is not what the checkpoint"):
        checkpoints.make()


def test_one_that_is_kept_elsewhere_exposes_who_removes_those_here(checkpoints: Checkpoints, sample: Sample) -> None:
    more(sample, 5)
    made = checkpoints.make()
    assert made is not None
    run(sample, f"DELETE FROM audit WHERE seq > {made.seq - 2}", "DELETE FROM audit_checkpoint")
    assert checkpoints.prove().proven is None
    with pytest.raises(IntegrityError, match="cut off"):
        checkpoints.prove([made.token])


def test_a_log_that_was_written_anew_is_noticed(checkpoints: Checkpoints, sample: Sample) -> None:
    more(sample, 5)
    made = checkpoints.make()
    assert made is not None
    with sample.service.database.begin_write(sample.service.institution.id) as tx:
        tx.connection.exec_driver_sql(f"DELETE FROM audit WHERE seq > {made.seq - 2}")
        for _ in range(4):
            audit.append(tx, sample.service.clock(), "somebody", "test.act", "x", {})
        audit.verify(tx)
    with pytest.raises(IntegrityError, match="written anew"):
        checkpoints.prove()


@pytest.mark.parametrize(
    "change",
    ["seq = seq - 1", "token = 'x'", "token = replace(token, '.', '.A')", "hash = (SELECT hash FROM audit LIMIT 1)"],
)
def test_a_stored_one_cannot_be_changed(checkpoints: Checkpoints, sample: Sample, change: str) -> None:
    more(sample, 3)
    checkpoints.make()
    run(sample, f"UPDATE audit_checkpoint SET {change}")
    with pytest.raises(IntegrityError, match="checkpoint of entry"):
        checkpoints.prove()


def sign(sample: Sample, payload: Any, typ: str | None = TYPE) -> str:
    header = {} if typ is None else {"typ": typ}
    return jws.sign(header, strict_json.dumps(payload), sample.service.signing.issuance().signer)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "did:web:other.example"},
        {"seq": True},
        {"seq": "1"},
        {"hash": 7},
        {"hash": "xy"},
        {"at": "now"},
        {"at": None},
    ],
)
def test_what_says_something_else_is_no_checkpoint(sample: Sample, changes: dict[str, Any]) -> None:
    good = {"iss": sample.service.institution.did, "seq": 1, "hash": "00" * 32, "at": "2026-11-24T12:00:00Z"}
    keys = sample.service.key_desk.published()
    assert read(sign(sample, good), sample.service.institution.did, keys).seq == 1
    with pytest.raises(InvalidError):
        read(sign(sample, {**good, **changes}), sample.service.institution.did, keys)
    for typ in ("JWT", None):
        with pytest.raises(InvalidError):
            read(sign(sample, good, typ), sample.service.institution.did, keys)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "." * 9])
def test_what_is_none_is_said_to_be_none(checkpoints: Checkpoints, token: str) -> None:
    with pytest.raises(FieldError, match="checkpoint 1"):
        checkpoints.prove([token])


def test_one_by_a_compromised_key_proves_nothing(
    checkpoints: Checkpoints, sample: Sample, console: Console, clock: Clock
) -> None:
    checkpoints.make()
    key = sample.service.keys.list()[0].name
    assert console("keys", "compromise", key, "--yes") == 0
    assert checkpoints.prove().proven is None
    with pytest.raises(NoActiveKeyError):
        checkpoints.make()
    assert console("keys", "new") == 0
    made = checkpoints.make()
    proof = checkpoints.prove()
    assert made is not None
    assert proof.proven is not None
    assert proof.proven.seq == made.seq


def test_the_command_line(console: Console, sample: Sample, tmp_path: Path) -> None:
    assert console("audit", "verify") == 0
    assert "audit checkpoint --out FILE" in console.out.getvalue()
    path = tmp_path / "checkpoint"
    assert console("audit", "checkpoint", "--out", str(path)) == 0
    assert console("audit", "verify", "--checkpoint", str(path)) == 0
    assert "proven up to entry" in console.out.getvalue()
    assert console("audit", "checkpoint") == 0
    assert console.out.getvalue() == path.read_text()
    run(sample, "UPDATE audit SET subject = 'x' WHERE seq = 2")
    assert console("audit", "verify") == 1
    assert "entry 2 was changed" in console.err.getvalue()


def test_an_export_can_be_checked_by_any_program(
    console: Console, sample: Sample, clock: Clock, tmp_path: Path
) -> None:
    clock.forward(days=1)
    more(sample, 3)
    assert console("audit", "export", "--out", str(tmp_path / "log")) == 0
    lines = [json.loads(line) for line in (tmp_path / "log").read_text("utf-8").splitlines()]
    check_chain(lines)
    assert console("audit", "export", "--since", "2026-11-25T00:00:00Z") == 0
    young = [json.loads(line) for line in console.out.getvalue().splitlines()]
    assert young == lines[-3:]


def check_chain(lines: Sequence[dict[str, Any]]) -> None:
    previous = bytes(32).hex()
    for number, line in enumerate(lines, 1):
        digest = line.pop("hash")
        assert (line["seq"], line["previous"]) == (number, previous)
        assert hashlib.sha256(canonical_json(line)).hexdigest() == digest
        previous = line["hash"] = digest


def test_everything_that_people_do_is_in_the_log(console: Console, sample: Sample) -> None:
    """One of each, with who did it: nobody need look elsewhere."""
    me = ("--by", "cli:me")
    identifier, version = "coaching-clinical-teams", "1"
    assert console("definitions", "approve", identifier, version, "--decision", "AB-1", *me) == 0, (
        console.err.getvalue()
    )
    report = {
        "source": "s", "sourceId": "1", "definition": {"id": "data-ethics-foundations"},
        "learner": {"id": "N1", "name": "N1"}, "completedAt": "2026-03-31T10:00:00Z",
        "result": [{"resultDescription": "grade", "value": "87"}],
    }  # fmt: skip
    assert console("completions", "report", "-", *me, stdin=json.dumps(report).encode()) == 0, console.err.getvalue()
    (credential,) = sample.service.list_credentials()
    sample.service.token(credential.public_id)
    address = sample.service.addresses.credential(credential.public_id)
    assert console("credentials", "revoke", address, "--reason", "Error", *me) == 0
    for command in (("new",), ("rotate", "--after", "0"), ("new", "--algorithm", "P-256")):
        assert console("keys", *command, *me) == 0
    keys = sample.service.keys.list()
    assert console("keys", "retire", keys[-1].name, *me) == 0
    assert console("keys", "compromise", keys[0].name, "--yes", *me) == 0
    other = sample.installation.settings.home / "other-passphrase"
    other.write_text("a passphrase that nobody else has got")
    assert console("keys", "reseal", "--passphrase-file", str(other), *me) == 0, console.err.getvalue()
    assert console("definitions", "retire", identifier, version, *me) == 0
    with sample.service.database.begin_read() as tx:
        done = {(entry.actor, entry.action) for entry in audit.entries(tx)}
    mine = {action for actor, action in done if actor == "cli:me"}
    assert mine >= {
        "definition.approve", "definition.retire", "credential.issue", "credential.revoke", "key.new", "key.retire",
        "key.compromise", "key.reseal",
    }  # fmt: skip
    assert ("anybody", "credential.token") in done


def test_who_does_it_on_the_command_line_is_named_by_default(console: Console, sample: Sample) -> None:
    assert console("keys", "new") == 0
    with sample.service.database.begin_read() as tx:
        assert audit.entries(tx)[-1].actor.startswith("cli:")
