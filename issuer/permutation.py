"""A secret order of the numbers of a list: one to one, quick for any number, and known only with the key.

The permutation is a Feistel network over the smallest even number of bits that holds the length: the number is cut
into halves, and four times one half is mixed into the other with a keyed hash. Such a network can be undone step by
step, so it never maps two numbers to one. A result beyond the length is sent through again ("cycle walking") until it
falls inside, which keeps it one to one (Black and Rogaway 2002, section 4). Four rounds make it indistinguishable
from a random permutation for whoever sees entries only (Luby and Rackoff 1988). The keyed hash is BLAKE2b (RFC 7693
section 2.9): a pseudo-random function in one call. A half has so few values that all of them are hashed beforehand.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Final

_ROUNDS: Final = 4


def permute(number: int, length: int, key: bytes) -> int:
    """Map 0 … `length` - 1 one to one onto itself, in an order that only the 32 bytes of `key` tell."""
    half = _half(length)
    rounds = _rounds(key, half)
    mask = (1 << half) - 1
    while True:
        left, right = number >> half, number & mask
        for mixed in rounds:
            left, right = right, left ^ mixed[right]
        number = left << half | right
        if number < length:
            return number


def restore(index: int, length: int, key: bytes) -> int:
    """Undo `permute`: return the number that it maps to `index`."""
    half = _half(length)
    rounds = _rounds(key, half)
    mask = (1 << half) - 1
    while True:
        left, right = index >> half, index & mask
        for mixed in reversed(rounds):
            left, right = right ^ mixed[left], left
        index = left << half | right
        if index < length:
            return index


def _half(length: int) -> int:
    """Bits of one half of the network."""
    return ((length - 1).bit_length() + 1) // 2


@lru_cache(maxsize=32)
def _rounds(key: bytes, half: int) -> tuple[tuple[int, ...], ...]:
    """Return what each round mixes in, for every half: 512 numbers for a list of the usual length, made once."""
    return tuple(tuple(_mixed(turn, right, key, half) for right in range(1 << half)) for turn in range(_ROUNDS))


def _mixed(turn: int, right: int, key: bytes, half: int) -> int:
    digest = hashlib.blake2b(bytes((turn,)) + right.to_bytes(8, "big"), key=key, digest_size=8).digest()
    return int.from_bytes(digest, "big") & ((1 << half) - 1)
