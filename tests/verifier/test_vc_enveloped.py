"""Enveloped credentials and presentations: a signed text in a `data:` URL, verified inside."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from openbadge import did, did_jwk, enveloped, vc_jose_cose
from openbadge.jose import jws
from openbadge.vocabulary import CREDENTIALS_V1, CREDENTIALS_V2
from tests.verifier.builders import DID_URL, ISSUER, KEY, Ed25519Signer, P256Signer, key_document
from tests.verifier.vc_world import (
    CHALLENGE,
    DOMAIN,
    ED25519,
    HOLDER,
    OTHER,
    P256,
    P384,
    UNKNOWN_ISSUER,
    Document,
    Signer,
    check,
    codes,
    credential,
    did_key,
    edited,
    name_of,
    present,
    proof_only,
    put,
    unsigned,
    unsigned_1_1,
    warned,
)

CREDENTIAL, PRESENTATION = enveloped.ENVELOPED_CREDENTIAL, enveloped.ENVELOPED_PRESENTATION
MALFORMED = "MALFORMED_VALUE_ERROR"
INSECURE = "CRYPTOGRAPHIC_SECURITY_ERROR"


def jwt(document: Document | None = None, signer: Signer = ED25519, kind: Any = vc_jose_cose.CREDENTIAL) -> str:
    return vc_jose_cose.secure_jwt(unsigned(signer) if document is None else document, kind, signer)


def secured(payload: Document, **header: Any) -> str:
    """The token over any payload, whether its data model holds or not."""
    return jws.sign({"typ": "vc+jwt", "cty": "vc", **header}, json.dumps(payload).encode(), ED25519)


def sd_jwt(document: Document | None = None, signer: Signer = ED25519, *paths: Any) -> str:
    made = unsigned(signer) if document is None else document
    return vc_jose_cose.secure_sd_jwt(made, vc_jose_cose.CREDENTIAL, paths, signer, lambda length: b"s" * length)


def cose(document: Document | None = None, signer: Signer = ED25519) -> str:
    made = unsigned(signer) if document is None else document
    return base64.b64encode(vc_jose_cose.secure_cose(made, vc_jose_cose.CREDENTIAL, signer)).decode()


def token(payload: Document, signer: Signer = ED25519, **header: Any) -> str:
    return jws.sign({"typ": "JWT", **header}, json.dumps(payload).encode(), signer)


def legacy(signer: Signer = P256, **claims: Any) -> Document:
    text = token({"iss": name_of(signer), "vc": unsigned_1_1(signer), **claims}, signer)
    return enveloped.wrap(CREDENTIAL, "application/jwt", text)


def legacy_presentation(*inner: Document, signer: Signer = HOLDER, **claims: Any) -> Document:
    held = {"@context": [CREDENTIALS_V2], "type": ["VerifiablePresentation"], "verifiableCredential": list(inner)}
    payload = {"iss": name_of(signer), "vp": held, "aud": DOMAIN, "nonce": CHALLENGE, **claims}
    return enveloped.wrap(PRESENTATION, "application/jwt", token(payload, signer))


FORMS = {"application/vc+jwt": jwt, "application/vc+sd-jwt": sd_jwt, "application/vc+cose": cose}
each_form = pytest.mark.parametrize("media_type", FORMS)
each_signer = pytest.mark.parametrize("signer", [ED25519, P256, P384], ids=lambda signer: signer.algorithm)


def wrapped(media_type: str, *arguments: Any) -> Document:
    return enveloped.wrap(CREDENTIAL, media_type, FORMS[media_type](*arguments))  # type: ignore[operator]


@each_form
@each_signer
def test_a_secured_credential_is_verified_inside_its_envelope(media_type: str, signer: Signer) -> None:
    result = check(wrapped(media_type, unsigned(signer), signer))
    assert codes(result) == set()
    assert warned(result) == set()


@each_form
def test_a_key_of_someone_else_is_refused(media_type: str) -> None:
    foreign = wrapped(media_type, {**unsigned(), "issuer": UNKNOWN_ISSUER})
    assert codes(check(foreign)) == {"ISSUER_NOT_BOUND"}
    assert codes(proof_only(foreign)) == set()


@each_form
def test_a_changed_text_is_refused(media_type: str) -> None:
    made = wrapped(media_type)
    other = wrapped(media_type, {**unsigned(), "name": "Other"})
    head, _, text = made["id"].partition(",")
    if media_type == "application/vc+cose":
        raw = base64.b64decode(text)
        mixed = base64.b64encode(raw[:-1] + bytes([raw[-1] ^ 1])).decode()
    else:
        mixed = ".".join([*text.split(".")[:-1], other["id"].partition(",")[2].split(".")[-1]])
    assert not check({**made, "id": f"{head},{mixed}"}).verified


@each_form
def test_the_data_model_holds_inside(media_type: str) -> None:
    text = FORMS[media_type](unsigned())  # type: ignore[operator]
    assert check(enveloped.wrap(CREDENTIAL, media_type, text)).verified
    if media_type == "application/vc+jwt":
        bad = jws.sign(
            {"typ": "vc+jwt", "cty": "vc"}, json.dumps({**unsigned(), "issuer": "fake-issuer"}).encode(), ED25519
        )
        assert codes(check(enveloped.wrap(CREDENTIAL, media_type, bad))) == {MALFORMED}


@each_form
def test_the_end_of_validity_is_a_warning_inside_too(media_type: str) -> None:
    result = check(wrapped(media_type, {**unsigned(), "validUntil": "2026-03-01T00:00:00Z"}))
    assert (codes(result), warned(result)) == (set(), {"EXPIRED"})


def test_what_json_ld_would_lose_is_a_warning_for_a_signed_text() -> None:
    result = check(enveloped.wrap(CREDENTIAL, "application/vc+jwt", jwt({**unsigned(), "@context": [CREDENTIALS_V2]})))
    assert (codes(result), warned(result)) == (set(), {"DATA_LOSS_DETECTION_ERROR"})


def test_disclosures_are_put_back_before_the_checks() -> None:
    made = sd_jwt(unsigned(), ED25519, ("credentialSubject", "alumniOf"))
    assert codes(check(enveloped.wrap(CREDENTIAL, "application/vc+sd-jwt", made))) == set()
    without = made.split("~")[0] + "~"
    assert codes(check(enveloped.wrap(CREDENTIAL, "application/vc+sd-jwt", without))) == set()


def test_an_embedded_proof_in_a_token_counts_as_well() -> None:
    both = enveloped.wrap(CREDENTIAL, "application/vc+jwt", jwt(credential()))
    assert codes(check(both)) == set()
    broken = edited(credential(), put("name", value="changed"))
    assert codes(check(enveloped.wrap(CREDENTIAL, "application/vc+jwt", jwt(broken)))) == {INSECURE}


def test_the_claims_of_the_signature_are_judged() -> None:
    for claims, expected in (
        ({"exp": 1_700_000_000}, {"EXPIRED"}),
        ({"nbf": 4_000_000_000}, {"NOT_YET_VALID"}),
        ({"iss": "did:example:other"}, {"INVALID_VERIFICATION_METHOD_URL", MALFORMED}),
        ({"vc": {}}, {MALFORMED}),
        ({"unknown": 1}, {MALFORMED}),
    ):
        text = secured({**unsigned(), **claims})
        found = codes(check(enveloped.wrap(CREDENTIAL, "application/vc+jwt", text)))
        assert found
        assert found <= expected


def test_another_type_in_the_header_is_refused() -> None:
    for header in ({"typ": "JWT"}, {"typ": "vp+jwt", "cty": "vp"}, {"typ": "vc+jwt", "cty": "vp"}):
        text = jws.sign(header, json.dumps(unsigned()).encode(), ED25519)
        assert codes(check(enveloped.wrap(CREDENTIAL, "application/vc+jwt", text))) == {"UNSUPPORTED_FORMAT"}


ENVELOPE = [
    ("context-empty", put("@context", value=[])),
    ("context-absent", put("@context", value=None)),
    ("context-other", put("@context", value=["https://www.w3.org/ns/credentials/examples/v2"])),
    ("context-1.1", put("@context", value=[CREDENTIALS_V1])),
    ("id-absent", put("id", value=None)),
    ("id-no-data", put("id", value="application/vc+jwt,a.b.c")),
    ("id-url", put("id", value="https://example.org/credential")),
    ("id-empty", put("id", value="data:application/vc+jwt,")),
    ("type-absent", put("type", value=None)),
    ("type-other", put("type", value="VerifiableCredential")),
    ("type-both", put("type", value=["VerifiableCredential", CREDENTIAL])),
    ("type-presentation", put("type", value=PRESENTATION)),
]


@pytest.mark.parametrize("change", [row[1] for row in ENVELOPE], ids=[row[0] for row in ENVELOPE])
def test_an_envelope_of_another_form_is_refused(change: Any) -> None:
    assert codes(check(edited(wrapped("application/vc+jwt"), change))) == {MALFORMED}


@pytest.mark.parametrize("kind", ["text/plain", "application/vp+jwt", "application/json", "application/vc+jwt+x", ""])
def test_an_envelope_of_another_media_type_is_refused(kind: str) -> None:
    made = {**wrapped("application/vc+jwt"), "id": f"data:{kind},a.b.c"}
    assert codes(check(made)) == {"UNSUPPORTED_FORMAT"}


@pytest.mark.parametrize("text", ["a", "a.b", "a.b.c", "..", "e30.e30.", "~", "aaaa~~", "eyJhbGciOiJub25lIn0.e30."])
@each_form
def test_a_text_that_is_no_token_is_refused(media_type: str, text: str) -> None:
    result = check(enveloped.wrap(CREDENTIAL, media_type, text))
    assert codes(result) <= {"PARSING_ERROR", INSECURE, "INVALID_VERIFICATION_METHOD_URL", MALFORMED, "LIMIT_EXCEEDED"}
    assert not result.verified


def test_a_bare_token_is_refused() -> None:
    assert codes(check(jwt())) == {"PARSING_ERROR"}


# whose key a token names


def test_a_key_may_be_named_within_the_issuer_or_be_the_issuer_itself() -> None:
    for kid in (
        ED25519.verification_method,
        "#" + ED25519.public.multibase,
        ED25519.public.multibase,
        "",
        name_of(ED25519),
    ):
        text = jws.sign(
            {"typ": "vc+jwt", "kid": kid}, json.dumps({"iss": name_of(ED25519), **unsigned()}).encode(), ED25519
        )
        assert codes(check(enveloped.wrap(CREDENTIAL, "application/vc+jwt", text))) == set(), kid


def test_a_token_that_names_no_key_is_refused_unless_its_issuer_is_one() -> None:
    for issuer in (UNKNOWN_ISSUER, "did:web:badges.example.org"):
        payload = json.dumps({**unsigned(), "issuer": issuer, "iss": issuer}).encode()
        text = jws.sign({"typ": "vc+jwt", "cty": "vc"}, payload, replace(ED25519, verification_method=""))
        assert codes(check(enveloped.wrap(CREDENTIAL, "application/vc+jwt", text))) == {
            "INVALID_VERIFICATION_METHOD_URL"
        }


def test_a_jwk_as_an_identifier_is_a_key() -> None:
    name = did_jwk.did_jwk(P256.public.jwk())
    signer = P256Signer(f"{name}#0", P256.seed)
    payload = json.dumps({**unsigned(), "issuer": name, "iss": name}).encode()
    unnamed = jws.sign({"typ": "vc+jwt", "kid": ""}, payload, signer)
    assert codes(check(enveloped.wrap(CREDENTIAL, "application/vc+jwt", unnamed))) == set()
    assert (
        codes(check(enveloped.wrap(CREDENTIAL, "application/vc+jwt", jwt({**unsigned(), "issuer": name}, signer))))
        == set()
    )
    assert codes(check(credential(put("issuer", value=name), signer, "ecdsa-rdfc-2019"))) == set()


def test_a_published_key_document_is_fetched_and_must_list_the_key() -> None:
    made = enveloped.wrap(CREDENTIAL, "application/vc+jwt", jwt({**unsigned(), "issuer": ISSUER}, KEY))
    assert codes(check(made, {DID_URL: key_document(KEY)})) == set()
    other = key_document(did_key(P256Signer, 3))
    assert codes(check(made, {DID_URL: other})) == {"INVALID_VERIFICATION_METHOD"}
    assert codes(check(made)) == {"FETCH_FAILED"}
    assert codes(check(made, {DID_URL: b"no json"})) == {"INVALID_CONTROLLED_IDENTIFIER_DOCUMENT"}
    revoked = key_document(KEY)
    revoked["verificationMethod"][0]["revoked"] = "2026-03-31T00:00:00Z"
    assert codes(check(made, {DID_URL: revoked})) == {"INVALID_VERIFICATION_METHOD"}


def test_an_issuer_with_an_https_address_publishes_its_keys_there() -> None:
    name = "https://issuer.example/keys"
    signer = Ed25519Signer(f"{name}#key-1", 5)
    made = credential(put("issuer", value=name), signer)
    published = did.document(name, [(signer.verification_method, signer.public)])
    assert codes(check(made, {name: published})) == set()
    assert codes(check(made, {name: {**published, "id": "https://other.example"}})) == {
        "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID"
    }
    assert codes(check(made)) == {"FETCH_FAILED"}


# VC 1.1 tokens, which the VC-API still sends


def test_a_legacy_presentation_with_a_legacy_credential_is_verified() -> None:
    result = present(legacy_presentation(legacy()))
    assert codes(result) == set()
    assert [inner.verified for inner in result.credentials] == [True]
    assert codes(present(legacy_presentation(legacy()), domain=None)) == set()


def test_a_legacy_presentation_answers_challenge_and_domain() -> None:
    assert codes(present(legacy_presentation(legacy()), challenge="other")) == {"INVALID_CHALLENGE_ERROR"}
    assert codes(present(legacy_presentation(legacy()), domain="other.example")) == {"INVALID_DOMAIN_ERROR"}
    assert codes(present(legacy_presentation(legacy(), exp=1_700_000_000))) == {"EXPIRED"}
    assert codes(present(legacy_presentation(legacy(), exp=4_000_000_000))) == set()


def test_a_legacy_credential_is_verified_alone_and_its_end_is_a_warning() -> None:
    assert codes(check(legacy())) == set()
    result = check(legacy(exp=1_770_000_000))
    assert (codes(result), warned(result)) == (set(), {"EXPIRED"})
    assert codes(check(legacy(iss="did:example:other"))) == {MALFORMED}
    assert codes(check(enveloped.wrap(CREDENTIAL, "application/jwt", jwt()))) == {INSECURE}  # a header with cty


def test_a_legacy_credential_that_does_not_hold_fails_the_presentation() -> None:
    head, _, text = legacy()["id"].partition(",")
    other = legacy(jti="urn:x:2")["id"].partition(",")[2]
    broken = {**legacy(), "id": head + "," + ".".join([*text.split(".")[:2], other.split(".")[2]])}
    result = present(legacy_presentation(legacy(), broken))
    assert [inner.verified for inner in result.credentials] == [True, False]
    assert not result.verified


def test_enveloped_and_embedded_credentials_stand_side_by_side() -> None:
    held: Document = {
        "@context": CREDENTIALS_V2,
        "type": "VerifiablePresentation",
        "holder": name_of(HOLDER),
        "verifiableCredential": [wrapped("application/vc+jwt"), wrapped("application/vc+cose")],
    }
    text = vc_jose_cose.secure_jwt(held, vc_jose_cose.PRESENTATION, HOLDER)
    made = enveloped.wrap(PRESENTATION, "application/vp+jwt", text)
    assert codes(present(made, challenge=None, domain=None)) == set()
    assert codes(present(made)) == {"INVALID_CHALLENGE_ERROR"}
    by_other = vc_jose_cose.secure_jwt(held, vc_jose_cose.PRESENTATION, OTHER)
    foreign = enveloped.wrap(PRESENTATION, "application/vp+jwt", by_other)
    assert codes(present(foreign, challenge=None, domain=None)) == {"ISSUER_NOT_BOUND"}
