"""A file -> its text with pages.

``read_text`` parses in the calling process; ``reader.Reader`` has it done in a child with limits.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from retrieval.documents import DocumentText, Page
from retrieval.errors import CasewrightError, NeedsOcr, UnreadableFile
from retrieval.kinds import ADVICE, READABLE, is_locked_office, kind_of
from retrieval.read_doc import doc_text, rtf_text
from retrieval.read_email import letter, parsed
from retrieval.read_image import image_pages
from retrieval.read_pdf import PageText, pdf_pages
from retrieval.read_plain import decoded, html_file_text

TEXT_LIMIT = 50_000_000
"""Characters of text that one file may yield."""


@dataclass(frozen=True, slots=True)
class _Way:
    """How a file is to be read."""

    ocr: bool
    threads: int
    page_done: Callable[[int, int], None]


def read_text(
    path: Path,
    *,
    ocr: bool = True,
    threads: int = 1,
    page_done: Callable[[int, int], None] = lambda done, pages: None,
) -> DocumentText:
    """Gives the text of a file of a kind in ``kinds.READABLE``, with its pages.

    The text of ``.txt`` and ``.md`` is the file's text untouched. A file without pages of its
    own is one page. Pages that are images of text are read by OCR on ``threads`` cores, or left
    (and numbered in ``unread``) where it is off. ``page_done`` is told each page, of how many.

    Raises:
        UnreadableFile: missing, empty, of an unknown kind, corrupt, or without text.
        NeedsOcr: without OCR, the file has no text.
        ModelUnavailable: the models for OCR are missing.
    """
    try:
        raw = path.read_bytes()
        if not raw:
            raise UnreadableFile("the file is empty; get a complete copy")
        document = _document(raw, path.suffix.lower(), _Way(ocr, threads, page_done))
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


def _document(raw: bytes, suffix: str, way: _Way) -> DocumentText:
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
        pages = _PARSERS[kind](raw, way)
    except (CasewrightError, MemoryError):
        raise
    # Parsers raise whatever they like on a damaged file; each is one verdict about that file.
    except Exception as error:
        raise UnreadableFile(
            f"cannot be read as {kind} ({type(error).__name__}); "
            "the file is damaged or of another kind, get a fresh copy"
        ) from error
    document = _paged(pages) if kind in _WITH_PAGES else _one_page(pages[0].text)
    if not document.text.strip():
        if document.unread:
            raise NeedsOcr("is a scan without a text layer, and OCR is off; ingest it with OCR")
        raise UnreadableFile("holds no text, and OCR finds none; check that it is the right file")
    if len(document.text) > TEXT_LIMIT:
        raise UnreadableFile(f"more than {TEXT_LIMIT:,} characters of text; split the file")
    return document


def _pdf(raw: bytes, way: _Way) -> list[PageText]:
    return pdf_pages(raw, ocr=way.ocr, threads=way.threads, page_done=way.page_done)


def _image(raw: bytes, way: _Way) -> list[PageText]:
    return image_pages(raw, ocr=way.ocr, threads=way.threads, page_done=way.page_done)


def _docx(raw: bytes) -> str:
    from retrieval.read_docx import docx_text

    return docx_text(raw)


def _eml(raw: bytes) -> str:
    return letter(parsed(raw))


def _whole(text_of: Callable[[bytes], str]) -> Callable[[bytes, _Way], list[PageText]]:
    """Reads a file without pages."""
    return lambda raw, way: [PageText(text_of(raw))]


def _one_page(text: str) -> DocumentText:
    return DocumentText(text, (Page(1, 0, len(text)),))


def _paged(read: list[PageText]) -> DocumentText:
    """Joins the texts of pages; the line break between two pages belongs to the first."""
    pages: list[Page] = []
    start = 0
    parts = [page.text if page.text.endswith("\n") else page.text + "\n" for page in read]
    for number, (part, page) in enumerate(zip(parts, read, strict=True), start=1):
        pages.append(Page(number, start, start + len(part), page.label, page.confidence))
        start += len(part)
    unread = tuple(number for number, page in enumerate(read, start=1) if page.unread)
    return DocumentText("".join(parts), tuple(pages), unread)


_PARSERS: dict[str, Callable[[bytes, _Way], list[PageText]]] = {
    ".pdf": _pdf,
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".tif", ".tiff"), _image),
    ".docx": _whole(_docx),
    ".doc": _whole(doc_text),
    ".rtf": _whole(rtf_text),
    **dict.fromkeys((".html", ".htm"), _whole(html_file_text)),
    ".eml": _whole(_eml),
    **dict.fromkeys((".md", ".txt"), _whole(decoded)),
}
_WITH_PAGES = (".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff")
