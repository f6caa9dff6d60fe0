"""The corpus of bad inputs at every door of the real program: as a request body, as an upload, on the command line.

All doors must say the same, and what the corpus says. `tests.microcred.corpus` holds the inputs.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.microcred.conftest import Doors
from tests.microcred.corpus import ROWS, Row

COVERED = """
JSON-001 JSON-003 JSON-005 JSON-006 JSON-008 JSON-010 JSON-011 JSON-013 JSON-015 JSON-016
LD-001 LD-003 LD-005 LD-006 LD-008 LD-010 LD-011 LD-013 LD-015 LD-016 LD-018 LD-020 LD-021 LD-023 LD-025 LD-026 LD-028
LD-030 LD-031 LD-033 LD-035 LD-036 LD-038 LD-040 LD-041 LD-043 LD-045 LD-046
DI-001 DI-003 DI-005 DI-006 DI-008 DI-010 DI-011 DI-013 DI-015 DI-016 DI-018 DI-020 DI-021 DI-023 DI-025 DI-026 DI-028
DI-030 DI-031 DI-033 DI-035 DI-036 DI-038 DI-040
DM-001 DM-003 DM-005 DM-006 DM-008 DM-010 DM-011 DM-013 DM-015 DM-016
JWT-001 JWT-003 JWT-005 JWT-006 JWT-008 JWT-010 JWT-011 JWT-013 JWT-015 JWT-018 JWT-020 JWT-021 JWT-023
ST-001 ST-003 ST-005 ST-006 ST-008 ST-010 ST-011 ST-013 ST-015 ST-016 ST-018
WEB-001 WEB-003 WEB-005 WEB-008 WEB-010 WEB-011 WEB-013 WEB-018 WEB-020
IMG-001 IMG-003 IMG-005 IMG-006 IMG-008 IMG-010 IMG-011 IMG-013 IMG-015
""".split()
"""The rows of the corpus that go through every door here."""

ELSEWHERE = {
    "DM-018": ("a presentation, for the VC-API", "verifier/test_vc_presentation.py",
               "test_every_credential_counts_whatever_the_others_and_the_holder_say"),
    "IMG-016": ("the form, not a credential in it", "verifier/test_web.py", "test_hostile_forms_are_refused"),
    "UI-001": ("what a page shows", "verifier/test_markdown.py", "test_hostile_markdown_is_harmless"),
    "UI-003": ("what a page links to", "verifier/test_web.py", "test_only_https_links_are_links"),
    "UI-005": ("what a page tells other sites", "issuer/test_pages.py", "test_previews_never_carry_the_learner"),
    "UI-006": ("headers", "verifier/test_web.py", "test_every_answer_has_the_security_headers"),
    "UI-008": ("words for strangers", "verifier/test_web_look.py", "test_green_needs_a_verdict_and_a_trust_source"),
    "UI-010": ("the cost of a page", "verifier/test_markdown.py", "test_markdown_that_would_be_costly_is_shown_plain"),
    "UI-011": ("media types", "issuer/test_pages.py", "test_the_files"),
    "ISS-043": ("logs", "verifier/test_bad_data_model.py",
                "test_a_failure_of_our_own_is_logged_without_data_and_never_valid"),
}  # fmt: skip
"""Rows that are no credential to check: why not, and the test that covers each."""


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_every_door_says_the_same(row: Row, doors: Doors) -> None:
    said = [door(row.data, row.fetch(), row.recipient) for door in (doors.upload, doors.command, doors.api)]
    for answer in said:
        assert answer.verdict == row.verdict
        assert row.code is None or row.code in answer.problems
    assert len({answer.checks for answer in said if answer.checks}) == 1


def test_what_is_good_has_no_problem_that_counts(doors: Doors) -> None:
    good = [row for row in ROWS if row.code is None]
    assert good
    for row in good:
        answer = doors.command(row.data, row.fetch(), row.recipient)
        assert answer.problems <= {"ISSUER_UNTRUSTED", "IMAGE_MISMATCH"}


def test_the_table_is_what_is_tested() -> None:
    assert {row.corpus_id for row in ROWS} == set(COVERED)


@pytest.fixture
def verifier_ids(shared: Path) -> set[str]:
    with (shared / "reference" / "bad-inputs.csv").open(newline="") as file:
        return {item["id"] for item in csv.DictReader(file) if item["applies_to"] == "verifier"}


def test_no_row_of_the_corpus_is_forgotten(verifier_ids: set[str]) -> None:
    named = {name for path in (ROOT / "tests").rglob("test_*.py") for name in ids_of(path)}
    forgotten = sorted(verifier_ids - set(COVERED) - set(ELSEWHERE) - named)
    assert forgotten == []


@pytest.mark.parametrize("name", sorted(ELSEWHERE))
def test_rows_that_are_tested_elsewhere_are(name: str) -> None:
    _, module, function = ELSEWHERE[name]
    assert f"\ndef {function}(" in (ROOT / "tests" / module).read_text()


def ids_of(path: Path) -> set[str]:
    """Return the rows that a test module names, in its functions (`test_st_001_…`) or its tables (`ST-001`)."""
    if path == Path(__file__):
        return set()
    text = path.read_text()
    found = re.findall(r"\b(JSON|LD|DI|DM|JWT|SD|WEB|ST|IMG|UI|ISS)-(\d{3})\b", text)
    functions = re.findall(r"def test_\w*?(?=json|ld|di|dm|jwt|sd|web|st|img|ui|iss)((?:[a-z]+_\d{3}_)+)", text)
    spelled = [name.upper().split("_") for names in functions for name in re.findall(r"[a-z]+_\d{3}", names)]
    return {f"{area}-{number}" for area, number in [*found, *spelled]}
