"""What the operator of a verifier demands beyond the standards.

The default demands nothing more. A policy can only make a verdict worse: no member of it switches a check
off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from openbadge import strict_json
from openbadge.errors import InvalidError

POLICY_LIMIT: Final = 64 * 1024
"""Bytes of a policy file: some hundred allowed issuers."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The demands; None stands for "no demand".

    `accepted_proofs`: cryptosuite names, and `vc-jwt` for a signed token; a proof of another kind fails.
    `allowed_issuers`: identifiers; a credential of any other issuer fails its `trust` check.
    `require_status`: a credential that names no status list fails.
    `require_expiry`: a credential without `validUntil` fails.
    `max_status_age_seconds`: a status list signed longer ago cannot tell.
    """

    accepted_proofs: frozenset[str] | None = None
    allowed_issuers: frozenset[str] | None = None
    require_status: bool = False
    require_expiry: bool = False
    max_status_age_seconds: int | None = None

    @classmethod
    def load(cls, data: bytes) -> Policy:
        """Read a policy from a JSON object with the members `acceptedProofs`, `allowedIssuers` (arrays of
        texts), `requireStatus`, `requireExpiry` (true or false) and `maxStatusAgeSeconds` (a positive whole
        number).

        Every member is optional. Raises `InvalidError` for an unknown member or a value of another type.
        """
        document = strict_json.loads(data, limit=POLICY_LIMIT)
        unknown = sorted(document.keys() - _MEMBERS.keys())
        if unknown:
            raise _malformed(f"it has the unknown member {unknown[0][:100]!r}")
        return cls(**{_MEMBERS[name][0]: _MEMBERS[name][1](name, value) for name, value in document.items()})


def _texts(name: str, value: Any) -> frozenset[str]:
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return frozenset(value)
    raise _malformed(f"{name} must be a list of texts that is not empty")


def _flag(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise _malformed(f"{name} must be true or false")


def _seconds(name: str, value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise _malformed(f"{name} must be a whole number of seconds above zero")


def _malformed(reason: str) -> InvalidError:
    return InvalidError("MALFORMED_VALUE_ERROR", f"The policy cannot be used: {reason}.")


_MEMBERS: Mapping[str, tuple[str, Callable[[str, Any], Any]]] = MappingProxyType(
    {
        "acceptedProofs": ("accepted_proofs", _texts),
        "allowedIssuers": ("allowed_issuers", _texts),
        "requireStatus": ("require_status", _flag),
        "requireExpiry": ("require_expiry", _flag),
        "maxStatusAgeSeconds": ("max_status_age_seconds", _seconds),
    }
)
