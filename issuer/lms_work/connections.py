"""Connections at work: made, changed, opened. An open one is kept until it is changed, since opening is slow."""

from __future__ import annotations

import re
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from issuer import audit
from issuer.db import Database, Transaction
from issuer.errors import ConflictError, FieldError, NotFoundError, PassphraseError, StateError
from issuer.lms.adapters import ADAPTERS
from issuer.lms.connection import Connection, Secret
from issuer.lms.identity import Rules
from issuer.lms_work.kinds import KINDS, ConnectionKind
from issuer.lms_work.sealing import Vault
from issuer.model.fields import text
from issuer.model.lms import LmsConnection
from issuer.store import connections as store
from openbadge.errors import InvalidError
from openbadge.multikey import PublicKey

OVERLAP: Final = timedelta(days=7)
"""How long an old secret stays valid beside its successor: long enough to change the setting in the platform."""
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_HTTPS: Final = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[!-~]*)?")
_NAMESPACE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,180}")


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection with its secrets open, and what it may do with learner records."""

    record: LmsConnection
    connection: Connection
    rules: Rules


@dataclass(frozen=True, slots=True)
class Wish:
    """A connection to be made. `secret` is None for one to be drawn; `keys` are JWKs.

    With `waits`, settings that are needed may come later; these stand in for them until then.
    """

    name: str
    kind: str
    namespace: str
    sis: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    keys: Sequence[Mapping[str, Any]] = ()
    creates: bool = False
    links: bool = False
    secret: bytes | None = field(default=None, repr=False)
    api_token: str = field(default="", repr=False)
    waits: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(slots=True)
class Connections:
    """The connections of one institution. Safe to use from several threads."""

    database: Database
    institution_id: UUID
    vault: Vault
    clock: Callable[[], datetime]
    _open: dict[UUID, Opened] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, wish: Wish, actor: str) -> Opened:
        """Make a connection. Raises `FieldError` for a setting, `ConflictError` for a name or source that is taken."""
        check(wish)
        now, random_bytes = self.clock(), self.database.random_bytes
        secret = wish.secret or KINDS[wish.kind].draw(random_bytes, wish.options)
        content = {"apiToken": wish.api_token, "secrets": [_secret_form("key-1", secret)]}
        with self.database.begin_write(self.institution_id) as tx:
            self._check_free(tx, wish)
            record = LmsConnection(
                id=tx.new_id(now),
                institution_id=self.institution_id,
                name=wish.name,
                kind=wish.kind,
                namespace=wish.namespace,
                sis=wish.sis,
                options={**wish.options, **wish.waits},
                keys=tuple(wish.keys),
                creates=wish.creates,
                links=wish.links,
                sealed=self.vault.seal(wish.name, content, random_bytes),
                revision=1,
                created_by=actor,
                created_at=now,
            )
            store.add(tx, record)
            audit.append(tx, now, actor, "connection.add", wish.name, {"kind": wish.kind})
        return self._kept(record)

    def every(self) -> tuple[LmsConnection, ...]:
        """Return all connections, sealed."""
        with self.database.begin_read(self.institution_id) as tx:
            return store.every(tx)

    def get(self, name: str) -> Opened:
        """Return one connection. Raises `NotFoundError`, `PassphraseError`, `KeyStoreError`."""
        found = self.named([name]).get(name)
        if found is None:
            raise NotFoundError("There is no connection of this name. `microcred connections list` shows them.")
        return found

    def named(self, names: Collection[str]) -> dict[str, Opened]:
        """Return those of some connections that there are and that were not removed, by name."""
        with self.database.begin_read(self.institution_id) as tx:
            found = store.by_names(tx, names)
        return {name: self._kept(record) for name, record in found.items() if record.removed_at is None}

    def within(self, tx: Transaction, ids: Collection[UUID]) -> dict[UUID, Opened]:
        """Return connections by their keys, in a transaction of the caller; removed ones, too."""
        return {key: self._kept(record) for key, record in store.by_ids(tx, ids).items()}

    def rotate(self, name: str, actor: str, overlap: timedelta = OVERLAP) -> Secret:
        """Draw a new secret, valid at once; those before it end after `overlap`."""
        now = self.clock()
        opened = self.get(name)
        fresh = Secret(f"key-{_next_number(opened.connection)}", self._drawn(opened.connection))
        ends = now + overlap
        kept = [one for one in opened.connection.secrets if one.is_valid(now)]
        secrets = [_secret_form(one.id, one.value, min(one.valid_until or ends, ends)) for one in kept]
        content = {"apiToken": opened.connection.api_token, "secrets": [*secrets, _secret_form(fresh.id, fresh.value)]}
        self._change(opened.record, actor, "connection.rotate", sealed=self._sealed(name, content))
        return fresh

    def change_keys(self, name: str, keys: Sequence[Mapping[str, Any]], actor: str) -> None:
        """Take over the public keys that a source signs with. Raises `FieldError` for one that is none."""
        read_keys(keys)
        self._change(self.get(name).record, actor, "connection.keys", keys=tuple(keys))

    def change_options(self, record: LmsConnection, options: Mapping[str, str], actor: str, action: str) -> Opened:
        """Replace the settings of a connection that is still as in `record`; else raises `StateError`."""
        self._change(record, actor, action, options=dict(options))
        return self.get(record.name)

    def remove(self, name: str, actor: str) -> None:
        """Let a connection take nothing more; what it brought stays, its secrets go."""
        record, now = self.get(name).record, self.clock()
        gone = self._sealed(name, {"apiToken": "", "secrets": []})
        self._change(record, actor, "connection.remove", removed_at=now, sealed=gone)

    def reseal(self, vault: Vault, actor: str) -> int:
        """Seal the secrets of all connections anew, with another lock; return how many were not sealed with it before.

        Can be done again after it was interrupted. Raises `PassphraseError` for what neither lock opens.
        """
        count = 0
        with self.database.begin_read(self.institution_id) as tx:
            records = store.with_removed(tx)
        for record in records:
            try:
                vault.open(record.name, record.sealed)
            except PassphraseError:
                content = self.vault.open(record.name, record.sealed)
                sealed = vault.seal(record.name, content, self.database.random_bytes)
                self._change(record, actor, "connection.reseal", sealed=sealed)
                count += 1
        return count

    def _change(self, record: LmsConnection, actor: str, action: str, **values: Any) -> None:
        with self.database.begin_write(self.institution_id) as tx:
            if not store.change(tx, record, **values):
                raise StateError("This connection was changed by somebody else at the same time. Look again.")
            audit.append(tx, self.clock(), actor, action, record.name, {})

    def _drawn(self, connection: Connection) -> bytes:
        return KINDS[connection.kind].draw(self.database.random_bytes, connection.options)

    def _sealed(self, name: str, content: Mapping[str, Any]) -> dict[str, Any]:
        return self.vault.seal(name, content, self.database.random_bytes)

    def _check_free(self, tx: Transaction, wish: Wish) -> None:
        if store.by_name(tx, wish.name) is not None:
            raise ConflictError(f"There is, or was, a connection “{wish.name}”. Choose another name.")
        for other in store.every(tx):
            if (other.kind, other.namespace) == (wish.kind, wish.namespace):
                raise ConflictError(f"The connection “{other.name}” is to the same source already.")

    def _kept(self, record: LmsConnection) -> Opened:
        """Open a connection, once for each of its revisions; who has an open one does not wait for another."""
        found = self._open.get(record.id)
        if found is not None and found.record.revision == record.revision:
            return found
        with self._lock:
            known = self._open.get(record.id)
            if known is None or known.record.revision != record.revision:
                known = Opened(record, self._opened(record), Rules(record.creates, record.links))
                self._open[record.id] = known
            return known

    def _opened(self, record: LmsConnection) -> Connection:
        content = self.vault.open(record.name, record.sealed)
        return Connection(
            name=record.name,
            kind=record.kind,
            namespace=record.namespace,
            sis=record.sis,
            secrets=tuple(_read_secret(form) for form in content["secrets"]),
            keys=read_keys(record.keys),
            options=record.options,
            api_token=content["apiToken"],
        )


def read_keys(keys: Sequence[Mapping[str, Any]]) -> dict[str, PublicKey]:
    """Return the public keys of a JWKS by their `kid`. Raises `FieldError`."""
    found: dict[str, PublicKey] = {}
    for index, jwk in enumerate(keys):
        name = jwk.get("kid")
        if not isinstance(name, str) or not name:
            raise FieldError(f"keys[{index}].kid", "is missing")
        try:
            found[name] = PublicKey.from_jwk({key: jwk[key] for key in jwk if key in _PUBLIC})
        except InvalidError as error:
            raise FieldError(f"keys[{index}]", error.detail) from None
    return found


def check(wish: Wish) -> None:
    """Raise `FieldError` for a setting that no connection of this kind can have, or that it lacks."""
    if not _NAME.fullmatch(wish.name):
        raise FieldError("name", "must be 1 to 63 small letters, digits and hyphens: it is part of an address")
    if wish.kind not in KINDS:
        raise FieldError("kind", f"must be one of {', '.join(KINDS)}")
    if not _NAMESPACE.fullmatch(wish.namespace) or not _is_split(wish.namespace):
        raise FieldError("namespace", "must be the address of the platform, such as https://lms.example.edu")
    if wish.kind not in ADAPTERS and wish.api_token:
        raise FieldError("token", f"is nothing that {wish.kind} has")
    _check_options(wish.options, wish.kind, may_wait=bool(wish.waits))
    read_keys(wish.keys)


def _check_options(options: Mapping[str, str], name: str, *, may_wait: bool = False) -> None:
    kind = KINDS[name]
    for option, value in options.items():
        if option not in (*kind.needed, *kind.optional):
            raise FieldError(option, f"is no setting of {name}")
        _check_option(kind, option, value)
    missing = [option for option in kind.needed if not options.get(option)]
    if missing and not may_wait:
        raise FieldError(missing[0], f"is missing: {kind.needed[missing[0]]}")
    if kind.ways and options["auth"] not in kind.ways:
        raise FieldError("auth", f"must be one of {', '.join(kind.ways)}")


def _check_option(kind: ConnectionKind, option: str, value: str) -> None:
    text(500)(value, option)
    if value not in kind.values.get(option, (value,)):
        raise FieldError(option, f"must be one of {', '.join(kind.values[option])}")
    if option in kind.https and not (_HTTPS.fullmatch(value) and _is_split(value)):
        raise FieldError(option, "must be an https address")


def _is_split(url: str) -> bool:
    """Whether the port of an address, if it has one, is one that there is."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _secret_form(name: str, value: bytes, until: datetime | None = None) -> dict[str, Any]:
    return {"id": name, "value": b64encode(value).decode(), "until": None if until is None else until.isoformat()}


def _read_secret(form: Mapping[str, Any]) -> Secret:
    until = form["until"]
    ends = None if until is None else datetime.fromisoformat(until)
    return Secret(form["id"], b64decode(form["value"]), valid_until=ends)


def _next_number(connection: Connection) -> int:
    return 1 + max((int(one.id.rpartition("-")[2]) for one in connection.secrets), default=0)


_PUBLIC: Final = frozenset({"kty", "crv", "x", "y", "n", "e", "use", "alg", "kid"})
"""Members of a public JWK; the chains of certificates that some platforms add say nothing to us."""
