"""What a page of a PDF draws, in order: its texts, images and filled shapes, with their places.

PDFium is asked once an object, not once a character: a page of 3,000 characters has some 60 objects
(https://pdfium.googlesource.com/pdfium/+/main/public/fpdf_edit.h). All pages are looked through, so
its functions are called by plain addresses here, which takes a third of the time.
"""

import ctypes
import functools
import math
from ctypes import c_int, c_void_p
from typing import Any, NamedTuple

DEPTH = 6
"""Forms within forms that are looked into."""
THIN = 3.0
"""Points: a shape that is narrower is a rule or an underline, and covers no words."""

Box = tuple[float, float, float, float] | list[float]
"""Left, bottom, right, top, in points of the page."""
Matrix = tuple[float, float, float, float, float, float]
"""A transformation as PDF writes it: ``a b c d e f``."""


class Drawn(NamedTuple):
    """A text, an image or a filled shape on a page."""

    handle: int
    """PDFium's."""
    order: int
    """When it is drawn: what comes later lies above."""
    box: Box
    colour: list[int]
    """What it is filled with: red, green, blue and opacity, in [0, 255].

    Empty for an image, and where it is no plain colour.
    """
    mode: int = 0
    """Of a text: how it is painted (ISO 32000-1, 9.3.6)."""
    matrix: Matrix | None = None
    """Of the form that it stands in."""


class Page(NamedTuple):
    """What a page draws."""

    texts: list[Drawn]
    images: list[Drawn]
    shapes: list[Drawn]


def drawn(page: Any) -> Page:
    """Gives what a page of pypdfium2 draws, the contents of its forms too."""
    from pypdfium2 import raw

    collector = _Collector()
    objects = raw.FPDFPage_CountObjects(page.raw)
    collector.collect(_address(page.raw), _call("FPDFPage_GetObject"), objects, None, 0)
    _annotations(page, collector.found)
    return collector.found


def size(text: Drawn) -> float:
    """Gives the size in points of the letters of a text, the smaller of height and width."""
    from pypdfium2 import raw

    points = ctypes.c_float()
    raw.FPDFTextObj_GetFontSize(_pointer(text.handle), points)
    a, b, c, d, *_ = _times(_matrix(text.handle), text.matrix)
    return points.value * min(math.hypot(a, b), math.hypot(c, d))


def words(text: Drawn, textpage: Any) -> str:
    """Gives the characters of a text, without the blanks."""
    from pypdfium2 import raw

    handle = _pointer(text.handle)
    length = raw.FPDFTextObj_GetText(handle, textpage.raw, None, 0)
    buffer = ctypes.create_string_buffer(length)
    letters = ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR))
    raw.FPDFTextObj_GetText(handle, textpage.raw, letters, length)
    return "".join(buffer.raw.decode("utf-16-le", errors="replace").rstrip("\0").split())


def show(texts: list[Drawn], seen: bool) -> None:
    """Takes texts off their page, or puts them back: for drawing it and for reading it."""
    from pypdfium2 import raw

    for text in texts:
        raw.FPDFPageObj_SetIsActive(_pointer(text.handle), seen)


def _pointer(handle: int) -> Any:
    from pypdfium2 import raw

    return ctypes.cast(handle, raw.FPDF_PAGEOBJECT)


class _Collector:
    """Goes through the objects of a page. PDFium writes its answers into numbers kept here."""

    def __init__(self) -> None:
        self.found = Page([], [], [])
        self._order = 0
        self._sides, self._channels = (ctypes.c_float * 4)(), (ctypes.c_uint * 4)()
        self._to_sides, self._to_channels = _places(self._sides), _places(self._channels)
        self._bounds = _call("FPDFPageObj_GetBounds")
        self._fill = _call("FPDFPageObj_GetFillColor")

    def collect(
        self, holder: int, get: Any, objects: int, matrix: Matrix | None, depth: int
    ) -> None:
        """Adds so many objects of a page or a form."""
        bounds, fill, mode_of = self._bounds, self._fill, _call("FPDFTextObj_GetTextRenderMode")
        sides, channels, add = self._sides, self._channels, self.found.texts.append
        to_sides, to_channels = self._to_sides, self._to_channels
        for index in range(objects):
            handle = get(holder, index)
            self._order += 1
            mode = mode_of(handle)
            if mode >= 0:  # else it is no text
                bounds(handle, *to_sides)
                box = sides[:] if matrix is None else _moved(sides[:], matrix)
                colour = channels[:] if fill(handle, *to_channels) else []
                add(Drawn(handle, self._order, box, colour, mode, matrix))
            else:
                self._collect_other(handle, matrix, depth)

    def _collect_other(self, handle: int, matrix: Matrix | None, depth: int) -> None:
        kind = _call("FPDFPageObj_GetType")(handle)
        if kind == _FORM:
            if depth < DEPTH:
                objects = _call("FPDFFormObj_CountObjects")(handle)
                inner: Matrix | None = _times(_matrix(handle), matrix)
                inner = None if inner == (1, 0, 0, 1, 0, 0) else inner
                self.collect(handle, _call("FPDFFormObj_GetObject"), objects, inner, depth + 1)
            return
        self._bounds(handle, *self._to_sides)
        box = self._sides[:] if matrix is None else _moved(self._sides[:], matrix)
        if kind == _IMAGE:
            self.found.images.append(Drawn(handle, self._order, box, []))
        elif min(box[2] - box[0], box[3] - box[1]) >= THIN and _is_filled(handle, kind):
            plain = self._fill(handle, *self._to_channels)
            colour = self._channels[:] if plain else []
            self.found.shapes.append(Drawn(handle, self._order, box, colour))


