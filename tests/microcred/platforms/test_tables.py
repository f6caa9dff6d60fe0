"""Registrars’ files go the way of all batches: dry run, an answer for every row, the same file twice, a folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from microcred.samples import Sample
from tests.issuer.lms.workbooks import text_rows, workbook
from tests.microcred.conftest import Console

HEADING = "row_key,sis_id,legal_name,email,achievement_code,achievement_version,completed_on,grade,credits,hold"
ROWS = [
    "r-1,N9001,Ada Nguyen,ada@example.test,MC-DETH-01,1,2026-11-20,Pass,2,",
    "r-2,N9002,=cmd(),x@example.test,MC-DETH-01,1,2026-11-20,Pass,2,",
    "r-3,N9003,Bea Ott,bea@example.test,NOT-BOUND,1,2026-11-20,Pass,2,",
    "r-4,N9004,Cal Roe,cal@example.test,MC-DETH-01,1,2026-11-20,Pass,2,yes",
    "r-5,N9001,Ada Nguyen,ada@example.test,MC-DETH-01,1,2026-11-20,Pass,2,",
]
OUTCOMES = ["issued", "failed", "held", "held", "issued"]


@pytest.fixture
def registrar(sample: Sample, console: Console, tmp_path: Path) -> tuple[Console, Path]:
    sample.installation.database.close()
    path = tmp_path / "completions.csv"
    path.write_text("\n".join([HEADING, *ROWS]) + "\n", "utf-8")
    return console, path


def outcomes(console: Console, tmp_path: Path) -> list[str]:
    """What became of the rows of the newest batch."""
    assert console("batches", "list", "--json") == 0, console.err.getvalue()
    (batch, *_) = sorted(json.loads(console.out.getvalue()), key=lambda item: str(item["createdAt"]), reverse=True)
    assert console("batches", "result", batch["id"], "--format", "ndjson", "--out", str(tmp_path / "r.ndjson")) == 0
    lines = [json.loads(line) for line in (tmp_path / "r.ndjson").read_text().splitlines()]
    assert [line["row"] for line in lines] == list(range(2, 7))
    return [line["outcome"] for line in lines]


def test_every_row_is_answered_and_the_file_again_changes_nothing(
    registrar: tuple[Console, Path], tmp_path: Path, clock: object
) -> None:
    console, path = registrar
    dry = console("completions", "batch", str(path), "--dry-run", "--here")
    assert (dry, outcomes(console, tmp_path)) == (1, OUTCOMES)
    clock.forward(minutes=1)  # type: ignore[attr-defined]  # the fixture's own clock
    assert console("completions", "batch", str(path), "--here") == 1
    assert outcomes(console, tmp_path) == OUTCOMES
    clock.forward(minutes=1)  # type: ignore[attr-defined]
    console("completions", "batch", str(path), "--here")
    assert outcomes(console, tmp_path) == ["known", "failed", "held", "held", "known"]
    assert console("connections", "held", "--json") == 0
    reasons = {item["reason"]["code"] for item in json.loads(console.out.getvalue())}
    assert reasons == {"course-not-bound", "source-hold"}
    assert console("bindings", "add", "table", "NOT-BOUND", "testing-data-products", "--version", "1") == 0
    assert "1 reports are held no more" in console.out.getvalue()


def test_another_file_that_tells_again_of_who_has_the_badge(
    registrar: tuple[Console, Path], tmp_path: Path, clock: object
) -> None:
    """A registrar exports the whole term again, with one more row: the file is another one, the people are not."""
    console, path = registrar
    assert console("completions", "batch", str(path), "--here") == 1
    path.write_text(
        "\n".join([HEADING, *ROWS[:4], ROWS[4].replace("N9001,Ada Nguyen", "N9005,Dia Fox")]) + "\n", "utf-8"
    )
    expected = ["known", "failed", "held", "held", "issued"]
    for options, said in ((("--dry-run",), "done (dry run): 5 of 5 rows"), ((), "done: 5 of 5 rows")):
        clock.forward(minutes=1)  # type: ignore[attr-defined]
        assert console("completions", "batch", str(path), *options, "--here") == 1
        assert said in console.out.getvalue()
        assert outcomes(console, tmp_path) == expected
    assert console("credentials", "list", "--json") == 0
    assert len(json.loads(console.out.getvalue())) == 2


@pytest.mark.databases("sqlite")
def test_a_workbook_is_read_as_well(registrar: tuple[Console, Path], tmp_path: Path) -> None:
    console, _ = registrar
    path = tmp_path / "completions.xlsx"
    sheet_xml = text_rows(HEADING.split(","), *(row.split(",") for row in ROWS))
    path.write_bytes(workbook(sheet_xml).getvalue())
    assert console("completions", "batch", str(path), "--here") == 1
    assert outcomes(console, tmp_path) == OUTCOMES


@pytest.mark.databases("sqlite")
def test_iss_036_a_file_that_is_no_table_is_refused_with_the_reason(
    registrar: tuple[Console, Path], tmp_path: Path
) -> None:
    console, path = registrar
    for content, word in (
        (b"a,b\n1,2\n", "heading"),
        (HEADING.encode() + b",email\n", "two columns"),
        (b"PK\x03\x04 not a zip", "damaged"),
        ((HEADING + '\nr,"N1\n').encode(), ""),
    ):
        path.write_bytes(content)
        assert console("completions", "batch", str(path), "--here") == 1
        assert "refused" in console.out.getvalue()
        assert word in console.out.getvalue()


@pytest.mark.databases("sqlite")
def test_a_watched_folder(registrar: tuple[Console, Path], tmp_path: Path) -> None:
    console, path = registrar
    folder = tmp_path / "inbox"
    folder.mkdir()
    path.replace(folder / path.name)
    (folder / "bad.csv").write_text("no heading\n")
    (folder / "notes.txt").write_text("not for us")
    assert console("watch", str(folder), "--once") == 0
    assert "2 issued, 0 known, 2 held, 1 failed" in console.out.getvalue()
    left = sorted(item.relative_to(folder).as_posix() for item in folder.rglob("*") if item.is_file())
    assert left == [
        "done/completions.csv",
        "done/completions.csv.result.csv",
        "notes.txt",
        "refused/bad.csv",
        "refused/bad.csv.reason.txt",
    ]
    assert console("watch", str(tmp_path / "nowhere"), "--once") == 1
