"""A page of a document, with a passage marked: an image of a PDF, the text of anything else."""

import re
import subprocess
import sys
from pathlib import Path

import streamlit as st

from retrieval.documents import Document, DocumentText, Passage
from retrieval.errors import CasewrightError
from retrieval.library import Library
from retrieval.reader import Reader
from ui.prose import Node, prose

DRAWING_SECONDS = 30.0

_COLUMNS = re.compile(r"\S {3,}\S")
"""Text set in columns by spaces: readable only where all characters are of one width."""


class PageUnavailable(CasewrightError):
    """A page that cannot be shown."""


def show_passage(library: Library, passage: Passage) -> None:
    """Shows the page that a passage stands on, with the passage marked.

    Raises:
        UnknownMatter: the document was deleted since.
        PageUnavailable, UnreadableFile: the original is missing or cannot be shown.
    """
    document = library.document(passage.matter_id, passage.document_id)
    show_page(library, document, passage.page, passage.start, passage.end)


def show_page(
    library: Library, document: Document, number: int, start: int = 0, end: int = 0
) -> None:
    """Shows a page; ``start`` to ``end``, offsets in the document's text, are marked.

    Raises as ``show_passage``.
    """
    original = library.original(document)
    if not original.is_file():
        raise PageUnavailable(
            f"{document.name}: its original is not in {original.parent}; add the file again"
        )
    if original.suffix.lower() == ".pdf":
        st.image(
            _kept_image(original, document.name, number, start, end),
            width="stretch",
            alt=f"{document.name}, page {number}",
        )
    else:
        show_text(library, document, number, start, end)


def show_text(
    library: Library, document: Document, number: int, start: int = 0, end: int = 0
) -> None:
    """Shows the text of a page as it was read. Raises UnreadableFile."""
    text = _kept_text(library.original(document))
    prose(page_nodes(text, number, start, end), key=f"page/{document.id}")


def page_nodes(document: DocumentText, number: int, start: int = 0, end: int = 0) -> list[Node]:
    """Gives the text of a page, ``start`` to ``end`` of the document marked."""
    page = document.pages[number - 1]
    start = min(max(start, page.start), page.end)
    end = min(max(end, start), page.end)
    parts = (
        Node("span", "", document.text[page.start : start]),
        Node("mark", "", document.text[start:end]),
        Node("span", "", document.text[end : page.end]),
    )
    shown = tuple(part for part in parts if part.text)
    ruled = _COLUMNS.search(document.text, page.start, page.end)
    return [Node("div", "page ruled" if ruled else "page", children=shown)]


def document_text(original: Path) -> DocumentText:
    """Gives the text of an original, read in a child process. Raises UnreadableFile."""
    with Reader() as reader:
        return reader.read(original)


def page_image(original: Path, name: str, number: int, start: int, end: int) -> bytes:
    """Gives a page of a PDF as PNG, drawn in a child process.

    Raises:
        PageUnavailable: it could not be drawn; ``name`` says which document.
    """
    command = [sys.executable, "-m", "ui.pdfpage", str(original), *map(str, (number, start, end))]
    try:
        drawn = subprocess.run(command, capture_output=True, timeout=DRAWING_SECONDS, check=True)
    except subprocess.SubprocessError as error:
        raise PageUnavailable(
            f"{name}, p. {number}: the page cannot be drawn ({type(error).__name__}); "
            "open the file itself"
        ) from None
    return drawn.stdout


# What is kept belongs to one user's session: matters are walls, and so are users.
_kept_text = st.cache_data(scope="session", max_entries=8, show_spinner=False)(document_text)
_kept_image = st.cache_data(scope="session", max_entries=24, show_spinner=False)(page_image)
