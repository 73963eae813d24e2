"""Text on a page of a PDF that nobody sees who looks at it; it is taken off the page.

Texts are suspected by what is cheap to know of each: how it is painted, its colour, its size, its
place, what is drawn above it. Size and place decide by themselves. Of the rest the page is drawn
with and without: a text is hidden where that makes no difference, so that white on a dark box,
outlined letters or a highlighter's colour are not. Pages without a suspect are not drawn.

An OCR layer is text that nobody sees, too, on the image which it reads: it stays.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from retrieval.hidden import SMALLEST
from retrieval.pdf_objects import Box, Drawn, Page, drawn, show, size, words

if TYPE_CHECKING:
    from PIL.Image import Image

LIGHT = 190
"""A text with every channel lighter than this may be lost on white, of 255."""
FAINT = 64
"""Opacity of a text up to which it may be lost, of 255."""
ALIKE = 40
"""Difference up to which a text may be lost on a shape of nearly its own colour, of 255."""
VISIBLE = 16
"""Difference from what is behind it from which a reader sees a text, of 255: light grey paper is
seen on white at about twice that."""
INK = 60
"""Contrast within a piece of an image from which there is something to be read in it, of 255."""
SCALE = 1.5
"""Pixels a point at which a page with suspects is drawn, its longer side at most ``LONGEST``."""
LONGEST = 1600
TYPED = 300
"""Characters up to which a page's visible text is a stamp on a scan."""
PAIRS = 200_000
"""Texts times shapes that are compared on a page; where there are more, each text is suspected."""

_UNPAINTED = (3, 7)
_OUTLINED = (1, 5)


def leave_out_hidden(page: Any, textpage: Any) -> int:
    """Takes the texts off a page of pypdfium2 that nobody sees; gives how many characters.

    Blanks do not count. What is read or drawn of the page afterwards is without them; ``textpage``,
    which was made of it before, is not.
    """
    found = drawn(page)
    certain, suspects, unpainted = _suspects(page, found)
    if not (certain or suspects or unpainted):
        return 0
    said = {one.order: words(one, textpage) for one in (*certain, *suspects)}
    certain, suspects = ([one for one in some if said[one.order]] for some in (certain, suspects))
    layer = _layer(page, found, [*unpainted, *suspects], textpage)
    hidden = [
        *certain,
        *(one for one in unpainted if one.order not in layer),
        *_unseen(page, [one for one in suspects if one.order not in layer], said),
    ]
    count = sum(len(words(one, textpage)) for one in hidden)
    show(hidden, False)
    return count


def _suspects(page: Any, found: Page) -> tuple[list[Drawn], list[Drawn], list[Drawn]]:
    """Texts that are surely hidden, that may be, and that are not painted, as an OCR layer is."""
    certain, suspects, unpainted, others = [], [], [], []
    left, bottom, right, top = page.get_bbox()
    for text in found.texts:
        _, _, (x0, y0, x1, y1), colour, mode, _ = text
        is_off = x1 <= left or x0 >= right or y1 <= bottom or y0 >= top
        if is_off or ((y1 - y0 < SMALLEST or x1 - x0 < SMALLEST) and size(text) < SMALLEST):
            certain.append(text)
        elif mode in _UNPAINTED:
            unpainted.append(text)
        elif not colour or mode in _OUTLINED or colour[3] <= FAINT or min(colour) >= LIGHT:
            suspects.append(text)
        else:
            others.append(text)
    # Paper that was drawn first, in a light colour, hides none of the others.
    over = [
        shape
        for shape in (*found.shapes, *found.images)
        if others
        and (shape.order > others[0].order or (shape.colour and min(shape.colour) < LIGHT + ALIKE))
    ]
    if len(others) * len(over) > PAIRS:
        return certain, suspects + others, unpainted
    if over:
        suspects += [text for text in others if any(_may_hide(one, text) for one in over)]
    return certain, suspects, unpainted


