"""What a credential, a presentation and an envelope must be to be secured with JOSE or COSE, Open Badge or not."""

from __future__ import annotations

from typing import Any

import pytest

from openbadge import data_model, enveloped
from openbadge.data_model.rules import MAX_CREDENTIALS
from openbadge.errors import InvalidError
from openbadge.vc_jose_cose import CREDENTIAL, PRESENTATION, Kind, Times, secure_cose, secure_jwt, verify_jwt
from openbadge.vocabulary import CREDENTIALS_V1, OB_CONTEXT
from tests.openbadge.jose_keys import public, refused, signer
from tests.openbadge.suite_inputs import P256
from tests.openbadge.vc_documents import ISSUER, V2, envelope, minimal, presentation

MALFORMED, FORMAT = "MALFORMED_VALUE_ERROR", "UNSUPPORTED_FORMAT"


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (minimal(), MALFORMED),
        ("text", MALFORMED),
        (envelope(type="VerifiableCredential"), MALFORMED),
        (envelope(type=[]), MALFORMED),
        (envelope(type=["EnvelopedVerifiableCredential", "X"]), MALFORMED),
        (envelope(type="EnvelopedVerifiablePresentation"), MALFORMED),
        ({name: value for name, value in envelope().items() if name != "type"}, MALFORMED),
        (envelope(**{"@context": []}), MALFORMED),
        (envelope(**{"@context": ["https://www.w3.org/2018/credentials/v1"]}), MALFORMED),
        (envelope(**{"@context": None}), MALFORMED),
        (envelope(id=None), MALFORMED),
        (envelope(id="application/vc+jwt,e30"), MALFORMED),
        (envelope(id="data:application/vc+jwt"), MALFORMED),
        (envelope(id="data:application/vc+jwt,"), MALFORMED),
        (envelope(id="data:application/vc+jwt,\n"), MALFORMED),
        (envelope(id="data:application/vc+jwt;charset=x,e30"), MALFORMED),
        (envelope(id="data:application/vp+jwt,e30"), FORMAT),
        (envelope(id="data:text/plain,e30"), FORMAT),
        (envelope(id="data:,e30"), FORMAT),
    ],
)
def test_what_may_be_in_a_presentation(item: Any, code: str) -> None:
    refused(code, lambda: PRESENTATION.check(presentation(item)))


def test_an_envelope_is_opened() -> None:
    accepted = enveloped.CREDENTIAL_MEDIA | {enveloped.LEGACY_JWT}
    found = enveloped.open_envelope(envelope("vc+cose", "0oRY\n"), enveloped.ENVELOPED_CREDENTIAL, accepted)
    assert (found.media_type, found.base64, found.text) == ("application/vc+cose", True, "0oRY")
    assert enveloped.is_enveloped(envelope())
    assert not enveloped.is_enveloped(minimal())


def test_a_presentation_has_a_limit() -> None:
    PRESENTATION.check(presentation(*[envelope()] * MAX_CREDENTIALS))
    for count in (MAX_CREDENTIALS + 1, 101):
        refused("LIMIT_EXCEEDED", lambda: PRESENTATION.check(presentation(*[envelope()] * count)))  # noqa: B023


def with_first_context(url: str, document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "@context": [url]}


def test_a_document_of_the_older_data_model_has_no_such_envelope() -> None:
    """It keeps every rule of its own model: without the demand for 2.0 it would pass."""
    credential = with_first_context(CREDENTIALS_V1, {**minimal(), "issuanceDate": "2010-01-01T19:23:24Z"})
    data_model.check_credential(credential, issuing=False)
    assert "1.1" in refused(MALFORMED, lambda: secure_jwt(credential, CREDENTIAL, signer(P256)))
    shown = with_first_context(CREDENTIALS_V1, presentation())
    data_model.check_presentation(shown)
    assert "1.1" in refused(MALFORMED, lambda: secure_jwt(shown, PRESENTATION, signer(P256)))


