"""The verdict: a three-valued AND in which nothing that is missing counts as passed."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbadge.errors import InvalidError, UnavailableError
from verifier.report import MANDATORY, TITLES, Check, Outcome, Report, Source, Verdict, conclude

ALL_PASSED = tuple(Check.passed(check_id, "fine") for check_id in MANDATORY)


def changed(check_id: str, outcome: Outcome, *, required: bool = True) -> tuple[Check, ...]:
    return tuple(
        Check(check.id, check.title, outcome, "", None, required) if check.id == check_id else check
        for check in ALL_PASSED
    )


def test_everything_mandatory_passed_is_valid() -> None:
    assert conclude(ALL_PASSED) is Verdict.VALID


def test_nothing_checked_is_undetermined() -> None:
    assert conclude(()) is Verdict.UNDETERMINED


@pytest.mark.parametrize("missing", MANDATORY)
def test_a_missing_mandatory_check_is_never_valid(missing: str) -> None:
    assert conclude(check for check in ALL_PASSED if check.id != missing) is Verdict.UNDETERMINED


@pytest.mark.parametrize(("check_id", "required"), list(product(MANDATORY, (True, False))))
def test_a_mandatory_check_counts_whatever_its_flag_says(check_id: str, required: bool) -> None:
    assert conclude(changed(check_id, Outcome.FAILED, required=required)) is Verdict.INVALID
    assert conclude(changed(check_id, Outcome.UNKNOWN, required=required)) is Verdict.UNDETERMINED


def test_a_failure_outweighs_an_unknown() -> None:
    checks = (*changed("status", Outcome.UNKNOWN), Check("recipient", "", Outcome.FAILED, ""))
    assert conclude(checks) is Verdict.INVALID


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_check_that_is_not_required_never_moves_the_verdict(outcome: Outcome) -> None:
    extra = Check("trust", "", outcome, "", None, required=False)
    assert conclude((*ALL_PASSED, extra)) is Verdict.VALID


@pytest.mark.parametrize(
    ("outcome", "verdict"), [(Outcome.FAILED, Verdict.INVALID), (Outcome.UNKNOWN, Verdict.UNDETERMINED)]
)
def test_a_required_extra_check_counts(outcome: Outcome, verdict: Verdict) -> None:
    assert conclude((*ALL_PASSED, Check("recipient", "", outcome, ""))) is verdict


@given(st.lists(st.sampled_from(list(Outcome)), min_size=len(MANDATORY), max_size=len(MANDATORY)))
def test_valid_exactly_when_all_passed(outcomes: list[Outcome]) -> None:
    checks = [Check(check_id, "", outcome, "") for check_id, outcome in zip(MANDATORY, outcomes, strict=True)]
    assert (conclude(checks) is Verdict.VALID) == all(outcome is Outcome.PASSED for outcome in outcomes)
    assert (conclude(checks) is Verdict.INVALID) == (Outcome.FAILED in outcomes)


def test_every_mandatory_check_has_a_title() -> None:
    assert set(MANDATORY) <= set(TITLES)


def test_errors_become_failed_or_unknown() -> None:
    failed = Check.from_error("proof", InvalidError("CRYPTOGRAPHIC_SECURITY_ERROR", "wrong"))
    unknown = Check.from_error("status", UnavailableError("STATUS_RETRIEVAL_ERROR", "away"))
    assert (failed.outcome, failed.problem) == (Outcome.FAILED, "CRYPTOGRAPHIC_SECURITY_ERROR")
    assert (unknown.outcome, unknown.problem) == (Outcome.UNKNOWN, "STATUS_RETRIEVAL_ERROR")


def test_json_report() -> None:
    now = datetime(2026, 4, 1, 12, tzinfo=UTC)
    report = Report(
        ALL_PASSED,
        (),
        now,
        "Fine.",
        "json",
        {"name": "A badge"},
        (Source("https://a.example/", now, "fetched"), Source("https://b.example/", None, "FETCH_FAILED")),
    )
    answer = report.to_json()
    assert answer["verdict"] == "valid"
    assert answer["checkedAt"] == "2026-04-01T12:00:00Z"
    assert answer["credential"] == {"name": "A badge"}
    assert answer["authenticity"]["checks"][0] == {
        "id": "parse",
        "title": "The document can be read",
        "outcome": "passed",
        "detail": "fine",
        "problem": None,
        "required": True,
    }
    assert [source["fetchedAt"] for source in answer["sources"]] == ["2026-04-01T12:00:00Z", None]
    assert report.check("status") == ALL_PASSED[-1]
    assert report.check("recipient") is None
