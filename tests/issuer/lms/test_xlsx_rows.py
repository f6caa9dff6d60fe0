from __future__ import annotations

import contextlib
import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.lms import xlsx_parts, xlsx_rows
from issuer.lms.xlsx_values import column_index, is_date_format, number_text
from openbadge.errors import InvalidError
from tests.issuer.lms.workbooks import MAIN, archive, relations, sheet, text_cell, text_rows, workbook


def rows(stream: io.BytesIO) -> list[tuple[int, list[str]]]:
    return list(xlsx_rows.rows(stream))


def cells(row: str, strings: str = "", **changes) -> list[str]:
    found = rows(workbook(sheet(row), strings, **changes))
    return found[0][1] if found else []


def test_texts_in_all_the_ways_in_which_they_are_stored():
    shared = "<si><t>Ada</t></si><si><r><t>Ada </t></r><r><t>Nguyen</t></r><rPh><t>エイダ</t></rPh></si>"
    row = '<c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="str"><v>x</v></c>' + text_cell(
        "D1", "é"
    )
    assert cells(row, shared) == ["Ada", "Ada Nguyen", "x", "é"]


def test_numbers_truths_and_dates():
    row = (
        '<c r="A1"><v>1234567</v></c><c r="B1"><v>0.91000000000000003</v></c><c r="C1" t="b"><v>1</v></c>'
        '<c r="D1" s="1"><v>46346</v></c><c r="E1" s="2"><v>46346.5</v></c><c r="F1" s="3"><v>46346</v></c>'
        '<c r="G1" t="d"><v>2026-11-20</v></c><c r="H1" t="n"><v>2</v></c>'
    )
    found = cells(row)
    assert found == ["1234567", "0.91", "true", "2026-11-20", "2026-11-20T12:00:00", "46346", "2026-11-20", "2"]


def test_dates_of_an_old_macintosh():
    inner = '<workbookPr date1904="1"/><sheets><sheet r:id="rId1"/></sheets>'
    book = f'<workbook xmlns="{MAIN}" xmlns:r="r">{inner}</workbook>'
    assert cells('<c r="A1" s="1"><v>44884</v></c>', **{"xl/workbook.xml": book}) == ["2026-11-20"]


def test_a_formula_is_text_whatever_it_computed():
    row = '<c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="str"><f/><v>x</v></c><c r="C1" t="e"><v>#N/A</v></c>'
    assert cells(row) == ["=1+1", "=x", "=#N/A"]


def test_gaps_blank_rows_and_cells_without_address():
    first, last = text_cell("B1", "b") + text_cell("D1", "d"), "<c><v>1</v></c><c><v>2</v></c>"
    found = rows(workbook(sheet(first, '<c r="A2"/>', last)))
    assert found == [(1, ["", "b", "", "d"]), (3, ["1", "2"])]


def test_the_first_sheet_that_is_not_hidden():
    book = (
        f'<workbook xmlns="{MAIN}" xmlns:r="r"><sheets><sheet name="notes" state="hidden" r:id="rId9"/>'
        '<sheet name="data" r:id="rId1"/><sheet name="more" r:id="rId8"/></sheets></workbook>'
    )
    assert cells(text_cell("A1", "x"), **{"xl/workbook.xml": book}) == ["x"]


def test_the_strict_form_has_other_namespaces():
    strict = sheet(text_cell("A1", "x")).replace(MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main")
    assert rows(workbook(strict)) == [(1, ["x"])]


DOCTYPE = '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "changes",
    [
        {"xl/workbook.xml": None},
        {"_rels/.rels": None},
        {"_rels/.rels": relations()},
        {"_rels/.rels": relations(("rId1", "officeDocument", "http://evil.example/"), mode=' TargetMode="External"')},
        {"xl/worksheets/sheet1.xml": None},
        {"xl/sharedStrings.xml": None},
        {"xl/workbook.xml": "<workbook/>"},
        {"xl/workbook.xml": "not xml"},
        {"xl/workbook.xml": b"\xff\xfe\x00"},
        {"xl/worksheets/sheet1.xml": DOCTYPE + "<worksheet>&b;</worksheet>"},
        {"xl/sharedStrings.xml": DOCTYPE + "<sst><si><t>&b;</t></si></sst>"},
        {"xl/worksheets/sheet1.xml": "<worksheet><sheetData>"},
        {"xl/worksheets/sheet1.xml": sheet('<c r="A1" t="s"><v>7</v></c>')},
        {"xl/worksheets/sheet1.xml": sheet('<c r="A1" t="s"><v>-1</v></c>')},
        {"xl/worksheets/sheet1.xml": sheet('<c r="A1"><v>12:00</v></c>')},
        {"xl/worksheets/sheet1.xml": sheet('<c r="1A"><v>1</v></c>')},
        {"xl/worksheets/sheet1.xml": sheet("").replace('r="1"', 'r="0"')},
        {"xl/worksheets/sheet1.xml": sheet("").replace('r="1"', 'r="x"')},
    ],
)
def test_a_workbook_that_is_broken_or_hostile(changes):
    with pytest.raises(InvalidError) as caught:
        rows(workbook(sheet(text_cell("A1", "x")), **changes))
    assert caught.value.code == "PARSING_ERROR"


