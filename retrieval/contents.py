"""A document's table of contents, which lists its sections and holds none of them."""

import re
from collections.abc import Sequence

from retrieval.marks import Mark

_CONTENTS = re.compile(r"^\W*(?:table of contents|contents|index)\W*$", re.IGNORECASE)
_TO_PAGE = re.compile(
    r"(?:\.{2,}|\s|[-–])\s*(?:[A-Z]-)?(?:\d{1,3}|[ivxlc]{1,6})\W*(?:\s+(?i:page))?$"
)


def is_contents(words: str) -> bool:
    """Whether a line is the title of a table of contents."""
    return _CONTENTS.match(words) is not None


def without_contents(text: str, found: list[Mark], contents: Sequence[int]) -> list[Mark]:
    """The marks without those of a table of contents, known by its page numbers or its title."""
    bounds = [*(mark.start for mark in found[1:]), len(text)][: len(found)]
    to_page = [
        _TO_PAGE.search(
            text[mark.end : min(bound, mark.end + 240)].rstrip().split("\n")[0].rstrip()
        )
        is not None
        and bound - mark.start < 400
        for mark, bound in zip(found, bounds, strict=True)
    ]
    dropped: set[int] = set()
    run: list[int] = []
    for index, listed in enumerate([*to_page, False, False, False, False]):
        if listed:
            run.append(index)
        elif run and index - run[-1] > 3:
            if len(run) >= 4:
                dropped |= set(range(run[0], run[-1] + 1))
            run = []
    for first in contents:
        if first not in dropped:
            dropped |= _until_again(found, first)
    return [mark for index, mark in enumerate(found) if index not in dropped]


def _until_again(found: Sequence[Mark], first: int) -> set[int]:
    """The entries without page numbers, which end where the first of them comes again."""
    if first >= len(found) or found[first].style not in {"article", "section", "decimal"}:
        return set()
    for index in range(first + 1, len(found)):
        mark, before = found[index], found[index - 1]
        if mark.start - before.start > 250 or "(" in mark.style:
            return set()
        if index > first + 2 and (mark.style, mark.number) == (
            found[first].style,
            found[first].number,
        ):
            return set(range(first, index))
    return set()
