"""How the learner and the course of a report are put together, the same for every source."""

from __future__ import annotations

import re
from typing import Final

from issuer.errors import FieldError
from issuer.lms.connection import Connection
from issuer.lms.model import Identifier, IdKind, SourceLearner

_VERSIONED: Final = re.compile(r"(.+)@v?([A-Za-z0-9][A-Za-z0-9.-]{0,19})")


def learner(connection: Connection, path: str, name: str | None = None, **ids: str | None) -> SourceLearner:
    """Return a learner with the `ids` that are not None, by their kind: `lms`, `username`, `sis`, `lti`, `email`.

    Numbers of the student system are taken over only if the connection names that system: in many an LMS its users
    may write anything there. Raises `FieldError` at `path` if no id is left.
    """
    found = tuple(
        Identifier(IdKind(kind), namespace, value)
        for kind, value in ids.items()
        if value and (namespace := _namespace(connection, IdKind(kind))) is not None
    )
    if not found:
        raise FieldError(path, "names no learner")
    return SourceLearner(found, name)


def split_code(text: str | None) -> tuple[str | None, str | None]:
    """Take a course code of the student system apart: `MC-DETH-01@v2` is the code `MC-DETH-01` and the hint `2`."""
    match = _VERSIONED.fullmatch(text or "")
    return (match[1], match[2]) if match else (text, None)


def _namespace(connection: Connection, kind: IdKind) -> str | None:
    if kind is IdKind.SIS:
        return connection.sis or None
    return "" if kind is IdKind.EMAIL else connection.namespace
