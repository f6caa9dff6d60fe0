"""Signature, key and dates of a badge of known shape: what `issuer` and `document` check, from what is left to ask.

The shape was compiled from a badge that the full way has found valid, and this one differs from it in the slots alone.
So the suite, the purpose and the form of its proof, its issuer and the name of the key are as good as that one's. To
ask are: the two hashes, the key as the issuer's document has it now, the signature, and all dates against the clock.

Only success is said here. Whatever is not clearly right goes the full way, which also finds the words for it. A
signature that does not fit is told apart, for if the full way finds it right, the shape was wrong.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum, auto
from functools import lru_cache
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature

from openbadge import base58, ed25519, timestamps
from openbadge.errors import OpenBadgeError
from openbadge.multikey import PublicKey
from openbadge.proof.model import HASHES
from verifier.checks import keys
from verifier.checks.document import START_SKEW
from verifier.checks.signature import CREATED_SKEW
from verifier.known_shape import Facts, KnownShape
from verifier.material import Material
from verifier.question import Question
from verifier.store import Known

SIGNATURE_LENGTH: Final = 64
"""Bytes of an Ed25519 or P-256 signature, the only ones here."""


class Period(NamedTuple):
    """From when to when a badge is valid; `end` is None for one without end."""

    start: datetime
    end: datetime | None


class Doubt(Enum):
    """Why a badge has to go the full way: something is not clear here, or its signature does not fit."""

    UNCLEAR = auto()
    UNSIGNED = auto()


def check(known: Known, material: Material, question: Question) -> Period | Doubt:
    """Return the validity period of a badge whose signature, key and dates are right."""
    shape, terms = known
    facts = shape.facts
    accepted = question.policy.accepted_proofs
    if accepted is not None and facts.suite.name not in accepted:
        return Doubt.UNCLEAR
    period = _period(shape, terms, question)
    key = _key(facts, material, question.now)
    if period is None or key is None:
        return Doubt.UNCLEAR
    return _doubt(shape, terms, key) or period


def _period(shape: KnownShape, terms: tuple[bytes, ...], question: Question) -> Period | None:
    now, expires = question.now, shape.facts.expires
    try:
        created, start = _moment(terms[shape.created]), _moment(terms[shape.valid_from])
        end = None if shape.valid_until is None else _moment(terms[shape.valid_until])
    except (OpenBadgeError, ValueError):
        return None
    # Nearly all lie in the past: comparing is quicker than adding.
    made = created <= now or created <= now + CREATED_SKEW
    current = made and (expires is None or expires >= now) and (start <= now or start <= now + START_SKEW)
    ended = question.policy.require_expiry if end is None else end < now
    return Period(start, end) if current and not ended else None


@lru_cache(maxsize=4_096)
def _moment(term: bytes) -> datetime:
    """Read a moment that has passed the grammar of `layout`; nearly all have the one form that C reads.

    Badges of one class share them, and one is often there twice.
    """
    text = term.decode("ascii")
    return datetime.fromisoformat(text) if len(text) == len("2026-03-31T10:00:00Z") else timestamps.parse(text, "date")


def _key(facts: Facts, material: Material, now: datetime) -> PublicKey | None:
    try:
        if facts.key_url is None:
            method = keys.own_method(facts.issuer, facts.method)
        else:
            method = keys.listed_method(material.get(facts.key_url).body, facts.issuer, facts.method)
        keys.check_in_use(method, now)
    except OpenBadgeError:
        return None
    return method.key


def _doubt(shape: KnownShape, terms: tuple[bytes, ...], key: PublicKey) -> Doubt | None:
    """Verify as the full way does (`HashSuite.verify`), under the hash that shapes are compiled with."""
    if key.algorithm not in shape.facts.suite.key_types or HASHES[key.algorithm] != "sha256":
        return Doubt.UNCLEAR
    signature = base58.decode(terms[shape.proof_value][1:], SIGNATURE_LENGTH)
    hashed = shape.hashed(terms)
    if signature is None or hashed is None:
        return Doubt.UNCLEAR
    try:
        if key.algorithm == "Ed25519":
            ed25519.verify(key.raw, signature, hashed)
        else:
            key.verify(signature, hashed)
    except (InvalidSignature, OpenBadgeError):
        return Doubt.UNSIGNED
    return None
