"""After a restore from a backup: no status entry is given to a second credential, and lost decisions come back."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from issuer import audit, status
from issuer.model import IssuedCredential, StatusState
from issuer.service import Service
from issuer.status import REVOCATION
from microcred.demo import AMARA, report
from microcred.samples import Sample
from tests.microcred.conftest import Clock, Console


@dataclass
class Restored:
    """A home that was restored from a backup: three credentials of before, of which the backup knows no decision; one
    credential that was issued after the backup; and a copy of the audit log as it was at the end."""

    service: Service
    before: list[IssuedCredential]
    after: IssuedCredential
    log: Path


def issue(sample: Sample, number: int) -> IssuedCredential:
    found = report(sample, {**AMARA, "sourceId": str(number), "occurrence": str(number)}).credential
    assert found is not None
    return found


@pytest.fixture
def restored(sample: Sample, console: Console, clock: Clock, tmp_path: Path) -> Restored:
    before = [issue(sample, number) for number in range(3)]
    backup, log = str(tmp_path / "backup.zip"), tmp_path / "audit.ndjson"
    assert console("db", "backup", backup) == 0
    clock.forward(hours=1)
    after = issue(sample, 3)
    for verb, credential in (("revoke", before[0]), ("suspend", before[1]), ("suspend", before[2])):
        assert console("credentials", verb, credential.public_id, "--reason", f"to {verb}") == 0
    assert console("credentials", "reinstate", before[2].public_id, "--reason", "all is well") == 0
    assert console("credentials", "revoke", after.public_id, "--reason", "of the unknown one") == 0
    assert console("audit", "export", "--out", str(log)) == 0
    assert console("db", "restore", backup, "--force") == 0
    assert "1 status lists get no new entries" in console.out.getvalue()
    return Restored(sample.installation.service(), before, after, log)


def states(restored: Restored) -> list[StatusState | None]:
    with restored.service.database.begin_read(restored.service.institution.id) as tx:
        found = [status.current(tx, credential) for credential in restored.before]
    return [None if change is None else change.state for change in found]


def test_no_entry_is_given_to_a_second_credential(restored: Restored, sample: Sample) -> None:
    used = {(item.status_list_id, item.status_index) for item in (*restored.before, restored.after)}
    again = [issue(sample, number) for number in range(3, 8)]
    assert not used & {(item.status_list_id, item.status_index) for item in again}
    assert restored.after.status_list_id not in {item.status_list_id for item in again}


def test_published_lists_bring_back_what_they_tell(restored: Restored) -> None:
    assert states(restored) == [None, None, None]
    restored.service.status_lists.current(restored.before[0].status_list_id)
    assert states(restored) == [StatusState.REVOKED, StatusState.SUSPENDED, None]


def test_a_copy_of_the_log_brings_back_decisions_with_their_reasons(
    restored: Restored, sample: Sample, console: Console
) -> None:
    shutil.rmtree(sample.installation.settings.status_directory)
    assert console("status", "take-over", str(restored.log), "--by", "operator") == 0
    assert "4 decisions are now" in console.out.getvalue()
    assert states(restored) == [StatusState.REVOKED, StatusState.SUSPENDED, StatusState.REINSTATED]
    document = json.loads(restored.service.status_lists.current(restored.after.status_list_id))
    assert "relatedResource" in document
    with restored.service.database.begin_read(restored.service.institution.id) as tx:
        assert status.current(tx, restored.before[0]).reason == "to revoke"  # type: ignore[union-attr]
        assert status.is_revoked(tx, restored.after), "its entry is known, even if it is not"
        assert audit.verify(tx) is not None
    assert console("status", "take-over", str(restored.log)) == 0
    assert "0 decisions are now" in console.out.getvalue()


def test_a_newer_decision_is_not_undone(restored: Restored, console: Console, clock: Clock) -> None:
    clock.forward(hours=1)
    assert console("credentials", "revoke", restored.before[1].public_id, "--reason", "for good") == 0
    assert console("status", "take-over", str(restored.log)) == 0
    assert states(restored)[1] is StatusState.REVOKED


def test_a_copy_that_was_changed_is_refused(restored: Restored, console: Console, tmp_path: Path) -> None:
    lines = restored.log.read_text().splitlines()
    place = next(number for number, line in enumerate(lines) if '"to suspend"' in line)
    changed = [*lines[:place], lines[place].replace("to suspend", "to revoke!"), *lines[place + 1 :]]
    cases = {
        "was changed after it was written": changed,
        "is missing": [*lines[:place], *lines[place + 1 :]],
        "no entry in common": lines[place:],
        "does not write": [*lines, "{}"],
    }
    for number, (said, content) in enumerate(cases.items()):
        file = tmp_path / f"{number}.ndjson"
        file.write_text("\n".join(content) + "\n")
        assert console("status", "take-over", str(file)) == 1
        assert said in console.err.getvalue()
        assert states(restored) == [None, None, None]
    assert console("status", "take-over", str(tmp_path / "absent")) == 1


def test_lists_that_give_nothing_away_are_published_all_the_same(restored: Restored) -> None:
    assert restored.service.status_lists.publish_due(at_once=True) >= 1
    with restored.service.database.begin_read(restored.service.institution.id) as tx:
        record = status.get(tx, restored.after.status_list_id)
    assert (record.purpose, record.taken) == (REVOCATION, record.length)
