"""Rows DM-001 to DM-016 of the corpus of bad inputs: rightly signed, but wrong in what it says."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from openbadge import did
from openbadge.errors import UnavailableError
from tests.verifier.builders import (
    ATTACKER,
    DID_URL,
    EMAIL,
    INVALID,
    ISSUER,
    NOW,
    UNDETERMINED,
    VALID,
    Document,
    FakeFetch,
    bad,
    badge,
    check,
    did_key_signer,
    edited,
    endorsement,
    find,
    key_document,
    material,
    outcomes,
    problems,
    question,
    sign,
    status_list,
    unsigned,
)
from verifier.policy import Policy
from verifier.report import Check
from verifier.trust import TrustList
from verifier.verify import verify


def with_members(**members: Any) -> Document:
    """Return a badge with other top-level members (None removes one), signed as they are."""

    def change(document: Document) -> None:
        for name, value in members.items():
            if value is None:
                del document[name]
            else:
                document[name] = value

    return badge(change)


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"validUntil": "2026-04-01T11:59:59Z"}, "EXPIRED"),
        ({"validUntil": "2026-04-01T12:00:00Z"}, None),
        ({"validUntil": "2026-04-01T14:00:00+02:00"}, None),
        ({"validUntil": "2026-04-01T13:59:59+02:00"}, "EXPIRED"),
        ({"validUntil": None}, None),
        ({"validFrom": "2026-04-01T12:00:01Z"}, None),
        ({"validFrom": "2026-04-01T12:01:00Z"}, None),
        ({"validFrom": "2026-04-01T12:01:01Z"}, "NOT_YET_VALID"),
        ({"validFrom": "2026-04-01T13:00:00Z"}, "NOT_YET_VALID"),
    ],
)
def test_dm_001_dates_at_the_edge(members: dict[str, Any], code: str | None) -> None:
    report = check(with_members(**members))
    assert bad(report) == ({} if code is None else {"validity-period": code})
    assert report.verdict is (VALID if code is None else INVALID)


def test_dm_001_one_second_after_the_last_moment() -> None:
    document = with_members(validUntil="2026-04-01T12:00:00Z")
    fresh = {**material(), "https://badges.example.org/status/1": status_list(lambda item: item.pop("validUntil"))}
    assert check(document, fresh, now=NOW + timedelta(seconds=1)).verdict is INVALID


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-01",
        "2024-01-01T00:00:00",
        "20240101T000000Z",
        "2024-W01-1",
        "2024-01-01 00:00:00Z",
        "2024-02-30T00:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T00:00:00z",
        "2024-01-01T00:00:00+25:00",
        "٢٠٢٤-01-01T00:00:00Z",
        "yesterday",
        "",
    ],
)
@pytest.mark.parametrize("name", ["validFrom", "validUntil"])
def test_dm_003_dates_in_other_forms(name: str, text: str) -> None:
    report = check(with_members(**{name: text}))
    assert report.verdict is INVALID
    assert "MALFORMED_VALUE_ERROR" in problems(report)


@pytest.mark.parametrize(
    "value", [["2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"], {"a": "b"}, {"id": "urn:x:y"}, 1893456000, True]
)
def test_dm_005_dates_of_other_types(value: Any) -> None:
    report = check(edited(badge(), lambda document: document.update(validUntil=value)))
    assert report.verdict is INVALID


@pytest.mark.parametrize(
    "types",
    [
        ["VerifiableCredential"],
        "VerifiableCredential",
        ["VerifiableCredential", "EndorsementCredential"],
    ],
)
def test_dm_006_types(types: Any) -> None:
    report = check(with_members(type=types))
    assert report.verdict is INVALID
    assert "MALFORMED_VALUE_ERROR" in problems(report)


def test_dm_006_without_the_base_type_nothing_is_defined() -> None:
    assert check(edited(badge(), lambda document: document.update(type=["OpenBadgeCredential"]))).verdict is INVALID


def test_dm_006_the_alias_type_is_accepted() -> None:
    assert check(with_members(type=["VerifiableCredential", "AchievementCredential"])).verdict is VALID


def subject(change: Any) -> Document:
    return badge(lambda document: change(document["credentialSubject"]))


def anonymous(item: Document) -> None:
    del item["id"]
    del item["identifier"]


def test_dm_008_a_subject_without_any_identifier() -> None:
    report = check(subject(anonymous))
    assert report.verdict is INVALID
    assert bad(report) == {"data-model": "MALFORMED_VALUE_ERROR"}


@pytest.mark.parametrize("value", [{}, [], None, "did:key:z6Mk", [unsigned()["credentialSubject"]] * 2])
def test_dm_008_subjects_that_are_no_single_object(value: Any) -> None:
    assert check(edited(badge(), lambda document: document.update(credentialSubject=value))).verdict is INVALID


def test_dm_008_two_subjects_rightly_signed() -> None:
    def change(document: Document) -> None:
        other = {**document["credentialSubject"], "id": "urn:uuid:0b1c2d3e-0000-7000-8000-0000000000aa"}
        document["credentialSubject"] = [document["credentialSubject"], other]

    assert check(badge(change)).verdict is INVALID


@pytest.mark.parametrize("value", [EMAIL, EMAIL.upper(), f" {EMAIL} ", "Ada Learner"])
def test_dm_010_the_right_recipient(value: str) -> None:
    report = check(badge(), recipient=value)
    assert outcomes(report)["recipient"] == "passed"
    assert report.verdict is VALID


def test_dm_010_the_recipient_by_identifier() -> None:
    assert check(badge(), recipient=unsigned()["credentialSubject"]["id"]).verdict is VALID


@pytest.mark.parametrize("value", ["other@example.org", "Someone Else", "did:key:z6MkOther", ""])
def test_dm_010_another_recipient(value: str) -> None:
    report = check(badge(), recipient=value)
    assert bad(report) == {"recipient": "RECIPIENT_MISMATCH"}
    assert report.verdict is INVALID


@pytest.mark.parametrize(
    "changes",
    [{"salt": "other"}, {"identityHash": "sha256$" + "0" * 64}, {"identityHash": "sha1$" + "0" * 40}, {"salt": None}],
)
def test_dm_010_hashes_that_do_not_fit(changes: dict[str, Any]) -> None:
    def change(item: Document) -> None:
        for name, value in changes.items():
            item["identifier"][0].pop(name) if value is None else item["identifier"][0].update({name: value})

    report = check(subject(change), recipient=EMAIL)
    assert outcomes(report)["recipient"] == "failed"
    assert outcomes(report)["proof"] == "passed"


def test_a_recipient_that_cannot_be_compared_stays_unknown() -> None:
    report = check(subject(lambda item: item.pop("identifier")), recipient=EMAIL)
    assert outcomes(report)["recipient"] == "unknown"
    assert report.verdict is UNDETERMINED


def test_nobody_is_compared_unless_asked() -> None:
    assert "recipient" not in outcomes(check(badge()))


def test_dm_011_schemas_that_the_credential_names_are_never_fetched() -> None:
    def change(document: Document) -> None:
        document["credentialSchema"].append({"id": "https://10.0.0.1/schema.json", "type": "JsonSchema"})

    fetch = FakeFetch(material())
    verify(as_bytes(badge(change)), question(fetch=fetch))
    assert sorted(fetch.asked) == sorted(material())


def as_bytes(document: Document) -> bytes:
    return json.dumps(document).encode()


def by_attacker() -> tuple[Document, dict[str, Any]]:
    document = unsigned()
    del document["credentialStatus"]
    document["issuer"] = {"id": "did:web:attacker.example", "type": ["Profile"], "name": "Real University"}
    keys = did.document("did:web:attacker.example", [(ATTACKER.verification_method, ATTACKER.public)])
    return sign(document, ATTACKER), {"https://attacker.example/.well-known/did.json": keys}


def test_dm_013_a_look_alike_is_authentic_and_unknown() -> None:
    document, answers = by_attacker()
    report = check(document, answers, trust=TrustList({ISSUER: "Real University"}))
    assert report.verdict is VALID
    assert find(report, "trust").problem == "ISSUER_UNTRUSTED"
    assert "attacker.example" in report.headline
    assert "Real University" not in report.headline
    assert "no trust source" in report.headline


def test_a_trusted_issuer_is_said_to_be_known() -> None:
    report = check(badge(), trust=TrustList({ISSUER: "Example Academy"}))
    assert outcomes(report)["trust"] == "passed"
    assert report.headline == "Authentic: issued by badges.example.org, an issuer that this verifier knows."


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Exаmple Academy", "HOMOGRAPH_WARNING"),
        ("Example\u200bAcademy", "BIDI_WARNING"),
        ("\u202eymedacA elpmaxE", "BIDI_WARNING"),
        ("Example Academy" + " " * 10_000, "BIDI_WARNING"),
        ("Пример Academy", None),
        ("Εξαίρετη Σχολή", None),
        ("Académie Exemple", None),
        ("示例学院", None),
    ],
)
def test_dm_015_names_that_imitate(name: str, code: str | None) -> None:
    report = check(badge(lambda document: document["issuer"].update(name=name)))
    assert report.verdict is VALID
    assert find(report, "names").problem == code


def with_endorsement(item: Document) -> Document:
    return badge(lambda document: document.update(endorsement=[item]))


def test_a_genuine_endorsement() -> None:
    report = check(with_endorsement(endorsement()))
    assert bad(report) == {}
    note = find(report, "endorsement")
    assert (note.outcome, note.required) == ("passed", False)
    assert "endorses its achievement" in note.detail


ENDORSEMENTS = {
    "tampered": edited(endorsement(), lambda item: item.update(name="Gold seal")),
    "unsigned": edited(endorsement(), lambda item: item.pop("proof")),
    "about something else": endorsement("https://other.example/achievements/9"),
    "signed by someone else": edited(endorsement(), lambda item: item["issuer"].update(id="did:web:victim.example")),
}


@pytest.mark.parametrize("name", sorted(ENDORSEMENTS))
def test_dm_016_a_bad_endorsement_is_marked_and_the_credential_judged_alone(name: str) -> None:
    report = check(with_endorsement(ENDORSEMENTS[name]))
    assert report.verdict is VALID
    assert find(report, "endorsement").problem == "ENDORSEMENT_INVALID"


def test_dm_016_an_endorser_who_cannot_be_reached() -> None:
    item = endorsement()
    item["issuer"]["id"] = "did:web:away.example"
    report = check(with_endorsement(sign({**item, "proof": []}, did_key_signer(9))))
    assert report.verdict is VALID
    assert find(report, "endorsement").outcome != "passed"


def test_policy_can_only_make_it_worse() -> None:
    document = badge()
    assert check(document, policy=Policy(accepted_proofs=frozenset({"vc-jwt"}))).verdict is INVALID
    assert check(document, policy=Policy(allowed_issuers=frozenset({"did:web:other"}))).verdict is INVALID
    assert check(document, policy=Policy(allowed_issuers=frozenset({ISSUER}))).verdict is VALID
    assert check(with_members(validUntil=None), policy=Policy(require_expiry=True)).verdict is INVALID
    assert check(with_members(credentialStatus=None), policy=Policy(require_status=True)).verdict is INVALID
    assert check(document, policy=Policy(max_status_age_seconds=60)).verdict is UNDETERMINED
    assert check(document, policy=Policy(max_status_age_seconds=600)).verdict is VALID


def test_a_failure_of_our_own_is_logged_without_data_and_never_valid(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def vouches(self, issuer_id: str) -> str | None:
            raise KeyError(EMAIL)

        def fetch(self, url: str, accept: str, *, limit: int = 0) -> Any:
            raise RuntimeError(EMAIL)

    report = check(badge(), trust=Broken(), fetch=Broken())
    assert report.verdict is UNDETERMINED
    assert outcomes(report)["trust"] == "unknown"
    assert "KeyError" in caplog.text
    assert EMAIL not in caplog.text


def test_what_was_asked_is_reported() -> None:
    report = check(badge(), {DID_URL: key_document()})
    sources = {source.url: source.outcome for source in report.sources}
    assert sources == {DID_URL: "fetched", "https://badges.example.org/status/1": "FETCH_FAILED"}


def test_only_five_things_are_fetched() -> None:
    """One badge with ten endorsers is no tool to send requests around."""
    items = []
    for number in range(10):
        item = {**endorsement(), "id": f"urn:uuid:0b1c2d3e-0000-7000-8000-00000000001{number}", "proof": []}
        item["issuer"]["id"] = f"did:web:endorser-{number}.example"
        items.append(sign(item, did_key_signer(9)))
    fetch = FakeFetch(material())
    report = verify(as_bytes(badge(lambda document: document.update(endorsement=items))), question(fetch=fetch))
    assert len(fetch.asked) == 5
    assert report.verdict is VALID
    assert sum(item.id == "endorsement" for item in report.authenticity) == 10


def test_an_unreachable_list_does_not_hide_in_a_valid_verdict() -> None:
    report = check(
        badge(), {**material(), "https://badges.example.org/status/1": UnavailableError("FETCH_FAILED", "x")}
    )
    assert report.verdict is UNDETERMINED
    assert isinstance(find(report, "status"), Check)
