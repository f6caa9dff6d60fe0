"""Who sent it: signatures, passwords, keys, their windows and their rotation. Bad inputs ISS-001 and ISS-003."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.errors import SettingsError, UnauthenticatedError
from issuer.lms import credentials
from issuer.lms.connection import Connection, Incoming, Secret
from issuer.lms.credentials import SIGNATURE_HEADER, TIME_HEADER, TOLERANCE
from issuer.lms.errors import SignatureError
from tests.issuer.lms.sources import NEW, NOW, OLD, WEBHOOK, connection, dumped, signed

CONNECTION = connection("webhook")


def accepts(incoming: Incoming, now: datetime = NOW, to: Connection = CONNECTION) -> bool:
    try:
        credentials.check_hmac(incoming, to, now)
    except SignatureError:
        return False
    return True


def with_headers(incoming: Incoming, **headers: str) -> Incoming:
    return Incoming(incoming.body, {**incoming.headers, **{name.replace("_", "-"): v for name, v in headers.items()}})


def without(incoming: Incoming, header: str) -> Incoming:
    return Incoming(incoming.body, {name: value for name, value in incoming.headers.items() if name != header})


def test_a_good_signature_names_the_secret_and_the_message():
    proof = credentials.check_hmac(signed(WEBHOOK), CONNECTION, NOW)
    assert (proof.by, proof.message_id, proof.signed_at, proof.integrity) == ("hmac:key-2", "msg-1", NOW, True)


def test_the_signature_is_that_of_standard_webhooks():
    # The published example of the convention, with its own secret, id, time, body and signature.
    secret = Secret("whsec", base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = credentials.sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert headers[SIGNATURE_HEADER] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    incoming = Incoming(b'{"test": 2432232314}', headers)
    assert credentials.check_hmac(incoming, connection("webhook", secrets=(secret,)), at).by == "hmac:whsec"


def test_iss_001_nothing_without_the_right_signature():
    good = signed(WEBHOOK)
    again = json.dumps(json.loads(good.body), separators=(",", ":")).encode()
    stranger = Secret("theirs", b"the secret of another tenant....")
    for bad in (
        without(good, SIGNATURE_HEADER),
        with_headers(good, webhook_signature=""),
        signed(WEBHOOK, stranger),
        Incoming(again, good.headers),
        Incoming(good.body + b" ", good.headers),
        with_headers(good, webhook_id="msg-2"),
        with_headers(good, webhook_signature="v1," + base64.b64encode(b"").decode()),
        with_headers(good, webhook_signature="v1,!!!"),
        with_headers(good, webhook_signature=good.headers[SIGNATURE_HEADER].replace("v1,", "v2,")),
    ):
        assert not accepts(bad)
    assert accepts(good)


def test_iss_001_an_empty_secret_cannot_be_set_and_none_matches_nothing():
    with pytest.raises(SettingsError, match="16 bytes"):
        Secret("empty", b"")
    assert not accepts(signed(WEBHOOK), to=connection("webhook", secrets=()))


@pytest.mark.parametrize("timestamp", ["", "soon", "1e9", "-5", "+5", "5_0", "٥", " ", "1795437180.5", "9" * 30])
def test_iss_003_a_timestamp_that_is_none(timestamp):
    with pytest.raises(SignatureError, match=r"webhook-timestamp|older|future"):
        credentials.check_hmac(with_headers(signed(WEBHOOK), webhook_timestamp=timestamp), CONNECTION, NOW)


def test_iss_003_an_old_and_a_future_signature():
    with pytest.raises(SignatureError, match="older than 5 minutes"):
        credentials.check_hmac(signed(WEBHOOK, at=NOW - TOLERANCE - timedelta(seconds=1)), CONNECTION, NOW)
    with pytest.raises(SignatureError, match="future"):
        credentials.check_hmac(signed(WEBHOOK, at=NOW + TOLERANCE + timedelta(seconds=1)), CONNECTION, NOW)


@given(st.integers(-900, 900))
def test_the_window_is_five_minutes_each_way(seconds):
    assert accepts(signed(WEBHOOK, at=NOW + timedelta(seconds=seconds))) == (abs(seconds) <= 300)


@given(st.integers(-20, 20), st.integers(-20, 20), st.integers(-20, 20))
def test_secrets_overlap_and_end(moment, start, end):
    """Each secret is good from its start on and before its end; a sender may use either meanwhile."""
    now = NOW + timedelta(days=moment)
    first = Secret("first", OLD.value, valid_until=NOW + timedelta(days=end))
    second = Secret("second", NEW.value, valid_from=NOW + timedelta(days=start))
    both = connection("webhook", secrets=(first, second))
    assert accepts(signed(WEBHOOK, first, at=now), now, both) == (moment < end)
    assert accepts(signed(WEBHOOK, second, at=now), now, both) == (moment >= start)


def test_one_of_several_signatures_is_enough_but_not_any_number_of_them():
    good, old = signed(WEBHOOK).headers[SIGNATURE_HEADER], "v1," + base64.b64encode(bytes(32)).decode()
    assert accepts(with_headers(signed(WEBHOOK), webhook_signature=f"v1a,xyz {old} {good}"))
    assert not accepts(with_headers(signed(WEBHOOK), webhook_signature=" ".join([old] * 10 + [good])))


@given(
    st.binary(max_size=60), st.dictionaries(st.sampled_from([SIGNATURE_HEADER, TIME_HEADER, "webhook-id"]), st.text())
)
def test_whatever_comes_is_accepted_or_refused_never_anything_else(body, headers):
    assert not accepts(Incoming(body, headers))


def test_the_message_id_is_bounded_and_visible():
    for name in ("", "x" * 201, "a b", "é", "a\nb"):
        assert not accepts(with_headers(signed(WEBHOOK), webhook_id=name))


def basic(pair: str) -> Incoming:
    return Incoming(b"[]", {"authorization": "Basic " + base64.b64encode(pair.encode()).decode()})


def test_basic_authentication():
    to = connection("xapi", secrets=(Secret("lrs", "lms:pässwörd-of-the-lms".encode()),))
    proof = credentials.check_basic(basic("lms:pässwörd-of-the-lms"), to, NOW)
    assert (proof.by, proof.integrity) == ("basic:lrs", False)
    for bad in (basic("lms:wrong"), basic(""), Incoming(b"", {}), Incoming(b"", {"authorization": "Basic ***"})):
        with pytest.raises(SignatureError):
            credentials.check_basic(bad, to, NOW)


@pytest.mark.parametrize(
    ("way", "incoming"),
    [
        ("bearer", Incoming(b"", {"authorization": f"Bearer {NEW.value.decode()}"})),
        ("api-key", Incoming(b"", {"authorization": NEW.value.decode()})),
        ("url", Incoming(b"", {}, NEW.value.decode())),
    ],
)
def test_a_shared_key_proves_the_sender_but_not_the_content(way, incoming):
    to = connection("caliper", options={"auth": way})
    proof = credentials.check(incoming, to, NOW, ("bearer", "api-key", "url"))
    assert (proof.by, proof.integrity) == (f"{way}:key-2", False)
    for bad in (Incoming(b"", {}), Incoming(b"", {"authorization": "Bearer nö \udcff"}, "\udcff")):
        with pytest.raises(SignatureError):
            credentials.check(bad, to, NOW, ("bearer", "api-key", "url"))


def test_a_way_that_the_source_does_not_have_is_a_wrong_setting():
    for way in ("url", "none"):
        with pytest.raises(SettingsError, match="auth"):
            credentials.check(Incoming(b""), connection("caliper", options={"auth": way}), NOW, ("bearer",))
    with pytest.raises(SettingsError, match="auth"):
        credentials.check(Incoming(b""), connection("moodle"), NOW, ("bearer",))


def test_nothing_secret_or_personal_is_shown():
    incoming = signed(dumped(WEBHOOK))
    shown = repr([CONNECTION, NEW, incoming, connection("moodle", api_token="secret-token")])
    assert NEW.value.decode() not in shown
    assert "secret-token" not in shown
    assert "ada" not in shown.lower()
    assert issubclass(SignatureError, UnauthenticatedError)
