"""The Word form: real headings, footnotes that lead to the right pages, doubts seen in print."""

import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import pypdfium2
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import qn

from retrieval.documents import Passage
from retrieval.library import Library
from retrieval.read_docx import docx_text
from retrieval.search import search
from serving.answered import Answer
from serving.memo_docx import as_docx
from serving.memo_style import BadTemplate
from tests.serving.made_answers import answered, broken_off

MakePassage = Callable[..., Passage]

MEMORANDUM = (
    "BRIEF ANSWER\nRent is $15,200.00 [1]. It was $99 [2].\n\nIt leaked [2].\n\n"
    "CONCLUSION\nWe act for Petrakis."
)
PDFS = ("lease.pdf", "notice_of_default.pdf", "petrakis_deposition.pdf", "inspection_report.pdf")


@pytest.fixture
def given(passage: MakePassage) -> list[Passage]:
    return [passage("Rent is $15,200.00,\nmonthly."), passage("The roof [sic] *leaked*.")]


def opened(answer: Answer, template: Path | None = None) -> Any:
    return docx.Document(BytesIO(as_docx(answer, template)))


def part(content: bytes, name: str) -> Any:
    with zipfile.ZipFile(BytesIO(content)) as package:
        return parse_xml(package.read(name))


def noted(content: bytes) -> list[tuple[str, str]]:
    """The footnotes as a reader meets them: the words before each mark, and the note."""
    notes = {
        note.get(qn("w:id")): "".join(text.text for text in note.iter(qn("w:t"))).strip()
        for note in part(content, "word/footnotes.xml")
        if note.get(qn("w:type")) is None
    }
    found = []
    for paragraph in docx.Document(BytesIO(content)).element.body.iter(qn("w:p")):
        words = ""
        for element in paragraph.iter(qn("w:t"), qn("w:footnoteReference")):
            if element.tag == qn("w:t"):
                words += element.text
            else:
                found.append((words.strip(), notes[element.get(qn("w:id"))]))
                words = ""
    return found


def test_word_form(given: list[Passage]) -> None:
    document = opened(answered(MEMORANDUM, given))
    assert [
        (paragraph.style.name, " ".join(paragraph.text.split()))
        for paragraph in document.paragraphs
    ] == [
        ("Title", "Memorandum"),
        ("Memorandum Question", "Who pays <b>?"),
        (
            "Memorandum Standing",
            "2 of 4 sentences verified against the passages that they cite. What is marked "
            "unverified was not, and must be checked by hand.",
        ),
        ("Heading 1", "Brief Answer"),
        ("Body Text", "Rent is $15,200.00. It was $99. [unverified: “$99” does not stand in [2]]"),
        ("Body Text", "It leaked."),
        ("Heading 1", "Conclusion"),
        ("Body Text", "We act for Petrakis. [unverified: states a fact and cites no passage]"),
        ("Heading 1", "Sources"),
        ("Heading 1", "Receipt"),
    ]
    sources, receipt = document.tables
    assert [cell.text for cell in sources.rows[2].cells] == [
        "[2]",
        "lease.txt, p. 1\nlease.txt",
        "2, 3",
        "The roof [sic] *leaked*.",
    ]
    assert ["Model", "smollm2-135m (SHA-256 bbbbbbbbbbbbbbbb)"] in [
        [cell.text for cell in row.cells] for row in receipt.rows
    ]


def test_footnotes_are_real_ones(given: list[Passage]) -> None:
    content = as_docx(answered(MEMORANDUM, given))
    assert noted(content) == [
        ("Rent is $15,200.00.", "lease.txt, p. 1."),
        ("It was $99.", "lease.txt, p. 1."),
        ("It leaked.", "lease.txt, p. 1."),
    ]
    kinds = [note.get(qn("w:type")) for note in part(content, "word/footnotes.xml")]
    assert kinds == ["separator", "continuationSeparator", None, None, None]
    settings = part(content, "word/settings.xml")
    (named,) = settings.findall(qn("w:footnotePr"))
    assert [one.get(qn("w:id")) for one in named] == ["-1", "0"]
    assert named.getnext().tag != qn("w:zoom")
    with zipfile.ZipFile(BytesIO(content)) as package:
        types = package.read("[Content_Types].xml").decode()
        relations = package.read("word/_rels/document.xml.rels").decode()
    assert types.count("wordprocessingml.footnotes+xml") == 1
    assert relations.count("/relationships/footnotes") == 1
    assert "[footnote 3] lease.txt, p. 1." in docx_text(content)  # as our own reader sees it


def test_doubt_is_seen_in_black_and_white(given: list[Passage]) -> None:
    document = opened(answered(MEMORANDUM, given))
    styles = {run.text.strip(): run.style.name for one in document.paragraphs for run in one.runs}
    assert styles["It was $99."] == "Unverified"
    assert styles["Rent is $15,200.00."] != "Unverified"
    assert document.styles["Unverified"].font.underline
    assert document.styles["Unverified Mark"].font.bold
    for name in ("Unverified", "Unverified Mark"):
        assert document.styles[name].font.color.rgb is None


def test_memorandum_that_broke_off_says_so(given: list[Passage]) -> None:
    told = [one.text.strip() for one in opened(broken_off("Rent is $15", given)).paragraphs]
    assert told[2] == "Incomplete and not verified: the model stopped"
    assert told[3] == "Rent is $15 [unverified: not checked]"


@pytest.mark.parametrize(
    "text", ["", "THE TENANT", "Rent\x00 is\x02 due.\ufffe", "\ud800 half", "a & b < c"]
)
def test_odd_text_is_written(passage: MakePassage, text: str) -> None:
    document = opened(answered(text, [passage(text)], question=f"Why {text}"))
    assert document.paragraphs[0].text == "Memorandum"


