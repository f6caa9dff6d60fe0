"""Rows about the text, its vocabularies and its values: JSON, LD and DM."""

from __future__ import annotations

from typing import Any

from openbadge import did
from tests.microcred.corpus.row import SIGNED, Published, Row, row
from tests.verifier import test_bad_json, test_bad_json_ld
from tests.verifier.builders import ATTACKER, EMAIL, VALID, Document, badge, edited, endorsement, sign, unsigned
from tests.verifier.test_bad_json_ld import put


def json_rows() -> list[Row]:
    listed = [row(name, data, code) for name, data, code in test_bad_json.ROWS if name.startswith("JSON-")]
    exact = badge(lambda document: document["credentialSubject"].update(creditsEarned=9_007_199_254_740_993))
    parts = badge(lambda document: document["credentialSubject"].update(creditsEarned=1.5))
    return [*listed, row("JSON-010", exact, None, VALID), row("JSON-011", parts, None, VALID)]


def json_ld_rows() -> list[Row]:
    listed = [row(name, edited(SIGNED, change), code) for name, change, code in test_bad_json_ld.AFTER]
    alike = {**unsigned(), "evidence": [{"type": ["Evidence"], "name": "same"}] * 150, "proof": SIGNED["proof"]}
    rich = badge(put("evidence", [{"type": ["Evidence"], "name": f"Item {number}"} for number in range(500)]))
    vocabulary = [*SIGNED["@context"], {"@vocab": "https://ex.org/v#"}]
    return [
        *listed,
        row("LD-003", edited(test_bad_json_ld.EXPIRED, test_bad_json_ld.full_iri), "NON_CANONICAL_FORM"),
        row(
            "LD-016",
            edited(SIGNED, put("credentialSubject", "achievement", "tag", ["quality", "testing"])),
            None,
            VALID,
        ),
        row("LD-025", badge(put("@context", vocabulary)), "CONTEXT_NOT_ALLOWED"),
        row("LD-028", edited(SIGNED, put("id", "urn:x:a b")), "DATA_LOSS_DETECTION_ERROR"),
        row("LD-030", edited(SIGNED, put("type", [*SIGNED["type"], "GoldMedal"])), "DATA_LOSS_DETECTION_ERROR"),
        row("LD-040", alike, "LIMIT_EXCEEDED"),
        row("LD-041", rich, None, VALID),
    ]


def without_names(document: Document) -> None:
    for name in ("id", "identifier"):
        del document["credentialSubject"][name]


def look_alike() -> tuple[Document, Published]:
    document = unsigned()
    del document["credentialStatus"]
    document["issuer"] = {"id": "did:web:attacker.example", "type": ["Profile"], "name": "Example Academy"}
    keys = did.document("did:web:attacker.example", [(ATTACKER.verification_method, ATTACKER.public)])
    return sign(document, ATTACKER), {"https://attacker.example/.well-known/did.json": keys}


def with_end(value: Any) -> Document:
    return edited(SIGNED, lambda document: document.update(validUntil=value))


def data_model_rows() -> list[Row]:
    copied, published = look_alike()
    schema = {"id": "https://10.0.0.1/schema.json", "type": "JsonSchema"}
    tampered = edited(endorsement(), lambda item: item.update(name="Gold seal"))
    return [
        row("DM-001-past", badge(put("validUntil", "2026-04-01T11:59:59Z")), "EXPIRED"),
        row("DM-001-now", badge(put("validUntil", "2026-04-01T12:00:00Z")), None, VALID),
        row("DM-001-hour", badge(put("validFrom", "2026-04-01T13:00:00Z")), "NOT_YET_VALID"),
        *(
            row(f"DM-003-{text}", badge(put("validFrom", text)), "MALFORMED_VALUE_ERROR")
            for text in ("2024-01-01", "2024-01-01T00:00:00", "20240101T000000Z", "2024-W01-1", "2024-01-01 00:00:00Z")
        ),
        *(
            row(f"DM-005-{number}", with_end(value), "MALFORMED_VALUE_ERROR")
            for number, value in enumerate(
                (["2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"], {"a": "b"}, 1893456000, True)
            )
        ),
        row("DM-006", badge(put("type", ["VerifiableCredential"])), "MALFORMED_VALUE_ERROR"),
        row("DM-008", badge(without_names), "MALFORMED_VALUE_ERROR"),
        row("DM-010", SIGNED, "RECIPIENT_MISMATCH", recipient="other@example.org"),
        row("DM-010-case", SIGNED, None, VALID, recipient=EMAIL.upper()),
        row("DM-011", badge(lambda document: document["credentialSchema"].append(schema)), None, VALID),
        row("DM-013", copied, "ISSUER_UNTRUSTED", VALID, published=published),
        row("DM-015-homograph", badge(put("issuer", "name", "Ex\u0430mple Academy")), "HOMOGRAPH_WARNING", VALID),
        row("DM-015-reversed", badge(put("issuer", "name", "\u202eymedacA")), "BIDI_WARNING", VALID),
        row("DM-016-proof", badge(put("endorsement", [tampered])), "ENDORSEMENT_INVALID", VALID),
        row("DM-016-subject", badge(put("endorsement", [endorsement("urn:x:y")])), "ENDORSEMENT_INVALID", VALID),
    ]
