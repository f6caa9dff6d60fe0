"""Rows LD-001 to LD-046 of the corpus of bad inputs: the signature stays right, the text says something else."""

from __future__ import annotations

from typing import Any

import pytest

from openbadge.vocabulary import CREDENTIALS_V2, OB_CONTEXT, OB_EXTENSIONS
from tests.verifier.builders import (
    INVALID,
    ISSUER,
    VALID,
    Change,
    Document,
    badge,
    check,
    edited,
    outcomes,
    problems,
    unsigned,
)

CREDENTIALS = "https://www.w3.org/2018/credentials#"
XSD_DATE = "http://www.w3.org/2001/XMLSchema#dateTime"
SIGNED = badge()
EXPIRED = badge(lambda document: document.update(validUntil="2026-03-31T11:00:00Z"))


def put(*path: Any) -> Change:
    """Return an edit that sets the member at `path[:-2]` named `path[-2]` to `path[-1]`."""

    def change(document: Document) -> None:
        target: Any = document
        for name in path[:-2]:
            target = target[name]
        target[path[-2]] = path[-1]

    return change


def full_iri(document: Document) -> None:
    document[CREDENTIALS + "validUntil"] = {"@value": document.pop("validUntil"), "@type": XSD_DATE}


def nest(name: str) -> Change:
    return lambda document: document.update({"@nest": {name: document.pop(name)}})


def alias(document: Document) -> None:
    document["@context"].append({"st": {"@id": CREDENTIALS + "credentialStatus", "@type": "@id"}})
    document["st"] = document.pop("credentialStatus")


def split_issuer(document: Document) -> None:
    document["issuer"] = [{"id": ISSUER, "type": ["Profile"]}, {"id": ISSUER, "name": "Example Academy"}]


def rename_criteria(document: Document) -> None:
    achievement = document["credentialSubject"]["achievement"]
    achievement["Criteria"] = achievement.pop("criteria")


def wrap(document: Document) -> None:
    inner = {name: document.pop(name) for name in list(document) if name != "@context"}
    document["@graph"] = [inner]


def reverse(document: Document) -> None:
    document["credentialSubject"]["@reverse"] = {"https://schema.org/knows": {"id": "urn:x:someone"}}


def contexts(*urls: Any) -> Change:
    return lambda document: document.update({"@context": list(urls)})


ACHIEVEMENT = ("credentialSubject", "achievement")
LANGUAGE = {"@value": "d", "@language": 'en .\n<urn:x> <https://schema.org/name> "ann"'}

AFTER = [
    ("LD-001", put("note", "Awarded with honours"), "DATA_LOSS_DETECTION_ERROR"),
    ("LD-001-achievement", put(*ACHIEVEMENT, "grade", "A"), "DATA_LOSS_DETECTION_ERROR"),
    ("LD-005", nest("validUntil"), "NON_CANONICAL_FORM"),
    ("LD-006", nest("credentialStatus"), "NON_CANONICAL_FORM"),
    ("LD-008", alias, "CONTEXT_NOT_ALLOWED"),
    ("LD-010", split_issuer, "NON_CANONICAL_FORM"),
    ("LD-011", rename_criteria, "NON_CANONICAL_FORM"),
    ("LD-013-issuer", put("issuer", "@index", "Dean's list"), "NON_CANONICAL_FORM"),
    ("LD-013-value", put("name", {"@value": "Intro to Testing", "@index": "Dean's list"}), "NON_CANONICAL_FORM"),
    ("LD-013-direction", put("name", {"@value": "Intro to Testing", "@direction": "rtl"}), "NON_CANONICAL_FORM"),
    ("LD-015-null", put(*ACHIEVEMENT, "fieldOfStudy", None), "DATA_LOSS_DETECTION_ERROR"),
    ("LD-015-empty", put("evidence", []), "DATA_LOSS_DETECTION_ERROR"),
    ("LD-015-object", put("evidence", {}), "NON_CANONICAL_FORM"),
    ("LD-018", wrap, "NON_CANONICAL_FORM"),
    ("LD-020", reverse, "NON_CANONICAL_FORM"),
    ("LD-020-included", put("@included", [{"id": "urn:x:y", "name": "z"}]), "NON_CANONICAL_FORM"),
    ("LD-021", put("credentialSubject", "@context", {"name": "https://x.example/n"}), "CONTEXT_NOT_ALLOWED"),
    ("LD-021-allowed", put("credentialSubject", "@context", [CREDENTIALS_V2, OB_CONTEXT]), "CONTEXT_NOT_ALLOWED"),
    (
        "LD-023",
        contexts(CREDENTIALS_V2, OB_CONTEXT, OB_EXTENSIONS, {"name": "https://x.example/n"}),
        "CONTEXT_NOT_ALLOWED",
    ),
    ("LD-026", contexts(CREDENTIALS_V2, OB_CONTEXT, {"@base": "https://evil.example/"}), "CONTEXT_NOT_ALLOWED"),
    ("LD-031", put(*ACHIEVEMENT, "description", LANGUAGE), "MALFORMED_VALUE_ERROR"),
    ("LD-033", contexts(OB_CONTEXT, CREDENTIALS_V2, OB_EXTENSIONS), "CONTEXT_NOT_ALLOWED"),
    ("LD-035-file", contexts(CREDENTIALS_V2, OB_CONTEXT, "file:///etc/passwd"), "CONTEXT_NOT_ALLOWED"),
    ("LD-035-http", contexts(CREDENTIALS_V2, OB_CONTEXT, "http://169.254.169.254/"), "CONTEXT_NOT_ALLOWED"),
    ("LD-035-data", contexts(CREDENTIALS_V2, OB_CONTEXT, "data:application/ld+json,{}"), "CONTEXT_NOT_ALLOWED"),
    ("LD-035-gopher", contexts(CREDENTIALS_V2, OB_CONTEXT, "gopher://x.example/"), "CONTEXT_NOT_ALLOWED"),
    ("LD-036-slash", contexts(CREDENTIALS_V2 + "/", OB_CONTEXT), "CONTEXT_NOT_ALLOWED"),
    ("LD-036-case", contexts(CREDENTIALS_V2.replace("www", "WWW"), OB_CONTEXT), "CONTEXT_NOT_ALLOWED"),
    ("LD-036-fragment", contexts(CREDENTIALS_V2 + "#x", OB_CONTEXT), "CONTEXT_NOT_ALLOWED"),
    ("LD-036-query", contexts(CREDENTIALS_V2, OB_CONTEXT + "?x"), "CONTEXT_NOT_ALLOWED"),
    ("LD-036-http", contexts(CREDENTIALS_V2.replace("https", "http"), OB_CONTEXT), "CONTEXT_NOT_ALLOWED"),
    ("LD-036-missing", lambda document: document.pop("@context"), "CONTEXT_NOT_ALLOWED"),
    ("LD-036-text", put("@context", CREDENTIALS_V2), "CONTEXT_NOT_ALLOWED"),
    ("LD-038", contexts(*[CREDENTIALS_V2] * 1000), "LIMIT_EXCEEDED"),
    ("LD-043", put("credentialSubject", "id", "_:b0"), "MALFORMED_VALUE_ERROR"),
    ("LD-045", put("proof", 0, "verified", True), "DATA_LOSS_DETECTION_ERROR"),
    ("LD-046-proof2", lambda document: document.update(proof2=document["proof"][0]), "DATA_LOSS_DETECTION_ERROR"),
    ("LD-046-signature", put("signature", "abc"), "DATA_LOSS_DETECTION_ERROR"),
    ("LD-046-jws", put("jws", "abc"), "DATA_LOSS_DETECTION_ERROR"),
]