BROKEN: list[dict[str, Any]] = [
    {"name": 5},
    {"description": {"@value": "x", "extra": 1}},
    {"issuer": {"id": ISSUER, "name": []}},
    {"relatedResource": {"id": "https://x.example"}},
    {"confidenceMethod": {}},
    {"renderMethod": "text"},
    {"credentialSubject": {"id": "https://x.example/<>"}},
]


@pytest.mark.parametrize("changes", BROKEN)
def test_every_rule_of_the_data_model_holds_inside_an_envelope(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidError) as caught:
        data_model.check_credential(minimal(**changes), issuing=False)
    assert caught.value.detail == refused(MALFORMED, lambda: CREDENTIAL.check(minimal(**changes)))


@pytest.mark.parametrize("kind", [CREDENTIAL, PRESENTATION])
@pytest.mark.parametrize("value", [None, "text", 5, [], [minimal()]])
def test_what_is_no_object_is_not_secured(kind: Kind, value: Any) -> None:
    refused("PARSING_ERROR", lambda: kind.check(value))


@pytest.mark.parametrize(
    "changes",
    [
        {"@context": []},
        {"@context": None},
        {"@context": ["https://www.w3.org/2018/credentials/v1", V2]},
        {"@context": [V2, 5]},
        {"@context": [V2, "https ://x"]},
        {"type": "ExampleCredential"},
        {"type": None},
        {"type": ["VerifiableCredential", 5]},
        {"id": None},
        {"id": ["urn:x"]},
        {"id": "http://a b"},
        {"issuer": None},
        {"issuer": "fake-issuer"},
        {"issuer": {"id": "fake issuer"}},
        {"issuer": {"name": "x"}},
        {"issuer": [ISSUER]},
        {"credentialSubject": {}},
        {"credentialSubject": []},
        {"credentialSubject": [{"id": "did:x:y"}, {}]},
        {"credentialSubject": "text"},
        {"credentialSubject": {"id": "no url"}},
        {"validFrom": "2010-01-01"},
        {"validUntil": "2009-01-01T00:00:00Z"},
        {"credentialStatus": {"id": "https://x.example"}},
        {"credentialStatus": {"type": 5}},
        {"credentialStatus": {"type": "x", "id": "not a url"}},
        {"credentialSchema": {"type": "JsonSchema"}},
        {"termsOfUse": [{}]},
        {"evidence": "text"},
        {"refreshService": {}},
        {"image": {"id": "https://x.example"}},
        {"iss": ISSUER},
        {"vc": {}},
    ],
)
def test_credentials_that_are_not_secured(changes: dict[str, Any]) -> None:
    refused(MALFORMED, lambda: secure_cose(minimal(**changes), CREDENTIAL, signer(P256)))


@pytest.mark.parametrize("name", ["@context", "type", "issuer", "credentialSubject"])
def test_members_that_a_credential_needs(name: str) -> None:
    document = minimal()
    del document[name]
    refused(MALFORMED, lambda: CREDENTIAL.check(document))


def test_members_of_open_badges_are_known_with_its_context() -> None:
    CREDENTIAL.check(minimal(image={"id": "https://x.example"}, **{"@context": [V2, OB_CONTEXT]}))


@pytest.mark.parametrize("changes", [{"holder": "x y"}, {"holder": 5}, {"type": "X"}, {"issuer": ISSUER}])
def test_presentations_that_are_not_secured(changes: dict[str, Any]) -> None:
    refused(MALFORMED, lambda: PRESENTATION.check(presentation(**changes)))


def test_a_presentation_may_be_empty_and_without_holder() -> None:
    document = presentation()
    del document["holder"], document["verifiableCredential"]
    text = secure_jwt(document, PRESENTATION, signer(P256))
    assert verify_jwt(text, PRESENTATION, public(P256), Times(None)).document == document
