"""Asking a learning platform, under the guard of every outgoing request: https, public addresses, no redirects.

A platform in the institution's own network is asked if the operator named its host, and no other address there.
"""

from __future__ import annotations

import http.client
import ssl
from typing import Final

from issuer.lms.ask import MAX_ANSWER, Answer, Request
from issuer.lms.errors import SourceError
from openbadge.errors import UnavailableError
from verifier.fetch.addresses import is_private, is_public
from verifier.fetch.guarded import Deadline, GuardedFetch, Network
from verifier.fetch.target import read_target

SECONDS: Final = 20.0
"""Name, connection, certificate and answer together: a busy Moodle takes some for the grades of a course."""
USER_AGENT: Final = "microcred/1"


class GuardedAsk(GuardedFetch):
    """Asks public https addresses, and `own` hosts at private ones, each question over a connection of its own."""

    def __init__(self, network: Network, *, seconds: float = SECONDS, own: frozenset[str] = frozenset()) -> None:
        super().__init__(network, seconds=seconds)
        self._own = own

    def __call__(self, request: Request) -> Answer:
        """Send a request and return the answer. Raises `SourceError`, which never repeats address or secret."""
        deadline = Deadline(self._network.monotonic, self._seconds)
        try:
            target = read_target(request.url, self._own)
            with self._connect(target.host, self._resolve(target.host, deadline), deadline) as connection:
                connection.settimeout(deadline.left())
                connection.sendall(_head(target.host, target.path, request) + request.body)
                response = http.client.HTTPResponse(connection, method=request.method)
                response.begin()
                body = response.read(MAX_ANSWER + 1)
        except UnavailableError as error:
            raise SourceError(error.detail, error.code, retry=True) from None
        except ssl.SSLCertVerificationError:
            raise SourceError("The certificate of the platform is not acceptable.", "certificate", retry=True) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            detail = f"The platform could not be reached: {type(error).__name__}."
            raise SourceError(detail, "unreachable", retry=True) from None
        if len(body) > MAX_ANSWER:
            raise SourceError("The platform's answer is too long.", "too-long")
        return Answer(response.status, body, {name.lower(): value for name, value in response.getheaders()})

    def _may_reach(self, host: str, address: str) -> bool:
        return is_public(address) or (host in self._own and is_private(address))


def _head(host: str, path: str, request: Request) -> bytes:
    fixed = {"Host": host, "Content-Length": str(len(request.body)), "User-Agent": USER_AGENT, "Connection": "close"}
    lines = [f"{request.method} {path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in {**fixed, **request.headers}.items()]
    return "\r\n".join([*lines, "", ""]).encode("ascii")
