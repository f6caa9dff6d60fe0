"""The public addresses of everything that the issuer publishes, made in one place from the base URL."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Addresses:
    """Builds addresses under `base_url`, which has no slash at its end.

    `verifier_url`, also without one, is where the public verifier is; None means at `base_url`.
    """

    base_url: str
    verifier_url: str | None = None

    def credential(self, public_id: str) -> str:
        """The credential's id and page; unguessable, since `public_id` carries 128 random bits."""
        return f"{self.base_url}/credentials/{public_id}"

    def achievement(self, definition_id: str, version: str) -> str:
        """The achievement's id and page: the same for all earners of a definition version."""
        return f"{self.base_url}/achievements/{definition_id}/v/{version}"

    def achievement_image(self, definition_id: str, version: str) -> str:
        """The picture of the achievement."""
        return f"{self.achievement(definition_id, version)}/image.png"

    def status_list(self, list_id: UUID) -> str:
        """The signed status list."""
        return f"{self.base_url}/status/{list_id}"

    def verify_page(self) -> str:
        """The public verifier."""
        return f"{self.verifier_url or self.base_url}/"


def is_loopback(host: str | None) -> bool:
    """Whether a host of a URL is this machine itself."""
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
