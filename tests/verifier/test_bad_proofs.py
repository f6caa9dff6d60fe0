"""Rows DI-001 to DI-040 of the corpus of bad inputs: signatures, keys, and whose keys they are."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from openbadge import did, multibase
from openbadge.errors import UnavailableError
from openbadge.multikey import PublicKey
from tests.verifier.builders import (
    ATTACKER,
    DID_URL,
    INVALID,
    ISSUER,
    KEY,
    UNDETERMINED,
    VALID,
    Change,
    Document,
    Ed25519Signer,
    P256Signer,
    bad,
    badge,
    check,
    did_key_signer,
    edited,
    find,
    key_document,
    material,
    outcomes,
    problems,
    sign,
    status_list,
    unsigned,
)

SIGNED = badge()
ORDER = 2**252 + 27742317777372353535851937790883648493


def proof(**members: Any) -> Change:
    return lambda document: document["proof"][0].update(members)


def signature_of(document: Document) -> bytes:
    return multibase.decode_multibase(document["proof"][0]["proofValue"])


def value(data: bytes) -> str:
    return multibase.encode_base58btc(data)


def verify_with_keys(keys: Document, document: Document = SIGNED) -> set[str | None]:
    report = check(document, material(keys=keys))
    assert report.verdict is INVALID
    return problems(report)


def test_the_signed_badge_is_valid() -> None:
    report = check(SIGNED)
    assert bad(report) == {}
    assert report.verdict is VALID


@pytest.mark.parametrize("position", range(64))
def test_di_001_each_byte_of_the_signature_counts(position: int) -> None:
    data = bytearray(signature_of(SIGNED))
    data[position] ^= 1
    report = check(edited(SIGNED, proof(proofValue=value(bytes(data)))))
    assert report.verdict is INVALID
    assert bad(report) == {"proof": "CRYPTOGRAPHIC_SECURITY_ERROR"}


def members_of(document: Document) -> list[tuple[Any, ...]]:
    """Return the path of every member and item of a document, contexts left out."""
    found: list[tuple[Any, ...]] = []
    stack: list[tuple[tuple[Any, ...], Any]] = [((), document)]
    while stack:
        path, item = stack.pop()
        pairs = item.items() if isinstance(item, dict) else enumerate(item) if isinstance(item, list) else ()
        for name, part in pairs:
            if name != "@context":
                found.append((*path, name))
                stack.append(((*path, name), part))
    return found


@pytest.mark.parametrize("path", members_of(SIGNED), ids=lambda path: ".".join(map(str, path)))
def test_di_003_nothing_can_be_left_out(path: tuple[Any, ...]) -> None:
    document = copy.deepcopy(SIGNED)
    target: Any = document
    for name in path[:-1]:
        target = target[name]
    del target[path[-1]]
    assert check(document).verdict is not VALID


def test_di_005_the_attackers_key_under_the_victims_name() -> None:
    signer = did_key_signer(66)
    report = check(badge(signer=signer))
    assert report.verdict is INVALID
    assert bad(report) == {"proof": "ISSUER_NOT_BOUND", "issuer-binding": "ISSUER_NOT_BOUND"}


def test_di_006_a_key_in_the_fragment_is_not_believed() -> None:
    signer = Ed25519Signer(f"{ISSUER}#{ATTACKER.public.multibase}", ATTACKER.seed)
    report = check(badge(signer=signer))
    assert report.verdict is INVALID
    assert bad(report)["issuer-binding"] == "INVALID_VERIFICATION_METHOD"
    assert outcomes(report)["proof"] == "unknown"


def test_di_008_a_key_document_elsewhere_that_claims_the_victim() -> None:
    url = "https://attacker.example/key.json"
    claim = {"id": url, "controller": ISSUER, "type": "Multikey", "publicKeyMultibase": ATTACKER.public.multibase}
    report = check(badge(signer=Ed25519Signer(url, ATTACKER.seed)), {**material(), url: claim})
    assert report.verdict is INVALID
    assert "ISSUER_NOT_BOUND" in problems(report)


def test_di_010_a_key_document_of_someone_else() -> None:
    keys = key_document()
    keys["id"] = "did:web:other.example"
    assert "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID" in verify_with_keys(keys)


def test_di_011_a_key_that_someone_else_controls() -> None:
    keys = key_document()
    keys["verificationMethod"][0]["controller"] = "did:web:other.example"
    assert "INVALID_VERIFICATION_METHOD" in verify_with_keys(keys)


def test_di_012_a_key_for_another_purpose() -> None:
    keys = key_document()
    keys["assertionMethod"] = []
    assert "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD" in verify_with_keys(keys)


@pytest.mark.parametrize(
    ("name", "text", "works"),
    [
        ("revoked", "2026-03-31T12:00:00Z", False),
        ("revoked", "2026-04-01T12:00:00Z", False),
        ("revoked", "2026-04-01T12:00:01Z", True),
        ("expires", "2026-03-30T12:00:00Z", False),
        ("expires", "2026-04-01T12:00:00Z", False),
        ("expires", "2026-04-01T12:00:01Z", True),
        ("expires", "soon", False),
    ],
)
def test_di_013_a_key_that_is_revoked_or_out_of_use(name: str, text: str, works: bool) -> None:
    keys = key_document()
    keys["verificationMethod"][0][name] = text
    report = check(SIGNED, material(keys=keys))
    assert (report.verdict is VALID) == works
    assert works or report.verdict is INVALID


@pytest.mark.parametrize("suite", ["eddsa-jcs-2022", "ecdsa-rdfc-2019", "eddsa-2022", "EDDSA-RDFC-2022", "", "none"])
def test_di_015_another_cryptosuite(suite: str) -> None:
    report = check(edited(SIGNED, proof(cryptosuite=suite)))
    assert report.verdict is INVALID
    assert outcomes(report)["proof"] == "failed"


def test_di_016_a_p256_key_for_an_ed25519_suite() -> None:
    signer = P256Signer(KEY.verification_method)
    report = check(SIGNED, material(keys=key_document(signer)))
    assert report.verdict is INVALID
    assert bad(report)["proof"] == "PROOF_VERIFICATION_ERROR"


@pytest.mark.parametrize("kind", ["Ed25519Signature2018", "Ed25519Signature2020", "RsaSignature2018"])
def test_di_018_older_proof_types(kind: str) -> None:
    report = check(edited(SIGNED, proof(type=kind)))
    assert report.verdict is INVALID
    assert "UNSUPPORTED_SUITE" in problems(report)


@pytest.mark.parametrize(
    ("options", "works"),
    [
        ({"expires": "2026-04-01T11:59:59Z"}, False),
        ({"expires": "2026-04-01T12:00:00Z"}, True),
        ({"created": "2026-04-01T12:05:00Z"}, True),
        ({"created": "2026-04-01T12:05:01Z"}, False),
        ({"created": "2026-03-31"}, False),
        ({"proofPurpose": "authentication"}, False),
        ({"proofPurpose": "capabilityInvocation"}, False),
        ({"domain": "https://other.example", "challenge": "abc"}, True),
    ],
)
def test_di_020_di_021_di_017_options_of_the_proof(options: dict[str, str], works: bool) -> None:
    report = check(badge(**options))
    assert (report.verdict is VALID) == works
    assert works or report.verdict is INVALID


def forged() -> Document:
    """A proof in the victim's name that is not right."""
    return {**badge(signer=Ed25519Signer(KEY.verification_method, 66))["proof"][0]}


