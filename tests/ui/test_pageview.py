"""The passage that is marked on a page is the passage that was found."""

from pathlib import Path

import pypdfium2
import pytest

from retrieval.documents import DocumentText, Page
from retrieval.read import read_text
from ui.pageview import PageUnavailable, page_image, page_nodes
from ui.pdfpage import MARK, draw, passage_boxes
from ui.samples import MATTER


@pytest.mark.parametrize(
    ("file", "number", "words"),
    [
        ("notice_of_default.pdf", 1, "Base Rent for Lease Year 5 is $16,038.50 per month."),
        ("first_amendment.pdf", 2, "copy is sent at the same time"),
        ("lease.pdf", 4, None),
    ],
)
def test_boxes_hold_the_words(file: str, number: int, words: str | None) -> None:
    document = read_text(MATTER / file)
    page = document.pages[number - 1]
    words = words or document.text[page.start + 200 : page.start + 260]
    start = document.text.index(words) - page.start
    with pypdfium2.PdfDocument(MATTER / file) as pdf:
        boxes = passage_boxes(pdf[number - 1], start, start + len(words))
        textpage = pdf[number - 1].get_textpage()
        inside = " ".join(textpage.get_text_bounded(*box) for box in boxes)
        textpage.close()
    assert "".join(inside.split()) == "".join(words.split())


def test_marked_page_has_marks_and_a_plain_one_none() -> None:
    document = read_text(MATTER / "notice_of_default.pdf")
    colours = lambda image: {colour for _, colour in image.getcolors(1 << 24)}  # noqa: E731
    marked = draw(MATTER / "notice_of_default.pdf", 1, 0, 80)
    assert MARK in colours(marked)
    assert MARK not in colours(draw(MATTER / "notice_of_default.pdf", 1, 0, 0))
    assert document.pages[0].start == 0


def test_damaged_pdf_is_refused_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "bad.pdf"
    file.write_bytes(b"%PDF-1.7 nothing")
    with pytest.raises(PageUnavailable, match=r"bad\.pdf, p\. 1: the page cannot be drawn"):
        page_image(file, "bad.pdf", 1, 0, 0)


@pytest.mark.parametrize(
    ("start", "end", "marked"),
    [(0, 0, ""), (4, 7, "two"), (6, 99, "o\n"), (8, 13, "")],
)
def test_text_page_marks_what_is_on_it(start: int, end: int, marked: str) -> None:
    document = DocumentText("one two\nthree\n", (Page(1, 0, 8), Page(2, 8, 14)))
    parts = page_nodes(document, 1, start, end)[0].children
    assert "".join(part.text for part in parts) == "one two\n"
    assert "".join(part.text for part in parts if part.tag == "mark") == marked
