"""Bitstring Status List 1.0 beyond revocation: purposes, sizes, messages, ages, and lists as tokens."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from openbadge import status
from openbadge.multibase import base64url_encode
from openbadge.status_suspension import related_resource
from tests.verifier.builders import (
    INDEX,
    INVALID,
    ISSUER,
    KEY,
    LIST_URL,
    NOW,
    UNDETERMINED,
    VALID,
    Change,
    Document,
    Ed25519Signer,
    FakeFetch,
    bad,
    badge,
    check,
    find,
    material,
    question,
    status_entry,
    status_list,
)
from verifier.material import ACCEPT_LIST
from verifier.report import Report
from verifier.verify import verify

ENTRIES = 131_072


def subject(**members: Any) -> Change:
    return lambda document: document["credentialSubject"].update(members)


def with_entry(entry: Any) -> Document:
    return badge(lambda document: document.update(credentialStatus=entry))


def for_purpose(purpose: str, *, is_set: bool, **members: Any) -> Report:
    """Return the report of a badge whose status has a purpose, in a list in which its bit is set or not."""
    published = status_list(subject(statusPurpose=purpose), revoked=(INDEX,) if is_set else ())
    return check(with_entry({**status_entry(purpose=purpose), **members}), material(status=published))


def messages(size: int) -> list[Document]:
    return [{"status": hex(value), "message": f"message {value}"} for value in range(1 << size)]


def sized_list(size: int, value: int, purpose: str = "message", index: int = 7) -> Document:
    """Return a list of entries of `size` bits in which entry `index` has `value`."""
    first = index * size
    indexes = [first + place for place in range(size) if value >> (size - 1 - place) & 1]
    bits = status.set_bits(ENTRIES * size, indexes)
    return status_list(subject(statusPurpose=purpose, encodedList=status.encode_list(bits)))


def sized(size: int, value: int, purpose: str = "message") -> Report:
    entry = {**status_entry("7", purpose), "statusSize": size, "statusMessage": messages(size)}
    return check(with_entry(entry), material(status=sized_list(size, value, purpose)))


@pytest.mark.parametrize(
    ("purpose", "words"),
    [
        ("revocation", "Not revoked"),
        ("suspension", "Not suspended"),
        ("refresh", "No newer version"),
        ("else", "not set"),
    ],
)
def test_clear_bits(purpose: str, words: str) -> None:
    report = for_purpose(purpose, is_set=False)
    assert report.verdict is VALID
    assert words in find(report, "status").detail


@pytest.mark.parametrize(("purpose", "code"), [("revocation", "REVOKED"), ("suspension", "SUSPENDED")])
def test_set_bits_that_end_validity(purpose: str, code: str) -> None:
    report = for_purpose(purpose, is_set=True)
    assert report.verdict is INVALID
    assert bad(report) == {"status": code}


def test_a_suspension_is_said_to_be_temporary() -> None:
    report = for_purpose("suspension", is_set=True)
    assert "for the time being" in report.headline
    assert "may be again later" in report.headline


def test_a_newer_version_is_said_and_ends_nothing() -> None:
    report = for_purpose("refresh", is_set=True)
    assert report.verdict is VALID
    assert "newer version" in find(report, "status").detail


def test_a_purpose_that_nobody_knows_cannot_be_told_when_set() -> None:
    report = for_purpose("else", is_set=True)
    assert report.verdict is UNDETERMINED
    assert bad(report) == {"status": "STATUS_VERIFICATION_ERROR"}


@pytest.mark.parametrize("is_set", [True, False])
def test_messages_of_one_bit(is_set: bool) -> None:
    report = for_purpose("message", is_set=is_set, statusMessage=messages(1))
    assert report.verdict is VALID
    assert f"(message {int(is_set)})" in find(report, "status").detail


@pytest.mark.parametrize("size", range(2, 9))
def test_st_013_all_bits_of_an_entry_count(size: int) -> None:
    for value in (0, 1, (1 << size) - 1):
        report = sized(size, value)
        assert report.verdict is VALID
        assert f"(message {value})" in find(report, "status").detail


@pytest.mark.parametrize("value", [1, 2, 3])
def test_st_013_any_bit_of_a_revocation_revokes(value: int) -> None:
    report = sized(2, value, "revocation")
    assert bad(report) == {"status": "REVOKED"}
    assert f"(message {value})" in find(report, "status").detail
    assert sized(2, 0, "revocation").verdict is VALID


@pytest.mark.parametrize("size", [0, -1, 9, 64])
def test_st_013_sizes_that_cannot_be(size: int) -> None:
    report = check(with_entry({**status_entry(), "statusSize": size}))
    assert report.verdict is INVALID
    assert bad(report) == {"status": "STATUS_VERIFICATION_ERROR"}


@pytest.mark.parametrize(
    "listed",
    [
        None,
        messages(2)[:3],
        [*messages(2)[:3], {"status": "0x2", "message": "again"}],
        [*messages(2)[:3], {"status": "3", "message": "decimal"}],
        [*messages(2)[:3], {"status": "0x3"}],
    ],
    ids=["missing", "too-few", "twice", "not-hexadecimal", "without-words"],
)
def test_st_013_messages_that_do_not_fit(listed: Any) -> None:
    entry = {**status_entry("7", "message"), "statusSize": 2, "statusMessage": listed}
    report = check(with_entry({name: item for name, item in entry.items() if item is not None}), published(2))
    assert report.verdict is INVALID
    assert bad(report) == {"status": "STATUS_VERIFICATION_ERROR"}


def published(size: int) -> dict[str, Any]:
    return material(status=sized_list(size, 0))


def test_messages_must_be_there_for_their_purpose() -> None:
    report = for_purpose("message", is_set=True)
    assert bad(report) == {"status": "STATUS_VERIFICATION_ERROR"}


def test_a_list_that_is_long_enough_for_bits_but_not_for_entries() -> None:
    entry = {**status_entry("7", "message"), "statusSize": 2, "statusMessage": messages(2)}
    report = check(with_entry(entry), material(status=status_list(subject(statusPurpose="message"))))
    assert report.verdict is UNDETERMINED
    assert bad(report) == {"status": "STATUS_LIST_LENGTH_ERROR"}


def test_st_003_one_list_for_several_purposes() -> None:
    both = status_list(subject(statusPurpose=["revocation", "suspension"]), revoked=(INDEX,))
    assert bad(check(with_entry(status_entry(purpose="suspension")), material(status=both))) == {"status": "SUSPENDED"}
    assert bad(check(with_entry(status_entry(purpose="refresh")), material(status=both))) == {
        "status": "STATUS_VERIFICATION_ERROR"
    }


@pytest.mark.parametrize("purpose", [5, True, ["revocation", 5], None])
def test_a_list_whose_purpose_is_no_text_cannot_tell(purpose: Any) -> None:
    def change(document: Document) -> None:
        document["credentialSubject"].update(statusPurpose=purpose)
        if purpose is None:
            del document["credentialSubject"]["statusPurpose"]

    report = check(badge(), material(status=status_list(change)))
    assert report.verdict is not VALID


def test_every_entry_counts() -> None:
    entries = [
        status_entry(),
        {**status_entry("7", "suspension"), "id": "urn:uuid:0b1c2d3e-0000-7000-8000-0000000000c1"},
    ]
    both = subject(statusPurpose=["revocation", "suspension"])
    plain = check(with_entry(entries), material(status=status_list(both)))
    assert "Not revoked" in find(plain, "status").detail
    assert "Not suspended" in find(plain, "status").detail
    for index, code in ((INDEX, "REVOKED"), (7, "SUSPENDED")):
        report = check(with_entry(entries), material(status=status_list(both, revoked=(index,))))
        assert bad(report)["status"] == code


def without_end(**members: Any) -> Change:
    def change(document: Document) -> None:
        del document["validUntil"], document["validFrom"]
        document["credentialSubject"].update(members)

    return change


@pytest.mark.parametrize(("age", "code"), [(0, None), (299, None), (300, None), (301, "STATUS_STALE")])
def test_st_010_a_copy_without_an_end_is_good_for_its_time_to_live(age: int, code: str | None) -> None:
    report = check(badge(), material(status=status_list(without_end(ttl=300_000))), now=NOW + timedelta(seconds=age))
    assert bad(report) == ({} if code is None else {"status": code})


def test_st_010_an_end_says_how_long_a_copy_is_good() -> None:
    later = NOW + timedelta(minutes=9)
    assert check(badge(), material(status=status_list(subject(ttl=60_000))), now=later).verdict is VALID


@pytest.mark.parametrize("ttl", [-1, 1.5, True, "300000", 10**18])
def test_a_time_to_live_that_is_no_number_of_milliseconds(ttl: Any) -> None:
    report = check(badge(), material(status=status_list(without_end(ttl=ttl))))
    assert report.verdict is UNDETERMINED


def as_token(document: Document, header: Document | None = None, signer: Ed25519Signer = KEY, **claims: Any) -> bytes:
    """Return a status list as a signed token (VC-JOSE-COSE section 3.1.1: the document is the payload)."""
    head = {"alg": "EdDSA", "kid": signer.verification_method, "typ": "vc+jwt", "cty": "vc", **(header or {})}
    body = {**{name: value for name, value in document.items() if name != "proof"}, **claims}
    text = ".".join(base64url_encode(json.dumps(part).encode()) for part in (head, body))
    return f"{text}.{base64url_encode(signer.sign(text.encode()))}".encode()


def test_a_list_as_a_token() -> None:
    assert check(badge(), material(status=as_token(status_list()))).verdict is VALID
    assert check(badge(), material(status=as_token(status_list(), {"typ": "JWT"}) + b"\n")).verdict is VALID
    revoked = as_token(status_list(revoked=(INDEX,)), iss=ISSUER, nbf=1_774_951_200, exp=1_900_000_000)
    assert bad(check(badge(), material(status=revoked))) == {"status": "REVOKED"}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (as_token(status_list(), signer=Ed25519Signer(KEY.verification_method, 66)), "STATUS_VERIFICATION_ERROR"),
        (as_token(status_list(), {"typ": "vp+jwt"}), "STATUS_VERIFICATION_ERROR"),
        (as_token(status_list(), {"cty": "vp"}), "STATUS_VERIFICATION_ERROR"),
        (as_token(status_list(), {"alg": "none"}), "STATUS_VERIFICATION_ERROR"),
        (as_token(status_list(), {"crit": ["x"]}), "STATUS_VERIFICATION_ERROR"),
        (as_token(status_list(), iss="did:web:other.example"), "STATUS_VERIFICATION_ERROR"),
        (as_token(status_list(), exp=1_774_951_200), "STATUS_STALE"),
        (as_token(status_list(), nbf=1_900_000_000), "STATUS_STALE"),
        (as_token(status_list(), nbf="soon"), "STATUS_VERIFICATION_ERROR"),
        (as_token(status_list(lambda item: item.update(issuer="did:web:other.example"))), "STATUS_VERIFICATION_ERROR"),
        (as_token({"vc": status_list()}), "STATUS_VERIFICATION_ERROR"),
        (as_token(status_list())[:-3], "STATUS_VERIFICATION_ERROR"),
    ],
    ids=["key", "typ", "cty", "none", "crit", "iss", "exp", "nbf", "nbf-text", "issuer", "no-claims", "cut"],
)
def test_tokens_that_cannot_tell(answer: bytes, code: str) -> None:
    report = check(badge(), material(status=answer))
    assert report.verdict is not VALID
    assert bad(report) == {"status": code}


def test_a_list_is_asked_for_in_both_forms() -> None:
    class Listening(FakeFetch):
        def fetch(self, url: str, accept: str, *, limit: int = 0) -> Any:
            heard[url] = accept
            return super().fetch(url, accept, limit=limit)

    heard: dict[str, str] = {}
    verify(json.dumps(badge()).encode(), question(fetch=Listening(material())))
    assert heard[LIST_URL] == ACCEPT_LIST
    assert "application/vc+jwt" in ACCEPT_LIST


def with_suspensions(*indexes: int) -> Change:
    """A list that says of some of its set bits that they are suspensions."""
    resource = related_resource(status.set_bits(ENTRIES, indexes))
    return lambda document: document.update(relatedResource=[resource])


def test_a_revocation_list_says_that_a_set_bit_is_a_suspension() -> None:
    report = check(badge(), material(status=status_list(with_suspensions(INDEX), revoked=(INDEX,))))
    assert report.verdict is INVALID
    assert bad(report) == {"status": "SUSPENDED"}
    assert "may be again later" in report.headline


def test_only_the_bit_that_the_list_names_is_a_suspension() -> None:
    report = check(badge(), material(status=status_list(with_suspensions(INDEX + 1), revoked=(INDEX, INDEX + 1))))
    assert bad(report) == {"status": "REVOKED"}


def test_a_suspension_without_its_bit_in_the_list_changes_nothing() -> None:
    report = check(badge(), material(status=status_list(with_suspensions(INDEX))))
    assert report.verdict is VALID
    assert "Not revoked" in find(report, "status").detail


def test_suspensions_that_nobody_signed_make_the_list_useless() -> None:
    forged = {**status_list(revoked=(INDEX,))}
    with_suspensions(INDEX)(forged)
    report = check(badge(), material(status=forged))
    assert report.verdict is UNDETERMINED
    assert bad(report) == {"status": "STATUS_VERIFICATION_ERROR"}


def test_suspensions_of_another_length_are_no_suspensions() -> None:
    longer = related_resource(bytes(2 * ENTRIES // 8))
    published = status_list(lambda document: document.update(relatedResource=[longer]), revoked=(INDEX,))
    assert bad(check(badge(), material(status=published))) == {"status": "REVOKED"}
