"""The one place where the verifier opens a connection, at the wish of whoever wrote the credential.

The guard: https to a DNS name on port 443 only; the name is resolved once and *every* answer must be public;
the connection goes to exactly that answer, while the certificate must be the name's; no redirect is followed;
no proxy, cookie or password takes part; one deadline and one size cover everything.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, NoReturn, Protocol

from openbadge.errors import UnavailableError
from verifier.fetch.addresses import is_public
from verifier.fetch.base import DOCUMENT_LIMIT, Fetched
from verifier.fetch.target import Target, blocked, read_target

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer  # there only while types are checked; Python 3.11 has no name for it

DEADLINE_SECONDS: Final = 5.0
"""Name, connection, certificate and body together: a person waits for the answer."""
MAX_ADDRESSES: Final = 16
"""Answers of the resolver; more than that is not a web server."""
TRIED_ADDRESSES: Final = 2
"""Connections that are tried one after the other, so that a host with a dead IPv6 address is still reached.
"""
USER_AGENT: Final = "microcred-verifier/1"
HTTPS_PORT: Final = 443


class Resolve(Protocol):
    """Turns a host name into addresses."""

    def __call__(self, host: str, seconds: float) -> Sequence[str]:
        """Return the addresses of `host` within `seconds`; raises `OSError`."""
        ...


class Connect(Protocol):
    """Opens a TCP connection."""

    def __call__(self, address: str, port: int, seconds: float) -> socket.socket:
        """Return a connected socket within `seconds`; raises `OSError`."""
        ...


@dataclass(frozen=True, slots=True)
class Network:
    """The outside world of a `GuardedFetch`.

    `monotonic` counts seconds for the deadline, `now` is the aware UTC time written into answers, `tls`
    checks certificates and host names.
    """

    resolve: Resolve
    connect: Connect
    tls: ssl.SSLContext
    monotonic: Callable[[], float]
    now: Callable[[], datetime]


class GuardedFetch:
    """Fetches public https addresses under the guard described above, each within `seconds`."""

    def __init__(self, network: Network, *, seconds: float = DEADLINE_SECONDS) -> None:
        self._network = network
        self._seconds = seconds

    def answers(self, url: str) -> bool:
        """Return True: it decides about every address, if only to refuse it."""
        return True

    def fetch(self, url: str, accept: str, *, limit: int = DOCUMENT_LIMIT) -> Fetched:
        """Return what `url` answers with status 200, at most `limit` bytes before and after decoding.

        Raises `UnavailableError` FETCH_BLOCKED (the guard), FETCH_FAILED or LIMIT_EXCEEDED.
        """
        target = read_target(url)
        deadline = Deadline(self._network.monotonic, self._seconds)
        try:
            addresses = self._resolve(target.host, deadline)
            with self._connect(target.host, addresses, deadline) as connection:
                media_type, body = _exchange(connection, target, accept, deadline, limit)
        except ssl.SSLCertVerificationError:
            _fail(target.host, "its certificate is not acceptable")
        except TimeoutError:
            _fail(target.host, f"it did not answer within {self._seconds:g} seconds")
        except (OSError, http.client.HTTPException, zlib.error, ValueError):
            _fail(target.host, "the connection failed")
        return Fetched(url, media_type, body, self._network.now())

    def _resolve(self, host: str, deadline: Deadline) -> Sequence[str]:
        try:
            addresses = self._network.resolve(host, deadline.left())
        except TimeoutError:
            raise
        except (OSError, UnicodeError):
            _fail(host, "its name is not known")
        if not addresses:
            _fail(host, "its name is not known")
        if len(addresses) > MAX_ADDRESSES or not all(self._may_reach(host, address) for address in addresses):
            raise blocked("its host is not on the public internet")
        return addresses

    def _may_reach(self, _host: str, address: str) -> bool:
        return is_public(address)

    def _connect(self, host: str, addresses: Sequence[str], deadline: Deadline) -> ssl.SSLSocket:
        plain = self._first_connection(addresses[:TRIED_ADDRESSES], deadline)
        try:
            plain.settimeout(deadline.left())
            return self._network.tls.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise

    def _first_connection(self, addresses: Sequence[str], deadline: Deadline) -> socket.socket:
        for address in addresses[:-1]:
            try:
                return self._network.connect(address, HTTPS_PORT, deadline.left() / 2)
            except OSError:
                continue
        return self._network.connect(addresses[-1], HTTPS_PORT, deadline.left())


class Deadline:
    """One end for many steps."""

    def __init__(self, monotonic: Callable[[], float], seconds: float) -> None:
        self._monotonic = monotonic
        self._end = monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left; raises `TimeoutError` when there are none."""
        left = self._end - self._monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class _Stream(io.RawIOBase):
    """A socket as a stream that asks the deadline before every read: a slow server cannot stretch it."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._connection = connection
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        self._connection.settimeout(self._deadline.left())
        return self._connection.recv_into(buffer)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)


def _exchange(
    connection: ssl.SSLSocket, target: Target, accept: str, deadline: Deadline, limit: int
) -> tuple[str, bytes]:
    lines = (
        f"GET {target.path} HTTP/1.1",
        f"Host: {target.host}",
        f"Accept: {accept}",
        "Accept-Encoding: gzip, identity",
        f"User-Agent: {USER_AGENT}",
        "Connection: close",
        "",
        "",
    )
    connection.settimeout(deadline.left())
    connection.sendall("\r\n".join(lines).encode("ascii"))
    stream = _Stream(connection, deadline)
    response = http.client.HTTPResponse(stream, method="GET")  # type: ignore[arg-type]  # it only calls makefile
    response.begin()
    _check_head(response, target.host, limit)
    return response.headers.get_content_type() if "content-type" in response.headers else "", _body(
        response, target.host, limit
    )


def _check_head(response: http.client.HTTPResponse, host: str, limit: int) -> None:
    if 300 <= response.status < 400:
        raise blocked("it redirects elsewhere, which is not followed")
    if response.status != 200:
        _fail(host, f"it answered with status {response.status}")
    if response.length is not None and response.length > limit:
        _too_large(host, limit)


def _body(response: http.client.HTTPResponse, host: str, limit: int) -> bytes:
    raw = response.read(limit + 1)
    if len(raw) > limit:
        _too_large(host, limit)
    if response.length:
        _fail(host, "its answer ended early")
    encoding = (response.headers.get("content-encoding") or "identity").strip().lower()
    if encoding == "identity":
        return raw
    if encoding != "gzip":
        _fail(host, "its answer is compressed in a way that was not asked for")
    return _gunzip(raw, host, limit)


def _gunzip(raw: bytes, host: str, limit: int) -> bytes:
    """Return one whole gzip member, never unpacking more than one byte beyond `limit`."""
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    body = unpacker.decompress(raw, limit + 1)
    if len(body) > limit:
        _too_large(host, limit)
    if not unpacker.eof or unpacker.unused_data:
        _fail(host, "its compressed answer is damaged")
    return body


def _fail(host: str, reason: str) -> NoReturn:
    raise UnavailableError("FETCH_FAILED", f"{host} could not be reached: {reason}.") from None


def _too_large(host: str, limit: int) -> NoReturn:
    raise UnavailableError("LIMIT_EXCEEDED", f"The answer of {host} is larger than {limit:,} bytes.")
