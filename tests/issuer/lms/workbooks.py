"""Workbooks (.xlsx) made by hand, as spreadsheet programs write them, and spoilt in one place at a time."""

from __future__ import annotations

import io
import zipfile
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="164" formatCode="dd\\.mm\\.yyyy"/>'
    '<numFmt numFmtId="165" formatCode="0.00&quot; days&quot;"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>'
)
"""Styles 0: general, 1 and 2: dates, 3: a number with a word that has the letters d and y."""


def relations(*entries: tuple[str, str, str], mode: str = "") -> str:
    inner = "".join(
        f'<Relationship Id="{i}" Type="{REL}/{kind}" Target="{target}"{mode}/>' for i, kind, target in entries
    )
    return f'<?xml version="1.0"?><Relationships xmlns="{PACKAGE}">{inner}</Relationships>'


def text_cell(reference: str, text: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'


def sheet(*rows: str) -> str:
    body = "".join(f'<row r="{number}">{cells}</row>' for number, cells in enumerate(rows, 1))
    return f'<worksheet xmlns="{MAIN}"><dimension ref="A1:XFD1048576"/><sheetData>{body}</sheetData></worksheet>'


def text_rows(*rows: list[str]) -> str:
    return sheet(
        *("".join(text_cell(f"{chr(65 + i)}{n}", cell) for i, cell in enumerate(row)) for n, row in enumerate(rows, 1))
    )


def workbook(sheet_xml: str, strings: str = "", **changes: str | bytes | None) -> io.BytesIO:
    """A workbook with one sheet; `changes` replace or (None) take away parts, by their names."""
    sheets = '<sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets>'
    book = f'<workbook xmlns="{MAIN}" xmlns:r="{REL}">{sheets}</workbook>'
    parts: dict[str, str | bytes | None] = {
        "_rels/.rels": relations(("rId1", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": book,
        "xl/_rels/workbook.xml.rels": relations(
            ("rId1", "worksheet", "worksheets/sheet1.xml"),
            ("rId2", "sharedStrings", "sharedStrings.xml"),
            ("rId3", "styles", "/xl/styles.xml"),
        ),
        "xl/worksheets/sheet1.xml": sheet_xml,
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{strings}</sst>',
        "xl/styles.xml": STYLES,
        **changes,
    }
    return archive({name: content for name, content in parts.items() if content is not None})


def archive(parts: dict[str, str | bytes]) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    stream.seek(0)
    return stream
