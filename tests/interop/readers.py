"""What was issued, as readers need it; how to issue it; and one Node.js process for one question."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from openbadge import contexts, did

NODE: Final = Path(__file__).parent / "node"
SECONDS: Final = 120
"""Limit of one run, against hanging only: it takes a second or two."""

Documents = dict[str, Any]
Ask = Callable[..., Any]


@dataclass(frozen=True)
class Issued:
    """A folder as `microcred demo --once --out` writes it."""

    folder: Path

    @property
    def data(self) -> bytes:
        return (self.folder / "credential.json").read_bytes()

    @property
    def credential(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.data)
        return document

    @property
    def token(self) -> str:
        return (self.folder / "credential.jwt").read_text().strip()

    @property
    def issuer(self) -> str:
        return str(self.credential["issuer"]["id"])

    @property
    def status_url(self) -> str:
        return str(self.credential["credentialStatus"]["statusListCredential"])

    @property
    def material(self) -> dict[str, bytes]:
        """What a reader would fetch: address and bytes."""
        index = json.loads((self.folder / "material" / "index.json").read_bytes())
        return {url: (self.folder / "material" / entry["file"]).read_bytes() for url, entry in index.items()}

    @property
    def documents(self) -> Documents:
        """The material as JSON, with the key document also under the issuer's DID."""
        documents = {url: json.loads(body) for url, body in self.material.items()}
        own = [document for document in documents.values() if document.get("id") == self.issuer]
        return {**documents, self.issuer: own[0] if own else did.key_document(self.issuer)}


def run_demo(folder: Path) -> None:
    """Let the program do its main job and write what it issues to `folder`."""
    command = [sys.executable, "-m", "microcred", "demo", "--once", "--out", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr


def all_contexts() -> Documents:
    return {url: contexts.document(url) for url in contexts.contexts().urls}


def ask_node(script: str, request: Mapping[str, Any]) -> Any:
    """Run a script of the folder `node` with `request` on standard input, and return the JSON that it prints."""
    return json.loads(_run(script, json.dumps(request)))


@cache
def _run(script: str, request: str) -> str:
    """Several tests look at one answer from different sides; the process runs once."""
    command = ["node", str(NODE / script)]
    done = subprocess.run(command, input=request, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    return done.stdout
