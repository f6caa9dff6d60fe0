"""The SSRF table: addresses and spellings of addresses that a stranger may not make us ask."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbadge.errors import UnavailableError
from verifier.fetch.addresses import is_private, is_public
from verifier.fetch.target import MAX_URL, Target, read_target

NOT_PUBLIC = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.254",
    "192.0.0.8",
    "192.0.0.170",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.168.1.1",
    "192.175.48.1",
    "198.18.0.1",
    "198.19.255.254",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:224.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",
    "64:ff9b:1::808:808",
    "100::1",
    "100:0:0:1::1",
    "2001::1",
    "2001:0:7f00:1::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "2620:4f:8000::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "2606:4700::1111%1",
    "127.1",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "08.8.8.8",
    "8.8.8",
    "8.8.8.8/32",
    "localhost",
    "example.org",
]

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "223.255.255.254",
    "2606:4700::1111",
    "2001:4860:4860::8888",
    "2a00:1450:4001::1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert is_public(address)


@given(st.one_of(st.text(max_size=40), st.ip_addresses().map(str)))
def test_is_public_never_raises(text: str) -> None:
    assert is_public(text) in (True, False)
    assert not (is_public(text) and is_private(text))


BLOCKED = [
    "",
    "https://",
    "https:///path",
    "http://example.org/",
    "HTTPS://example.org/",
    "ftp://example.org/",
    "file:///etc/passwd",
    "gopher://example.org/",
    "data:application/json,{}",
    "//example.org/",
    "example.org",
    "https:example.org/",
    "https:/example.org/",
    "https:\\\\example.org/",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://a.localhost/",
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://1.0.0.127.in-addr.arpa/",
    "https://hidden.onion/",
    "https://intranet/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://0/",
    "https://127.0.0.0x1/",
    "https://127.0.0.0x/",
    "https://①②⑦.0.0.1/",
    "https://①②⑦。⓪。⓪。①/",
    "https://127。0。0。1/",
    "https://8.8.8.8/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[fe80::1%25eth0]/",
    "https://::1/",
    "https://%5B%3A%3A1%5D/",
    "https://ex%61mple.com/",
    "https://127.0.0.1%00.example.org/",
    "https://user@example.org/",
    "https://user:secret@example.org/",
    "https://a@b:80@127.0.0.1/",
    "https://example.org@127.0.0.1/",
    "https://evil\\@127.0.0.1/",
    "https://evil.example\\.example.org/",
    "https://exa\tmple.com/",
    "https://exa\nmple.com/",
    "https://example.com\r\nHost: evil.example/",
    "https://example.org/a\r\nX: y",
    "https://exam ple.com/",
    " https://example.org/",
    "https://example.org/ ",
    "https://example.org:80/",
    "https://example.org:8443/",
    "https://example.org:/",
    "https://example.org:443443/",
    "https://example.org:４４３/",
    "https://example.org./",
    "https://.example.org/",
    "https://example..org/",
    "https://-a.example/",
    "https://a-.example/",
    "https://a_b.example/",
    "https://*.example.org/",
    "https://example.org/#fragment",
    "https://example.org#/x",
    "https://example.org/../admin",
    "https://example.org/a/./b",
    "https://example.org/%2e%2e/admin",
    "https://example.org/.%2E/admin",
    "https://example.org/a%2fb",
    "https://example.org/a%5Cb",
    "https://example.org/a\\b",
    "https://example.org/%",
    "https://example.org/%zz",
    "https://example.org/ä",
    "https://example.org/\x00",
    "https://" + "a" * 64 + ".example/",
    "https://" + "a." * 130 + "example/",
    "https://example.org/" + "a" * MAX_URL,
    "https://\u200b/",
    "https://xn--\ud800.example/",
]


@pytest.mark.parametrize("url", BLOCKED)
def test_blocked_spellings(url: str) -> None:
    with pytest.raises(UnavailableError) as caught:
        read_target(url)
    assert caught.value.code == "FETCH_BLOCKED"


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://example.org", Target("example.org", "/")),
        ("https://EXAMPLE.org:443/.well-known/did.json", Target("example.org", "/.well-known/did.json")),
        ("https://bücher.example/status/1?page=2", Target("xn--bcher-kva.example", "/status/1?page=2")),
        ("https://a.example/~x/%C3%A4/a..b/did.json", Target("a.example", "/~x/%C3%A4/a..b/did.json")),
        ("https://1.2.3.com?x", Target("1.2.3.com", "/?x")),
    ],
)
def test_plain_addresses_pass(url: str, target: Target) -> None:
    assert read_target(url) == target


@given(st.text(max_size=60).map(lambda text: "https://" + text))
def test_reading_raises_nothing_else(url: str) -> None:
    with suppress(UnavailableError):
        target = read_target(url)
        assert target.host.isascii()
        assert target.path.startswith("/")
