"""A POST under the guard of every outgoing request: public https addresses only, no redirects, one deadline."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping
from contextlib import closing
from typing import Final

from issuer.jobs.deliveries import DeliveryError
from openbadge.errors import UnavailableError
from verifier.fetch.guarded import Deadline, GuardedFetch, Network
from verifier.fetch.target import read_target

SECONDS: Final = 15.0
"""Name, connection, certificate and answer together."""
USER_AGENT: Final = "microcred/1"


class GuardedPost(GuardedFetch):
    """Posts to public https addresses; what is answered besides the status is not read."""

    def __init__(self, network: Network, *, seconds: float = SECONDS) -> None:
        super().__init__(network, seconds=seconds)

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Send a JSON body and return the status of the answer. Raises `DeliveryError`."""
        deadline = Deadline(self._network.monotonic, self._seconds)
        try:
            target = read_target(url)
            with self._connect(target.host, self._resolve(target.host, deadline), deadline) as connection:
                connection.settimeout(deadline.left())
                connection.sendall(_head(target.host, target.path, headers, len(body)) + body)
                with closing(http.client.HTTPResponse(connection, method="POST")) as response:
                    response.begin()
                    return response.status
        except UnavailableError as error:
            raise DeliveryError(error.detail) from None
        except ssl.SSLCertVerificationError:
            raise DeliveryError("The certificate of the address is not acceptable.") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise DeliveryError(f"The address could not be reached: {type(error).__name__}.") from None


def _head(host: str, path: str, headers: Mapping[str, str], length: int) -> bytes:
    fixed = {
        "Host": host,
        "Content-Type": "application/json",
        "Content-Length": str(length),
        "User-Agent": USER_AGENT,
        "Connection": "close",
    }
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in {**fixed, **headers}.items()), "", ""]
    return "\r\n".join(lines).encode("ascii")
