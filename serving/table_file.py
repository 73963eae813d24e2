"""A table of checked rows -> its file: Word, Markdown or CSV by the ending of the name."""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from serving.memo_docx import add_table, printable
from serving.memo_file import UnknownForm, write_content
from serving.memo_markdown import escaped

FORMS = (".docx", ".md", ".csv")


@dataclass(frozen=True, slots=True)
class Table:
    """What a file of a table has."""

    title: str
    asked: str
    """The question or the matter, under the title."""
    standing: str
    """How far the table may be relied on, in words."""
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    inches: tuple[float, ...]
    """The columns' widths in Word, 6.5 together."""
    receipt: tuple[tuple[str, str], ...]
    """What made the table, as (what, value); hashes, no text."""


def check_table_form(target: Path) -> None:
    """Raises UnknownForm where the file's ending is none that a table is written in."""
    if target.suffix.lower() not in FORMS:
        raise UnknownForm(f"{target}: a table is written as .docx, .md or .csv; name one of these")


def write_table(table: Table, target: Path) -> bytes:
    """Writes the table; gives the bytes written.

    Raises:
        UnknownForm: another ending.
        NotWritten: the folder is missing or closed.
    """
    check_table_form(target)
    form = {".docx": as_docx, ".md": as_markdown, ".csv": as_csv}[target.suffix.lower()]
    content = form(table)
    write_content(content, target)
    return content


def as_docx(table: Table) -> bytes:
    """Gives the table as a Word document in the look of a memorandum."""
    from serving.memo_style import Look, new_document

    document = new_document(None, table.title)
    look = Look(document)
    document.add_paragraph(table.title, look.title)
    document.add_paragraph(printable(table.asked), look.question)
    document.add_paragraph(printable(table.standing), look.standing)
    if table.rows:
        add_table(document, look, table.head, table.rows, table.inches)
    document.add_paragraph("Receipt", look.heading)
    add_table(document, look, [], table.receipt, (1.5, 5.0))
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def as_markdown(table: Table) -> bytes:
    """Gives the table in Markdown; what documents and the model wrote is text there."""
    lines = [f"# {table.title}", "", f"**{escaped(table.asked)}**", ""]
    lines += [f"*{escaped(table.standing)}*", "", *_markdown(table.head, table.rows), ""]
    lines += ["## Receipt", "", *_markdown(("", ""), table.receipt)]
    return ("\n".join(lines) + "\n").encode()


def as_csv(table: Table) -> bytes:
    """Gives the rows as CSV (RFC 4180, UTF-8 with a mark that Excel looks for).

    A cell that a spreadsheet would take for a formula begins with an apostrophe.
    """
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(table.head)
    writer.writerows([_no_formula(printable(cell)) for cell in row] for row in table.rows)
    return file.getvalue().encode("utf-8-sig")


def _markdown(head: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> list[str]:
    lines = [head, ("---",) * len(head), *(tuple(map(escaped, row)) for row in rows)]
    return [f"| {' | '.join(line)} |" for line in lines]


def _no_formula(cell: str) -> str:
    # The wide forms of the signs too: a spreadsheet set to an East Asian language takes them alike.
    return f"'{cell}" if re.match(r"\s*[=+\-@＝＋－＠]|[\t\r]", cell) else cell
