"""Who may use the VC-API, where it is, and where it is not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from issuer import auth
from issuer.errors import SettingsError as IssuerSettingsError
from issuer.settings import IssuerSettings
from microcred.app import build, checker
from tests.microcred.vcapi.conftest import BASE_URL, VcApi, api_in
from tests.verifier.web_client import Client
from verifier.settings import SettingsError, VerifierSettings

pytestmark = pytest.mark.databases("sqlite")

POSTS = (
    "/issuers/rdfc/credentials/issue", "/credentials/status", "/credentials/verify", "/presentations/verify",
    "/credentials/derive",
)  # fmt: skip
RESOLVER = "/1.0/identifiers/did%3Akey%3Az6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"


def token(api: VcApi, name: str, *scopes: str) -> dict[str, str]:
    with api.service.database.begin_write(api.service.institution.id) as tx:
        secret = auth.create(tx, name, scopes, "tests", api.clock()).secret
    return {"Authorization": f"Bearer {secret}"}


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_off_means_that_the_routes_do_not_exist(api: VcApi, accept: str) -> None:
    off = api_in(api.world, api.service, api.ids, api.clock, MICROCRED_VC_API="off").client
    for path in POSTS:
        answer = off.post(path, json={"verifiableCredential": {}}, headers={"Accept": accept})
        assert (path, answer.status_code) == (path, 404)
    assert off.get(RESOLVER).status_code == 404


def test_off_is_the_default(api: VcApi) -> None:
    world = replace(api.world, environ={"MICROCRED_HOME": api.world.environ["MICROCRED_HOME"]})
    client = Client(build(checker(world, api.service), api.service), BASE_URL)
    assert [client.post(path, json={}).status_code for path in POSTS] == [404] * len(POSTS)
    assert VerifierSettings.read({}).vc_api is False
    assert VerifierSettings.read({}).vc_api_binds is True
    assert IssuerSettings.read({}).vc_api_needs_token is True


def test_a_verifier_alone_has_its_side_and_an_issuer_alone_its_own(api: VcApi) -> None:
    verifier = Client(build(checker(api.world, None), None), BASE_URL)
    issuer = Client(build(checker(api.world, api.service), api.service, with_verifier=False), BASE_URL)
    body = {"verifiableCredential": api.issued(), "options": {}}
    assert verifier.post("/credentials/verify", json=body).status_code == 200
    assert verifier.get(RESOLVER).status_code == 200
    assert verifier.post(POSTS[0], json={}).status_code == 404
    assert issuer.post(POSTS[0], json={"credential": api.credential()}).status_code == 201
    assert issuer.post("/presentations/verify", json=body).status_code == 404


@pytest.mark.parametrize(("path", "scope"), [(POSTS[0], "credentials:issue"), (POSTS[1], "credentials:revoke")])
def test_issuing_and_revoking_need_a_token_with_the_right_scope(api: VcApi, path: str, scope: str) -> None:
    guarded = api_in(api.world, api.service, api.ids, api.clock, MICROCRED_VC_API_AUTH="token").client
    body: dict[str, Any] = {"credential": api.credential()}
    wrong = token(api, f"wrong for {scope}", *(set(auth.SCOPES) - {scope}))
    right = token(api, f"right for {scope}", scope)
    assert guarded.post(path, json=body).status_code == 401
    assert guarded.post(path, json=body, headers={"Authorization": "Bearer nonsense"}).status_code == 401
    assert guarded.post(path, json=body, headers=wrong).status_code == 403
    assert guarded.post(path, json=body, headers=right).status_code in (201, 400)


def test_verifying_needs_no_token(api: VcApi) -> None:
    guarded = api_in(api.world, api.service, api.ids, api.clock, MICROCRED_VC_API_AUTH="token").client
    body = json.dumps({"verifiableCredential": api.issued()}).encode()
    assert guarded.post("/credentials/verify", content=body).status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [("MICROCRED_VC_API", "yes"), ("MICROCRED_VC_API", ""), ("MICROCRED_VC_API_BINDING", "none")],
)
def test_settings_of_the_verifier_that_cannot_be(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        VerifierSettings.read({name: value})


def test_settings_of_the_issuer_that_cannot_be() -> None:
    with pytest.raises(IssuerSettingsError, match="MICROCRED_VC_API_AUTH must be token or none"):
        IssuerSettings.read({"MICROCRED_VC_API_AUTH": "off"})
