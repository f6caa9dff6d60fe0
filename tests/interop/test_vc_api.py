"""What the issuer profiles of our VC-API answer over HTTP, read by Digital Bazaar's libraries and by jose."""

from __future__ import annotations

from typing import Any

import pytest

from openbadge import did, did_jwk
from openbadge.multibase import base64url_decode, base64url_encode
from tests.interop.badges import Document, Signer, badge
from tests.interop.ecdsa import EcdsaKey
from tests.interop.readers import Ask, all_contexts
from tests.microcred.conftest import prepared_home  # noqa: F401  # a fixture that `api` needs
from tests.microcred.vcapi.conftest import BASE_URL, PLAIN, PROFILES, VcApi, api  # noqa: F401  # a fixture

pytestmark = pytest.mark.node

EMBEDDED = [*PLAIN, "sd", "status-sd"]
LISTED = [name for name, (_, _, with_status) in PROFILES.items() if with_status]


@pytest.fixture(scope="session")
def answered(api: VcApi) -> dict[str, Document]:  # noqa: F811
    """A badge of each profile, as a verifier gets to see it."""
    issued = {name: api.issued(name, _badge(api, name)) for name in EMBEDDED}
    selective = {
        name: api.derive(issued[name], ["/credentialSubject"]).json() for name in EMBEDDED if name not in PLAIN
    }
    return {**issued, **selective}


@pytest.fixture(scope="session")
def judged(ask: Ask, api: VcApi, answered: dict[str, Document]) -> dict[tuple[str, str], Any]:  # noqa: F811
    """Digital Bazaar's answers about these badges, and about the same with another achievement."""
    spoiled = {name: _spoiled(document) for name, document in answered.items()}
    both = {("good", name): document for name, document in answered.items()}
    both |= {("spoiled", name): document for name, document in spoiled.items()}
    keys = {api.ids[name]: did.key_document(api.ids[name]) for name in EMBEDDED}
    urls = [answered[name]["credentialStatus"]["statusListCredential"] for name in LISTED]
    lists = {url: _fetched(api, url) for url in urls}
    answers = ask("verify.mjs", credentials=list(both.values()), documents={**all_contexts(), **keys, **lists})
    return dict(zip(both, answers, strict=True))


def _badge(api: VcApi, profile: str) -> Document:  # noqa: F811
    identifier = api.ids[profile]
    return badge(Signer(identifier, f"{identifier}#{identifier.removeprefix('did:key:')}", EcdsaKey("P-256", 1)))


def _spoiled(document: Document) -> Document:
    subject = document["credentialSubject"]
    return {
        **document,
        "credentialSubject": {**subject, "achievement": {**subject["achievement"], "name": "Something else"}},
    }


def _fetched(api: VcApi, url: str) -> Document:  # noqa: F811
    answer = api.client.get(url.removeprefix(BASE_URL), headers={"Accept": "application/vc"})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.parametrize("name", EMBEDDED)
def test_what_a_profile_issues_is_accepted(judged: dict[tuple[str, str], Any], name: str) -> None:
    answer = judged["good", name]
    assert answer["verified"], answer["error"]
    assert answer["statuses"] == ([{"purpose": "revocation", "set": False}] if name in LISTED else [])


@pytest.mark.parametrize("name", EMBEDDED)
def test_the_same_with_another_achievement_is_refused(judged: dict[tuple[str, str], Any], name: str) -> None:
    answer = judged["spoiled", name]
    assert not answer["verified"]
    assert "Invalid signature" in answer["error"]


def _jose(ask: Ask, identifier: str, algorithm: str, token: str) -> Any:
    document = did_jwk.document(identifier) if algorithm == "RS256" else did.key_document(identifier)
    key = did.find_method(document, identifier, did.own_method_id(identifier), "assertionMethod").key
    return ask("jwt.mjs", token=token, jwk=key.jwk(), options={"algorithms": [algorithm], "typ": "vc+jwt"})


@pytest.mark.parametrize(("profile", "algorithm"), [("jwt", "ES256"), ("jwt-rsa", "RS256")])
def test_jose_reads_the_envelope_of_a_profile(ask: Ask, api: VcApi, profile: str, algorithm: str) -> None:  # noqa: F811
    sent, identifier = _badge(api, profile), api.ids[profile]
    token = api.issued(profile, sent)["id"].removeprefix("data:application/vc+jwt,")
    answer = _jose(ask, identifier, algorithm, token)
    assert answer["verified"], answer["error"]
    assert answer["header"]["kid"] == did.own_method_id(identifier)
    assert {name: answer["payload"][name] for name in sent} == sent
    header, payload, signature = token.split(".")
    changed = base64url_encode(base64url_decode(payload).replace(b"Introduction", b"Advanced"))
    assert not _jose(ask, identifier, algorithm, f"{header}.{changed}.{signature}")["verified"]
