"""The mark on a page's image covers the passage: 50 citations over 10 PDFs.

    CASEWRIGHT_BENCH_DATA=<folder> make bench-marks

Where the words of a passage stand is found a second way, by PDFium's own text search, not by the
offsets that the mark is drawn from. ``covered`` is the share of the words' area that is marked,
``beside`` the share of the marked characters that are none of the passage's.
"""

import os
from itertools import islice
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from retrieval.errors import CasewrightError
from retrieval.read import read_text
from retrieval.split import split
from ui.pdfpage import Box, passage_boxes
from ui.samples import MATTER

pytestmark = pytest.mark.bench

CITATIONS, FILES, A_FILE = 50, 10, 5
LEAST = 0.95
WORDS = 6


def _files() -> list[Path]:
    data = os.environ.get("CASEWRIGHT_BENCH_DATA")
    if not data:
        pytest.skip("CASEWRIGHT_BENCH_DATA names no folder with case_files")
    filings = sorted((Path(data) / "case_files" / "court_filings").glob("*.pdf"))
    return [*sorted(MATTER.glob("*.pdf")), *filings]


def _characters(textpage: Any, start: int, count: int) -> list[Box]:
    """The boxes of characters that are drawn: left, bottom, right, top."""
    text = textpage.get_text_range()
    boxes = [
        textpage.get_charbox(at)
        for at in range(start, start + count)
        if at < len(text) and text[at : at + 1].strip()
    ]
    return [box for box in boxes if box[2] > box[0] and box[3] > box[1]]


def _sought(textpage: Any, words: str) -> tuple[int, int] | None:
    """Where words stand on a page, where they stand there once; PDFium searches for them."""
    found = textpage.search(words, match_case=True)
    first, second = found.get_next(), found.get_next()
    return first if first is not None and second is None else None


def _inside(box: Box, boxes: list[Box]) -> float:
    """The share of a character's box that lies in one of the marked boxes."""
    left, bottom, right, top = box
    shares = [
        max(0.0, min(right, b[2]) - max(left, b[0])) * max(0.0, min(top, b[3]) - max(bottom, b[1]))
        for b in boxes
    ]
    return max(shares, default=0.0) / ((right - left) * (top - bottom))


def _measured(file: Path) -> list[tuple[float, float]]:
    """(covered, beside) of up to five passages of a PDF."""
    document = read_text(file)
    spans = [one for one in split(document) if one[2] - one[1] > 120]
    step = max(1, len(spans) // A_FILE)
    measured = []
    with pypdfium2.PdfDocument(file) as pdf:
        for number, start, end in spans[::step]:
            page = document.pages[number - 1]
            drawn = pdf[page.number - 1]
            textpage = drawn.get_textpage()
            words = document.text[start:end].split()
            ends = [_sought(textpage, " ".join(part)) for part in (words[:WORDS], words[-WORDS:])]
            if ends[0] is None or ends[1] is None:
                continue
            first, last = ends[0][0], sum(ends[1])
            boxes = passage_boxes(drawn, start - page.start, end - page.start)
            own = _characters(textpage, first, last - first)
            others = _characters(textpage, 0, first)
            others += _characters(textpage, last, textpage.count_chars() - last)
            covered = sum(_inside(box, boxes) for box in own) / len(own)
            strangers = sum(_inside(box, boxes) > 0.5 for box in others)
            measured.append((covered, strangers / (strangers + len(own))))
    return measured


def test_marks_cover_their_passages() -> None:
    measured: list[tuple[float, float]] = []
    files = 0
    for file in _files():
        try:
            found = list(islice(_measured(file), A_FILE))
        except CasewrightError:
            continue  # a scan, which has no words to mark
        if found:
            files += 1
            measured += found
            worst = min(covered for covered, _ in found)
            beside = max(share for _, share in found)
            print(f"{file.name}: {len(found)} passages, covered {worst:.3f}, beside {beside:.3f}")
        if files >= FILES and len(measured) >= CITATIONS:
            break
    worst = min(covered for covered, _ in measured)
    mean = sum(covered for covered, _ in measured) / len(measured)
    print(f"{len(measured)} citations, {files} PDFs: covered {mean:.4f}, at worst {worst:.4f}")
    assert files >= FILES
    assert len(measured) >= CITATIONS
    assert worst >= LEAST
