"""Published keys of platforms: fetched when they are needed, kept for a while, and never on a sender's word."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from issuer.errors import SettingsError
from issuer.lms.ask import Answer, Request
from issuer.lms.connection import Connection
from issuer.lms.errors import SourceError
from issuer.lms.tokens import key_id
from issuer.lms_work.connections import Wish
from issuer.lms_work.key_sets import MAX_AGE, MAX_KEYS, MAX_STALE, PAUSE, KeySets, fetch
from microcred.app import build, checker
from microcred.sample_platforms import ACCOUNT
from microcred.samples import Sample
from microcred.world import World
from tests.issuer.lms.sources import CANVAS, NOW, RsaSigner, changed, rsa_signer, token
from tests.microcred.conftest import Clock, Console
from tests.verifier.web_client import Client

URL = "https://vendor.example/jwks"
CONNECTION = Connection("canvas", "canvas", "https://school.example", options={"jwks": URL})


def jwk(kid: str, **more: Any) -> dict[str, Any]:
    return {**rsa_signer().public.jwk(), "kid": kid, **more}


@dataclass
class Publisher:
    """The address at which a vendor publishes its keys, or an error."""

    keys: list[Any] = field(default_factory=list)
    error: SourceError | None = None
    body: bytes | None = None
    asked: list[str] = field(default_factory=list)
    waiting: threading.Event | None = None

    def __call__(self, request: Request) -> Answer:
        assert not request.headers.keys() & {"Authorization", "Cookie"}
        self.asked.append(request.url)
        if self.waiting is not None:
            assert self.waiting.wait(10)
        if self.error is not None:
            raise self.error
        return Answer(200, json.dumps({"keys": self.keys}).encode() if self.body is None else self.body)


def test_a_set_is_fetched_once_while_it_is_young() -> None:
    vendor = Publisher([jwk("a"), jwk("b")])
    sets = KeySets(vendor)
    assert sets.known(CONNECTION, NOW) == {}
    assert [set(sets.keys(CONNECTION, kid, NOW)) for kid in ("a", "b", "a")] == [{"a", "b"}] * 3
    assert vendor.asked == [URL]
    assert set(sets.known(CONNECTION, NOW)) == {"a", "b"}
    sets.keys(CONNECTION, "a", NOW + MAX_AGE)
    assert len(vendor.asked) == 2


def test_a_new_key_is_fetched_and_an_old_one_forgotten() -> None:
    vendor = Publisher([jwk("a")])
    sets = KeySets(vendor)
    sets.keys(CONNECTION, "a", NOW)
    vendor.keys = [jwk("b")]
    assert set(sets.keys(CONNECTION, "b", NOW + PAUSE)) == {"b"}
    assert set(sets.keys(CONNECTION, "a", NOW + PAUSE)) == {"b"}


def test_invented_names_ask_for_nothing_more_than_every_few_minutes() -> None:
    vendor = Publisher([jwk("a")])
    sets = KeySets(vendor)
    for number in range(300):
        assert set(sets.keys(CONNECTION, f"x{number}", NOW + timedelta(seconds=number))) == {"a"}
    assert len(vendor.asked) == 1
    sets.keys(CONNECTION, "x", NOW + PAUSE)
    assert len(vendor.asked) == 2


def test_an_address_that_does_not_answer() -> None:
    vendor = Publisher([jwk("a")], SourceError("The platform could not be reached.", retry=True))
    sets = KeySets(vendor)
    for _ in range(3):
        with pytest.raises(SourceError, match="could not be fetched") as caught:
            sets.keys(CONNECTION, "a", NOW)
        assert caught.value.retry
    assert len(vendor.asked) == 1
    vendor.error = None
    assert set(sets.keys(CONNECTION, "a", NOW + PAUSE)) == {"a"}


def test_known_keys_outlive_an_outage_of_a_day_and_no_more() -> None:
    vendor = Publisher([jwk("a")])
    sets = KeySets(vendor)
    sets.keys(CONNECTION, "a", NOW)
    vendor.error = SourceError("away", retry=True)
    assert set(sets.keys(CONNECTION, "a", NOW + MAX_AGE)) == {"a"}
    with pytest.raises(SourceError):
        sets.keys(CONNECTION, "b", NOW + MAX_AGE)
    assert sets.known(CONNECTION, NOW + MAX_STALE) == {}
    with pytest.raises(SourceError):
        sets.keys(CONNECTION, "a", NOW + MAX_STALE)


def test_keys_that_a_person_entered_count_alone() -> None:
    vendor = Publisher([jwk("a")])
    pinned = replace(CONNECTION, keys={"mine": rsa_signer().public})
    sets = KeySets(vendor)
    assert set(sets.keys(pinned, "a", NOW)) == set(sets.known(pinned, NOW)) == {"mine"}
    assert not vendor.asked
    with pytest.raises(SettingsError, match="jwks"):
        sets.keys(replace(CONNECTION, options={}), "a", NOW)


def test_many_at_once_are_one_question() -> None:
    vendor = Publisher([jwk("a")], waiting=threading.Event())
    sets = KeySets(vendor)
    found: list[set[str]] = []
    threads = [threading.Thread(target=lambda: found.append(set(sets.keys(CONNECTION, "a", NOW)))) for _ in range(6)]
    for thread in threads:
        thread.start()
    assert vendor.waiting is not None
    vendor.waiting.set()
    for thread in threads:
        thread.join(10)
    assert (found, len(vendor.asked)) == ([{"a"}] * 6, 1)


def test_a_known_key_waits_for_no_slow_address() -> None:
    vendor = Publisher([jwk("a")])
    sets = KeySets(vendor)
    sets.keys(CONNECTION, "a", NOW)
    vendor.waiting, later = threading.Event(), NOW + MAX_AGE
    refreshing = threading.Thread(target=sets.keys, args=(CONNECTION, "a", later))
    refreshing.start()
    while len(vendor.asked) < 2:
        time.sleep(0.001)
    assert set(sets.keys(CONNECTION, "a", later)) == {"a"}
    assert refreshing.is_alive()
    vendor.waiting.set()
    refreshing.join(10)
    assert len(vendor.asked) == 2


def test_keys_that_are_good_for_nothing_are_left_out() -> None:
    private = {**jwk("leaked"), "d": "AQAB"}
    odd = [1, None, {}, {"kid": "x"}, jwk(""), jwk("enc", use="enc"), {"kty": "oct", "k": "AAAA", "kid": "hmac"}]
    short = {"kty": "RSA", "alg": "RS256", "n": "AQAB", "e": "AQAB", "kid": "short"}
    chain = jwk("chain", x5c=["MII"], x5t="x")
    assert set(fetch(URL, Publisher([*odd, private, short, chain, jwk("a", use="sig", key_ops=["verify"])]))) == {
        "chain",
        "a",
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"keys": {}}',
        b'{"keys": null}',
        b"{}",
        b'{"keys": [], "keys": []}',
        b"<html>",
        b"\xff",
        json.dumps({"keys": [{}] * (MAX_KEYS + 1)}).encode(),
        json.dumps({"keys": [jwk("a"), {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43, "kid": "a"}]}).encode(),
    ],
)
def test_what_is_no_key_set(body: bytes) -> None:
    if b"OKP" in body:
        body = body.replace(b"A" * 43, b"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
    with pytest.raises(SourceError):
        fetch(URL, Publisher(body=body))


@pytest.mark.parametrize(
    ("body", "kid"),
    [
        (token({}), "2026-11"),
        (token({}, kid="other"), "2026-11"),
        (b"eyJhbGciOiJub25lIn0.e30.", ""),
        (b"", ""),
        (b"{}", ""),
        (b"ey", ""),
        (b"eyJr\xff.", ""),
        (b"eyJraWQiOjF9.e30.x", ""),
        (b"eyJ" + b"A" * 1_000_000, ""),
    ],
)
def test_the_name_of_a_key_is_read_without_believing_it(body: bytes, kid: str) -> None:
    assert key_id(body) == kid


def event(signer: RsaSigner, **more: Any) -> bytes:
    return token(changed(CANVAS, metadata__root_account_uuid=ACCOUNT), signer, **more)


@dataclass(frozen=True)
class WorldWithKeys(World):
    """A world in which every address is that of the vendor's keys."""

    vendor: Publisher = field(default_factory=Publisher)

    def asker(self) -> Publisher:
        return self.vendor