def _may_hide(shape: Drawn, text: Drawn) -> bool:
    """Whether a shape lies above a text, or under it in nearly its colour."""
    x0, y0, x1, y1 = shape.box
    left, bottom, right, top = text.box
    if not (x0 <= (left + right) / 2 <= x1 and y0 <= (bottom + top) / 2 <= y1):
        return False
    if shape.order > text.order:
        return not shape.colour or shape.colour[3] > FAINT
    if not (shape.colour and text.colour):
        return False
    differences = (abs(a - b) for a, b in zip(shape.colour[:3], text.colour, strict=False))
    return max(differences) <= ALIKE


def _layer(page: Any, found: Page, texts: list[Drawn], textpage: Any) -> set[int]:
    """Of the texts those of an OCR layer, by their order: unpainted on an image, or under it.

    On a page that is typed as well, there must be something to be read in the image.
    """
    on_image = [
        text
        for text in texts
        if any(
            _holds(image.box, text.box)
            and (text.mode in _UNPAINTED or (image.order > text.order and _is_scan(page, image)))
            for image in found.images
        )
    ]
    if not on_image:
        return set()
    layer = {text.order for text in on_image}
    typed = (text for text in found.texts if text.order not in layer)
    if _reach(TYPED, (len(words(text, textpage)) for text in typed)):
        show(found.texts, False)
        image, box_of = _picture(page)
        show(found.texts, True)
        grey = image.convert("L")
        for text in on_image:
            tones = _crop(grey, box_of(text.box)).tobytes()
            if max(tones) - min(tones) < INK:
                layer.discard(text.order)
    return layer


def _reach(most: int, counts: Iterable[int]) -> bool:
    """Whether counts come to more than so many, without counting on."""
    total = 0
    return any((total := total + count) > most for count in counts)


def _is_scan(page: Any, image: Drawn) -> bool:
    left, bottom, right, top = page.get_bbox()
    x0, y0, x1, y1 = image.box
    return bool((x1 - x0) * (y1 - y0) * 2 >= (right - left) * (top - bottom))


def _holds(outer: Box, inner: Box) -> bool:
    """Whether the middle of one box lies in the other."""
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] <= x <= outer[2] and outer[1] <= y <= outer[3]


def _unseen(page: Any, suspects: list[Drawn], said: dict[int, str]) -> list[Drawn]:
    """Those of the suspects without which the page looks as it does with them."""
    if not suspects:
        return []
    from PIL import ImageChops

    with_them, box_of = _picture(page)
    show(suspects, False)
    without, _ = _picture(page)
    show(suspects, True)
    red, green, blue = ImageChops.difference(with_them, without).split()
    difference = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    seen = difference.point([255 * (value >= VISIBLE) for value in range(256)])
    return [one for one in suspects if not _shows(seen, box_of(one.box), len(said[one.order]))]


def _shows(seen: "Image", box: tuple[int, int, int, int], characters: int) -> bool:
    """Whether so many characters show: a quarter of the ink that they have in black on white.

    A letter has ink in about half as many columns as its line is high.
    """
    piece = _crop(seen, box)
    columns, rows = map(sum, piece.getprojection())
    inked: int = max(columns, rows)
    return inked >= max(1.0, 0.1 * characters * min(piece.size))


def _crop(image: "Image", box: tuple[int, int, int, int]) -> "Image":
    """A piece of an image, as much of the box as lies on it, and at least a pixel."""
    left, top = min(max(box[0], 0), image.width - 1), min(max(box[1], 0), image.height - 1)
    right, bottom = min(max(box[2], left + 1), image.width), min(max(box[3], top + 1), image.height)
    return image.crop((left, top, right, bottom))


def _picture(page: Any) -> "tuple[Image, Callable[[Box], tuple[int, int, int, int]]]":
    """The page as a reader sees it, and what makes a box on the page one on the picture."""
    bitmap = page.render(scale=min(SCALE, LONGEST / max(1.0, *page.get_size())))
    to_bitmap = bitmap.get_posconv(page).to_bitmap

    def box_of(box: Box) -> tuple[int, int, int, int]:
        (x0, y0), (x1, y1) = to_bitmap(box[0], box[1]), to_bitmap(box[2], box[3])
        return min(x0, x1), min(y0, y1), max(x0, x1) + 1, max(y0, y1) + 1

    return bitmap.to_pil().convert("RGB"), box_of
