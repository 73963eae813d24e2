"""The marks that may open a section: ``ARTICLE IV``, ``4.2``, ``(b)``, ``Schedule A``, a heading.

Only candidates are found here, each at a place where a section can start: a line that is not the
rest of the line before, or a number set apart by blanks. Which of them are sections is decided
by their sequence (``sections``). A table of contents gives none.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retrieval.contents import is_contents, without_contents
from retrieval.marks import Mark
from retrieval.roman import roman

TITLE = 80
"""Characters that a section's title has at most."""

WRAPPED = 160
"""Characters; a text with longer lines has a paragraph on each."""


@dataclass(frozen=True, slots=True)
class _Line:
    start: int  # of its first character that is no blank
    end: int
    words: str
    opens: bool  # whether it may be more than the rest of the line before
    paragraph: bool  # whether it surely is


_ONES = "one two three four five six seven eight nine ten eleven twelve".split()
_DECOR = r"(?P<decor>(?:\#{1,6}\s+|[-*+>]\s+)?[*_]{0,3})"
_PART = (
    r"(?P<part>(?i:schedule|exhibit|annex|appendix|attachment))\s+"
    r"[“\"]?(?P<of>[A-Z\d][\w.()-]{0,7}|[IVX]+)\b[”\"]?"
)
_ARTICLE = (
    r"(?P<article>ARTICLE|Article)\s+(?P<article_at>[IVXL]+|\d{1,3}|(?i:"
    + "|".join(_ONES)
    + r"))\b"
)
_SECTION = (
    r"(?P<section>SECTION|Section|Sec\.|§|CLAUSE|Clause)\s*"
    r"(?P<section_at>\d{1,3}(?:\.\d{1,3}){0,4})\b(?!\()"
)
_DECIMAL = r"(?P<decimal>\d{1,3}(?:\.\d{1,3}){1,4})[.)]?(?=\s|$|\*)"
_NUMBER = r"(?P<number>\d{1,3})\.(?=\s|$|\*)|(?P<bare>\d{1,2})(?=\s+[A-Z]{3})"
_LIST = (
    r"(?P<open>\()?(?P<item>[a-z]{1,5}|[A-Z]{1,5}|\d{1,2})(?P<close>\))(?=\s|$|[A-Z])"
    r"|(?P<letter>[a-z]|[ivx]{2,5}|[A-Z]|[IVX]{2,5})\.(?=\s|$)"
)
_MARK = re.compile(rf"{_DECOR}(?:{_ARTICLE}|{_SECTION}|{_DECIMAL}|{_NUMBER}|{_PART}|{_LIST})")
# In a text that lost its line breaks, blanks set the numbers apart.
_APART = re.compile(
    r"(?<=\s\s)(?=(?:ARTICLE|Article|SECTION|Section)\s)|(?<=\s)(?=\((?:[a-zA-Z]{1,5}|\d{1,2})\)[^\S\n]{2,}\S)"
    r"|(?<=\s\s)(?=\d{1,3}(?:\.\d{1,3}){1,4}\.?\s)"
)
_END = re.compile(
    r"IN WITNESS WHEREOF|IN TESTIMONY WHEREOF"
    r"|^[^\S\n]*(?:\[[^\]\n]{0,40}signature[^\]\n]{0,60}\]|signature pages?\b|signator(?:y|ies)\b"
    r"|signed (?:at|by)\b|(?:very truly|sincerely|respectfully) (?:yours|submitted)|/s/"
    r"|By:\s*(?:/s/|_{3}))",
    re.IGNORECASE | re.MULTILINE,
)
_LINE = re.compile(r"[^\n\f]+")
_ENDS = re.compile(r"(?:[.;:,?!”\"’')\]*_|–—-]|\b(?:and|or|and/or))$")
_STOP = re.compile(r"[.:]\**(?:\s|$)|\s{2,}|\s[–—-]\s|[.:]?\*\*")
_CLAUSE = re.compile(
    r"(?:If|As|To|When|Where|Upon|Unless|Subject|During|In|On|For|At)\b(?! [A-Z]+\b)"
)
_NO_HEADING = re.compile(
    r"[,\d]|\b(?:Inc|LLC|Ltd|INC|LTD|LLP)\b|\bv\.|:$.|^(?i:dear|re:|from|to:|by:|and$|between)"
)
_BARE = re.compile(r"\W*\w{1,4}(?:\.\d+)*[.)]\W*")
_SMALL = frozenset("of and the to for in a an on by with or from as at upon between under".split())


