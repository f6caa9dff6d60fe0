"""Issuer profiles: the issuers of the VC-API, each with a key, a DID that is that key, and a cryptosuite of its own.

A profile signs whatever conforming credential the caller sends (VCALM, "Issue Credential"), so it never has the
institution's key: nobody takes its signature for that of the institution's badges.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from issuer import audit
from issuer.db import Transaction
from issuer.errors import ConflictError, FieldError, NotFoundError
from issuer.keys_kinds import KINDS
from issuer.model.profile import LIST_SUITES, VC_JWT, IssuerProfile
from issuer.profile_draft import WAYS
from issuer.service import Service
from issuer.store import profiles as store
from openbadge import proof

KEY_TYPES: Final = tuple(KINDS)
"""Kinds of keys that the key store makes."""
CRYPTOSUITES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {name: frozenset(KEY_TYPES) if name == VC_JWT else proof.suite(name).key_types for name in WAYS}
)
"""What a profile can secure credentials with, and the kinds of keys that fit."""
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


class Profiles:
    """The issuer profiles of one institution."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def add(self, name: str, cryptosuite: str, key_type: str, actor: str, *, with_status: bool) -> IssuerProfile:
        """Make a profile with a new key.

        Raises `FieldError` for a name, suite or key type that cannot be, `ConflictError` for a name that is taken,
        `KeyStoreError` and `PassphraseError` when no key can be made.
        """
        _check(name, cryptosuite, key_type)
        if with_status and key_type not in LIST_SUITES:
            raise FieldError("status", f"cannot be had with a key of {key_type}: it cannot sign the status lists")
        now, institution = self._service.clock(), self._service.institution.id
        with self._service.database.begin_write(institution) as tx:
            if store.by_name(tx, name) is not None:
                raise ConflictError(f"There is an issuer profile “{name}” already. Choose another name.")
            key = self._service.keys.new_own_did(tx.random_bytes, key_type)
            profile = IssuerProfile(
                tx.new_id(now), institution, name, key.controller, cryptosuite, key_type, with_status, actor, now
            )
            store.add(tx, profile)
            detail = {"did": key.controller, "cryptosuite": cryptosuite, "status": with_status}
            self._service.key_desk.note(tx, actor)
            audit.append(tx, now, actor, "profile.create", name, detail)
        return profile

    def every(self) -> tuple[IssuerProfile, ...]:
        """Return all profiles, the oldest first."""
        with self._service.database.begin_read(self._service.institution.id) as tx:
            return store.every(tx)

    def get(self, name: str) -> IssuerProfile:
        """Return one profile. Raises `NotFoundError`."""
        with self._service.database.begin_read(self._service.institution.id) as tx:
            return find(tx, name)


def find(tx: Transaction, name: str) -> IssuerProfile:
    """Return the institution's profile of this name. Raises `NotFoundError`."""
    found = store.by_name(tx, name)
    if found is None:
        raise NotFoundError(f"There is no issuer profile “{name[:100]}” here. `microcred issuers list` shows them.")
    return found


def _check(name: str, cryptosuite: str, key_type: str) -> None:
    if not _NAME.fullmatch(name):
        raise FieldError("profile", "must be 1 to 64 small letters, digits and hyphens, no hyphen at either end")
    if cryptosuite not in CRYPTOSUITES:
        raise FieldError("cryptosuite", f"must be one of {', '.join(CRYPTOSUITES)}")
    fitting = [kind for kind in KEY_TYPES if kind in CRYPTOSUITES[cryptosuite]]
    if key_type not in fitting:
        raise FieldError("keyType", f"{cryptosuite} needs a key of {' or '.join(fitting)}, not “{key_type}”")
