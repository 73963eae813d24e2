"""A file -> its text with pages.

``read_text`` parses in the calling process; ``reader.Reader`` has it done in a child with limits.
"""

from collections.abc import Callable
from pathlib import Path

from retrieval.documents import DocumentText, Page
from retrieval.errors import CasewrightError, NeedsOcr, UnreadableFile
from retrieval.hidden import Seen, seen
from retrieval.kinds import ADVICE, READABLE, is_locked_office, kind_of
from retrieval.ocr import Scan, scanned
from retrieval.read_doc import doc_text, rtf_text
from retrieval.read_email import letter, parsed
from retrieval.read_image import image_pages
from retrieval.read_pdf import PageText, pdf_pages
from retrieval.read_plain import decoded, html_file_text

_PageDone = Callable[[int, int], None]

TEXT_LIMIT = 50_000_000
"""Characters of text that one file may yield."""


def read_text(
    path: Path,
    *,
    scan: Scan | None = scanned,
    page_done: _PageDone = lambda done, pages: None,
) -> DocumentText:
    """Gives the text of a file of a kind in ``kinds.READABLE``, with its pages.

    The text of ``.txt`` and ``.md`` is the file's text, with a blank for each invisible character
    that hides something (``hidden``). What a reader does not see is left out and counted. A file
    without pages of its own is one page. Pages that are images of text are read by ``scan``; where
    it is None, they are left, and numbered in ``unread``. ``page_done`` is told each page, of how
    many.

    Raises:
        UnreadableFile: missing, empty, of an unknown kind, corrupt, or without text.
        NeedsOcr: without ``scan``, the file has no text.
        ModelUnavailable: the models for OCR are missing.
    """
    try:
        raw = path.read_bytes()
        if not raw:
            raise UnreadableFile("the file is empty; get a complete copy")
        document = _document(raw, path.suffix.lower(), scan, page_done)
    except OSError as error:
        raise UnreadableFile(
            f"{path}: cannot be opened ({error.strerror}); check the path and its permissions"
        ) from None
    except UnreadableFile as error:
        raise type(error)(f"{path}: {error}") from None
    except MemoryError:
        raise UnreadableFile(
            f"{path}: takes more memory to read than is allowed; refused, split the file"
        ) from None
    return document


def _document(raw: bytes, suffix: str, scan: Scan | None, page_done: _PageDone) -> DocumentText:
    kind = kind_of(raw, suffix)
    if is_locked_office(raw):
        raise UnreadableFile("is protected by a password; save an open copy")
    if kind in ADVICE:
        raise UnreadableFile(f"is {ADVICE[kind]}")
    if kind not in READABLE:
        kinds = ", ".join(sorted(READABLE))
        raise UnreadableFile(
            f"{suffix or 'no extension'} is not a kind that can be read ({kinds}); "
            "convert the file to PDF or text"
        )
    try:
        if kind in _WITH_PAGES:
            document = _paged(_WITH_PAGES[kind](raw, scan, page_done))
        else:
            document = _one_page(_WHOLE[kind](raw))
    except (CasewrightError, MemoryError):
        raise
    # Parsers raise whatever they like on a damaged file; each is one verdict about that file.
    except Exception as error:
        raise UnreadableFile(
            f"cannot be read as {kind} ({type(error).__name__}); "
            "the file is damaged or of another kind, get a fresh copy"
        ) from error
    # A court's stamp on each page of a scan is text, and is not what the document says.
    if len(document.unread) == len(document.pages) or (
        document.unread and not document.text.strip()
    ):
        raise NeedsOcr("is a scan without a text layer, and OCR is off; ingest it with OCR")
    if not document.text.strip():
        hidden = sum(page.hidden for page in document.pages)
        but = f" but {hidden:,} hidden characters" if hidden else ""
        raise UnreadableFile(f"holds no text{but}; check that it is the right file")
    if len(document.text) > TEXT_LIMIT:
        raise UnreadableFile(f"more than {TEXT_LIMIT:,} characters of text; split the file")
    return document


def _docx(raw: bytes) -> Seen:
    from retrieval.read_docx import docx_text

    return docx_text(raw)


def _eml(raw: bytes) -> Seen:
    return letter(parsed(raw))


def _one_page(text: str) -> DocumentText:
    read = seen(text, text.hidden if isinstance(text, Seen) else 0)
    return DocumentText(str(read), (Page(1, 0, len(read), hidden=read.hidden),))


def _paged(read: list[PageText]) -> DocumentText:
    """Joins the texts of pages; the line break between two pages belongs to the first."""
    pages: list[Page] = []
    start = 0
    shown = [seen(page.text, page.hidden) for page in read]
    parts = [one if one.endswith("\n") else one + "\n" for one in shown]
    for number, (part, page, one) in enumerate(zip(parts, read, shown, strict=True), start=1):
        end = start + len(part)
        pages.append(Page(number, start, end, page.label, page.confidence, one.hidden))
        start += len(part)
    unread = tuple(number for number, page in enumerate(read, start=1) if page.unread)
    return DocumentText("".join(parts), tuple(pages), unread)


_WITH_PAGES: dict[str, Callable[[bytes, Scan | None, _PageDone], list[PageText]]] = {
    ".pdf": pdf_pages,
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".tif", ".tiff"), image_pages),
}
_WHOLE: dict[str, Callable[[bytes], str]] = {
    ".docx": _docx,
    ".doc": doc_text,
    ".rtf": rtf_text,
    **dict.fromkeys((".html", ".htm"), html_file_text),
    ".eml": _eml,
    **dict.fromkeys((".md", ".txt"), decoded),
}