def foreign() -> Document:
    """A right proof by someone else."""
    return {**badge(signer=did_key_signer(66))["proof"][0]}


@pytest.mark.parametrize(
    ("proofs", "verdict"),
    [
        ([foreign(), forged()], INVALID),
        ([forged(), foreign()], INVALID),
        ([SIGNED["proof"][0], forged()], INVALID),
        ([forged(), SIGNED["proof"][0]], INVALID),
        ([foreign()], INVALID),
        ([SIGNED["proof"][0], foreign()], VALID),
        ([foreign(), SIGNED["proof"][0]], VALID),
    ],
    ids=["DI-023", "DI-023-reversed", "right-and-forged", "forged-and-right", "foreign", "and-foreign", "foreign-and"],
)
def test_di_023_proof_sets(proofs: list[Document], verdict: Any) -> None:
    report = check({**unsigned(), "proof": proofs})
    assert report.verdict is verdict


def test_a_foreign_proof_is_reported_and_does_not_count() -> None:
    report = check({**unsigned(), "proof": [SIGNED["proof"][0], foreign()]})
    assert "1 more by someone else did not count" in find(report, "issuer-binding").detail


def test_two_right_proofs_of_one_issuer() -> None:
    second = Ed25519Signer(f"{ISSUER}#key-2", 2)
    report = check(sign(SIGNED, second), material(keys=key_document(KEY, second)))
    assert report.verdict is VALID
    assert "All 2 signatures" in find(report, "proof").detail


