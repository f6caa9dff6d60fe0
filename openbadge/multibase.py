"""Bytes as text and back: base58btc, base64url, Multibase and Multicodec, each in exactly one spelling.

Controlled Identifiers 1.0, sections 2.4 (Multibase) and 2.2.2 (Multikey); RFC 4648, section 5 (base64url).
Every decoder here is canonical: a text is accepted only when encoding the result gives the same text again,
so one value never has two spellings. All errors are `InvalidError` with the code `MALFORMED_VALUE_ERROR`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from openbadge.errors import InvalidError

MAX_BASE58_CHARS: Final = 1_024
"""Characters. Base 58 costs quadratic time; the longest key or signature of the standards has about 135."""

MAX_VARINT_BYTES: Final = 9
"""Bytes. The unsigned-varint specification that Multicodec uses allows no longer number."""

_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGITS: Final = MappingProxyType({character: digit for digit, character in enumerate(_ALPHABET)})
# Four digits per division quarter the divisions of a long integer, and two are looked up at once: there the time goes.
_PAIRS: Final = tuple(high + low for high in _ALPHABET for low in _ALPHABET)


def _malformed(detail: str) -> InvalidError:
    return InvalidError("MALFORMED_VALUE_ERROR", detail)


def base58_encode(data: bytes) -> str:
    """Return `data` in base 58 with the Bitcoin alphabet; each leading zero byte becomes one leading `1`."""
    body = data.lstrip(b"\0")
    number = int.from_bytes(body, "big")
    pairs: list[str] = []
    while number:
        number, four = divmod(number, 58**4)
        pairs += (_PAIRS[four % 58**2], _PAIRS[four // 58**2])
    pairs.reverse()
    return "1" * (len(data) - len(body)) + "".join(pairs).lstrip("1")


def base58_decode(text: str) -> bytes:
    """Return the bytes that `text` (Bitcoin alphabet, no prefix, at most 1,024 characters) stands for.

    Raises `InvalidError` for a longer text or a character outside the alphabet.
    """
    if len(text) > MAX_BASE58_CHARS:
        raise _malformed(f"A base58 text may have at most {MAX_BASE58_CHARS} characters, this one has {len(text)}.")
    number = 0
    try:
        for character in text:
            number = number * 58 + _DIGITS[character]
    except KeyError as error:
        raise _malformed("The text holds a character that base58 does not have.") from error
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def base64url_encode(data: bytes) -> str:
    """Return `data` in base64url without padding (RFC 4648, section 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def base64url_decode(text: str) -> bytes:
    """Return the bytes of a base64url `text` without padding, linear in its length.

    Raises `InvalidError` for padding, white space, `+`, `/`, any other foreign character, an odd length
    and unused bits that are not zero.
    """
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise _malformed("The text is not base64url.") from error
    if base64url_encode(data) != text:
        raise _malformed("The text is not in the one form that base64url without padding allows.")
    return data


def encode_base58btc(data: bytes) -> str:
    """Return `data` as Multibase base58btc: `z` and then base 58."""
    return "z" + base58_encode(data)


def encode_base64url(data: bytes) -> str:
    """Return `data` as Multibase base64url: `u` and then base64url without padding."""
    return "u" + base64url_encode(data)


_BASES: Final[Mapping[str, Callable[[str], bytes]]] = MappingProxyType({"z": base58_decode, "u": base64url_decode})


def decode_multibase(text: str) -> bytes:
    """Return the bytes of a Multibase `text`; its prefix is `z` (base58btc) or `u` (base64url, no padding).

    Raises `InvalidError` for an empty text, another prefix, or a body that its decoder refuses.
    """
    decode = _BASES.get(text[:1])
    if decode is None:
        raise _malformed("A Multibase text must start with z (base58btc) or u (base64url).")
    return decode(text[1:])


def with_multicodec(code: int, data: bytes) -> bytes:
    """Return `data` behind the Multicodec `code` (0 to 2^63-1) written as an unsigned varint.

    Raises `InvalidError` for a code outside that range.
    """
    if not 0 <= code < 1 << 7 * MAX_VARINT_BYTES:
        raise _malformed("A Multicodec number must be from 0 to 2^63-1.")
    prefix = bytearray()
    while code > 0x7F:
        prefix.append(code & 0x7F | 0x80)
        code >>= 7
    prefix.append(code)
    return bytes(prefix) + data


def split_multicodec(data: bytes) -> tuple[int, bytes]:
    """Return the Multicodec number at the start of `data` and the bytes after it.

    Raises `InvalidError` when the number does not end within 9 bytes or is not in its shortest form.
    """
    code = 0
    for position, byte in enumerate(data[:MAX_VARINT_BYTES]):
        code |= (byte & 0x7F) << 7 * position
        if byte < 0x80:
            if byte == 0 and position > 0:
                raise _malformed("The Multicodec number is not in its shortest form.")
            return code, data[position + 1 :]
    raise _malformed("The Multicodec number at the start does not end.")
