"""A TLS server on 127.0.0.1 that answers exactly the bytes it was told, and counts who connected."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HOST = "badges.example.org"


@dataclass
class Server:
    """What the server says (parts, with `pause` seconds before each), and the requests it has seen."""

    parts: Sequence[bytes]
    pause: float = 0.0
    port: int = 0
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0


@contextmanager
def serving(folder: Path, server: Server, *, name: str = HOST, days: int = 1) -> Iterator[ssl.SSLContext]:
    """Run `server` with a certificate for `name` that ends in `days`; yields a client context that trusts it."""
    certificate = folder / "certificate.pem"
    certificate.write_bytes(_certificate(name, days))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        server.port = listener.getsockname()[1]
        thread = threading.Thread(target=_run, args=(listener, context, server, stop), daemon=True)
        thread.start()
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.load_verify_locations(certificate)
        try:
            yield client
        finally:
            stop.set()
            thread.join(5)


def _run(listener: socket.socket, context: ssl.SSLContext, server: Server, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            plain, _ = listener.accept()
        except TimeoutError:
            continue
        server.connections += 1
        try:
            plain.settimeout(5)
            with context.wrap_socket(plain, server_side=True) as connection:
                _answer(connection, server, stop)
        except OSError:
            continue


def _answer(connection: ssl.SSLSocket, server: Server, stop: threading.Event) -> None:
    request = b""
    while b"\r\n\r\n" not in request:
        part = connection.recv(4096)
        if not part:
            return
        request += part
    server.requests.append(request)
    for part in server.parts:
        if stop.is_set():
            return
        time.sleep(server.pause)
        connection.sendall(part)


@cache
def _certificate(name: str, days: int) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    end = datetime.now(UTC) + timedelta(days=days)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=10))
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
