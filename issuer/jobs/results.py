"""What became of each row of a batch, as lines of JSON, and the file of it that people download.

    {"row": 17, "sourceId": "42", "outcome": "issued", "completion": "…", "credential": "https://…", "error": null}

`outcome` is `issued`; `known`: the same report had come before; `held`: it waits, `error` says for what; `failed`:
it was refused, `error` says why.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from issuer.addresses import Addresses
from issuer.errors import FieldError
from issuer.inbox import Answer, Refusal
from issuer.jobs.rows import Row
from issuer.model import CompletionState

COLUMNS: Final = ("row", "sourceId", "outcome", "completion", "credential", "code", "detail", "field")
OUTCOMES: Final = ("issued", "known", "held", "failed")
GIVEN_UP: Final[Mapping[str, str | None]] = MappingProxyType(
    {
        "code": "GIVEN_UP",
        "detail": "This report could not be worked on, for a reason that lies with the service. Its log says more.",
        "field": None,
    }
)
"""The error of a row on which the program itself fails."""
_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode  # `dumps` makes one for each line
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a cell for a formula (OWASP, "CSV Injection")."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A report that was taken in and is no completion yet: the source's name of it, and what it waits for."""

    source_id: str
    code: str | None
    detail: str | None


def of_answer(
    row: Row, answer: Answer | Waiting | Refusal, addresses: Addresses, unmade: Collection[UUID]
) -> dict[str, Any]:
    """Return the result of a row that was taken in or refused. Completions in `unmade` will not exist: a dry run."""
    if isinstance(answer, Waiting):
        return _line(row, answer.source_id, "held", error={"code": answer.code, "detail": answer.detail, "field": None})
    if not isinstance(answer, Answer):
        return _line(row, None, "failed", error=_error(answer))
    completion = answer.completion
    waits = completion.state is not CompletionState.ISSUED
    outcome = "held" if waits else "issued" if answer.created else "known"
    reason = {"code": completion.reason_code, "detail": completion.reason, "field": None}
    exists = completion.id not in unmade
    url = None if answer.credential is None else addresses.credential(answer.credential.public_id)
    return _line(
        row,
        completion.source_id,
        outcome,
        completion=str(completion.id) if exists else None,
        credential=url if exists else None,
        error=reason if waits else None,
    )


def given_up(row: Row) -> dict[str, Any]:
    """Return the result of a row that the program cannot work on."""
    return _line(row, None, "failed", error=dict(GIVEN_UP))


def _line(row: Row, source_id: str | None, outcome: str, **more: Any) -> dict[str, Any]:
    empty = {"completion": None, "credential": None, "error": None}
    return {"row": row.number, "sourceId": source_id, "outcome": outcome, **empty, **more}


def _error(refusal: Refusal) -> dict[str, str | None]:
    path = refusal.path if isinstance(refusal, FieldError) else None
    return {"code": refusal.code, "detail": refusal.detail, "field": path}


def counts(lines: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Count results by outcome."""
    found = dict.fromkeys(OUTCOMES, 0)
    for line in lines:
        found[line["outcome"]] += 1
    return found


def pack(lines: Iterable[Mapping[str, Any]]) -> bytes:
    """Return results as lines of JSON."""
    return "".join(f"{_encode(line)}\n" for line in lines).encode()


def ndjson(contents: Iterable[bytes]) -> Iterator[bytes]:
    """Return the result file as lines of JSON; `contents` are those of `pack`, in order."""
    yield from contents


def table(contents: Iterable[bytes]) -> Iterator[bytes]:
    """Return the result file as CSV (RFC 4180) with a row of heads, in UTF-8 with the mark that Excel looks for."""
    yield b"\xef\xbb\xbf" + _csv([COLUMNS])
    for content in contents:
        yield _csv(_cells(json.loads(line)) for line in content.splitlines())


def _cells(line: dict[str, Any]) -> list[str]:
    values = {**line, **(line["error"] or {})}
    return [_harmless("" if values.get(name) is None else str(values[name])) for name in COLUMNS]


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _csv(rows: Iterable[Iterable[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


FORMATS: Final = MappingProxyType({"ndjson": ("application/x-ndjson", ndjson), "csv": ("text/csv", table)})
"""The result file by the ending of its name: media type, and how it is made of the stored contents."""
