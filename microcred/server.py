"""Running the web application: one port, a clear sentence when it is taken, a clean stop."""

from __future__ import annotations

import errno
import signal
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from issuer.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Tls:
    """The files of a certificate chain and its key, in PEM."""

    certificate: Path
    key: Path


STOP_SECONDS = 10
"""How long requests under way may take to end after Ctrl-C or SIGTERM."""


def open_port(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises `SettingsError` when the port is taken or not allowed."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except (OSError, OverflowError) as error:
        listener.close()
        raise SettingsError(_reason(error, host, port)) from None
    return listener


def serve(app: FastAPI, listener: socket.socket, ready: Callable[[], None], tls: Tls | None = None) -> int:
    """Serve until Ctrl-C or SIGTERM, over TLS if there is a certificate; calls `ready` once requests are answered.

    Returns the exit code. Raises `SettingsError` for a certificate or key that cannot be used.
    """
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,  # an access log would keep who looked at whose credential
        server_header=False,
        timeout_graceful_shutdown=STOP_SECONDS,
        lifespan="off",
        ssl_certfile=None if tls is None else str(tls.certificate),
        ssl_keyfile=None if tls is None else str(tls.key),
    )
    try:
        config.load()
    except ssl.SSLError:
        raise SettingsError("The TLS files are not a certificate chain and its own key, both in PEM.") from None
    except OSError as error:
        raise SettingsError(f"The TLS certificate or key cannot be read: {error.strerror}.") from None
    _make_sigterm_like_ctrl_c()
    try:
        _Server(config, ready).run(sockets=[listener])
    except KeyboardInterrupt:
        return 0
    return 0


def _make_sigterm_like_ctrl_c() -> None:
    """uvicorn, once it has stopped, raises the signal again; by default that kills us before the rest has ended."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


def _reason(error: Exception, host: str, port: int) -> str:
    code = getattr(error, "errno", None)
    if code == errno.EADDRINUSE:
        return f"Port {port} is in use by another program. Stop that one, or choose another with --port."
    if code == errno.EACCES:
        return f"Port {port} needs more rights than this user has. Choose one above 1023 with --port."
    return f"The address {host} port {port} cannot be used. Check --host and --port."