def test_text_becomes_no_field_link_or_image(passage: MakePassage) -> None:
    hostile = 'HYPERLINK "http://evil.example" { INCLUDEPICTURE "x" } <w:fldSimple w:instr="x"/>'
    content = as_docx(answered(f"{hostile} [1].", [passage(hostile)], question=hostile))
    with zipfile.ZipFile(BytesIO(content)) as package:
        names = package.namelist()
        relations = b"".join(package.read(one) for one in names if one.endswith(".rels"))
    assert b"External" not in relations
    assert not [name for name in names if "media" in name]
    for name in ("word/document.xml", "word/footnotes.xml"):
        tags = {element.tag for element in part(content, name).iter()}
        assert not tags & {qn("w:fldSimple"), qn("w:instrText"), qn("w:hyperlink"), qn("w:drawing")}


def test_nothing_is_said_of_the_tools(given: list[Passage]) -> None:
    about = opened(answered(MEMORANDUM, given)).core_properties
    assert (about.author, about.title, about.comments) == ("Casewright", "Memorandum", "")


def house(folder: Path) -> Path:
    """A house's template: a heading style, a header, text that is no part of a memorandum."""
    document = docx.Document()
    document.styles["Heading 1"].font.small_caps = True
    document.styles.add_style("Unverified", 2).font.strike = True
    document.sections[0].header.paragraphs[0].text = "Orrin & Tarn LLP"
    document.add_paragraph("Replace this text.")
    document.save(str(folder / "house.docx"))
    return folder / "house.docx"


def test_house_s_template(tmp_path: Path, given: list[Passage]) -> None:
    document = opened(answered(MEMORANDUM, given), house(tmp_path))
    assert document.styles["Heading 1"].font.small_caps
    assert document.styles["Unverified"].font.strike
    assert not document.styles["Unverified"].font.underline
    assert document.sections[0].header.paragraphs[0].text == "Orrin & Tarn LLP"
    assert document.paragraphs[0].text == "Memorandum"
    assert not any("Replace" in paragraph.text for paragraph in document.paragraphs)


def test_template_that_has_footnotes(tmp_path: Path, given: list[Passage]) -> None:
    """A memorandum serves as the template of the next."""
    (tmp_path / "last.docx").write_bytes(as_docx(answered(MEMORANDUM, given)))
    content = as_docx(answered("It leaked [2].", given), tmp_path / "last.docx")
    assert noted(content) == [("It leaked.", "lease.txt, p. 1.")]
    with zipfile.ZipFile(BytesIO(content)) as package:
        assert package.namelist().count("word/footnotes.xml") == 1
        assert package.testzip() is None


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04", b"not Word"])
def test_template_that_cannot_be_used(
    tmp_path: Path, given: list[Passage], content: bytes | None
) -> None:
    file = tmp_path / "house.docx"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadTemplate, match=r"house\.docx: is not a Word document"):
        as_docx(answered(MEMORANDUM, given), file)


def cited_from(library: Library) -> tuple[Answer, list[Passage]]:
    """A memorandum of twenty sentences, each on one passage of a PDF and with its words."""
    questions = ("rent", "roof leak", "notice of default", "renewal option", "repair", "deposition")
    found = {
        one.passage.id: one.passage
        for question in questions
        for one in search(library, "quillfeather", question, 20)
        if one.passage.document in PDFS and re.search(r"(?:\w+ ){6}", one.passage.text)
    }
    given = list(found.values())[:20]
    text = "FACTS\n" + "\n\n".join(
        f"Finding {number} is that “{opening(passage)}” stands there [{number}]."
        for number, passage in enumerate(given, start=1)
    )
    documents = library.documents("quillfeather")
    described = {document.path: document.description for document in documents}
    return answered(text, given, described=described), given


def opening(passage: Passage) -> str:
    """Six words of a passage that stand on one line."""
    match = re.search(r"(?:\w+ ){6}", passage.text)
    assert match
    return match.group().strip()


def page_text(library: Library, passage: Passage, page: int) -> str:
    """The text of a page of the original, by another way than ours."""
    document = library.document("quillfeather", passage.path)
    with pypdfium2.PdfDocument(str(library.original(document))) as pdf:
        return " ".join(pdf[page - 1].get_textpage().get_text_range().split())


def test_twenty_of_twenty_footnotes_lead_to_the_right_pages(sample: Library) -> None:
    answer, given = cited_from(sample)
    notes = noted(as_docx(answer))
    assert len(notes) == len(given) == 20
    for (words, note), passage in zip(notes, given, strict=True):
        page = re.search(r", p\. (\d+)\.$", note)
        assert page, note
        assert opening(passage) in words
        assert opening(passage) in page_text(sample, passage, int(page[1]))
    assert len({note for _, note in notes}) > 8


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_printed_footnotes_stand_on_the_page_of_their_marks(
    sample: Library, tmp_path: Path
) -> None:
    answer, given = cited_from(sample)
    (tmp_path / "memorandum.docx").write_bytes(as_docx(answer))
    home = f"-env:UserInstallation=file://{tmp_path}/office"
    command = ["soffice", home, "--headless", "--convert-to", "pdf", "memorandum.docx"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=200)
    with pypdfium2.PdfDocument(str(tmp_path / "memorandum.pdf")) as pdf:
        pages = [" ".join(page.get_textpage().get_text_range().split()) for page in pdf]
    notes = noted(as_docx(answer))
    for number, (_, note) in enumerate(notes, start=1):
        on = [page for page in pages if f"Finding {number} is that" in page]
        assert len(on) == 1
        assert re.search(rf"\b{number} ?{re.escape(note)}", on[0]), (number, note)
    assert len(pages) > 2
    assert len(given) == 20
