"""Bitstring Status List 1.0: the bits, their compressed text, and the entry that points into them.

A list is `bytes`, index 0 being the most significant bit of the first byte (section 3.3). As text it is
gzip in Multibase base64url (section 2.2). Nothing here fetches, dates or trusts a list; that is the
verifier's business.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from openbadge.errors import InvalidError
from openbadge.multibase import base64url_decode, encode_base64url
from openbadge.vocabulary import MINIMUM_LIST_ENTRIES, STATUS_ENTRY

MAX_LIST_BYTES: Final = 2 * 1024 * 1024
"""Bytes of the decompressed bits (2 MiB, 16.7 million entries): what a verifier can afford for one badge."""
MAX_SIZE: Final = 8
"""Bits of one entry: each of its 2^size values needs a message of its own in the credential."""

MESSAGE: Final = "message"
"""The purpose of entries whose values stand for messages of the issuer's own."""

_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,9}")
_STATE: Final = re.compile(r"0x[0-9A-Fa-f]{1,4}")
_ONE: Final = ord("1")
_GZIP: Final = 31  # zlib's window size 15, plus 16 for exactly one gzip member with its CRC checked
_LEVEL: Final = 6  # the level whose gzip header carries no hint about itself


def set_bits(length: int, indexes: Iterable[int]) -> bytes:
    """Return a list of `length` one-bit entries (a positive multiple of 8) with the bits at `indexes` set.

    Raises `InvalidError` RANGE_ERROR for another length and for an index outside the list.
    """
    if length <= 0 or length % 8:
        raise InvalidError("RANGE_ERROR", f"A status list of {length} entries does not fill whole bytes.")
    wanted = list(indexes)
    for outermost in (min(wanted), max(wanted)) if wanted else ():
        _check_index(outermost, length)
    digits = bytearray(b"0") * length  # a byte is set in a tenth of the time of a bit
    for index in wanted:
        digits[index] = _ONE
    return int(digits, 2).to_bytes(length // 8, "big")


def get(bits: bytes, index: int, size: int = 1) -> int:
    """Return the value of the entry `index` (from 0) in a list whose entries have `size` bits (1 to 8).

    The most significant bit comes first. Raises `InvalidError` RANGE_ERROR outside
    the list.
    """
    if not 1 <= size <= MAX_SIZE:
        raise InvalidError("RANGE_ERROR", f"An entry of {size} bits cannot be read; 1 to {MAX_SIZE} are possible.")
    _check_index(index, len(bits) * 8 // size)
    first = index * size
    window = int.from_bytes(bits[first >> 3 : (first >> 3) + 2].ljust(2, b"\0"), "big")
    return window >> 16 - (first & 7) - size & (1 << size) - 1


def encode_list(bits: bytes) -> str:
    """Return `bits` as the text of `encodedList`: `u`, then base64url of one gzip member.

    The same bits give the same text: the member carries no time and no name. Raises `InvalidError`
    STATUS_LIST_LENGTH_ERROR for fewer than 131,072 bits, LIMIT_EXCEEDED for more than 2 MiB.
    """
    check_length(bits, 1)
    if len(bits) > MAX_LIST_BYTES:
        raise InvalidError("LIMIT_EXCEEDED", f"A status list may have at most {MAX_LIST_BYTES:,} bytes of bits.")
    deflater = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return encode_base64url(deflater.compress(bits) + deflater.flush())


def decode_list(text: str, *, limit: int = MAX_LIST_BYTES, size: int = 1) -> bytes:
    """Return the bits of an `encodedList` whose entries have `size` bits.

    Never produces more than `limit` bytes. Raises `InvalidError`: LIMIT_EXCEEDED, STATUS_LIST_LENGTH_ERROR
    for fewer than 131,072 entries (section 3.2), STATUS_VERIFICATION_ERROR for anything that is not
    exactly one intact gzip member in canonical base64url behind `u`.
    """
    if len(text) > 2 * limit:
        raise _too_large(limit)
    if not text.startswith("u"):
        raise _unacceptable("is not Multibase base64url, which starts with u")
    try:
        packed = base64url_decode(text[1:])
    except InvalidError:
        raise _unacceptable("is not base64url without padding") from None
    bits = inflate(packed, limit)
    check_length(bits, size)
    return bits


def inflate(packed: bytes, limit: int) -> bytes:
    """Return what exactly one intact gzip member holds, at most `limit` bytes; errors as for `decode_list`."""
    inflater = zlib.decompressobj(_GZIP)
    try:
        bits = inflater.decompress(packed, limit + 1)
    except zlib.error:
        raise _unacceptable("is not intact gzip data") from None
    if len(bits) > limit:
        raise _too_large(limit)
    if not inflater.eof:
        raise _unacceptable("is cut off")
    if inflater.unused_data:
        raise _unacceptable("goes on after its end")
    return bits


@dataclass(frozen=True, slots=True)
class StatusEntry:
    """One `BitstringStatusListEntry` of a credential (section 2.1).

    `purpose` is `revocation`, `suspension`, `refresh`, `message` or another word; `list_url` is where the list
    credential is; `index` counts entries from 0; `size` is bits per entry; `messages` has one text for each
    value that an entry can take, in the order of the values, or is empty when the credential gives none.
    """

    id: str | None
    type: str
    purpose: str
    list_url: str
    index: int
    size: int
    messages: tuple[str, ...]

    @classmethod
    def read(cls, mapping: Mapping[str, Any], kind: str = STATUS_ENTRY) -> StatusEntry:
        """Read one entry of `credentialStatus` with the type `kind`; the index may be a string or an integer.

        Raises `InvalidError`: STATUS_VERIFICATION_ERROR for another type of entry and for a size without
        fitting messages, MALFORMED_VALUE_ERROR for a member that is missing or of the wrong form.
        """
        if mapping.get("type") not in (kind, [kind]):
            raise InvalidError("STATUS_VERIFICATION_ERROR", f"The status is not of the type {kind}.")
        size = _size(mapping)
        return cls(
            id=_text(mapping, "id") if "id" in mapping else None,
            type=kind,
            purpose=_text(mapping, "statusPurpose"),
            list_url=_text(mapping, "statusListCredential"),
            index=_index(mapping.get("statusListIndex")),
            size=size,
            messages=_messages(mapping, size),
        )


def _text(mapping: Mapping[str, Any], name: str) -> str:
    value = mapping.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidError("MALFORMED_VALUE_ERROR", f"The member {name} of a status entry must be a text.")
    return value


def _index(value: object) -> int:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _INDEX.fullmatch(text):
        raise InvalidError(
            "MALFORMED_VALUE_ERROR", "The statusListIndex must be a whole number of at most ten digits, as a text."
        )
    return int(text)


def _size(mapping: Mapping[str, Any]) -> int:
    size = mapping.get("statusSize", 1)
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= MAX_SIZE:
        raise InvalidError(
            "STATUS_VERIFICATION_ERROR", f"The statusSize must be a whole number of bits from 1 to {MAX_SIZE}."
        )
    return size


def _messages(mapping: Mapping[str, Any], size: int) -> tuple[str, ...]:
    """Return the messages ordered by value: each value of `size` bits once, or none at all for one bit.

    Section 2.1 wants them for the purpose `message`, since there is nothing else that a bit could mean.
    """
    if size == 1 and "statusMessage" not in mapping and mapping.get("statusPurpose") != MESSAGE:
        return ()
    listed = mapping.get("statusMessage")
    pairs = [_message(item) for item in listed] if isinstance(listed, list) else []
    messages = dict(pairs)
    if len(pairs) != 1 << size or sorted(messages) != list(range(1 << size)):
        raise InvalidError(
            "STATUS_VERIFICATION_ERROR",
            f"A status entry of {size} bits needs one statusMessage for each of its {1 << size} values.",
        )
    return tuple(messages[value] for value in range(1 << size))


def _message(item: object) -> tuple[int, str]:
    state, message = (item.get("status"), item.get("message")) if isinstance(item, dict) else (None, None)
    if not isinstance(state, str) or not _STATE.fullmatch(state) or not isinstance(message, str):
        raise InvalidError(
            "STATUS_VERIFICATION_ERROR", 'A statusMessage needs a status such as "0x1" and a message in words.'
        )
    return int(state, 16), message


def _check_index(index: int, entries: int) -> None:
    if not 0 <= index < entries:
        raise InvalidError("RANGE_ERROR", f"The status index {index} is outside the list of {entries:,} entries.")


def check_length(bits: bytes, size: int) -> None:
    """Accept a list of at least 131,072 entries of `size` bits, or raise `InvalidError` STATUS_LIST_LENGTH_ERROR."""
    if len(bits) * 8 // size < MINIMUM_LIST_ENTRIES:
        raise InvalidError(
            "STATUS_LIST_LENGTH_ERROR",
            f"The status list has {len(bits) * 8 // size:,} entries; at least {MINIMUM_LIST_ENTRIES:,} are needed.",
        )


def _too_large(limit: int) -> InvalidError:
    return InvalidError("LIMIT_EXCEEDED", f"The status list unpacks to more than {limit:,} bytes.")


def _unacceptable(reason: str) -> InvalidError:
    return InvalidError("STATUS_VERIFICATION_ERROR", f"The encodedList of the status list {reason}.")
