"""The real network for a `GuardedFetch`: the system's resolver, plain TCP, and the system's certificate
authorities.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from datetime import datetime

from verifier.fetch.guarded import HTTPS_PORT, Network


def system_network(monotonic: Callable[[], float], now: Callable[[], datetime]) -> Network:
    """Return the machine's own network; the clocks come from the caller."""
    return Network(resolve=resolve, connect=connect, tls=tls_context(), monotonic=monotonic, now=now)


def tls_context() -> ssl.SSLContext:
    """Return a client context: TLS 1.2 or later, host names checked, the system's authorities.

    Built by hand, because `ssl.create_default_context` would also write session keys where SSLKEYLOGFILE
    says.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_default_certs()
    return context


def resolve(host: str, seconds: float) -> Sequence[str]:
    """Return the addresses of `host`; raises `OSError`, as `TimeoutError` after `seconds`.

    `getaddrinfo` cannot be told to stop, so it runs in a thread that is left behind when time is up.
    """
    answer: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()
    threading.Thread(target=_ask, args=(host, answer), daemon=True).start()
    try:
        result = answer.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(result, OSError):
        raise result
    return result


def connect(address: str, port: int, seconds: float) -> socket.socket:
    """Return a TCP connection to exactly `address`; raises `OSError`."""
    return socket.create_connection((address, port), timeout=seconds)


def _ask(host: str, answer: queue.SimpleQueue[list[str] | OSError]) -> None:
    try:
        found = socket.getaddrinfo(host, HTTPS_PORT, type=socket.SOCK_STREAM)
        answer.put(list(dict.fromkeys(str(item[4][0]) for item in found)))
    except OSError as error:
        answer.put(error)
    except UnicodeError:
        answer.put(OSError("the name cannot be encoded"))
