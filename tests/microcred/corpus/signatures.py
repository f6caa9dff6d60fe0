"""Rows about signatures and keys: DI and JWT."""

from __future__ import annotations

import json
from typing import Any

from openbadge import multibase
from openbadge.multibase import base64url_encode
from tests.microcred.corpus.row import SIGNED, Published, Row, row
from tests.verifier import test_bad_proofs
from tests.verifier.builders import (
    ATTACKER,
    ISSUER,
    KEY,
    UNDETERMINED,
    VALID,
    Document,
    Ed25519Signer,
    P256Signer,
    badge,
    did_key_signer,
    edited,
    key_document,
    material,
    sign,
    status_list,
    token,
    unsigned,
)
from tests.verifier.test_bad_json_ld import put
from tests.verifier.test_bad_tokens import header, payload, signed


def proof(**members: Any) -> Document:
    return edited(SIGNED, lambda document: document["proof"][0].update(members))


def der(signature: bytes) -> bytes:
    r, s = (b"\x00" + signature[at : at + 32] for at in (0, 32))
    return b"\x30" + bytes([len(r) + len(s) + 4]) + b"".join(b"\x02" + bytes([len(part)]) + part for part in (r, s))


def small_order() -> Document:
    key = multibase.encode_base58btc(multibase.with_multicodec(0xED, bytes([1]) + bytes(31)))
    value = multibase.encode_base58btc(bytes([1]) + bytes(63))
    crooked = proof(verificationMethod=f"did:key:{key}#{key}", proofValue=value)
    return edited(crooked, put("issuer", "id", f"did:key:{key}"))


def other_code(code: int) -> Document:
    key = multibase.encode_base58btc(multibase.with_multicodec(code, KEY.public.raw))
    return edited(proof(verificationMethod=f"did:key:{key}#{key}"), put("issuer", "id", f"did:key:{key}"))


def plus_order() -> str:
    data = test_bad_proofs.signature_of(SIGNED)
    big = (int.from_bytes(data[32:], "little") + test_bad_proofs.ORDER).to_bytes(32, "little")
    return multibase.encode_base58btc(data[:32] + big)


def keys_with(**members: Any) -> Published:
    keys = key_document()
    keys["verificationMethod"][0].update(members)
    return material(keys=keys)


def proof_rows() -> list[Row]:
    p256 = P256Signer(KEY.verification_method)
    other = Ed25519Signer(f"{ISSUER}#key-2", 2)
    ecdsa = badge(signer=p256, cryptosuite="ecdsa-rdfc-2019")
    both = material(keys=key_document(p256, other), status=status_list(signer=other))
    as_der = multibase.encode_base58btc(der(multibase.decode_multibase(ecdsa["proof"][0]["proofValue"])))
    attacker, zeros = did_key_signer(66), multibase.encode_base58btc(bytes(64))
    fragment = Ed25519Signer(f"{ISSUER}#{ATTACKER.public.multibase}", ATTACKER.seed)
    elsewhere = Ed25519Signer("https://attacker.example/key.json", ATTACKER.seed)
    crooked = Ed25519Signer(f"{did_key_signer(7).verification_method.partition('#')[0]}#zOther", 7)
    second = badge(lambda document: document.update(id="urn:uuid:0b1c2d3e-0000-7000-8000-000000000002"))
    first = "urn:uuid:0b1c2d3e-0000-7000-8000-0000000000b1"
    return [
        row("DI-001", proof(proofValue=zeros), "CRYPTOGRAPHIC_SECURITY_ERROR"),
        row("DI-003", edited(SIGNED, lambda document: document.pop("name")), "CRYPTOGRAPHIC_SECURITY_ERROR"),
        row("DI-005", badge(signer=attacker), "ISSUER_NOT_BOUND"),
        row("DI-006", badge(signer=fragment), "INVALID_VERIFICATION_METHOD"),
        row("DI-008", badge(signer=elsewhere), "ISSUER_NOT_BOUND"),
        row(
            "DI-010",
            SIGNED,
            "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID",
            published=material(keys={**key_document(), "id": "did:web:other.example"}),
        ),
        row("DI-011", SIGNED, "INVALID_VERIFICATION_METHOD", published=keys_with(controller="did:web:other.example")),
        row(
            "DI-013-revoked", SIGNED, "INVALID_VERIFICATION_METHOD", published=keys_with(revoked="2026-03-31T12:00:00Z")
        ),
        row(
            "DI-013-expires", SIGNED, "INVALID_VERIFICATION_METHOD", published=keys_with(expires="2026-03-30T12:00:00Z")
        ),
        row("DI-015-jcs", proof(cryptosuite="eddsa-jcs-2022"), "PROOF_VERIFICATION_ERROR"),
        row("DI-015-ecdsa", proof(cryptosuite="ecdsa-rdfc-2019"), "PROOF_VERIFICATION_ERROR"),
        row("DI-015-unknown", proof(cryptosuite="eddsa-2022"), "UNSUPPORTED_SUITE"),
        row("DI-016", SIGNED, "PROOF_VERIFICATION_ERROR", published=material(keys=key_document(p256))),
        *(
            row(f"DI-018-{kind}", proof(type=kind), "UNSUPPORTED_SUITE")
            for kind in ("Ed25519Signature2018", "Ed25519Signature2020", "RsaSignature2018")
        ),
        row("DI-020", badge(expires="2026-04-01T11:59:59Z"), "PROOF_VERIFICATION_ERROR"),
        row("DI-021", badge(domain="https://other.example", challenge="abc"), None, VALID),
        row(
            "DI-023",
            {**unsigned(), "proof": [test_bad_proofs.foreign(), test_bad_proofs.forged()]},
            "PROOF_VERIFICATION_ERROR",
        ),
        row(
            "DI-023-reversed",
            {**unsigned(), "proof": [test_bad_proofs.forged(), test_bad_proofs.foreign()]},
            "PROOF_VERIFICATION_ERROR",
        ),
        row("DI-025-missing", proof(previousProof="urn:uuid:missing"), "PROOF_VERIFICATION_ERROR"),
        row("DI-025-itself", proof(id=first, previousProof=first), "PROOF_VERIFICATION_ERROR"),
        row(
            "DI-026",
            {**unsigned(), "proof": [{**SIGNED["proof"][0], "nonce": str(n)} for n in range(1000)]},
            "LIMIT_EXCEEDED",
        ),
        *(
            row(f"DI-028-{size}", proof(proofValue=multibase.encode_base58btc(bytes(size))), "PROOF_VERIFICATION_ERROR")
            for size in (63, 65, 128)
        ),
        row("DI-030", proof(proofValue=plus_order()), "CRYPTOGRAPHIC_SECURITY_ERROR"),
        row("DI-031", small_order(), "INVALID_VERIFICATION_METHOD"),
        row(
            "DI-033-der",
            edited(ecdsa, put("proof", 0, "proofValue", as_der)),
            "PROOF_VERIFICATION_ERROR",
            published=both,
        ),
        row(
            "DI-033-zero",
            edited(ecdsa, put("proof", 0, "proofValue", zeros)),
            "PROOF_VERIFICATION_ERROR",
            published=both,
        ),
        *(row(f"DI-035-{code:x}", other_code(code), "INVALID_VERIFICATION_METHOD") for code in (0xEC, 0xE7, 0x1205)),
        row("DI-036", sign(test_bad_proofs.by_did_key(did_key_signer(7)), crooked), "INVALID_VERIFICATION_METHOD_URL"),
        row("DI-038", {**unsigned(), "proof": second["proof"]}, "CRYPTOGRAPHIC_SECURITY_ERROR"),
        row("DI-040", proof(verificationMethod="#key-1"), "INVALID_VERIFICATION_METHOD_URL"),
    ]


