from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from openbadge import base58, multibase


@given(st.integers(0, 5), st.binary(max_size=64))
def test_it_decodes_what_multibase_encodes(zeros: int, rest: bytes) -> None:
    data = (bytes(zeros) + rest)[:64]
    text = multibase.base58_encode(data)
    assert base58.decode(text.encode(), len(data)) == data == multibase.base58_decode(text)
    assert base58.decode(text.encode(), len(data) + 1) is None


@given(st.text("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", max_size=128))
def test_any_text_of_the_alphabet_is_as_multibase_has_it(text: str) -> None:
    decoded = multibase.base58_decode(text)
    assert base58.decode(text.encode(), 64) == (decoded if len(decoded) == 64 else None)
