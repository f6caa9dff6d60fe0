"""POST /credentials/verify, /presentations/verify and /credentials/derive, and the same on the command line."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from openbadge.errors import PROBLEMS
from openbadge.multibase import encode_base58btc
from openbadge.proof import data_integrity
from tests.microcred.conftest import Console
from tests.microcred.vcapi.conftest import PLAIN, V2, VOCABULARY, Document, VcApi
from tests.vectors import W3cSigner
from tests.verifier.vc_world import ED25519, HOLDER, OTHER, Signer, name_of

TYPES = {row.url for row in PROBLEMS.values()}
CHALLENGE = "123456789"
DOMAIN = "example.com"
ED25519_2020 = "https://w3id.org/security/suites/ed25519-2020/v1"


def refused(answer: httpx.Response) -> list[str]:
    """The codes of an answer that must be a failed verification."""
    assert answer.status_code == 400, answer.text
    body = answer.json()
    assert body["verified"] is False
    assert body["problemDetails"]
    for problem in body["problemDetails"]:
        assert problem.keys() == {"type", "title", "detail"}
        assert problem["type"] in TYPES
    return [problem["type"].rpartition("#")[2] for problem in body["problemDetails"]]


def accepted(answer: httpx.Response) -> list[str]:
    """The codes of the warnings of an answer that must be a verification."""
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["verified"] is True
    assert not body.get("errors")
    return [problem["type"].rpartition("#")[2] for problem in body["problemDetails"]]


def presentation(api: VcApi, signer: Signer = HOLDER, **changes: Any) -> Document:
    """A presentation of one issued credential, signed for the challenge and the domain."""
    document = {
        "@context": [V2, VOCABULARY],
        "type": ["VerifiablePresentation"],
        "holder": name_of(HOLDER),
        "verifiableCredential": [api.sample()],
        **changes,
    }
    options = data_integrity.options("eddsa-rdfc-2022", signer.verification_method, api.clock())
    options |= {"proofPurpose": "authentication", "challenge": CHALLENGE, "domain": DOMAIN}
    return data_integrity.create(document, options, signer)


def sign(api: VcApi, document: Document, signer: Signer = ED25519) -> Document:
    """A credential of another issuer, signed by whoever."""
    return data_integrity.create(
        document, data_integrity.options("eddsa-rdfc-2022", signer.verification_method, api.clock()), signer
    )


def proof(change: Callable[[Document], object]) -> Callable[[Document], object]:
    return lambda document: change(document["proof"])


def without(name: str) -> Callable[[Document], object]:
    return lambda item: item.pop(name)


def put(name: str, value: Any) -> Callable[[Document], object]:
    return lambda item: item.__setitem__(name, value)


CCG: dict[str, Callable[[Document], object]] = {
    **{f"no {name}": without(name) for name in ("@context", "type", "issuer", "credentialSubject", "proof")},
    **{
        f"no proof.{name}": proof(without(name))
        for name in ("type", "verificationMethod", "proofValue", "proofPurpose", "cryptosuite")
    },
    **{f"@context {value!r}": put("@context", value) for value in ("string", {}, None, 10, True, [], [[]], [10])},
    **{f"type {value!r}": put("type", value) for value in ("string", {}, None, 10, True, [], [{}], [None])},
    **{f"issuer {value!r}": put("issuer", value) for value in ([], None, 10, True, {})},
    **{f"subject {value!r}": put("credentialSubject", value) for value in ("string", None, 10, True, [])},
    **{f"proof {value!r}": put("proof", value) for value in ("string", None, 10, True, [], {}, [None], ["x"])},
}
DATA_INTEGRITY: dict[str, Callable[[Document], object]] = {
    "proofValue null": proof(put("proofValue", None)),
    "proofValue without prefix": lambda item: item["proof"].__setitem__("proofValue", item["proof"]["proofValue"][1:]),
    "proofValue of another document": proof(put("proofValue", "z" + "2" * 86)),
    "unknown type": proof(put("type", "UnknownProofType")),
    "unknown cryptosuite": proof(put("cryptosuite", "unknown-2099")),
    "another suite": lambda item: item["proof"].__setitem__(
        "cryptosuite", "ecdsa-jcs-2019" if "rdfc" in item["proof"]["cryptosuite"] else "ecdsa-rdfc-2019"
    ),
    "another purpose": proof(put("proofPurpose", "authentication")),
    "relative id": put("id", "relative"),
    "relative type": put("type", ["VerifiableCredential", "./relative"]),
    "created malformed": proof(put("created", "yesterday")),
    "created in the future": proof(put("created", "2999-01-01T00:00:00Z")),
    "expires malformed": proof(put("expires", "tomorrow")),
    "expired": proof(put("expires", "2020-01-01T00:00:00Z")),
    "term added": put("https://vocabulary.example/#added", "x"),
    "subject changed": put("credentialSubject", {"id": "did:example:thief"}),
    "previousProof of nobody": proof(put("previousProof", "urn:nobody")),
    "previousProof no text": proof(put("previousProof", 4)),
    "unknown type only": put("type", ["UnknownType"]),
}


@pytest.mark.parametrize("profile", ["rdfc", "jcs", "ecdsa-rdfc", "ecdsa-jcs-384"])
@pytest.mark.parametrize("case", [*CCG, *DATA_INTEGRITY])
def test_credentials_that_are_refused(api: VcApi, proof_only: VcApi, profile: str, case: str) -> None:
    document = api.sample(profile)
    {**CCG, **DATA_INTEGRITY}[case](document)
    refused(api.verify(document))
    refused(proof_only.verify(document))


@pytest.mark.databases("sqlite")  # the command reads a file, and no database
@pytest.mark.parametrize("case", [*CCG, *DATA_INTEGRITY])
def test_the_same_are_not_valid_on_the_command_line(api: VcApi, console: Console, case: str) -> None:
    document = api.sample()
    {**CCG, **DATA_INTEGRITY}[case](document)
    assert console("verify", "-", stdin=json.dumps(document).encode()) in (1, 2)


@pytest.mark.parametrize("value", [..., None, "a.b.c", "{}", 4, True, [], [{}]])
def test_no_credential_or_one_that_is_no_object(api: VcApi, value: Any) -> None:
    body = {} if value is ... else {"verifiableCredential": value}
    refused(api.post("/credentials/verify", body))
    refused(api.post("/credentials/derive", {**body, "options": {"selectivePointers": ["/id"]}}))
    body = {} if value is ... else {"verifiablePresentation": value}
    refused(api.post("/presentations/verify", body))


@pytest.mark.parametrize("path", ["/credentials/verify", "/presentations/verify", "/credentials/derive"])
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b'{"a":1,"a":2}', b"[" * 600])
def test_bodies_that_are_no_request(api: VcApi, path: str, body: bytes) -> None:
    refused(api.post(path, body))


@pytest.mark.parametrize("path", ["/credentials/verify", "/presentations/verify", "/credentials/derive"])
def test_only_an_oversize_body_is_a_413(api: VcApi, path: str) -> None:
    assert api.post(path, b" " * (1024 * 1024 + 1)).status_code == 413


@pytest.mark.parametrize("media_type", ["text/plain", "application/ld+json", "application/vc", ""])
def test_the_media_type_of_a_request_makes_no_difference(api: VcApi, media_type: str) -> None:
    body = json.dumps({"verifiableCredential": api.sample()}).encode()
    accepted(api.client.post("/credentials/verify", content=body, headers={"Content-Type": media_type}))


@pytest.mark.parametrize("options", [{}, {"checks": ["proof"]}, {"unknown": {"deep": []}}, ...])
def test_options_of_a_verification_are_tolerated(api: VcApi, options: Any) -> None:
    more = {} if options is ... else {"options": options}
    assert accepted(api.verify(api.sample(), **more)) == []


def test_a_challenge_and_a_domain_are_taken_seriously_for_credentials_too(api: VcApi) -> None:
    secured = api.sample()
    assert "INVALID_CHALLENGE_ERROR" in refused(api.verify(secured, options={"challenge": "other"}))
    assert "INVALID_DOMAIN_ERROR" in refused(api.verify(secured, options={"domain": "other.example"}))


@pytest.mark.parametrize("options", [None, [], "x", {"challenge": 1}, {"domain": ["a"]}])
def test_options_that_cannot_be_understood(api: VcApi, options: Any) -> None:
    refused(api.verify(api.sample(), options=options))


def test_dates_only_warn(api: VcApi) -> None:
    early = api.issued("rdfc", api.credential(validFrom="2999-01-01T00:00:00Z"))
    late = api.issued("rdfc", api.credential(validUntil="2020-01-01T00:00:00Z"))
    old = api.issued("rdfc", api.credential_1_1(expirationDate="2021-01-01T00:00:00Z"))
    codes = [accepted(api.verify(document)) for document in (early, late, old)]
    assert codes == [["NOT_YET_VALID"], ["EXPIRED"], ["EXPIRED"]]


def test_a_key_of_somebody_else_is_refused_and_proof_only_lets_it_pass(api: VcApi, proof_only: VcApi) -> None:
    document = sign(api, api.credential(issuer="https://vc.example/issuers/5678"))
    assert refused(api.verify(document)) == ["ISSUER_NOT_BOUND"]
    assert accepted(proof_only.verify(document)) == []
    report = proof_only.client.post(
        "/verify", content=json.dumps(document), headers={"Content-Type": "application/json"}
    )
    assert report.json()["verdict"] == "invalid"  # the public verifier has no such switch


def test_a_proof_set_counts_as_a_whole(api: VcApi) -> None:
    both = sign(api, sign(api, api.credential(issuer=name_of(ED25519))), OTHER)
    accepted(api.verify(both))
    spoiled = copy.deepcopy(both)
    spoiled["proof"][1]["proofValue"] = spoiled["proof"][0]["proofValue"]
    assert "CRYPTOGRAPHIC_SECURITY_ERROR" in refused(api.verify(spoiled))


@pytest.mark.parametrize(
    "changes",
    [
        {"@context": []},
        {"@context": [VOCABULARY]},
        {"id": "not-data"},
        {"id": "data:text/plain,x"},
        {"id": "data:application/vc+jwt,a.b.c"},
        {"type": ...},
        {"type": "VerifiableCredential"},
        {"type": ["EnvelopedVerifiableCredential", "Other"]},
    ],
)
def test_enveloped_credentials_that_are_refused(api: VcApi, changes: dict[str, Any]) -> None:
    enveloped = {name: value for name, value in {**api.sample("jwt"), **changes}.items() if value is not ...}
    refused(api.verify(enveloped))


def test_a_presentation_is_verified_with_its_credentials(api: VcApi) -> None:
    asked = {"challenge": CHALLENGE, "domain": DOMAIN}
    document = presentation(api, id="urn:uuid:1b7b0c5e-1111-4111-8111-111111111113", holder={"id": name_of(HOLDER)})
    for options in (asked, {"challenge": CHALLENGE}, {**asked, "checks": ["proof"]}):
        assert accepted(api.present(document, options=options)) == []
    several = presentation(
        api,
        verifiableCredential=[
            api.sample("jcs"),
            api.sample("jwt"),
            api.sample("jwt-rsa"),
            api.sample("ecdsa-rdfc-384"),
        ],
    )
    accepted(api.present(several, options=asked))


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"challenge": "other", "domain": DOMAIN}, "INVALID_CHALLENGE_ERROR"),
        ({"challenge": CHALLENGE, "domain": "thief.example"}, "INVALID_DOMAIN_ERROR"),
    ],
)
def test_a_presentation_for_somebody_else(api: VcApi, options: dict[str, str], code: str) -> None:
    assert code in refused(api.present(presentation(api), options=options))


@pytest.mark.parametrize(
    "change",
    [
        without("@context"), put("@context", [VOCABULARY, V2]), put("@context", [V2, "https://unknown.example/c"]),
        put("@context", [V2, "no url"]), put("@context", 4), without("type"), put("type", ["Other"]), without("proof"),
        put("verifiableCredential", ["a.b.c"]), put("holder", 4), put("holder", name_of(OTHER)),
        lambda item: item["proof"][0].update(proofValue=item["proof"][0]["proofValue"][:-5]),
        lambda item: item["verifiableCredential"][0]["credentialSubject"].update(degree="PhD"),
    ],
)  # fmt: skip
def test_presentations_that_are_refused(api: VcApi, change: Callable[[Document], object]) -> None:
    document = presentation(api)
    change(document)
    refused(api.present(document, options={"challenge": CHALLENGE, "domain": DOMAIN}))


def test_a_holder_whose_key_it_is_not(api: VcApi) -> None:
    assert "ISSUER_NOT_BOUND" in refused(api.present(presentation(api, OTHER), options={"challenge": CHALLENGE}))


def test_a_base_proof_is_not_for_verifiers(api: VcApi) -> None:
    assert "PROOF_VERIFICATION_ERROR" in refused(api.verify(api.sample("sd")))


def test_a_derived_credential_shows_what_was_asked_for_and_no_more(api: VcApi) -> None:
    answer = api.derive(api.sample("sd"), ["/issuer", "/credentialSubject/alumniOf"])
    assert answer.status_code == 201
    shown = answer.json()
    assert shown["credentialSubject"] == {"id": "did:example:subject", "alumniOf": "Northbridge"}
    accepted(api.verify(shown))
    changed = copy.deepcopy(shown)
    changed["credentialSubject"]["alumniOf"] = "Elsewhere"
    refused(api.verify(changed))
    refused(api.derive(shown, ["/issuer"]))  # only a base proof can be derived from


@pytest.mark.parametrize("pointers", [None, "x", {}, [4], ["/nothing"], ["no pointer"], ["/issuer"] * 500])
def test_pointers_that_select_nothing(api: VcApi, pointers: Any) -> None:
    refused(api.derive(api.sample("sd"), pointers))


@pytest.mark.parametrize("profile", PLAIN)
def test_other_suites_have_nothing_to_derive(api: VcApi, profile: str) -> None:
    assert refused(api.derive(api.sample(profile), ["/issuer"])) == ["UNSUPPORTED_SUITE"]


def test_a_derived_credential_always_shows_what_limits_it(api: VcApi) -> None:
    # The issuer adds these to whatever the caller makes mandatory: docs/decisions/0007.
    limited = api.credential("sd", validUntil="2031-01-01T00:00:00Z")
    for pointers in ([], ["/credentialSubject/alumniOf"]):
        shown = api.derive(api.issued("sd", limited), pointers).json()
        assert {"issuer", "validUntil"} <= shown.keys()
        assert "degree" not in shown.get("credentialSubject", {})
    accepted(api.verify(shown))


def test_the_ccg_verifier_suite_wants_ed25519_signature_2020(api: VcApi, proof_only: VcApi) -> None:
    document = api.credential(issuer="https://vc.example/issuers/5678", **{"@context": [V2, ED25519_2020, VOCABULARY]})
    signer = W3cSigner()
    config = {
        "type": "Ed25519Signature2020",
        "created": "2023-02-24T23:36:38Z",
        "verificationMethod": signer.verification_method,
        "proofPurpose": "assertionMethod",
    }
    value = encode_base58btc(signer.sign(data_integrity.hash_data(document, config, "Ed25519")))
    document["proof"] = {**config, "proofValue": value}
    accepted(proof_only.verify(document, options={"checks": ["proof"]}))
    assert refused(api.verify(document)) == ["ISSUER_NOT_BOUND"]
    for name in document["proof"]:
        spoiled = copy.deepcopy(document)
        del spoiled["proof"][name]
        refused(proof_only.verify(spoiled))
