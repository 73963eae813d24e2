"""Tables from any file come as rows, a line each, and passages keep the rows whole."""

from pathlib import Path

import docx
import pytest

from retrieval.read import read_text
from retrieval.split import split

ROWS = [
    ["05/14/2021", str(number), f"Motion no. {number} of Orrin Hides. " + "It is granted. " * 3]
    for number in range(1, 25)
]
ROWS[7][2] = "A long order. " * 25


def as_html(path: Path) -> None:
    cells = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in ROWS)
    path.write_text(f"<h1>Docket</h1><table>{cells}</table>", encoding="utf-8")


def as_docx(path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("Docket")
    table = document.add_table(len(ROWS), 3)
    for row, cells in zip(table.rows, ROWS, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text.strip()
    document.save(str(path))


@pytest.mark.parametrize("suffix", [".html", ".docx"])
def test_a_row_is_a_line_and_stays_whole(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"docket{suffix}"
    {".html": as_html, ".docx": as_docx}[suffix](path)
    document = read_text(path)
    lines = [" ".join(line.split()) for line in document.text.split("\n")]
    for date, number, text in ROWS:
        told = " ".join(text.split())
        assert any(
            line.startswith(date) and f" {number} " in line and line.endswith(told)
            for line in lines
        )
    # No blanks that pad a row to the longest one: they would fill the passages.
    assert not any(line.endswith(" ") for line in document.text.split("\n"))
    passages = [document.text[start:end] for _, start, end in split(document)]
    for _, number, text in ROWS:
        row = f"Motion no. {number} of"
        if row in text:
            assert any(row in passage and "05/14/2021" in passage for passage in passages)
    assert all(passage.endswith("\n") for passage in passages[:-1])
