"""A file -> its text with pages.

``read_text`` parses in the calling process; ``reader.Reader`` has it done in a child with limits.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from retrieval.documents import DocumentText, Page
from retrieval.errors import UnreadableFile
from retrieval.read_email import letter, parsed
from retrieval.read_plain import decoded, html_file_text

TEXT_LIMIT = 50_000_000
"""Characters of text that one file may yield."""


def read_text(path: Path) -> DocumentText:
    """Gives the text of a PDF, DOCX, HTML, EML, Markdown or text file, with its pages.

    The text of ``.txt`` and ``.md`` is the file's text untouched. A file without pages of its
    own is one page.

    Raises:
        UnreadableFile: missing, empty, of an unknown kind, corrupt, or without a text layer.
    """
    parse = _PARSERS.get(path.suffix.lower())
    if parse is None:
        kinds = ", ".join(sorted(_PARSERS))
        raise UnreadableFile(
            f"{path}: {path.suffix or 'no extension'} is not a kind that can be read ({kinds}); "
            "convert the file to PDF or text"
        )
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(
            f"{path}: cannot be opened ({error.strerror}); check the path and its permissions"
        ) from None
    if not raw:
        raise UnreadableFile(f"{path}: the file is empty; get a complete copy")
    try:
        document = parse(raw)
    except UnreadableFile as error:
        raise UnreadableFile(f"{path}: {error}") from None
    except MemoryError:
        raise UnreadableFile(
            f"{path}: takes more memory to read than is allowed; refused, split the file"
        ) from None
    # Parsers raise whatever they like on a damaged file; each is one verdict about that file.
    except Exception as error:
        raise UnreadableFile(
            f"{path}: cannot be read as {path.suffix.lower()} "
            f"({type(error).__name__}); the file is damaged or of another kind, get a fresh copy"
        ) from error
    if not document.text.strip():
        raise UnreadableFile(
            f"{path}: holds no text (a scan without a text layer needs OCR); "
            "run it through OCR and ingest the result"
        )
    if len(document.text) > TEXT_LIMIT:
        raise UnreadableFile(f"{path}: more than {TEXT_LIMIT:,} characters of text; split the file")
    return document


def _pdf(raw: bytes) -> DocumentText:
    # pypdfium2 loads its shared library on import; only PDF files pay for that.
    import pypdfium2
    import pypdfium2.raw

    try:
        pdf = pypdfium2.PdfDocument(raw)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise UnreadableFile("is protected by a password; save an open copy") from None
        raise UnreadableFile(
            "is not a readable PDF (corrupt or cut off); get a fresh copy"
        ) from None
    texts = []
    with pdf:
        for page in pdf:
            text = page.get_textpage().get_text_range()
            # U+FFFE is PDFium's mark for a hyphen at the end of a line.
            texts.append(text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufffe", "-"))
            page.close()
    return _paged(texts)


def _docx(raw: bytes) -> DocumentText:
    from retrieval.read_docx import docx_text

    return _one_page(docx_text(raw))


def _html(raw: bytes) -> DocumentText:
    return _one_page(html_file_text(raw))


def _eml(raw: bytes) -> DocumentText:
    return _one_page(letter(parsed(raw)))


def _plain(raw: bytes) -> DocumentText:
    return _one_page(decoded(raw))


def _one_page(text: str) -> DocumentText:
    return DocumentText(text, (Page(1, 0, len(text)),))


def _paged(texts: Iterable[str]) -> DocumentText:
    """Joins the texts of pages; the line break between two pages belongs to the first."""
    pages: list[Page] = []
    start = 0
    parts = [text if text.endswith("\n") else text + "\n" for text in texts]
    for number, part in enumerate(parts, start=1):
        pages.append(Page(number, start, start + len(part)))
        start += len(part)
    return DocumentText("".join(parts), tuple(pages))


_PARSERS: dict[str, Callable[[bytes], DocumentText]] = {
    ".pdf": _pdf,
    ".docx": _docx,
    ".html": _html,
    ".htm": _html,
    ".eml": _eml,
    ".md": _plain,
    ".txt": _plain,
}
