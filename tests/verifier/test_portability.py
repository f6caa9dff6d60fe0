"""Will it work elsewhere: every rule once right and once wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from openbadge.vocabulary import CREDENTIALS_V2, OB_CONTEXTS, OB_EXTENSIONS
from tests.verifier.builders import Change, Document, P256Signer, badge, check, token, unsigned
from verifier.parse import parse
from verifier.portability import RULES, assess

SIGNED = badge()
PLAIN = "http://badges.example.org/achievements/1"


def found(data: Document | str) -> dict[str, str]:
    text = data if isinstance(data, str) else json.dumps(data)
    return {item.id: str(item.outcome) for item in assess(parse(text.encode()))}


def subject(**members: Any) -> Change:
    def change(document: Document) -> None:
        for name, value in members.items():
            if value is None:
                document["credentialSubject"].pop(name, None)
            else:
                document["credentialSubject"][name] = value

    return change


def achievement(**members: Any) -> Change:
    return lambda document: subject(achievement={**document["credentialSubject"]["achievement"], **members})(document)


def member(name: str, value: Any) -> Change:
    return lambda document: document.pop(name) if value is None else document.update({name: value})


def without_status_id(document: Document) -> None:
    del document["credentialStatus"]["id"]


def without_image(document: Document) -> None:
    del document["credentialSubject"]["achievement"]["image"]


def nameless(document: Document) -> None:
    del document["issuer"]["name"]


HASHED = [unsigned()["credentialSubject"]["identifier"][0]]

WRONG = [
    ("context-version", member("@context", [CREDENTIALS_V2, OB_CONTEXTS[1], OB_EXTENSIONS]), "failed"),
    ("arrays", lambda document: document.update(proof=document["proof"][0]), "failed"),
    ("arrays", lambda document: document.update(credentialSchema=document["credentialSchema"][0]), "failed"),
    ("status-form", without_status_id, "failed"),
    ("status-form", lambda document: document.update(credentialStatus=[document["credentialStatus"]]), "failed"),
    ("issuer-profile", member("issuer", "did:web:badges.example.org"), "failed"),
    ("issuer-profile", nameless, "failed"),
    ("achievement-image", without_image, "failed"),
    ("achievement-image", achievement(image={"id": "http://a.example/i.png", "type": "Image"}), "failed"),
    ("subject-id", subject(id=None), "unknown"),
    ("proof-suite", lambda document: document["proof"][0].update(cryptosuite="ecdsa-rdfc-2019"), "failed"),
    ("issuer-method", lambda document: document["issuer"].update(id="did:example:1"), "failed"),
    ("issuer-method", lambda document: document["issuer"].update(id="https://a.example/i"), "unknown"),
    ("dates", member("validUntil", "2029-03-31T12:00:00+02:00"), "failed"),
    ("dates", member("validFrom", "2026-03-31T10:00:00.500Z"), "failed"),
    ("https", achievement(id=PLAIN), "failed"),
    ("https", achievement(alignment=[{"type": ["Alignment"], "targetName": "x", "targetUrl": PLAIN}]), "unknown"),
    ("recipient-name", subject(identifier=HASHED), "unknown"),
    ("recipient-name", subject(identifier=None), "unknown"),
    ("schema-pointer", member("credentialSchema", None), "unknown"),
    ("schema-pointer", member("@context", unsigned()["@context"][:2]), "failed"),
    ("schema-pointer", member("credentialSchema", [{"id": "https://a.example/s", "type": "JsonSchema"}]), "failed"),
    ("numbers", subject(creditsEarned=1.5), "failed"),
    ("numbers", subject(creditsEarned=2**53), "failed"),
]


def test_the_badge_that_we_would_issue_works_everywhere() -> None:
    assert set(found(SIGNED).values()) == {"passed"}


@pytest.mark.parametrize(("rule", "change", "outcome"), WRONG)
def test_what_would_stand_in_the_way(rule: str, change: Change, outcome: str) -> None:
    document = json.loads(json.dumps(SIGNED))
    change(document)
    assert found(document)[rule] == outcome


def test_every_rule_is_tested_and_named_once() -> None:
    assert {row[0] for row in WRONG} == {rule.id for rule in RULES}
    assert len({rule.id for rule in RULES}) == len(RULES)


def test_tokens_are_judged_by_their_algorithm() -> None:
    assert found(token())["proof-suite"] == "failed"
    assert found(token(signer=P256Signer("did:web:badges.example.org#key-1")))["proof-suite"] == "passed"


def test_a_document_of_an_unusual_shape_is_no_failure_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    report = found({"@context": [], "issuer": {}, "credentialSubject": 5})
    assert report["context-version"] == "unknown"
    assert "portability context-version" in caplog.text


def test_nothing_of_it_moves_the_verdict() -> None:
    report = check(SIGNED)
    assert len(report.portability) == len(RULES)
    assert not any(item.required for item in report.portability)


def test_a_document_that_hides_data_is_not_judged_at_all() -> None:
    assert check({**SIGNED, "note": "x"}).portability == ()
