"""ecdsa-sd-2023: what a selection shows, whatever the form of the document."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbadge import contexts, multibase
from openbadge.errors import InvalidError
from openbadge.proof.sd import labels, skolem, values
from openbadge.proof.sd.derive import derive
from openbadge.proof.sd.issue import create, essential_pointers
from openbadge.proof.sd.statements import MAX_STATEMENTS, Statements
from tests.openbadge import proof_samples as samples
from tests.openbadge.sd_samples import (
    BY,
    HMAC_KEY,
    MANDATORY,
    NAME,
    check,
    code_of,
    disclosure,
    issued,
    shown,
    unsecured,
)


@pytest.mark.parametrize(
    "selective",
    [
        (),
        ("/name",),
        ("/credentialSubject/achievement",),
        ("/credentialSubject/achievement/name", "/credentialSubject/achievement/criteria/narrative"),
        ("/credentialSubject/achievement/tag/1",),
        ("/credentialSubject/achievement/resultDescription/0/name",),
        ("/credentialSubject/achievement/resultDescription/0/allowedValue",),
        ("/credentialSubject/result/1", "/credentialSubject/identifier/0/identityHash"),
        ("/credentialSubject",),
        ("/issuer/name", "/issuer"),
        ("/@context", "/id", "/type"),
        ("",),
    ],
)
def test_any_selection_verifies(selective: tuple[str, ...]) -> None:
    document = shown(issued(), *selective)
    check(document)
    check(json.loads(json.dumps(document)))
    assert document["issuer"] == samples.badge()["issuer"]
    assert document["validFrom"] == samples.badge()["validFrom"]


def test_only_what_is_selected_is_shown() -> None:
    document = shown(issued(), "/credentialSubject/achievement/tag/1", "/credentialSubject/result/1/value")
    badge = samples.badge()
    assert unsecured(document) == {
        "@context": badge["@context"],
        "id": badge["id"],
        "type": badge["type"],
        "issuer": badge["issuer"],
        "validFrom": badge["validFrom"],
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "achievement": {
                "id": "https://badges.example.org/achievements/1",
                "type": ["Achievement"],
                "tag": ["quality"],
            },
            "result": [{"type": ["Result"], "value": "B"}],
        },
    }


def test_everything_selected_is_the_whole_credential() -> None:
    assert unsecured(shown(issued(), "")) == samples.badge()


def test_nothing_secret_is_left_in_a_derived_proof() -> None:
    document = shown(issued(), "/name")
    data = multibase.decode_multibase(document["proof"][0]["proofValue"])
    assert HMAC_KEY not in data
    assert HMAC_KEY.hex() not in repr(values.BaseProof.decode(issued()["proof"][0]["proofValue"]))
    assert repr(HMAC_KEY) not in repr(disclosure())
    assert len(values.DerivedProof.decode(document["proof"][0]["proofValue"]).signatures) == 1


def test_labels_are_those_of_the_specification() -> None:
    """Appendix B of the suites' specification: the HMAC key and the labels of its first example."""
    key = bytes.fromhex("00112233445566778899aabbccddeeff" * 2)
    assert labels.hmac_label("c14n0", key) == "u4YIOZn1MHES1Z4Ij2hWZG3R4dEYBqg5fHTyDEvYhC38"
    assert labels.hmac_label("c14n1", key) == "u3Lv2QpFgo-YAegc1cQQKWJFW2sEjQF6FfuZ0VEoMKHg"


def test_labels_do_not_tell_the_place_of_an_object() -> None:
    """The keyed labels of a shown part are the same whatever else the credential holds, and differ by key."""
    one = Statements.read(samples.badge(), HMAC_KEY, contexts.document)
    two = Statements.read(samples.badge(), bytes(32), contexts.document)
    assert not set(one.labels.values()) & set(two.labels.values())
    assert not any("c14n" in line for line in one.lines)


def test_no_mandatory_pointers_make_an_empty_list() -> None:
    document = issued(mandatory=())
    base = values.BaseProof.decode(document["proof"][0]["proofValue"])
    assert base.mandatory_pointers == ()
    assert len(base.signatures) == len(Statements.read(samples.badge(), HMAC_KEY, contexts.document).lines)
    derived = shown(document, "/name")
    check(derived)
    assert code_of(lambda: shown(document)) == "PROOF_GENERATION_ERROR"


