"""The resolver's answers: the official did:key vectors, and every error with its code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbadge import did, did_jwk, multibase
from openbadge.did_key import FORMATS, x25519_of
from openbadge.did_resolution import Options, Resolved, refuse, resolve
from openbadge.errors import InvalidError
from openbadge.multikey import PublicKey

ED25519 = "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
X25519 = "z6LShs9GGnqk85isEBzzshkuVWrVKsRp24GnDuHk8QWkARMW"
P256 = "zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv"
DID = f"did:key:{ED25519}"
PLAIN = Options()


def error(answer: Resolved, where: str = "didResolutionMetadata") -> str:
    """The code of an answer that must have the form of an error answer."""
    assert answer.body["didDocument"] == {}
    assert answer.body["didDocumentMetadata"] == {}
    assert answer.body["@context"] == "https://w3id.org/did-resolution/v1"
    assert answer.body[where]["error"] == answer.error
    return str(answer.error)


def document(identifier: str, options: Options = PLAIN) -> dict[str, Any]:
    answer = resolve(identifier, options)
    assert answer.error is None, answer.body
    return dict(answer.body["didDocument"])


def test_a_did_key_as_multikeys() -> None:
    found = document(DID)
    signing, agreement = found["verificationMethod"]
    assert found["id"] == DID
    assert signing == {
        "id": f"{DID}#{ED25519}", "type": "Multikey", "controller": DID, "publicKeyMultibase": ED25519,
    }  # fmt: skip
    assert agreement["publicKeyMultibase"] == X25519
    assert found["assertionMethod"] == found["capabilityInvocation"] == [signing["id"]]
    assert found["keyAgreement"] == [agreement["id"]]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_keys(name: str) -> None:
    signing, agreement = document(DID, Options(name, experimental=True))["verificationMethod"]
    assert (signing["id"], agreement["id"]) == (f"{DID}#{ED25519}", f"{DID}#{X25519}")
    assert (signing["type"], agreement["type"]) == (name, FORMATS[name].agreement)


def test_keys_of_an_ellipse_agree_on_keys_themselves() -> None:
    found = document(f"did:key:{P256}", Options("JsonWebKey2020"))
    assert found["keyAgreement"] == found["assertionMethod"]
    assert found["verificationMethod"][0]["publicKeyJwk"]["x"] == "igrFmi0whuihKnj9R3Om1SoMph72wUGeFaBbzG2vzns"


def test_a_version_may_stand_before_the_key() -> None:
    assert document(f"did:key:1.1:{ED25519}")["id"] == f"did:key:1.1:{ED25519}"


@pytest.mark.parametrize(
    ("identifier", "code"),
    [
        (f"notDid:key:{ED25519}", "invalidDid"),
        (f"did:experimental:{ED25519}", "methodNotSupported"),
        ("did:web:example.org", "methodNotSupported"),
        (f"did:key:-4:{ED25519}", "invalidDid"),
        (f"did:key:0:{ED25519}", "invalidDid"),
        (f"did:key:one:{ED25519}", "invalidDid"),
        (f"did:key:{ED25519[1:]}", "invalidDid"),
        (f"did:key:u{ED25519[1:]}", "invalidDid"),
        ("did:key:@", "invalidDid"),
        ("did:key:z", "invalidDid"),
        ("did:key:z0", "invalidDid"),
        ("", "invalidDid"),
        ("did:key:zTjsVPtY", "invalidPublicKeyLength"),
        ("did:key:" + "z" * 3000, "invalidDid"),
        ("did:jwk:e30", "invalidPublicKey"),
        ("did:jwk:AAAA", "invalidDid"),
        ("did:jwk:W10", "invalidDid"),
    ],
)
def test_dids_that_do_not_resolve(identifier: str, code: str) -> None:
    assert error(resolve(identifier, PLAIN)) == code


@pytest.mark.parametrize(
    ("code", "raw", "expected"),
    [
        (0xED, bytes(32), "invalidPublicKey"),  # a point of small order
        (0x1200, b"\x02" + b"\xff" * 32, "invalidPublicKey"),
        (0x1200, bytes(32), "invalidPublicKeyLength"),
        (0x1201, bytes(33), "invalidPublicKeyLength"),
        (0xE7, bytes(33), "unsupportedPublicKeyType"),
        (0xE7, bytes(32), "invalidPublicKeyLength"),
        (0xEC, bytes(32), "unsupportedPublicKeyType"),
        (0xEB, bytes(96), "unsupportedPublicKeyType"),
        (0xEB, bytes(95), "invalidPublicKeyLength"),
        (0x1205, bytes(270), "unsupportedPublicKeyType"),
        (0x1234, bytes(32), "unsupportedPublicKeyType"),
    ],
)
def test_keys_that_are_refused(code: int, raw: bytes, expected: str) -> None:
    encoded = multibase.encode_base58btc(multibase.with_multicodec(code, raw))
    assert error(resolve(f"did:key:{encoded}", PLAIN)) == expected


@pytest.mark.parametrize(
    ("identifier", "options", "code", "where"),
    [
        (DID, Options("unknown"), "unsupportedPublicKeyType", "didResolutionMetadata"),
        (f"did:key:{P256}", Options("Ed25519VerificationKey2020"), "invalidPublicKeyType", "didResolutionMetadata"),
        (f"{DID}#{ED25519}", Options("Ed25519VerificationKey2018"), "invalidPublicKeyType", "didDereferencingMetadata"),
        (f"{DID}#{X25519}", Options("Ed25519VerificationKey2018"), "invalidPublicKeyType", "didDereferencingMetadata"),
    ],
)
def test_formats_that_are_refused(identifier: str, options: Options, code: str, where: str) -> None:
    assert error(resolve(identifier, options), where) == code


@pytest.mark.parametrize(
    ("identifier", "code"),
    [
        (f"{DID}/^bar^/?query=`#{ED25519}", "invalidDidUrl"),
        (f"{DID}/path", "invalidDidUrl"),
        (f"{DID}?service=x", "invalidDidUrl"),
        ("#", "invalidDidUrl"),
        (f"{DID}#nobody", "notFound"),
        (f"{DID}#", "notFound"),
        ("did:key:zTjsVPtY#zTjsVPtY", "invalidPublicKeyLength"),
    ],
)
def test_did_urls_that_lead_nowhere(identifier: str, code: str) -> None:
    assert error(resolve(identifier, PLAIN), "didDereferencingMetadata") == code


@pytest.mark.parametrize("fragment", [ED25519, X25519])
def test_a_fragment_leads_to_its_key(fragment: str) -> None:
    answer = resolve(f"{DID}#{fragment}", PLAIN)
    assert answer.body["didDereferencingMetadata"] == {"contentType": "application/did+ld+json"}
    assert answer.body["didDocument"]["controller"] == DID
    assert answer.body["didDocument"]["publicKeyMultibase"] == fragment


def test_a_request_that_is_not_understood_is_a_resolution_error() -> None:
    assert error(refuse("invalidOptions", "what is wrong")) == "invalidOptions"


def test_a_did_jwk_is_its_key() -> None:
    jwk = {"crv": "P-256", "kty": "EC", "x": "igrFmi0whuihKnj9R3Om1SoMph72wUGeFaBbzG2vzns",
           "y": "efsX5b10x8yjyrj4ny3pGfLcY7Xby1KzgqOdqnsrJIM"}  # fmt: skip
    name = did_jwk.did_jwk(jwk)
    found = document(name)
    assert did_jwk.parse(name) == jwk
    assert found["verificationMethod"] == [
        {"id": f"{name}#0", "type": "JsonWebKey2020", "controller": name, "publicKeyJwk": jwk}
    ]
    assert found["keyAgreement"] == found["assertionMethod"] == [f"{name}#0"]
    assert did.find_method(found, name, f"{name}#0", "assertionMethod").key == PublicKey.from_jwk(jwk)
    assert "keyAgreement" not in document(did_jwk.did_jwk({**jwk, "use": "sig"}))


def test_the_example_of_the_did_jwk_specification() -> None:
    name = (
        "did:jwk:eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImFjYklRaXVNczNpOF91c3pFakoydHBUdFJNNEVVM3l6OTFQSDZDZEgyVjAi"
        "LCJ5IjoiX0tjeUxqOXZXTXB0bm1LdG00NkdxRHo4d2Y3NEk1TEtncmwyR3pIM25TRSJ9"
    )
    found = document(name)
    assert found["verificationMethod"][0]["publicKeyJwk"] == {
        "crv": "P-256", "kty": "EC", "x": "acbIQiuMs3i8_uszEjJ2tpTtRM4EU3yz91PH6CdH2V0",
        "y": "_KcyLj9vWMptnmKtm46GqDz8wf74I5LKgrl2GzH3nSE",
    }  # fmt: skip


@pytest.mark.parametrize("extra", [{"d": "AAAA"}, {"use": "enc"}, {"crv": "secp256k1"}])
def test_did_jwks_of_keys_that_may_not_sign_are_refused(extra: dict[str, str]) -> None:
    jwk = {**PublicKey.from_multibase(P256).jwk(), **extra}
    name = "did:jwk:" + multibase.base64url_encode(json.dumps(jwk).encode())
    assert error(resolve(name, PLAIN)) == "invalidPublicKey"
    with pytest.raises(InvalidError):
        did_jwk.did_jwk(jwk)


def test_another_method_is_no_did_jwk() -> None:
    with pytest.raises(InvalidError):
        did_jwk.parse(DID)


@given(st.text(max_size=60), st.sampled_from(["", "did:", "did:key:", "did:key:z", "did:jwk:", f"{DID}#"]))
def test_whatever_is_asked_is_answered(text: str, prefix: str) -> None:
    answer = resolve(prefix + text, PLAIN)
    assert isinstance(answer.body["didDocument"], dict)
    assert (answer.error is None) == bool(answer.body["didDocument"])


@given(st.binary(max_size=100), st.sampled_from([0xED, 0x1200, 0x1201, 0x1202, 0xEC, 0xE7]))
def test_whatever_key_is_asked_for_is_answered(raw: bytes, code: int) -> None:
    encoded = multibase.encode_base58btc(multibase.with_multicodec(code, raw))
    for name in FORMATS:
        assert isinstance(resolve(f"did:key:{encoded}", Options(name, experimental=True)).body["didDocument"], dict)


def test_the_x25519_key_of_an_ed25519_key() -> None:
    _, raw = multibase.split_multicodec(multibase.decode_multibase(X25519))
    assert x25519_of(PublicKey.from_multibase(ED25519).raw) == raw


@pytest.mark.vectors
@pytest.mark.parametrize("name", ["ed25519-x25519", "nist-curves"])
def test_official_documents_of_keys_that_sign(vectors: Path, name: str) -> None:
    entries = json.loads((vectors / "did-key" / "test-vectors" / f"{name}.json").read_bytes())
    compared = 0
    for identifier, entry in entries.items():
        kind = entry["didDocument"]["verificationMethod"][0]["type"]
        assert resolve(identifier, PLAIN).error is None
        if kind in FORMATS:
            assert document(identifier, Options(kind, experimental=True)) == entry["didDocument"]
            compared += 1
    assert compared >= 5


@pytest.mark.vectors
@pytest.mark.parametrize("name", ["secp256k1", "bls12381", "rsa", "x25519"])
def test_official_keys_that_do_not_sign_here(vectors: Path, name: str) -> None:
    entries = json.loads((vectors / "did-key" / "test-vectors" / f"{name}.json").read_bytes())
    for identifier in entries.get("didDocument", entries):
        assert error(resolve(identifier, PLAIN)) == "unsupportedPublicKeyType"
