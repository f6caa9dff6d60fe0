"""A registrar's file. Bad inputs ISS-036 and ISS-037."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.errors import FieldError, SettingsError
from issuer.lms import columns, csv_rows, table
from issuer.lms.model import Course, Identifier, IdKind, Kind, Origin
from issuer.lms.table import Batch, RowError, RowReport, read_table
from openbadge.errors import InvalidError
from tests.issuer.lms.sources import NOW, connection
from tests.issuer.lms.workbooks import text_rows, workbook

HEADING = "row_key,sis_id,legal_name,email,achievement_code,achievement_version,completed_on,grade,credits,hold"
ADA = "r-000001,S1234567,Ada Nguyen,ada@example.test,MC-DETH-01,2,2026-11-20,Pass,2,"
ORIGIN = Origin("table:registrar", bytes(32), "token:registrar", NOW)


def read(content: str | bytes | io.BytesIO, encoding: str | None = None, batch: str = "2026-11", **settings):
    stream = content if isinstance(content, io.BytesIO) else io.BytesIO(_bytes(content))
    return list(read_table(stream, Batch(batch, ORIGIN, encoding), connection("table", **settings)))


def _bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode()


def one(line: str, heading: str = HEADING):
    (found,) = read(f"{heading}\n{line}\n")
    return found


def reported(line: str, heading: str = HEADING):
    found = one(line, heading)
    assert isinstance(found, RowReport), found
    return found.reported


def refused(content: str | bytes | io.BytesIO, encoding: str | None = None) -> InvalidError:
    with pytest.raises(InvalidError) as caught:
        read(content, encoding)
    return caught.value


def test_a_row():
    report = reported(ADA)
    assert (report.kind, report.event_id, report.course) == (
        Kind.COMPLETED,
        "2026-11/r-000001",
        Course("MC-DETH-01", version="2"),
    )
    assert report.learner.ids == (
        Identifier(IdKind.SIS, "sis", "S1234567"),
        Identifier(IdKind.EMAIL, "", "ada@example.test"),
    )
    assert (report.learner.name, report.outcome.grade, report.outcome.credits) == ("Ada Nguyen", "Pass", Decimal(2))
    assert report.hold is False
    assert report.origin == ORIGIN


def test_a_day_begins_where_the_institution_is():
    assert reported(ADA).occurred_at == datetime(2026, 11, 19, 13, tzinfo=UTC)  # Melbourne in summer time
    summer = ADA.replace("2026-11-20", "2026-07-01")
    assert reported(summer).occurred_at == datetime(2026, 6, 30, 14, tzinfo=UTC)
    assert reported(ADA.replace("2026-11-20", "2026-11-20T10:00:00")).occurred_at.hour == 23
    assert reported(ADA.replace("2026-11-20", "2026-11-20T10:00:00Z")).occurred_at.hour == 10
    with pytest.raises(SettingsError, match="timezone"):
        read(f"{HEADING}\n{ADA}\n", options={"timezone": "Mars/Olympus"})


@pytest.mark.parametrize(
    "day", ["20.11.2026", "11/20/2026", "2026-02-30", "soon", "", "=TODAY()", "0000-00-00", "٢٠٢٦-11-20"]
)
def test_a_date_that_is_none(day):
    assert one(ADA.replace("2026-11-20", day)).column == "completed_on"


def test_headings_have_many_names():
    report = reported(
        "S1,Ada,MC-1,2026-11-20,91,130", "Student Number,Full-Name,COURSE CODE,Completion Date,points,Max Score"
    )
    assert (report.course.id, report.outcome.score.percent) == ("MC-1", Decimal(70))
    assert len(report.event_id) == len("2026-11/") + 64


@pytest.mark.parametrize(
    ("heading", "what"),
    [
        ("sis_id,name,course,date,shoe size", "column 5 is not known"),
        ("Ada Nguyen,S1,MC-1,2026-11-20", "column 1 is not known"),
        ("sis_id,student_id,course,date", "two columns for sis_id: 1 and 2"),
        ("sis_id,sis_id,course,date", "two columns for sis_id: 1 and 2"),
        ("sis_id,course,", "lacks the column completed_on"),
        ("sis_id,,course,date", "column 2 is not known"),
    ],
)
def test_iss_036_a_heading_that_is_wrong(heading, what):
    with pytest.raises(FieldError, match=what) as caught:
        read(f"{heading}\n{ADA}\n")
    assert "Ada" not in caught.value.detail


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (f"{HEADING}\n{ADA}\n".encode("utf-8-sig"), None),
        (f"{HEADING}\n{ADA}\n".encode("utf-16"), None),
        (f"{HEADING}\n{ADA}\n".encode("utf-16-le"), None),
        (f"{HEADING}\n{ADA}\n".encode("utf-16-be"), None),
        (f"{HEADING}\r\n{ADA}\r\n".encode(), None),
        (f"{HEADING}\r{ADA}".encode(), None),
        (f"{HEADING}\n{ADA}\n".replace(",", ";").encode(), None),
        (f"{HEADING}\n{ADA}\n".replace(",", "\t").encode("utf-16"), None),
        (f"\n\n{HEADING}\n\n{ADA}\n,,,\n".encode(), None),
        (f"{HEADING}\n{ADA}\n".encode("cp1252"), "windows-1252"),
    ],
)
def test_iss_036_encodings_and_separators(content, encoding):
    (found,) = read(content, encoding)
    assert found.reported.learner.name == "Ada Nguyen"


def test_an_empty_file_has_no_heading():
    for content in ("", "\n\n", "\ufeff", workbook(text_rows())):
        with pytest.raises(FieldError, match="lacks the column sis_id"):
            read(content)


def test_a_name_in_another_encoding_is_never_guessed():
    latin = f"{HEADING}\n{ADA}\n".replace("Nguyen", "Müller").encode("latin-1")
    assert "CSV UTF-8" in refused(latin).detail
    (found,) = read(latin, "iso-8859-1")
    assert found.reported.learner.name == "Ada Müller"
    assert refused(latin, "klingon").code == "UNSUPPORTED_FORMAT"
    assert refused(f"{HEADING}\n".encode("utf-32")).code == "UNSUPPORTED_FORMAT"


def test_iss_036_an_unclosed_quote_names_its_row():
    assert "Row 3" in refused(f'{HEADING}\n{ADA}\n"r-2,S2\n{ADA}\n').detail
    assert "Row 2" in refused(f'{HEADING}\n"' + "x\n" * 200_000).detail
    assert "Row 2" in refused(f'{HEADING}\n"r-2"x,S2\n').detail


def test_iss_036_limits_are_named(monkeypatch):
    monkeypatch.setattr(table, "MAX_ROWS", 3)
    rows = "".join(ADA.replace("000001", str(number)) + "\n" for number in range(4))
    error = refused(f"{HEADING}\n{rows}")
    assert (error.code, "more than 3 rows" in error.detail) == ("LIMIT_EXCEEDED", True)
    assert refused(HEADING + "\n" + "x" * 70_000).code == "LIMIT_EXCEEDED"
    monkeypatch.setattr(table, "MAX_BYTES", 50)
    assert "limit is 50" in refused(f"{HEADING}\n{ADA}\n").detail


def test_a_million_rows_are_refused(monkeypatch):
    assert table.MAX_ROWS == 100_000
    monkeypatch.setattr(table, "MAX_ROWS", 1_000)  # the same way to the end, in a hundredth of the time
    error = refused(b"sis_id,course,date\n" + b"S1,C,2026-11-20\n" * 1_000_000)
    assert (error.code, "1,000 rows" in error.detail) == ("LIMIT_EXCEEDED", True)


def test_old_workbooks_and_other_files():
    assert refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)).code == "UNSUPPORTED_FORMAT"
    assert refused(b"PK\x03\x04" + bytes(100)).code == "PARSING_ERROR"


@pytest.mark.parametrize("cell", ["=1+1", "+SUM(A1)", "-1", "@x", '"=HYPERLINK(""http://evil.example"")"', " =1"])
@pytest.mark.parametrize("column", ["Ada Nguyen", "S1234567", "MC-DETH-01", "Pass"])
def test_a_cell_that_a_spreadsheet_would_run(column, cell):
    found = one(ADA.replace(column, cell))
    assert isinstance(found, RowError)
    assert "formula" in found.message


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("S1234567", "", "sis_id"),
        ("S1234567", "1.23E+15", "sis_id"),
        ("S1234567", "1,2e10", "sis_id"),
        ("S1234567", "a\0b", "sis_id"),
        ("Ada Nguyen", "x" * 201, "legal_name"),
        ("Ada Nguyen", "Ada\u202eNguyen", "legal_name"),
        ("ada@example.test", "ada at example", "email"),
        ("MC-DETH-01", "", "achievement_code"),
        (",2,\n", ",two,\n", "credits"),
    ],
)
def test_a_row_that_is_wrong_says_where_and_repeats_nothing(old, new, column):
    cell = f'"{new}"' if "," in new and not new.startswith(",") else new
    (found,) = read(f"{HEADING}\n{ADA}\n".replace(old, cell))
    assert (found.row, found.column) == (2, column)
    assert "ada" not in found.message.lower()


def test_too_many_cells():
    found = one(ADA + ",,surplus")
    assert (found.column, "more cells" in found.message) == ("", True)
    assert isinstance(one(ADA + ",, "), RowReport)


def test_results_and_holds():
    heading = "sis_id,course,date,result,hold"
    kinds = [reported(f"S1,C,2026-11-20,{word},", heading).kind for word in ("", "Passed", "FAIL", "withdrawn")]
    assert kinds == [Kind.COMPLETED, Kind.PASSED, Kind.FAILED, Kind.WITHDRAWN]
    assert one("S1,C,2026-11-20,maybe,", heading).column == "result"
    holds = [reported(f"S1,C,2026-11-20,,{word}", heading).hold for word in ("", "no", "x", "library fine")]
    assert holds == [False, False, True, True]


def test_iss_037_one_bad_row_stops_no_other():
    lines = [ADA.replace("000001", f"{number:06}").replace("S1234567", f"S{number}") for number in range(1_000)]
    lines[500] = lines[500].replace("S500", "")
    found = read("\n".join([HEADING, *lines]))
    assert [row for row in found if isinstance(row, RowError)] == [RowError(502, "sis_id", "is missing")]
    assert len(found) == 1_000


def test_iss_037_the_same_row_twice_counts_once_and_a_file_again_is_the_same():
    found = read(f"{HEADING}\n{ADA}\n{ADA.replace('Pass', 'Fail')}\n")
    assert found[1] == RowError(3, "row_key", "says the same as row 2")
    without_key = "sis_id,course,date\nS1,C,2026-11-20\nS1,C,2026-11-20\n"
    assert read(without_key)[1] == RowError(3, "", "says the same as row 2")
    again = read(f"{HEADING}\n{ADA}\n")
    assert again[0].reported.event_id == found[0].reported.event_id
    assert again[0].reported.digest == found[0].reported.digest


def test_a_number_of_the_student_system_needs_one():
    (found,) = read(f"{HEADING}\n{ADA.replace('ada@example.test', '')}\n", sis="")
    assert found == RowError(2, "sis_id", "names no learner")


def test_a_workbook_is_the_same_table():
    rows = [HEADING.split(","), ADA.split(","), ADA.replace("S1234567", "=A1").split(",")]
    found = read(workbook(text_rows(*rows)))
    assert found[0].reported.digest == reported(ADA).digest
    assert (found[1].row, found[1].column) == (3, "sis_id")


_CELL = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.lists(st.lists(_CELL, min_size=1, max_size=4), max_size=6), st.sampled_from(csv_rows.DELIMITERS))
def test_what_a_spreadsheet_writes_is_read_back(rows, delimiter):
    rows = [["a", *(["b"] * 3)], *rows]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    found = [cells for _, cells in csv_rows.rows(io.BytesIO(text.getvalue().encode()))]
    assert found == [row for row in rows if any(cell.strip() for cell in row)]


@given(st.binary(max_size=300), st.sampled_from([None, *csv_rows.ENCODINGS]), st.booleans())
def test_any_bytes_are_rows_or_a_refusal(content, encoding, headed):
    content = (HEADING.encode() + b"\n" if headed else b"") + content
    try:
        found = read(content, encoding)
    except (InvalidError, FieldError):
        return
    assert all(isinstance(row, RowReport | RowError) for row in found)


@given(st.lists(st.sampled_from(list(columns.SYNONYMS)), unique=True).map(lambda some: [*some]))
def test_a_heading_is_read_in_any_order(names):
    names = [*dict.fromkeys([*names, *columns.REQUIRED])]
    spelt = [columns.SYNONYMS[name][0].replace("_", " ").upper() if columns.SYNONYMS[name] else name for name in names]
    assert columns.read_heading(spelt) == tuple(names)


def test_the_stream_stays_open():
    stream = io.BytesIO(f"{HEADING}\n{ADA}\n".encode())
    read(stream)
    stream.seek(0)


def test_a_maximum_needs_points():
    assert one("S1,C,2026-11-20,100", "sis_id,course,date,maximum").column == "maximum"
