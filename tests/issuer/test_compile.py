"""Compiled templates: what they render is what the slow path gives, and what they cannot take goes the slow way."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuer.compile import compile_template
from issuer.compiled import CompiledTemplate
from issuer.compiled_cache import SAMPLE_EVERY, CompiledTemplates
from issuer.errors import FieldError
from issuer.layout import presence_of
from issuer.lint import LintError
from issuer.template import Draft, Template, example
from microcred.samples import Sample
from openbadge import strict_json
from openbadge.proof import data_integrity
from tests.microcred.conftest import START, clock, prepared_home, sample, world  # noqa: F401  # fixtures
from tests.microcred.test_api import REPORT

pytestmark = pytest.mark.databases("sqlite")

OPTIONS = {
    "type": "DataIntegrityProof",
    "cryptosuite": "eddsa-rdfc-2022",
    "verificationMethod": "did:web:badges.northbridge.example#key-1",
    "proofPurpose": "assertionMethod",
}
EXAMPLE = example("micro-credential")
DRAFT: Draft = Template.load("micro-credential").apply(EXAMPLE["fixed"])


class Lenient:
    """Stands where the linter stands, for tests that are about bytes alone."""

    def check(self, document: dict[str, Any], now: object) -> None:
        """Accept everything."""


def compiled_for(values: dict[str, Any]) -> CompiledTemplate:
    return compile_template(DRAFT, values, OPTIONS, Lenient(), START)  # type: ignore[arg-type]


COMPILED = compiled_for(EXAMPLE["values"])
names = st.text(min_size=1, max_size=30).filter(
    lambda text: all(ch in "\t\n\r" or (ch >= " " and ch != "\x7f" and not "\ud800" <= ch <= "\udfff") for ch in text)
)
addresses = st.from_regex(r"\A(https://[a-z]{1,8}\.example/[a-z0-9]{0,9}|urn:uuid:[0-9a-f]{8})\Z")


@settings(max_examples=200)
@given(names, names, addresses, addresses, addresses)
def test_rendered_bytes_are_those_of_the_slow_path(name: str, value: str, one: str, other: str, third: str) -> None:
    values = {
        **EXAMPLE["values"],
        "credentialId": one,
        "subjectId": other,
        "recipientName": name,
        "result": [{**EXAMPLE["values"]["result"][0], "value": value}],
        "evidence": [{"id": third, "name": name}],
    }
    document = DRAFT.fill(values)
    rendered = COMPILED.render(values, "2026-03-31T10:00:00Z")
    slow = data_integrity.hash_data(document, {**OPTIONS, "created": "2026-03-31T10:00:00Z"}, "Ed25519")
    if rendered is None:
        assert len({one, other, third}) < 3
    else:
        assert rendered.to_sign == slow
        credential = strict_json.loads(rendered.credential(bytes(64)))
        proof = credential.pop("proof")
        assert credential == document
        assert [sorted(item) for item in proof] == [sorted([*OPTIONS, "created", "proofValue"])]


def test_each_combination_of_optional_slots_has_a_template_of_its_own() -> None:
    without = {name: value for name, value in EXAMPLE["values"].items() if not name.startswith("recipientEmail")}
    assert presence_of(without) != COMPILED.layout.presence
    assert compiled_for(without).render(without, "2026-03-31T10:00:00Z") is not None


def test_a_definition_with_two_parts_that_say_the_same_is_refused_with_the_reason() -> None:
    fixed = json.loads(json.dumps(EXAMPLE["fixed"]))
    fixed["achievement"]["alignment"] = [
        {"type": ["Alignment"], "targetName": "t", "targetUrl": "https://t.example/"} for _ in range(2)
    ]
    draft = Template.load("micro-credential").apply(fixed)
    with pytest.raises(LintError, match="give one of them an id"):
        compile_template(draft, EXAMPLE["values"], OPTIONS, Lenient(), START)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        ("unknownMember", "x", "unknownMember"),
        ("image", {"id": "pictures/1.png", "type": "Image"}, "not a complete address"),
        ("image", {"id": "https://pictures.example/1.png"}, "says nothing else"),
        ("https://p.example/p", {"@graph": {"name": "x"}}, "graph of its own"),
        ("name", "\ue0000\ue001", "differs from the general algorithm"),
    ],
)
def test_what_cannot_be_compiled_is_refused_with_the_reason(member: str, value: Any, reason: str) -> None:
    fixed = {**EXAMPLE["fixed"], "achievement": {**EXAMPLE["fixed"]["achievement"], member: value}}
    draft = Template.load("micro-credential").apply(fixed)
    with pytest.raises(LintError, match=f"compile: .*{reason}"):
        compile_template(draft, EXAMPLE["values"], OPTIONS, Lenient(), START)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [7, None, ["x"], {"x": "y"}])
def test_a_slot_that_is_no_text_is_refused(wrong: Any) -> None:
    values = {**EXAMPLE["values"], "recipientName": wrong}
    with pytest.raises(FieldError, match="recipientName"):
        compiled_for(values)
    with pytest.raises(FieldError, match="recipientName"):
        COMPILED.render(values, "2026-03-31T10:00:00Z")


@pytest.mark.parametrize("slot", ["recipientName", "subjectId", "validFrom", "recipientEmailHash"])
def test_a_value_outside_its_type_is_refused_naming_the_slot(slot: str) -> None:
    with pytest.raises(FieldError, match=slot):
        DRAFT.fill({**EXAMPLE["values"], slot: "\x01"})


def test_values_that_coincide_go_the_slow_way(sample: Sample) -> None:  # noqa: F811
    same = [{"id": "https://e.example/1", "name": "a"}, {"id": "https://e.example/1", "name": "a"}]
    answer = sample.service.completions.report(json.dumps({**REPORT, "evidence": same}).encode(), "test")
    assert (answer.completion.state, answer.completion.reason_code) in (
        ("issued", None),
        ("held", "report-does-not-fit"),
    )


def test_every_thousandth_is_proven_by_the_general_algorithm() -> None:
    counter = CompiledTemplates()
    assert [counter.is_sample() for _ in range(2 * SAMPLE_EVERY)].count(True) == 2


def test_what_depends_on_the_values_is_checked_though_the_shape_is_proven() -> None:
    # The shape of a score was proven; the same shape with the description of an outcome must not pass for it.
    fixed = json.loads(json.dumps(EXAMPLE["fixed"]))
    outcome = {**fixed["achievement"]["resultDescription"][0], "id": "urn:outcome", "resultType": "Status"}
    fixed["achievement"]["resultDescription"].append(outcome)
    draft = Template.load("micro-credential").apply(fixed)
    compiled = compile_template(draft, EXAMPLE["values"], OPTIONS, Lenient(), START)  # type: ignore[arg-type]
    good = compiled.render(EXAMPLE["values"], "2026-03-31T10:00:00Z")
    other = {**EXAMPLE["values"], "result": [{"description": "urn:outcome", "value": "87"}]}
    assert good is not None
    with pytest.raises(LintError, match="Status"):
        compiled.render(other, "2026-03-31T10:00:00Z")


def test_a_credential_that_would_be_born_expired_is_held(sample: Sample) -> None:  # noqa: F811
    old = {**REPORT, "completedAt": "2021-01-01T10:00:00Z"}
    answer = sample.service.completions.report(json.dumps(old).encode(), "test")
    assert (answer.completion.state, answer.completion.reason_code) == ("held", "report-does-not-fit")
    assert "validity" in str(answer.completion.reason)
