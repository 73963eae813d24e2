"""What a document says, sentence by sentence, each with the passages that it stands in.

A page breaks its sentences into lines, and puts running headers, page numbers and the line numbers
of pleading paper between them. Here lines become sentences again; rows of tables, items of lists
and headings stay by themselves. Of testimony, a question and its answer are one statement.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retrieval.documents import DocumentText, Page, Passage
from retrieval.furniture import furniture
from serving.citations import check, sentences
from serving.facts import PASSAGE_NUMBER
from serving.sources import Source
from serving.verdicts import Verdict

LONGEST = 900
"""Characters of a question with its answer; a longer exchange stays in its sentences."""
COUNTING = 8
"""Lines of a page that must begin with numbers that count up, to be line numbers."""
FULL = 0.7
"""Share of a page's usual line from which on a line was broken because it was full."""
PARAGRAPH = 160
"""Characters of a usual line from which on a line is a paragraph."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence, a row or an exchange of a document."""

    text: str
    """Its words on one line, as they stand in the document."""
    passages: tuple[Passage, ...]
    """Those that it stands in, in order."""
    ground: str
    """The text of these passages without running headers and line numbers."""

    @property
    def unnumbered(self) -> str:
        """The words without numbers in brackets, which would be read as passage numbers."""
        return " ".join(PASSAGE_NUMBER.sub(" ", self.text).split())


def verdict_on(text: str, place: Passage, ground: str) -> Verdict:
    """Gives the verdict on words that a document is said to have, by what it has there.

    Each of their sentences is checked as a memorandum's that cites the passage; the worst is told.
    """
    source = Source(place.document, place.label or str(place.page), ground)
    verdicts = {
        one.verdict
        for start, end in sentences(text)
        for one in check(f"{text[start:end]} [1]", [source])
    }
    failed = verdicts - {"verified", "reasoning"}
    return min(failed) if failed else "verified"


def statements(passages: Sequence[Passage]) -> list[Statement]:
    """Gives what a document says in its order; ``passages`` are all of the document, in order."""
    if not passages:
        return []
    text = _joined(_without_marks(_cleaned(passages)))
    first = passages[0].start
    starts = [passage.start - first for passage in passages]
    found = []
    for start, end in _exchanges(text, _whole_rows(text, sentences(text))):
        words = " ".join(re.sub(r"\0\s*", "", text[start:end]).split()).strip("| ")
        if not re.search(r"\w", words):
            continue
        begin = end - len(text[start:end].lstrip())
        held = passages[max(0, bisect_right(starts, begin) - 1) : bisect_right(starts, end - 1)]
        ground = text[held[0].start - first : held[-1].end - first]
        found.append(Statement(words, tuple(held), ground.replace("\0", "\n")))
    return found


def _cleaned(passages: Sequence[Passage]) -> str:
    """The document's text from the first passage on, its running headers blank."""
    parts: list[str] = []
    pages: list[Page] = []
    at = first = passages[0].start
    for passage in passages:
        parts += ["\n" * (passage.start - at), passage.text]
        at = passage.end
        begin = passage.start - first
        if pages and pages[-1].number == passage.page:
            begin = pages.pop().start
        pages.append(Page(passage.page, begin, at - first))
    text = "".join(parts)
    for start, end in furniture(DocumentText(text, tuple(pages))):
        text = text[:start] + " " * (end - start) + text[end:]
    for page in pages:
        text = text[: page.start] + _unnumbered(text[page.start : page.end]) + text[page.end :]
    return text


def _unnumbered(page: str) -> str:
    """A page with the numbers of its lines blank, where its lines are numbered."""
    expected, found = 1, []
    for match in re.finditer(r"^[ \t]*(\d{1,2})(?=[ \t]|$)", page, re.MULTILINE):
        if int(match[1]) == expected:
            found.append(match.span(1))
            expected += 1
    if len(found) < COUNTING:
        return page
    for start, end in found:
        page = page[:start] + " " * (end - start) + page[end:]
    return page


