"""A table's file, by the ending of its name."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import docx
import pytest

from serving.memo_file import NotWritten, UnknownForm
from serving.table_file import Table, as_csv, write_table

TABLE = Table(
    title="Chronology",
    asked="oven",
    standing="1 event",
    head=("Date", "Event"),
    rows=(("2023-09-11", "The roof | leaked <b>here</b>\x07."),),
    inches=(1.0, 5.5),
    receipt=(("Matter", "oven"),),
)


@pytest.mark.parametrize(
    ("name", "start"),
    [("a.docx", b"PK"), ("a.MD", b"# Chronology"), ("a.csv", b"\xef\xbb\xbfDate,Event\r\n")],
)
def test_write_table(tmp_path: Path, name: str, start: bytes) -> None:
    content = write_table(TABLE, tmp_path / name)
    assert (tmp_path / name).read_bytes() == content
    assert content.startswith(start)


def test_word_file_has_the_rows(tmp_path: Path) -> None:
    write_table(TABLE, tmp_path / "a.docx")
    rows, receipt = docx.Document(str(tmp_path / "a.docx")).tables
    assert [cell.text for cell in rows.rows[1].cells] == [
        "2023-09-11",
        "The roof | leaked <b>here</b>.",
    ]
    assert [cell.text for cell in receipt.rows[0].cells] == ["Matter", "oven"]


def test_markdown_cell_stays_one(tmp_path: Path) -> None:
    text = write_table(TABLE, tmp_path / "a.md").decode()
    assert "| 2023-09-11 | The roof \\| leaked \\<b\\>here\\</b\\>. |" in text


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(1)", "'@SUM(1)"),
        (" =1", "' =1"),
        ("\t=1", "'\t=1"),
        ("1=1", "1=1"),
        ('a, "b"', 'a, "b"'),
    ],
)
def test_cell_becomes_no_formula(cell: str, written: str) -> None:
    content = as_csv(replace(TABLE, rows=(("2023-09-11", cell),))).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(content, newline="")))[1] == ["2023-09-11", written]


@pytest.mark.parametrize(
    ("name", "error"), [("a.pdf", UnknownForm), ("a", UnknownForm), ("none/a.csv", NotWritten)]
)
def test_table_that_cannot_be_written(tmp_path: Path, name: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=str(tmp_path / name)):
        write_table(TABLE, tmp_path / name)
    assert list(tmp_path.iterdir()) == []
