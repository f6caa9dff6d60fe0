"""Rows ST-001 to ST-018 of the corpus of bad inputs: revocation, and lists that cannot tell."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

import pytest

from openbadge import status
from openbadge.errors import UnavailableError
from openbadge.multibase import encode_base64url
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
    outcomes,
    status_entry,
    status_list,
)

SIGNED = badge()
RAW = bytes(131_072 // 8)


def listed(change: Change | None = None, **arguments: Any) -> Any:
    """Return the report of the good badge against a list that was changed before its signature."""
    return check(SIGNED, material(status=status_list(change, **arguments)))


def subject(**members: Any) -> Change:
    return lambda document: document["credentialSubject"].update(members)


def with_entry(entry: Any) -> Document:
    return badge(lambda document: document.update(credentialStatus=entry))


def test_not_revoked() -> None:
    report = listed()
    assert report.verdict is VALID
    assert find(report, "status").detail == "Not revoked, according to the issuer's list of 2026-04-01T11:55:00Z."


def test_revoked() -> None:
    report = listed(revoked=(INDEX,))
    assert report.verdict is INVALID
    assert bad(report) == {"status": "REVOKED"}


def test_no_status_at_all_is_said() -> None:
    report = check(badge(lambda document: document.pop("credentialStatus")))
    assert report.verdict is VALID
    assert find(report, "status").detail == "The issuer publishes no revocation list for this credential."


UNSOUND = [
    ("ST-001-unsigned", edited(status_list(), lambda item: item.pop("proof"))),
    ("ST-001-tampered", edited(status_list(revoked=(INDEX,)), subject(encodedList=status.encode_list(RAW)))),
    ("ST-001-other-key", status_list(signer=Ed25519Signer(KEY.verification_method, 66))),
    ("ST-001-other-issuer", status_list(lambda item: item.update(issuer="did:web:other.example"))),
    ("ST-001-foreign-proof", status_list(signer=did_key_signer(66))),
    ("ST-002-other-id", status_list(lambda item: item.update(id="https://badges.example.org/status/2"))),
    ("ST-002-other-type", status_list(lambda item: item.update(type=["VerifiableCredential"]))),
    ("ST-002-no-list", status_list(lambda item: item["credentialSubject"].pop("encodedList"))),
    ("ST-006-two-members", status_list(subject(encodedList="u" + "H4s"))),
    ("html", b"<html></html>"),
    ("empty", b""),
    ("array", b"[]"),
    ("token", b"eyJhbGciOiJub25lIn0.e30."),
    ("not-text", b"e\xff\xff"),
]


@pytest.mark.parametrize("answer", [row[1] for row in UNSOUND], ids=[row[0] for row in UNSOUND])
def test_st_001_an_unsound_list_cannot_tell(answer: Any) -> None:
    report = check(SIGNED, material(status=answer))
    assert report.verdict is UNDETERMINED
    assert bad(report) == {"status": "STATUS_VERIFICATION_ERROR"}


def test_st_003_a_list_for_another_purpose() -> None:
    report = listed(subject(statusPurpose="suspension"))
    assert report.verdict is INVALID
    assert bad(report) == {"status": "STATUS_VERIFICATION_ERROR"}


def test_st_003_a_list_for_several_purposes() -> None:
    assert listed(subject(statusPurpose=["suspension", "revocation"])).verdict is VALID


def test_st_004_suspension() -> None:
    suspended = status_list(subject(statusPurpose="suspension"), revoked=(INDEX,))
    report = check(with_entry(status_entry(purpose="suspension")), material(status=edited(suspended, lambda _: None)))
    assert report.verdict is INVALID
    assert "status" in bad(report)


def encoded(data: bytes) -> str:
    return encode_base64url(data)


BOMB = gzip.compress(bytes(1024 * 1024 * 1024 // 8), 9)

LISTS = [
    ("ST-005-bomb", encoded(BOMB), {"LIMIT_EXCEEDED"}),
    ("ST-006-members", encoded(gzip.compress(RAW) + gzip.compress(RAW)), {"STATUS_VERIFICATION_ERROR"}),
    ("ST-006-trailing", encoded(gzip.compress(RAW) + b"x"), {"STATUS_VERIFICATION_ERROR"}),
    ("ST-006-truncated", encoded(gzip.compress(RAW)[:-4]), {"STATUS_VERIFICATION_ERROR"}),
    ("ST-006-crc", encoded(gzip.compress(RAW)[:-8] + b"\0" * 8), {"STATUS_VERIFICATION_ERROR"}),
    ("ST-006-zlib", encoded(zlib.compress(RAW)), {"STATUS_VERIFICATION_ERROR"}),
    ("ST-006-raw", encoded(RAW), {"STATUS_VERIFICATION_ERROR"}),
    ("ST-006-no-prefix", encoded(gzip.compress(RAW))[1:], {"STATUS_VERIFICATION_ERROR"}),
    ("ST-006-padded", encoded(gzip.compress(RAW)) + "==", {"STATUS_VERIFICATION_ERROR"}),
    ("ST-006-standard", encoded(gzip.compress(RAW))[:-1] + "+", {"STATUS_VERIFICATION_ERROR"}),
    ("ST-007-short", encoded(gzip.compress(RAW[1:])), {"STATUS_LIST_LENGTH_ERROR"}),
]


@pytest.mark.parametrize(("text", "codes"), [row[1:] for row in LISTS], ids=[row[0] for row in LISTS])
def test_st_005_st_006_lists_that_cannot_be_read(text: str, codes: set[str]) -> None:
    report = listed(subject(encodedList=text))
    assert report.verdict is UNDETERMINED
    assert set(bad(report).values()) <= codes


@pytest.mark.parametrize("index", [0, 1, 7, 8, 9, 131_071])
def test_st_008_exactly_the_index_that_is_set(index: int) -> None:
    for asked in (index, index ^ 1, index ^ 7):
        report = check(with_entry(status_entry(str(asked))), material(status=status_list(revoked=(index,))))
        assert bad(report) == ({"status": "REVOKED"} if asked == index else {})


@pytest.mark.parametrize(
    ("member", "text", "code"),
    [
        ("validUntil", "2026-04-01T11:59:59Z", "STATUS_STALE"),
        ("validUntil", "2026-04-01T12:00:00Z", None),
        ("validFrom", "2026-04-01T12:01:01Z", "STATUS_STALE"),
        ("validFrom", "2026-04-01T12:01:00Z", None),
    ],
)
def test_st_010_lists_out_of_date(member: str, text: str, code: str | None) -> None:
    report = listed(lambda document: document.update({member: text}))
    assert bad(report) == ({} if code is None else {"status": code})
    assert report.verdict is (VALID if code is None else UNDETERMINED)


def test_st_010_a_list_without_dates_speaks_of_when_it_was_fetched() -> None:
    def change(document: Document) -> None:
        del document["validFrom"], document["validUntil"]

    assert "2026-04-01T12:00:00Z" in find(listed(change), "status").detail


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UnavailableError("FETCH_FAILED", "500"), "STATUS_RETRIEVAL_ERROR"),
        (UnavailableError("FETCH_BLOCKED", "private"), "FETCH_BLOCKED"),
        (UnavailableError("LIMIT_EXCEEDED", "large"), "LIMIT_EXCEEDED"),
    ],
)
def test_st_011_st_016_a_list_that_cannot_be_had(error: UnavailableError, code: str) -> None:
    report = check(SIGNED, material(status=error))
    assert report.verdict is UNDETERMINED
    assert bad(report) == {"status": code}


@pytest.mark.parametrize(
    "index", ["-1", "+5", " 5", "5_0", "٥", "5.0", "0x5", "05", "", "99999999999", 5.5, True, None, []]
)
def test_st_012_indexes_that_are_no_number(index: Any) -> None:
    entry = {**status_entry(), "statusListIndex": index}
    assert check(edited(SIGNED, lambda document: document.update(credentialStatus=entry))).verdict is not VALID


@pytest.mark.parametrize("index", ["-1", "+5", "5_0", "05", "x"])
def test_st_012_bad_indexes_rightly_signed(index: str) -> None:
    report = check(with_entry(status_entry(index)))
    assert report.verdict is INVALID
    assert outcomes(report)["status"] == "failed"


def test_st_012_an_index_beyond_the_list() -> None:
    report = check(with_entry(status_entry("131072")))
    assert report.verdict is INVALID
    assert bad(report) == {"status": "RANGE_ERROR"}


@pytest.mark.parametrize("size", [0, -1, 2, 64])
def test_st_013_status_sizes_other_than_one(size: int) -> None:
    report = check(with_entry({**status_entry(), "statusSize": size}))
    assert report.verdict is not VALID
    assert outcomes(report)["status"] != "passed"


def test_st_015_the_status_of_a_list_is_not_followed() -> None:
    asked = status_list(lambda item: item.update(credentialStatus=status_entry()))
    report = check(SIGNED, material(status=asked))
    assert [source.url for source in report.sources] == list(material())


@pytest.mark.parametrize("kind", ["StatusList2021Entry", "RevocationList2020Status"])
def test_st_018_lists_that_the_vocabularies_of_the_badge_do_not_define(kind: str) -> None:
    entry = {**status_entry(), "type": kind}
    assert check(edited(SIGNED, lambda document: document.update(credentialStatus=entry))).verdict is INVALID


def test_an_unreachable_list_does_not_hide_a_revocation() -> None:
    entries = [status_entry(url="https://badges.example.org/status/9"), status_entry()]
    report = check(with_entry(entries), material(status=status_list(revoked=(INDEX,))))
    assert bad(report)["status"] == "REVOKED"


def test_too_many_entries() -> None:
    report = check(with_entry([status_entry(str(number)) for number in range(5)]))
    assert bad(report)["contexts"] == "LIMIT_EXCEEDED"


def test_the_issuer_of_the_list_may_be_an_object() -> None:
    assert listed(lambda item: item.update(issuer={"id": ISSUER, "name": "Example Academy"})).verdict is VALID


def test_the_list_is_asked_at_its_own_address_only() -> None:
    assert LIST_URL in [source.url for source in listed().sources]