@pytest.mark.databases("sqlite")
def test_canvas_events_are_checked_by_the_published_keys(sample: Sample, world: World, clock: Clock) -> None:
    vendor = Publisher(error=SourceError("away", retry=True))
    there = WorldWithKeys(world.environ, clock, world.random_bytes, vendor)
    app = build(checker(there, sample.service), sample.service)
    platforms, client = app.state.platforms, Client(app, sample.service.addresses.base_url)
    options = {"root_account_uuid": ACCOUNT, "jwks": URL}
    platforms.connections.add(Wish("second", "canvas", "https://canvas2.example", options=options), "tests")
    body = event(rsa_signer("k1"))
    away = client.post("/lms/second", content=body)
    assert (away.status_code, away.json()["code"], "Retry-After" in away.headers) == (503, "SOURCE_ERROR", True)
    vendor.error, vendor.keys = None, [{**rsa_signer("k1").public.jwk(), "kid": "k1"}]
    clock.forward(minutes=5)
    assert client.post("/lms/second", content=body).status_code == 202
    forged = token(changed(CANVAS, metadata__root_account_uuid=ACCOUNT), RsaSigner("k1", rsa_signer("k2").key))
    assert client.post("/lms/second", content=forged).status_code == 401
    assert client.post("/lms/second", content=event(rsa_signer("k2"))).status_code == 401
    assert client.post("/lms/nobody", content=body).status_code == 404
    assert vendor.asked == [URL] * 2
    console = Console(there)
    console("connections", "test", "second")
    assert "1 public keys are at the address" in console.out.getvalue()
    vendor.keys = []
    assert console("connections", "test", "second") == 1
    vendor.error = SourceError("away", retry=True)
    assert console("connections", "test", "second") == 1
    assert "BAD  The keys of the platform could not be fetched. away" in console.out.getvalue()
    platforms.end()
    sample.installation.database.close()


@pytest.mark.databases("sqlite")
def test_who_asks_a_slow_address_for_keys_keeps_nobody_from_other_pages(
    sample: Sample, world: World, clock: Clock
) -> None:
    """More messages wait for keys than the server has threads for its pages."""
    vendor = Publisher([jwk("a")], waiting=threading.Event())
    there = WorldWithKeys(world.environ, clock, world.random_bytes, vendor)
    app = build(checker(there, sample.service), sample.service)
    options = {"root_account_uuid": ACCOUNT, "jwks": URL}
    app.state.platforms.connections.add(Wish("second", "canvas", "https://canvas2.example", options=options), "tests")

    async def crowd() -> list[int]:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=sample.service.addresses.base_url) as client:
            body = event(rsa_signer("k1"))
            waiting = [asyncio.create_task(client.post("/lms/second", content=body)) for _ in range(50)]
            while not vendor.asked:
                await asyncio.sleep(0.01)
            page = await asyncio.wait_for(client.get("/lti/jwks.json"), 5)
            vendor.waiting.set()
            return [page.status_code, *{answer.status_code for answer in await asyncio.gather(*waiting)}]

    assert asyncio.run(crowd()) == [200, 401]
    app.state.platforms.end()
    sample.installation.database.close()
