"""Changes of JSON documents: whatever value, name or order, at any place."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

from tests.verifier.builders import ISSUER

LEAVES: list[Any] = [
    None, True, False, 0, 1, -0.0, 1.5, 2**53, "", "x", "@type", "_:c14n0", "https://x.example/", "urn:x:1", "urn:",
    "http://www.w3.org/2001/XMLSchema#string", "https://www.w3.org/2018/credentials#VerifiableCredential", "a:b",
    "https://purl.imsglobal.org/spec/vc/ob/vocab.html#Achievement", "did:web:badges.example.org", "//x", "xsd:date",
    "https://e.example/1", "https://e.example/é", "https://e.example/ x", "https://e.example/%00<>", "\x01\x7f\ue000",
    "2026-03-31T10:00:00Z", "2020-01-01T00:00:00Z", "\ue0000\ue001", "https://x-microcred-slot-0-end",
    [], {}, ["x"], {"id": "https://x.example/"}, {"@value": "x"}, [None], ["a", "a"], "87", ISSUER,
]  # fmt: skip
NAMES = ["id", "name", "type", "@id", "@type", "@context", "proof", "validUntil", "salt", "evidence", "tag", "x", "a:b"]


def spots(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of a document."""
    found: list[tuple[Any, Any]] = []
    stack = [value]
    while stack:
        item = stack.pop()
        keys = list(item) if isinstance(item, dict) else range(len(item)) if isinstance(item, list) else ()
        for key in keys:
            found.append((item, key))
            stack.append(item[key])
    return found


def put(chance: random.Random, holder: Any, key: Any) -> None:
    holder[key] = copy.deepcopy(chance.choice(LEAVES))


def remove(_chance: random.Random, holder: Any, key: Any) -> None:
    del holder[key]


def double(_chance: random.Random, holder: Any, key: Any) -> None:
    holder[key] = [copy.deepcopy(holder[key]), copy.deepcopy(holder[key])]


def wrap(_chance: random.Random, holder: Any, key: Any) -> None:
    holder[key] = [holder[key]]


def add(chance: random.Random, holder: Any, key: Any) -> None:
    if isinstance(holder, dict):
        holder[chance.choice(NAMES)] = copy.deepcopy(holder[key])
    else:
        holder.append(copy.deepcopy(chance.choice(LEAVES)))


def rename(chance: random.Random, holder: Any, key: Any) -> None:
    if isinstance(holder, dict):
        holder[chance.choice([*NAMES, str(key).upper(), f"@{key}"])] = holder.pop(key)


def reorder(_chance: random.Random, holder: Any, key: Any) -> None:
    if isinstance(holder, dict):
        holder[key] = holder.pop(key)
    else:
        holder.reverse()


MUTATIONS: list[Callable[[random.Random, Any, Any], None]] = [put, put, put, remove, double, wrap, add, rename, reorder]
