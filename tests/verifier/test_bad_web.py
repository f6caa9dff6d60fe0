"""Rows WEB-001 to WEB-020 as a whole verification meets them; the addresses themselves are in the fetch tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from openbadge.errors import UnavailableError
from tests.verifier.builders import (
    DID_URL,
    INVALID,
    LIST_URL,
    UNDETERMINED,
    VALID,
    Ed25519Signer,
    FakeFetch,
    bad,
    badge,
    check,
    find,
    material,
    problems,
    question,
    sign,
    status_entry,
    unsigned,
)
from verifier.fetch import Fetched, GuardedFetch
from verifier.fetch.guarded import Network
from verifier.fetch.system import tls_context


class Canary:
    """A network in which every connection is a failure of the guard."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self.addresses = addresses
        self.connected: list[str] = []

    def resolve(self, host: str, seconds: float) -> Sequence[str]:
        return self.addresses

    def connect(self, address: str, port: int, seconds: float) -> Any:
        self.connected.append(address)
        raise ConnectionRefusedError

    def fetch(self) -> GuardedFetch:
        network = Network(self.resolve, self.connect, tls_context(), lambda: 0.0, lambda: datetime.now(UTC))
        return GuardedFetch(network)


def issued_by(issuer: str, signer: Ed25519Signer | None = None) -> dict[str, Any]:
    document = unsigned()
    del document["credentialStatus"]
    document["issuer"]["id"] = issuer
    return sign(document, signer or Ed25519Signer(f"{issuer}#key-1"))


@pytest.mark.parametrize(
    "issuer",
    [
        "did:web:localhost",
        "did:web:127.0.0.1",
        "did:web:%5B%3A%3A1%5D",
        "did:web:10.0.0.1",
        "did:web:169.254.169.254",
        "did:web:2130706433",
        "did:web:0x7f000001",
        "did:web:localhost%3A8443",
        "did:web:printer.local",
        "did:web:example.org%3A22",
        "https://127.0.0.1/issuer",
        "https://[::1]/issuer",
        "https://user@127.0.0.1/issuer",
    ],
)
def test_web_001_issuers_on_our_own_network(issuer: str) -> None:
    canary = Canary(["127.0.0.1"])
    report = check(issued_by(issuer), fetch=canary.fetch())
    assert report.verdict is not VALID
    assert canary.connected == []
    assert problems(report) & {"FETCH_BLOCKED", "INVALID_VERIFICATION_METHOD_URL"}


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fec0::1"]
)
def test_web_003_a_public_name_with_a_private_address(address: str) -> None:
    canary = Canary([address])
    report = check(badge(), fetch=canary.fetch())
    assert report.verdict is UNDETERMINED
    assert set(bad(report).values()) == {"FETCH_BLOCKED"}
    assert canary.connected == []


@pytest.mark.parametrize(
    "issuer",
    [
        "did:web:example.com:..:..:admin",
        "did:web:example.com:%2e%2e:admin",
        "did:web:example.com:a%2fb",
        "did:web:example.com:a%5cb",
        "did:web:example.com::a",
        "did:web:example.com:",
        "did:web:example.com?x=1",
        "did:web:EXAMPLE.com",
        "did:web:example.com.",
        "did:web:",
        "did:example:123",
        "did:key:z6Mk",
    ],
)
def test_web_010_identifiers_that_lead_elsewhere(issuer: str) -> None:
    fetch = FakeFetch(material())
    report = check(issued_by(issuer), fetch=fetch)
    assert report.verdict is INVALID
    assert fetch.asked == []


def test_web_018_a_key_document_that_is_gone() -> None:
    report = check(badge(), {**material(), DID_URL: UnavailableError("FETCH_FAILED", "404")})
    assert report.verdict is UNDETERMINED


@pytest.mark.parametrize("media_type", ["text/html", "image/svg+xml", "application/xhtml+xml"])
@pytest.mark.parametrize("url", [DID_URL, LIST_URL])
def test_web_020_pages_are_no_data(url: str, media_type: str) -> None:
    class Pages(FakeFetch):
        def fetch(self, asked: str, accept: str, *, limit: int = 0) -> Fetched:
            answer = super().fetch(asked, accept, limit=limit)
            if asked != url:
                return answer
            return Fetched(asked, media_type, b"<script>alert(1)</script>", answer.at)

    report = check(badge(), fetch=Pages(material()))
    assert report.verdict is UNDETERMINED
    assert "UNSUPPORTED_FORMAT" in problems(report)
    assert "alert(1)" not in str(report.to_json())


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/", "https://10.0.0.1/s", "https://localhost/s", "file:///s", "urn:x:y"]
)
def test_st_016_a_validly_signed_status_list_on_our_own_network(url: str) -> None:
    canary = Canary(["127.0.0.1"])

    class Both:
        def fetch(self, asked: str, accept: str, *, limit: int) -> Fetched:
            source = FakeFetch(material()) if asked == DID_URL else canary.fetch()
            return source.fetch(asked, accept, limit=limit)

    signed = badge(lambda document: document.update(credentialStatus=status_entry(url=url)))
    report = check(signed, fetch=Both())
    assert report.verdict is not VALID
    assert set(bad(report)) == {"status"}
    assert canary.connected == []


def test_an_https_issuer_is_its_own_key_document() -> None:
    issuer = "https://badges.example.org/issuers/1"
    signer = Ed25519Signer(f"{issuer}#key-1")
    keys = {
        "id": issuer,
        "type": "Profile",
        "verificationMethod": [
            {
                "id": f"{issuer}#key-1",
                "type": "Multikey",
                "controller": issuer,
                "publicKeyMultibase": signer.public.multibase,
            }
        ],
        "assertionMethod": [f"{issuer}#key-1"],
    }
    assert check(issued_by(issuer, signer), {issuer: keys}).verdict is VALID


def test_web_021_blocked_targets_are_told_in_the_same_words() -> None:
    """Nobody learns from an answer what is open, closed or filtered on our network."""
    told = {
        find(check(badge(), fetch=Canary([address]).fetch()), "issuer-binding").detail
        for address in ("127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fc00::1", "64:ff9b::7f00:1")
    }
    assert len(told) == 1


def test_things_are_fetched_once_each() -> None:
    fetch = FakeFetch(material())
    check(badge(), fetch=fetch)
    assert sorted(fetch.asked) == sorted(material())
    assert question().recipient is None
