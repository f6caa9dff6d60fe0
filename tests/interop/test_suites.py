"""Digital Bazaar's libraries read every cryptosuite that we issue, and we read what they sign with each.

All credentials of a question go through one process. ecdsa-sd-2023 has more to show: `test_selective_disclosure`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from openbadge import strict_json
from openbadge.proof import SUITES
from openbadge.proof.model import HashSuite
from tests.interop.badges import Document
from tests.interop.readers import Ask
from tests.interop.spoilers import SPOILERS, changed, spoiled
from tests.interop.suites import CASES, SELECTIVE, THEY_CANNOT_TAKE_APART, they_judge, they_sign, we_accept
from verifier.fetch import FolderFetch
from verifier.report import Verdict
from verifier.verify import Question, verify

pytestmark = pytest.mark.node

BADGES = [(name, what) for name, case in CASES.items() for what in case.badges]
THEIRS = [(name, what) for name, what in BADGES if (name, what) != (SELECTIVE, THEY_CANNOT_TAKE_APART)]
SPOILED = [(name, how) for name in CASES for how in SPOILERS]

Named = dict[tuple[str, str], Any]


@pytest.fixture(scope="session")
def read_by_them(ask: Ask) -> Named:
    """Their answers about our badges."""
    return they_judge(ask, {(name, what): _shown(name, what) for name, what in BADGES})


@pytest.fixture(scope="session")
def spoiled_read_by_them(ask: Ask) -> Named:
    """Their answers about our badges that someone spoiled."""
    return they_judge(ask, {(name, how): spoiled(CASES[name], how) for name, how in SPOILED})


@pytest.fixture(scope="session")
def signed_by_them(ask: Ask) -> Named:
    """The same badges signed by them with the same keys."""
    return they_sign(ask, {(name, what): (CASES[name], CASES[name].badges[what]) for name, what in THEIRS})


def _shown(name: str, what: str) -> Document:
    case = CASES[name]
    return case.shown(case.sign(case.badges[what]))


def test_every_suite_that_we_issue_is_here() -> None:
    issued = {suite.name for suite in SUITES.values() if not isinstance(suite, HashSuite) or suite.issues}
    assert {case.suite for case in CASES.values()} == issued
    keys = {(suite.name, key) for suite in SUITES.values() if suite.name in issued for key in suite.key_types}
    assert {(case.suite, case.signer.algorithm) for case in CASES.values()} == keys


@pytest.mark.parametrize(("name", "what"), BADGES)
def test_they_accept_our_badge(read_by_them: Named, name: str, what: str) -> None:
    answer = read_by_them[name, what]
    assert answer["verified"], answer["error"]
    listed = [{"purpose": "revocation", "set": what == "revoked"}]
    assert answer["statuses"] == (listed if what in ("status", "revoked") else [])


@pytest.mark.parametrize(("name", "how"), SPOILED)
def test_they_and_we_refuse_a_spoiled_badge(spoiled_read_by_them: Named, name: str, how: str) -> None:
    answer = spoiled_read_by_them[name, how]
    assert not answer["verified"]
    assert "Invalid signature" in answer["error"] or "Signature count" in answer["error"]
    assert not we_accept(spoiled(CASES[name], how), CASES[name].signer.key.public)


@pytest.mark.parametrize(("name", "what"), THEIRS)
def test_we_accept_what_they_sign(signed_by_them: Named, name: str, what: str) -> None:
    case = CASES[name]
    shown = case.shown(signed_by_them[name, what])
    assert we_accept(shown, case.signer.key.public)
    assert not we_accept(changed(shown, ("issuer", "name"), "Someone else"), case.signer.key.public)


@pytest.mark.parametrize(("name", "what"), [pair for pair in THEIRS if "eddsa" in pair[0]])
def test_they_sign_exactly_as_we_do(signed_by_them: Named, name: str, what: str) -> None:
    """Ed25519 has one signature for a text, so equal proofs mean equal texts. ECDSA signatures are random."""
    assert signed_by_them[name, what]["proof"] == _shown(name, what)["proof"][0]


@pytest.mark.parametrize("name", CASES)
def test_our_verifier_has_the_same_verdict_on_theirs(signed_by_them: Named, tmp_path: Path, name: str) -> None:
    """The whole verifier: binding of the key, status list, schema and time as well."""
    case = CASES[name]
    fetch = FolderFetch(_material(tmp_path, case.status_lists))
    question = Question(now=datetime(2026, 6, 1, tzinfo=UTC), fetch=fetch)
    verdicts = {
        what: verify(strict_json.dumps(case.shown(signed_by_them[name, what])), question).verdict
        for what in ("status", "revoked", "astral")
    }
    assert verdicts == {"status": Verdict.VALID, "revoked": Verdict.INVALID, "astral": Verdict.VALID}


def _material(folder: Path, documents: dict[str, Document]) -> Path:
    index = {}
    for number, (url, document) in enumerate(documents.items()):
        (folder / f"{number}.json").write_bytes(strict_json.dumps(document))
        index[url] = {"file": f"{number}.json", "mediaType": "application/vc"}
    (folder / "index.json").write_text(json.dumps(index))
    return folder
