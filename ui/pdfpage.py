"""Draws a page of a PDF with a passage marked.

Drawing is as hostile ground as reading: ``python -m ui.pdfpage FILE PAGE START END`` does it in
a process of its own with limits and writes a PNG to stdout; ``ui.pageview`` starts it.
"""

import resource
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw
from PIL import Image, ImageChops, ImageDraw

from retrieval.errors import NeedsOcr
from retrieval.hidden_pdf import leave_out_hidden
from retrieval.read import read_text
from retrieval.reader import MEMORY_LIMIT

WIDTH = 1300
"""Pixels across: sharp at the width of a column, on a dense screen too."""
MOST_PIXELS = 8_000_000
MARK = (255, 231, 138)

Box = tuple[float, float, float, float]
"""Left, bottom, right, top, in points from the lower left of the page."""


def draw(file: Path, number: int, start: int, end: int) -> Image.Image:
    """Gives the page as an image; ``start`` and ``end`` are offsets in the document's text.

    Where a passage is marked, the blank margins are cut, so that it can be read in a column.
    """
    page_start = _page_start(file, number)
    with pypdfium2.PdfDocument(file) as pdf:
        page = pdf[number - 1]
        width, height = page.get_size()
        scale = min(WIDTH / width, (MOST_PIXELS / (width * height)) ** 0.5)
        bitmap = page.render(scale=scale)
        image: Image.Image = bitmap.to_pil().convert("RGB")
        to_bitmap = bitmap.get_posconv(page).to_bitmap
        marks = Image.new("RGB", image.size, "white")
        pen = ImageDraw.Draw(marks)
        for left, bottom, right, top in (
            [] if page_start is None else passage_boxes(page, start - page_start, end - page_start)
        ):
            corners = [to_bitmap(left, bottom), to_bitmap(right, top)]
            (x0, x1), (y0, y1) = (sorted(side) for side in zip(*corners, strict=True))
            pen.rounded_rectangle((x0 - 4, y0 - 4, x1 + 4, y1 + 4), radius=4, fill=MARK)
    # Multiplied, so that the ink stays as dark as it was.
    marked = ImageChops.multiply(image, marks)
    return _trimmed(marked) if end > start else marked


def _page_start(file: Path, number: int) -> int | None:
    """Where a page starts in the document's text; None where that takes OCR to tell.

    A scanned page has no words to mark, and what it adds to the text moves the pages behind it.
    """
    try:
        read = read_text(file, scan=None)
    except NeedsOcr:
        return None
    return read.pages[number - 1].start if min(read.unread, default=number + 1) > number else None


def passage_boxes(page: Any, start: int, end: int) -> list[Box]:
    """Gives the rectangles around ``text[start:end]`` of a page, one a line or a run of type.

    The text is the page's as it was read: what is hidden on it is taken off the page.
    """
    textpage = page.get_textpage()
    if leave_out_hidden(page, textpage):
        textpage = page.get_textpage()
    places = [
        pypdfium2.raw.FPDFText_GetCharIndexFromTextIndex(textpage, index)
        for index in _places(textpage.get_text_range())[max(start, 0) : max(end, 0)]
    ]
    drawn = [place for place in places if place >= 0]
    if not drawn:
        return []
    count = textpage.count_rects(drawn[0], drawn[-1] - drawn[0] + 1)
    return [textpage.get_rect(index) for index in range(count)]


def _trimmed(image: Image.Image) -> Image.Image:
    blank = Image.new("RGB", image.size, "white")
    box = ImageChops.difference(image, blank).getbbox()
    if box is None:
        return image
    left, top, right, bottom = box
    edge = image.width // 25
    return image.crop(
        (
            max(left - edge, 0),
            max(top - edge, 0),
            min(right + edge, image.width),
            min(bottom + edge, image.height),
        )
    )


def _places(raw: str) -> list[int]:
    """Where each character of the page's text, as ``retrieval.read`` makes it, stands in PDFium's.

    Reading turns a carriage return and line feed into one character, so later ones move up.
    """
    return [
        index
        for index, character in enumerate(raw)
        if not (character == "\n" and raw[index - 1 : index] == "\r")
    ]


def _main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    file, number, start, end = sys.argv[1:]
    png = BytesIO()
    draw(Path(file), int(number), int(start), int(end)).save(png, "PNG")
    sys.stdout.buffer.write(png.getvalue())


if __name__ == "__main__":
    _main()
