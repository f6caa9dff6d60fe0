"""Mail and calls over the network, against real servers on the loopback."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from issuer.jobs.deliveries import DeliveryError
from issuer.jobs.notice import Notice
from issuer.jobs.settings import Callback, DeliverySettings, MailServer
from issuer.jobs.workshop import Workshop
from issuer.lms.connection import Connection, Incoming, Secret
from issuer.lms.credentials import check_hmac
from microcred.jobs import channels
from microcred.outgoing.mail import Mail
from microcred.outgoing.post import GuardedPost
from microcred.outgoing.webhook import Webhook
from microcred.samples import Sample
from microcred.world import World
from tests.microcred.jobs.test_deliveries import Letters, issue
from tests.verifier.tls_server import HOST, Server, serving
from verifier.fetch.guarded import Network

pytestmark = pytest.mark.databases("sqlite")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SENDER = "badges@uni.example"
PASSWORD = "a password of ours"
URL = f"https://{HOST}/hooks/badges?x=1"
SECRETS = (b"the new secret, 24 bytes", b"the old secret, 24 bytes")


@pytest.fixture
def notice(sample: Sample) -> Notice:
    """What is said about a credential that was just issued."""
    letters = Letters(events=frozenset({"credential.issue"}))
    desk = Workshop(sample.service, {letters.name: letters}).deliveries
    desk.collect()
    learner = {"id": "S1", "name": "Zoë O’Neil {x}", "email": "zoe@students.example.edu"}
    issue(sample, "a", learner=learner)
    desk.collect()
    desk.send_due()
    return letters.sent[0]


class Mailbox:
    """Keeps mail, or answers with a refusal."""

    def __init__(self, refusal: str | None = None) -> None:
        self.refusal = refusal
        self.mail: list[Envelope] = []
        self.sessions: list[Session] = []

    async def handle_RCPT(  # noqa: N802  # the name that aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refusal is not None:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.mail.append(envelope)
        self.sessions.append(session)
        return "250 OK"


def login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"badges", PASSWORD.encode())
    return AuthResult(success=good, handled=False)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def mail_server(box: Mailbox, **options: Any) -> Iterator[int]:
    controller = Controller(box, hostname="127.0.0.1", port=free_port(), ready_timeout=30, **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def mail(port: int, tls: str = "none", context: ssl.SSLContext | None = None, **user: str) -> Mail:
    server = MailServer("localhost" if tls != "none" else "127.0.0.1", port, tls, SENDER, **user)
    return Mail(server, context or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), lambda: NOW)


def test_a_learner_gets_a_link(notice: Notice) -> None:
    box = Mailbox()
    with mail_server(box) as port:
        mail(port).send(notice)
    (envelope,) = box.mail
    assert (envelope.mail_from, envelope.rcpt_tos) == (SENDER, ["zoe@students.example.edu"])
    message = message_of(envelope)
    assert message["Subject"].startswith("Your credential: ")
    assert message["Message-ID"] == f"<{notice.id}@uni.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    text = message.get_content().replace("\r\n", "\n")
    assert notice.about is not None
    assert "Dear Zoë O’Neil {x},\n" in text
    assert f"\n{notice.about.url}\n" in text
    assert notice.institution.name in text


def test_a_learner_is_told_that_an_old_file_is_no_longer_accepted(notice: Notice) -> None:
    box = Mailbox()
    with mail_server(box) as port:
        mail(port).send(replace(notice, event="credential.reissue"))
    text = message_of(box.mail[0]).get_content().replace("\r\n", "\n")
    assert notice.about is not None
    assert "again" in text
    assert "download it again" in text
    assert f"\n{notice.about.url}\n" in text


def message_of(envelope: Envelope) -> Any:
    from email import message_from_bytes, policy

    assert isinstance(envelope.content, bytes)
    return message_from_bytes(envelope.content, policy=policy.default)


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[tuple[ssl.SSLContext, ssl.SSLContext]]:
    """A server's context with a certificate for localhost, and a client's that trusts it."""
    with serving(tmp_path, Server([]), name="localhost") as client:
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(tmp_path / "certificate.pem")
        yield server, client


def test_mail_goes_over_starttls_with_a_password(notice: Notice, tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    box = Mailbox()
    options = {"tls_context": tls[0], "require_starttls": True, "authenticator": login, "auth_required": True}
    with mail_server(box, **options) as port:
        mail(port, "starttls", tls[1], user="badges", password=PASSWORD).send(notice)
        with pytest.raises(DeliveryError) as caught:
            mail(port, "starttls", tls[1], user="badges", password="wrong").send(notice)
    assert len(box.mail) == 1
    assert box.sessions[0].ssl is not None
    assert "zoe" not in caught.value.detail


def test_mail_goes_over_tls_from_the_first_byte(notice: Notice, tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    box = Mailbox()
    with mail_server(box, ssl_context=tls[0]) as port:
        mail(port, "smtps", tls[1]).send(notice)
    assert len(box.mail) == 1


def test_a_certificate_that_nobody_vouches_for_is_not_accepted(
    notice: Notice, tls: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    box = Mailbox()
    for way, options in (("starttls", {"tls_context": tls[0]}), ("smtps", {"ssl_context": tls[0]})):
        with mail_server(box, **options) as port, pytest.raises(DeliveryError, match="certificate"):
            mail(port, way).send(notice)
    assert box.mail == []


def test_a_server_without_starttls_gets_nothing(notice: Notice) -> None:
    box = Mailbox()
    with mail_server(box) as port, pytest.raises(DeliveryError) as caught:
        mail(port, "starttls").send(notice)
    assert (box.mail, caught.value.is_final) == ([], False)


@pytest.mark.parametrize(
    ("refusal", "is_final"),
    [("550 No such mailbox", True), ("450 Try later", False), ("421 Going away", False)],
)
def test_refusals_for_now_and_for_good(notice: Notice, refusal: str, *, is_final: bool) -> None:
    with mail_server(Mailbox(refusal)) as port, pytest.raises(DeliveryError) as caught:
        mail(port).send(notice)
    assert caught.value.is_final is is_final
    assert refusal[:3] in caught.value.detail
    assert "zoe" not in caught.value.detail


def test_a_server_that_is_away_is_tried_again(notice: Notice) -> None:
    with pytest.raises(DeliveryError) as caught:
        mail(free_port()).send(notice)
    assert not caught.value.is_final


class Receiver:
    """An institution's server behind a name, and a network that leads to it."""

    def __init__(self, folder: Path, answer: str = "204 No Content", addresses: Sequence[str] = ("93.184.216.34",)):
        self.server = Server([f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n".encode()])
        self._folder, self._addresses = folder, addresses

    @contextmanager
    def channel(self, *, trusted: bool = True) -> Iterator[Webhook]:
        with serving(self._folder, self.server) as context:
            tls = context if trusted else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            network = Network(lambda *_: self._addresses, self._connect, tls, time.monotonic, lambda: NOW)
            yield Webhook(Callback(URL, SECRETS), GuardedPost(network), lambda: NOW)

    def _connect(self, address: str, port: int, seconds: float) -> socket.socket:
        assert (address, port) == ("93.184.216.34", 443)
        return socket.create_connection(("127.0.0.1", self.server.port), timeout=seconds)


def test_a_call_is_signed_with_both_secrets(notice: Notice, tmp_path: Path) -> None:
    receiver = Receiver(tmp_path)
    with receiver.channel() as channel:
        channel.send(notice)
    (request,) = receiver.server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    assert first == "POST /hooks/badges?x=1 HTTP/1.1"
    assert (headers["host"], headers["content-length"]) == (HOST, str(len(body)))
    for secret in SECRETS:
        connection = Connection("x", "x", "x", secrets=(Secret("one", secret),))
        assert check_hmac(Incoming(body, headers), connection, NOW).message_id == str(notice.id)
    content = json.loads(body)
    assert notice.about is not None
    assert (content["event"], content["id"]) == ("credential.issue", str(notice.id))
    assert content["credential"]["url"] == notice.about.url
    assert content["credential"]["learner"] == {"id": "S1"}
    assert b"zoe@" not in body


@pytest.mark.parametrize(
    ("answer", "is_final"),
    [("500 Oops", False), ("404 Not Found", False), ("302 Found", False), ("410 Gone", True), ("nonsense", False)],
)
def test_answers_that_take_no_call(notice: Notice, tmp_path: Path, answer: str, *, is_final: bool) -> None:
    with Receiver(tmp_path, answer).channel() as channel, pytest.raises(DeliveryError) as caught:
        channel.send(notice)
    assert caught.value.is_final is is_final


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.8", "169.254.169.254", "::1", "fd00::1"])
def test_no_call_reaches_a_private_address(notice: Notice, tmp_path: Path, address: str) -> None:
    receiver = Receiver(tmp_path, addresses=["93.184.216.34", address])
    with receiver.channel() as channel, pytest.raises(DeliveryError):
        channel.send(notice)
    assert receiver.server.connections == 0


def test_no_call_is_made_to_a_server_that_nobody_vouches_for(notice: Notice, tmp_path: Path) -> None:
    receiver = Receiver(tmp_path)
    with receiver.channel(trusted=False) as channel, pytest.raises(DeliveryError, match="certificate"):
        channel.send(notice)
    assert receiver.server.requests == []


def test_channels_are_those_that_are_set(world: World, tmp_path: Path) -> None:
    assert channels(DeliverySettings(None, None), world) == {}
    settings = DeliverySettings(MailServer("mail.uni.example", 465, "smtps", SENDER), Callback(URL, SECRETS))
    assert set(channels(settings, world)) == {"mail", "webhook"}
