"""The other direction: our verifier accepts a badge that openbadgeslib built and signed."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from openbadgeslib.ob3 import Achievement, OB3LdpSigner, OpenBadgeCredential
from openbadgeslib.ob3 import Issuer as TheirIssuer

from tests.interop.badges import CREATED, SITE, Signer, status_entry
from tests.interop.readers import Issued
from verifier.fetch import FolderFetch
from verifier.report import Report, Verdict
from verifier.verify import Question, verify


@pytest.fixture
def signed(signer: Signer) -> str:
    achievement = Achievement(
        id=f"{SITE}/achievements/1",
        name="Introduction to Testing",
        description="How to find out what a program really does.",
        criteria_narrative="Pass all modules.",
        achievement_type="MicroCredential",
    )
    credential = OpenBadgeCredential(
        issuer=TheirIssuer(id=signer.id, name="Example Academy", url=SITE),
        recipient_id="did:key:z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG",
        achievement=achievement,
        issuance_date=CREATED,
        credential_status=[status_entry()],
    )
    return OB3LdpSigner(signer.key.private_pem, signer.verification_method).sign_to_json(credential, created=CREATED)


def _verify(text: str, self_made: Issued) -> Report:
    question = Question(now=datetime(2026, 6, 1, tzinfo=UTC), fetch=FolderFetch(self_made.folder / "material"))
    return verify(text.encode(), question)


def test_what_it_signs_our_verifier_accepts(signed: str, self_made: Issued) -> None:
    report = _verify(signed, self_made)
    assert report.verdict is Verdict.VALID, json.dumps(report.to_json(), indent=1)


def test_our_verifier_refuses_it_when_it_was_changed(signed: str, self_made: Issued) -> None:
    report = _verify(signed.replace("Pass all modules.", "Pay the fee."), self_made)
    assert report.verdict is Verdict.INVALID
