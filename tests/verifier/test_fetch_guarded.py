"""The guarded fetch against a real TLS server on the loopback, reached through an injected connector."""

from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from openbadge.errors import UnavailableError
from tests.verifier.tls_server import HOST, Server, serving
from verifier.fetch import Fetched, GuardedFetch
from verifier.fetch.guarded import Network
from verifier.fetch.system import tls_context

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
URL = f"https://{HOST}/.well-known/did.json"


def answer(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/did+ld+json; charset=utf-8"]
    lines += [f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class Lab:
    """A server, a resolver that says `addresses`, and a connector that leads to the server."""

    folder: Path
    server: Server
    addresses: Sequence[str] = ("93.184.216.34",)
    name: str = HOST
    days: int = 1
    asked: list[str] = field(default_factory=list)
    connected: list[str] = field(default_factory=list)
    dead: frozenset[str] = frozenset()

    def resolve(self, host: str, seconds: float) -> Sequence[str]:
        self.asked.append(host)
        return self.addresses

    def connect(self, address: str, port: int, seconds: float) -> socket.socket:
        self.connected.append(address)
        assert port == 443
        if address in self.dead:
            raise ConnectionRefusedError
        return socket.create_connection(("127.0.0.1", self.server.port), timeout=seconds)

    def fetch(self, url: str = URL, *, limit: int = 1000, seconds: float = 5.0, trusted: bool = True) -> Fetched:
        with ExitStack() as stack:
            tls = stack.enter_context(serving(self.folder, self.server, name=self.name, days=self.days))
            network = Network(
                self.resolve, self.connect, tls if trusted else tls_context(), time.monotonic, lambda: NOW
            )
            return GuardedFetch(network, seconds=seconds).fetch(url, "application/did+ld+json", limit=limit)

    def refusal(self, **arguments: object) -> str:
        with pytest.raises(UnavailableError) as caught:
            self.fetch(**arguments)  # type: ignore[arg-type]  # the keywords of fetch, passed on
        return caught.value.code


def test_a_plain_answer(tmp_path: Path) -> None:
    lab = Lab(tmp_path, Server([answer(b'{"id":"x"}')]))
    assert lab.fetch() == Fetched(URL, "application/did+ld+json", b'{"id":"x"}', NOW)
    assert (lab.asked, lab.connected) == ([HOST], ["93.184.216.34"])


def test_the_request_carries_nothing_personal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """WEB-016: proxies and password files of the environment are ignored."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    (tmp_path / ".netrc").write_text(f"machine {HOST} login a password b")
    monkeypatch.setenv("HOME", str(tmp_path))
    lab = Lab(tmp_path, Server([answer(b"{}")]))
    lab.fetch()
    assert lab.server.requests == [
        b"GET /.well-known/did.json HTTP/1.1\r\nHost: badges.example.org\r\nAccept: application/did+ld+json\r\n"
        b"Accept-Encoding: gzip, identity\r\nUser-Agent: microcred-verifier/1\r\nConnection: close\r\n\r\n"
    ]


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",),
        ("93.184.216.34", "10.0.0.1"),
        ("10.0.0.1", "93.184.216.34"),
        ("93.184.216.34", "::ffff:127.0.0.1"),
        ("169.254.169.254",),
        ("fe80::1%eth0",),
        ("nonsense",),
        tuple(f"1.1.1.{number}" for number in range(17)),
    ],
)
def test_web_005_every_answer_of_the_resolver_must_be_public(tmp_path: Path, addresses: Sequence[str]) -> None:
    lab = Lab(tmp_path, Server([answer(b"{}")]), addresses=addresses)
    assert lab.refusal() == "FETCH_BLOCKED"
    assert lab.connected == []


def test_web_005_rebinding_cannot_happen_because_the_name_is_resolved_once(tmp_path: Path) -> None:
    lab = Lab(tmp_path, Server([answer(b"{}")]), addresses=("93.184.216.34",))
    lab.fetch()
    assert (len(lab.asked), lab.connected) == (1, ["93.184.216.34"])


def test_a_blocked_spelling_is_not_even_resolved(tmp_path: Path) -> None:
    lab = Lab(tmp_path, Server([]))
    assert lab.refusal(url="https://127.0.0.1/") == "FETCH_BLOCKED"
    assert lab.asked == []


def test_an_unknown_name(tmp_path: Path) -> None:
    assert Lab(tmp_path, Server([]), addresses=()).refusal() == "FETCH_FAILED"


def test_the_second_address_is_tried_when_the_first_is_dead(tmp_path: Path) -> None:
    both = ("2606:4700::1111", "1.1.1.1")
    lab = Lab(tmp_path, Server([answer(b"{}")]), both, dead=frozenset(both[:1]))
    assert lab.fetch().body == b"{}"
    assert lab.connected == list(both)


def test_all_addresses_dead(tmp_path: Path) -> None:
    lab = Lab(tmp_path, Server([]), ("1.1.1.1",), dead=frozenset({"1.1.1.1"}))
    assert lab.refusal() == "FETCH_FAILED"


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Same"])
@pytest.mark.parametrize("location", ["http://169.254.169.254/", f"https://{HOST}/other"])
def test_web_006_redirects_are_not_followed(tmp_path: Path, status: str, location: str) -> None:
    lab = Lab(tmp_path, Server([answer(b"", f"Location: {location}", status=status)]))
    assert lab.refusal() == "FETCH_BLOCKED"
    assert lab.server.connections == 1


@pytest.mark.parametrize("status", ["201 Created", "204 No Content", "404 Not Found", "500 Oops", "999 What"])
def test_only_200_is_an_answer(tmp_path: Path, status: str) -> None:
    assert Lab(tmp_path, Server([answer(b"{}", status=status)])).refusal() == "FETCH_FAILED"


def test_web_013_a_large_announced_body_is_not_read(tmp_path: Path) -> None:
    assert Lab(tmp_path, Server([answer(b"", length=10**9)])).refusal() == "LIMIT_EXCEEDED"


def test_web_013_a_large_body_without_length(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    assert Lab(tmp_path, Server([head, *[b"x" * 500] * 5])).refusal() == "LIMIT_EXCEEDED"


def test_web_013_a_large_chunked_body(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"1f4\r\n" + b"x" * 500 + b"\r\n"
    assert Lab(tmp_path, Server([head, *[chunk] * 5])).refusal() == "LIMIT_EXCEEDED"


def test_exactly_the_limit_passes(tmp_path: Path) -> None:
    assert len(Lab(tmp_path, Server([answer(b"x" * 1000)])).fetch().body) == 1000
    assert Lab(tmp_path, Server([answer(b"x" * 1001)])).refusal() == "LIMIT_EXCEEDED"


def test_web_013_a_length_that_lies_upwards(tmp_path: Path) -> None:
    assert Lab(tmp_path, Server([answer(b"{}", length=900)])).refusal() == "FETCH_FAILED"


def test_web_013_a_length_that_lies_downwards_cuts_the_body(tmp_path: Path) -> None:
    assert Lab(tmp_path, Server([answer(b'{"id":1}', length=3)])).fetch().body == b'{"i'


def test_web_013_a_gzip_bomb(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(50_000_000), 9)
    lab = Lab(tmp_path, Server([answer(bomb, "Content-Encoding: gzip")]))
    assert lab.refusal(limit=100_000) == "LIMIT_EXCEEDED"


def test_gzip_is_unpacked(tmp_path: Path) -> None:
    body = gzip.compress(b'{"id":"x"}')
    assert Lab(tmp_path, Server([answer(body, "Content-Encoding: gzip")])).fetch().body == b'{"id":"x"}'


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(b"{}", mtime=0) + gzip.compress(b"{}", mtime=0), "gzip"),
        (gzip.compress(b"{}", mtime=0) + b"tail", "gzip"),
        (gzip.compress(b"{}", mtime=0)[:-3], "gzip"),
        (b"not gzip", "gzip"),
        (b"{}", "br"),
        (b"{}", "gzip, gzip"),
    ],
)
def test_damaged_or_unasked_compression(tmp_path: Path, body: bytes, encoding: str) -> None:
    assert Lab(tmp_path, Server([answer(body, f"Content-Encoding: {encoding}")])).refusal() == "FETCH_FAILED"


@pytest.mark.parametrize(
    "reply",
    [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nA: " + b"x" * 70_000 + b"\r\n\r\n"],
)
def test_an_answer_that_is_not_http(tmp_path: Path, reply: bytes) -> None:
    assert Lab(tmp_path, Server([reply])).refusal() == "FETCH_FAILED"


def test_an_endless_head(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n"
    assert Lab(tmp_path, Server([head])).refusal() == "FETCH_FAILED"


def test_a_missing_media_type_is_said_to_be_missing(tmp_path: Path) -> None:
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    assert Lab(tmp_path, Server([reply])).fetch().media_type == ""


def test_web_015_a_certificate_for_another_name(tmp_path: Path) -> None:
    lab = Lab(tmp_path, Server([answer(b"{}")]), name="other.example.org")
    assert lab.refusal() == "FETCH_FAILED"
    assert lab.server.requests == []


def test_web_015_an_expired_certificate(tmp_path: Path) -> None:
    assert Lab(tmp_path, Server([answer(b"{}")]), days=-1).refusal() == "FETCH_FAILED"


def test_web_015_a_self_signed_certificate(tmp_path: Path) -> None:
    assert Lab(tmp_path, Server([answer(b"{}")])).refusal(trusted=False) == "FETCH_FAILED"


def test_a_server_that_never_speaks_tls(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        lab = Lab(tmp_path, Server([]))

        def connect(address: str, port: int, seconds: float) -> socket.socket:
            return socket.create_connection(silent.getsockname(), timeout=seconds)

        network = Network(lab.resolve, connect, tls_context(), time.monotonic, lambda: NOW)
        with pytest.raises(UnavailableError, match="did not answer"):
            GuardedFetch(network, seconds=0.3).fetch(URL, "*/*")


def test_one_deadline_for_a_server_that_drips(tmp_path: Path) -> None:
    """Each byte comes in time, all of them together do not."""
    parts = [answer(b"", length=500), *[b"x"] * 200]
    lab = Lab(tmp_path, Server(parts, pause=0.05))
    assert lab.refusal(seconds=0.5) == "FETCH_FAILED"


def test_the_deadline_covers_the_resolver(tmp_path: Path) -> None:
    ticks = iter([0.0, 1.0, 9.0])
    lab = Lab(tmp_path, Server([]))
    network = Network(lab.resolve, lab.connect, tls_context(), lambda: next(ticks), lambda: NOW)
    with pytest.raises(UnavailableError, match="within 5 seconds"):
        GuardedFetch(network).fetch(URL, "*/*")
    assert lab.connected == []