def test_what_limits_a_credential_is_essential() -> None:
    limited = {**samples.badge(), "validUntil": "2029-03-31T10:00:00Z"}
    assert essential_pointers(limited) == ("/issuer", "/validFrom", "/validUntil")
    assert shown(issued(limited, essential_pointers(limited)), "/name")["validUntil"] == "2029-03-31T10:00:00Z"


def test_all_may_be_mandatory() -> None:
    derived = shown(issued(mandatory=("",)))
    check(derived)
    assert values.DerivedProof.decode(derived["proof"][0]["proofValue"]).signatures == ()


def test_other_proofs_stay_with_the_base_proof_and_leave_a_derived_one() -> None:
    signed = samples.signed(samples.badge(), "ecdsa-rdfc-2019", BY)
    both = create(signed, samples.options(NAME, BY), BY, disclosure(*MANDATORY))
    assert [proof["cryptosuite"] for proof in both["proof"]] == ["ecdsa-rdfc-2019", NAME]
    derived = derive(both, both["proof"][1], ["/name"])
    assert len(derived["proof"]) == 1
    check(derived)


def test_an_array_of_one_item_keeps_its_place() -> None:
    """Compaction would make it a single value, and then `/…/0` would point to nothing."""
    skolemized = skolem.skolemize(samples.badge(), contexts.document)
    assert isinstance(skolemized["credentialSubject"]["achievement"]["resultDescription"], list)
    assert isinstance(skolemized["credentialSubject"]["achievement"]["criteria"], dict)
    document = shown(issued(mandatory=("/credentialSubject/identifier/0/identityType",)), "/issuer")
    check(document)


def test_an_ordered_list_is_shown_whole_or_not_at_all() -> None:
    path = "/credentialSubject/achievement/resultDescription/0/allowedValue"
    check(shown(issued(), path))
    check(shown(issued(mandatory=(path,))))
    assert code_of(lambda: shown(issued(), f"{path}/0")) == "PROOF_GENERATION_ERROR"
    assert code_of(lambda: issued(mandatory=(f"{path}/1",))) == "PROOF_GENERATION_ERROR"


def test_the_second_of_two_ordered_lists_is_shown_alone() -> None:
    """The items of lists have no id: their names must not depend on the lists that are hidden."""
    badge = samples.badge()
    rows = badge["credentialSubject"]["achievement"]["resultDescription"]
    rows.append(
        {**rows[0], "id": "urn:uuid:0190e5a0-0000-7000-8000-0000000000bb", "allowedValue": ["A", "B", "D", "E"]}
    )
    derived = shown(issued(badge), "/credentialSubject/achievement/resultDescription/1")
    assert derived["credentialSubject"]["achievement"]["resultDescription"] == [rows[1]]
    check(derived)


def endorsed() -> dict[str, Any]:
    """A badge with two embedded endorsements, each signed twice by other keys."""
    badge = samples.badge()
    badge["endorsement"] = []
    for number in (1, 2):
        endorsement = {
            "@context": badge["@context"],
            "id": f"urn:uuid:0190e5a0-0000-7000-8000-00000000000{number}e",
            "type": ["VerifiableCredential", "EndorsementCredential"],
            "name": "Quality seal",
            "issuer": {"id": "did:web:quality.example.org", "type": ["Profile"]},
            "validFrom": "2026-01-01T00:00:00Z",
            "credentialSubject": {
                "id": badge["credentialSubject"]["achievement"]["id"],
                "type": ["EndorsementSubject"],
            },
        }
        endorsement = samples.signed(endorsement, "eddsa-rdfc-2022", samples.signer("Ed25519", number))
        badge["endorsement"].append(samples.signed(endorsement, "ecdsa-rdfc-2019", samples.signer("P-256", number)))
    return badge


