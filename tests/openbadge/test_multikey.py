from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from openbadge import multibase
from openbadge.multikey import KEY_TYPES, PublicKey, key_type
from tests.openbadge import proof_samples as samples
from tests.vectors import W3C_PUBLIC, W3cSigner, code_of, w3c_key

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
ORDER_8_Y = 2707385501144840649318225287225658788936804267575313519463743609750303402022
SIGNING = ["Ed25519", "P-256", "P-384", "P-521"]


def encoded(y: int, sign: int = 0) -> bytes:
    return (y | sign << 255).to_bytes(32, "little")


# The eight points of small order: y is 1 (the identity), -1 (order 2), 0 (order 4, twice), or of order 8, four times.
SMALL = {
    f"y={y % 1_000_000} sign={sign}": encoded(y, sign)
    for y in (0, 1, P - 1, ORDER_8_Y, P - ORDER_8_Y)
    for sign in (0, 1)
}
# Other texts for points: y beyond the field.
NON_CANONICAL = {f"p+{extra} sign={sign}": encoded(P + extra, sign) for extra in range(19) for sign in (0, 1)}


@pytest.mark.parametrize("raw", (SMALL | NON_CANONICAL).values(), ids=(SMALL | NON_CANONICAL).keys())
def test_di_031_points_of_small_order_and_other_spellings_are_no_keys(raw):
    assert code_of(PublicKey, "Ed25519", raw) == "INVALID_VERIFICATION_METHOD"
    text = multibase.encode_base58btc(multibase.with_multicodec(0xED, raw))
    assert code_of(PublicKey.from_multibase, text) == "INVALID_VERIFICATION_METHOD"
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": multibase.base64url_encode(raw)}
    assert code_of(PublicKey.from_jwk, jwk) == "INVALID_VERIFICATION_METHOD"


@pytest.mark.parametrize("raw", (SMALL | NON_CANONICAL).values(), ids=(SMALL | NON_CANONICAL).keys())
def test_such_a_point_is_no_part_of_a_signature(raw):
    assert code_of(w3c_key().verify, raw + bytes(32), b"data") == "CRYPTOGRAPHIC_SECURITY_ERROR"


def test_why_they_are_refused():
    # OpenSSL takes the identity for a key, and then this signature is good for every message.
    key = Ed25519PublicKey.from_public_bytes(encoded(1))
    for number in range(8):
        key.verify(encoded(1) + bytes(32), b"message %d" % number)


def test_a_signature_holds_for_its_data_only():
    signature = W3cSigner().sign(b"data")
    w3c_key().verify(signature, b"data")
    assert code_of(w3c_key().verify, signature, b"date") == "CRYPTOGRAPHIC_SECURITY_ERROR"


def test_di_030_s_plus_the_order_of_the_group():
    signature = W3cSigner().sign(b"data")
    more = int.from_bytes(signature[32:], "little") + ORDER
    assert (
        code_of(w3c_key().verify, signature[:32] + more.to_bytes(32, "little"), b"data")
        == "CRYPTOGRAPHIC_SECURITY_ERROR"
    )


@pytest.mark.parametrize("algorithm", SIGNING)
@pytest.mark.parametrize("change", [lambda s: s[:-1], lambda s: s + b"\0", lambda s: s * 2, lambda s: b""])
def test_di_028_a_signature_of_another_length(algorithm, change):
    signer = samples.signer(algorithm)
    assert code_of(signer.public_key.verify, change(signer.sign(b"data")), b"data") == "PROOF_VERIFICATION_ERROR"


@given(st.integers(0, 63), st.integers(1, 255))
def test_di_001_every_byte_of_a_signature_counts(position, mask):
    signature = bytearray(W3cSigner().sign(b"data"))
    signature[position] ^= mask
    assert code_of(w3c_key().verify, bytes(signature), b"data") == "CRYPTOGRAPHIC_SECURITY_ERROR"


@given(st.sampled_from(SIGNING), st.binary(min_size=132, max_size=132), st.binary(max_size=20))
def test_random_signatures_raise_nothing_but_our_own_error(algorithm, signature, data):
    key = samples.signer(algorithm).public_key
    assert code_of(key.verify, signature[: KEY_TYPES[algorithm].signature_length], data) != "accepted"


@pytest.mark.parametrize("algorithm", SIGNING)
def test_every_form_of_a_key_gives_the_key(algorithm):
    key = samples.signer(algorithm).public_key
    assert PublicKey.from_multibase(key.multibase) == key
    assert PublicKey.from_jwk(key.jwk()) == key
    assert key_type(algorithm).name == algorithm


@pytest.mark.parametrize(
    ("algorithm", "prefix"), [("Ed25519", "z6Mk"), ("P-256", "zDn"), ("P-384", "z82"), ("P-521", "z2J9")]
)
def test_a_kind_of_key_is_seen_by_its_first_letters(algorithm, prefix):
    assert samples.signer(algorithm).public_key.multibase.startswith(prefix)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "z",
        W3C_PUBLIC[1:],
        W3C_PUBLIC[:-1],
        W3C_PUBLIC + "1",
        W3C_PUBLIC.replace("M", "0"),
        "z" + W3C_PUBLIC,
        "u" + multibase.base64url_encode(b"\xed\x01" + w3c_key().raw),
        multibase.encode_base58btc(b"\xed\x81\x00" + w3c_key().raw),
        multibase.encode_base58btc(b"\xec\x01" + w3c_key().raw),
        multibase.encode_base58btc(b"\xe7\x01\x02" + w3c_key().raw),
        multibase.encode_base58btc(b"\x85\x24" + bytes(270)),
        multibase.encode_base58btc(b"\x80\x24\x04" + bytes(64)),
        multibase.encode_base58btc(b"\x80\x24\x02" + b"\xff" * 32),
        multibase.encode_base58btc(b"\x80\x26" + w3c_key().raw),
        5,
        None,
    ],
)
def test_di_035_other_multikeys_are_refused(text):
    assert code_of(PublicKey.from_multibase, text) == "INVALID_VERIFICATION_METHOD"


@given(
    st.binary(max_size=70), st.sampled_from([0xED, 0x1200, 0x1201, 0x1202, 0xEC, 0xE7, 0x1300]), st.text(max_size=70)
)
def test_any_bytes_get_an_answer(raw, code, text):
    code_of(PublicKey.from_multibase, multibase.encode_base58btc(multibase.with_multicodec(code, raw)))
    code_of(PublicKey.from_multibase, text)


@pytest.mark.parametrize("name", ["", "ed25519", "RS256", "P-224"])
def test_an_unknown_kind_of_key(name):
    assert code_of(PublicKey, name, bytes(32)) == "INVALID_VERIFICATION_METHOD"
