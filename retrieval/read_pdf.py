"""A PDF -> its text page by page: the text layer, or OCR where a page has none to speak of."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from retrieval.errors import UnreadableFile
from retrieval.hidden_pdf import leave_out_hidden
from retrieval.ocr import DPI, LONGEST_SIDE, Scan, Scanned

if TYPE_CHECKING:
    from PIL.Image import Image

PAGES_LIMIT = 20_000
"""Pages that one file may have."""
SPARSE = 300
"""Characters of a text layer up to which a page may be a scan with a court's stamp on it."""
PICTURE = 0.001
"""Share of a page that an image must cover to be one with words in it, not a mark."""

_GARBAGE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd\ue000-\uf8ff]")


@dataclass(frozen=True, slots=True)
class PageText:
    """The text of one page as it was read."""

    text: str
    label: str = ""
    confidence: float | None = None
    unread: bool = False
    """Whether it holds an image of text that was left, because there was no OCR."""
    hidden: int = 0
    """Characters on it that a reader does not see, and that were left out."""


def pdf_pages(
    raw: bytes, scan: Scan | None, page_done: Callable[[int, int], None]
) -> list[PageText]:
    """Gives the pages of a PDF, those that are images of text as ``scan`` reads them.

    Raises:
        UnreadableFile: it is damaged, under a password, or has too many pages.
    """
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
    pages = []
    with pdf:
        count = len(pdf)
        if count > PAGES_LIMIT:
            raise UnreadableFile(f"has more than {PAGES_LIMIT:,} pages; refused, split the file")
        for index in range(count):
            page = pdf[index]
            pages.append(_page_text(page, pdf.get_page_label(index), scan))
            page.close()
            page_done(index + 1, count)
    return pages


def _page_text(page: Any, label: str, scan: Scan | None) -> PageText:
    textpage = page.get_textpage()
    hidden = leave_out_hidden(page, textpage)
    if hidden:
        textpage = page.get_textpage()
    layer = _clean(textpage.get_text_range())
    garbage = _is_garbage(layer)
    if not garbage and not _may_be_scan(page, layer):
        return PageText(layer, label, hidden=hidden)
    image = _drawn(page, None if garbage else textpage)
    if image is None:
        return PageText(layer, label, hidden=hidden)
    if scan is None:
        return PageText(layer, label, unread=True, hidden=hidden)
    read = scan(image)
    if garbage:
        return PageText(read.text, label, read.confidence, hidden=hidden)
    return PageText(_joined(layer, read), label, read.confidence, hidden=hidden)


def _clean(text: str) -> str:
    # U+FFFE is PDFium's mark for a hyphen at the end of a line. U+037E is Greek's question mark,
    # which some fonts give for a semicolon: Unicode holds them for the same.
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return lines.replace("\ufffe", "-").replace("\u037e", ";")


def _is_garbage(layer: str) -> bool:
    """Whether a font gives codes for letters: private characters, controls, no letters."""
    return len(_GARBAGE.findall(layer)) * 5 > len(layer)


def _may_be_scan(page: Any, layer: str) -> bool:
    """Whether the page's words may be in an image: it has no text layer, or little and an image."""
    if not layer.strip():
        return True
    return len(layer) <= SPARSE and any(_shares(page))


def _shares(page: Any) -> list[float]:
    """The shares of the page that its images cover, those that are no mere marks."""
    import pypdfium2.raw

    width, height = page.get_size()
    shares = []
    for image in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = image.get_bounds()
        shares.append((right - left) * (top - bottom) / max(1.0, width * height))
    return [share for share in shares if share >= PICTURE]


def _drawn(page: Any, known: Any | None) -> "Image | None":
    """The page as an image, the words of a text layer (``known``) left out; None where blank."""
    from PIL import ImageDraw

    scale = min(DPI / 72, LONGEST_SIDE / max(1.0, *page.get_size()))
    bitmap = page.render(scale=scale, grayscale=True)
    image: Image = bitmap.to_pil().convert("L")
    if known is not None:
        to_bitmap = bitmap.get_posconv(page).to_bitmap
        pen = ImageDraw.Draw(image)
        for index in range(known.count_rects()):
            left, bottom, right, top = known.get_rect(index)
            corners = to_bitmap(left, bottom), to_bitmap(right, top)
            (x0, x1), (y0, y1) = (sorted(side) for side in zip(*corners, strict=True))
            pen.rectangle((x0 - 1, y0 - 1, x1 + 1, y1 + 1), fill=255)
    lightest_and_darkest = image.getextrema()
    return None if lightest_and_darkest[0] == lightest_and_darkest[1] else image


def _joined(layer: str, read: Scanned) -> str:
    """A stamp's words, which are the file's own, before those of the scan under it."""
    return "\n".join(part for part in (layer.strip("\n"), read.text) if part.strip())
