"""The Digital Credentials Consortium's verifier reads our badges as Learner Credential Wallet and verifierplus do.

It resolves the DID, fetches the status list and checks the schema by itself; its contexts come from its own packages.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from openbadge import contexts
from tests.interop.badges import STATUS_URL, Signer, status_list
from tests.interop.readers import Ask, Issued

pytestmark = pytest.mark.node


def _verify(ask: Ask, issued: Issued, **changes: Any) -> Any:
    credential = changes.pop("credential", issued.credential)
    schemas = {url: contexts.schema(url) for url in contexts.schemas().urls}
    return ask("verifier_core.mjs", credential=credential, documents={**schemas, **issued.documents, **changes})


def _outcomes(answer: Any) -> dict[str, bool]:
    return {entry["id"]: entry.get("valid") for entry in answer["log"]}


def test_accepts_our_badge(ask: Ask, issued: Issued) -> None:
    answer = _verify(ask, issued)
    assert answer["errors"] == []
    outcomes = _outcomes(answer)
    assert (outcomes["valid_signature"], outcomes["expiration"], outcomes["revocation_status"]) == (True, True, True)


def test_finds_that_our_badge_follows_the_schema(ask: Ask, issued: Issued) -> None:
    results = _verify(ask, issued)["additionalInformation"][0]["results"]
    assert [result["result"] for result in results] == [{"valid": True}]


def test_asks_for_nothing_but_the_material(ask: Ask, issued: Issued) -> None:
    """Whoever verifies our badge needs no other address than the key document, the status list and the schema."""
    asked = set(_verify(ask, issued)["asked"])
    assert asked <= issued.material.keys() | contexts.schemas().urls


def test_refuses_a_changed_badge(ask: Ask, issued: Issued) -> None:
    changed = deepcopy(issued.credential)
    changed["credentialSubject"]["achievement"]["name"] = "Something else"
    assert [error["name"] for error in _verify(ask, issued, credential=changed)["errors"]] == ["invalid_signature"]


def test_sees_a_revocation(ask: Ask, signer: Signer, self_made: Issued) -> None:
    answer = _verify(ask, self_made, **{STATUS_URL: status_list(signer, revoked=True)})
    assert _outcomes(answer)["revocation_status"] is False


def test_sees_a_suspended_badge_as_not_valid(ask: Ask, signer: Signer, self_made: Issued) -> None:
    answer = _verify(ask, self_made, **{STATUS_URL: status_list(signer, suspended=True)})
    assert answer["errors"] == []
    outcomes = _outcomes(answer)
    assert (outcomes["valid_signature"], outcomes["revocation_status"]) == (True, False)