@pytest.mark.parametrize(("change", "code"), [row[1:] for row in AFTER], ids=[row[0] for row in AFTER])
def test_edited_after_signing(change: Change, code: str) -> None:
    report = check(edited(SIGNED, change))
    assert report.verdict is INVALID
    assert code in problems(report)
    assert report.credential is None


def test_ld_003_a_hidden_end_date_does_not_make_an_expired_badge_valid() -> None:
    assert "EXPIRED" in problems(check(EXPIRED))
    report = check(edited(EXPIRED, full_iri))
    assert report.verdict is INVALID
    assert problems(report) & {"NON_CANONICAL_FORM", "EXPIRED"}
    assert report.credential is None


@pytest.mark.parametrize("text", ["a b", "urn:x:a b", "relative", "../up", "https://x.example/<>"])
@pytest.mark.parametrize(
    "path", [(), ("credentialSubject",), ("credentialStatus",)], ids=["LD-028-badge", "subject", "status"]
)
def test_ld_028_an_id_that_is_no_iri(path: tuple[str, ...], text: str) -> None:
    report = check(edited(SIGNED, put(*path, "id", text)))
    assert report.verdict is INVALID
    assert "DATA_LOSS_DETECTION_ERROR" in problems(report)


def test_ld_030_an_undefined_type() -> None:
    report = check(edited(SIGNED, put("type", ["VerifiableCredential", "OpenBadgeCredential", "GoldMedal"])))
    assert report.verdict is INVALID
    assert "DATA_LOSS_DETECTION_ERROR" in problems(report)


def test_ld_016_order_and_repetition_in_lists_change_nothing() -> None:
    """Lists are sets in RDF: reordering is not forgery, and no check or display may depend on it."""
    plain, other = check(SIGNED), check(edited(SIGNED, put(*ACHIEVEMENT, "tag", ["quality", "testing", "quality"])))
    assert other.verdict is VALID
    assert outcomes(other) == outcomes(plain)


def test_ld_041_500_different_blank_nodes_are_accepted() -> None:
    def change(document: Document) -> None:
        document["evidence"] = [{"type": ["Evidence"], "name": f"Item {number}"} for number in range(500)]

    assert check(badge(change)).verdict is VALID


def test_ld_040_equal_blank_nodes_end_in_a_limit() -> None:
    """Identical bodies without ids are told apart only by trying; many of them must not cost the time."""
    document = unsigned()
    document["evidence"] = [{"type": ["Evidence"], "name": "same"} for _ in range(150)]
    document["proof"] = SIGNED["proof"]
    report = check(document)
    assert report.verdict is not VALID
    assert "LIMIT_EXCEEDED" in problems(report)
