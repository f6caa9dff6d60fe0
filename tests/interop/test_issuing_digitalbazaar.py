"""Digital Bazaar's libraries sign what our compiled templates signed, and come to the same signatures."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from issuer.addresses import Addresses
from issuer.keys import Signer as IssuerSigner
from issuer.lint import linter
from issuer.make import CRYPTOSUITE, Made, Maker, Plan
from issuer.model import Completion, DefinitionVersion, Institution, StatusSlot
from openbadge import timestamps
from tests.interop.badges import CREATED, SITE, Signer, did_web_signer
from tests.interop.readers import Ask, all_contexts
from tests.interop.suites import secret_key
from tests.issuer.makers import completion, version

pytestmark = pytest.mark.node

COUNT = 200
ID = UUID(int=1, version=4)
NAMES = (
    "Amara Okafor", "Zoë Müller", "李小龍", "Ahmed “Al” O'Neil", '"quoted"', "back\\slash", "_:c14n0", "😀 \uffee",
    "<b>", "é", "e\u0301", "a" * 190, "\\u0000", "null", "{}", "محمد",
)  # fmt: skip


def _maker(signer: Signer) -> Maker:
    institution = Institution(ID, "n", signer.id, SITE, "Example Academy", SITE, "IE", CREATED)
    key = IssuerSigner(signer.verification_method, signer.algorithm, signer.key.public, signer.key.sign)
    return Maker(institution, Addresses(SITE), key, linter(signer.id, CRYPTOSUITE, key, key.public_key))


def _plan(number: int, of: DefinitionVersion) -> Plan:
    name = NAMES[number % len(NAMES)]
    more: dict[str, Any] = {"completedAt": timestamps.write(CREATED - timedelta(hours=number))}
    if number % 2:
        more["result"] = [{"name": "Grade", "value": "AB"[number // 2 % 2]}]
    if number % 3:
        links = range(number % 3)
        more["evidence"] = [{"id": f"https://work.example/{number}/{link}?a=b#c", "name": name} for link in links]
    learner = {"id": str(number), "name": f"{name} {number}" if number % 5 else name}
    if number % 7:
        learner["email"] = f"learner{number}@example.org"
    said: Completion = completion(learner=learner, **more)
    slot = StatusSlot(ID, number, f"{SITE}/status/1")
    return Plan(said, of, slot, hashlib.sha256(str(number).encode()).digest(), CREATED)


def test_their_signatures_are_ours_for_200_of_200(ask: Ask) -> None:
    signer = did_web_signer()
    definition = version()
    made = _maker(signer).make_many([_plan(number, definition) for number in range(COUNT)])
    ours = [json.loads(item.document) for item in made if isinstance(item, Made)]
    assert len(ours) == COUNT
    unsigned = [{name: value for name, value in document.items() if name != "proof"} for document in ours]
    theirs = ask(
        "sign.mjs",
        orders=[
            {"credential": document, "cryptosuite": CRYPTOSUITE, "key": secret_key(signer)} for document in unsigned
        ],
        created=timestamps.write(CREATED),
        documents=all_contexts(),
    )["credentials"]
    same = [
        one["proof"][0]["proofValue"] == _proof(other)["proofValue"] for one, other in zip(ours, theirs, strict=True)
    ]
    assert same.count(True) == COUNT


def _proof(credential: dict[str, Any]) -> dict[str, Any]:
    proof = credential["proof"]
    found: dict[str, Any] = proof[0] if isinstance(proof, list) else proof
    return found
