"""An issuer profile with an RSA key: tokens signed with RS256, and nothing that such a key cannot do."""

from __future__ import annotations

import pytest

from issuer.errors import FieldError, KeyStoreError
from issuer.profile_issue import ProfileIssuer
from issuer.profile_request import IssueRequest
from issuer.profiles import CRYPTOSUITES, Profiles
from microcred.samples import Sample
from openbadge import did, did_jwk
from openbadge.jose import jws
from openbadge.multibase import base64url_decode, base64url_encode
from tests.microcred.conftest import Console
from tests.microcred.vcapi.conftest import V2, VcApi
from tests.microcred.vcapi.test_vcapi_resolver import ask

pytestmark = pytest.mark.databases("sqlite")

ADD = ("issuers", "add", "--profile", "tokens", "--key-type", "RSA", "--cryptosuite")
PREFIX = "data:application/vc+jwt,"


def test_what_it_issues_is_signed_with_rs256_under_its_did_jwk(api: VcApi) -> None:
    identifier = api.ids["jwt-rsa"]
    sent = api.credential("jwt-rsa")
    secured = api.issued("jwt-rsa", sent)
    signed = jws.parse(secured["id"].removeprefix(PREFIX), jws.CREDENTIAL_MEMBERS)
    assert signed.header == {"alg": "RS256", "kid": f"{identifier}#0", "typ": "vc+jwt", "cty": "vc"}
    document = did_jwk.document(identifier)
    jws.verify(signed, did.find_method(document, identifier, signed.key_id, "assertionMethod").key)
    answer = api.verify(secured)
    assert (answer.status_code, answer.json()["verified"]) == (200, True), answer.text


def test_a_changed_token_is_refused(api: VcApi) -> None:
    head, payload, signature = api.issued("jwt-rsa")["id"].split(".")
    changed = base64url_encode(base64url_decode(payload).replace(b"MSc", b"PhD"))
    forged = {"@context": V2, "type": "EnvelopedVerifiableCredential", "id": f"{head}.{changed}.{signature}"}
    answer = api.verify(forged)
    assert answer.status_code == 400
    assert "CRYPTOGRAPHIC_SECURITY_ERROR" in answer.text


def test_its_name_resolves_to_its_key(api: VcApi) -> None:
    status, body = ask(api, api.ids["jwt-rsa"])
    assert (status, body["didDocument"]) == (200, did_jwk.document(api.ids["jwt-rsa"]))


def test_the_command_makes_one(console: Console, sample: Sample) -> None:
    assert console(*ADD, "vc+jwt", "--json") == 0
    assert '"id": "did:jwk:' in console.out.getvalue()
    assert "#0" in console.out.getvalue()


@pytest.mark.parametrize("suite", [name for name in CRYPTOSUITES if name != "vc+jwt"])
def test_no_embedded_proof_with_it(console: Console, sample: Sample, suite: str) -> None:
    before = sample.installation.keys.list()
    assert console(*ADD, suite) == 1
    assert f"{suite} needs a key of" in console.err.getvalue()
    assert "not “RSA”" in console.err.getvalue()
    assert sample.installation.keys.list() == before


def test_no_status_with_it(console: Console, sample: Sample) -> None:
    before = sample.installation.keys.list()
    assert console(*ADD, "vc+jwt", "--status") == 1
    assert "cannot sign the status lists" in console.err.getvalue()
    assert sample.installation.keys.list() == before
    with pytest.raises(FieldError, match="status"):
        Profiles(sample.service).add("a", "vc+jwt", "RSA", "me", with_status=True)


@pytest.mark.parametrize("end", ["retire", "revoke"])
def test_a_key_that_is_out_of_use_signs_no_more(sample: Sample, end: str) -> None:
    profile = Profiles(sample.service).add("tokens", "vc+jwt", "RSA", "me", with_status=False)
    issuer = ProfileIssuer(sample.service)
    credential = {
        "@context": [V2], "type": ["VerifiableCredential"], "issuer": profile.did,
        "credentialSubject": {"id": "urn:a:b"},
    }  # fmt: skip
    issuer.issue("tokens", IssueRequest(credential), "me")
    keys = sample.installation.keys
    getattr(keys, end)(keys.public_keys(profile.did)[0].name)
    with pytest.raises(KeyStoreError, match=r"no active RSA key .*Make a new profile"):
        issuer.issue("tokens", IssueRequest(credential), "me")
