"""Text -> passages that tile it exactly.

Each passage is a span of the document's text on one page, about ``TARGET`` characters long, and
ends where a reader would stop: at a paragraph, a line, a sentence, a word. A table's row is cut
only where it is longer than a passage. Nothing is dropped or changed, so a pin cite is exact, and
the passages joined are the document.
"""

import re
from collections.abc import Iterator

from retrieval.documents import DocumentText

VERSION = "2"
"""Part of a passage's identity: another version makes other passages."""

TARGET = 500
"""Characters; a passage is at most this long."""

_BREAKS = (
    re.compile(r"\n\s*\n+"),  # a paragraph
    re.compile(r"\n+"),  # a line
    re.compile(r"(?<=[.;:?!])[\s\"”’)]*\s+"),  # a sentence or a clause
    re.compile(r"\s+"),  # a word
)

# Cells of a row: a bar between them, a tab, or blanks that line them up.
_CELLS = re.compile(r"\S(?: \| |\t|[ \xa0]{3,})\S|^[ ]*\|.*\|", re.MULTILINE)


def split(document: DocumentText, target: int = TARGET) -> list[tuple[int, int, int]]:
    """Gives the spans of the passages as (page number, start, end), in order.

    Pages are never crossed. A page without any text joins no passage of its own: its blanks
    are one passage's worth of nothing and are given all the same, so that the spans tile.
    """
    return [
        (page.number, start, end)
        for page in document.pages
        for start, end in _spans(document.text, page.start, page.end, target)
    ]


def _spans(text: str, start: int, end: int, target: int) -> Iterator[tuple[int, int]]:
    while end - start > target:
        # The last stretch is halved rather than left as a stub.
        limit = start + (
            target if end - start >= 1.5 * target else (end - start) // 2 + target // 8
        )
        cut = _cut(text, start, min(limit, end))
        yield start, cut
        start = cut
    if end > start:
        yield start, end


def _cut(text: str, start: int, limit: int) -> int:
    """The best place to end a passage that began at ``start``: the strongest break, the latest."""
    earliest = start + (limit - start) // 2
    for kind in _BREAKS:
        ends = [match.end() for match in kind.finditer(text, earliest, limit)]
        # A break that runs up to the limit may go on behind it.
        inside = [cut for cut in ends if earliest < cut <= limit]
        if inside:
            return inside[-1] if kind in _BREAKS[:2] else _before_row(text, start, inside[-1])
    return _before_row(text, start, limit)


def _before_row(text: str, start: int, cut: int) -> int:
    """Where the row begins that is cut at ``cut``; the cut itself, if none is or it is too long."""
    begin = text.rfind("\n", start, cut) + 1
    if begin <= start or begin == cut:
        return cut
    end = text.find("\n", cut, begin + TARGET)
    row = text[begin : end if end >= 0 else begin + TARGET]
    return begin if end >= 0 and _CELLS.search(row) else cut
