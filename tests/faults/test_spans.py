"""The span law, for any text: passages tile it, and the text at a passage's span is the passage."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.documents import DocumentText, Page
from retrieval.furniture import furniture
from retrieval.prepare import prepare
from retrieval.read import _one_page, _paged
from retrieval.read_pdf import PageText
from retrieval.sections import sections
from retrieval.split import split
from serving.chronology import statements
from serving.events import event_days
from tests.faults.extent import cases
from tests.faults.texts import documents, repeated

TEXTS = documents() | repeated()


@st.composite
def paged(draw: st.DrawFn) -> DocumentText:
    """A text cut into pages anywhere."""
    text = draw(TEXTS)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    bounds = [0, *cuts, len(text)]
    pages = [
        Page(number, start, end) for number, (start, end) in enumerate(pairwise(bounds), start=1)
    ]
    return DocumentText(text, tuple(pages))


@cases(60)
@given(paged(), st.integers(2, 700))
def test_passages_tile_the_text(document: DocumentText, target: int) -> None:
    spans = split(document, target)
    assert "".join(document.text[start:end] for _, start, end in spans) == document.text
    at = 0
    for number, start, end in spans:
        page = document.pages[number - 1]
        assert start == at < end <= start + target
        assert page.start <= start and end <= page.end
        at = end


@cases(25)
@given(paged(), st.sampled_from(["lease.txt", "a/b.pdf", "", "\u202e.docx", "mail.eml", "x" * 300]))
def test_what_is_kept_of_a_document(document: DocumentText, path: str) -> None:
    kept = prepare("oven", "a" * 64, path, document, {})
    assert len(kept.passages) == len(kept.texts)
    assert len({one.id for one in kept.passages}) == len(kept.passages)
    covered = set()
    for one in kept.passages:
        assert one.text == document.text[one.start : one.end]
        assert isinstance(one.place, str)
        covered.update(range(one.start, one.end))
    words = {at for at in range(len(document.text)) if re.match(r"\w", document.text[at])}
    assert words <= covered, "a word stands in no passage"
    for start, end in furniture(document):
        assert 0 <= start <= end <= len(document.text)
    for section in sections(document):
        assert 0 <= section.start <= len(document.text)
    told = statements(kept.passages)
    for statement in told:
        event_days(statement.text)


@cases(40)
@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_pages_tile_what_was_read(texts: list[str]) -> None:
    document = _paged([PageText(text, "", None, 0, False) for text in texts])
    at = 0
    for page, text in zip(document.pages, texts, strict=True):
        assert page.start == at <= page.end
        shown = document.text[page.start : page.end]
        # A line break may be added at its end; invisible characters are blanked, one for one.
        assert len(shown) in (len(text), len(text) + 1)
        at = page.end
    assert at == len(document.text)
    alone = _one_page(texts[0])
    assert len(alone.text) == len(texts[0])
    assert (alone.pages[0].start, alone.pages[-1].end) == (0, len(alone.text))


@pytest.mark.parametrize("text", ["İ", "ı", "ARTICLE İ\n\nRent.", "(İ) Rent.\n(ıı) Term."])
def test_found(text: str) -> None:
    """What `test_what_is_kept_of_a_document` has found: a Turkish letter as a page's number."""
    kept = prepare("oven", "a" * 64, "a.txt", DocumentText(text, (Page(1, 0, len(text)),)), {})
    assert kept.passages
