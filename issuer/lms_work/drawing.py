"""Drawing the secrets of connections: something to paste, or a key of our own."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Final

from issuer.db import RandomBytes
from issuer.keys_kinds import fresh

USER: Final = b"microcred:"
"""The user name, and the colon, of senders that need one."""
TOOL_BITS: Final = 2_048
"""Bits of the key of an LTI tool: the size that every platform takes (1EdTech Security Framework 1.0 section 6.2)."""


def draw_text(random_bytes: RandomBytes, options: Mapping[str, str]) -> bytes:
    """Return a new secret of 256 bits in visible characters, so that people can paste it.

    For a sender that proves itself by user name and password it is both, with a colon between them.
    """
    drawn = urlsafe_b64encode(random_bytes(32)).rstrip(b"=")
    return USER + drawn if options.get("auth") == "basic" else drawn


def draw_key(random_bytes: RandomBytes, _options: Mapping[str, str]) -> bytes:
    """Return a new RSA key, PKCS #8 in DER: what it signs is proved by our key set, and nobody pastes it."""
    return fresh("RSA", random_bytes, TOOL_BITS)[0]
