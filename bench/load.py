"""A small load generator: connections that each send a request when the answer to the last one is there."""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

_PIECE: Final = 256 * 1024
_LENGTH: Final = b"content-length: "
SECONDS: Final = 120
"""When a run that makes no progress is given up."""


@dataclass(frozen=True, slots=True)
class Load:
    """What became of a run: wall-clock seconds, and how many answers had each status."""

    seconds: float
    statuses: Counter[int]


@dataclass(slots=True)
class _Line:
    """One connection: what it has yet to send, and what came in of the answer."""

    socket: socket.socket
    pending: memoryview = field(default_factory=lambda: memoryview(b""))
    received: bytearray = field(default_factory=bytearray)


def post(url: str, body: bytes, headers: dict[str, str]) -> bytes:
    """The bytes of a request that posts `body`."""
    parts = urlsplit(url)
    lines = [f"POST {parts.path} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def run(url: str, requests: Iterable[bytes], connections: int) -> Load:
    """Send all requests over `connections` connections to the host of `url`, and count the answers."""
    parts = urlsplit(url)
    waiting = deque(requests)
    statuses: Counter[int] = Counter()
    start = time.perf_counter()
    with selectors.DefaultSelector() as selector:
        for _ in range(min(connections, len(waiting))):
            line = _Line(socket.create_connection((parts.hostname or "", parts.port or 80)))
            line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line.socket.setblocking(False)
            selector.register(line.socket, selectors.EVENT_READ, line)
            _next(selector, line, waiting)
        while selector.get_map():
            events = selector.select(SECONDS)
            if not events:
                raise RuntimeError(f"no answer for {SECONDS} s")
            for key, mask in events:
                line = key.data
                if mask & selectors.EVENT_WRITE:
                    _send(selector, line)
                elif (status := _receive(line)) is not None:
                    statuses[status] += 1
                    _next(selector, line, waiting)
    return Load(time.perf_counter() - start, statuses)


def _next(selector: selectors.BaseSelector, line: _Line, waiting: deque[bytes]) -> None:
    if not waiting:
        selector.unregister(line.socket)
        line.socket.close()
        return
    line.pending = memoryview(waiting.popleft())
    _send(selector, line)


def _send(selector: selectors.BaseSelector, line: _Line) -> None:
    with contextlib.suppress(BlockingIOError):
        line.pending = line.pending[line.socket.send(line.pending) :]
    wanted = selectors.EVENT_WRITE if line.pending else selectors.EVENT_READ
    selector.modify(line.socket, wanted, line)


def _receive(line: _Line) -> int | None:
    """Take in what has come; the status once the answer is complete."""
    piece = line.socket.recv(_PIECE)
    if not piece:
        raise RuntimeError("the server has closed the connection")
    line.received += piece
    head, found, body = line.received.partition(b"\r\n\r\n")
    if not found:
        return None
    length = head.lower().partition(_LENGTH)[2].partition(b"\r\n")[0]
    if len(body) < int(length):
        return None
    line.received = bytearray()
    return int(head.split(b" ", 2)[1])