def _without_marks(text: str) -> str:
    """Text with the marks of quoted e-mail and of Markdown blank, at its old length."""
    text = re.sub(r"[\r\f\t\xa0]", lambda mark: "\n" if mark.group() == "\f" else " ", text)
    return _MARKS.sub(lambda mark: " " * len(mark.group()), text)


def _joined(text: str) -> str:
    """Text whose lines go on where the page alone broke them, at its old length."""
    lines = text.split("\n")
    width = _usual(lines)
    parts = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        goes_on = _goes_on(line.strip(), following.strip(), width)
        hyphened = goes_on and re.search(r"[a-z]-\s*$", line) and following.strip()[0].islower()
        parts.append(line + ("\0" if hyphened else " " if goes_on else "\n"))
    return "".join(parts)[:-1]


def _usual(lines: Sequence[str]) -> int:
    """How long a full line is: longer than nine lines in ten."""
    lengths = sorted(len(line.strip()) for line in lines if line.strip() and not _ROW.search(line))
    return lengths[len(lengths) * 9 // 10] if lengths else 0


def _goes_on(line: str, following: str, width: int) -> bool:
    """Whether a sentence goes on from a line to the next."""
    if not line or not following or following.startswith("["):
        return False
    if _ROW.search(line) or _ROW.search(following):
        return False
    if _HOLDS.search(line) or (_COUNT.search(line) and re.match(r"\(\d", following)):
        return True
    if _OPENS.match(following) or (line.isupper() and not following.isupper()):
        return False
    if following[0].islower():
        return True
    return width < PARAGRAPH and len(line) >= FULL * width


def _whole_rows(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans with the sentences of a table's row, or of a dated entry, made one."""
    whole: list[tuple[int, int]] = []
    line = (0, 0)
    for start, end in spans:
        if start >= line[1]:
            stop = text.find("\n", start)
            line = (start, stop if stop >= 0 else len(text))
            row = line[1] - start <= LONGEST and _ENTRY.search(text, start, line[1])
        if row and whole and whole[-1][0] == line[0]:
            whole[-1] = (line[0], end)
        else:
            whole.append((start, end))
    return whole


def _exchanges(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The spans with each question of testimony and its answer made one."""
    opens = [bool(_QUESTION.match(text, start, end)) for start, end in spans]
    index = 0
    while index < len(spans):
        last = index
        if opens[index]:
            while (
                last + 1 < len(spans)
                and not opens[last + 1]
                and not _EXAMINER.match(text, spans[last + 1][0])
                and spans[last + 1][1] - spans[index][0] <= LONGEST
            ):
                last += 1
        yield spans[index][0], spans[last][1]
        index = last + 1


_MARKS = re.compile(r"^[ ]*(?:[>#]+|[-*•▪](?= ))|\*\*", re.MULTILINE)
_ROW = re.compile(r"\S(?: \| |[ ]{3,})\S|^\s*\|.*\|")
_ENTRY = re.compile(
    r"\S(?: \| |[ ]{3,})\S|^\s*\|.*\||^\s*\[?(?:[A-Z][a-z]{2} )?\d{1,2}/\d{1,2}/\d{2,4}\b",
    re.MULTILINE,
)
_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
_HOLDS = re.compile(
    rf"(?:[,&(]|\b(?:{_MONTH}|Sections?|Articles?|Nos?\.|Mr\.|Ms\.|Mrs\.|Dr\.|v\.|on|of|the|and|to|in|by"
    r"|dated|between|from))$"
)
"""How a line ends whose sentence goes on."""
_COUNT = re.compile(r"(?:one|two|three|four|five|six|seven|eight|nine|ten|teen|ty|hundred)$")
"""How one ends whose number in figures, (48), opens the next."""
_OPENS = re.compile(
    r"\(?(?:[A-Za-z]|\d{1,3}(?:\.\d+)*|[ivxIVX]{1,5})[.)]\s|\[|\d{1,2}/\d{1,2}/\d{2,4}\b"
    r"|\d{4}-\d\d-\d\d\b|[A-Z][\w ]{0,24}:\s"
)
"""How a line begins that is an item or an entry by itself."""
_QUESTION = re.compile(r"\s*Q[.:]\s")
_EXAMINER = re.compile(r"\s*BY\s")
