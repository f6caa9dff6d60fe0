"""Compact signatures: what one accepts, and rows JWT-001 to JWT-023 of the corpus of bad inputs at this level."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbadge.errors import PROBLEMS, InvalidError
from openbadge.jose import jws
from openbadge.multibase import base64url_encode
from openbadge.multikey import KEY_TYPES, PublicKey
from tests.openbadge.jose_keys import ALL, METHOD, outcome, part, public, refused, signer, token
from tests.openbadge.suite_inputs import ED25519, P256, P384

TOKEN = jws.sign({"typ": "JWT"}, b'{"a":1}', signer(P256))
HEADER, PAYLOAD, SIGNATURE = TOKEN.split(".")
INSECURE = "CRYPTOGRAPHIC_SECURITY_ERROR"
_RFC_PAYLOAD = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
RFC_7515_A2 = (
    {
        "kty": "RSA",
        "e": "AQAB",
        "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SF"
        "d2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTB"
        "EMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2"
        "PAcDTW9gb54h4FRWyuXpoQ",
    },
    f"eyJhbGciOiJSUzI1NiJ9.{_RFC_PAYLOAD}."
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t"
    "1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12j"
    "zDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQ"
    "Ge77Rw",
)
RFC_7515_A3 = (
    {
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    },
    f"eyJhbGciOiJFUzI1NiJ9.{_RFC_PAYLOAD}."
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
)
RFC_8037_A4 = (
    {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
)


@pytest.mark.parametrize(("jwk", "text"), [RFC_7515_A2, RFC_7515_A3, RFC_8037_A4], ids=["RS256", "ES256", "EdDSA"])
def test_examples_of_the_rfcs(jwk: dict[str, str], text: str) -> None:
    key = PublicKey.from_jwk(jwk)
    jws.verify(jws.parse(text), key)
    head, payload, signature = text.split(".")
    changed = jws.parse(f"{head}.{payload}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}")
    refused(INSECURE, lambda: jws.verify(changed, key))


@pytest.mark.parametrize("algorithm", ALL)
def test_what_is_signed_verifies(algorithm: str) -> None:
    text = jws.sign({"typ": "JWT"}, b"\x00\xff not JSON", signer(ALL[algorithm]))
    parsed = jws.parse(text)
    assert parsed.header == {"alg": algorithm, "kid": METHOD, "typ": "JWT"}
    assert parsed.payload == b"\x00\xff not JSON"
    assert parsed.key_id == METHOD
    jws.verify(parsed, public(ALL[algorithm]))


def test_the_fully_specified_name_of_ed25519() -> None:
    jws.verify(jws.parse(token({"alg": "Ed25519"}, {}, ED25519)), public(ED25519))


def test_the_table_has_neither_none_nor_a_shared_secret() -> None:
    assert set(jws.ALGORITHMS) == {"ES256", "ES384", "ES512", "EdDSA", "Ed25519", "RS256", "PS256"}
    assert set(jws.ALGORITHMS.values()) == set(KEY_TYPES)


@pytest.mark.parametrize("algorithm", ["none", "None", "nOnE", "", None, 5, ["ES256"]])
def test_jwt_001_no_signature(algorithm: Any) -> None:
    refused(INSECURE, lambda: jws.parse(f"{part({'alg': algorithm})}.{PAYLOAD}."))


def test_jwt_001_no_algorithm_at_all() -> None:
    refused(INSECURE, lambda: jws.parse(token({}, {})))


def test_jwt_003_a_key_in_the_header_is_never_used() -> None:
    jwk = {name: value for name, value in P384.items() if name != "d"}
    text = token({"alg": "ES384", "jwk": jwk}, {}, P384)
    jws.verify(jws.parse(text), public(P384))
    refused(INSECURE, lambda: jws.verify(jws.parse(text), public(P256)))


@pytest.mark.parametrize(
    "members",
    [
        {"jku": "https://attacker.example/"},
        {"x5u": "https://attacker.example/"},
        {"x5c": ["AAAA"]},
        {"x5t": "AAAA"},
        {"zip": "DEF"},
        {"cty": "vc"},
        {"crit": ["zz"], "zz": 1},
        {"crit": []},
        {"kid": 5},
        {"kid": None},
        {"jwk": "text"},
        {"ALG": "none"},
    ],
)
def test_jwt_006_jwt_008_header_members_that_are_refused(members: dict[str, Any]) -> None:
    refused(INSECURE, lambda: jws.parse(token({"alg": "ES256", **members}, {})))


def test_credentials_may_name_their_content_type() -> None:
    assert jws.parse(token({"alg": "ES256", "cty": "vc"}, {}), jws.CREDENTIAL_MEMBERS).header["cty"] == "vc"


@pytest.mark.parametrize("members", [{"b64": False, "crit": ["b64"]}, {"b64": True}])
def test_jwt_010_an_unencoded_payload(members: dict[str, Any]) -> None:
    refused("UNSUPPORTED_FORMAT", lambda: jws.parse(token({"alg": "ES256", **members}, {})))


def test_jwt_011_the_same_header_member_twice() -> None:
    refused("DUPLICATE_JSON_KEY", lambda: jws.parse(token(b'{"alg":"none","alg":"ES256"}', {})))


@pytest.mark.parametrize(
    "text",
    [
        f"{HEADER}=.{PAYLOAD}.{SIGNATURE}",
        f"{HEADER}.{PAYLOAD}=.{SIGNATURE}",
        f"{HEADER}.{PAYLOAD}.{SIGNATURE}==",
        f"{HEADER}.{PAYLOAD}.+{SIGNATURE[1:]}",
        f"{HEADER}.{PAYLOAD}./{SIGNATURE[1:]}",
        f"{HEADER}.{PAYLOAD}.{SIGNATURE[:-1]}{'B' if SIGNATURE[-1] != 'B' else 'C'}",
        f"{HEADER}.{PAYLOAD[:4]}\n{PAYLOAD[4:]}.{SIGNATURE}",
        f"{HEADER}.{PAYLOAD[:4]} {PAYLOAD[4:]}.{SIGNATURE}",
        f"{HEADER}.{PAYLOAD}.{SIGNATURE[:9]}*{SIGNATURE[10:]}",
        f"{TOKEN}.{SIGNATURE}",
        f"{HEADER}.{PAYLOAD}",
        f" {TOKEN}",
        f"{TOKEN}\n",
        f"{TOKEN}ä",
        f"{TOKEN}\ud800",
        "",
        "..",
    ],
)
def test_jwt_013_one_spelling_only(text: str) -> None:
    refused("PARSING_ERROR", lambda: jws.parse(text))


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES384", "ES512", "EdDSA", "HS256", "es256", "ES256K"])
def test_jwt_015_the_key_decides_the_algorithm(algorithm: str) -> None:
    parsed = jws.parse(token({"alg": algorithm}, {}))
    refused(INSECURE, lambda: jws.verify(parsed, public(P256)))


@pytest.mark.parametrize("length", [0, 1, 63, 65, 70, 128])
def test_jwt_016_a_signature_of_wrong_length(length: int) -> None:
    parsed = jws.parse(f"{HEADER}.{PAYLOAD}.{base64url_encode(bytes(length))}")
    refused("PROOF_VERIFICATION_ERROR", lambda: jws.verify(parsed, public(P256)))


def test_jwt_020_encryption_is_refused_before_anything_is_decrypted() -> None:
    head = part({"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "zip": "DEF", "p2c": 10**9})
    refused("UNSUPPORTED_FORMAT", lambda: jws.parse(f"{head}.a.b.c.d"))


@pytest.mark.parametrize("header", [b"[]", b'"x"', b"5", b"null", b"{", b"", b"\xff"])
def test_jwt_023_a_header_that_is_no_object(header: bytes) -> None:
    refused("PARSING_ERROR", lambda: jws.parse(token(header, {})))


def test_a_token_or_header_beyond_the_limit() -> None:
    refused("LIMIT_EXCEEDED", lambda: jws.parse("a" * (jws.MAX_CHARS + 1)))
    refused("LIMIT_EXCEEDED", lambda: jws.parse(token({"alg": "ES256", "kid": "k" * jws.MAX_HEADER_BYTES}, {})))


@given(st.text(alphabet="abcXYZ019-_.=~+/ \n{}", max_size=80) | st.text(max_size=40))
def test_any_text_gets_an_answer(text: str) -> None:
    assert outcome(lambda: jws.parse(text)) in ("", *PROBLEMS)


@given(st.integers(0, len(TOKEN) - 1), st.characters(codec="ascii"))
def test_no_other_text_stands_for_the_same_token(position: int, letter: str) -> None:
    text = TOKEN[:position] + letter + TOKEN[position + 1 :]
    if text == TOKEN:
        return
    with pytest.raises(InvalidError):
        jws.verify(jws.parse(text), public(P256))


_NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)


@given(
    st.dictionaries(_NAMES.filter(lambda name: name not in ("b64", "jwk")), _NAMES, max_size=3), st.binary(max_size=50)
)
def test_the_writer_and_the_reader_agree(extra: dict[str, str], payload: bytes) -> None:
    parsed = jws.parse(
        jws.sign({**extra, "typ": "JWT"}, payload, signer(ED25519)), frozenset(extra) | jws.OPEN_BADGE_MEMBERS
    )
    assert parsed.payload == payload
    assert parsed.header == {**extra, "alg": "EdDSA", "kid": METHOD, "typ": "JWT"}


@pytest.mark.parametrize("claim", [{"alg": "none"}, {"alg": ""}, {"kid": "did:example:other#key"}])
def test_a_header_cannot_speak_for_the_signer(claim: dict[str, str]) -> None:
    parsed = jws.parse(jws.sign(claim, b"{}", signer(ED25519)))
    assert parsed.header == {"alg": "EdDSA", "kid": METHOD}