FIRST = "urn:uuid:0b1c2d3e-0000-7000-8000-0000000000b1"
SECOND = "urn:uuid:0b1c2d3e-0000-7000-8000-0000000000b2"


@pytest.mark.parametrize("previous", [FIRST, "urn:uuid:missing", ["urn:uuid:a", "urn:uuid:b"]])
def test_di_025_a_chain_to_a_proof_that_is_not_there(previous: Any) -> None:
    forged = edited(SIGNED, proof(previousProof=previous))
    assert check(forged).verdict is INVALID


def test_di_025_a_proof_that_builds_on_itself_or_on_a_loop() -> None:
    alone = edited(SIGNED, proof(id=FIRST, previousProof=FIRST))
    assert check(alone).verdict is INVALID
    loop = [
        {**SIGNED["proof"][0], "id": FIRST, "previousProof": SECOND},
        {**SIGNED["proof"][0], "id": SECOND, "previousProof": FIRST},
    ]
    assert check({**unsigned(), "proof": loop}).verdict is INVALID


def test_a_chain_of_proofs_is_right_only_as_a_whole() -> None:
    chain = sign(sign(unsigned(), id=FIRST), previousProof=FIRST, created="2026-03-31T11:00:00Z")
    assert check(chain).verdict is VALID
    broken = edited(chain, lambda document: document["proof"].pop(0))
    assert check(broken).verdict is INVALID


def test_an_earlier_proof_of_somebody_else_must_be_right_too() -> None:
    chain = sign(sign(unsigned(), did_key_signer(), id=FIRST), previousProof=FIRST)
    assert check(chain).verdict is VALID

    def forge(document: Document) -> None:
        document["proof"][0]["created"] = "2026-03-30T10:00:00Z"

    wrong = sign(edited(sign(unsigned(), did_key_signer(), id=FIRST), forge), previousProof=FIRST)
    assert check(wrong).verdict is INVALID
    elsewhere = Ed25519Signer("did:web:other.example#key-1", 9)
    unreachable = sign(sign(unsigned(), elsewhere, id=FIRST), previousProof=FIRST)
    assert check(unreachable).verdict is UNDETERMINED


def test_a_suite_of_another_curve() -> None:
    signer, other = P256Signer(KEY.verification_method), Ed25519Signer(f"{ISSUER}#key-2", 2)
    published = material(keys=key_document(signer, other), status=status_list(signer=other))
    report = check(badge(signer=signer, cryptosuite="ecdsa-rdfc-2019"), published)
    assert bad(report) == {}
    assert report.verdict is VALID


