"""Digital Bazaar's libraries, from which most wallets come, read what we write."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from tests.interop.badges import STATUS_URL, Document, Key, Signer, badge, did_web_signer, sign, status_list
from tests.interop.readers import Ask, Documents, Issued, all_contexts

pytestmark = pytest.mark.node


def _verify(ask: Ask, issued: Issued, **changes: Any) -> Any:
    """Ask about the issued badge; `changes` are other documents by address, or another `credential`."""
    credential = changes.pop("credential", issued.credential)
    return _verified(ask, credential, {**issued.documents, **changes})


def _verified(ask: Ask, credential: Document, documents: Documents) -> Any:
    return ask("verify.mjs", credentials=[credential], documents={**all_contexts(), **documents})[0]


def test_accepts_our_badge_and_reads_our_status_list(ask: Ask, issued: Issued) -> None:
    answer = _verify(ask, issued)
    assert answer == {"verified": True, "error": None, "statuses": [{"purpose": "revocation", "set": False}]}


@pytest.mark.parametrize(
    "path", [("name",), ("validFrom",), ("issuer", "name"), ("credentialSubject", "achievement", "name")]
)
def test_refuses_a_changed_badge(ask: Ask, issued: Issued, path: tuple[str, ...]) -> None:
    changed = deepcopy(issued.credential)
    inner = changed
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = "2026-01-01T00:00:00Z" if path[-1] == "validFrom" else "Someone else"
    answer = _verify(ask, issued, credential=changed)
    assert not answer["verified"]
    assert "Invalid signature" in answer["error"]


def test_refuses_a_term_that_is_not_defined(ask: Ask, issued: Issued) -> None:
    """Safe mode: this reader would notice a member of ours that the signature does not cover."""
    answer = _verify(ask, issued, credential={**issued.credential, "undefinedMember": "x"})
    assert not answer["verified"]
    assert "Safe mode" in answer["error"]


def test_refuses_another_key_under_the_same_name(ask: Ask) -> None:
    signer = did_web_signer()
    impostor = Signer(signer.id, signer.verification_method, Key(99))
    answer = _verified(ask, sign(badge(signer), signer), {signer.id: impostor.document})
    assert not answer["verified"]
    assert "Invalid signature" in answer["error"]


def test_refuses_a_key_that_the_issuer_does_not_list_for_assertions(ask: Ask) -> None:
    signer = did_web_signer()
    answer = _verified(ask, sign(badge(signer), signer), {signer.id: {**signer.document, "assertionMethod": []}})
    assert not answer["verified"]


def test_sees_a_revocation(ask: Ask, signer: Signer, self_made: Issued) -> None:
    answer = _verify(ask, self_made, **{STATUS_URL: status_list(signer, revoked=True)})
    assert answer["statuses"] == [{"purpose": "revocation", "set": True}]


def test_refuses_a_suspended_badge_as_it_does_a_revoked_one(ask: Ask, signer: Signer, self_made: Issued) -> None:
    """It reads one purpose only. What our list says besides, of which bits can be lifted, does not disturb it."""
    answer = _verify(ask, self_made, **{STATUS_URL: status_list(signer, suspended=True)})
    assert answer == {"verified": True, "error": None, "statuses": [{"purpose": "revocation", "set": True}]}


def test_refuses_a_status_list_that_was_changed(ask: Ask, issued: Issued) -> None:
    changed = deepcopy(issued.documents[issued.status_url])
    changed["validFrom"] = "2026-01-01T00:00:00Z"
    answer = _verify(ask, issued, **{issued.status_url: changed})
    assert not answer["verified"]
