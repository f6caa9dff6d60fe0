"""The headings of a table of completions: what each column means, under all the names that registrars give it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from issuer.errors import FieldError

SYNONYMS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "row_key": ("row_id", "record_id"),
        "sis_id": ("student_id", "student_number", "student_no", "learner_id", "matriculation_number", "person_id"),
        "legal_name": ("name", "full_name", "student_name", "learner_name"),
        "email": ("e_mail", "email_address", "mail"),
        "achievement_code": ("course_code", "course_id", "course", "code", "definition", "definition_id"),
        "achievement_version": ("version", "definition_version"),
        "section": ("course_section", "group"),
        "term": ("semester", "session", "academic_term"),
        "completed_on": ("completion_date", "date_completed", "completed_at", "date"),
        "result": ("status", "outcome"),
        "grade": ("mark", "final_grade"),
        "score": ("points",),
        "maximum": ("max_score", "maximum_score", "points_possible"),
        "credits": ("credit", "credit_points", "ects"),
        "hold": ("on_hold",),
    }
)
"""Columns by their name, with other names for them. Case, spaces and hyphens do not matter."""
REQUIRED: Final = ("sis_id", "achievement_code", "completed_on")
_NAMES: Final = {name: column for column, others in SYNONYMS.items() for name in (column, *others)}


def read_heading(cells: Sequence[str]) -> tuple[str, ...]:
    """Return the column names of a heading; blank cells at its end are dropped.

    Raises `FieldError` that counts columns from 1 and never repeats a cell: in a file without a heading the first row
    is a person.
    """
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    columns = tuple(_column(cell, index + 1) for index, cell in enumerate(cells))
    for index, column in enumerate(columns):
        if column in columns[:index]:
            raise FieldError("heading", f"has two columns for {column}: {columns.index(column) + 1} and {index + 1}")
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise FieldError("heading", f"lacks the column {missing[0]}")
    return columns


def _column(cell: str, position: int) -> str:
    name = re.sub(r"[\s_-]+", "_", cell.strip().casefold())
    if name not in _NAMES:
        raise FieldError("heading", f"column {position} is not known; known are {', '.join(SYNONYMS)}")
    return _NAMES[name]
