"""Published status lists: seen at once, signed seldom, served from files without the database, closed at the end."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from issuer import audit, status
from issuer.db import Database
from issuer.errors import ClockError, NotFoundError, StorageError, UnreachableError
from issuer.jobs.catalogue import duties
from issuer.jobs.workshop import Workshop
from issuer.model import IssuedCredential, StatusState
from issuer.publication import BURST, PATIENCE, Publishing, StatusPublisher
from issuer.service import Service
from issuer.status_document import RENEWAL, TIME_TO_LIVE, VALIDITY
from issuer.status_files import StatusFiles
from issuer.store import publications, status_lists
from issuer.store.tables import status_change, status_list, status_publication
from microcred.demo import AMARA, report
from microcred.samples import Sample
from openbadge import status as bitstring
from openbadge.status_suspension import suspended_bits
from tests.microcred.conftest import Clock
from tests.verifier.web_client import Client

REVOKED, SUSPENDED, REINSTATED = StatusState.REVOKED, StatusState.SUSPENDED, StatusState.REINSTATED
Issue = Callable[[int], list[IssuedCredential]]


@pytest.fixture
def service(sample: Sample) -> Service:
    return sample.service


@pytest.fixture
def issue(sample: Sample) -> Issue:
    """Issue so many credentials of one kind."""

    def issued(count: int) -> list[IssuedCredential]:
        reports = [{**AMARA, "sourceId": str(number), "occurrence": str(number)} for number in range(count)]
        found = [report(sample, content).credential for content in reports]
        return [credential for credential in found if credential is not None]

    return issued


def decide(service: Service, state: StatusState, *credentials: IssuedCredential, at_once: bool = False) -> bool:
    ids = [credential.public_id for credential in credentials]
    return service.decisions.decide(ids, state, "because", "office", at_once=at_once).is_published


def served(service: Service, list_id: UUID) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(service.status_lists.current(list_id))
    return document


def is_set(document: dict[str, Any], credential: IssuedCredential) -> bool:
    bits = bitstring.decode_list(document["credentialSubject"]["encodedList"])
    return bool(bitstring.get(bits, credential.status_index))


def versions(service: Service, list_id: UUID) -> int:
    with service.database.begin_read(service.institution.id) as tx:
        mark = publications.mark_of(tx, list_id)
    assert mark is not None
    return mark.version


def file_of(sample: Sample, list_id: UUID) -> Path:
    return sample.installation.settings.status_directory / str(list_id)


class Away:
    """A database that cannot be reached."""

    def begin_read(self, *_: object, **__: object) -> None:
        raise UnreachableError("The database cannot be reached now.")

    begin_write = begin_read


def cut_off(service: Service, publisher: StatusPublisher) -> Callable[[], None]:
    """Take the database away from a publisher, and return what gives it back."""
    database: Database = service.database
    publisher._database = Away()  # type: ignore[assignment]

    def back() -> None:
        publisher._database = database

    return back


def test_a_suspension_is_published_and_lifted(service: Service, issue: Issue) -> None:
    first, second = issue(2)
    list_id = first.status_list_id
    assert decide(service, SUSPENDED, first)
    document = served(service, list_id)
    assert (is_set(document, first), is_set(document, second)) == (True, False)
    liftable = suspended_bits(document, status.LIST_LENGTH // 8)
    assert liftable is not None
    assert bitstring.get(liftable, first.status_index) == 1
    assert decide(service, REINSTATED, first)
    document = served(service, list_id)
    assert not is_set(document, first)
    assert "relatedResource" not in document


def test_revoked_and_suspended_are_told_apart(service: Service, issue: Issue) -> None:
    revoked, suspended = issue(2)
    decide(service, REVOKED, revoked)
    decide(service, SUSPENDED, suspended)
    document = served(service, revoked.status_list_id)
    assert is_set(document, revoked)
    assert is_set(document, suspended)
    liftable = suspended_bits(document, status.LIST_LENGTH // 8)
    assert liftable is not None
    assert [bitstring.get(liftable, item.status_index) for item in (revoked, suspended)] == [0, 1]


def test_ttl_validity_and_cache_control_agree(client: Client, issue: Issue) -> None:
    address = f"/status/{issue(1)[0].status_list_id}"
    answer = client.get(address)
    subject = answer.json()["credentialSubject"]
    assert subject["ttl"] == TIME_TO_LIVE // timedelta(milliseconds=1)
    assert answer.headers["cache-control"] == f"public, max-age={int(TIME_TO_LIVE.total_seconds())}"
    assert TIME_TO_LIVE < VALIDITY - RENEWAL
    assert answer.headers["access-control-allow-origin"] == "*"


def test_entity_tags_are_strong_and_of_one_representation(client: Client, service: Service, issue: Issue) -> None:
    credential = issue(1)[0]
    address = f"/status/{credential.status_list_id}"
    plain, linked = client.get(address), client.get(address, headers={"Accept": "application/ld+json"})
    assert plain.content == linked.content
    assert (plain.headers["content-type"], linked.headers["content-type"]) == (
        "application/vc",
        "application/vc+ld+json",
    )
    tag = plain.headers["etag"]
    assert tag.startswith('"')
    assert tag != linked.headers["etag"]
    again = client.get(address, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get(address, headers={"If-None-Match": "*"}).status_code == 304
    decide(service, REVOKED, credential)
    changed = client.get(address, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag
    head = client.request("HEAD", address)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", changed.headers["etag"])


def test_many_decisions_are_few_signatures(service: Service, issue: Issue, clock: Clock) -> None:
    credentials = issue(12)
    list_id = credentials[0].status_list_id
    service.status_lists.current(list_id)
    before = versions(service, list_id)
    clock.forward(minutes=1)
    seen = [decide(service, REVOKED, credential) for credential in credentials]
    assert seen == [True] * BURST + [False] * (12 - BURST)
    assert versions(service, list_id) == before + BURST
    clock.forward(seconds=3)
    document = served(service, list_id)
    assert all(is_set(document, credential) for credential in credentials)
    assert versions(service, list_id) == before + BURST + 1


def test_one_decision_about_many_is_one_signature_and_seen_at_once(service: Service, issue: Issue) -> None:
    credentials = issue(12)
    list_id = credentials[0].status_list_id
    for credential in credentials[:BURST]:
        decide(service, REVOKED, credential)
    before = versions(service, list_id)
    assert decide(service, REVOKED, *credentials, at_once=True)
    assert versions(service, list_id) == before + 1
    assert all(is_set(served(service, list_id), credential) for credential in credentials)


def test_what_waits_is_told_by_the_worker(service: Service, issue: Issue, clock: Clock, sample: Sample) -> None:
    credentials = issue(BURST + 1)
    list_id = credentials[0].status_list_id
    clock.forward(minutes=1)
    for credential in credentials:
        decide(service, REVOKED, credential)
    assert service.status_lists.publish_due() == 0
    clock.forward(seconds=3)
    assert service.status_lists.publish_due() == 1
    assert is_set(json.loads(file_of(sample, list_id).read_bytes()), credentials[-1])


def test_a_list_that_cannot_be_signed_stops_no_other_list_and_no_other_duty(
    service: Service, issue: Issue, clock: Clock, sample: Sample, caplog: pytest.LogCaptureFixture
) -> None:
    credential = issue(1)[0]
    with service.database.begin_write(service.institution.id) as tx:
        first = status.allocate(tx, status.REVOCATION, clock() - timedelta(days=1), tx.new_id(clock()), 2020).list_id
    publish = next(duty for duty in duties(Workshop(service)) if not hasattr(duty, "__name__"))
    for _ in range(3):
        publish(None, clock())  # type: ignore[arg-type]
    assert file_of(sample, credential.status_list_id).exists()
    assert not file_of(sample, first).exists()
    assert caplog.text.count("status lists wait") == 1


def test_sixty_four_at_the_same_time_lose_nothing(service: Service, issue: Issue, clock: Clock) -> None:
    credentials = issue(64)
    list_id = credentials[0].status_list_id
    clock.forward(minutes=1)
    with ThreadPoolExecutor(64) as threads:
        list(threads.map(lambda credential: decide(service, REVOKED, credential), credentials))
    clock.forward(seconds=3)
    document = served(service, list_id)
    assert all(is_set(document, credential) for credential in credentials)
    with service.database.begin_read(service.institution.id) as tx:
        assert len(status_lists.marked(tx, list_id)[REVOKED]) == 64
        assert sum(entry.action == "credential.revoke" for entry in audit.entries(tx)) == 64
        assert audit.verify(tx) is not None


def test_the_file_is_what_is_served(sample: Sample, client: Client, issue: Issue) -> None:
    list_id = issue(1)[0].status_list_id
    body = client.get(f"/status/{list_id}").content
    file = file_of(sample, list_id)
    assert file.read_bytes() == body
    assert file.stat().st_mode & 0o777 == 0o644
    assert {entry.name for entry in file.parent.iterdir()} == {str(list_id), ".lock"}
    file.unlink()
    assert client.get(f"/status/{list_id}").content == body
    assert file.read_bytes() == body


def test_without_the_database_the_file_is_served(
    service: Service, client: Client, issue: Issue, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = issue(2)
    address = f"/status/{first.status_list_id}"
    body = client.get(address).content
    back = cut_off(service, service.status_lists)
    assert client.get(address).content == body
    assert "DATABASE_UNREACHABLE" in caplog.text
    back()
    decide(service, REVOKED, second)
    cut_off(service, service.status_lists)
    assert client.get(address).content != body, "whoever publishes with the same home writes the same file"
    back()
    clock.forward(seconds=PATIENCE.total_seconds() + 1)
    clock.forward(days=2)
    assert client.get(address).json()["validFrom"].startswith("2026-11-26")


def test_without_database_and_file_there_is_an_error_that_says_so(
    service: Service, client: Client, issue: Issue
) -> None:
    list_id = issue(1)[0].status_list_id
    cut_off(service, service.status_lists)
    answer = client.get(f"/status/{list_id}")
    assert (answer.status_code, answer.json()["code"]) == (503, "DATABASE_UNREACHABLE")
    assert answer.headers["retry-after"]


def test_a_folder_that_cannot_be_written_loses_no_decision(
    sample: Sample, service: Service, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    credential = issue(1)[0]
    service.status_lists.current(credential.status_list_id)

    def full(*_: object) -> None:
        raise StorageError("The folder of published status lists cannot be used: No space left on device.")

    with monkeypatch.context() as patch:
        patch.setattr(StatusFiles, "write", full)
        assert not decide(service, REVOKED, credential)
        assert not is_set(served(service, credential.status_list_id), credential)
    clock: Any = service.clock
    clock.forward(seconds=PATIENCE.total_seconds() + 1)
    assert is_set(served(service, credential.status_list_id), credential)


def test_a_list_of_nobody_here_is_not_found(service: Service) -> None:
    with pytest.raises(NotFoundError):
        service.status_lists.current(UUID(int=7))


def test_another_process_with_the_same_home_writes_the_same_file(
    sample: Sample, service: Service, issue: Issue
) -> None:
    first, second = issue(2)
    other = sample.installation.service()
    for who, credential in ((service, first), (other, second)):
        decide(who, REVOKED, credential)
        for reader in (service, other):
            assert is_set(served(reader, credential.status_list_id), credential)
    assert versions(service, first.status_list_id) == versions(other, first.status_list_id)


def test_another_machine_sees_it_in_the_database(
    sample: Sample, service: Service, issue: Issue, tmp_path: Path
) -> None:
    first = issue(1)[0]
    elsewhere = Publishing(StatusFiles(tmp_path / "elsewhere"), timedelta(seconds=2))
    other = StatusPublisher(service.database, service.institution, service.signing, service.clock, elsewhere)
    assert not is_set(json.loads(other.current(first.status_list_id)), first)
    decide(service, REVOKED, first)
    assert is_set(json.loads(other.current(first.status_list_id)), first)


def test_a_closed_list_is_signed_a_last_time_and_stays(service: Service, issue: Issue, clock: Clock) -> None:
    credential = issue(1)[0]
    decide(service, SUSPENDED, credential)
    list_id = credential.status_list_id
    with service.database.begin_write(service.institution.id) as tx:
        tx.connection.execute(update(status_list).values(valid_year=2027))
    clock.now = datetime(2028, 1, 1, tzinfo=UTC) + status.GRACE
    last = served(service, list_id)
    assert is_set(last, credential)
    assert "validUntil" not in last
    assert "ttl" not in last["credentialSubject"]
    version = versions(service, list_id)
    clock.forward(days=400)
    assert served(service, list_id) == last
    assert service.status_lists.publish_due() == 0
    assert versions(service, list_id) == version
    assert [item.is_closed for item in service.status_lists.overview()] == [True]


@pytest.mark.parametrize("hours", [1, 24 * 30])
def test_a_clock_that_was_set_back_signs_nothing(service: Service, issue: Issue, clock: Clock, hours: int) -> None:
    credential = issue(1)[0]
    before = served(service, credential.status_list_id)
    clock.forward(hours=-hours)
    assert not decide(service, REVOKED, credential)
    assert served(service, credential.status_list_id) == before
    with pytest.raises(ClockError, match="microcred clock accept"):
        service.status_lists.publish_due(at_once=True)
    clock.forward(hours=hours)
    assert is_set(served(service, credential.status_list_id), credential)


def test_a_list_that_was_signed_by_a_clock_that_was_ahead_is_signed_again(
    service: Service, issue: Issue, clock: Clock
) -> None:
    credential = issue(1)[0]
    clock.forward(days=300)
    assert served(service, credential.status_list_id)["validFrom"].startswith("2027")
    clock.forward(days=-300)
    with service.database.begin_write(service.institution.id) as tx:
        status_lists.forget_future(tx, clock())
    assert served(service, credential.status_list_id)["validFrom"].startswith("2026")


def test_a_database_that_was_set_back_takes_over_what_was_published(
    sample: Sample, service: Service, issue: Issue, clock: Clock
) -> None:
    kept, revoked, suspended = issue(3)
    list_id = kept.status_list_id
    service.status_lists.current(list_id)
    clock.forward(hours=1)
    decide(service, REVOKED, revoked)
    decide(service, SUSPENDED, suspended)
    published = file_of(sample, list_id).read_bytes()
    _set_back(service, list_id)
    restarted = sample.installation.service()
    document = served(restarted, list_id)
    assert [is_set(document, item) for item in (kept, revoked, suspended)] == [False, True, True]
    assert document["relatedResource"] == json.loads(published)["relatedResource"]
    with service.database.begin_read(service.institution.id) as tx:
        record = status.get(tx, list_id)
        assert record.taken == record.length, "entries of credentials that are not known any more are not given away"
        (line,) = [entry for entry in audit.entries(tx) if entry.action == "status.recover"]
        assert (line.detail["decisions"], line.detail["sealed"]) == (2, 1)
    assert issue(4)[-1].status_list_id != list_id


def _set_back(service: Service, list_id: UUID) -> None:
    """Leave the database as an older backup has it: without the decisions, and without what was published since."""
    with service.database.begin_write(service.institution.id) as tx:
        tx.connection.execute(status_change.delete())
        later = status_publication.c.version > 1
        tx.connection.execute(status_publication.delete().where(status_publication.c.list_id == list_id, later))


def test_a_damaged_file_is_written_anew(sample: Sample, issue: Issue) -> None:
    list_id = issue(1)[0].status_list_id
    good = sample.service.status_lists.current(list_id)
    file_of(sample, list_id).write_bytes(b"{")
    assert sample.installation.service().status_lists.current(list_id) == good
    assert file_of(sample, list_id).read_bytes() == good


def test_the_delay_is_that_of_the_settings(service: Service, issue: Issue, tmp_path: Path, clock: Clock) -> None:
    credentials = issue(BURST + 1)
    files = StatusFiles(tmp_path / "slow")
    slow = StatusPublisher(
        service.database, service.institution, service.signing, clock, Publishing(files, timedelta(seconds=30))
    )
    list_id = credentials[0].status_list_id
    slow.current(list_id)
    clock.forward(minutes=1)
    for credential in credentials:
        with service.database.begin_write(service.institution.id) as tx:
            status.revoke(tx, credential, "because", "office", clock())
        told = slow.tell([list_id])
    assert not told
    clock.forward(seconds=29)
    assert not slow.tell([list_id])
    clock.forward(seconds=2)
    assert slow.tell([list_id])


def test_who_asks_at_the_same_time_gets_one_publication(service: Service, issue: Issue) -> None:
    list_id = issue(1)[0].status_list_id
    with ThreadPoolExecutor(8) as threads:
        bodies = set(threads.map(service.status_lists.current, [list_id] * 8))
    assert len(bodies) == versions(service, list_id) == 1
