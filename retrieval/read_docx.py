"""A Word document -> its text, as its last reader would have it printed.

Tracked changes are read as accepted; content controls, text boxes, tables, notes, headers and
footers are read too. python-docx opens the file; its own ``paragraph.text`` leaves out insertions,
content controls and notes, so the XML is walked here (ECMA-376, part 1, chapter 17).
"""

import io
import zipfile
from collections.abc import Iterator
from itertools import chain
from typing import Any

import docx
from docx.oxml.ns import qn

from retrieval.errors import UnreadableFile
from retrieval.hidden import Seen
from retrieval.hidden_docx import Looks

INFLATED_LIMIT = 100_000_000
"""Bytes of XML that a file may hold: parsed, they take about ten times that in memory."""

_NOTES = {
    "footnote": "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes",
    "endnote": "http://schemas.openxmlformats.org/officeDocument/2006/relationships/endnotes",
}
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_LEFT_OUT = {qn("w:del"), qn("w:moveFrom"), qn("w:pPr"), qn("w:rPr"), qn("w:tblPr"), _FALLBACK}
"""What was deleted or moved away, properties, and a drawing's copy for old versions of Word."""
_CHARACTERS = {
    qn("w:tab"): "\t",
    qn("w:br"): "\n",
    qn("w:cr"): "\n",
    qn("w:noBreakHyphen"): "-",
}
_REFERENCES = {qn("w:footnoteReference"): "footnote", qn("w:endnoteReference"): "endnote"}


def docx_text(raw: bytes) -> Seen:
    """Gives what is seen of a .docx file: a paragraph or a table's row a line.

    A note stands where Word has it as ``[footnote 1]``, and its text at the end. Headers and
    footers stand at the end too, each once.

    Raises:
        UnreadableFile: it is under a password, or inflates beyond ``INFLATED_LIMIT``.
    """
    _check(raw)
    document = docx.Document(io.BytesIO(raw))
    margins = [
        part._element
        for section in document.sections
        for part in (
            section.header,
            section.footer,
            section.first_page_header,
            section.first_page_footer,
        )
        if not part.is_linked_to_previous
    ]
    notes = {kind: _notes(document.part, relation) for kind, relation in _NOTES.items()}
    stories = [document.element, *margins]
    looks = Looks(document.styles.element, stories)
    hidden = sum(map(looks.leave_out_hidden, [*stories, *chain.from_iterable(notes.values())]))
    lines = list(_blocks(document.element.body))
    for kind, found in notes.items():
        lines += (_note(kind, note) for note in found)
    shown = (line for part in margins for line in _blocks(part) if line.strip())
    lines += dict.fromkeys(shown)
    return Seen("\n".join(lines), hidden)


def _check(raw: bytes) -> None:
    """Looks at what the package says of itself, before python-docx inflates all of it."""
    with zipfile.ZipFile(io.BytesIO(raw)) as package:
        parts = package.infolist()
    if any(part.flag_bits & 0x1 for part in parts):
        raise UnreadableFile("is protected by a password; save an open copy")
    # A part that is longer than it says is cut off there by zipfile, which then finds it damaged.
    if sum(part.file_size for part in parts if part.filename.endswith((".xml", ".rels"))) > (
        INFLATED_LIMIT
    ):
        raise UnreadableFile(
            f"inflates to more than {INFLATED_LIMIT // 1_000_000} MB of text and markup; refused, "
            "split the document"
        )


def _blocks(element: Any) -> Iterator[str]:
    """The lines of what holds paragraphs and tables: a body, a cell, a note, a text box."""
    for child in element:
        if child.tag in _LEFT_OUT:
            continue
        if child.tag == qn("w:p"):
            yield "".join(_pieces(child))
        elif child.tag == qn("w:tbl"):
            yield from _rows(child)
        else:
            yield from _blocks(child)


def _rows(table: Any) -> Iterator[str]:
    for row in table.iterchildren(qn("w:tr")):
        if row.find(f"{qn('w:trPr')}/{qn('w:del')}") is not None:
            continue
        yield " | ".join(" ".join(_blocks(cell)).strip() for cell in _cells(row))


def _cells(element: Any) -> Iterator[Any]:
    """The cells of a row; content controls and custom XML may stand around them."""
    for child in element:
        if child.tag == qn("w:tc"):
            yield child
        elif child.tag not in _LEFT_OUT:
            yield from _cells(child)


def _pieces(element: Any) -> Iterator[str]:
    for child in element:
        if child.tag in _LEFT_OUT:
            continue
        if child.tag == qn("w:t"):
            yield child.text or ""
        elif child.tag in _CHARACTERS:
            yield _CHARACTERS[child.tag]
        elif child.tag in _REFERENCES:
            yield f"[{_REFERENCES[child.tag]} {child.get(qn('w:id'))}]"
        elif child.tag == qn("w:txbxContent"):
            yield "\n" + "\n".join(_blocks(child)) + "\n"
        else:
            yield from _pieces(child)


def _notes(part: Any, relation: str) -> list[Any]:
    """The notes of a kind; Word's own separators are left out."""
    found = [other.target_part for other in part.rels.values() if other.reltype == relation]
    if not found:
        return []
    root = docx.oxml.parse_xml(found[0].blob)
    return [note for note in root if note.get(qn("w:type")) is None]


def _note(kind: str, note: Any) -> str:
    """A note's text, opened by its sign."""
    return f"[{kind} {note.get(qn('w:id'))}] " + " ".join(_blocks(note)).strip()
