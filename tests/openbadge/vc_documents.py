"""Credentials and presentations in the manner of the W3C's VC-JOSE-COSE test suite."""

from __future__ import annotations

from typing import Any

from openbadge import enveloped

V2 = "https://www.w3.org/ns/credentials/v2"
CONTEXTS = [V2, "https://www.w3.org/ns/credentials/examples/v2"]
ISSUER = "https://example.issuer/vc-jose-cose"


def minimal(**changes: Any) -> dict[str, Any]:
    return {
        "@context": CONTEXTS,
        "id": "http://university.example/credentials/1872",
        "type": ["VerifiableCredential", "ExampleAlumniCredential"],
        "issuer": ISSUER,
        "validFrom": "2010-01-01T19:23:24Z",
        "credentialSchema": {"id": "https://example.org/examples/degree.json", "type": "JsonSchema"},
        "credentialSubject": {"id": "did:example:123", "degree": {"type": "BachelorDegree", "name": "Bachelor"}},
        **changes,
    }


def full() -> dict[str, Any]:
    return minimal(
        validUntil="2027-01-01T00:00:00Z",
        credentialStatus={"id": "https://example.edu/status/3#94567", "type": "StatusList2021Entry"},
        evidence=[{"id": "https://example.edu/evidence/1", "type": ["DocumentVerification"]}],
        termsOfUse=[{"id": "https://example.edu/terms/1", "type": "https://example.org/terms/v1"}],
        refreshService={"id": "https://example.edu/refresh/3732", "type": "ManualRefreshService2018"},
    )


def employment() -> dict[str, Any]:
    address = {"street": "123 Main St", "city": "Anytown", "country": "USA"}
    phones = [{"number": "+1-555-123-4567", "type": "work"}, {"number": "+1-555-987-6543", "type": "mobile"}]
    return minimal(credentialSubject={"id": "did:example:1", "address": address, "phoneNumbers": phones})


def envelope(media: str = "vc+jwt", text: str = "eyJhbGciOiJFUzI1NiJ9...", **changes: Any) -> dict[str, Any]:
    return {**enveloped.wrap(enveloped.ENVELOPED_CREDENTIAL, f"application/{media}", text), **changes}


def presentation(*credentials: Any, **changes: Any) -> dict[str, Any]:
    return {
        "@context": CONTEXTS,
        "id": "urn:uuid:3978344f-8596-4c3a-a978-8fcaba3903c5",
        "type": "VerifiablePresentation",
        "holder": ISSUER,
        "verifiableCredential": list(credentials or [envelope()]),
        **changes,
    }