def marks(text: str, furniture: Sequence[tuple[int, int]]) -> tuple[list[Mark], list[int]]:
    """Gives the candidates and where paragraphs surely start, both in order.

    Running heads and page numbers (``furniture``, as its function gives) are passed over.
    """
    lines = list(_lines(text, furniture))
    found: list[Mark] = []
    contents: list[int] = []
    for index, line in enumerate(lines):
        if is_contents(line.words):
            contents.append(len(found))
            continue
        found += [
            mark
            for mark in _opened(text, lines, index)
            # A number with a title is no rest of a sentence.
            if line.opens or (mark.title and mark.style in {"article", "section", "decimal"})
        ]
        found += _set_apart(text, line)
    paragraphs = [line.start for line in lines if line.paragraph]
    return without_contents(text, found, contents), paragraphs


def ends(text: str) -> list[int]:
    """Gives where the numbered part of an instrument ends: at its testimonium or signatures."""
    return [match.start() for match in _END.finditer(text)]


def is_heading(words: str) -> bool:
    """Whether a line is a heading by its look: capitals, or a capital on every word that counts."""
    plain = words.strip(" *_#.:-–—")
    names = re.findall(r"[^\W\d_][\w’'-]*", plain)
    return (
        1 <= len(names) <= 12
        and len(plain) <= TITLE
        and all(name[0].isupper() or name in _SMALL for name in names)
        and names[0][0].isupper()
        and names[-1] not in _SMALL
        and len(re.sub(r"\W|\d", "", plain)) >= 4
        and not re.search(r"[;@_|]|\.\s|,$|\d{4}|[.:]{2}", plain)
    )


