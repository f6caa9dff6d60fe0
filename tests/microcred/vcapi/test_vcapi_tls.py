"""The VC-API as a suite meets it: a real process, real TLS on the own machine, a status list at an https address."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.conftest import ROOT
from tests.microcred.conftest import SEAL
from tests.microcred.vcapi.conftest import V2


@contextmanager
def serving(environ: dict[str, str], port: int) -> Iterator[httpx.Client]:
    """Run `microcred serve --tls-self-signed`, and yield a client that trusts its certificate and no other."""
    command = [sys.executable, "-m", "microcred", "serve", "--port", str(port), "--tls-self-signed"]
    with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert f"https://127.0.0.1:{port}" in process.stdout.readline()
            trust = ssl.create_default_context(cafile=str(Path(environ["MICROCRED_HOME"]) / "tls" / "certificate.pem"))
            with httpx.Client(base_url=f"https://127.0.0.1:{port}", verify=trust, timeout=30) as client:
                yield client
        finally:
            process.terminate()


def test_issue_and_verify_over_tls(prepared_home: Path, tmp_path: Path) -> None:
    shutil.copytree(prepared_home, tmp_path / "home")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environ = {
        **os.environ,
        "MICROCRED_HOME": str(tmp_path / "home"),
        "MICROCRED_VC_API": "on",
        "MICROCRED_VC_API_AUTH": "none",
        **SEAL,
    }
    added = subprocess.run(
        [sys.executable, "-m", "microcred", "issuers", "add", "--profile", "suite", "--cryptosuite", "ecdsa-rdfc-2019",
         "--key-type", "P-256", "--status", "--json"],
        cwd=ROOT, env=environ, capture_output=True, text=True, check=True,
    )  # fmt: skip
    issuer = json.loads(added.stdout)["id"]
    credential = {
        "@context": [V2], "type": ["VerifiableCredential"], "issuer": issuer,
        "credentialSubject": {"id": "did:example:1"},
    }  # fmt: skip
    with serving(environ, port) as client:
        answer = client.post("/issuers/suite/credentials/issue", json={"credential": credential})
        assert answer.status_code == 201, answer.text
        secured = answer.json()["verifiableCredential"]
        assert answer.headers["strict-transport-security"]
        listed = client.get(
            secured["credentialStatus"]["statusListCredential"],
            headers={"Accept": "application/ld+json, application/json"},
        )
        assert secured["credentialStatus"]["statusListCredential"].startswith("https://")
        assert "json" in listed.headers["content-type"]
        verified = client.post("/credentials/verify", json={"verifiableCredential": secured}).json()
        assert (verified["verified"], verified["problemDetails"]) == (True, [])
