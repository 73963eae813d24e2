"""The lettered and numbered lists within a section: (a), (i), (A), 1.

An item belongs to a list only where it counts on from the one before. Where it is not clear how
far an item reaches (an unmarked paragraph, the end of its sentence, the next item within a
line), the path falls back to that of the section.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retrieval.marks import Level, Mark, Opened

NEAR = 4_000
"""Characters before (b) in which (a) is looked for within a line."""
AHEAD = 300
"""Marks behind (a) in which (b) is looked for."""


@dataclass(slots=True)
class _Item:
    style: str
    number: int
    level: Level
    sure: bool  # whether what holds it is known


_NO_ITEM = {"part", "article", "section", "HEADING", "heading", "#", "?"}
_REFERS = re.compile(
    r"(?i)(?:clauses?|sections?|paragraphs?|subsections?|items?|articles?|\d|§|\))\s*"
    r"(?:\([a-z\d]{1,4}\)(?:,\s*|\s*(?:and|or|through|to|-)\s*)?)*(?:and|or|through|to)?\s*$"
)
_SENTENCE = re.compile(
    r"(?<!Inc)(?<!Corp)(?<!Ltd)(?<!Co)(?<!No)(?<!\bU\.S)(?<!Sec)\.[”\"]?\s+(?=[“\"]?[A-Z][a-z]* )"
)


def listed(
    text: str,
    found: Sequence[Mark],
    paragraphs: Sequence[int],
    base: tuple[Level, ...],
    start: int,
    end: int,
) -> Iterator[Opened]:
    """Gives where the path of each item within ``text[start:end]`` comes into force and ends."""
    items = [_numbered(mark) for mark in found if mark.style not in _NO_ITEM]
    stack: list[_Item] = []
    clear = True
    placed = start
    for index, mark in enumerate(items):
        if mark.start < placed:
            continue
        reading = _reading(text, items, index, stack, start)
        if reading is None:
            if stack and clear:
                # An item out of its order: the one before surely ends here.
                yield mark.start, base
                clear = False
            continue
        style, number, at = reading
        if at < len(stack):
            sure = stack[at].sure
            del stack[at:]
        else:
            # Under an unmarked paragraph it is not known which item a new list is in.
            sure = (stack[-1].sure if stack else True) and clear
        stack.append(_Item(style, number, Level(mark.shown, mark.title), sure))
        sure = all(item.sure for item in stack)
        yield mark.start, (*base, *(item.level for item in stack)) if sure else base
        bound = items[index + 1].start if index + 1 < len(items) else end
        followers = [_following(item.style, item.number) for item in stack]
        reach = _reach(text, mark, followers, paragraphs, bound)
        clear = reach >= bound
        if not clear:
            yield reach, base
        placed = mark.end


def _numbered(mark: Mark) -> Mark:
    """A number with a point that is no section of the frame may be an item of a list."""
    if mark.style != "decimal":
        return mark
    readings = (("1.", mark.number),) if len(mark.number) == 1 else (("", (0,)),)
    return Mark(mark.start, mark.end, mark.shown, readings, mark.title)


def _reading(
    text: str, items: Sequence[Mark], index: int, stack: Sequence[_Item], start: int
) -> tuple[str, int, int] | None:
    """The style and number of an item, and the depth of its list.

    It is the next item of an open list, the deepest first, or the first of a new one.
    """
    options: list[tuple[str, int, int]] = []
    for style, (number,) in items[index].readings:
        depths = [depth for depth, item in enumerate(stack) if item.style == style]
        if depths:
            if 1 <= number - stack[depths[-1]].number <= 2:
                options.append((style, number, depths[-1]))
        elif number == 1 and _goes_on(items, index, style, 2):
            options.append((style, number, len(stack)))
        elif number == 2 and style.startswith(("a(", "i(", "A(", "1(")) and not stack:
            first = re.escape("(" + {"a": "a", "i": "i", "A": "A", "1": "1"}[style[0]] + ")")
            if any(
                not _REFERS.search(match.string[max(0, match.start() - 40) : match.start()])
                for match in re.finditer(
                    first, text[max(start, items[index].start - NEAR) : items[index].start]
                )
            ):
                options.append((style, number, 0))
    if len(options) > 1:
        # (i) after (h): the next letter or the first numeral, whichever is followed up first.
        options = [one for one in options if _goes_on(items, index, one[0], one[1] + 1)] or options
        options = [one for one in options if one[1] != 1] if len(options) > 1 else options
    return options[0] if options else None


def _goes_on(items: Sequence[Mark], index: int, style: str, number: int) -> bool:
    """Whether the number comes later in this style, before the style starts again."""
    for mark in items[index + 1 : index + 1 + AHEAD]:
        for kind, (value,) in mark.readings:
            if kind == style and value == number:
                return True
            if kind == style and value == 1 and len(mark.readings) == 1:
                return False
    return False


def _reach(
    text: str, mark: Mark, followers: Sequence[str | None], paragraphs: Sequence[int], bound: int
) -> int:
    """How far an item surely reaches: to the next item in its line, a paragraph, its sentence.

    ``followers`` are the marks of the items that would be next, of its list and those around it.
    """
    reach = bound
    after = bisect_left(paragraphs, mark.end)
    if after < len(paragraphs):
        reach = min(reach, paragraphs[after])
    following = "|".join(re.escape(one) for one in followers if one)
    for match in re.finditer(following, text[mark.end : reach]) if following else ():
        at = mark.end + match.start()
        if not _REFERS.search(text[max(mark.start, at - 40) : at]):
            reach = at
            break
    body = text[mark.end : reach].lstrip(" \t\xa0")
    if body[:1].islower():
        stop = _SENTENCE.search(text, mark.end, reach)
        if stop:
            reach = stop.end()
    return reach


def _following(style: str, number: int) -> str | None:
    """The next item's mark, for the styles in brackets."""
    if "(" not in style:
        return None
    if style[0] in "aA" and number < 26:
        letter = chr(ord(style[0]) + number)
        return f"({letter})"
    if style[0] == "1":
        return f"({number + 1})"
    if style[0] in "iI" and number < 10:
        numeral = "i ii iii iv v vi vii viii ix x".split()[number]
        return f"({numeral if style[0] == 'i' else numeral.upper()})"
    return None
