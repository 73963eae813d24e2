"""Lines found on a page -> text in the order in which a person reads them.

Recursive cuts through blank space (Nagy and Seth, "Hierarchical representation of optically
scanned documents", 1984): a page is cut between its columns, else between its blocks. Columns
are columns of prose, or the line numbers of pleading paper; the columns of a table or a caption
are kept side by side, because their rows belong together.
"""

import itertools
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """A line of words where it stands on the page, in pixels from the upper left corner."""

    left: float
    top: float
    right: float
    bottom: float
    text: str
    score: float
    """How sure the reading is, in [0, 1]."""


def in_reading_order(lines: Sequence[Line]) -> str:
    """Gives the text: what stands on one height a line, a blank line between paragraphs.

    Lines that run up or down a margin come last.
    """
    upright = [line for line in lines if not is_standing(line)]
    standing = [line for line in lines if is_standing(line)]
    rows = [*_rows_in_order(upright), *([line] for line in standing)]
    return "\n".join(_with_breaks(rows))


def _with_breaks(rows: list[list[Line]]) -> Iterator[str]:
    """The rows, with a blank line where more room is left between two than between most."""
    gaps = [two[0].top - one[0].bottom for one, two in itertools.pairwise(rows)]
    most = statistics.median(gaps) if gaps else 0.0
    for row, gap in zip(rows, [0.0, *gaps], strict=False):
        if gap > max(most, 0.0) + 0.6 * _height(row):
            yield ""
        yield " ".join(line.text for line in row)


def is_standing(line: Line) -> bool:
    """Whether a line of several characters runs up or down the page."""
    return len(line.text) > 3 and line.bottom - line.top > 1.5 * (line.right - line.left)


def _rows_in_order(lines: Sequence[Line]) -> Iterator[list[Line]]:
    waiting = [list(lines)]
    while waiting:
        region = waiting.pop()
        parts = _columns(region)
        if len(parts) == 1:
            parts = _blocks(region)
        if len(parts) == 1:
            yield from _rows(region)
        else:
            waiting += reversed(parts)


def _columns(lines: Sequence[Line]) -> list[list[Line]]:
    """The lines cut where a blank strip runs down between two columns, or all of them."""
    for cut in _gaps([(line.left, line.right) for line in lines], _height(lines) / 2):
        sides = (
            [line for line in lines if line.right <= cut],
            [line for line in lines if line.left >= cut],
        )
        if _are_numbers(sides[0]) or all(_is_prose(side) for side in sides):
            return list(sides)
    return [list(lines)]


def _blocks(lines: Sequence[Line]) -> list[list[Line]]:
    """The lines cut at the tallest of the blank strips across that are taller than half a line."""
    gaps = _gaps([(line.top, line.bottom) for line in lines], _height(lines) / 2)
    if not gaps:
        return [list(lines)]
    return [
        [line for line in lines if line.bottom <= gaps[0]],
        [line for line in lines if line.top >= gaps[0]],
    ]


def _gaps(spans: Sequence[tuple[float, float]], least: float) -> list[float]:
    """The middles of the gaps of at least that width that no span reaches into, widest first."""
    gaps = []
    reach = min((end for _, end in spans), default=0.0)
    for start, end in sorted(spans):
        if start - reach >= least:
            gaps.append((start - reach, (start + reach) / 2))
        reach = max(reach, end)
    return [middle for _, middle in sorted(gaps, reverse=True)]


def _rows(lines: Sequence[Line]) -> list[list[Line]]:
    """The lines by rows: what overlaps half its height with the row's first stands in it."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.top + line.bottom):
        first = rows[-1][0] if rows else None
        if first is not None and _overlap(first, line) >= 0.5:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: line.left) for row in rows]


def _overlap(one: Line, two: Line) -> float:
    shared = min(one.bottom, two.bottom) - max(one.top, two.top)
    return shared / max(1.0, min(one.bottom - one.top, two.bottom - two.top))


def _height(lines: Sequence[Line]) -> float:
    return statistics.median(line.bottom - line.top for line in lines) if lines else 0.0


def _is_prose(lines: Sequence[Line]) -> bool:
    """Whether most lines reach across the column, and there are enough to tell."""
    if len(lines) < 5:
        return False
    width = max(line.right for line in lines) - min(line.left for line in lines)
    full = sum(line.right - line.left >= 0.8 * width for line in lines)
    return full * 2 > len(lines) and statistics.median(len(line.text) for line in lines) >= 20


def _are_numbers(lines: Sequence[Line]) -> bool:
    """Whether they are the numbers that pleading paper has beside its lines."""
    numbers = [int(line.text) for line in _by_height(lines) if line.text.strip().isdecimal()]
    rising = all(one < two for one, two in itertools.pairwise(numbers))
    return len(numbers) >= 10 and len(numbers) >= 0.8 * len(lines) and rising


def _by_height(lines: Sequence[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: line.top)
