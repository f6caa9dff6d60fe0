"""Making credentials: the same plan gives the same bytes, whichever way they take; defects stop everything."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuer import compiled_cache
from issuer.errors import FieldError, IntegrityError
from issuer.keys import Signer
from issuer.lint import LintError
from issuer.make import Made
from issuer.values import EMAIL_SALT, PUBLIC_ID, SUBJECT, derived, public_id_of
from openbadge import identity
from openbadge.proof import data_integrity
from openbadge.shape_parts import assemble
from tests.issuer.makers import LIST, NOW, SIGNER, VERSION, maker, plan, version

MAKER = maker()
EVIDENCE = [{"id": "https://work.example/1", "name": "Project"}]
SAME = [{"id": "https://work.example/1", "name": "a"}, {"id": "https://work.example/1", "name": "a"}]


def document_of(made: Made) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(made.document)
    return read


def test_what_is_made_verifies_and_says_what_the_plan_says() -> None:
    chosen = plan(evidence=EVIDENCE, result=[{"name": "grade", "value": "A"}])
    made = MAKER.make(chosen)
    document = document_of(made)
    data_integrity.verify_all(document, lambda _: SIGNER.public_key)
    MAKER.verify(made)
    assert made.sha256 == hashlib.sha256(made.document).digest()
    assert made.key_id == SIGNER.verification_method
    assert document["id"] == f"https://uni.example/credentials/{made.public_id}"
    assert document["validFrom"] == "2026-11-24T12:00:00Z"
    assert document["validUntil"] == "2029-11-23T12:32:28Z"
    assert document["credentialStatus"]["id"] == f"{LIST}#1"
    subject = document["credentialSubject"]
    assert subject["result"][1] == {
        "type": ["Result"],
        "resultDescription": "https://uni.example/achievements/data-ethics/v/1#grade",
        "value": "A",
    }
    assert identity.matches(subject["identifier"][1], "Ada@Example.test", "emailAddress")


def test_the_same_plan_gives_the_same_bytes_and_another_seed_others() -> None:
    one, again, other = MAKER.make(plan()), maker().make(plan()), MAKER.make(plan(2))
    assert one == again
    assert one.public_id != other.public_id
    first, second = (document_of(made)["credentialSubject"] for made in (one, other))
    assert first["id"] != second["id"]
    assert first["identifier"][1]["salt"] != second["identifier"][1]["salt"]


@given(st.binary(min_size=32, max_size=32))
def test_what_is_derived_of_a_seed_tells_nothing_of_the_rest(seed: bytes) -> None:
    parts = [derived(seed, label) for label in (PUBLIC_ID, SUBJECT, EMAIL_SALT)]
    assert len({*parts}) == 3
    assert all(len(part) == 16 and part not in seed for part in parts)
    assert len(public_id_of(seed)) == 22
    assert public_id_of(seed)[0].isalpha(), "neither an option of a command nor a formula in a spreadsheet"


def test_a_recipient_without_a_did_is_a_random_uuid_and_one_with_a_did_is_it() -> None:
    anonymous = document_of(MAKER.make(plan()))["credentialSubject"]["id"]
    assert anonymous.startswith("urn:uuid:")
    assert (anonymous[9 + 14], anonymous[9 + 19] in "89ab", len(anonymous)) == ("4", True, 45)
    known = plan(learner={"id": "1", "name": "Ada", "did": "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"})
    assert document_of(MAKER.make(known))["credentialSubject"]["id"] == known.completion.learner_did


def test_many_are_made_as_one_by_one_and_the_refused_ones_stand_in_their_places() -> None:
    wrong = plan(3, result=[{"name": "grade", "status": "Completed"}, {"resultDescription": "lo1", "value": "9"}])
    unknown = plan(4, result=[{"name": "nothing", "value": "1"}])
    made = MAKER.make_many([plan(1), wrong, plan(2, evidence=EVIDENCE), unknown])
    assert (made[0], made[2]) == (MAKER.make(plan(1)), MAKER.make(plan(2, evidence=EVIDENCE)))
    assert isinstance(made[1], LintError)
    assert isinstance(made[3], FieldError)
    assert MAKER.make_many([]) == []


def test_a_credential_that_would_be_born_expired_is_refused() -> None:
    with pytest.raises(LintError, match="validity"):
        MAKER.make(plan(at=NOW + timedelta(days=5 * 365)))


def test_two_parts_of_one_name_go_the_full_way() -> None:
    values = [{**item} for item in SAME]
    try:
        made = MAKER.make(plan(evidence=values))
    except LintError as error:
        assert "one-body-per-id" in str(error) or "NORMAL" in str(error)  # noqa: PT017
    else:
        data_integrity.verify_all(document_of(made), lambda _: SIGNER.public_key)
    with pytest.raises(LintError, match="one-body-per-id"):
        MAKER.make(plan(evidence=[values[0], {**values[1], "name": "b"}]))


def test_values_too_long_for_other_programs_are_refused() -> None:
    short = [{"id": f"https://work.example/{number}", "narrative": "a"} for number in range(9)]
    MAKER.make(plan(evidence=short))
    with pytest.raises(LintError, match="size"):
        MAKER.make(plan(evidence=[{**item, "narrative": "\U0001f600" * 10_000} for item in short]))


def test_a_definition_too_long_for_other_programs_is_refused() -> None:
    outcomes = [{"id": f"lo{number}", "text": "é" * 900} for number in range(40)]
    with pytest.raises(LintError, match="what all learners share has"):
        maker().rehearse(version(outcomes=outcomes), NOW)


def test_a_sampled_credential_has_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = MAKER.make(plan())
    monkeypatch.setattr(compiled_cache, "SAMPLE_EVERY", 1)
    assert maker().make(plan()) == expected


def test_the_full_way_gives_the_same_bytes() -> None:
    made = MAKER.make(plan())
    document = document_of(made)
    del document["proof"]
    slow = MAKER._slowly(document, NOW)
    assert slow.to_sign == made.to_sign
    assert slow.credential(made.signature) == made.document


def test_a_wrong_compiled_template_stops_all_issuing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = maker()
    broken.make(plan())
    ((key, compiled),) = broken.compiled._kept.items()
    shape = compiled.document
    wrong = [replace(item, suffix='"@xx') if item.suffix == '"' else item for item in shape.statements]
    broken.compiled._kept[key] = replace(compiled, document=assemble(shape.kinds, wrong, shape.blanks))
    monkeypatch.setattr(compiled_cache, "SAMPLE_EVERY", 2)
    with caplog.at_level(logging.CRITICAL), pytest.raises(IntegrityError, match="nothing was signed"):
        broken.make_many([plan(1), plan(2), plan(3)])
    assert "issuing is stopped" in caplog.text
    monkeypatch.undo()
    with pytest.raises(IntegrityError, match="stopped"):
        broken.make(plan(4))


def test_a_key_store_that_signs_wrongly_is_found_out() -> None:
    liar = Signer(SIGNER.verification_method, "Ed25519", SIGNER.public_key, lambda _: bytes(64))
    made = maker(signer=liar).make(plan())
    with pytest.raises(IntegrityError, match="does not verify"):
        maker().verify(made)


@settings(max_examples=25)
@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cf"]), min_size=1, max_size=30))
def test_any_name_comes_back_as_it_was(name: str) -> None:
    if not name.strip():
        return
    made = MAKER.make(plan(learner={"id": "1", "name": name}))
    assert document_of(made)["credentialSubject"]["identifier"][0]["identityHash"] == name.strip()
    data_integrity.verify_all(document_of(made), lambda _: SIGNER.public_key)


def test_rehearsing_refuses_a_definition_that_cannot_be_issued() -> None:
    twice = [{"targetName": "t", "targetUrl": "https://t.example/", "targetCode": code} for code in ("1", "2")]
    maker().rehearse(version(skills=twice), NOW)
    with pytest.raises(LintError):
        maker().rehearse(version(name="x-microcred-slot-1-end"), NOW)
    assert VERSION.definition.name == "Data Ethics Foundations"


def test_what_only_the_format_refuses_is_an_error_of_the_one_too() -> None:
    half = plan(2)
    half = replace(half, completion=replace(half.completion, learner_email="\ud800@example.org"))
    made = MAKER.make_many([plan(1), half])
    assert isinstance(made[0], Made)
    assert isinstance(made[1], LintError)
    with pytest.raises(LintError, match="surrogate"):
        MAKER.make(half)
