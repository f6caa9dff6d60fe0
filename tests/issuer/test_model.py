"""Reading definitions and reports: what is accepted comes back the same, everything else is refused by path."""

from __future__ import annotations

import contextlib
import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.errors import FieldError
from issuer.model import CompletionReport, Definition
from issuer.model.canonical import canonical_json, sha256
from issuer.model.fields import link
from issuer.slots import SLOT_TYPES
from tests.issuer.samples import DEFINITION, REPORT, definition, report

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "value",
    [
        "https://uni.example",
        "https://uni.example:8443/a/b?x=1&y=%C3%A4#part-2",
        "https://uni.example?x",
        "https://uni.example#f",
        "https://u.example/~a/(b)'*!;=:@,$+",
    ],
)
def test_links_that_are_uris(value: str) -> None:
    assert link(value, "page") == value


@pytest.mark.parametrize(
    "value",
    [
        "https://uni.example/100%",
        "https://uni.example/%zz",
        "https://uni.example/?q=[1]",
        "https://uni.example/#a#b",
        "https://uni.example/a|b",
        "https://uni.example/{id}",
        "https://uni.example/a^b",
        "https://uni.example/a\\b",
        "https://uni.example/a b",
        "https://uni.example/ä",
        "https://[::1]/",
        "https:///a",
        "https://-uni.example",
        "https://uni.example:port/",
        "https://uni.example/\n",
        "https://uni.example/" + "a" * 2_000,
        None,
        7,
    ],
)
def test_links_that_are_none(value: Any) -> None:
    """RFC 3986: what another RDF library would not take for an address never gets into a credential."""
    with pytest.raises(FieldError) as caught:
        link(value, "evidence[0].id")
    assert caught.value.path == "evidence[0].id"


@given(st.text(st.sampled_from("ab9/?#%-._~:@[]|\\\"'()é "), max_size=30))
def test_every_link_is_an_address_that_can_be_signed(tail: str) -> None:
    with contextlib.suppress(FieldError):
        SLOT_TYPES["iri"].check(link(f"https://uni.example{tail}", "page"), "page")
        return
    with pytest.raises(FieldError):
        link(f"https://uni.example{tail}", "page")


def test_a_definition_comes_back_as_it_was_written() -> None:
    read = definition()
    assert read.to_json() == DEFINITION
    assert Definition.from_json(json.loads(read.canonical_bytes())) == read
    assert read.digest == sha256(read.canonical_bytes())


def test_canonical_bytes_are_sorted_compact_and_utf8() -> None:
    assert canonical_json({"b": "é\n", "a": [1, True, None]}) == '{"a":[1,true,null],"b":"é\\n"}'.encode()
    with pytest.raises(TypeError):
        canonical_json({"a": [1.5]})


def test_a_description_may_have_lines_and_a_name_may_not() -> None:
    assert definition(description="One.\n\tTwo.").description == "One.\n\tTwo."
    with pytest.raises(FieldError):
        definition(description="One.\r\nTwo.")


def test_null_and_absence_mean_the_same() -> None:
    plain = {name: value for name, value in DEFINITION.items() if name != "level"}
    assert Definition.from_json({**plain, "level": None}).digest == Definition.from_json(plain).digest


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("colour", "red"),
        ("id", "Data Ethics"),
        ("id", "../x"),
        ("version", "1/2"),
        ("name", ""),
        ("name", " Data"),
        ("name", "Data\nEthics"),
        ("name", "Data\x00"),
        ("name", "Data \u202eEthics"),
        ("name", "\ud800"),
        ("name", "x" * 201),
        ("language", "English"),
        ("outcomes", []),
        ("outcomes", {}),
        ("outcomes", [DEFINITION["outcomes"][0]] * 101),
        ("outcomes[0].text", 7),
        ("outcomes[0].alignments[0].targetUrl", "http://uni.example/skill"),
        ("outcomes[0].alignments[0].targetUrl", "javascript:alert(1)"),
        ("outcomes[0].alignments[0].targetUrl", "https://user@uni.example/"),
        ("outcomes[0].alignments[0].targetUrl", 'https://uni.example/"><script>'),
        ("outcomes[0].alignments[0].targetType", "Skill"),
        ("workload.duration", "P60M"),
        ("workload.duration", "PT"),
        ("workload.duration", "PT0H"),
        ("workload.credit.value", 2),
        ("workload.credit.value", "0"),
        ("workload.credit.value", "2,5"),
        ("workload.credit.value", "٢"),
        ("level.code", "9"),
        ("level.code", "0"),
        ("assessment.supervision", "somewhat"),
        ("assessment.extra", "x"),
        ("participation", "telepathy"),
        ("qualityAssurance.page", "http://uni.example"),
        ("results[0].resultType", "Grade"),
        ("results[0].valueMin", "1e9"),
        ("results[0].id", "lo1"),
        ("validityPeriod", "P"),
        ("validityPeriod", "PT3H"),
        ("image", "data:image/png;base64,"),
        ("supersedes", "1"),
        ("skills", "none"),
    ],
)
def test_a_definition_that_is_wrong_is_refused_by_path(path: str, value: Any) -> None:
    with pytest.raises(FieldError) as caught:
        Definition.from_json(_with(DEFINITION, path, value))
    assert caught.value.path.startswith(path.removesuffix("[0].text"))
    assert "\n" not in caught.value.detail


