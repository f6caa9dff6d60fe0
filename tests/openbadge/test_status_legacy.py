"""Lists of the past: whatever they hold, they are read or refused, never half understood."""

from __future__ import annotations

import base64
import gzip
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbadge import status, status_legacy
from openbadge.errors import InvalidError
from openbadge.multibase import base64url_encode

URL = "https://badges.example/revoked.json"
ISSUER = "https://badges.example/"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "id", URL, ISSUER, "urn:x:a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "issuer", "revoked", "revokedCredential", "other"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.sets(st.integers(0, 131_071), max_size=20), st.booleans())
def test_a_list_of_2021_gives_its_bits_back(indexes: set[int], standard: bool) -> None:
    bits = status.set_bits(131_072, indexes)
    packed = gzip.compress(bits)
    text = base64.b64encode(packed).decode() if standard else base64url_encode(packed)
    assert status_legacy.decode_2021(text) == bits


@given(st.text(max_size=60) | st.binary(max_size=60).map(base64url_encode))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidError) as caught:
        status_legacy.decode_2021(text)
    assert caught.value.code in {"STATUS_VERIFICATION_ERROR", "STATUS_LIST_LENGTH_ERROR"}


@given(st.dictionaries(st.sampled_from(["id", "issuer", "revokedCredential", "revokedCredentials", "x"]), JSON))
def test_a_revocation_list_is_understood_or_refused(document: dict[str, Any]) -> None:
    code, revoked = outcome(document)
    if code is not None:
        assert code == "STATUS_VERIFICATION_ERROR"
    else:
        entries = [*document.get("revokedCredential", []), *document.get("revokedCredentials", [])]
        assert revoked == {entry["id"].strip() for entry in entries if entry.get("revoked", True)}


def outcome(document: dict[str, Any]) -> tuple[str | None, frozenset[str]]:
    try:
        return None, status_legacy.revoked_ids(document, URL, ISSUER)
    except InvalidError as error:
        return error.code, frozenset()


@given(st.text(max_size=30))
def test_an_id_is_comparable_however_it_is_escaped(text: str) -> None:
    plain = status_legacy.comparable_id(f"urn:x:{base64url_encode(text.encode('utf-8', 'surrogatepass'))}")
    escaped = "".join(f"%{ord(letter):02X}" for letter in plain)
    assert status_legacy.comparable_id(f" {escaped}\n") == plain