def test_iss_036_names_that_lead_out_of_the_archive_name_nothing():
    for target in ("../../etc/passwd", "/etc/passwd", "..\\x"):
        rels = relations(("rId1", "worksheet", target))
        with pytest.raises(InvalidError, match="lacks a part"):
            rows(workbook(sheet(), **{"xl/_rels/workbook.xml.rels": rels}))


def test_iss_036_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(xlsx_parts, "MAX_UNPACKED", 100_000)
    bomb = workbook(sheet(text_cell("A1", "x")) + " " * 1_000_000)
    assert len(bomb.getvalue()) < 5_000
    with pytest.raises(InvalidError) as caught:
        rows(bomb)
    assert caught.value.code == "LIMIT_EXCEEDED"


def test_iss_036_an_archive_of_a_million_files_is_refused_by_its_end():
    stream = archive({f"{number:0200}": b"" for number in range(1_200)})
    with pytest.raises(InvalidError) as caught:
        rows(stream)
    assert caught.value.code == "LIMIT_EXCEEDED"


def test_iss_036_other_archives():
    with pytest.raises(InvalidError):
        rows(archive({"batch.csv": "sis_id"}))
    good = workbook(sheet(text_cell("A1", "x"))).getvalue()
    encrypted = bytearray(good)
    directory = good.index(b"PK\x01\x02")
    for at in (6, directory + 8):
        encrypted[at] |= 1
    with pytest.raises(InvalidError, match="encrypted"):
        rows(io.BytesIO(bytes(encrypted)))
    unusual = bytearray(good)
    struct.pack_into("<H", unusual, directory + 10, 99)
    with pytest.raises(InvalidError):
        rows(io.BytesIO(bytes(unusual)))


def test_limits_of_cells(monkeypatch):
    monkeypatch.setattr(xlsx_rows, "MAX_CELL", 5)
    with pytest.raises(InvalidError, match="Row 1 has a cell"):
        rows(workbook(text_rows(["123456"])))
    with pytest.raises(InvalidError, match="more than 100 cells"):
        cells('<c r="XFD1"><v>1</v></c>')
    monkeypatch.setattr(xlsx_rows, "MAX_STRINGS", 1)
    with pytest.raises(InvalidError, match="different texts"):
        cells("", "<si/><si/>")


@given(st.data())
def test_any_spoilt_byte_is_read_or_refused(data):
    good = bytearray(workbook(text_rows(["sis_id", "date"], ["S1", "2026-11-20"])).getvalue())
    for _ in range(data.draw(st.integers(1, 8))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(good)))
    for stream in (io.BytesIO(bytes(good)), io.BytesIO(bytes(good[:cut])), io.BytesIO(bytes(good[cut:]))):
        with contextlib.suppress(InvalidError):
            rows(stream)


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1), min_size=1, max_size=5)))
def test_texts_come_back_as_they_were_written(table):
    table = [["x", *(cell.replace("\ufffe", "").replace("\uffff", "") for cell in row)] for row in table]
    assert [row for _, row in rows(workbook(text_rows(*table)))] == [_trimmed(row) for row in table]


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1]:
        row = row[:-1]
    return row


def test_values():
    assert [column_index(text) for text in ("A1", "Z9", "AA1", "XFD1048576", "")] == [0, 25, 26, 16383, -1]
    assert [is_date_format(text) for text in ("yyyy-mm-dd", "d/m/yy", "[$-409]d", "0.00", "General", "mm:ss")] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]
    assert not is_date_format('0" day"')
    assert not is_date_format(r"0\d")
    assert number_text("60", date=True, date_1904=False) == "60"
    assert number_text("1E+3", date=False, date_1904=False) == "1000"
    assert number_text("1.2345678901234567E+18", date=False, date_1904=False) == "1.2345678901234568e+18"
    for bad in ("nan", "inf", "1e999", "1,5", "", "٥"):
        with pytest.raises(InvalidError):
            number_text(bad, date=False, date_1904=False)
