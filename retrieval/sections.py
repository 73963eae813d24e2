"""A document's text -> its sections, each with its path: ``ARTICLE IV > 4.2 > (b)``.

The marks found by ``headings`` become sections where they count on: 4.2 comes after 4.1, (b) after
(a). A wrong path is worse than none, so what does not count on is passed over, and where it is
not clear how far a section reaches, the path in force is that of what holds it.
"""

import itertools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retrieval.citing import SEPARATOR
from retrieval.documents import DocumentText
from retrieval.furniture import furniture
from retrieval.headings import ends, marks
from retrieval.lists import listed
from retrieval.marks import Level, Mark, Opened
from retrieval.outline import BEFORE, NUMBERS, UNNUMBERED, Frame, frame_of

HEADED = 2_000
"""Characters for which a heading without a number is trusted to be in force."""
LAST = 2_000
"""Characters for which the last number of all is, at least."""


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of the text, ``text[start:end]``, in which one path is in force."""

    start: int
    end: int
    levels: tuple[Level, ...]

    @property
    def path(self) -> str:
        """The marks from the outside in: ``ARTICLE IV > 4.2 > (b)``; 4.2 says that it is in 4."""
        shown = [level.mark for level in self.levels]
        return SEPARATOR.join(
            mark
            for mark, inner in zip(shown, [*shown[1:], ""], strict=True)
            if not _digits(inner).startswith(_digits(mark).removesuffix(".0") + ".")
        )

    @property
    def heading(self) -> str:
        """The path with the titles: ``ARTICLE IV RENT > 4.2 Late Charges > (b)``."""
        return SEPARATOR.join(f"{level.mark} {level.title}".strip() for level in self.levels)


def _start(mark: Mark) -> int:
    return mark.start


def _digits(mark: str) -> str:
    """The number of ``4.2`` and ``Section 4.2``; of another mark, the mark itself."""
    return re.sub(r"^(?:section|sec\.|clause|§)\s*", "", mark, flags=re.IGNORECASE)


def sections(document: DocumentText) -> tuple[Section, ...]:
    """Gives the sections in order; they do not overlap, and text under no heading is in none."""
    text = document.text
    found, paragraphs = marks(text, furniture(document))
    scopes = _scopes(text, found)
    opened: list[tuple[int, tuple[Level, ...]]] = []
    for start, end, base, numbered in scopes:
        here = found[bisect_left(found, start, key=_start) : bisect_left(found, end, key=_start)]
        inside = [mark for mark in here if mark.style != "part"]
        opened.append((start, base))
        if numbered:
            opened += _opened(text, inside, paragraphs, base, end)
    bounds = [*(at for at, _ in opened[1:]), len(text)]
    return tuple(
        Section(at, bound, levels)
        for (at, levels), bound in zip(opened, bounds, strict=True)
        if levels and bound > at
    )


def section_at(found: Sequence[Section], offset: int) -> Section | None:
    """Gives the section in force at an offset, or None."""
    index = bisect_right(found, offset, key=lambda section: section.start) - 1
    return found[index] if index >= 0 and offset < found[index].end else None


Scope = tuple[int, int, tuple[Level, ...], bool]


def _scopes(text: str, found: Sequence[Mark]) -> list[Scope]:
    """The instrument itself, what follows its signatures, and each schedule or exhibit.

    What follows the signatures without a title of its own is not numbered as the instrument is.
    """
    cuts: list[tuple[int, tuple[Level, ...], bool]] = [(0, (), True)]
    cuts += [
        (mark.start, (Level(mark.shown, mark.title),) if named else (), named)
        for mark, named in _parts(text, found)
    ]
    cuts += [(at, (), False) for at in ends(text)]
    cuts.sort(key=lambda cut: cut[0])
    scopes: list[Scope] = []
    for index, (start, base, numbered) in enumerate(cuts):
        end = cuts[index + 1][0] if index + 1 < len(cuts) else len(text)
        same = (
            scopes
            and base
            and scopes[-1][2]
            and scopes[-1][2][0].mark.lower() == base[0].mark.lower()
        )
        if same:
            scopes[-1] = (scopes[-1][0], end, scopes[-1][2], True)
        else:
            scopes.append((start, end, base, numbered))
    return scopes


def _parts(text: str, found: Sequence[Mark]) -> Iterator[tuple[Mark, bool]]:
    """The schedules and exhibits, and whether the name of each may stand in a path."""
    parts = [mark for mark in found if mark.style == "part"]
    # "Exhibit 10.26" at the top says where the whole document was filed, on every page.
    filed = {mark.shown.lower() for mark in parts if mark.start < 400}
    # What stands before the first number of all is a list of what is attached.
    first = next((mark.start for mark in found if mark.style in {"article", *NUMBERS}), 0)
    parts = [mark for mark in parts if mark.shown.lower() not in filed and mark.start > first]
    close = [0, *(b.start - a.start < 200 for a, b in itertools.pairwise(parts)), 0]
    for index, mark in enumerate(parts):
        # Three in close succession are a list of them.
        if any(
            all(close[at : at + 2]) and len(close[at : at + 2]) == 2
            for at in range(max(0, index - 1), index + 2)
        ):
            if mark.start > len(text) // 4:
                yield mark, False
        else:
            yield mark, True


def _opened(
    text: str, found: Sequence[Mark], paragraphs: Sequence[int], base: tuple[Level, ...], end: int
) -> Iterator[Opened]:
    """Where each path of one scope comes into force, in order."""
    frame = frame_of(found)
    if not frame.events:
        # (b) of the whole instrument would say too little; of a schedule it is enough.
        if found and base:
            yield from listed(text, found, paragraphs, base, found[0].start, end)
        return
    after = {id(a): b for a, b in itertools.pairwise(frame.numbers)}
    bounds = [*(mark.start for mark in frame.events[1:]), end]
    starts = [mark.start for mark in found]
    paths = _paths(frame, base)
    for mark, bound, (levels, known) in zip(frame.events, bounds, paths, strict=True):
        yield mark.start, levels
        following = after.get(id(mark))
        if following is not None and not _counts_on(mark.number, following.number):
            # What is missing starts somewhere between the two.
            yield _line_end(text, mark.end, bound), known
            continue
        stop = min(bound, mark.start + _trusted(frame, mark, end))
        if following is None and mark.style in NUMBERS:
            stop = _before_next(text, mark, stop)
        own = found[bisect_right(starts, mark.start) : bisect_left(starts, stop)]
        strays = [one.start for one in own if one.style in NUMBERS]
        if mark.style not in NUMBERS and frame.numbers:
            # A number that does not count on ends a heading; an item in an article is in a
            # section whose mark was not found.
            stop = min([stop, *strays])
            own = [] if frame.agree else own
        inner = list(listed(text, own, paragraphs, levels, mark.end, stop))
        placed = {at for at, _ in inner}
        stray = next((at for at in strays if at not in placed and at < stop), None)
        if stray is None or mark.style not in NUMBERS:
            yield from (one for one in inner if one[0] < stop)
        elif following is not None:
            # A number out of its order, as of a section that an amendment quotes.
            own = [one for one in own if one.start < stray]
            yield from listed(text, own, paragraphs, levels, mark.end, stray)
            yield stray, levels
        else:
            yield _line_end(text, mark.end, bound), base
            continue
        if stop < bound:
            yield stop, base


def _line_end(text: str, start: int, end: int) -> int:
    line = text.find("\n", start, end)
    return line if line >= 0 else end


def _before_next(text: str, mark: Mark, stop: int) -> int:
    """Where the number after the last one stands within a line all the same, or ``stop``."""
    head, last = ".".join(map(str, mark.number[:-1])), mark.number[-1] + 1
    number = rf"{re.escape(head + '.') if head else ''}{last}"
    following = re.search(rf"(?<=\s){number}(?:\.1)?\.?\s+[A-Z]", text[mark.end : stop])
    return mark.end + following.start() if following else stop


def _paths(
    frame: Frame, base: tuple[Level, ...]
) -> Iterator[tuple[tuple[Level, ...], tuple[Level, ...]]]:
    """The path of each event, and what of it holds up to the next number if one is missing."""
    upper: tuple[Level, ...] = ()
    article: tuple[int, ...] = ()
    numbered: dict[tuple[int, ...], Level] = {}
    after = {id(a): b.number for a, b in itertools.pairwise(frame.numbers)}
    for mark in frame.events:
        level = Level(mark.shown, mark.title)
        if mark.style not in NUMBERS:
            upper, article = _upper(upper, mark), mark.number
            numbered = {} if frame.restarts else numbered
            yield (*base, *upper), base
            continue
        if upper and BEFORE.match(upper[0].mark):
            upper = ()
        numbered[mark.number] = level
        outer = (*base, *(() if frame.agree and mark.number[:1] != article[:1] else upper))
        held = _prefixes(mark.number)
        shared = [key for key in held if key in _prefixes(after.get(id(mark), ()))]
        known = (*outer, *(numbered[key] for key in shared if key in numbered))
        yield (
            (*outer, *(numbered[key] for key in held if key in numbered), level),
            known if shared or not frame.agree else base,
        )


def _prefixes(number: tuple[int, ...]) -> list[tuple[int, ...]]:
    return [number[:depth] for depth in range(1, len(number))]


def _counts_on(number: tuple[int, ...], after: tuple[int, ...]) -> bool:
    """Whether nothing can lie between the two: 4.2 and 4.3, 4.2.1, 5 or 5.1."""
    ups = [(*number[:depth], number[depth] + 1) for depth in range(len(number))]
    return after in {
        (*one, *more)
        for one in [*ups, number]
        for more in ((), (0,), (1,))
        if one != number or more
    }


def _trusted(frame: Frame, mark: Mark, end: int) -> int:
    """Characters behind a mark for which its path is trusted, where nothing ends it."""
    if mark.style in UNNUMBERED:
        return HEADED
    if frame.numbers and mark is frame.numbers[-1]:
        starts = [one.start for one in frame.numbers]
        longest = max((b - a for a, b in itertools.pairwise(starts)), default=0)
        return max(LAST, 2 * longest)
    return end


def _upper(before: tuple[Level, ...], mark: Mark) -> tuple[Level, ...]:
    level = Level(mark.shown, mark.title)
    if mark.style == "#":
        depth = mark.number[0]
        return (*(one for one in before if one.depth < depth), Level(mark.shown, depth=depth))
    if mark.style == "heading" and before and before[0].mark.isupper():
        return (before[0], level)
    return (level,) if mark.shown else ()
