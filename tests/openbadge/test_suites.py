"""The cryptosuites of two hashes: wrong keys for each, wrong forms, and any change breaks."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from openbadge import multibase
from openbadge.errors import InvalidError
from openbadge.multikey import KEY_TYPES, PublicKey
from openbadge.proof import SUITES, data_integrity, suite, suite_of
from tests.openbadge import proof_samples as samples

PAIRS = [
    ("eddsa-rdfc-2022", "Ed25519"),
    ("eddsa-jcs-2022", "Ed25519"),
    ("ecdsa-rdfc-2019", "P-256"),
    ("ecdsa-rdfc-2019", "P-384"),
    ("ecdsa-jcs-2019", "P-256"),
    ("ecdsa-jcs-2019", "P-384"),
]


def code_of(call: Any) -> str:
    with pytest.raises(InvalidError) as caught:
        call()
    return caught.value.code


def with_value(document: dict[str, Any], value: Any) -> dict[str, Any]:
    return {**document, "proof": [{**document["proof"][0], "proofValue": value}]}


def check(document: dict[str, Any], key: PublicKey) -> None:
    data_integrity.verify(document, document["proof"][0], key)


# The table


def test_the_table_is_by_type_and_cryptosuite() -> None:
    assert {(kind, name) for kind, name in SUITES} == {
        ("Ed25519Signature2020", ""),
        *(("DataIntegrityProof", name) for name, _ in PAIRS),
        ("DataIntegrityProof", "ecdsa-sd-2023"),
    }
    assert suite("eddsa-jcs-2022").signs_context
    assert suite_of({"type": "Ed25519Signature2020"}).name == "Ed25519Signature2020"


@pytest.mark.parametrize(
    "proof",
    [
        {},
        {"type": "DataIntegrityProof"},
        {"type": "DataIntegrityProof", "cryptosuite": "eddsa-2022"},
        {"type": "DataIntegrityProof", "cryptosuite": "EdDSA-RDFC-2022"},
        {"type": "DataIntegrityProof", "cryptosuite": ""},
        {"type": "DataIntegrityProof", "cryptosuite": "Ed25519Signature2020"},
        {"type": "DataIntegrityProof", "cryptosuite": ["eddsa-rdfc-2022"]},
        {"type": "Ed25519Signature2020", "cryptosuite": "eddsa-rdfc-2022"},
        {"type": ["DataIntegrityProof"], "cryptosuite": "eddsa-rdfc-2022"},
        {"type": "Ed25519Signature2018"},
        {"type": "RsaSignature2018"},
    ],
)
def test_what_is_not_in_the_table_is_not_supported(proof: dict[str, Any]) -> None:
    assert code_of(lambda: suite_of(proof)) == "UNSUPPORTED_SUITE"


# Every suite with every key type (DI-015, DI-016)


def keys() -> dict[str, PublicKey]:
    return {
        name: samples.rsa_key(name) if name.startswith("RSA") else samples.signer(name).public_key for name in KEY_TYPES
    }


@pytest.mark.parametrize("suite_row", sorted(SUITES))
def test_a_suite_takes_its_own_keys_only(suite_row: tuple[str, str]) -> None:
    kind, name = suite_row
    document = samples.signed(samples.badge(), "eddsa-rdfc-2022", samples.signer("Ed25519"))
    proof = {**document["proof"][0], "type": kind, "cryptosuite": name}
    if not name:
        del proof["cryptosuite"]
    if SUITES[suite_row].signs_context:
        proof["@context"] = document["@context"]
    for algorithm, key in keys().items():
        if algorithm not in SUITES[suite_row].key_types:
            assert code_of(lambda key=key: data_integrity.verify(document, proof, key)) == "PROOF_VERIFICATION_ERROR"


@pytest.mark.parametrize(("name", "algorithm"), PAIRS)
def test_a_suite_signs_with_its_own_keys_only(name: str, algorithm: str) -> None:
    for other in ("Ed25519", "P-256", "P-384", "P-521"):
        by = samples.signer(other)
        if other in suite(name).key_types:
            check(samples.signed(samples.badge(), name, by), by.public_key)
        else:
            made = lambda by=by: samples.signed(samples.badge(), name, by)  # noqa: E731
            assert code_of(made) == "PROOF_VERIFICATION_ERROR"


@pytest.mark.parametrize(("name", "algorithm"), PAIRS)
def test_a_proof_holds_under_its_own_suite_and_key_only(name: str, algorithm: str) -> None:
    by = samples.signer(algorithm)
    document = samples.signed(samples.badge(), name, by)
    check(document, by.public_key)
    other = samples.signer(algorithm, 2).public_key
    assert code_of(lambda: check(document, other)) == "CRYPTOGRAPHIC_SECURITY_ERROR"
    for another in {row for row, _ in PAIRS} - {name}:
        moved = {**document, "proof": [{**document["proof"][0], "cryptosuite": another}]}
        expected = {"PROOF_VERIFICATION_ERROR", "CRYPTOGRAPHIC_SECURITY_ERROR"}
        assert code_of(lambda moved=moved: check(moved, by.public_key)) in expected


# The signature's own form (DI-028, DI-030, DI-033)


@pytest.mark.parametrize(("name", "algorithm"), PAIRS)
def test_signatures_of_another_length_are_refused(name: str, algorithm: str) -> None:
    by = samples.signer(algorithm)
    document = samples.signed(samples.badge(), name, by)
    right = multibase.decode_multibase(document["proof"][0]["proofValue"])
    for wrong in (b"", right[:-1], right + b"\0", right + right, b"\0" + right, right[: len(right) // 2]):
        made = with_value(document, multibase.encode_base58btc(wrong))
        assert code_of(lambda made=made: check(made, by.public_key)) == "PROOF_VERIFICATION_ERROR"


@pytest.mark.parametrize(("name", "algorithm"), PAIRS)
def test_signatures_in_another_encoding_are_refused(name: str, algorithm: str) -> None:
    by = samples.signer(algorithm)
    document = samples.signed(samples.badge(), name, by)
    right = multibase.decode_multibase(document["proof"][0]["proofValue"])
    body = document["proof"][0]["proofValue"][1:]
    for wrong in (
        multibase.encode_base64url(right),
        multibase.base64url_encode(right),
        body,
        "Z" + body,
        "f" + right.hex(),
        "z" + body + "0",
        " z" + body,
        "z" + body + "\n",
        "",
        "z" + "z" * 2000,
    ):
        assert (
            code_of(lambda wrong=wrong: check(with_value(document, wrong), by.public_key)) == "PROOF_VERIFICATION_ERROR"
        )


@pytest.mark.parametrize("value", [None, 1, [], {}, ["z1"], True])
def test_a_proof_value_is_a_text(value: Any) -> None:
    by = samples.signer("Ed25519")
    document = with_value(samples.signed(samples.badge(), "eddsa-rdfc-2022", by), value)
    assert code_of(lambda: check(document, by.public_key)) == "PROOF_VERIFICATION_ERROR"


def test_an_ed25519_number_beyond_the_order_is_refused() -> None:
    by = samples.signer("Ed25519")
    document = samples.signed(samples.badge(), "eddsa-rdfc-2022", by)
    right = multibase.decode_multibase(document["proof"][0]["proofValue"])
    order = 2**252 + 27742317777372353535851937790883648493
    moved = (int.from_bytes(right[32:], "little") + order).to_bytes(32, "little")
    made = with_value(document, multibase.encode_base58btc(right[:32] + moved))
    assert code_of(lambda: check(made, by.public_key)) == "CRYPTOGRAPHIC_SECURITY_ERROR"


@pytest.mark.parametrize(("name", "algorithm"), [pair for pair in PAIRS if pair[1] != "Ed25519"])
def test_ecdsa_numbers_out_of_range_and_der_are_refused(name: str, algorithm: str) -> None:
    by = samples.signer(algorithm)
    document = samples.signed(samples.badge(), name, by)
    right = multibase.decode_multibase(document["proof"][0]["proofValue"])
    size, order = len(right) // 2, samples.CURVES[algorithm][0].group_order
    r, s = right[:size], right[size:]
    zero, beyond, top = bytes(size), order.to_bytes(size, "big"), b"\xff" * size
    der = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
    for wrong in (zero + s, r + zero, zero + zero, beyond + s, r + beyond, top + s, r + top, der):
        made = with_value(document, multibase.encode_base58btc(wrong))
        assert code_of(lambda made=made: check(made, by.public_key)) == "PROOF_VERIFICATION_ERROR"


@pytest.mark.parametrize(("name", "algorithm"), PAIRS)
def test_every_flipped_byte_of_a_signature_breaks_it(name: str, algorithm: str) -> None:
    by = samples.signer(algorithm)
    data = b"what is signed"
    right = by.sign(data)
    by.public_key.verify(right, data)
    for position in range(len(right)):
        wrong = right[:position] + bytes([right[position] ^ 0x10]) + right[position + 1 :]
        code = code_of(lambda wrong=wrong: by.public_key.verify(wrong, data))
        assert code in {"CRYPTOGRAPHIC_SECURITY_ERROR", "PROOF_VERIFICATION_ERROR"}


@pytest.mark.parametrize("code", [0xEC, 0xE7, 0x1205, 0xEB, 0x1300, 0x00])
def test_keys_of_other_kinds_are_no_signing_keys(code: int) -> None:
    """DI-035: X25519, secp256k1, RSA, BLS, an Ed25519 secret key, and the identity code."""
    raw = samples.signer("Ed25519").public_key.raw
    text = multibase.encode_base58btc(multibase.with_multicodec(code, raw))
    assert code_of(lambda: PublicKey.from_multibase(text)) == "INVALID_VERIFICATION_METHOD"


@pytest.mark.parametrize("algorithm", ["Ed25519", "P-256", "P-384", "P-521"])
def test_keys_of_a_wrong_length_or_encoding_are_refused(algorithm: str) -> None:
    key = samples.signer(algorithm).public_key
    code = KEY_TYPES[algorithm].multicodec
    assert code is not None
    wrongs = [b"", key.raw[:-1], key.raw + b"\0", b"\x04" + key.raw[1:], key.raw[1:]]
    texts = [multibase.encode_base58btc(multibase.with_multicodec(code, raw)) for raw in wrongs if raw != key.raw]
    if algorithm == "Ed25519":
        texts.pop(3)  # another first byte is another key of the same length
    texts += [multibase.encode_base64url(multibase.with_multicodec(code, key.raw)), key.multibase[1:], ""]
    for text in texts:
        assert code_of(lambda text=text: PublicKey.from_multibase(text)) == "INVALID_VERIFICATION_METHOD"


# The proof's own form


@pytest.mark.parametrize("proof", [None, "proof", 4, [], True])
def test_a_proof_is_an_object(proof: Any) -> None:
    key = samples.signer("Ed25519").public_key
    assert code_of(lambda: data_integrity.verify(samples.badge(), proof, key)) == "PROOF_VERIFICATION_ERROR"
    assert code_of(lambda: data_integrity.check_form(proof)) == "PROOF_VERIFICATION_ERROR"


@pytest.mark.parametrize("member", ["type", "cryptosuite", "verificationMethod", "proofPurpose", "proofValue"])
def test_a_proof_has_all_its_members(member: str) -> None:
    by = samples.signer("Ed25519")
    document = samples.signed(samples.badge(), "eddsa-rdfc-2022", by)
    for wrong in ({}, {member: None}, {member: 4}, {member: []}):
        proof = {name: value for name, value in document["proof"][0].items() if name != member} | wrong
        code = code_of(lambda proof=proof: data_integrity.verify(document, proof, by.public_key))
        assert code in {"PROOF_VERIFICATION_ERROR", "UNSUPPORTED_SUITE"}


@pytest.mark.parametrize("member", ["created", "expires"])
@pytest.mark.parametrize("value", ["yesterday", "2026-03-31", "2026-03-31T10:00:00", 5, None, "2026-02-30T10:00:00Z"])
def test_times_of_a_proof_are_date_times_with_a_zone(member: str, value: Any) -> None:
    by = samples.signer("Ed25519")
    document = samples.signed(samples.badge(), "eddsa-rdfc-2022", by)
    proof = {**document["proof"][0], member: value}
    assert code_of(lambda: data_integrity.verify(document, proof, by.public_key)) == "MALFORMED_VALUE_ERROR"


@pytest.mark.parametrize("name", ["eddsa-rdfc-2022", "eddsa-jcs-2022"])
def test_a_signature_covers_the_proof_too(name: str) -> None:
    by = samples.signer("Ed25519")
    document = samples.signed(samples.badge(), name, by, domain="example.org", challenge="1")
    for member, value in (
        ("created", "2026-03-31T10:00:01Z"),
        ("expires", "2030-01-01T00:00:00Z"),
        ("proofPurpose", "authentication"),
        ("verificationMethod", "did:web:elsewhere.example#key"),
        ("domain", "example.com"),
        ("challenge", "2"),
        ("nonce", "3"),
        ("id", "urn:uuid:1"),
    ):
        proof = {**document["proof"][0], member: value}
        wrong = lambda proof=proof: data_integrity.verify(document, proof, by.public_key)  # noqa: E731
        assert code_of(wrong) == "CRYPTOGRAPHIC_SECURITY_ERROR"
    undefined = {**document["proof"][0], "undefinedTerm": "x"}
    code = code_of(lambda: data_integrity.verify(document, undefined, by.public_key))
    assert code == ("CRYPTOGRAPHIC_SECURITY_ERROR" if "jcs" in name else "DATA_LOSS_DETECTION_ERROR")


def test_a_proof_on_rdf_has_no_vocabulary_of_its_own() -> None:
    """With one it could swap the meaning of `created` and `expires` and keep the same signed statements."""
    by = samples.signer("Ed25519")
    document = samples.signed(samples.badge(), "eddsa-rdfc-2022", by)
    proof = document["proof"][0]
    data_integrity.verify(document, {**proof, "@context": document["@context"]}, by.public_key)
    swap = {"created": "https://w3id.org/security#expiration", "expires": "http://purl.org/dc/terms/created"}
    for own in (
        [*document["@context"], swap],
        document["@context"][:1],
        [],
        None,
        "https://www.w3.org/ns/credentials/v2",
    ):
        wrong = lambda own=own: data_integrity.verify(document, {**proof, "@context": own}, by.public_key)  # noqa: E731
        assert code_of(wrong) == "PROOF_VERIFICATION_ERROR"


def test_hashes_are_those_of_two_hash_suites_only() -> None:
    config = samples.options("ecdsa-sd-2023", samples.signer("P-256"))
    assert code_of(lambda: data_integrity.hash_data(samples.badge(), config, "P-256")) == "UNSUPPORTED_SUITE"


# Any change breaks


@pytest.mark.parametrize(("name", "algorithm"), PAIRS)
@given(data=st.data())
@settings(max_examples=8)
def test_what_is_signed_holds_and_any_change_breaks_it(name: str, algorithm: str, data: st.DataObject) -> None:
    by = samples.signer(algorithm, data.draw(st.integers(1, 2**200)))
    document = samples.signed(data.draw(samples.documents()), name, by)
    check(document, by.public_key)
    path = data.draw(st.sampled_from([leaf for leaf in samples.leaves(document) if leaf[0] != "proof"]))
    wrong = samples.changed(document, path, _other)
    with pytest.raises(InvalidError):
        check(wrong, by.public_key)


@pytest.mark.parametrize(("name", "algorithm"), PAIRS[:2])
def test_every_member_left_out_breaks_a_proof(name: str, algorithm: str) -> None:
    by = samples.signer(algorithm)
    document = samples.signed(samples.badge(), name, by)
    for member in set(document) - {"proof"}:
        without = {key: value for key, value in document.items() if key != member}
        with pytest.raises(InvalidError):
            check(without, by.public_key)


@pytest.mark.parametrize(("name", "algorithm"), PAIRS[:2])
def test_a_proof_does_not_fit_another_document(name: str, algorithm: str) -> None:
    by = samples.signer(algorithm)
    one = samples.signed(samples.badge(), name, by)
    two = samples.signed({**samples.badge(), "id": "urn:uuid:0190e5a0-0000-7000-8000-000000000002"}, name, by)
    assert code_of(lambda: check({**one, "proof": two["proof"]}, by.public_key)) == "CRYPTOGRAPHIC_SECURITY_ERROR"


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    return value + "x" if isinstance(value, str) else value + 1
