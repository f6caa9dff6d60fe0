"""The signed badge of 1EdTech's implementation guide goes through the whole verification."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from openbadge.proof import data_integrity
from tests.verifier.builders import INVALID, UNDETERMINED, VALID, bad, check, edited

pytestmark = pytest.mark.vectors


@pytest.fixture
def official(vectors: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((vectors / "ob3" / "ob-signed.json").read_bytes())
    return document


def published(document: dict[str, Any]) -> dict[str, Any]:
    """Return the key document that the guide's issuer would publish: its proof names the key in the fragment."""
    issuer, method = document["issuer"]["id"], data_integrity.proofs(document)[0]["verificationMethod"]
    key = {
        "id": method,
        "type": "Multikey",
        "controller": issuer,
        "publicKeyMultibase": method.partition("#")[2],
    }
    return {issuer: {"id": issuer, "verificationMethod": [key], "assertionMethod": [method]}}


def test_it_is_valid_once_the_issuer_lists_the_key(official: dict[str, Any]) -> None:
    report = check(official, published(official))
    assert bad(report) == {}
    assert report.verdict is VALID


def test_the_key_in_the_fragment_alone_proves_nothing(official: dict[str, Any]) -> None:
    assert check(official, {}).verdict is UNDETERMINED


def test_a_changed_word_is_found(official: dict[str, Any]) -> None:
    forged = edited(official, lambda document: document.update(name="Changed"))
    report = check(forged, published(official))
    assert report.verdict is INVALID
    assert bad(report) == {"proof": "CRYPTOGRAPHIC_SECURITY_ERROR"}
