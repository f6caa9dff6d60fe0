"""From key records to keys with their states: which one signs, which ones stay published. Pure.

For each issuer (a DID) and algorithm the newest key that has started is the one that signs; older ones stay published,
because what they signed must go on verifying. A key that is to take over later is announced: published before it
signs, so that verifiers that keep the issuer's document for a while know it in time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Protocol

from issuer.key_files import PUBLIC_FORMS
from issuer.model.forms import instant
from openbadge import did
from openbadge.multikey import PublicKey

ANNOUNCED: Final = "announced"
ACTIVE: Final = "active"
RETIRED: Final = "retired"
REVOKED: Final = "revoked"
"""States of a key: published and not yet signing; signs; no longer signs, but its signatures stand; known to others,
so its signatures fall."""
MAY_BECOME: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {ACTIVE: (ANNOUNCED,), RETIRED: (ANNOUNCED, ACTIVE), REVOKED: (ANNOUNCED, ACTIVE, RETIRED)}
)
"""What a person may do to a key, and in which states."""


class KeyRecord(Protocol):
    """What is kept of a key wherever it is: the members `public` and `mark` of its file."""

    @property
    def public(self) -> Mapping[str, Any]:
        """The public part."""
        ...

    @property
    def mark(self) -> Mapping[str, str] | None:
        """The state that somebody set by hand, if any."""
        ...

    @property
    def store(self) -> str:
        """Where the secret is."""
        ...


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """The public part of a key.

    `verification_method` is `controller#name`, or what did:key and did:jwk have; `public_form` is the key as a member
    of a verification method, `publicKeyMultibase` or `publicKeyJwk`; `since` is when `state` began. It signs from
    `starts` until `ends` (None: no end yet). `compromised` is since when others may have known its secret.
    """

    name: str
    controller: str
    verification_method: str
    algorithm: str
    public_form: Mapping[str, Any]
    state: str
    created: datetime
    since: datetime
    starts: datetime
    ends: datetime | None = None
    compromised: datetime | None = None
    store: str = ""

    @property
    def public_key(self) -> PublicKey:
        """The key itself. Raises `InvalidError` INVALID_VERIFICATION_METHOD when its file was changed by hand."""
        return did.read_key(self.public_form)


def key_infos(records: Iterable[KeyRecord], now: datetime) -> tuple[KeyInfo, ...]:
    """Return keys with their states at `now`, the oldest first."""
    ordered = sorted(records, key=lambda record: (record.public["number"], record.public["name"]))
    roles: dict[tuple[str, str], list[KeyRecord]] = {}
    for record in ordered:
        roles.setdefault(_role(record), []).append(record)
    active = {id(found) for rivals in roles.values() if (found := _active(rivals, now)) is not None}
    return tuple(_info(record, roles[_role(record)], id(record) in active, now) for record in ordered)


def next_start(records: Iterable[KeyRecord], now: datetime) -> datetime | None:
    """Return the next moment at which a state changes by itself: an announced key takes over."""
    return min((start for record in records if (start := _starts(record)) > now), default=None)


def public_form(members: Mapping[str, Any]) -> dict[str, Any]:
    """Return the member that holds the public key, `publicKeyMultibase` or `publicKeyJwk`, and no other."""
    return {name: members[name] for name in PUBLIC_FORMS if name in members}


def _role(record: KeyRecord) -> tuple[str, str]:
    return record.public["controller"], record.public["algorithm"]


def _starts(record: KeyRecord) -> datetime:
    """When a key begins to sign: as it was made to, or when it was put to work earlier."""
    mark = record.mark or {}
    earlier = mark["at"] if mark.get("state") == ACTIVE else mark.get("starts")
    return instant(earlier or record.public.get("starts", record.public["created"]), "starts")


def _ended(record: KeyRecord) -> bool:
    return record.mark is not None and record.mark["state"] != ACTIVE


def _has_started(record: KeyRecord, now: datetime) -> bool:
    """A key that was to sign at once has started whatever the clock says, which may be behind that of its maker."""
    if "starts" not in record.public:
        return True
    end = instant(record.mark["at"], "at") if record.mark is not None and _ended(record) else now
    return _starts(record) <= end


def _successors(record: KeyRecord, rivals: Sequence[KeyRecord], now: datetime) -> list[KeyRecord]:
    """Return the later keys that took over from a key, whatever became of them: it never comes back."""
    later = rivals[rivals.index(record) + 1 :]
    return [rival for rival in later if _has_started(rival, now)]


def _active(rivals: Sequence[KeyRecord], now: datetime) -> KeyRecord | None:
    """Return the key of a role that signs, if there is one."""
    for item in reversed(rivals):
        if _has_started(item, now):
            return None if _ended(item) else item
    return None


def _info(record: KeyRecord, rivals: Sequence[KeyRecord], is_active: bool, now: datetime) -> KeyInfo:
    public, mark = record.public, record.mark or {}
    created, starts = instant(public["created"], "created"), _starts(record)
    successors = _successors(record, rivals, now)
    if _ended(record):
        state, since = mark["state"], instant(mark["at"], "at")
        ends: datetime | None = instant(mark["ends"], "ends") if "ends" in mark else since
    elif is_active:
        state, since, ends = ACTIVE, starts, None
    elif successors:
        since = min(map(_starts, successors))
        state, ends = RETIRED, since
    else:
        state, since, ends = ANNOUNCED, created, None
    controller = public["controller"]
    own = controller.startswith(("did:key:", "did:jwk:"))
    return KeyInfo(
        name=public["name"],
        controller=controller,
        verification_method=did.own_method_id(controller) if own else f"{controller}#{public['name']}",
        algorithm=public["algorithm"],
        public_form=public_form(public),
        state=state,
        created=created,
        since=since,
        starts=starts,
        ends=ends,
        compromised=instant(mark["compromised"], "compromised") if "compromised" in mark else None,
        store=record.store,
    )