@pytest.mark.parametrize("count", [6, 1000])
def test_di_026_too_many_proofs(count: int) -> None:
    report = check({**unsigned(), "proof": [{**SIGNED["proof"][0], "nonce": str(i)} for i in range(count)]})
    assert report.verdict is INVALID
    assert "LIMIT_EXCEEDED" in problems(report)


@pytest.mark.parametrize("length", [0, 63, 65, 128])
def test_di_028_signatures_of_another_length(length: int) -> None:
    data = (signature_of(SIGNED) * 2)[:length]
    assert "PROOF_VERIFICATION_ERROR" in bad(check(edited(SIGNED, proof(proofValue=value(data))))).values()


@pytest.mark.parametrize("text", ["", "z", "u" + "A" * 86, "z0OIl", "Z" + "1" * 87, " z11", "z1\n1"])
def test_di_028_signatures_in_another_alphabet(text: str) -> None:
    assert check(edited(SIGNED, proof(proofValue=text))).verdict is INVALID


def test_di_030_a_signature_with_s_plus_the_order() -> None:
    data = signature_of(SIGNED)
    big = (int.from_bytes(data[32:], "little") + ORDER).to_bytes(32, "little")
    report = check(edited(SIGNED, proof(proofValue=value(data[:32] + big))))
    assert bad(report) == {"proof": "CRYPTOGRAPHIC_SECURITY_ERROR"}


SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


@pytest.mark.parametrize("point", SMALL_ORDER)
def test_di_031_keys_of_small_order_sign_everything_and_are_refused(point: str) -> None:
    """With such a key the signature (R = identity, S = 0) is right for every document."""
    key = multibase.encode_base58btc(multibase.with_multicodec(0xED, bytes.fromhex(point)))
    name = f"did:key:{key}"
    document = unsigned()
    document["issuer"]["id"] = name
    document["proof"] = [
        {**SIGNED["proof"][0], "verificationMethod": f"{name}#{key}", "proofValue": value(bytes([1]) + bytes(63))}
    ]
    report = check(document)
    assert report.verdict is INVALID
    assert "INVALID_VERIFICATION_METHOD" in problems(report)


@pytest.mark.parametrize("code", [0xEC, 0xE7, 0x1205, 0x00], ids=["x25519", "secp256k1", "rsa", "identity"])
def test_di_035_keys_that_cannot_sign(code: int) -> None:
    key = multibase.encode_base58btc(multibase.with_multicodec(code, KEY.public.raw))
    document = unsigned()
    document["issuer"]["id"] = f"did:key:{key}"
    document["proof"] = [{**SIGNED["proof"][0], "verificationMethod": f"did:key:{key}#{key}"}]
    report = check(document)
    assert report.verdict is INVALID
    assert "INVALID_VERIFICATION_METHOD" in problems(report)


def by_did_key(signer: Ed25519Signer) -> Document:
    document = unsigned()
    del document["credentialStatus"]
    document["issuer"]["id"] = signer.verification_method.partition("#")[0]
    return document


def test_a_did_key_needs_nothing_fetched() -> None:
    signer = did_key_signer()
    assert check(sign(by_did_key(signer), signer), {}).verdict is VALID


def test_di_036_the_fragment_of_a_did_key_is_another_key() -> None:
    signer = did_key_signer(7)
    other = did_key_signer(8).verification_method.partition("#")[2]
    crooked = Ed25519Signer(f"{signer.verification_method.partition('#')[0]}#{other}", 8)
    report = check(sign(by_did_key(signer), crooked), {})
    assert report.verdict is INVALID
    assert bad(report)["issuer-binding"] == "INVALID_VERIFICATION_METHOD_URL"


def test_di_038_the_proof_of_another_credential() -> None:
    other = badge(lambda document: document.update(id="urn:uuid:0b1c2d3e-0000-7000-8000-000000000002"))
    report = check({**unsigned(), "proof": other["proof"]})
    assert bad(report) == {"proof": "CRYPTOGRAPHIC_SECURITY_ERROR"}


