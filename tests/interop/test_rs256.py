"""RS256, as an institution configures it: jose, PyJWT and openbadgeslib find the key and read the token."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from openbadgeslib.ob3 import OB3VerificationError, OB3Verifier

from issuer.keys import Order
from microcred import samples
from microcred.installation import settings_of
from microcred.world import World
from openbadge import did, strict_json, timestamps
from openbadge.multibase import base64url_decode, base64url_encode
from tests.interop.readers import Ask
from tests.microcred.conftest import SEAL
from tests.microcred.test_api import REPORT

ALGORITHM = "RS256"


@dataclass(frozen=True)
class Published:
    """What a reader has: the token, and the DID document of its issuer."""

    token: str
    document: dict[str, Any]
    credential: dict[str, Any]

    @property
    def issuer(self) -> str:
        return str(self.document["id"])

    @property
    def jwk(self) -> dict[str, Any]:
        """The key that the header names, read out of the JSON as any reader would."""
        name = jwt.get_unverified_header(self.token)["kid"]
        assert name in self.document["assertionMethod"]
        return next(dict(item["publicKeyJwk"]) for item in self.document["verificationMethod"] if item["id"] == name)

    @property
    def changed(self) -> str:
        header, payload, signature = self.token.split(".")
        content = strict_json.dumps({**strict_json.loads(base64url_decode(payload)), "name": "Something else"})
        return f"{header}.{base64url_encode(content)}.{signature}"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    environ = {
        **SEAL,
        "MICROCRED_HOME": str(tmp_path_factory.mktemp("rs256") / "home"),
        "MICROCRED_BASE_URL": "https://badges.example.org",
        "MICROCRED_TOKEN_ALGORITHM": ALGORITHM,
    }
    now = datetime.now(UTC)  # the readers compare the claims with the real clock
    world = World(environ, lambda: now, os.urandom)
    service = samples.prepare(settings_of(world), world, with_platforms=False).service
    service.keys.new(service.institution.did, os.urandom, Order("RSA"))
    completion = {**REPORT, "completedAt": timestamps.write(now - timedelta(days=1))}
    credential = service.completions.report(json.dumps(completion).encode(), "test").credential
    assert credential is not None
    token = service.signing.token(credential.document)
    return Published(token, service.signing.did_document(), json.loads(credential.document))


def download(published: Published, url: str) -> bytes:
    assert url == did.did_web_url(published.issuer)
    return strict_json.dumps(published.document)


@pytest.mark.node
def test_jose_reads_it(ask: Ask, published: Published) -> None:
    options = {
        "algorithms": [ALGORITHM],
        "typ": "JWT",
        "issuer": published.issuer,
        "subject": published.credential["credentialSubject"]["id"],
        "requiredClaims": ["jti", "nbf"],
    }
    answer = ask("jwt.mjs", token=published.token, jwk=published.jwk, options=options)
    assert answer["verified"], answer["error"]
    assert answer["header"] == jwt.get_unverified_header(published.token)
    assert answer["payload"]["jti"] == published.credential["id"]
    answer = ask("jwt.mjs", token=published.changed, jwk=published.jwk, options=options)
    assert answer == {"verified": False, "error": "signature verification failed"}


def test_pyjwt_reads_it(published: Published) -> None:
    key = jwt.PyJWK(published.jwk)
    payload = jwt.decode(published.token, key, algorithms=[ALGORITHM], issuer=published.issuer)
    embedded = {name: value for name, value in published.credential.items() if name != "proof"}
    assert {name: payload[name] for name in embedded} == embedded
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(published.changed, key, algorithms=[ALGORITHM])


def test_openbadgeslib_reads_it(published: Published) -> None:
    verifier = OB3Verifier.for_issuer_did(published.issuer, download=lambda url: download(published, url))
    credential = verifier.verify(published.token)
    assert credential.issuer.id == published.issuer
    with pytest.raises(OB3VerificationError):
        verifier.verify(published.changed)
