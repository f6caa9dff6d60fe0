"""What only warns: dates, revocation, related resources and the normal form of badges. And what is fetched for it."""

from __future__ import annotations

from typing import Any

import pytest

from openbadge.errors import UnavailableError
from openbadge.vocabulary import CREDENTIALS_V2, OB_CONTEXT
from tests.verifier import builders
from tests.verifier.builders import DID_URL, INDEX, ISSUER, KEY, LIST_URL, FakeFetch, status_entry, status_list
from tests.verifier.vc_world import (
    Document,
    check,
    codes,
    credential,
    present,
    presentation,
    put,
    question,
    sign,
    single,
    unsigned,
    unsigned_1_1,
    warned,
)
from verifier.report import Outcome
from verifier.vc import Binding, VcResult, verify_credential, verify_presentation


def outcome(result: VcResult, name: str) -> str:
    found = result.check(name)
    assert found is not None
    return str(found.outcome)


def listed(**more: Any) -> Document:
    """A credential by a did:web issuer that has a status list."""
    document = {**unsigned(), "issuer": ISSUER, "credentialStatus": status_entry(), **more}
    return single(sign(document, KEY))


def test_a_credential_that_is_not_revoked_has_no_warning() -> None:
    result = check(listed(), builders.material())
    assert (codes(result), warned(result), outcome(result, "status")) == (set(), set(), "passed")


@pytest.mark.parametrize(("purpose", "code"), [("revocation", "REVOKED"), ("suspension", "SUSPENDED")])
def test_a_revoked_credential_is_verified_with_a_warning(purpose: str, code: str) -> None:
    bits = status_list(put("credentialSubject", "statusPurpose", value=purpose), revoked=(INDEX,))
    result = check(listed(credentialStatus=status_entry(purpose=purpose)), builders.material(status=bits))
    assert result.verified
    assert (warned(result), outcome(result, "status")) == ({code}, "failed")
    assert result.to_json()["problemDetails"][0]["type"].endswith(code)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (UnavailableError("FETCH_FAILED", "It is away."), "STATUS_RETRIEVAL_ERROR"),
        (UnavailableError("FETCH_BLOCKED", "It may not be asked."), "FETCH_BLOCKED"),
        (b"no list", "STATUS_VERIFICATION_ERROR"),
        (status_list(signer=builders.ATTACKER), "STATUS_VERIFICATION_ERROR"),
        (RuntimeError("a defect"), "STATUS_RETRIEVAL_ERROR"),
    ],
)
def test_a_list_that_cannot_tell_is_a_warning_and_never_counts_as_passed(answer: Any, code: str) -> None:
    result = check(listed(), {**builders.material(), LIST_URL: answer})
    assert result.verified
    assert (warned(result), outcome(result, "status")) == ({code}, "unknown")


def test_an_unknown_status_is_a_warning() -> None:
    result = check(credential(put("credentialStatus", value={"type": "AnyStatus"})))
    assert (codes(result), outcome(result, "status")) == (set(), "unknown")
    assert warned(result) == {"STATUS_VERIFICATION_ERROR"}


PERIODS = [
    ("validFrom", "2026-04-01T12:00:30Z", set()),
    ("validFrom", "2026-04-01T12:02:00Z", {"NOT_YET_VALID"}),
    ("validUntil", "2026-04-01T12:00:00Z", set()),
    ("validUntil", "2026-04-01T11:59:59Z", {"EXPIRED"}),
]


@pytest.mark.parametrize(("name", "value", "expected"), PERIODS)
def test_the_dates_of_2_0_only_warn(name: str, value: str, expected: set[str]) -> None:
    result = check(credential(put(name, value=value)))
    assert (codes(result), warned(result)) == (set(), expected)


@pytest.mark.parametrize(("name", "value", "expected"), PERIODS)
def test_the_dates_of_1_1_only_warn(name: str, value: str, expected: set[str]) -> None:
    member = {"validFrom": "issuanceDate", "validUntil": "expirationDate"}[name]
    result = check(single(sign({**unsigned_1_1(), member: value})))
    assert (codes(result), warned(result)) == (set(), expected)


