"""A platform in the institution's own network is asked if its host is named, and nothing else there is."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest

from issuer.errors import SettingsError
from issuer.lms.ask import Answer, Request
from issuer.lms.errors import SourceError
from issuer.settings import IssuerSettings
from microcred.outgoing.ask import GuardedAsk
from microcred.world import World
from tests.microcred.conftest import START, Clock
from tests.verifier.tls_server import Server, serving
from verifier.fetch.guarded import Network

MOODLE = "moodle.uni.internal"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def ask(folder: Path, number: str, own: frozenset[str], host: str = MOODLE) -> tuple[Answer | str, int]:
    """Ask a server that a resolver gives `number` for; return the answer or the reason, and how often it connected."""
    server = Server([ANSWER])

    def connect(address: str, port: int, seconds: float) -> socket.socket:
        assert (address, port) == (number, 443)
        return socket.create_connection(("127.0.0.1", server.port), timeout=seconds)

    with serving(folder, server, name=host) as tls:
        network = Network(lambda *_: [number], connect, tls, time.monotonic, lambda: START)
        try:
            answer: Answer | str = GuardedAsk(network, own=own)(Request("GET", f"https://{host}/api"))
        except SourceError as error:
            answer = error.reason
    return answer, server.connections


@pytest.mark.parametrize("address", ["10.1.2.3", "172.16.0.9", "192.168.7.7", "fd12:3456::1", "93.184.216.34"])
def test_a_named_host_is_asked_in_its_own_network(tmp_path: Path, address: str) -> None:
    assert ask(tmp_path, address, frozenset({MOODLE})) == (Answer(200, b"{}", {"content-length": "2"}), 1)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "::1",
        "0.0.0.0",
        "169.254.169.254",
        "fe80::1",
        "100.100.100.200",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd20:ce::254",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "224.0.0.1",
        "fd12::1%eth0",
        "moodle",
    ],
)
def test_loopback_link_local_and_metadata_are_never_asked(tmp_path: Path, address: str) -> None:
    assert ask(tmp_path, address, frozenset({MOODLE})) == ("FETCH_BLOCKED", 0)


@pytest.mark.parametrize("own", [frozenset(), frozenset({"other.uni.internal", "uni.internal"})])
def test_a_host_that_is_not_named_is_not_asked(tmp_path: Path, own: frozenset[str]) -> None:
    assert ask(tmp_path, "10.1.2.3", own) == ("FETCH_BLOCKED", 0)
    assert ask(tmp_path, "10.1.2.3", own, "moodle.uni.example") == ("FETCH_BLOCKED", 0)


def test_the_setting() -> None:
    read = IssuerSettings.read({"MICROCRED_LMS_PRIVATE_HOSTS": "Moodle.Uni.Internal, lrs.uni.example"})
    assert read.lms_private_hosts == {MOODLE, "lrs.uni.example"}
    assert IssuerSettings.read({}).lms_private_hosts == frozenset()


@pytest.mark.parametrize(
    "value", ["", " ", "a.example,", "*.uni.example", "10.0.0.1", "localhost", "[::1]", "a b.example", "x.example:8443"]
)
def test_a_setting_that_names_no_hosts(value: str) -> None:
    with pytest.raises(SettingsError, match=r"^MICROCRED_LMS_PRIVATE_HOSTS "):
        IssuerSettings.read({"MICROCRED_LMS_PRIVATE_HOSTS": value})
    with pytest.raises(SettingsError):
        World({"MICROCRED_LMS_PRIVATE_HOSTS": value}, Clock(), os.urandom).asker()
