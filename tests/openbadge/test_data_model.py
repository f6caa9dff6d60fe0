"""Every rule of both data models, by its id: what keeps it and what breaks it.

A document breaks one rule at a time, so the test also sees which rule of the table says so.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbadge import contexts, data_model
from openbadge.data_model import Rule
from openbadge.errors import InvalidError
from openbadge.vocabulary import CREDENTIALS_V1, CREDENTIALS_V2, DATA_INTEGRITY_V2
from tests.vectors import code_of

Document = dict[str, Any]
FINAL_SRI = "sha384-l/HrjlBCNWyAX91hr6LFV2Y3heB5Tcr6IeE4/Tje8YyzYBM8IhqjHWiWpr8+ZbYU"
VOCABULARY = {"@vocab": "https://vocabulary.example/#"}
ENVELOPED = {"@context": CREDENTIALS_V2, "type": "EnvelopedVerifiableCredential", "id": "data:application/vc+jwt,a.b.c"}


def credential() -> Document:
    return {
        "@context": [CREDENTIALS_V2, VOCABULARY],
        "type": ["VerifiableCredential", "AlumniCredential"],
        "issuer": "did:example:issuer",
        "credentialSubject": {"id": "did:example:subject", "alumniOf": "The School of Examples"},
    }


def credential_1_1() -> Document:
    return {
        **credential(),
        "@context": [CREDENTIALS_V1, VOCABULARY],
        "issuanceDate": "2010-01-01T19:23:24Z",
    }


def presentation() -> Document:
    return {"@context": [CREDENTIALS_V2], "type": "VerifiablePresentation", "verifiableCredential": [credential()]}


def presentation_1_1() -> Document:
    return {**presentation(), "@context": [CREDENTIALS_V1], "verifiableCredential": [credential_1_1()]}


ABSENT = object()
Case = tuple[str, list[Any], list[Any]]


def typed(name: str, **more: Any) -> Case:
    """Values of a member whose objects need a type."""
    one = {"type": "SomethingExample", **more}
    good = [one, [one, {**one, "type": ["A", "B"]}], {**one, "type": "https://example.org/Type"}, ABSENT]
    return name, good, [{}, [], None, "text", {**more, "id": "urn:x:1"}, {**one, "type": 4}, [one, {}], {"type": []}]


def identified(name: str, *, required: bool) -> Case:
    """Values of a member whose objects may have, or need, a URL as their id."""
    kind = {"type": "SomethingExample"}
    good = [{**kind, "id": "https://example.org/1"}, [{**kind, "id": "urn:x:1"}], ABSENT]
    bad = [{**kind, "id": value} for value in (None, [], ["urn:x:1"], "no url", "x", "https ://not-a-url", 4, "")]
    return name, good + ([] if required else [kind]), bad + ([kind] if required else [])


TEXTS = [
    "text",
    {"@value": "text"},
    {"@value": "text", "@language": "en"},
    {"@value": "نص", "@language": "ar-EG", "@direction": "rtl"},
    ["text", {"@value": "Text", "@language": "de"}],
    ABSENT,
]
NO_TEXTS = [
    {"@value": "text", "@language": "en", "@direction": "ltr", "extra": 1},
    {"@value": "text", "url": "did:example:1"},
    {"@language": "en"},
    {"@value": 4},
    {"@value": "text", "@language": "not a language"},
    {"@value": "text", "@direction": "up"},
    4,
    None,
    [],
    [["text"]],
]
DATES = ["2023-01-01T00:00:00Z", "2023-01-01T00:00:00.123Z", "2023-01-01T00:00:00-05:00", "2999-01-01T00:00:00Z"]
NO_DATES = [
    "2023-01-01",
    "2023-01-01T00:00:00",
    "2023-01-01T00:00:00 Z",
    "25:00",
    "",
    None,
    4,
    [DATES[0]],
    "2023-13-01T",
]
NO_URLS = [None, "", "no-scheme", "https://example.org/a b", "https ://not-a-url", 4, True, ["urn:x:1"], [], {}]
PARTIES = ["did:example:1", {"id": "did:example:1"}, {"id": "https://example.org", "name": "N", "description": "D"}]
NO_PARTIES = [None, "fake-issuer", True, 4, [], {}, {"name": "N"}, {"id": "not-a-url"}, {"id": None}, ["did:example:1"]]
SUBJECTS = [{"id": "did:example:1"}, {"alumniOf": "X"}, [{"id": "urn:x:1", "a": "b"}, {"alumniOf": "X"}]]
NO_SUBJECTS = [ABSENT, {}, [], None, True, 4, "did:example:1", [{"a": "b"}, {}], ["did:example:1"]]
TYPES = [["VerifiableCredential"], "VerifiableCredential", ["https://example.org/T", "VerifiableCredential"]]
NO_TYPES = [ABSENT, None, 4, True, [], "", [4, "VerifiableCredential"], {}]
RELATED = {"id": CREDENTIALS_V2, "digestSRI": FINAL_SRI}
UNKNOWN = {"id": "https://example.org/file", "digestSRI": FINAL_SRI}


def base(url: str, other: str) -> Case:
    good = [[url], url, [url, VOCABULARY], [url, "https://example.org/context"]]
    return (
        "@context",
        good,
        [ABSENT, None, 4, False, [], {"@vocab": "https://a.example/"}, [VOCABULARY, url], [other], ""],
    )


CASES: dict[str, Case] = {
    "context-base": base(CREDENTIALS_V2, "https://example.org/context"),
    "context-items": (
        "@context",
        [[CREDENTIALS_V2, "https://example.org/c", VOCABULARY]],
        [[CREDENTIALS_V2, item] for item in (4, None, "https ://not-a-url", "no-url", ["https://example.org/c"])],
    ),
    "id-url": ("id", ["urn:uuid:1", "did:example:1", "https://example.org/1", ABSENT], NO_URLS),
    "type-texts": ("type", TYPES, NO_TYPES),
    "type-credential": ("type", TYPES, ["AlumniCredential", ["https://example.org/T"], ["verifiablecredential"]]),
    "name-text": ("name", TEXTS, NO_TEXTS),
    "description-text": ("description", TEXTS, NO_TEXTS),
    "issuer-url": ("issuer", PARTIES, [ABSENT, *NO_PARTIES]),
    "issuer-name-text": (
        "issuer",
        [{"id": "did:example:1", "name": value} for value in TEXTS[:-1]],
        [{"id": "did:example:1", "name": value} for value in NO_TEXTS],
    ),
    "issuer-description-text": (
        "issuer",
        [{"id": "did:example:1", "description": value} for value in TEXTS[:-1]],
        [{"id": "did:example:1", "description": value} for value in NO_TEXTS],
    ),
    "subject-claims": ("credentialSubject", SUBJECTS, NO_SUBJECTS),
    "subject-id-url": (
        "credentialSubject",
        [{"id": "did:example:1", "a": "b"}, [{"a": "b"}, {"id": "urn:x:1"}]],
        [{"id": value, "a": "b"} for value in NO_URLS],
    ),
    "valid-from-date": ("validFrom", [*DATES, ABSENT], NO_DATES),
    "valid-until-date": ("validUntil", [*DATES, "1999-01-01T00:00:00Z", ABSENT], NO_DATES),
    "status-type": typed("credentialStatus"),
    "status-id-url": identified("credentialStatus", required=False),
    "schema-type": typed("credentialSchema", id="https://example.org/schema"),
    "schema-id-url": identified("credentialSchema", required=True),
    "related-id": (
        "relatedResource",
        [RELATED, [RELATED], UNKNOWN, ABSENT],
        ["https://example.org", ["https://example.org"], [], {}, {"digestSRI": FINAL_SRI}, {**RELATED, "id": "x"}],
    ),
    "related-unique": ("relatedResource", [[RELATED, UNKNOWN]], [[RELATED, RELATED], [UNKNOWN, RELATED, UNKNOWN]]),
    "related-digest": (
        "relatedResource",
        [RELATED],
        [{"id": "https://example.org/file"}, [RELATED, {"id": "urn:x:1"}]],
    ),
    "related-match": ("relatedResource", [RELATED, UNKNOWN], [{**RELATED, "digestSRI": f"sha384-{'A' * 64}"}]),
    "refresh-type": typed("refreshService"),
    "terms-type": typed("termsOfUse"),
    "evidence-type": typed("evidence"),
    "confidence-type": typed("confidenceMethod"),
    "render-type": typed("renderMethod"),
}
PERIODS = [(DATES[0], DATES[0]), (DATES[0], DATES[3]), ("2023-01-01T02:00:00+02:00", DATES[0])]
NO_PERIODS = [(DATES[3], DATES[0]), ("2023-01-01T00:00:01Z", DATES[0]), (DATES[2], DATES[0])]
TYPES_P = [["VerifiablePresentation"], "VerifiablePresentation", ["A", "VerifiablePresentation"]]
CASES_PRESENTATION: dict[str, Case] = {
    **{name: CASES[name] for name in ("context-base", "context-items", "id-url")},
    "type-texts": ("type", TYPES_P, NO_TYPES),
    "type-presentation": ("type", TYPES_P, ["Unknown", "VerifiableCredential", ["EnvelopedVerifiablePresentation"]]),
    "holder-url": ("holder", [*PARTIES, ABSENT], NO_PARTIES),
    "credentials-objects": (
        "verifiableCredential",
        [ABSENT, credential(), [credential(), credential()], ENVELOPED, [ENVELOPED, credential()]],
        [None, "a.b.c", [], {}, ["a.b.c"], [credential(), "a.b.c"], {"type": "Unknown"}, [presentation()], 4],
    ),
    "presentation-terms-type": typed("termsOfUse"),
}
CASES_1_1: dict[str, Case] = {
    **{f"1.1-{name}": case for name, case in CASES.items()},
    "1.1-context-base": base(CREDENTIALS_V1, "https://example.org/context"),
    "1.1-context-items": (
        "@context",
        [[CREDENTIALS_V1, "https://example.org/c", VOCABULARY]],
        [[CREDENTIALS_V1, item] for item in (4, None, "https ://not-a-url", "no-url")],
    ),
    "1.1-issuance-date": ("issuanceDate", DATES, [ABSENT, *NO_DATES]),
    "1.1-expiration-date": ("expirationDate", [DATES[3], ABSENT], NO_DATES),
    "1.1-status-type": typed("credentialStatus", id="https://example.org/status"),
    "1.1-status-id": identified("credentialStatus", required=True),
    "1.1-refresh-type": typed("refreshService", id="https://example.org/refresh"),
    "1.1-refresh-id": identified("refreshService", required=True),
}
CASES_PRESENTATION_1_1 = {
    **{f"1.1-{name}": case for name, case in CASES_PRESENTATION.items()},
    "1.1-context-base": CASES_1_1["1.1-context-base"],
    "1.1-context-items": CASES_1_1["1.1-context-items"],
}
MODELS: list[tuple[tuple[Rule, ...], Callable[[], Document], dict[str, Case]]] = [
    (data_model.CREDENTIAL_RULES, credential, CASES),
    (data_model.CREDENTIAL_RULES_1_1, credential_1_1, CASES_1_1),
    (data_model.PRESENTATION_RULES, presentation, CASES_PRESENTATION),
    (data_model.PRESENTATION_RULES_1_1, presentation_1_1, CASES_PRESENTATION_1_1),
]
ORDERED = {"validity-order": ("validFrom", "validUntil"), "1.1-date-order": ("issuanceDate", "expirationDate")}
ROWS = [
    pytest.param(rule, table, make, *cases[rule.id], id=f"{make.__name__}-{rule.id}")
    for table, make, cases in MODELS
    for rule in table
    if rule.id not in ORDERED
]


def broken(document: Document, table: tuple[Rule, ...]) -> list[str]:
    """The ids of the rules that a document breaks; each may only refuse, never fail otherwise."""
    found = []
    for rule in table:
        try:
            rule.check(document, contexts.document)
        except InvalidError:
            found.append(rule.id)
        except (KeyError, TypeError):  # a rule may rely on those before it in the table
            assert found, f"{rule.id} fails on what no rule before it refuses"
    return found


def with_value(document: Document, name: str, value: Any) -> Document:
    rest = {member: part for member, part in document.items() if member != name}
    return rest if value is ABSENT else {**rest, name: value}


@pytest.mark.parametrize(("rule", "table", "make", "member", "good", "bad"), ROWS)
def test_rule(
    rule: Rule, table: tuple[Rule, ...], make: Callable[[], Document], member: str, good: list[Any], bad: list[Any]
) -> None:
    assert broken(make(), table) == []
    for value in good:
        assert broken(with_value(make(), member, value), table) == [], value
    for value in bad:
        assert rule.id in broken(with_value(make(), member, value), table), value


@pytest.mark.parametrize("make", [credential, credential_1_1])
def test_a_period_does_not_end_before_it_starts(make: Callable[[], Document]) -> None:
    rule_id, (start, end) = list(ORDERED.items())[make is credential_1_1]
    table = data_model.CREDENTIAL_RULES_1_1 if make is credential_1_1 else data_model.CREDENTIAL_RULES
    for first, last in PERIODS:
        assert broken({**make(), start: first, end: last}, table) == []
    for first, last in NO_PERIODS:
        assert broken({**make(), start: first, end: last}, table) == [rule_id]


def test_no_rule_is_without_cases_and_no_id_comes_twice() -> None:
    for table, _, cases in MODELS:
        ids = [rule.id for rule in table]
        assert len(set(ids)) == len(ids)
        assert set(ids) - set(ORDERED) <= set(cases)
        assert all(rule.sentence.endswith(".") and rule.section for rule in table)


@pytest.mark.parametrize("value", [None, [], "text", 4, True])
def test_what_is_no_object_is_refused(value: Any) -> None:
    assert code_of(data_model.check_credential, value, issuing=False) == "PARSING_ERROR"
    assert code_of(data_model.check_credential, value, issuing=True) == "PARSING_ERROR"
    assert code_of(data_model.check_presentation, value) == "PARSING_ERROR"


def test_a_presentation_has_a_limit_of_credentials() -> None:
    full = {**presentation(), "verifiableCredential": [credential()] * 20}
    assert code_of(data_model.check_presentation, full) == "accepted"
    full["verifiableCredential"] = [credential()] * 21
    assert code_of(data_model.check_presentation, full) == "LIMIT_EXCEEDED"


def test_the_first_context_decides_the_model() -> None:
    assert data_model.is_1_1(credential_1_1())
    assert not data_model.is_1_1(credential())
    assert code_of(data_model.check_credential, credential_1_1(), issuing=True) == "accepted"
    assert code_of(data_model.check_presentation, presentation_1_1()) == "accepted"
    without_date = {**credential(), "@context": [CREDENTIALS_V1, VOCABULARY]}
    assert code_of(data_model.check_credential, without_date, issuing=False) == "MALFORMED_VALUE_ERROR"


def test_the_vocabulary_of_proofs_is_appended_to_1_1_alone() -> None:
    ready = data_model.with_proof_terms(credential_1_1())
    assert ready["@context"] == [CREDENTIALS_V1, VOCABULARY, DATA_INTEGRITY_V2]
    assert data_model.with_proof_terms(ready) == ready
    assert data_model.with_proof_terms({**credential_1_1(), "@context": CREDENTIALS_V1})["@context"] == [
        CREDENTIALS_V1,
        DATA_INTEGRITY_V2,
    ]
    for document in (credential(), {"@context": 4}, {"@context": []}, {}):
        assert data_model.with_proof_terms(document) == document


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["did:example:1", CREDENTIALS_V2]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "type", "@value"]), inner),
    max_leaves=8,
)
MEMBERS = st.sampled_from(sorted({case[0] for case in (*CASES.values(), *CASES_PRESENTATION.values())}))


@given(MEMBERS, JSON, st.sampled_from([credential, credential_1_1, presentation, presentation_1_1]))
def test_hostile_values_are_refused_or_accepted_never_worse(member: str, value: Any, make: Callable[[], Any]) -> None:
    document = copy.deepcopy(make())
    document[member] = value
    code_of(data_model.check_credential, document, issuing=False)
    code_of(data_model.check_credential, document, issuing=True)
    code_of(data_model.check_presentation, document)
