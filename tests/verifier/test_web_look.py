"""The small functions between a report and the words on a page."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.web.look import MAX_SHOWN, dates, day, https_link, moment, visible
from verifier.web.view import result_view, tone, word

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.text(max_size=60).map(lambda tail: "https://" + tail) | ANYTHING)
def test_a_link_is_plain_https_or_none(url: object) -> None:
    link = https_link(url)
    if link is not None:
        parts = urlsplit(link)
        assert link == url
        assert (parts.scheme, bool(parts.hostname), parts.username) == ("https", True, None)
        assert not set(link) & set(" \\\n\r\t")


@pytest.mark.parametrize("url", ["https://a.example/x?y=1#z", "https://[2001:db8::1]/", "https://a.example:8443/"])
def test_ordinary_addresses_are_links(url: str) -> None:
    assert https_link(url) == url


@pytest.mark.parametrize(
    "url", ["https://", "https://[", "https://a@b.example", "https:/\\evil", "HTTPS://A", "https://a\u202eb"]
)
def test_odd_addresses_are_not(url: str) -> None:
    assert https_link(url) is None


@given(st.text())
def test_what_hides_is_made_visible(text: str) -> None:
    shown = visible(text)
    assert len(shown) == min(len(text), MAX_SHOWN)
    assert not any(character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x00\x7f" for character in shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-03-31T10:00:00Z", "31 March 2026"),
        ("2026-03-01T00:30:00+02:00", "1 March 2026"),
        ("2026-13-01T00:00:00Z", "2026-13-01T00:00:00Z"),
        ("soon", "soon"),
        (None, ""),
    ],
)
def test_days(text: str | None, shown: str) -> None:
    assert day(text) == shown


def test_moments_stand_in_sentences() -> None:
    assert moment("2026-03-31T10:05:00Z") == "31 March 2026, 10:05 UTC"
    assert dates("From 2026-03-31T10:05:00Z until 2027-01-01T00:00:00.5Z.") == (
        "From 31 March 2026, 10:05 UTC until 1 January 2027, 00:00 UTC."
    )


def test_green_needs_a_verdict_and_a_trust_source() -> None:
    tones = {
        (verdict, trusted): tone(verdict, trusted=trusted)
        for verdict in ("valid", "invalid", "undetermined")
        for trusted in (True, False)
    }
    assert [key for key, value in tones.items() if value == "good"] == [("valid", True)]


@given(st.dictionaries(st.sampled_from(["id", "name", "issuer", "recipient", "achievement", "validFrom"]), ANYTHING))
def test_a_credential_of_any_shape_can_be_shown(credential: dict[str, object]) -> None:
    report = {
        "verdict": "invalid",
        "checkedAt": "2026-03-31T10:00:00Z",
        "form": None,
        "headline": "",
        "credential": credential,
        "authenticity": {"checks": []},
        "portability": {"checks": []},
        "sources": [],
    }
    view = result_view(report)
    assert isinstance(view["issuer"]["where"], str)
    assert all(isinstance(value, str) for _, value in view["credential"]["facts"])


@pytest.mark.parametrize(
    ("problems", "said"),
    [
        (["REVOKED"], "Revoked"),
        (["SUSPENDED"], "Suspended"),
        (["EXPIRED"], "Expired"),
        (["NOT_YET_VALID"], "Not valid yet"),
        (["RECIPIENT_MISMATCH"], "Issued to someone else"),
        (["CRYPTOGRAPHIC_SECURITY_ERROR"], "Not authentic"),
        (["REVOKED", "CRYPTOGRAPHIC_SECURITY_ERROR"], "Not authentic"),
        (["REVOKED", "EXPIRED"], "Not authentic"),
    ],
)
def test_a_genuine_credential_is_not_called_a_forgery(problems: list[str], said: str) -> None:
    checks = [{"problem": problem, "required": True, "outcome": "failed"} for problem in problems]
    checks.append({"problem": "ISSUER_UNTRUSTED", "required": False, "outcome": "unknown"})
    assert word({"verdict": "invalid", "authenticity": {"checks": checks}}) == said
