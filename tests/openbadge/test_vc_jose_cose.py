"""VC-JOSE-COSE: the 35 rules of the W3C's test suite, by its numbers, and the refusals that it does not test."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from openbadge import cose, strict_json, vc_jose_cose
from openbadge.jose import jws, sd_jwt
from openbadge.jose.disclosures import parse_path
from openbadge.jose.sd_jwt import KeyBinding
from openbadge.vc_jose_cose import CREDENTIAL, PRESENTATION, Kind, Times
from tests.openbadge.jose_keys import counting, public, refused, signer, token
from tests.openbadge.suite_inputs import (
    COSE_BAD_CREDENTIAL,
    COSE_BAD_MEDIA_TYPE,
    COSE_MINIMAL,
    COSE_PRESENTATION,
    ED25519,
    JOSE_BAD_CREDENTIAL,
    JOSE_ISSUER_MATCH,
    JOSE_MINIMAL,
    JOSE_OLD_CLAIMS,
    P256,
    P384,
    P521,
    SD_BAD_MEDIA_TYPE,
    SD_NESTED,
    SD_SELECTIVE,
)
from tests.openbadge.vc_documents import ISSUER, employment, envelope, full, minimal, presentation

SUITE = Times(now=None, written=True)
MALFORMED, INSECURE, FORMAT = "MALFORMED_VALUE_ERROR", "CRYPTOGRAPHIC_SECURITY_ERROR", "UNSUPPORTED_FORMAT"


def raw(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))


def jose(header: dict[str, Any], payload: Any, jwk: dict[str, Any] = ED25519) -> str:
    return jws.sign(header, strict_json.dumps(payload), signer(jwk))


def cose_message(types: dict[int, Any], payload: Any, jwk: dict[str, Any] = P384) -> bytes:
    return cose.sign(strict_json.dumps(payload), signer(jwk), types)


def check_jwt(text: str, kind: Kind, jwk: dict[str, Any], times: Times = SUITE) -> Any:
    return vc_jose_cose.verify_jwt(text, kind, public(jwk), times).document


def check_sd(text: str, kind: Kind, jwk: dict[str, Any]) -> Any:
    return vc_jose_cose.verify_sd_jwt(text, kind, public(jwk), SUITE).document


def check_cose(data: bytes, kind: Kind, jwk: dict[str, Any]) -> Any:
    return vc_jose_cose.verify_cose(data, kind, public(jwk)).document


@pytest.mark.parametrize(
    ("number", "document", "kind", "jwk"),
    [
        (1, minimal(), CREDENTIAL, P256),
        (2, full(), CREDENTIAL, P384),
        (3, presentation(envelope()), PRESENTATION, P256),
        (4, presentation(envelope(), envelope("vc+sd-jwt", "e30.e30.x ~WyJ~"), envelope("vc+cose", "0oRY\n")),
         PRESENTATION, P521),
    ],
)  # fmt: skip
def test_rules_1_to_4_jose_issue(number: int, document: Any, kind: Kind, jwk: dict[str, Any]) -> None:
    text = vc_jose_cose.secure_jwt(document, kind, signer(jwk))
    assert jws.parse(text, jws.CREDENTIAL_MEMBERS).header["typ"] == f"{kind.short}+jwt"
    assert jws.parse(text, jws.CREDENTIAL_MEMBERS).header["cty"] == kind.short
    assert check_jwt(text, kind, jwk) == document


def test_rule_5_unknown_extensions_are_not_issued() -> None:
    refused(
        MALFORMED, lambda: vc_jose_cose.secure_jwt(minimal(badExtension={"huh": "what?"}), CREDENTIAL, signer(P521))
    )


def test_rule_6_a_date_as_iat() -> None:
    assert check_jwt(JOSE_MINIMAL, CREDENTIAL, P256)["issuer"] == ISSUER
    refused(MALFORMED, lambda: check_jwt(JOSE_MINIMAL, CREDENTIAL, P256, Times(None)))


def test_rule_7_an_expired_presentation_of_many_credentials() -> None:
    document = presentation(envelope(), envelope("vc+sd-jwt", "x.y.z~"), envelope("vc+cose", "0oRY\n"))
    text = jose({"typ": "vp+jwt", "cty": "vp"}, {**document, "exp": 1734397450, "iat": 1734311050, "iss": ISSUER}, P384)
    assert check_jwt(text, PRESENTATION, P384) == document
    later = Times(datetime(2026, 1, 1, tzinfo=UTC))
    refused("EXPIRED", lambda: check_jwt(text, PRESENTATION, P384, later))


def test_rule_8_the_issuer_repeated() -> None:
    verified = vc_jose_cose.verify_jwt(JOSE_ISSUER_MATCH, CREDENTIAL, public(ED25519), SUITE)
    assert verified.claims["iss"] == verified.document["issuer"] == ISSUER


def test_rule_9_a_token_of_another_key_and_unknown_members() -> None:
    refused(INSECURE, lambda: check_jwt(JOSE_MINIMAL, CREDENTIAL, ED25519))
    text = jose({"typ": "vc+jwt", "cty": "vc"}, minimal(anotherBadOne={"oh": "no!"}))
    refused(MALFORMED, lambda: check_jwt(text, CREDENTIAL, ED25519))


@pytest.mark.parametrize(
    ("number", "document", "kind"), [(10, minimal(), CREDENTIAL), (11, presentation(), PRESENTATION)]
)
def test_rules_10_and_11_unsecured_documents(number: int, document: Any, kind: Kind) -> None:
    refused("PARSING_ERROR", lambda: check_jwt(json.dumps(document, indent=2), kind, ED25519))


def test_rule_12_a_wrong_signature() -> None:
    refused(INSECURE, lambda: check_jwt(JOSE_MINIMAL.replace(".-X6A", ".-X6B"), CREDENTIAL, P256))


@pytest.mark.parametrize(
    "header",
    [{"typ": "bad+typ", "cty": "bad+cty"}, {"typ": "vp+jwt", "cty": "vp"}, {"typ": "JWT"}, {},
     {"typ": "vc+jwt", "cty": "vp"}, {"typ": "VC+JWT"}, {"typ": ["vc+jwt"]}, {"typ": "vc+sd-jwt"}],
)  # fmt: skip
def test_rules_13_and_14_other_media_types(header: dict[str, Any]) -> None:
    refused(FORMAT, lambda: check_jwt(jose(header, minimal()), CREDENTIAL, ED25519))
    swapped = {name: value.replace("v", "w", 1) if isinstance(value, str) else value for name, value in header.items()}
    refused(FORMAT, lambda: check_jwt(jose(swapped, presentation()), PRESENTATION, ED25519))


def test_rule_15_the_claims_of_the_older_data_model() -> None:
    assert "vc and vp" in refused(MALFORMED, lambda: check_jwt(JOSE_OLD_CLAIMS, CREDENTIAL, ED25519))


def test_rule_16_a_presentation_of_bad_credentials() -> None:
    refused(MALFORMED, lambda: check_jwt(JOSE_BAD_CREDENTIAL, PRESENTATION, ED25519))


@pytest.mark.parametrize(
    ("number", "document", "paths", "jwk"),
    [
        (17, minimal(credentialSubject={"firstName": "Jane", "lastName": "Doe"}),
         ["credentialSubject.firstName", "credentialSubject.lastName"], P384),
        (18, employment(), ["credentialSubject.address.street", "credentialSubject.address.city",
                            "credentialSubject.phoneNumbers[0]"], P521),
    ],
)  # fmt: skip
def test_rules_17_and_18_sd_jwt_issue(number: int, document: Any, paths: list[str], jwk: dict[str, Any]) -> None:
    places = [parse_path(path) for path in paths]
    text = vc_jose_cose.secure_sd_jwt(document, CREDENTIAL, places, signer(jwk), counting())
    assert text.count("~") == len(paths) + 1
    assert check_sd(text, CREDENTIAL, jwk) == document


def test_rule_19_sd_jwt_presentation() -> None:
    places = [parse_path(path) for path in ("holder", "verifiableCredential[0]")]
    text = vc_jose_cose.secure_sd_jwt(presentation(), PRESENTATION, places, signer(P384), counting())
    assert check_sd(text, PRESENTATION, P384) == presentation()


def test_rules_20_and_21_sd_jwt_verify() -> None:
    assert check_sd(SD_SELECTIVE, CREDENTIAL, P384)["credentialSubject"]["firstName"] == "Jane"
    subject = check_sd(SD_NESTED, CREDENTIAL, P521)["credentialSubject"]
    assert subject["address"]["city"] == "Anytown"
    assert subject["phoneNumbers"][0]["type"] == "work"
    withheld = check_sd(SD_NESTED.partition("~")[0] + "~", CREDENTIAL, P521)["credentialSubject"]
    assert withheld["address"] == {"country": "USA", "postalCode": "12345"}
    assert len(withheld["phoneNumbers"]) == 1


def test_rules_22_and_23_sd_jwt_of_another_kind_or_signature() -> None:
    refused(FORMAT, lambda: check_sd(SD_SELECTIVE, PRESENTATION, P384))
    refused(INSECURE, lambda: check_sd(SD_SELECTIVE.replace(".bCgz", ".aCgz"), CREDENTIAL, P384))


def test_sd_006_a_holder_that_must_sign() -> None:
    asked = KeyBinding("https://verifier.example", "n-1", datetime(2026, 4, 1, tzinfo=UTC))
    holder = {"jwk": {name: ED25519[name] for name in ("kty", "crv", "x")}}
    text = jose({"typ": "vc+sd-jwt"}, {**minimal(), "cnf": holder}, P256) + "~"

    def verified(presented: str) -> Any:
        return vc_jose_cose.verify_sd_jwt(presented, CREDENTIAL, public(P256), SUITE, asked).claims["cnf"]

    assert verified(sd_jwt.bind(text, signer(ED25519), asked)) == holder
    refused(INSECURE, lambda: verified(text))
    refused(INSECURE, lambda: verified(sd_jwt.bind(text, signer(P256), asked)))


def test_rules_24_and_25_sd_jwt_media_types() -> None:
    refused(FORMAT, lambda: check_sd(SD_BAD_MEDIA_TYPE, CREDENTIAL, ED25519))
    refused(FORMAT, lambda: check_sd(jose({"typ": "vp+jwt"}, presentation()) + "~", PRESENTATION, ED25519))


def test_rule_26_an_sd_jwt_presentation_of_bad_credentials() -> None:
    text = jose({"typ": "vp+sd-jwt", "cty": "vp"}, presentation(envelope(id="bad-credential"))) + "~"
    refused(MALFORMED, lambda: check_sd(text, PRESENTATION, ED25519))


@pytest.mark.parametrize(
    ("number", "document", "kind", "jwk"),
    [(27, minimal(), CREDENTIAL, ED25519), (28, presentation(), PRESENTATION, P384)],
)
def test_rules_27_and_28_cose_issue(number: int, document: Any, kind: Kind, jwk: dict[str, Any]) -> None:
    data = vc_jose_cose.secure_cose(document, kind, signer(jwk))
    header = cose.parse(data).header
    assert (header[16], header[3]) == (f"application/{kind.short}+cose", f"application/{kind.short}")
    assert check_cose(data, kind, jwk) == document


def test_rules_29_and_31_cose_verify() -> None:
    assert check_cose(raw(COSE_MINIMAL), CREDENTIAL, P256)["issuer"] == ISSUER
    assert check_cose(raw(COSE_PRESENTATION), PRESENTATION, P384)["holder"].startswith("did:example:")


def test_rule_30_hexadecimal_is_no_message() -> None:
    refused("PARSING_ERROR", lambda: check_cose(raw(COSE_MINIMAL).hex().encode(), CREDENTIAL, P256))


def test_rule_32_a_wrong_cose_signature() -> None:
    refused(INSECURE, lambda: check_cose(raw(COSE_MINIMAL)[:-1] + b"\0", CREDENTIAL, P256))


def test_rules_33_and_34_cose_media_types() -> None:
    refused(FORMAT, lambda: check_cose(raw(COSE_BAD_MEDIA_TYPE), CREDENTIAL, P384))
    for types in ({16: "really/bad", 3: "application/vp"}, {16: "application/vp+cose", 3: 50}, {3: "application/vp"}):
        refused(FORMAT, lambda: check_cose(cose_message(types, presentation()), PRESENTATION, P384))  # noqa: B023


def test_rule_35_a_cose_presentation_of_bad_credentials() -> None:
    refused(MALFORMED, lambda: check_cose(raw(COSE_BAD_CREDENTIAL), PRESENTATION, P256))


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example"},
        {"jti": "urn:other"},
        {"sub": "did:example:other"},
        *({name: value} for name in ("iat", "nbf", "exp") for value in ("1", 1.5, -1, 10**18, True, None, [1])),
    ],
)
def test_claims_that_contradict_or_are_of_bad_form(claims: dict[str, Any]) -> None:
    text = token({"alg": "ES256", "typ": "vc+jwt", "kid": "did:example:1#k"}, {**minimal(), **claims})
    refused(MALFORMED, lambda: check_jwt(text, CREDENTIAL, P256, Times(None)))


def test_times_of_a_signature() -> None:
    now = Times(datetime.fromtimestamp(1_000_000, UTC))
    header = {"typ": "vc+jwt"}
    good = jose(header, {**minimal(), "iat": 999_999, "nbf": 1_000_000, "exp": 1_000_001}, P256)
    assert check_jwt(good, CREDENTIAL, P256, now) == minimal()
    refused("EXPIRED", lambda: check_jwt(jose(header, {**minimal(), "exp": 1_000_000}, P256), CREDENTIAL, P256, now))
    early = jose(header, {**minimal(), "nbf": 1_000_001}, P256)
    refused("NOT_YET_VALID", lambda: check_jwt(early, CREDENTIAL, P256, now))


def test_a_token_that_names_neither_issuer_nor_key() -> None:
    text = token({"alg": "ES256", "typ": "vc+jwt", "kid": "thumbprint"}, minimal())
    refused(MALFORMED, lambda: check_jwt(text, CREDENTIAL, P256))


@pytest.mark.parametrize("payload", ["text", ["array"], 5, None])
def test_jwt_023_payloads_that_are_no_object(payload: Any) -> None:
    text = token({"alg": "ES256", "typ": "vc+jwt"}, payload)
    refused("PARSING_ERROR", lambda: check_jwt(text, CREDENTIAL, P256))