@pytest.mark.parametrize("name", ["id", "version", "name", "description", "language", "criteria", "outcomes"])
def test_what_every_definition_needs(name: str) -> None:
    with pytest.raises(FieldError, match=f"^{name}: is missing$"):
        Definition.from_json({key: value for key, value in DEFINITION.items() if key != name})


@given(JSON_VALUES, st.sampled_from(sorted(DEFINITION)))
def test_no_value_in_a_definition_raises_anything_else(value: Any, name: str) -> None:
    _only_field_errors(Definition.from_json, {**DEFINITION, name: value})


@given(
    JSON_VALUES, st.sampled_from(["source", "sourceId", "definition", "learner", "completedAt", "result", "evidence"])
)
def test_no_value_in_a_report_raises_anything_else(value: Any, name: str) -> None:
    _only_field_errors(CompletionReport.from_json, {**REPORT, name: value})


@given(JSON_VALUES)
def test_no_document_raises_anything_else(value: Any) -> None:
    _only_field_errors(Definition.from_json, value)
    _only_field_errors(CompletionReport.from_json, value)


def test_a_report_comes_back_as_it_was_written() -> None:
    read = report(
        occurrence="2026",
        result=[{"resultDescription": "grade", "value": "A"}, {"name": "Hours", "value": "60"}],
        evidence=[{"id": "https://uni.example/work/1", "name": "Project"}],
    )
    assert CompletionReport.from_json(read.to_json()) == read
    assert CompletionReport.from_json(json.loads(read.canonical_bytes())).digest == read.digest


def test_a_report_is_the_same_in_another_zone_and_with_padding() -> None:
    learner = {**REPORT["learner"], "id": " S1234567 "}
    assert report(completedAt="2026-11-23T13:32:28+01:00", learner=learner).digest == report().digest
    assert report(completedAt="2026-11-23T12:32:29Z").digest != report().digest


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("kind", "completed"),
        ("source", "my lms"),
        ("sourceId", ""),
        ("definition.id", "X"),
        ("definition.latest", True),
        ("learner.id", "   "),
        ("learner.name", None),
        ("learner.email", "ada"),
        ("learner.email", "ada@example..test"),
        ("learner.email", "ada@localhost"),
        ("learner.email", "a b@example.test"),
        ("learner.email", "ada@example.test\nBcc: all@example.test"),
        ("learner.did", "did:key"),
        ("learner.did", "did:key:"),
        ("learner.did", "did:web:uni.example:"),
        ("learner.did", "did:web:uni.example#key"),
        ("completedAt", "2026-11-23"),
        ("completedAt", "2026-11-23T12:32:28"),
        ("completedAt", "2026-02-30T12:32:28Z"),
        ("completedAt", "9999-12-31T23:59:59-23:59"),
        ("completedAt", "0001-01-01T00:00:00Z"),
        ("completedAt", 1795437148),
        ("result", [{"value": "A"}]),
        ("result", [{"name": "Grade"}]),
        ("result", [{"name": "Grade", "resultDescription": "grade", "value": "A"}]),
        ("result", [{"name": "Grade", "status": "Done"}]),
        ("evidence", [{"id": "http://uni.example"}]),
        ("evidence", [{"id": "file:///etc/passwd"}]),
    ],
)
def test_a_report_that_is_wrong_is_refused_by_path(path: str, value: Any) -> None:
    with pytest.raises(FieldError) as caught:
        CompletionReport.from_json(_with(REPORT, path, value))
    assert caught.value.path.startswith(path)


@pytest.mark.parametrize("did", ["did:key:z6Mk", "did:web:uni.example%3A8443:people:1", "did:jwk:eyJrdHkiOiJFQyJ9"])
def test_dids_that_are_accepted(did: str) -> None:
    assert report(learner={**REPORT["learner"], "did": did}).learner.did == did


def _with(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    *way, last = path.replace("[0]", ".0").split(".")
    place: Any = changed
    for step in way:
        place = place[0] if step == "0" else place[step]
    place[last] = value
    return changed


def _only_field_errors(read: Any, value: Any) -> None:
    with contextlib.suppress(FieldError):
        read(value)


# Format characters (Cf) are left out: some of them are refused, since they hide or turn text.
_CHARACTERS = st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"])
_WORDS = st.text(_CHARACTERS, min_size=1, max_size=20).map(lambda text: f"x{text}x")


@given(
    _WORDS,
    _WORDS,
    st.sampled_from([None, "1"]),
    st.sampled_from([None, "e@example.test"]),
    st.booleans(),
    st.booleans(),
)
def test_the_bytes_of_a_report_are_its_canonical_json(
    name: str, value: str, version: str | None, email: str | None, has_did: bool, repeated: bool
) -> None:
    made = report(
        sourceId=name,
        definition={"id": "data-ethics", "version": version},
        learner={"id": value, "name": name, "email": email, "did": "did:key:z6Mk" if has_did else None},
        occurrence=name if repeated else None,
        result=[{"name": value, "value": name}, {"resultDescription": "lo1", "status": "Completed"}]
        if repeated
        else [],
        evidence=[{"id": "https://x.example/", "narrative": f"{name}\n{value}"}] if has_did else [],
    )
    assert made.canonical_bytes() == canonical_json(made.to_json())
    assert CompletionReport.from_json(json.loads(made.canonical_bytes())) == made
