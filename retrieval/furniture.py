"""The furniture of a document's pages: running headers, footers, page numbers.

They are said on every page and belong to none of its sentences, so they are kept out of the
vectors; the text and its spans stay as they are. A page is peeled from its edges inwards, and
the first line that is not furniture ends the peeling: what stands in the body is never taken.

A text file has no pages of its own: form feeds, or lone numbers that count up, stand for them.
"""

import itertools
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from retrieval.documents import DocumentText
from retrieval.roman import roman

EDGE = 5
"""Lines at the top and at the bottom of a page among which furniture is looked for."""

COLUMN = 30
"""Line numbers that pleading paper has at most."""

_LINE = re.compile(r"[^\n\f]+")
_NUMBER = re.compile(
    r"[-–—\s\[(]*(?:page|pg\.?|p\.)?[-–—\s]*(?:(?P<prefix>[A-Z]{1,2}-)?(?P<digits>\d{1,4})"
    r"|(?P<roman>[ivxlc]{1,7}|[IVXLC]{1,7}))(?:\s*(?:of|/)\s*\d{1,4})?[-–—\s.\])]*",
    re.IGNORECASE,
)
_LONE_NUMBER = re.compile(r"^[^\w\n]{0,20}(?:page )?(\d{1,4})[^\w\n]{0,20}\n", re.I | re.M)
# A signature block repeats from page to page, and each line of it is somebody's.
_SIGNATURE = re.compile(
    r"(?:by|name|title|its|date|dated|address|attest)\s*:|/s/|_{5,}"
    r"|for and on behalf",
    re.IGNORECASE,
)
# Numbered parts of the document: the digits are what tells one heading from the next.
_PART = re.compile(r"(?:schedule|exhibit|annex|appendix|attachment|article|section|part)\b", re.I)


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int  # behind the line break
    key: str  # what is the same on every page
    number: tuple[str, int] | None  # kind and value, where the line is a page number alone


def furniture(document: DocumentText) -> list[tuple[int, int]]:
    """Gives the spans of repeated headers and footers and page-number lines, in order.

    A line counts as repeated when it stands near the same edge of at least three pages (two for
    one that says "page" or "case" with a number) and of two pages in five between its first and
    its last. Lines are the same when they differ in digits and blanks alone. A page number must
    count with the pages, on at least three of them (two in a document of two or three pages).
    """
    pages = [_lines(document.text, start, end) for start, end in _pages(document)]
    if len(pages) < 2:
        return []
    columns = [_column(page) for page in pages]
    bodies = [page[skip:] for page, skip in zip(pages, columns, strict=True)]
    found = [line for page, skip in zip(pages, columns, strict=True) for line in page[:skip]]
    for edge in ([page[:EDGE] for page in bodies], [page[::-1][:EDGE] for page in bodies]):
        keys, offsets = _repeated(edge), _counting(edge)
        for index, lines in enumerate(edge):
            for line in lines:
                counts = line.number and (line.number[0], line.number[1] - index) in offsets
                if not counts and line.key not in keys:
                    break
                found.append(line)
    return _merged((line.start, line.end) for line in found)


def without(text: str, start: int, end: int, spans: Sequence[tuple[int, int]]) -> str:
    """Gives ``text[start:end]`` with what lies in ``spans`` (as ``furniture`` gives) cut out."""
    parts = []
    at = start
    first = max(0, bisect_right(spans, (start, start)) - 1)
    for cut_start, cut_end in spans[first:]:
        if cut_start >= end:
            break
        if cut_end > at:
            parts.append(text[at : max(at, cut_start)])
            at = min(cut_end, end)
    parts.append(text[at:end])
    return "".join(parts)


def _pages(document: DocumentText) -> list[tuple[int, int]]:
    text = document.text
    if len(document.pages) > 1:
        return [(page.start, page.end) for page in document.pages]
    cuts = [match.end() for match in re.finditer("\f", text)] or _number_chain(text)
    bounds = [0, *cuts, len(text)]
    return [(a, b) for a, b in itertools.pairwise(bounds) if text[a:b].strip()]


def _number_chain(text: str) -> list[int]:
    """Where lone numbers end that count up by one, a page's worth of text apart."""
    chains: list[list[tuple[int, int]]] = []
    for match in _LONE_NUMBER.finditer(text):
        value, end = int(match[1]), match.end()
        for chain in chains:
            if chain[-1][0] + 1 == value and 800 <= match.start() - chain[-1][1] <= 12_000:
                chain.append((value, end))
                break
        else:
            if value <= 3 and len(chains) < 50:
                chains.append([(value, end)])
    best = max(chains, key=len, default=[])
    return [end for _, end in best] if len(best) >= 3 else []


def _lines(text: str, start: int, end: int) -> list[_Line]:
    """The lines at the edges of a page; a column of line numbers may stand above the top ones."""
    spans = [match.span() for match in _LINE.finditer(text, start, end) if not match[0].isspace()]
    if spans:
        top = EDGE + (COLUMN if text[slice(*spans[0])].strip() == "1" else 0)
        if len(spans) > top + EDGE:
            spans = spans[:top] + spans[-EDGE:]
    lines = []
    for begin, stop in spans:
        words = " ".join(text[begin:stop].split())
        behind = stop + 1 if stop < end and text[stop] in "\n\f" else stop
        key = words.lower() if _PART.match(words) else re.sub(r"\d+", "#", words.lower())
        lines.append(_Line(begin, behind, key, _number(words)))
    return lines


def _number(words: str) -> tuple[str, int] | None:
    match = _NUMBER.fullmatch(words) if len(words) <= 24 else None
    if match is None:
        return None
    if match["digits"]:
        return f"{match['prefix'] or ''}digits", int(match["digits"])
    return "roman", roman(match["roman"])


def _column(page: list[_Line]) -> int:
    """How many lines at the top of a page are the line numbers of pleading paper: 1 to 20-odd."""
    count = 0
    while count < len(page) and page[count].number == ("digits", count + 1):
        count += 1
    return count if count >= 20 else 0


def _repeated(edge: list[list[_Line]]) -> set[str]:
    seen: dict[str, list[int]] = defaultdict(list)
    for index, lines in enumerate(edge):
        for key in {line.key for line in lines}:
            seen[key].append(index)
    return {key for key, at in seen.items() if _is_running(key, at)}


def _is_running(key: str, at: list[int]) -> bool:
    if len(key) > 200 or not re.search(r"[^\W\d_]{2}", key) or _SIGNATURE.match(key):
        return False
    numbered = "#" in key and re.search(r"\b(?:page|case|docket)\b", key) is not None
    dense = len(at) / (at[-1] - at[0] + 1) >= 0.4
    return dense and len(at) >= (2 if numbered else 3)


def _counting(edge: list[list[_Line]]) -> set[tuple[str, int]]:
    """The differences between a page's printed number and its place that hold on many pages."""
    seen: dict[tuple[str, int], set[int]] = defaultdict(set)
    for index, lines in enumerate(edge):
        for line in lines:
            if line.number is not None:
                seen[(line.number[0], line.number[1] - index)].add(index)
    enough = 3 if len(edge) > 3 else 2
    return {offset for offset, at in seen.items() if len(at) >= enough}


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    return list(_merge(sorted(set(spans))))


def _merge(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    current: tuple[int, int] | None = None
    for start, end in spans:
        if current is not None and start <= current[1]:
            current = (current[0], max(end, current[1]))
        else:
            if current is not None:
                yield current
            current = (start, end)
    if current is not None:
        yield current
