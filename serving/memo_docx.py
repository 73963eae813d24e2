"""The memorandum in Word: the house's styles, pin cites as footnotes, doubts that survive printing.

What documents and the model wrote goes into text elements alone: it can become no link, image or
field code.
"""

import re
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from serving.memo import Source, marks, note_text, parts, receipt_rows, sources, tally

if TYPE_CHECKING:
    from serving.answered import Answer


def as_docx(answer: "Answer", template: Path | None = None) -> bytes:
    """Gives the memorandum as a Word document, in the styles of a template where one is given.

    Raises:
        BadTemplate: the template is missing or no Word document.
    """
    # Imported here: the command answers without a Word file far more often than with one.
    from serving.footnotes import Footnotes
    from serving.memo_style import Look, new_document

    document = new_document(template)
    look = Look(document)
    notes = Footnotes(document)
    given = sources(answer)
    document.add_paragraph("Memorandum", look.title)
    document.add_paragraph(printable(answer.question), look.question)
    document.add_paragraph(printable(tally(answer)), look.standing)
    for part in parts(answer):
        if part.heading:
            document.add_paragraph(part.heading, look.heading)
        for paragraph in part.paragraphs:
            block = document.add_paragraph(style=look.body)
            for sentence in paragraph:
                style = look.doubtful if sentence.doubt else None
                for words in sentence.words:
                    block.add_run(printable(words.text), style)
                    if words.note:
                        notes.add(block, printable(note_text(words.note, given)))
                for mark in marks(sentence):
                    block.add_run(" ")
                    block.add_run(f"[{printable(mark)}]", look.warning)
                block.add_run(" ")
    if given:
        document.add_paragraph("Sources", look.heading)
        _add_sources(document, look, given)
    document.add_paragraph("Receipt", look.heading)
    add_table(document, look, [], receipt_rows(answer), (1.5, 5.0))
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def _add_sources(document: Any, look: Any, given: Sequence[Source]) -> None:
    rows = [
        (
            f"[{one.number}]",
            f"{one.pin_cite}\n{one.passage.document}",
            ", ".join(map(str, one.notes)) or "–",
            " ".join(one.passage.text.split()),
        )
        for one in given
    ]
    add_table(document, look, ["No.", "Source", "Notes", "Passage"], rows, (0.45, 1.9, 0.6, 3.55))


def add_table(
    document: Any,
    look: Any,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    inches: Sequence[float],
) -> None:
    """Adds a table with its columns' widths in inches; its head is repeated on each page."""
    from docx.oxml import OxmlElement
    from docx.shared import Inches

    told = [head, *rows] if head else rows
    table = document.add_table(len(told), len(inches), look.table)
    table.autofit = False
    for column, width in zip(table.columns, inches, strict=True):
        column.width = Inches(width)
    for row, cells in zip(table.rows, told, strict=True):
        for cell, text, width in zip(row.cells, cells, inches, strict=True):
            cell.width = Inches(width)
            cell.paragraphs[0].style = look.cell
            run = cell.paragraphs[0].add_run(printable(text))
            run.bold = row is table.rows[0] or None if head else None
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    if head:
        for run in (run for cell in table.rows[0].cells for run in cell.paragraphs[0].runs):
            run.bold = True
        table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def printable(text: str) -> str:
    """Gives text without control characters and overrides of direction.

    XML cannot hold most of them, some PDFs are full of them, and none is for a reader.
    """
    return _UNPRINTED.sub("", text)


_UNPRINTED = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
