"""Word documents: what was inserted, deleted, boxed, noted or put in a margin."""

import io

import docx
import pytest
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from retrieval.read_docx import docx_text

W = nsdecls("w")


def saved(*blocks: str, notes: str = "", header: str = "") -> bytes:
    document = docx.Document()
    body = document.element.body
    for block in blocks:
        body.insert(len(body) - 1, parse_xml(block.replace(">", f" {W}>", 1)))
    if header:
        document.sections[0].header.paragraphs[0].text = header
    if notes:
        part = Part(
            PackURI("/word/footnotes.xml"),
            CONTENT_TYPE.WML_FOOTNOTES,
            f"<w:footnotes {W}>{notes}</w:footnotes>".encode(),
            document.part.package,
        )
        document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


@pytest.mark.parametrize(
    ("block", "text"),
    [
        (f"<w:p>{run('Rent is due.')}</w:p>", "Rent is due."),
        (
            f"<w:p>{run('Rent is ')}<w:del w:id='1' w:author='a'><w:r><w:delText>$900"
            f"</w:delText></w:r></w:del><w:ins w:id='2' w:author='a'>{run('$950')}</w:ins>"
            f"{run('.')}</w:p>",
            "Rent is $950.",
        ),
        (
            f"<w:p>{run('One. ')}<w:moveFrom w:id='3' w:author='a'>{run('Gone.')}</w:moveFrom>"
            f"<w:moveTo w:id='4' w:author='a'>{run('Here.')}</w:moveTo></w:p>",
            "One. Here.",
        ),
        (
            f"<w:sdt><w:sdtContent><w:p>{run('In a control.')}</w:p></w:sdtContent></w:sdt>",
            "In a control.",
        ),
        (
            f"<w:p><w:sdt><w:sdtContent>{run('Inline.')}</w:sdtContent></w:sdt></w:p>",
            "Inline.",
        ),
        (
            f"<w:p><w:hyperlink>{run('A link')}</w:hyperlink><w:r><w:tab/><w:t>x</w:t><w:br/>"
            "<w:t>y</w:t></w:r></w:p>",
            "A link\tx\ny",
        ),
        (
            f"<w:p><w:r><w:pict><w:txbxContent><w:p>{run('Boxed.')}</w:p></w:txbxContent>"
            "</w:pict></w:r></w:p>",
            "Boxed.",
        ),
        (
            f"<w:tbl><w:tr><w:tc><w:p>{run('Rent')}</w:p></w:tc><w:tc><w:p>{run('$950')}</w:p>"
            "</w:tc></w:tr></w:tbl>",
            "Rent | $950",
        ),
        (
            f"<w:tbl><w:tr><w:trPr><w:del w:id='5' w:author='a'/></w:trPr><w:tc><w:p>"
            f"{run('Gone')}</w:p></w:tc></w:tr><w:tr><w:tc><w:p>{run('Kept')}</w:p></w:tc></w:tr>"
            "</w:tbl>",
            "Kept",
        ),
        (
            f"<w:tbl><w:tr><w:sdt><w:sdtContent><w:tc><w:p>{run('Rent')}</w:p></w:tc>"
            f"</w:sdtContent></w:sdt><w:tc><w:p>{run('$950')}</w:p></w:tc></w:tr></w:tbl>",
            "Rent | $950",
        ),
        (
            "<w:tbl><w:tr><w:tc><w:sdt><w:sdtContent><w:tbl><w:tr><w:sdt><w:sdtContent><w:tc><w:p>"
            f"{run('Inner')}</w:p></w:tc></w:sdtContent></w:sdt></w:tr></w:tbl></w:sdtContent>"
            f"</w:sdt><w:p>{run('outer')}</w:p></w:tc></w:tr></w:tbl>",
            "Inner outer",
        ),
    ],
    ids=(
        "plain changed moved control inline-control link box table deleted-row cell-control nested"
    ).split(),
)
def test_text(block: str, text: str) -> None:
    assert docx_text(saved(block)).strip() == text


def test_notes_and_margins_stand_at_the_end() -> None:
    reference = "<w:r><w:footnoteReference w:id='2'/></w:r>"
    note = f"<w:footnote w:id='2'><w:p>{run('See the lease.')}</w:p></w:footnote>"
    line = "<w:footnote w:id='0' w:type='separator'><w:p/></w:footnote>"
    raw = saved(
        f"<w:p>{run('Rent is due')}{reference}{run('.')}</w:p>",
        notes=line + note,
        header="DRAFT OF MAY 2",
    )
    assert docx_text(raw).split("\n") == [
        "Rent is due[footnote 2].",
        "[footnote 2] See the lease.",
        "DRAFT OF MAY 2",
    ]