_IMAGE, _SHADING, _FORM = 3, 4, 5
"""Kinds of objects, as PDFium numbers them."""
_ADDRESS_AND_INDEX = (c_void_p, c_int)
_ADDRESSES = (c_void_p,) * 5


@functools.cache
def _call(name: str) -> Any:
    """A function of PDFium's that is given an address, and an index or where to write."""
    import pypdfium2.raw

    function = getattr(pypdfium2.raw, name)
    gets = name.endswith("GetObject")
    kinds = (_ADDRESS_AND_INDEX if gets else _ADDRESSES)[: len(function.argtypes)]
    return ctypes.PYFUNCTYPE(c_void_p if gets else c_int, *kinds)(_address(function))


def _address(pointer: Any) -> int:
    return ctypes.cast(pointer, c_void_p).value or 0


def _places(array: Any) -> tuple[int, ...]:
    """The addresses of an array's four numbers."""
    start = ctypes.addressof(array)
    return tuple(start + 4 * index for index in range(4))


def _annotations(page: Any, found: Page) -> None:
    """Notes that a reader's program draws above the page, as boxes that may hide words."""
    from pypdfium2 import raw

    rectangle = raw.FS_RECTF()
    for index in range(raw.FPDFPage_GetAnnotCount(page.raw)):
        note = raw.FPDFPage_GetAnnot(page.raw, index)
        opaque = raw.FPDFAnnot_GetSubtype(note) in (
            *(raw.FPDF_ANNOT_SQUARE, raw.FPDF_ANNOT_STAMP, raw.FPDF_ANNOT_FREETEXT),
            *(raw.FPDF_ANNOT_POLYGON, raw.FPDF_ANNOT_INK, raw.FPDF_ANNOT_REDACT),
        )
        if opaque and raw.FPDFAnnot_GetRect(note, rectangle):
            box = (rectangle.left, rectangle.bottom, rectangle.right, rectangle.top)
            found.shapes.append(Drawn(0, 1 << 40, box, []))
        raw.FPDFPage_CloseAnnot(note)


def _is_filled(handle: int, kind: int) -> bool:
    from pypdfium2 import raw

    if kind == _SHADING:
        return True
    fill, stroke = c_int(), c_int()
    return bool(raw.FPDFPath_GetDrawMode(_pointer(handle), fill, stroke)) and fill.value != 0


def _matrix(handle: int) -> Matrix:
    from pypdfium2 import raw

    own = raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(_pointer(handle), own)
    return own.a, own.b, own.c, own.d, own.e, own.f


def _times(inner: Matrix, outer: Matrix | None) -> Matrix:
    """The inner transformation, then the outer one."""
    if outer is None:
        return inner
    a, b, c, d, e, f = inner
    k, m, n, o, p, q = outer
    return (
        *(a * k + b * n, a * m + b * o, c * k + d * n, c * m + d * o),
        *(e * k + f * n + p, e * m + f * o + q),
    )


def _moved(box: Box, matrix: Matrix) -> Box:
    a, b, c, d, e, f = matrix
    if b == c == 0 < a and d > 0:  # nearly always
        return a * box[0] + e, d * box[1] + f, a * box[2] + e, d * box[3] + f
    across, along = zip(
        *((a * x + c * y + e, b * x + d * y + f) for x in box[::2] for y in box[1::2]),
        strict=True,
    )
    return min(across), min(along), max(across), max(along)
