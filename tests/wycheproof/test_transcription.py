"""The tokens are the official ones: each is checked against what its number and comment say, by other means than ours.

A slip of the pen in a signature makes it random: raised to the public exponent, or compared with a recomputed one, it
would have nothing left of the form that each test below asks for. Only the HMAC of 31 cannot be asked: its key is a
public key in bytes that the file does not tell.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from openbadge.multibase import base64url_decode, base64url_encode
from tests.wycheproof.vectors import BY_NUMBER, MADE, VECTORS, Vector, integer, refusal

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
HASHES = ("sha256", "sha384", "sha512")
RUN = re.compile(rb"(.)\1{79}", re.DOTALL)
EDITS: dict[str, Callable[[str, str, str], str]] = {
    "acceptsValid": lambda head, body, mac: f"{head}.{body}.{mac}",
    "rejectsModifiedSignature": lambda head, body, mac: f"{head}.{body}.X{mac[1:]}",
    "rejectsMissingSignature": lambda head, body, mac: f"{head}.{body}.",
    "rejectsMissingSignatureAndSeparator": lambda head, body, mac: f"{head}.{body}",
    "rejectsModifiedPayload": lambda head, body, mac: f"{head}.{base64url_encode(b'Xoo')}.{mac}",
    "rejectsMissingPayload": lambda head, body, mac: f"{head}..{mac}",
    "rejectsMissingPayloadAndSeparator": lambda head, body, mac: f"{head}.{mac}",
    "rejectsModifiedHeader": lambda head, body, mac: f"{kid_changed(head)}.{body}.{mac}",
    "rejectsMissingHeader": lambda head, body, mac: f".{body}.{mac}",
    "rejectsMissingHeaderAndSeparator": lambda head, body, mac: f"{body}.{mac}",
    "rejectsMissingHeaderAndSignature": lambda head, body, mac: f".{body}.",
    "rejectsMissingHeaderSignatureAndSeparators": lambda head, body, mac: body,
    "rejectsMissingHeaderSignatureAndSeparator": lambda head, body, mac: body,
    "rejectsEmptyString": lambda head, body, mac: "",
    "rejectsExtraEmptyComponent": lambda head, body, mac: f"{head}.{body}.{mac}.",
    "rejectsExtraComponent": lambda head, body, mac: f"{head}.{body}.{mac}.foo",
    "rejectWrongUse": lambda head, body, mac: f"{head}.{body}.{mac}",
    "rejectWrongKeyOps": lambda head, body, mac: f"{head}.{body}.{mac}",
}
EDITED = [vector for vector in VECTORS if vector.comment in EDITS]
ORIGINALS = {"hs256": 1, "es256": 18, "rs256": 33, "rsa_encryption": 33, "ec_key_for_encryption": 18}


def kid_changed(head: str) -> str:
    return base64url_encode(base64url_decode(head).replace(b'"kid":"k', b'"kid":"X'))


def test_made_signatures_have_the_official_ends() -> None:
    assert [vector.number for vector in MADE] == list(range(46, 259))
    assert {len(end) for vector in MADE for end in vector.ends} == {20}
    signatures = {vector.number: vector.token.rpartition(".")[2] for vector in MADE}
    assert {number: (made[:20], made[-20:]) for number, made in signatures.items()} == {
        vector.number: vector.ends for vector in MADE
    }


@pytest.mark.parametrize("vector", EDITED, ids=lambda vector: f"{vector.number}-{vector.comment}")
def test_an_edited_one_is_the_valid_one_edited(vector: Vector) -> None:
    head, body, mac = BY_NUMBER[ORIGINALS[vector.group]].token.split(".")
    assert vector.token == EDITS[vector.comment](head, body, mac)


def test_the_edited_ones_are_all_of_their_groups() -> None:
    others = {vector.number for vector in VECTORS if vector.group in ORIGINALS} - {vector.number for vector in EDITED}
    assert others == {16, 17, 31, 32} | {vector.number for vector in MADE} | set(range(259, 264))


def spelled(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def test_the_other_edits() -> None:
    head, body, mac = BY_NUMBER[1].token.split(".")
    signature = {"protected": head, "header": {"unknown": "untrustworthy"}, "signature": mac}
    # The official text lacks its last two characters, so it is no JSON either.
    assert BY_NUMBER[17].token + "]}" == spelled({"payload": body, "signatures": [signature]})


@pytest.mark.parametrize(
    ("item", "header", "body"),
    [
        (16, {"alg": "none", "kid": "kid-aes-sign"}, b"foo"),
        (341, {"alg": "none"}, b"123400"),
        (342, {"alg": "NONE"}, b"123400"),
        (343, {"alg": "none", "kid": "none"}, b"123400"),
        (344, {"alg": "none", "kid": "PS512_2048"}, b"123400"),
    ],
)
def test_the_unsigned_ones(item: int, header: dict[str, str], body: bytes) -> None:
    assert BY_NUMBER[item].token == f"{base64url_encode(spelled(header).encode())}.{base64url_encode(body)}."


def test_the_attacker_s_own_key_would_accept() -> None:
    header = json.loads(base64url_decode(BY_NUMBER[32].token.partition(".")[0]))
    assert refusal(BY_NUMBER[32].token, header["jwk"]) is None
    assert header["jwk"]["x"] != BY_NUMBER[32].key["x"]


def raised(vector: Vector) -> bytes:
    """Return the encoded message of an RSA signature (RFC 8017 sections 8.1.2 and 8.2.2): the signature to the e."""
    signature = base64url_decode(vector.token.rpartition(".")[2])
    value = int.from_bytes(signature[:-2] if vector.comment == "appendingZerosToSignature" else signature, "big")
    return pow(value, integer(vector.key["e"]), integer(vector.key["n"])).to_bytes(256, "big")


def unmasked(encoded: bytes, size: int, name: str) -> tuple[bytes, bytes]:
    """Return DB and H of an EMSA-PSS encoding, MGF1 taken off (RFC 8017 section 9.1.2, steps 5 to 8)."""
    masked, check = encoded[: -1 - size], encoded[-1 - size : -1]
    rounds = range(-(-len(masked) // size))
    mask = b"".join(hashlib.new(name, check + index.to_bytes(4, "big")).digest() for index in rounds)
    return bytes(left ^ right for left, right in zip(masked, mask, strict=False)), check


def has_form(encoded: bytes, text: bytes) -> bool:
    """Accept an encoded message that ends with a DigestInfo, or whose DB is padding, or whose salt and hash agree."""
    for name in HASHES:
        digest = hashlib.new(name, text).digest()
        block, check = unmasked(encoded, len(digest), name)
        salted = hashlib.new(name, bytes(8) + digest + block[1:]).digest()
        if encoded.endswith(digest) or RUN.search(block) or salted == check:
            return True
    return False


TRIVIAL = {312: 0, 313: 1, 314: -1, 315: 0}
RSA = [*range(259, 312), 316, 317, 318, *range(320, 341), 345, 346, 349, 350]


@pytest.mark.parametrize("vector", [BY_NUMBER[item] for item in (33, *RSA)], ids=lambda vector: str(vector.number))
def test_an_rsa_signature_holds_a_padding(vector: Vector) -> None:
    assert has_form(raised(vector), vector.token.rpartition(".")[0].encode())


OTHER_ALGORITHMS = {
    "RS384": (hashes.SHA384(), None),
    "RS512": (hashes.SHA512(), None),
    "PS384": (hashes.SHA384(), 48),
    "PS512": (hashes.SHA512(), 64),
}


@pytest.mark.parametrize("item", [*range(264, 272), *range(320, 324), *range(325, 329), 346, 350])
def test_a_valid_one_that_we_refuse_is_valid(item: int) -> None:
    text, _, signature = BY_NUMBER[item].token.rpartition(".")
    key = rsa.RSAPublicNumbers(*(integer(BY_NUMBER[item].key[name]) for name in ("e", "n"))).public_key()
    digest, salt = OTHER_ALGORITHMS[json.loads(base64url_decode(text.partition(".")[0]))["alg"]]
    scheme = padding.PSS(padding.MGF1(digest), salt) if salt else padding.PKCS1v15()
    key.verify(base64url_decode(signature), text.encode(), scheme, digest)


@pytest.mark.parametrize("item", RSA)
def test_a_slip_of_the_pen_would_show(item: int) -> None:
    text, _, signature = BY_NUMBER[item].token.rpartition(".")
    slip = "B" if signature[100] == "A" else "A"
    wrong = replace(BY_NUMBER[item], transcribed=f"{text}.{signature[:100]}{slip}{signature[101:]}")
    assert not has_form(raised(wrong), text.encode())


def test_the_rsa_signatures_that_hold_none() -> None:
    modulus = integer(BY_NUMBER[312].key["n"])
    assert {item: (raised(BY_NUMBER[item])) for item in TRIVIAL} == {
        item: (value % modulus).to_bytes(256, "big") for item, value in TRIVIAL.items()
    }
    assert len(base64url_decode(BY_NUMBER[315].token.rpartition(".")[2])) == 256
    whole, short = (base64url_decode(BY_NUMBER[item].token.rpartition(".")[2]) for item in (317, 319))
    assert whole[2:-2] == short


HMACS = [1, 348, 352, *range(357, 378)]


def codes(secret: bytes, text: str) -> set[str]:
    """Return the HMACs of a text, of it without stray characters, and of it with the unused bits of its end cleared."""
    texts = (text, text.replace("?", ""), text[:-1] + "A")
    return {base64url_encode(hmac.digest(secret, item.encode(), "sha256")) for item in texts}


@pytest.mark.parametrize("vector", [BY_NUMBER[item] for item in HMACS], ids=lambda vector: str(vector.number))
def test_an_hmac_can_be_recomputed(vector: Vector) -> None:
    text, _, code = vector.token.rpartition(".")
    written = code.strip(" ?")
    assert any(whole.endswith(written) for whole in codes(base64url_decode(vector.key["k"]), text))
    assert len(written) == {363: 42, 364: 39}.get(vector.number, 43)


def halves(item: int) -> tuple[int, int, int]:
    signature = base64url_decode(BY_NUMBER[item].token.rpartition(".")[2])
    half = len(signature) // 2
    return half, int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")


def test_special_ecdsa_signatures() -> None:
    _, r, s = halves(18)
    assert halves(378) == (32, r, P256_ORDER - s)
    assert halves(379) == (33, r, s)
    assert halves(380) == (33, r << 8, s << 8)
    assert halves(381) == (33, r + P256_ORDER, s)
    assert halves(382) == (33, r, s + P256_ORDER)
    assert halves(383) == (33, r + 2**256, s)
    assert halves(384) == (33, r, s + 2**256)
    assert halves(385) == (257, r, s)
    values = (0, 1, P256_ORDER - 1, P256_ORDER)
    assert [halves(item) for item in range(386, 402)] == [(32, r, s) for r in values for s in values]