def _lines(text: str, furniture: Sequence[tuple[int, int]]) -> Iterator[_Line]:
    spans = [match.span() for match in _LINE.finditer(text) if not match[0].isspace()]
    widths = sorted(end - start for start, end in spans)
    width = widths[len(widths) * 9 // 10] if widths else 0
    before, below = "", 0
    for start, end in spans:
        at = bisect_right(furniture, (start, len(text))) - 1
        first = start + len(text[start:end]) - len(text[start:end].lstrip())
        words = text[first:end].rstrip()
        # A rule across the page, as between two pages, is no line of the text either.
        if (at >= 0 and furniture[at][1] > start) or re.fullmatch(r"[\W_]+", words):
            below = end
            continue
        apart = not before or text.count("\n", below, start) > 1 or width > WRAPPED
        short = len(before) < 0.7 * width
        stops = _ENDS.search(before[-20:]) is not None
        yield _Line(
            start=first,
            end=end,
            words=words,
            opens=apart or stops or short or is_heading(before.split(". ", 1)[-1]),
            # Behind a page break a sentence goes on in lower case.
            paragraph=(apart and (stops or not words[0].islower()))
            or (short and before[-1:] in ".:;”"),
        )
        before, below = words, end


def _opened(text: str, lines: list[_Line], index: int) -> Iterator[Mark]:
    """The mark at the start of a line, and the one that follows it at once: ``4.2 (a) Rent``."""
    line = lines[index]
    below = lines[index + 1].words if index + 1 < len(lines) else ""
    at = line.start
    if _BARE.fullmatch(line.words) and any(
        _BARE.fullmatch(near.words)
        for near in (*lines[max(0, index - 1) : index], *lines[index + 1 : index + 2])
    ):
        return  # a column of numbers that lost its text
    for _ in range(3):
        match = _MARK.match(text, at, line.end)
        mark = _mark(text, match, line, below) if match else None
        if mark is None:
            break
        yield mark
        between = re.compile(r"[ \t\xa0.–—-]*").match(text, mark.end, line.end)
        at = between.end() if between else mark.end
        if text[at : at + 1] != "(":
            return
    if at == line.start and (heading := _heading(text, lines, index)):
        yield heading


def _set_apart(text: str, line: _Line) -> Iterator[Mark]:
    if "  " not in line.words and "\xa0\xa0" not in line.words and "\t" not in line.words:
        return
    for place in _APART.finditer(text, line.start + 1, line.end):
        match = _MARK.match(text, place.start(), line.end)
        if match and not re.search(
            r"(?i:sections?|clauses?|and|or|to|§)\s*$",
            text[max(line.start, place.start() - 12) : place.start()],
        ):
            mark = _mark(text, match, line, "")
            if mark is not None and mark.style != "part":
                yield mark


def _mark(text: str, match: re.Match[str], line: _Line, below: str) -> Mark | None:  # noqa: PLR0911 - a ladder
    rest = text[match.end() : min(line.end, match.end() + 3 * TITLE)].strip(" \t\xa0*_")
    shown = " ".join(match[0][len(match["decor"] or "") :].split()).rstrip(".")
    start, end = match.start(), match.end()
    if match["part"]:
        if len(rest) > TITLE or (rest and not is_heading(rest)):
            return None
        return Mark(start, end, shown, (("part", ()),), rest.strip(" .:–—-"))
    # "4.2 of the Lease", "Section 12 ("Balance") is deleted": a reference, not a section.
    sentence = re.match(r"[.):–—-]*\s*(?:[a-z]|\([“\"]|and\b|[,;)]|%)", rest) is not None
    if match["article"]:
        number = _article(match["article_at"])
        if sentence or (rest and not is_heading(rest[:TITLE].split("  ")[0])):
            return None
        title = _title(rest) or (below if is_heading(below) else "")
        return Mark(start, end, shown, (("article", (number,)),), title.strip(" .[]"))
    if match["section_at"] or match["decimal"] or match["number"] or match["bare"]:
        digits = match["section_at"] or match["decimal"] or match["number"] or match["bare"]
        numbers = tuple(int(digit) for digit in digits.split("."))
        numbers = numbers[:-1] if len(numbers) > 1 and numbers[-1] == 0 else numbers
        if sentence or (match["bare"] and not (rest.isupper() and is_heading(rest))):
            return None
        style = "section" if match["section_at"] else "decimal"
        return Mark(
            start, end, digits if style == "decimal" else shown, ((style, numbers),), _title(rest)
        )
    readings = tuple(_readings(match))
    if not readings or (match["letter"] and not rest):
        return None
    return Mark(
        start,
        end,
        shown if match["close"] else match["letter"],
        readings,
        _title(rest) if match["letter"] else "",
    )


def _readings(match: re.Match[str]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The styles that a list's mark can be of, and its number in each."""
    raw = match["item"] or match["letter"]
    frame = "()" if match["open"] else ")" if match["close"] else "."
    if raw.isdigit():
        yield f"1{frame}", (int(raw),)
        return
    case = "a" if raw.islower() else "A"
    if len(set(raw)) == 1 and len(raw) <= 2:
        yield f"{case}{frame}", (ord(raw[0].lower()) - 96 + 26 * (len(raw) - 1),)
    if set(raw.lower()) <= set("ivxl") and _numeral(roman(raw)) == raw.lower():
        yield f"{'i' if case == 'a' else 'I'}{frame}", (roman(raw),)


def _numeral(value: int) -> str:
    parts = ((50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
    numeral = ""
    for worth, letters in parts:
        numeral += letters * (value // worth)
        value %= worth
    return numeral


def _article(raw: str) -> int:
    if raw.isdigit():
        return int(raw)
    return _ONES.index(raw.lower()) + 1 if raw.lower() in _ONES else roman(raw)


def _title(rest: str) -> str:
    """The heading with which a section's first line opens, or the term that it defines."""
    term = re.match(r"[“\"]([^”\"\n]{2,60})[”\"]", rest)
    if term:
        return term[1]
    words = _STOP.split(rest.lstrip(" .:–—-"), maxsplit=1)[0].strip()
    words = re.sub(r"\s*\([a-z\d]{1,4}\)$", "", words)
    return words if is_heading(words.replace(";", "")) and not _CLAUSE.match(words) else ""


def _heading(text: str, lines: list[_Line], index: int) -> Mark | None:
    """A heading without a number: a Markdown heading, or a line of its own above a paragraph."""
    line = lines[index]
    words = line.words
    sharp = re.match(r"(#{1,6})\s+(.*?)[\s#]*$", words)
    if sharp:
        title = sharp[2].strip(" *_")
        return Mark(line.start, line.end, title, (("#", (len(sharp[1]),)),), "") if title else None
    below = lines[index + 1].words if index + 1 < len(lines) else ""
    prose = len(below) > 50 and re.search(r"[a-z]{2} [a-z]{2}", below) is not None
    in_table = re.search(r"\S[ \t\xa0]{3,}(?:\S|$)|\|", text[line.start : line.end]) is not None
    if (
        in_table
        or not (prose or _MARK.match(below))
        or len(words) > TITLE
        or not words[0].isalnum()
    ):
        return None
    if not is_heading(words) or _NO_HEADING.search(words):
        # It may be one all the same, so that the heading before is not sure to go on.
        maybe = not re.search(r"[,;.]$|^[a-z]", words)
        return Mark(line.start, line.end, "", (("?", ()),), "") if maybe else None
    style = "HEADING" if words.isupper() else "heading"
    shown = re.sub(r"\s+", " ", words.strip(" *_:.–—-"))
    return Mark(line.start, line.end, shown, ((style, ()),), "")
