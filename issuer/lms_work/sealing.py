"""Secrets of connections, sealed as the signing keys are: whoever has only the database has none of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from issuer.db import RandomBytes
from issuer.key_files import KeyFile
from issuer.keys_lock import Lock


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals and opens small JSON objects under a name, with the lock of the signing keys."""

    lock: Lock = field(repr=False)

    def seal(self, name: str, content: Mapping[str, Any], random_bytes: RandomBytes) -> dict[str, Any]:
        """Return `content` sealed: it opens under the same name only. Raises `PassphraseError`."""
        secret = json.dumps(dict(content)).encode()
        return self.lock.seal(secret, _public(name), random_bytes)

    def open(self, name: str, sealed: Mapping[str, Any]) -> dict[str, Any]:
        """Return what was sealed; slow on purpose. Raises `PassphraseError` or `KeyStoreError`."""
        content: dict[str, Any] = json.loads(self.lock.unseal(KeyFile(_public(name), sealed=sealed)))
        return content


def _public(name: str) -> dict[str, str]:
    return {"name": f"connection {name}"}
