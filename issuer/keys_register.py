"""The register of keys in the database, and the audit log of what happens to keys.

What signs is decided by the key files alone, which are written first. The register says the same once more, so that

* every key and every decision about one is in the audit log exactly once, also when a program died in between;
* the DID document still lists the keys whose files are lost: what they signed must go on verifying;
* a key that was revoked stays so when an old backup of the files is brought back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from issuer import audit
from issuer.db import Transaction
from issuer.errors import IntegrityError
from issuer.key_files import Folder, KeyFile
from issuer.keys_states import ACTIVE, RETIRED, REVOKED, KeyRecord
from issuer.model.keys import RecordedKey
from issuer.store import keys as store

_WEIGHT: Final[Mapping[str, int]] = MappingProxyType({ACTIVE: 1, RETIRED: 2, REVOKED: 3})
"""A decision about a key is never taken back: of two, the graver one holds."""
_EVENTS: Final[Mapping[str, str]] = MappingProxyType(
    {ACTIVE: "key.activate", RETIRED: "key.retire", REVOKED: "key.compromise"}
)


@dataclass(frozen=True, slots=True)
class Witness:
    """Who is answerable for what is new in the key files, and since when it is known here.

    `found`: nobody told us, it was there; a program died after writing the file, or somebody else wrote it.
    """

    actor: str
    now: datetime
    found: bool = False


def bring_up(tx: Transaction, folder: Folder, witness: Witness) -> None:
    """Put on record, and into the audit log, what the key files say and the register does not; and the other way round,
    write into the files the decisions that they lack.

    Raises `IntegrityError` for a file that has another key under a name on record.
    """
    known = store.every(tx)
    for file in sorted(folder.read(), key=lambda item: (item.public["number"], item.name)):
        record = known.get(file.name)
        if record is None:
            record = _add(tx, file, witness)
        check_same(file, record)
        weights = _weight(file.mark), _weight(record.mark)
        if weights[0] > weights[1] and file.mark is not None:
            store.mark(tx, file.name, file.mark, witness.now)
            _log(tx, witness, _EVENTS[file.mark["state"]], file, {"mark": dict(file.mark)})
        elif weights[0] < weights[1] and record.mark is not None:
            folder.write(file.marked(record.mark))
            _log(tx, witness, "key.remind", file, {"mark": dict(record.mark)})


def check_same(file: KeyFile, record: RecordedKey) -> None:
    """Raise `IntegrityError` when a file has another public part than is on record under its name."""
    if dict(file.public) != dict(record.public):
        raise IntegrityError(
            f"The key file “{file.name}” has another public part than is on record. Restore it from a backup; if you "
            "did not change it, somebody else did."
        )


def merged(files: Iterable[KeyFile], records: Iterable[RecordedKey]) -> tuple[KeyRecord, ...]:
    """Return all keys, those whose files are lost among them, each with the graver decision about it."""
    known = {record.name: record for record in records}
    found: list[KeyRecord] = []
    for file in files:
        record = known.pop(file.name, None)
        is_graver = record is not None and record.mark is not None and _weight(record.mark) > _weight(file.mark)
        found.append(file.marked(record.mark) if is_graver and record is not None and record.mark else file)
    return (*found, *known.values())


def _add(tx: Transaction, file: KeyFile, witness: Witness) -> RecordedKey:
    record = RecordedKey(file.name, tx.institution_id, dict(file.public), None, witness.now)
    store.add(tx, record)
    public = {name: value for name, value in file.public.items() if name != "name"}
    _log(tx, witness, "key.new", file, {**public, "store": file.store})
    return record


def _log(tx: Transaction, witness: Witness, action: str, file: KeyFile, detail: Mapping[str, Any]) -> None:
    found = {"found": True} if witness.found else {}
    audit.append(tx, witness.now, witness.actor, action, file.name, {**detail, **found})


def _weight(mark: Mapping[str, str] | None) -> int:
    return 0 if mark is None else _WEIGHT[mark["state"]]
