"""RS256: an RSA key signs tokens of both kinds and SD-JWT, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from issuer.errors import KeyStoreError
from issuer.keys_jwk import read_signer
from openbadge import did, multibase, vc_jose_cose
from openbadge.errors import InvalidError
from openbadge.jose import jws
from openbadge.jose.disclosures import parse_path
from openbadge.multikey import PublicKey
from openbadge.proof import SUITES, data_integrity, vc_jwt
from openbadge.proof.sd import issue as sd_issue
from openbadge.vc_jose_cose import CREDENTIAL, PRESENTATION, Times
from tests.openbadge.jose_keys import METHOD, RSA_SECRETS, counting, number, public, refused, rsa_jwk, signer
from tests.openbadge.proof_samples import CREATED
from tests.openbadge.suite_inputs import P256
from tests.openbadge.vc_documents import minimal, presentation
from tests.vectors import badge, edited

BAD_KEY, INSECURE = "INVALID_VERIFICATION_METHOD", "CRYPTOGRAPHIC_SECURITY_ERROR"


def whole_badge() -> dict[str, Any]:
    """A badge without a fraction: those are never written."""
    return edited(badge(), lambda d: d["credentialSubject"]["achievement"].update(creditsAvailable=3))


@dataclass(frozen=True)
class Silent:
    """A signer that must not be asked to sign."""

    algorithm: str = "RSA"
    verification_method: str = METHOD

    def sign(self, data: bytes) -> bytes:
        pytest.fail("something was signed")


@pytest.mark.parametrize("bits", [2_048, 3_072])
def test_a_token_of_open_badges(bits: int) -> None:
    token = vc_jwt.parse(vc_jwt.create(whole_badge(), signer(rsa_jwk(bits))))
    assert token.header == {"alg": "RS256", "kid": METHOD, "typ": "JWT"}
    assert len(token.signed.signature) == bits // 8
    vc_jwt.verify(token, public(rsa_jwk(bits)))
    vc_jwt.check_claims(token)
    assert token.credential == whole_badge()


def test_no_other_key_nor_scheme_accepts_it() -> None:
    token = vc_jwt.parse(vc_jwt.create(whole_badge(), signer(rsa_jwk())))
    pss = PublicKey.from_jwk({**public(rsa_jwk()).jwk(), "alg": "PS256"})
    for key in (public(rsa_jwk(3_072)), pss, public(P256)):
        refused(INSECURE, lambda: vc_jwt.verify(token, key))  # noqa: B023
    head, payload, signature = vc_jwt.create(whole_badge(), signer(rsa_jwk())).split(".")
    for spoiled in (f"{head}.{payload[:-4]}AAAA.{signature}", f"{head}.{payload}.{signature[:-6]}"):
        parsed = jws.parse(spoiled)
        refused(INSECURE, lambda: jws.verify(parsed, public(rsa_jwk())))  # noqa: B023


def test_the_same_text_is_signed_the_same_way_twice() -> None:
    assert vc_jwt.create(whole_badge(), signer(rsa_jwk())) == vc_jwt.create(whole_badge(), signer(rsa_jwk()))


@pytest.mark.parametrize(("document", "kind"), [(minimal(), CREDENTIAL), (presentation(), PRESENTATION)])
def test_tokens_of_vc_jose_cose(document: dict[str, Any], kind: vc_jose_cose.Kind) -> None:
    text = vc_jose_cose.secure_jwt(document, kind, signer(rsa_jwk()))
    assert jws.parse(text, jws.CREDENTIAL_MEMBERS).header["alg"] == "RS256"
    assert vc_jose_cose.verify_jwt(text, kind, public(rsa_jwk()), Times(None)).document == document
    refused(INSECURE, lambda: vc_jose_cose.verify_jwt(text, kind, public(rsa_jwk(3_072)), Times(None)))


def test_sd_jwt() -> None:
    path = parse_path("credentialSubject.degree")
    text = vc_jose_cose.secure_sd_jwt(minimal(), CREDENTIAL, [path], signer(rsa_jwk()), counting())
    assert vc_jose_cose.verify_sd_jwt(text, CREDENTIAL, public(rsa_jwk()), Times(None)).document == minimal()


def test_cose_has_no_such_signature() -> None:
    sentence = refused("UNSUPPORTED_SUITE", lambda: vc_jose_cose.secure_cose(minimal(), CREDENTIAL, Silent()))
    assert "RSA" in sentence


@pytest.mark.parametrize("name", [name for _, name in SUITES if name not in ("", "ecdsa-sd-2023")])
def test_no_embedded_proof_is_made_with_it(name: str) -> None:
    options = data_integrity.options(name, METHOD, CREATED)
    sentence = refused("PROOF_VERIFICATION_ERROR", lambda: data_integrity.create(badge(), options, Silent()))
    assert sentence == f"A key of type RSA cannot be used with {name}."


def test_no_selective_disclosure_is_made_with_it() -> None:
    options = data_integrity.options("ecdsa-sd-2023", METHOD, CREATED)
    once = signer(P256)
    disclosure = sd_issue.Disclosure(("/issuer",), bytes(32), once.public_key, once.sign)
    refused("PROOF_VERIFICATION_ERROR", lambda: sd_issue.create(badge(), options, Silent(), disclosure))


def test_an_embedded_proof_under_it_is_refused() -> None:
    """The signature holds, but no suite has such keys: it must not count."""
    document = {"id": "did:web:badges.example", "assertionMethod": [METHOD], "verificationMethod": [
        {"id": METHOD, **did.method_form(public(rsa_jwk()), controller="did:web:badges.example")}]}  # fmt: skip
    key = did.find_method(document, "did:web:badges.example", METHOD, "assertionMethod").key
    options = data_integrity.options("eddsa-rdfc-2022", METHOD, CREATED)
    signed = signer(rsa_jwk()).sign(data_integrity.hash_data(badge(), options, "Ed25519"))
    proof = {**options, "proofValue": multibase.encode_base58btc(signed)}
    refused("PROOF_VERIFICATION_ERROR", lambda: data_integrity.verify(badge(), proof, key))


def test_a_signer_out_of_a_secret_jwk() -> None:
    made = signer(rsa_jwk())
    assert made.algorithm == "RSA"
    public(rsa_jwk()).verify(made.sign(b"data"), b"data")
    assert all(rsa_jwk()[name] not in repr(made) for name in RSA_SECRETS)


@pytest.mark.parametrize("name", RSA_SECRETS)
@pytest.mark.parametrize("value", [None, "", "AQAB", "%", "other"])
def test_a_secret_that_is_incomplete_or_not_that_of_the_key(name: str, value: str | None) -> None:
    wrong = rsa_jwk(3_072)[name] if value == "other" else value
    with pytest.raises(KeyStoreError) as caught:
        read_signer({**rsa_jwk(), name: wrong}, METHOD)
    assert all(rsa_jwk()[name] not in caught.value.detail for name in RSA_SECRETS)


def test_a_whole_secret_under_another_public_key() -> None:
    with pytest.raises(KeyStoreError):
        read_signer({**rsa_jwk(), "n": rsa_jwk(3_072)["n"]}, METHOD)


@pytest.mark.parametrize(
    "make",
    [
        lambda: rsa_jwk(1_024),
        lambda: rsa_jwk(2_048, 3),
        lambda: {**rsa_jwk(), "e": number(65_536)},
        lambda: {**rsa_jwk(), "n": number((1 << 8_193) - 1)},
        lambda: {**rsa_jwk(), "alg": "RS512"},
        lambda: {**rsa_jwk(), "oth": []},
        lambda: {**rsa_jwk(), "use": "enc"},
    ],
    ids=["1024 bits", "exponent 3", "even exponent", "8193 bits", "RS512", "three primes", "encryption"],
)
def test_keys_that_no_verifier_would_accept_do_not_sign(make: Any) -> None:
    with pytest.raises(InvalidError) as caught:
        read_signer(make(), METHOD)
    assert caught.value.code == BAD_KEY


def test_a_key_for_ps256_does_not_sign() -> None:
    with pytest.raises(KeyStoreError, match="RSA-PSS"):
        read_signer({**rsa_jwk(), "alg": "PS256"}, METHOD)