def test_a_hidden_end_date_is_an_error() -> None:
    made = credential(put("validUntil", value="2026-03-01T00:00:00Z"))
    date = {"@value": made.pop("validUntil"), "@type": "http://www.w3.org/2001/XMLSchema#dateTime"}
    made["https://www.w3.org/2018/credentials#validUntil"] = date
    assert codes(check(made)) == {"NON_CANONICAL_FORM"}


def test_a_hidden_status_is_an_error() -> None:
    made = listed()
    made["https://www.w3.org/2018/credentials#credentialStatus"] = made.pop("credentialStatus")
    assert not check(made, builders.material()).verified


SRI = "sha384-l/HrjlBCNWyAX91hr6LFV2Y3heB5Tcr6IeE4/Tje8YyzYBM8IhqjHWiWpr8+ZbYU"


def test_a_related_resource_that_nobody_compared_is_said() -> None:
    known = credential(put("relatedResource", value={"id": CREDENTIALS_V2, "digestSRI": SRI}))
    result = check(known)
    assert (codes(result), warned(result), outcome(result, "related-resources")) == (set(), set(), "passed")
    unknown = check(credential(put("relatedResource", value={"id": "https://example.org/x", "digestSRI": SRI})))
    assert (codes(unknown), warned(unknown)) == (set(), {"FETCH_FAILED"})
    wrong = check(credential(put("relatedResource", value={"id": OB_CONTEXT, "digestSRI": SRI})))
    assert codes(wrong) == {"CRYPTOGRAPHIC_SECURITY_ERROR"}


def test_a_badge_that_is_not_in_normal_form_has_a_warning_only() -> None:
    good = check(builders.badge(), builders.material())
    assert (codes(good), warned(good)) == (set(), set())
    assert outcome(good, "normal-form") == "passed"

    def with_direction(document: Document) -> None:
        document["@context"] = [*document["@context"], {"note": "https://a.example/note"}]
        document["note"] = {"@value": "x", "@direction": "rtl"}

    loose = check(builders.badge(with_direction), builders.material())
    assert (codes(loose), warned(loose)) == (set(), {"CONTEXT_NOT_ALLOWED"})
    assert check(credential()).check("normal-form") is None


# what is fetched


def asked_for(document: Document, **changes: Any) -> list[str]:
    fetch = FakeFetch({})
    verify_credential(document, question(fetch=fetch, **changes))
    return fetch.asked


def test_only_keys_and_status_lists_are_fetched() -> None:
    assert asked_for(credential()) == []
    assert sorted(asked_for(listed())) == sorted([DID_URL, LIST_URL])
    assert asked_for(credential(put("issuer", value="https://vc.example/issuers/5678"))) == []
    assert asked_for({"@context": "https://evil.example/context", "type": "x", "id": "https://evil.example/1"}) == []


def test_what_the_document_names_is_asked_once_and_not_without_bound() -> None:
    def many(document: Document) -> None:
        urls = [f"https://s{number}.example/list" for number in range(4)]
        document["credentialStatus"] = [status_entry(url=url) for url in (*urls, urls[0])][:4]

    assert len(asked_for(single(sign({**unsigned(), **_changed(many), "issuer": ISSUER}, KEY)))) == 5
    made = presentation(None, *[credential(_named(number)) for number in range(7)])
    fetch = FakeFetch({})
    verify_presentation(made, question(fetch=fetch))
    assert len(fetch.asked) == 5


def _changed(change: Any) -> Document:
    document: Document = {}
    change(document)
    return document


def _named(number: int) -> Any:
    def change(document: Document) -> None:
        document["id"] = f"urn:x:{number}"
        document["credentialStatus"] = status_entry(url=f"https://s{number}.example/list")

    return change


def test_a_fetch_that_breaks_is_not_an_answer() -> None:
    made = listed()
    result = check(made, {DID_URL: RuntimeError("a defect"), LIST_URL: status_list()})
    assert codes(result) == {"FETCH_FAILED"}
    proof = result.check("proof")
    assert proof is not None
    assert proof.outcome is Outcome.UNKNOWN


def test_the_binding_setting_does_not_touch_status() -> None:
    result = check(listed(), builders.material(), binding=Binding.PROOF_ONLY)
    assert (codes(result), outcome(result, "status")) == (set(), "passed")
    assert codes(present(presentation(None, listed()), builders.material())) == set()