def token_rows() -> list[Row]:
    text = token()
    head, body, signature = text.split(".")
    attacker = Ed25519Signer("", 66)
    home, kid = "https://academy.example/1", "https://academy.example/keys/1"

    def at_home(document: Document) -> None:
        document["issuer"]["id"] = home
        del document["credentialStatus"]

    by_kid = token(at_home, Ed25519Signer(kid))
    weak = {"kty": "RSA", "n": base64url_encode(b"\xff" * 128), "e": "AQAB"}
    duplicate = base64url_encode(b'{"alg":"none","alg":"EdDSA","kid":"did:web:badges.example.org#key-1"}')
    spellings = (
        f"{head}=.{body}.{signature}",
        f"{head}.{body}.{signature[:-1]}B",
        f"{text}.{signature}",
        f" {text}",
        f"{head}.{body[:9]} {body[9:]}.{signature}",
    )
    return [
        row(
            "JWT-001",
            f"{base64url_encode(json.dumps({**header(), 'alg': 'none'}).encode())}.{body}.",
            "CRYPTOGRAPHIC_SECURITY_ERROR",
        ),
        row(
            "JWT-003",
            signed({"alg": "EdDSA", "jwk": attacker.public.jwk()}, payload(), attacker),
            "ISSUER_NOT_BOUND",
            UNDETERMINED,
        ),
        row(
            "JWT-005",
            signed({**header(), "kid": "https://attacker.example/key.json"}, payload(), attacker),
            "ISSUER_NOT_BOUND",
        ),
        row(
            "JWT-006",
            signed({**header(), "jku": "https://attacker.example/"}, payload()),
            "CRYPTOGRAPHIC_SECURITY_ERROR",
        ),
        row("JWT-008", signed({**header(), "crit": ["zz"], "zz": 1}, payload()), "CRYPTOGRAPHIC_SECURITY_ERROR"),
        row("JWT-010", signed({**header(), "b64": False, "crit": ["b64"]}, payload()), "UNSUPPORTED_FORMAT"),
        row("JWT-011", f"{duplicate}.{body}.{signature}", "DUPLICATE_JSON_KEY"),
        *(row(f"JWT-013-{number}", spelling, "PARSING_ERROR") for number, spelling in enumerate(spellings)),
        row("JWT-015", signed({**header(), "alg": "PS256"}, payload()), "CRYPTOGRAPHIC_SECURITY_ERROR"),
        row("JWT-018-text", signed(header(), {**payload(), "exp": "1869645600"}), "MALFORMED_VALUE_ERROR"),
        row("JWT-018-past", token(put("validUntil", "2026-04-01T11:59:59Z")), "EXPIRED"),
        row("JWT-020", f"{head}.a.b.c.d", "UNSUPPORTED_FORMAT"),
        row("JWT-021", by_kid, "INVALID_VERIFICATION_METHOD", published={kid: weak}),
        row("JWT-023-text", signed(header(), "text"), "PARSING_ERROR"),
        row("JWT-023-nested", signed(header(), {"vc": {"vc": unsigned()}}), "PARSING_ERROR"),
    ]
