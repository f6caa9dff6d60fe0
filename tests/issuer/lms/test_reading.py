"""The readers below all adapters: foreign JSON, batches in pieces; and no adapter fails otherwise than it says."""

from __future__ import annotations

import contextlib
import copy
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.errors import FieldError
from issuer.lms import bulk, read
from issuer.lms.adapters import ADAPTERS
from issuer.lms.errors import SignatureError
from issuer.lms.people import split_code
from issuer.lms.read import Node
from openbadge import strict_json
from openbadge.errors import InvalidError
from tests.issuer.lms.sources import LOGSTORE, PAYLOADS, SNAPSHOT, connection, dumped, proved

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


def test_silence_has_one_form():
    node = Node({"a": None, "b": "", "c": "  ", "d": 0, "e": False}, "x")
    assert [node.maybe_text(name) for name in "abcz"] == [None] * 4
    assert (node.maybe_number("d"), node.maybe_flag("e"), node.maybe_identifier("d")) == (Decimal(0), False, "0")
    for name in "abz":
        with pytest.raises(FieldError, match=f"x.{name}: is missing"):
            node.needed(name)


def test_ids_are_texts_or_whole_numbers():
    node = Node({"n": 3, "t": " 3 ", "f": 3.5, "b": True, "l": []})
    assert (node.identifier("n"), node.identifier("t")) == ("3", "3")
    for name in "fbl":
        with pytest.raises(FieldError):
            node.identifier(name)


def test_moments():
    for written in ("2026-11-23T13:32:28+01:00", "2026-11-23T13:32:28+0100", "2026-11-23T08:02:28.000-0430"):
        assert read.moment(written, "t") == datetime(2026, 11, 23, 12, 32, 28, tzinfo=UTC)
    for bad in (
        "2026-11-23T13:32:28+01",
        "2026-11-23T13:32:28+1",
        "2026-11-23+0100",
        "2026-1123",
        "+0100",
        "2026-11-23T13:32:28+2500",
    ):
        with pytest.raises(FieldError):
            read.moment(bad, "t")
    assert Node({"t": "1795437148"}).unix("t") == Node({"t": 1795437148}).unix("t")
    for bad in ("2026-11-23", "Ada", 5, None):
        with pytest.raises(FieldError) as caught:
            read.moment(bad, "t")
        assert "Ada" not in caught.value.detail
    for bad in (0, -1, 1795437148000, "x", 1.5, True):
        with pytest.raises(FieldError):
            Node({"t": bad}).unix("t")


@given(st.integers() | st.floats() | st.text() | st.booleans() | st.none())
def test_numbers_are_finite_and_bounded(value):
    with contextlib.suppress(FieldError):
        assert abs(read.number(value, "n")) <= 10**9


@given(st.decimals(-(10**9), 10**9, places=4))
def test_numbers_stay_exact(value):
    assert read.number(f"{value:f}", "n") == value


def test_arrays_are_bounded():
    with pytest.raises(FieldError, match="at most 1,000"):
        Node({"a": [{}] * 1_001}).items("a")
    with pytest.raises(FieldError, match=r"a\[1\]"):
        Node({"a": [{}, 1]}).items("a")
    assert Node({}).items("a") == []


def test_codes_with_a_version():
    assert split_code("MC-DETH-01@v2") == ("MC-DETH-01", "2")
    assert split_code("a@b@1.0") == ("a@b", "1.0")
    for plain in ("MC-1", "@v2", "x@", "x@y z", None):
        assert split_code(plain) == (plain, None)


@given(st.lists(_JSON, max_size=6), st.sampled_from([None, 1, "\t"]))
def test_pieces_of_a_batch_are_the_batch(items, indent):
    data = json.dumps(items, indent=indent).encode()
    try:
        whole = strict_json.loads_any(data)
    except InvalidError:
        return
    assert bulk.array(data) == whole
    assert bulk.envelope(b'{"x": {"y": [1]}, "data":' + data + b"}", "data") == {"x": {"y": [1]}, "data": whole}


@given(st.binary(max_size=40) | st.text(alphabet='[]{},:"\\ 1a', max_size=30).map(str.encode))
def test_a_batch_is_never_read_where_the_strict_reader_refuses(data):
    def outcome(reader):
        try:
            return reader(data)
        except InvalidError:
            return None

    def strictly(data):
        value = strict_json.loads_any(data)
        return value if isinstance(value, list) else None

    assert outcome(bulk.array) == outcome(strictly)
    whole = outcome(strict_json.loads)
    assert outcome(lambda data: bulk.envelope(data, "data")) == whole


def test_batches_have_limits(monkeypatch):
    with pytest.raises(InvalidError, match="more than 5,000"):
        bulk.array(b"[" + b"1," * 8_000_000 + b"1]")
    monkeypatch.setattr(bulk, "MAX_BYTES", 10)
    for reader in (bulk.array, bulk.members):
        with pytest.raises(InvalidError, match="the limit is 10"):
            reader(b"[" + b" " * 10 + b"]")


def _spoilt(data: st.DataObject, value):
    """A payload with one place replaced by any JSON, or taken away."""
    result = copy.deepcopy(value)
    inner = result
    while True:
        keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        if not keys:
            return result
        name = data.draw(st.sampled_from(keys))
        if isinstance(inner[name], dict | list) and inner[name] and data.draw(st.booleans()):
            inner = inner[name]
        elif data.draw(st.integers(0, 3)):
            inner[name] = data.draw(_JSON)
            return result
        else:
            del inner[name]
            return result


@pytest.mark.parametrize("kind", ADAPTERS)
@given(st.data())
def test_no_adapter_ever_fails_otherwise_than_it_says(kind, data):
    payload = data.draw(st.sampled_from([PAYLOADS[kind], *{"xapi": [LOGSTORE], "caliper": [SNAPSHOT]}.get(kind, [])]))
    spoilt = _spoilt(data, payload)
    with contextlib.suppress(FieldError, InvalidError, SignatureError):
        for report in ADAPTERS[kind].read(proved(dumped(spoilt), kind), connection(kind)):
            assert report.occurred_at.tzinfo is not None
            assert report.event_id
            assert (report.learner is None) == (report.kind == "ignored" or report.voids is not None)


@pytest.mark.parametrize("kind", ADAPTERS)
@given(st.binary(max_size=60))
def test_no_adapter_reads_noise(kind, content):
    with contextlib.suppress(FieldError, InvalidError):
        assert ADAPTERS[kind].read(proved(content, kind), connection(kind)) == ()


@pytest.mark.parametrize("data", [b"", b"{}", b"[1,]", b"[,1]", b"[]]", b"[[]", b"[1 2]", b'["a]', b"[1]x", b"[}"])
def test_an_array_that_is_none(data):
    with pytest.raises(InvalidError):
        bulk.array(data)


@pytest.mark.parametrize("data", [b"", b"[]", b'{"a"}', b"{a:1}", b'{"a":1,}', b'{"a":1,"a":2}', b'{"a":[}', b"{1:2}"])
def test_an_envelope_that_is_none(data):
    with pytest.raises(InvalidError):
        bulk.envelope(data, "data")


def test_true_and_false_are_nothing_else():
    for value in (1, "true", []):
        with pytest.raises(FieldError, match="true or false"):
            Node({"a": value}).flag("a")
    with pytest.raises(FieldError, match="missing"):
        Node({}).flag("a")
