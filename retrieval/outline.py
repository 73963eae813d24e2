"""The frame of a document: which of the marks are its articles, headings and numbered sections.

Numbers are taken where they make the longest run that counts on: 1, 1.1, 1.2, 2. A reference at
the start of a line, a year or a number that an amendment quotes is out of that order.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retrieval.marks import Mark

NUMBERS = {"decimal", "section"}
UNNUMBERED = {"HEADING", "heading"}
_COUNTS = re.compile(
    r"(?i)(?:count|claim) (?:[ivx]+|\d+|one|two|three|four|five|six)\b|prayer for relief"
    r"|(?:first|second|third|fourth|fifth|sixth|seventh|eighth) (?:cause of action|claim)"
    r"|(?:the )?parties$|jurisdiction|factual (?:allegations|background)|nature of the action"
)
BEFORE = re.compile(r"(?i)recitals?$|background$|preamble$|w ?i ?t ?n ?e ?s ?s ?e ?t ?h")


@dataclass(frozen=True, slots=True)
class Frame:
    """What holds the lists of a scope: its articles or headings, and its numbers."""

    events: list[Mark]
    """Both, in order."""
    numbers: list[Mark]
    restarts: bool
    """Whether the numbers start again at 1 in each article."""
    agree: bool
    """Whether the numbers say which article they are in: 4.2 in ARTICLE IV."""


def frame_of(found: Sequence[Mark]) -> Frame:
    """Gives the frame that the candidates of one scope make, by their numbers."""
    articles = chain([mark for mark in found if mark.style == "article"])
    romans = chain([_as(mark, "I.") for mark in found if _has(mark, "I.") and mark.title])
    uppers = articles if len(articles) > 1 else romans if len(romans) > 1 else _sharps(found)
    named = [mark for mark in found if mark.style == "section"]
    numbered = [mark for mark in found if mark.style == "decimal"]
    deep = [mark for mark in numbered if len(mark.number) > 1]
    candidates = named + deep if len(chain(named)) >= 3 else numbered
    candidates.sort(key=lambda mark: mark.start)
    restarting = _restarting(candidates, uppers)
    numbers = restarting or chain(candidates)
    numbers = numbers if len(numbers) > 1 else []
    uppers = uppers or _headings(found, numbers)
    events = sorted([*uppers, *numbers], key=lambda mark: mark.start)
    return Frame(events, numbers, bool(restarting), _agree(events))


def _sharps(found: Sequence[Mark]) -> list[Mark]:
    """The Markdown headings, without the one that is the title of the whole."""
    sharps = [mark for mark in found if mark.style == "#"]
    tops = [mark for mark in sharps if mark.number == (1,)]
    return sharps[1:] if len(tops) == 1 and sharps[0] is tops[0] else sharps


def _headings(found: Sequence[Mark], numbers: Sequence[Mark]) -> list[Mark]:
    """The headings without a number that hold what follows them."""
    named = [
        mark for mark in found if mark.style in {"HEADING", "heading", "?"} and mark.start > 200
    ]
    if not numbers:
        return named if sum(mark.style != "?" for mark in named) > 1 else []
    capital = [mark for mark in named if mark.style == "HEADING"]
    first, last = numbers[0].start, numbers[-1].start
    return [
        mark
        for mark in capital
        if (mark.start < first and BEFORE.match(mark.shown))
        or mark.start > last
        or _COUNTS.match(mark.shown)
    ]


def _restarting(candidates: Sequence[Mark], uppers: Sequence[Mark]) -> list[Mark]:
    """The numbers of each article, where they start again at 1 in each; else none."""
    bounds = [mark.start for mark in uppers]
    shares: dict[int, list[Mark]] = {}
    for mark in candidates:
        shares.setdefault(bisect_right(bounds, mark.start), []).append(mark)
    starting = [key for key, share in shares.items() if key and share[0].number == (1,)]
    if len(starting) < 2:
        return []
    return [mark for _, share in sorted(shares.items()) for mark in chain(share)]


def _agree(events: Sequence[Mark]) -> bool:
    """Whether the numbers say which article they are in: 4.2 in ARTICLE IV."""
    article: tuple[int, ...] = ()
    right = wrong = 0
    for mark in events:
        if mark.style == "article":
            article = mark.number
        elif len(mark.number) > 1 and article:
            right += mark.number[:1] == article
            wrong += mark.number[:1] != article
    return right > 3 * wrong and right > 0


def _has(mark: Mark, style: str) -> bool:
    return any(reading[0] == style for reading in mark.readings)


def _as(mark: Mark, style: str) -> Mark:
    chosen = tuple(reading for reading in mark.readings if reading[0] == style)
    return Mark(mark.start, mark.end, mark.shown, chosen, mark.title)


def chain(candidates: Sequence[Mark]) -> list[Mark]:
    """Gives the longest run of marks that count on: 1, 1.1, 1.2, 2; a gap counts against it."""
    best: dict[tuple[int, ...], tuple[float, int]] = {}
    inside: dict[tuple[int, ...], tuple[float, int]] = {}
    scores: list[float] = []
    before: list[int] = []
    for index, mark in enumerate(candidates):
        number = mark.number
        score, link = (0.0, -1) if number[-1] <= 1 and sum(number) <= 2 else (-2.0, -1)
        for key, exact, loss in _predecessors(number):
            known = (best if exact else inside).get(key)
            if known is not None and known[0] - loss >= score:
                score, link = known[0] - loss, known[1]
        score += 1
        scores.append(score)
        before.append(link)
        for table, key in (
            (best, number),
            *((inside, number[:n]) for n in range(1, len(number) + 1)),
        ):
            if key not in table or score >= table[key][0]:
                table[key] = (score, index)
    if not scores:
        return []
    at = max(range(len(scores)), key=lambda index: (scores[index], index))
    chosen = []
    while at >= 0:
        chosen.append(candidates[at])
        at = before[at]
    return chosen[::-1]


def _predecessors(number: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], bool, float]]:
    """What a number may follow: (number, itself rather than anything in it, what a gap costs)."""
    *head, last = number
    if head and last <= 1:
        yield tuple(head), True, 0.0  # 4.1 after 4
        if last == 1:
            yield (*head, 0), True, 0.0
        for back in (1, 2, 3):  # 4.1 after 3.5, where 4 has no line
            yield (*head[:-1], head[-1] - back), False, 0.8 * (back - 1)
    for back in (1, 2, 3):
        if last - back >= 0:
            yield (*head, last - back), False, 0.8 * (back - 1)
