"""A definition, a report and an institution to try things on, and steps that many tests share."""

from __future__ import annotations

import copy
import json
import secrets
from datetime import UTC, datetime
from typing import Any

from issuer.db import Database, Transaction, open_database
from issuer.definitions import Decision, approve, import_definition
from issuer.migrations import upgrade
from issuer.model import CompletionReport, Definition, DefinitionVersion, Institution
from issuer.store import institutions

NOW = datetime(2026, 11, 24, 12, 0, 0, 250_000, tzinfo=UTC)
START = datetime(2026, 1, 1, tzinfo=UTC)

DEFINITION: dict[str, Any] = {
    "id": "data-ethics",
    "version": "1",
    "name": "Data Ethics Foundations",
    "description": "Judging how data about people is used.",
    "language": "en",
    "criteria": {"narrative": "Passed the *final project*."},
    "outcomes": [
        {
            "id": "lo1",
            "text": "Names the interests of the people whom data is about.",
            "alignments": [{"targetName": "ethics", "targetUrl": "http://data.europa.eu/esco/skill/abc"}],
        }
    ],
    "workload": {"duration": "PT60H", "credit": {"value": "2", "framework": "ECTS"}},
    "level": {"framework": "EQF", "code": "6", "url": "http://data.europa.eu/snb/eqf/6"},
    "assessment": {"types": ["project"], "supervision": "supervised-id", "grading": "Pass or fail"},
    "participation": "online",
    "qualityAssurance": {"body": "Academic Board", "page": "https://uni.example/quality"},
    "prerequisites": "None",
    "skills": [{"targetName": "data ethics", "targetUrl": "https://uni.example/skills/1", "targetType": "ext:ESCO"}],
    "subjects": [{"scheme": "ISCED-F", "code": "0688"}],
    "tags": ["ethics"],
    "results": [{"id": "grade", "name": "Grade", "resultType": "LetterGrade", "allowedValue": ["A", "B"]}],
    "validityPeriod": "P3Y",
}

REPORT: dict[str, Any] = {
    "source": "moodle:lms.uni.example",
    "sourceId": "course_completions:1",
    "definition": {"id": "data-ethics"},
    "learner": {"id": "S1234567", "name": "Ada Nguyen", "email": "ada@example.test"},
    "completedAt": "2026-11-23T12:32:28Z",
}


def definition(**changes: Any) -> Definition:
    return Definition.from_json({**copy.deepcopy(DEFINITION), **changes})


def report(**changes: Any) -> CompletionReport:
    return CompletionReport.from_json({**copy.deepcopy(REPORT), **changes})


def raw(value: CompletionReport) -> bytes:
    return json.dumps(value.to_json(), indent=1).encode()


def prepare_home(url: str) -> None:
    """Make the tables and one institution; what the fixture `home_url` is a copy of."""
    database = open_database(url, secrets.token_bytes)
    upgrade(database)
    with database.begin_write() as tx:
        institution = Institution(
            id=tx.new_id(NOW),
            slug="uni",
            did="did:web:uni.example",
            base_url="https://uni.example",
            name="Example University",
            url="https://uni.example",
            country="IE",
            created_at=NOW,
        )
        institutions.add(tx, institution)
    database.close()


def open_home(url: str) -> tuple[Database, Institution]:
    """Open a database that `prepare_home` prepared."""
    database = open_database(url, secrets.token_bytes)
    with database.begin_read() as tx:
        return database, institutions.every(tx)[0]


def approved(tx: Transaction, effective_from: datetime = START, **changes: Any) -> DefinitionVersion:
    """Import and approve a definition."""
    draft = import_definition(tx, definition(**changes), "author", NOW)
    return approve(tx, draft.definition_id, draft.version, Decision("AB-1", effective_from), "board", NOW)
