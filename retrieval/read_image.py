"""A scan as PNG, JPEG or TIFF -> the text of its pages, by OCR."""

import io
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

from retrieval.errors import NeedsOcr, UnreadableFile
from retrieval.ocr import Scan
from retrieval.read_pdf import PAGES_LIMIT, PageText

if TYPE_CHECKING:
    from PIL.Image import Image

PIXELS_LIMIT = 80_000_000
"""Pixels that a page may have: a tabloid page at 600 dots an inch has 67 million."""


def image_pages(
    raw: bytes, scan: Scan | None, page_done: Callable[[int, int], None]
) -> list[PageText]:
    """Gives the pages of an image file: a TIFF may have several.

    Raises:
        UnreadableFile: it is damaged, or one of its pages is too large.
        NeedsOcr: OCR is off.
    """
    import PIL.Image

    if scan is None:
        raise NeedsOcr("is an image, and OCR is off; ingest it with OCR")
    with warnings.catch_warnings():
        warnings.simplefilter("error", PIL.Image.DecompressionBombWarning)
        try:
            image = PIL.Image.open(io.BytesIO(raw), formats=("PNG", "JPEG", "TIFF"))
        except (PIL.Image.DecompressionBombWarning, PIL.Image.DecompressionBombError):
            raise _too_large() from None
    pages = []
    with image:
        count = getattr(image, "n_frames", 1)
        if count > PAGES_LIMIT:
            raise UnreadableFile(f"has more than {PAGES_LIMIT:,} pages; refused, split the file")
        for index in range(count):
            image.seek(index)
            if image.width * image.height > PIXELS_LIMIT:
                raise _too_large()
            read = scan(_page(image))
            pages.append(PageText(read.text, confidence=read.confidence))
            page_done(index + 1, count)
    return pages


def _too_large() -> UnreadableFile:
    return UnreadableFile(
        f"has a page of more than {PIXELS_LIMIT:,} pixels; refused, save it at 300 dots an inch"
    )


def _page(image: "Image") -> "Image":
    """The image as a camera held upright would have it, black on white."""
    import PIL.Image
    import PIL.ImageOps

    upright = PIL.ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):
        # 16 bits a pixel, of which the upper 8 are what is seen.
        return upright.convert("I").point(lambda value: value / 256).convert("L")
    if upright.has_transparency_data:
        paper = PIL.Image.new("RGBA", upright.size, "white")
        return PIL.Image.alpha_composite(paper, upright.convert("RGBA")).convert("RGB")
    return upright.convert("RGB")
