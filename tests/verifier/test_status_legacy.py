"""Row ST-018: lists of older badges are read in full, or cannot tell; they never say "not revoked" by default."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from openbadge import status, status_legacy
from openbadge.errors import InvalidError, UnavailableError
from openbadge.multibase import base64url_encode
from openbadge.normal_form import ED25519_2020, STATUS_LIST_2021
from openbadge.vocabulary import CREDENTIALS_V1, CREDENTIALS_V2, DATA_INTEGRITY_V2
from tests.verifier.builders import (
    INDEX,
    INVALID,
    ISSUER,
    KEY,
    LIST_URL,
    UNDETERMINED,
    VALID,
    Change,
    Document,
    Ed25519Signer,
    bad,
    badge,
    check,
    did_key_signer,
    edited,
    find,
    material,
    sign,
    status_entry,
    status_list,
)
from verifier.report import Report

ENTRIES = 131_072


def packed(*indexes: int) -> bytes:
    return gzip.compress(status.set_bits(ENTRIES, indexes), mtime=0)


def standard(data: bytes) -> str:
    return base64.b64encode(data).decode()


def with_2021(purpose: str = "revocation", index: str = str(INDEX)) -> Document:
    def change(document: Document) -> None:
        document["@context"].append(STATUS_LIST_2021)
        document["credentialStatus"] = {**status_entry(index, purpose), "type": "StatusList2021Entry"}

    return badge(change)


def list_2021(change: Change | None = None, *, revoked: tuple[int, ...] = (), signer: Ed25519Signer = KEY) -> Document:
    document: Document = {
        "@context": [CREDENTIALS_V1, STATUS_LIST_2021, DATA_INTEGRITY_V2],
        "id": LIST_URL,
        "type": ["VerifiableCredential", "StatusList2021Credential"],
        "issuer": ISSUER,
        "issuanceDate": "2026-04-01T11:55:00Z",
        "credentialSubject": {
            "id": f"{LIST_URL}#list",
            "type": "StatusList2021",
            "statusPurpose": "revocation",
            "encodedList": base64url_encode(packed(*revoked)),
        },
    }
    if change is not None:
        change(document)
    return sign(document, signer)


def subject(**members: Any) -> Change:
    return lambda document: document["credentialSubject"].update(members)


BADGE = with_2021()


def read(answer: Any, document: Document = BADGE, **arguments: Any) -> Report:
    return check(document, material(status=answer), **arguments)


def test_status_list_2021() -> None:
    report = read(list_2021())
    assert bad(report) == {}
    assert find(report, "status").detail == "Not revoked, according to the issuer's list of 2026-04-01T11:55:00Z."
    assert bad(read(list_2021(revoked=(INDEX,)))) == {"status": "REVOKED"}
    assert bad(read(list_2021(revoked=(INDEX - 1, INDEX + 1)))) == {}


def test_status_list_2021_suspension() -> None:
    suspended = list_2021(subject(statusPurpose="suspension"), revoked=(INDEX,))
    assert bad(read(suspended, with_2021("suspension"))) == {"status": "SUSPENDED"}
    assert bad(read(suspended)) == {"status": "STATUS_VERIFICATION_ERROR"}


@pytest.mark.parametrize(
    "encode",
    [base64url_encode, standard, lambda data: standard(data).rstrip("=")],
    ids=["url", "standard", "standard-without-padding"],
)
@pytest.mark.parametrize("data", [packed(INDEX), packed(INDEX, 3), packed(INDEX, 1, 2, 3, 77, 1_000, 99_999)])
def test_the_spellings_of_base64_of_its_time(encode: Any, data: bytes) -> None:
    assert bad(read(list_2021(subject(encodedList=encode(data))))) == {"status": "REVOKED"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "STATUS_VERIFICATION_ERROR"),
        ("u" + base64url_encode(packed()), "STATUS_VERIFICATION_ERROR"),
        ("====", "STATUS_VERIFICATION_ERROR"),
        ("a_b+", "STATUS_VERIFICATION_ERROR"),
        (base64url_encode(bytes(99)), "STATUS_VERIFICATION_ERROR"),
        (base64url_encode(packed()[:-4]), "STATUS_VERIFICATION_ERROR"),
        (base64url_encode(gzip.compress(bytes(100))), "STATUS_LIST_LENGTH_ERROR"),
        (base64url_encode(gzip.compress(bytes(3 * 1024 * 1024))), "LIMIT_EXCEEDED"),
        ("A" * (2 * status.MAX_LIST_BYTES + 1), "LIMIT_EXCEEDED"),
    ],
    ids=["empty", "multibase", "padding", "mixed", "no-gzip", "cut", "short", "bomb", "long"],
)
def test_texts_that_are_no_list(text: str, code: str) -> None:
    with pytest.raises(InvalidError) as caught:
        status_legacy.decode_2021(text)
    assert caught.value.code == code


UNSOUND = [
    ("unsigned", edited(list_2021(), lambda item: item.pop("proof"))),
    ("tampered", edited(list_2021(revoked=(INDEX,)), subject(encodedList=base64url_encode(packed())))),
    ("other-key", list_2021(signer=Ed25519Signer(KEY.verification_method, 66))),
    ("other-issuer", list_2021(lambda item: item.update(issuer="did:web:other.example"))),
    ("foreign-proof", list_2021(signer=did_key_signer(66))),
    ("other-id", list_2021(lambda item: item.update(id="https://badges.example.org/status/2"))),
    ("a-list-of-today", status_list()),
    ("no-list", list_2021(lambda item: item["credentialSubject"].pop("encodedList"))),
    ("hidden", edited(list_2021(), lambda item: item.update({"@nest": {"issuanceDate": item.pop("issuanceDate")}}))),
    ("array", b"[]"),
]


@pytest.mark.parametrize("answer", [row[1] for row in UNSOUND], ids=[row[0] for row in UNSOUND])
def test_an_unsound_list_of_2021_cannot_tell(answer: Any) -> None:
    report = read(answer)
    assert report.verdict is UNDETERMINED
    assert bad(report) == {"status": "STATUS_VERIFICATION_ERROR"}


def test_a_list_of_2021_cannot_stand_for_one_of_today() -> None:
    assert bad(read(list_2021(), badge())) == {"status": "STATUS_VERIFICATION_ERROR"}


@pytest.mark.parametrize(
    ("member", "text"), [("expirationDate", "2026-04-01T11:59:59Z"), ("issuanceDate", "2026-04-01T12:01:01Z")]
)
def test_a_list_of_2021_out_of_date(member: str, text: str) -> None:
    assert bad(read(list_2021(lambda item: item.update({member: text})))) == {"status": "STATUS_STALE"}


@pytest.mark.parametrize(("index", "code"), [("131072", "RANGE_ERROR"), ("-1", "MALFORMED_VALUE_ERROR")])
def test_indexes_of_2021(index: str, code: str) -> None:
    assert bad(read(list_2021(), with_2021(index=index))) == {"status": code}


def as_token(credential: Document, **claims: Any) -> bytes:
    head = {"alg": "EdDSA", "kid": KEY.verification_method, "typ": "JWT"}
    body = {"vc": {name: item for name, item in credential.items() if name != "proof"}, "iss": ISSUER, **claims}
    text = ".".join(base64url_encode(json.dumps(part).encode()) for part in (head, body))
    return f"{text}.{base64url_encode(KEY.sign(text.encode()))}".encode()


def test_a_list_of_2021_as_a_token_of_its_time() -> None:
    assert bad(read(as_token(list_2021()))) == {}
    assert bad(read(as_token(list_2021(revoked=(INDEX,))))) == {"status": "REVOKED"}
    assert bad(read(as_token(list_2021(), iss="did:web:other.example"))) == {"status": "STATUS_VERIFICATION_ERROR"}
    assert bad(read(as_token(list_2021(), exp=1_774_951_200))) == {"status": "STATUS_STALE"}


def test_an_ed25519_signature_2020_list_needs_its_vocabulary() -> None:
    change: Change = lambda item: item["@context"].append(ED25519_2020)  # noqa: E731 - one line among the others
    assert bad(read(list_2021(change))) == {}
    report = read(edited(list_2021(), lambda item: item["proof"][0].update(type="Ed25519Signature2020")))
    assert bad(report) == {"status": "STATUS_VERIFICATION_ERROR"}


OLD_URL = "https://badges.example.org/revoked.json"
BADGE_ID = "urn:uuid:0b1c2d3e-0000-7000-8000-000000000001"


def with_revocation_list(url: str = OLD_URL) -> Document:
    def change(document: Document) -> None:
        document["credentialStatus"] = {"id": url, "type": "1EdTechRevocationList"}

    return badge(change)


def revocation_list(*entries: Any, **members: Any) -> Document:
    return {"id": OLD_URL, "issuer": ISSUER, "revokedCredential": list(entries), **members}


def read_old(answer: Any, document: Document | None = None) -> Report:
    return check(document or with_revocation_list(), {**material(), OLD_URL: answer})


@pytest.mark.parametrize(
    ("answer", "revoked"),
    [
        (revocation_list(), False),
        (revocation_list({"id": "urn:uuid:other"}), False),
        (revocation_list({"id": BADGE_ID}), True),
        (revocation_list({"id": BADGE_ID, "revoked": True, "revocationReason": "by mistake"}), True),
        (revocation_list({"id": BADGE_ID, "revoked": False}), False),
        (revocation_list({"id": BADGE_ID, "revoked": False}, {"id": BADGE_ID}), True),
        (revocation_list({"id": f" {BADGE_ID.replace('u', '%75', 1)} "}), True),
        (revocation_list(revokedCredentials=[{"id": BADGE_ID}]), True),
        (revocation_list(issuer={"id": ISSUER, "type": ["Profile"]}), False),
        ({"id": OLD_URL, "issuer": ISSUER}, False),
        ({"id": OLD_URL, "issuer": ISSUER, "revokedCredentials": [{"id": BADGE_ID}]}, True),
        ({**revocation_list(), "@context": [CREDENTIALS_V2], "type": ["RevocationList"], "name": "x"}, False),
    ],
)
def test_the_revocation_list_of_1edtech(answer: Any, revoked: bool) -> None:
    report = read_old(answer)
    assert bad(report) == ({"status": "REVOKED"} if revoked else {})
    assert report.verdict is (INVALID if revoked else VALID)
    assert "fetched 2026-04-01T12:00:00Z" in find(report, "status").detail


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[]",
        b"<html>",
        {},
        revocation_list(id="https://badges.example.org/other.json"),
        revocation_list(issuer="did:web:other.example"),
        revocation_list(issuer=None),
        revocation_list(BADGE_ID),
        revocation_list({"id": 5}),
        revocation_list({"id": BADGE_ID, "revoked": "false"}),
        revocation_list({"credential": BADGE_ID}),
        revocation_list(revokedCredential={"id": BADGE_ID}),
        revocation_list(revoked_credentials=[{"id": BADGE_ID}]),
        revocation_list(credentials=[{"id": BADGE_ID}]),
    ],
)
def test_a_revocation_list_that_is_not_understood_cannot_tell(answer: Any) -> None:
    report = read_old(answer)
    assert report.verdict is UNDETERMINED
    assert bad(report) == {"status": "STATUS_VERIFICATION_ERROR"}


def test_a_revocation_list_that_is_away() -> None:
    report = read_old(UnavailableError("FETCH_FAILED", "away"))
    assert report.verdict is UNDETERMINED
    assert bad(report) == {"status": "STATUS_RETRIEVAL_ERROR"}


@pytest.mark.parametrize("url", ["https://other.example/revoked.json", "https://badges.example.org.evil.example/r"])
def test_an_unsigned_list_elsewhere_cannot_tell(url: str) -> None:
    report = check(with_revocation_list(url), {**material(), url: revocation_list(id=url)})
    assert report.verdict is UNDETERMINED
    assert bad(report) == {"status": "STATUS_VERIFICATION_ERROR"}
    assert "not signed" in find(report, "status").detail


def test_the_list_of_an_issuer_without_a_web_server_cannot_tell() -> None:
    signer = did_key_signer()

    def change(document: Document) -> None:
        document["issuer"]["id"] = signer.verification_method.partition("#")[0]
        document["credentialStatus"] = {"id": OLD_URL, "type": "1EdTechRevocationList"}

    report = check(
        badge(change, signer), {OLD_URL: revocation_list(issuer=signer.verification_method.partition("#")[0])}
    )
    assert bad(report) == {"status": "STATUS_VERIFICATION_ERROR"}


def test_an_entry_without_an_address_fails() -> None:
    report = check(badge(lambda document: document.update(credentialStatus={"type": "1EdTechRevocationList"})))
    assert report.verdict is INVALID


def test_an_old_list_and_one_of_today_both_count() -> None:
    entries = [{"id": OLD_URL, "type": "1EdTechRevocationList"}, status_entry()]
    both = badge(lambda document: document.update(credentialStatus=entries))
    assert bad(read_old(revocation_list(), both)) == {"schema": "SCHEMA_ERROR"}  # which wants one entry, not a list
    assert bad(read_old(revocation_list({"id": BADGE_ID}), both))["status"] == "REVOKED"
    old_away = {**material(status=status_list(revoked=(INDEX,)))}
    assert bad(check(both, old_away))["status"] == "REVOKED"