@pytest.mark.parametrize("method", ["#key-1", "key-1", "", "/keys/1"])
def test_di_040_a_relative_verification_method(method: str) -> None:
    report = check(edited(SIGNED, proof(verificationMethod=method)))
    assert report.verdict is INVALID
    assert "INVALID_VERIFICATION_METHOD_URL" in problems(report)


@pytest.mark.parametrize(
    "method", [ISSUER, f"{ISSUER}#", f"{ISSUER}#missing", f"{ISSUER}?a#key-1", f"{ISSUER}/a#key-1"]
)
def test_keys_that_are_not_in_the_key_document(method: str) -> None:
    report = check(badge(signer=Ed25519Signer(method)))
    assert report.verdict is INVALID


def test_no_proof_at_all() -> None:
    report = check(unsigned())
    assert bad(report) == {"proof": "PROOF_VERIFICATION_ERROR", "issuer-binding": "PROOF_VERIFICATION_ERROR"}


@pytest.mark.parametrize("name", ["cryptosuite", "verificationMethod", "proofPurpose", "proofValue", "type"])
def test_a_proof_that_lacks_a_member(name: str) -> None:
    assert check(edited(SIGNED, lambda document: document["proof"][0].pop(name))).verdict is INVALID


@pytest.mark.parametrize("value", [1, True, ["a"], {"id": "urn:a:b"}, "text"])
@pytest.mark.parametrize("name", ["proofValue", "verificationMethod", "cryptosuite", "proofPurpose", "created"])
def test_a_proof_with_a_member_of_another_type(name: str, value: Any) -> None:
    assert check(edited(SIGNED, proof(**{name: value}))).verdict is INVALID


def test_an_unreachable_key_document_is_neither_valid_nor_invalid() -> None:
    report = check(SIGNED, {**material(), DID_URL: UnavailableError("FETCH_FAILED", "away")})
    assert report.verdict is UNDETERMINED
    assert bad(report) == {"proof": "FETCH_FAILED", "issuer-binding": "FETCH_FAILED", "status": "FETCH_FAILED"}


def test_a_tampered_badge_of_an_unreachable_issuer_is_not_called_valid() -> None:
    assert check(edited(SIGNED, lambda document: document.update(name="Else")), {}).verdict is UNDETERMINED


@pytest.mark.parametrize(
    "keys",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"id":"did:web:badges.example.org"}',
        b'{"id":"did:web:badges.example.org","assertionMethod":"x"}',
        b'{"id":"did:web:badges.example.org","assertionMethod":[1]}',
        b'{"id":"did:web:badges.example.org","assertionMethod":["did:web:badges.example.org#key-1"]}',
    ],
)
def test_a_malformed_key_document_fails(keys: bytes) -> None:
    assert check(SIGNED, material(keys=keys)).verdict is INVALID


def test_key_documents_may_embed_the_key_under_assertion_method() -> None:
    keys = key_document()
    keys["assertionMethod"] = keys.pop("verificationMethod")
    assert check(SIGNED, material(keys=keys)).verdict is VALID


def test_key_documents_may_use_relative_names() -> None:
    keys = key_document()
    keys["verificationMethod"][0]["id"] = "#key-1"
    keys["assertionMethod"] = ["#key-1"]
    assert check(SIGNED, material(keys=keys)).verdict is VALID


def test_keys_may_be_jwks() -> None:
    keys = key_document()
    method = keys["verificationMethod"][0]
    del method["publicKeyMultibase"]
    keys["verificationMethod"][0] = {**method, "type": "JsonWebKey", "publicKeyJwk": KEY.public.jwk()}
    assert check(SIGNED, material(keys=keys)).verdict is VALID


def test_the_test_keys_are_what_they_say() -> None:
    assert PublicKey.from_multibase(KEY.public.multibase) == KEY.public
    assert did.did_key(KEY.public) == f"did:key:{KEY.public.multibase}"
