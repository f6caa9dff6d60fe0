"""The other direction: our proofs equal those of Digital Bazaar's libraries, and our verifier accepts theirs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from openbadge import strict_json, timestamps
from tests.interop.badges import CREATED, SUITE, Document, Signer, badge, sign, status_entry
from tests.interop.readers import Ask, Issued, all_contexts
from tests.interop.suites import secret_key
from tests.interop.variations import variations
from verifier.fetch import FolderFetch
from verifier.report import Report, Verdict
from verifier.verify import Question, verify

pytestmark = pytest.mark.node


def _signed_by_them(ask: Ask, signer: Signer, credentials: list[Document]) -> list[Document]:
    orders = [{"credential": it, "cryptosuite": SUITE, "key": secret_key(signer)} for it in credentials]
    answer = ask("sign.mjs", orders=orders, created=timestamps.write(CREATED), documents=all_contexts())
    return list(answer["credentials"])


def _verify(document: Any, self_made: Issued) -> Report:
    question = Question(now=datetime(2026, 6, 1, tzinfo=UTC), fetch=FolderFetch(self_made.folder / "material"))
    return verify(strict_json.dumps(document), question)


def test_signs_twenty_badges_exactly_as_we_do(ask: Ask, signer: Signer) -> None:
    unsigned = variations(signer)
    assert len(unsigned) == 20
    theirs = dict(zip(unsigned, _signed_by_them(ask, signer, list(unsigned.values())), strict=True))
    ours = {name: sign(document, signer)["proof"][0]["proofValue"] for name, document in unsigned.items()}
    assert {name: document["proof"]["proofValue"] for name, document in theirs.items()} == ours


def test_what_it_signs_our_verifier_accepts(ask: Ask, signer: Signer, self_made: Issued) -> None:
    signed = _signed_by_them(ask, signer, [badge(signer, credentialStatus=status_entry())])[0]
    report = _verify(signed, self_made)
    assert report.verdict is Verdict.VALID, json.dumps(report.to_json(), indent=1)
    assert _verify({**signed, "name": "Someone else"}, self_made).verdict is Verdict.INVALID