@pytest.mark.parametrize(
    "pointer",
    ["", "/name", "/endorsement", "/endorsement/1", "/endorsement/1/proof", "/endorsement/0/proof/1",
     "/endorsement/0/proof/1/created", "/endorsement/0/credentialSubject"],
)  # fmt: skip
def test_embedded_credentials_with_their_own_proofs(pointer: str) -> None:
    check(shown(issued(endorsed()), pointer))


def test_an_embedded_credential_is_shown_with_its_signature_intact() -> None:
    derived = shown(issued(endorsed()), "/endorsement/1")
    assert derived["endorsement"] == [endorsed()["endorsement"][1]]
    check(derived["endorsement"][0], samples.signer("Ed25519", 2).public_key)


IRI = "https://example.org/p"
STEP = "/https:~1~1example.org~1p"


@pytest.mark.parametrize(
    ("members", "selected"),
    [
        ({"@reverse": {IRI: [{f"{IRI}/q": "x"}, {"@id": f"{IRI}/s"}]}}, "/@reverse"),
        ({"@included": [{f"{IRI}/q": "x"}]}, "/@included"),
        ({"@graph": [{f"{IRI}/q": "x"}]}, "/@graph"),
        ({IRI: [{"@list": [{"@list": ["a", "b"]}, {"@list": ["c"]}]}]}, STEP),
        ({IRI: {"@list": [{f"{IRI}/q": "x"}, {f"{IRI}/q": "y"}]}}, STEP),
        ({IRI: {"@set": [{f"{IRI}/q": "x"}]}}, STEP),
        ({IRI: {"@type": "@json", "@value": {"a": [1, {"b": None}]}}}, STEP),
        ({"name": {"@value": "x", "@language": "ar", "@direction": "rtl"}}, "/name"),
        ({"issuer": {"type": ["Profile"], "name": "x"}}, "/issuer/name"),
        ({"issuer": "did:web:x.example"}, "/issuer"),
    ],
)
def test_every_form_of_json_ld_is_taken_apart(members: dict[str, Any], selected: str) -> None:
    document = issued({**samples.badge(), **members}, mandatory=())
    for pointer in ("", "/validFrom", selected):
        check(shown(document, pointer))


def test_a_single_value_keeps_its_form() -> None:
    badge = samples.badge()
    badge["credentialSubject"]["identifier"] = badge["credentialSubject"]["identifier"][0]
    check(shown(issued(badge), "/credentialSubject/identifier/identityHash"))


def test_two_ordered_lists_in_one_member_are_refused() -> None:
    badge = {**samples.badge(), IRI: [{"@list": ["a"]}, {"@list": ["b"]}]}
    assert code_of(lambda: issued(badge)) == "MALFORMED_VALUE_ERROR"


def test_a_name_of_the_internal_scheme_is_refused() -> None:
    for change in ({"id": "urn:bnid:n0"}, {"type": ["VerifiableCredential", "OpenBadgeCredential", "urn:bnid:x"]}):
        assert code_of(lambda change=change: issued({**samples.badge(), **change})) == "MALFORMED_VALUE_ERROR"


def test_a_document_of_too_many_statements_is_refused() -> None:
    badge = samples.badge()
    badge["credentialSubject"]["achievement"]["tag"] = [str(number) for number in range(MAX_STATEMENTS)]
    assert code_of(lambda: issued(badge)) == "LIMIT_EXCEEDED"


@given(samples.documents(), st.data())
@settings(max_examples=10)
def test_any_part_of_any_badge_verifies_and_any_change_breaks_it(badge: dict[str, Any], data: st.DataObject) -> None:
    places = [leaf for leaf in samples.leaves(badge) if not {"@value", "@language", "allowedValue"} & set(leaf)]
    chosen = data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=5))
    texts = ["/" + "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in path) for path in chosen]
    half = len(texts) // 2
    derived = shown(issued(badge, tuple(texts[:half])), *texts[half:])
    check(derived)
    path = data.draw(st.sampled_from([leaf for leaf in samples.leaves(derived) if leaf[0] != "proof"]))
    wrong = samples.changed(derived, path, lambda value: not value if isinstance(value, bool) else f"{value}x")
    with pytest.raises(InvalidError):
        check(wrong)
