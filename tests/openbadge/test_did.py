from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbadge import did, did_jwk
from openbadge.multibase import base64url_encode
from openbadge.multikey import PublicKey
from openbadge.vocabulary import ASSERTION_METHOD
from tests.vectors import W3C_METHOD, W3C_PUBLIC, code_of, w3c_key

KEY = w3c_key()
OTHER = PublicKey("Ed25519", bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"))
ISSUER = "did:web:badges.example"
METHOD = f"{ISSUER}#key-1"


def document(**changes):
    return {**did.document(ISSUER, [(METHOD, KEY)]), **changes}


def entry(**changes):
    body = {"id": METHOD, "type": "Multikey", "controller": ISSUER, "publicKeyMultibase": KEY.multibase, **changes}
    return {name: value for name, value in body.items() if value is not None}


def find(found, method_id=METHOD, purpose=ASSERTION_METHOD):
    return did.find_method(found, ISSUER, method_id, purpose)


def test_did_key_both_ways():
    assert did.did_key(KEY) == f"did:key:{W3C_PUBLIC}"
    found = did.key_document(f"did:key:{W3C_PUBLIC}")
    method = did.find_method(found, f"did:key:{W3C_PUBLIC}", W3C_METHOD, ASSERTION_METHOD)
    assert (method.id, method.key, method.expires, method.revoked) == (W3C_METHOD, KEY, None, None)


def test_di_036_a_fragment_that_is_not_the_key():
    found = did.key_document(f"did:key:{W3C_PUBLIC}")
    wrong = f"did:key:{W3C_PUBLIC}#{OTHER.multibase}"
    assert code_of(did.find_method, found, found["id"], wrong, ASSERTION_METHOD) in (
        "INVALID_VERIFICATION_METHOD",
        "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD",
    )


@pytest.mark.parametrize(
    ("identifier", "code"),
    [
        ("did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc", "INVALID_VERIFICATION_METHOD"),
        ("did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme", "INVALID_VERIFICATION_METHOD"),
        ("did:key:uABC", "INVALID_VERIFICATION_METHOD"),
        ("did:key:z", "INVALID_VERIFICATION_METHOD_URL"),
        ("did:web:badges.example", "INVALID_VERIFICATION_METHOD_URL"),
        ("did:key:", "INVALID_VERIFICATION_METHOD_URL"),
    ],
    ids=["X25519", "secp256k1", "base64url", "empty", "other method", "nothing"],
)
def test_di_035_keys_that_cannot_sign(identifier, code):
    assert code_of(did.key_document, identifier) in (code, "INVALID_VERIFICATION_METHOD")


@pytest.mark.parametrize(
    ("identifier", "url"),
    [
        ("did:web:badges.example", "https://badges.example/.well-known/did.json"),
        ("did:web:badges.example:issuers:7", "https://badges.example/issuers/7/did.json"),
        ("did:web:localhost%3A8443", "https://localhost:8443/.well-known/did.json"),
        ("did:web:xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example/.well-known/did.json"),
    ],
)
def test_did_web_both_ways(identifier, url):
    assert did.did_web_url(identifier) == url
    assert did.did_web(url.removesuffix("/did.json").removesuffix("/.well-known")) == identifier


@pytest.mark.parametrize(
    "identifier",
    [
        "did:web:badges.example:..:..:admin",
        "did:web:badges.example:.",
        "did:web:badges.example:...",
        "did:web:badges.example:%2e%2e",
        "did:web:badges.example:%2E%2E:admin",
        "did:web:badges.example:a%2fb",
        "did:web:badges.example:a%5cb",
        "did:web:badges.example::a",
        "did:web:badges.example:",
        "did:web::a",
        "did:web:badges.example?x=1",
        "did:web:badges.example/x",
        "did:web:badges.example%2Fx",
        "did:web:badges.example%23x",
        "did:web:user%40badges.example",
        "did:web:badges.example%3A0",
        "did:web:badges.example%3A00443",
        "did:web:badges.example%3A65536",
        "did:web:badges.example%3A443%3A1",
        "did:web:badges.example%3a443",
        "did:web:badges.example%3A",
        "did:web:badges..example",
        "did:web:-badges.example",
        "did:web:badges_.example",
        "did:web:%5B%3A%3A1%5D",
        "did:web:" + "a" * 64 + ".example",
        "did:web:" + ".".join(["a" * 60] * 5),
        "did:web:",
        "did:key:badges.example",
    ],
)
def test_web_010_syntax_that_leads_elsewhere_is_refused(identifier):
    assert code_of(did.did_web_url, identifier) == "INVALID_VERIFICATION_METHOD_URL"


@pytest.mark.parametrize("host", ["EXAMPLE.com", "example.com.", "bücher.example", "раура1.example", "ex%61mple.com"])
def test_web_011_a_host_has_one_spelling(host):
    assert code_of(did.did_web_url, f"did:web:{host}") == "INVALID_VERIFICATION_METHOD_URL"


@pytest.mark.parametrize(
    "url",
    [
        "http://[::1",
        "https://a.example:x",
        "https://a.example:99999",
        "https://192.168.0.1/",
        "https:///x",
        "",
        "x",
        "https://é.example/",
    ],
)
def test_addresses_without_a_did_web(url):
    assert code_of(did.did_web, url) == "INVALID_VERIFICATION_METHOD_URL"


def test_a_loopback_address_stands_under_its_name():
    assert did.did_web("http://127.0.0.1:8000/") == "did:web:localhost%3A8000"
    assert did.did_web("http://[::1]:8000/a") == "did:web:localhost%3A8000:a"


@pytest.mark.parametrize(
    "value",
    [None, 5, [], {}, "", "did", "did:", "did:web", "did:Web:x", "DID:web:x", "did:web:x y", "did:web:é", "did:x:%"],
)
def test_what_is_no_did(value):
    assert not did.is_did(value)
    assert code_of(did.parse_url, value) == "INVALID_VERIFICATION_METHOD_URL"


def test_length_is_bounded():
    assert did.is_did("did:web:" + "a" * 2_000)
    assert not did.is_did("did:web:" + "a" * 2_048)
    assert code_of(did.parse_url, f"{ISSUER}#{'a' * 3_000}") == "INVALID_VERIFICATION_METHOD_URL"


@given(st.text(max_size=80) | st.text("did:webx%2E.#/?[]@0A", max_size=60).map("did:web:".__add__))
def test_any_text_gets_an_answer(text):
    code_of(did.parse_url, text)
    code_of(did.key_document, text)
    code_of(did.did_web, text)
    if code_of(did.did_web_url, text) == "accepted":
        url = did.did_web_url(text)
        assert url.startswith("https://")
        assert ".." not in url.removeprefix("https://").split("/")
        assert not set(url) & set("?#@\\% ")


def test_a_key_is_found_under_its_full_id():
    assert find(document()).key == KEY
    relative = document(verificationMethod=[entry(id="#key-1")], assertionMethod=["#key-1"])
    assert find(relative).id == METHOD
    embedded = document(verificationMethod=[], assertionMethod=[entry()])
    assert find(embedded).key == KEY
    as_jwk = document(verificationMethod=[entry(publicKeyMultibase=None, publicKeyJwk=KEY.jwk())])
    assert find(as_jwk).key == KEY
    dated = document(verificationMethod=[entry(expires="2030-01-01T00:00:00Z", revoked="2029-01-01T00:00:00Z")])
    assert (find(dated).expires, find(dated).revoked) == ("2030-01-01T00:00:00Z", "2029-01-01T00:00:00Z")


REFUSED = {
    "DI-010 other document": (document(id="did:web:other.example"), "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID"),
    "no id": ({}, "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID"),
    "DI-011 other controller": (
        document(verificationMethod=[entry(controller="did:web:other.example")]),
        "INVALID_VERIFICATION_METHOD",
    ),
    "no controller": (document(verificationMethod=[entry(controller=None)]), "INVALID_VERIFICATION_METHOD"),
    "two controllers": (document(verificationMethod=[entry(controller=[ISSUER])]), "INVALID_VERIFICATION_METHOD"),
    "not for this purpose": (document(assertionMethod=[]), "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD"),
    "no purposes": (
        {name: value for name, value in document().items() if name != "assertionMethod"},
        "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD",
    ),
    "described twice": (document(verificationMethod=[entry(), entry()]), "INVALID_VERIFICATION_METHOD"),
    "described twice, once relative": (
        document(verificationMethod=[entry(), entry(id="#key-1", publicKeyMultibase=OTHER.multibase)]),
        "INVALID_VERIFICATION_METHOD",
    ),
    "described in two places": (document(assertionMethod=[entry()]), "INVALID_VERIFICATION_METHOD"),
    "described nowhere": (document(verificationMethod=[]), "INVALID_VERIFICATION_METHOD"),
    "two forms": (document(verificationMethod=[entry(publicKeyJwk=OTHER.jwk())]), "INVALID_VERIFICATION_METHOD"),
    "no key": (document(verificationMethod=[entry(publicKeyMultibase=None)]), "INVALID_VERIFICATION_METHOD"),
    "key as number": (document(verificationMethod=[entry(publicKeyMultibase=5)]), "INVALID_VERIFICATION_METHOD"),
    "private key": (
        document(verificationMethod=[entry(publicKeyMultibase=None, publicKeyJwk={**KEY.jwk(), "d": "AA"})]),
        "INVALID_VERIFICATION_METHOD",
    ),
    "date as number": (document(verificationMethod=[entry(revoked=5)]), "INVALID_VERIFICATION_METHOD"),
    "methods no list": (document(verificationMethod={}), "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT"),
    "purposes no list": (document(assertionMethod=METHOD), "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT"),
    "method without id": (document(verificationMethod=[entry(id=None)]), "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT"),
    "method as number": (document(verificationMethod=[5]), "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_key_that_is_refused(name):
    found, code = REFUSED[name]
    assert code_of(find, found) == code


def test_di_006_the_fragment_is_no_key():
    assert code_of(find, document(), f"{ISSUER}#{OTHER.multibase}") in (
        "INVALID_VERIFICATION_METHOD",
        "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD",
    )


@pytest.mark.parametrize("purpose", ["verificationMethod", "id", "@context", "service", "", "AssertionMethod"])
def test_only_a_relationship_grants_a_purpose(purpose):
    assert code_of(find, document(service=[METHOD]), purpose=purpose) == "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD"


JSON = st.recursive(
    st.none() | st.integers() | st.sampled_from([ISSUER, METHOD, "#key-1", KEY.multibase, "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "controller", "publicKeyMultibase", "publicKeyJwk", "expires", "kty", "crv", "x"]),
            inner,
        )
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["id", "verificationMethod", "assertionMethod"]), JSON))
def test_any_key_document_gets_an_answer(found):
    code_of(find, found)
    code_of(find, document(**found))


def test_official_documents_of_ed25519_keys(vectors):
    rows = json.loads((vectors / "did-key" / "test-vectors" / "ed25519-x25519.json").read_bytes())
    for identifier in rows:
        method = did.key_document(identifier)["assertionMethod"][0]
        assert (
            did.find_method(did.key_document(identifier), identifier, method, ASSERTION_METHOD).controller == identifier
        )


RSA = PublicKey.from_jwk(
    {"kty": "RSA", "alg": "RS256", "e": "AQAB", "n": base64url_encode((1 << 2047 | 1).to_bytes(256, "big"))}
)


def test_an_rsa_key_is_listed_as_a_json_web_key():
    name = f"{ISSUER}#rsa"
    listed = did.document(ISSUER, [(METHOD, KEY), (name, RSA)])
    assert listed["@context"] == [*document()["@context"], "https://w3id.org/security/jwk/v1"]
    assert listed["verificationMethod"][1] == {
        "id": name, "type": "JsonWebKey", "controller": ISSUER, "publicKeyJwk": RSA.jwk(),
    }  # fmt: skip
    assert find(listed, name).key == RSA
    assert find(listed).key == KEY
    assert "https://w3id.org/security/jwk/v1" not in document()["@context"]
    with_ps256 = did.method_form(PublicKey("RSA-PSS", RSA.raw), controller=ISSUER)
    assert did.read_key(with_ps256).algorithm == "RSA-PSS"


def test_the_key_that_an_identifier_is():
    assert did.own_method_id(f"did:key:{W3C_PUBLIC}") == W3C_METHOD
    identifier = did_jwk.did_jwk(RSA.jwk())
    assert did.own_method_id(identifier) == f"{identifier}#0"
    assert find_own(identifier, did_jwk.document(identifier)) == RSA
    assert find_own(f"did:key:{W3C_PUBLIC}", did.key_document(f"did:key:{W3C_PUBLIC}")) == KEY
    for other in (ISSUER, "did:example:1", "https://badges.example", "", "did:jwk"):
        assert code_of(did.own_method_id, other) == "INVALID_VERIFICATION_METHOD_URL"


def find_own(identifier, found):
    return did.find_method(found, identifier, did.own_method_id(identifier), ASSERTION_METHOD).key
