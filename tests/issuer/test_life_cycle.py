"""The whole life of credentials against a model of it, on both kinds of database.

Hypothesis chooses what people and platforms do: define, approve, retire, report, report again, revoke, suspend,
reinstate, rotate keys, let time pass, set the clock back. The model says in a few lines what must come of it. After
each step the newest answer is compared; at the end everything is: each report and its credential, each credential with
our own verifier over what the institution publishes, status entries, the audit log.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from issuer import audit, status
from issuer.addresses import Addresses
from issuer.db import open_database
from issuer.definitions import Decision
from issuer.errors import FieldError, StateError
from issuer.inbox import Answer
from issuer.integrity import CHECKS
from issuer.keys import Order
from issuer.model import CompletionState, IssuedCredential, StatusState
from issuer.publication import Publishing
from issuer.service import Places, Service
from issuer.status_files import StatusFiles
from issuer.store import institutions
from microcred.own_documents import OwnDocuments
from openbadge import timestamps
from tests.databases import Databases
from tests.issuer.keyring import Clock, key_store
from tests.issuer.samples import DEFINITION, NOW, REPORT, START, prepare_home
from verifier.question import Question
from verifier.report import Verdict
from verifier.verify import verify

SOAK: Final = os.environ.get("MICROCRED_SOAK") == "1"
EXAMPLES, STEPS = (300, 60) if SOAK else (8, 25)
MOST_ROTATIONS: Final = 2
"""Keys to change to in one life: to compile the definitions for another one takes longer than the rest."""

Key = tuple[str, str, str]
NAMES = st.sampled_from(["data-ethics", "welding"])
KEYS = st.tuples(st.sampled_from(["Ada", "Bea"]), NAMES, st.sampled_from(["", "2026-2"]))
S = StatusState
PROBLEMS: Final = {None: None, S.REINSTATED: None, S.SUSPENDED: "SUSPENDED", S.REVOKED: "REVOKED"}
ACTIONS: Final = {S.REVOKED: "revoke", S.SUSPENDED: "suspend", S.REINSTATED: "reinstate"}


@dataclass(frozen=True)
class Surroundings:
    """Where the institutions of the test live."""

    databases: Databases
    folder: Path

    @property
    def keys(self) -> Path:
        """A folder with one key, the same for all: to compile for another one takes longer than the rest."""
        folder = self.folder / "keys"
        if not folder.exists():
            key_store(folder).new("did:web:uni.example", secrets.token_bytes, Order())
        return folder

    def service(self, clock: Clock) -> Service:
        home = self.folder / secrets.token_hex(8)
        shutil.copytree(self.keys, home / "keys")
        database = open_database(self.databases.copy(prepare_home), secrets.token_bytes)
        with database.begin_read() as tx:
            institution = institutions.every(tx)[0]
        places = Places(Publishing(StatusFiles(home / "status"), timedelta(seconds=2)), self.folder / "compiled")
        addresses = Addresses(institution.base_url)
        return Service(database, institution, addresses, key_store(home / "keys", clock=clock), clock, places)


@dataclass
class Award:
    """What a person has for something: the credential, and what was decided about it."""

    credential_id: UUID
    state: StatusState | None = None


class LifeCycle(RuleBasedStateMachine):
    """An institution at work, and what it should be."""

    surroundings: Surroundings

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock(NOW)
        self.service = self.surroundings.service(self.clock)
        self.definitions: dict[str, str] = {}
        self.awards: dict[Key, Award] = {}
        self.reports: dict[str, tuple[Key, UUID | None]] = {}
        self.decided: Counter[str] = Counter()
        self.rotations = 0

    @precondition(lambda self: len(self.definitions) < 2)
    @rule(name=NAMES)
    def define(self, name: str) -> None:
        if name not in self.definitions:
            self.service.import_definition(json.dumps({**DEFINITION, "id": name}).encode(), "author")
            self.definitions[name] = "draft"

    @initialize()
    def begin(self) -> None:
        """Most of what happens needs a definition that is approved."""
        self.define("data-ethics")
        self.approve("data-ethics")

    @precondition(lambda self: "draft" in self.definitions.values())
    @rule(name=NAMES)
    def approve(self, name: str) -> None:
        if self.definitions.get(name) != "draft":
            return
        self.service.approve(name, "1", Decision("AB-1", START), "board")
        self.definitions[name] = "approved"
        self._released()

    @precondition(lambda self: len(self.awards) > 2)
    @rule(name=NAMES)
    def retire(self, name: str) -> None:
        """From the next moment on, so that what was completed before keeps its version."""
        if self.definitions.get(name) == "approved":
            self.service.retire(name, "1", "board")
            self.definitions[name] = "retired"
            self.clock.forward(seconds=1)

    @rule(keys=st.lists(KEYS, min_size=1, max_size=4))
    def report(self, keys: list[Key]) -> None:
        """A platform reports that some people have just completed something."""
        for key in keys:
            self._report(key)

    def _report(self, key: Key) -> None:
        if key[1] not in self.definitions:
            with pytest.raises(FieldError):
                self._send("unknown", key)
            return
        source_id = str(len(self.reports))
        answer = self._send(source_id, key)
        award = self.awards.get(key)
        assert answer.created
        if award is None and self.definitions[key[1]] == "approved":
            assert answer.completion.state is CompletionState.ISSUED
            assert answer.credential is not None
            award = self.awards[key] = Award(answer.credential.id)
        holder = None if award is None or award.state is S.REVOKED else award.credential_id
        self._expect(answer, holder)
        self.reports[source_id] = (key, holder)

    @precondition(lambda self: self.reports)
    @rule(data=st.data())
    def report_again(self, data: st.DataObject) -> None:
        source_id = data.draw(st.sampled_from(sorted(self.reports)))
        _, holder = self.reports[source_id]
        raw = self._stored(source_id).completion.raw
        answer = self.service.completions.report(raw, "lms")
        assert not answer.created
        self._expect(answer, holder)

    @precondition(lambda self: self.awards)
    @rule(data=st.data(), states=st.lists(st.sampled_from(S), min_size=1, max_size=3))
    def decide(self, data: st.DataObject, states: list[StatusState]) -> None:
        award = self.awards[data.draw(st.sampled_from(sorted(self.awards)))]
        for state in states:
            self._decide(award, state)

    def _decide(self, award: Award, state: StatusState) -> None:
        public_id = self._credential(award).public_id
        never = award.state is S.REVOKED and state is not S.REVOKED
        if never or (award.state is None and state is S.REINSTATED):
            with pytest.raises(StateError):
                self.service.decisions.decide([public_id], state, "because", "office")
            return
        decided = self.service.decisions.decide([public_id], state, "because", "office", at_once=True)
        assert decided.is_published
        self.decided[ACTIONS[state]] += award.state is not state
        award.state = state
        self._verified(award)

    @precondition(lambda self: self.rotations < MOST_ROTATIONS)
    @rule()
    def rotate(self) -> None:
        self.service.key_desk.rotate("Ed25519", "operator", timedelta())
        self.rotations += 1

    @rule(days=st.sampled_from([0, 2, 40]))
    def wait(self, days: int) -> None:
        self.clock.forward(days=days, minutes=10)

    @rule(key=KEYS, minutes=st.sampled_from([30, 60 * 24]))
    def report_while_the_clock_is_behind(self, key: Key, minutes: int) -> None:
        """What would be signed waits; it is signed once the clock is right."""
        if key in self.awards or self.definitions.get(key[1]) != "approved":
            return
        self._sign_something()
        source_id = str(len(self.reports))
        with self._clock_behind(minutes):
            answer = self._send(source_id, key)
            assert answer.completion.state is CompletionState.HELD
            assert answer.completion.reason_code == "clock-behind"
            self.reports[source_id] = (key, None)
        assert self.service.completions.release("clock") == 1
        self._released()

    def teardown(self) -> None:
        self._compare()
        with self.service.database.begin_read(self.service.institution.id) as tx:
            actions = Counter(entry.action for entry in audit.entries(tx, limit=10_000))
            for check in CHECKS.values():
                check(self.service.database, tx)
        assert actions["credential.issue"] == len(self.awards)
        for action in ACTIONS.values():
            assert actions[f"credential.{action}"] == self.decided[action]
        self.service.database.close()

    def _send(self, source_id: str, key: Key) -> Answer:
        person, name, occurrence = key
        learner = {"id": person, "name": person}
        moment = timestamps.write(self.clock())
        said = {"source": "moodle", "sourceId": source_id, "learner": learner, "completedAt": moment}
        said |= {"definition": {"id": name}, **({"occurrence": occurrence} if occurrence else {})}
        return self.service.completions.report(json.dumps({**REPORT, **said}).encode(), "lms")

    def _expect(self, answer: Answer, holder: UUID | None) -> None:
        expected = CompletionState.HELD if holder is None else CompletionState.ISSUED
        assert (answer.completion.state, answer.completion.credential_id) == (expected, holder)

    def _released(self) -> None:
        """Take over what was issued for held reports; each must have been due, and of one key there is one."""
        for source_id, (key, holder) in self.reports.items():
            after = self._stored(source_id).completion
            if holder is None and after.state is CompletionState.ISSUED:
                assert after.credential_id is not None
                award = self.awards.setdefault(key, Award(after.credential_id))
                assert award.credential_id == after.credential_id
                assert award.state is not S.REVOKED
                self.reports[source_id] = (key, after.credential_id)

    def _compare(self) -> None:
        for source_id, (key, holder) in self.reports.items():
            self._expect(self._stored(source_id), holder)
            if holder is None:
                award = self.awards.get(key)
                assert self.definitions[key[1]] != "approved" or (award is not None and award.state is S.REVOKED)
        assert {item.id for item in self.service.list_credentials(1_000)} == {
            award.credential_id for award in self.awards.values()
        }
        for award in self.awards.values():
            self._verified(award)

    def _verified(self, award: Award) -> None:
        """What everybody finds who checks the credential now, but for the end of its validity."""
        question = Question(self.clock(), OwnDocuments(self.service, self.clock))
        report = verify(self._credential(award).document, question)
        problems = {check.problem for check in report.authenticity if check.required} - {None, "EXPIRED"}
        assert problems == ({PROBLEMS[award.state]} - {None})
        assert report.verdict is not Verdict.UNDETERMINED

    def _credential(self, award: Award) -> IssuedCredential:
        found = {item.id: item for item in self.service.list_credentials(1_000)}
        return found[award.credential_id]

    def _stored(self, source_id: str) -> Answer:
        answers = self.service.completions.page(None, 1_000)
        return next(answer for answer in answers if answer.completion.source_id == source_id)

    def _sign_something(self) -> None:
        """Have the newest signature be of now: that of a status list."""
        with self.service.database.begin_write(self.service.institution.id) as tx:
            list_id = status.allocate(tx, status.REVOCATION, self.clock()).list_id
        self.service.status_lists.current(list_id)

    @contextmanager
    def _clock_behind(self, minutes: int) -> Iterator[None]:
        self.clock.forward(minutes=-minutes)
        yield
        self.clock.forward(minutes=minutes)


def test_the_life_of_credentials(databases: Databases, tmp_path: Path) -> None:
    machine = type("Machine", (LifeCycle,), {"surroundings": Surroundings(databases, tmp_path)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
