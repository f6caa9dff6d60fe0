"""One installation with a profile for every suite, behind the real application with the VC-API switched on."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest

from issuer.profiles import Profiles
from issuer.service import Service
from microcred import samples
from microcred.app import build, checker
from microcred.installation import settings_of
from microcred.world import World
from tests.microcred.conftest import SEAL, Clock
from tests.verifier.web_client import Client

BASE_URL = "https://issuer.example"
V2 = "https://www.w3.org/ns/credentials/v2"
V1 = "https://www.w3.org/2018/credentials/v1"
DATA_INTEGRITY = "https://w3id.org/security/data-integrity/v2"
VOCABULARY = {"@vocab": "https://vocabulary.example/#"}
PROFILES = {
    "rdfc": ("eddsa-rdfc-2022", "Ed25519", False),
    "jcs": ("eddsa-jcs-2022", "Ed25519", False),
    "ecdsa-rdfc": ("ecdsa-rdfc-2019", "P-256", False),
    "ecdsa-rdfc-384": ("ecdsa-rdfc-2019", "P-384", False),
    "ecdsa-jcs": ("ecdsa-jcs-2019", "P-256", False),
    "ecdsa-jcs-384": ("ecdsa-jcs-2019", "P-384", False),
    "sd": ("ecdsa-sd-2023", "P-256", False),
    "jwt": ("vc+jwt", "P-256", False),
    "jwt-rsa": ("vc+jwt", "RSA", False),
    "status": ("eddsa-rdfc-2022", "Ed25519", True),
    "status-384": ("ecdsa-jcs-2019", "P-384", True),
    "status-sd": ("ecdsa-sd-2023", "P-256", True),
}
EMBEDDED = [name for name, row in PROFILES.items() if row[0] != "vc+jwt"]
PLAIN = [name for name in EMBEDDED if PROFILES[name][0] != "ecdsa-sd-2023"]

Document = dict[str, Any]


@dataclass
class VcApi:
    """The application over HTTP; `issue` and the like send JSON as they get it."""

    client: Client
    service: Service
    world: World
    ids: Mapping[str, str]
    clock: Clock
    samples: dict[str, Document] = field(default_factory=dict)

    def credential(self, profile: str = "rdfc", **changes: Any) -> Document:
        """A credential of VC Data Model 2.0 to issue; a change to `...` removes the member."""
        return changed(
            {
                "@context": [V2, VOCABULARY],
                "id": "urn:uuid:1b7b0c5e-1111-4111-8111-111111111112",
                "type": ["VerifiableCredential"],
                "issuer": self.ids[profile],
                "credentialSubject": {"id": "did:example:subject", "alumniOf": "Northbridge", "degree": "MSc"},
            },
            changes,
        )

    def credential_1_1(self, profile: str = "rdfc", **changes: Any) -> Document:
        """The same in VC Data Model 1.1."""
        old = {"@context": [V1, VOCABULARY], "issuanceDate": "2020-03-10T04:24:12Z"}
        return self.credential(profile, **{**old, **changes})

    def issue(self, profile: str, credential: Any, **more: Any) -> httpx.Response:
        return self.post(f"/issuers/{profile}/credentials/issue", {"credential": credential, **more})

    def issued(self, profile: str = "rdfc", credential: Document | None = None, **options: Any) -> Document:
        answer = self.issue(profile, credential or self.credential(profile), options=options)
        assert answer.status_code == 201, answer.text
        return dict(answer.json()["verifiableCredential"])

    def sample(self, profile: str = "rdfc") -> Document:
        """A credential that is issued once; for tests that only read it, each of which gets its own copy."""
        if profile not in self.samples:
            self.samples[profile] = self.issued(profile)
        return copy.deepcopy(self.samples[profile])

    def verify(self, document: Any, **more: Any) -> httpx.Response:
        return self.post("/credentials/verify", {"verifiableCredential": document, **more})

    def present(self, document: Any, **more: Any) -> httpx.Response:
        return self.post("/presentations/verify", {"verifiablePresentation": document, **more})

    def derive(self, document: Any, pointers: Any) -> httpx.Response:
        return self.post(
            "/credentials/derive", {"verifiableCredential": document, "options": {"selectivePointers": pointers}}
        )

    def post(self, path: str, body: Any) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(path, content=content, headers={"Content-Type": "application/json"})


def changed(document: Document, changes: Mapping[str, Any]) -> Document:
    merged = {**copy.deepcopy(document), **changes}
    return {name: value for name, value in merged.items() if value is not ...}


def api_in(world: World, service: Service, ids: Mapping[str, str], clock: Clock, **environ: str) -> VcApi:
    """The application over a home, under other settings."""
    world = replace(world, environ={**world.environ, **environ})
    return VcApi(Client(build(checker(world, service), service), BASE_URL), service, world, ids, clock)


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> VcApi:
    """The VC-API without tokens, keys bound to issuers. Shared by all tests of this folder."""
    home = tmp_path_factory.mktemp("vc-api") / "home"
    environ = {
        **SEAL,
        "MICROCRED_HOME": str(home),
        "MICROCRED_BASE_URL": BASE_URL,
        "MICROCRED_VC_API": "on",
        "MICROCRED_VC_API_AUTH": "none",
    }
    clock = Clock()
    world = World(environ, clock, os.urandom)
    service = samples.prepare(settings_of(world), world, with_platforms=False).service
    profiles = Profiles(service)
    ids = {
        name: profiles.add(name, suite, key, "tests", with_status=status).did
        for name, (suite, key, status) in PROFILES.items()
    }
    return api_in(world, service, ids, clock)


@pytest.fixture(scope="session")
def proof_only(api: VcApi) -> VcApi:
    """The same installation with MICROCRED_VC_API_BINDING=proof-only."""
    return api_in(api.world, api.service, api.ids, api.clock, MICROCRED_VC_API_BINDING="proof-only")
