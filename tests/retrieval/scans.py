"""Scans made by script: words drawn as an image, alone or in a PDF."""

import io

from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

LETTER = (1275, 1650)
"""A letter page at 150 dots an inch."""


def scan(*lines: str, size: tuple[int, int] = LETTER) -> Image.Image:
    """Gives an image of a page with these lines."""
    image = Image.new("L", size, "white")
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(30)
    for number, line in enumerate(lines):
        pen.text((150, 200 + 60 * number), line, font=font, fill="black")
    return image


def image_file(kind: str, *pages: Image.Image) -> bytes:
    """Gives the images as a file: PNG, JPEG, or TIFF with a page each."""
    file = io.BytesIO()
    more = {"save_all": True, "append_images": pages[1:]} if len(pages) > 1 else {}
    pages[0].save(file, kind, dpi=(150, 150), **more)
    return file.getvalue()


def scanned_pdf(*pages: Image.Image | str, stamp: str = "", labels: str = "") -> bytes:
    """Gives a PDF: an image fills its page, a string is a page with a text layer.

    ``stamp`` is printed over each image as courts do; ``labels`` is a style of page numbers
    (``r``: roman), as the PDF itself names its pages.
    """
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(612, 792))
    if labels:
        canvas.addPageLabel(0, style={"r": "ROMAN_LOWER"}[labels])
    for page in pages:
        if isinstance(page, str):
            canvas.drawString(72, 720, page)
        else:
            canvas.drawImage(ImageReader(page), 0, 0, 612, 792)
            if stamp:
                canvas.drawString(72, 770, stamp)
        canvas.showPage()
    canvas.save()
    return file.getvalue()
