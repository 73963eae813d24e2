"""Citations and terms of art -> keys that match exactly.

A tokenizer breaks ``§ 4.2(b)`` into 4, 2 and b, which stand everywhere. Here each reference
becomes one key, the same however it is written (``Section 4.2(b)``, ``§4.2 (b)``), and the key is a
word of its own for BM25. A reference also gives the keys that hold it: § 4.2(b) is found by a
question about § 4.2, not the other way round.
"""

import re
from collections.abc import Iterator

from retrieval.roman import roman


def keys(text: str) -> tuple[str, ...]:
    """Gives the keys of the references in a text, in order, each once; letters and digits only.

    Sections and articles, statutes and reporters (``12 U.S.C. § 1841``), rules, docket numbers,
    exhibits, Bates numbers, and quoted terms of up to six words. Each number that opens a line
    (``4.2 Termination``) is a section's too.
    """
    return tuple(dict.fromkeys(_keys(text, wider=True)))


def asked_keys(question: str) -> tuple[str, ...]:
    """Gives the keys that a question asks for: as ``keys``, without the wider ones."""
    return tuple(dict.fromkeys(_keys(question, wider=False)))


def _keys(text: str, *, wider: bool) -> Iterator[str]:
    for pattern in (_AUTHORITY, _RULE):
        for match in pattern.finditer(text):
            yield from _levels("cite" + _letters(match.group("work")), match.group("at"), wider)
        # The section of a statute is no section of the file.
        text = pattern.sub(" ", text)
    yield from _sections(text, wider=wider)
    for match in _FEDERAL_DOCKET.finditer(text):
        # Courts write 2:19-cv-00123-ABC where lawyers write 19-cv-123.
        year, kind, number = match.group("year", "kind", "number")
        yield f"docket{year[-2:]}{kind.lower()}{number}"
    for match in _DOCKET.finditer(text):
        if not _FEDERAL_DOCKET.match(match.group("number")):
            yield "docket" + _letters(match.group("number"))
    for match in _EXHIBIT.finditer(text):
        yield _key("exhibit", match.group("mark"))
    for match in _BATES.finditer(text):
        yield _key("bates", match.group("prefix") + match.group("number"))
    for match in _QUOTED.finditer(text):
        if len(match.group("term").split()) <= 6:
            yield "term" + _letters(match.group("term"))


def _sections(text: str, *, wider: bool) -> Iterator[str]:
    for match in _SECTION.finditer(text):
        for number in _NUMBER.findall(match.group("numbers")):
            yield from _levels("sec", number, wider)
    for match in _ARTICLE.finditer(text):
        number = match.group("number")
        yield _key("sec", number if number.isdigit() else str(roman(number)))
    if wider:
        for match in _OPENING.finditer(text):
            yield from _levels("sec", match.group("number"), wider)


def _levels(kind: str, number: str, wider: bool) -> Iterator[str]:
    """The key of a number, and of what it lies in: 4.2(b), then 4.2."""
    number = re.sub(r"\s+", "", number)
    yield _key(kind, number)
    while wider and number.endswith(")"):
        number = number[: number.rindex("(")]
        yield _key(kind, number)


def _key(kind: str, number: str) -> str:
    """Kind and number as one word; a point stays told apart from a bracket and from nothing."""
    return kind + number.lower().replace(".", "p").replace("(", "q").replace(")", "").translate(
        _DASHES
    )


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


_DASHES = str.maketrans({"-": "x", "–": "x", ":": "y", "/": "z"})
_AT = r"\d+(?:[.\-]\d+[a-z]?)*[a-z]?(?:-\d+)?(?:\s?\([a-z0-9]{1,4}\))*"
_NUMBER = re.compile(_AT, re.IGNORECASE)
_AUTHORITY = re.compile(
    r"\b(?P<work>\d{1,4}\s+(?:[A-Z]\.?\s?[A-Z]\.?\s?[A-Z]\.|[A-Z]\.\s?[A-Z]\."
    r"|[A-Z][A-Za-z]*\.(?:\s?\w+\.?){0,3}?))"
    r"\s*(?:§+|[Ss]ections?|[Ss]ecs?\.)?\s*(?P<at>" + _AT + ")"
)
_RULE = re.compile(
    r"(?P<work>\b(?:Fed|Cal|N\.Y|Tex)\.\s?R\.(?:\s?[A-Z][a-z]*\.){1,3})\s*(?P<at>" + _AT + ")"
)
_SECTION = re.compile(
    r"(?:[§¶]+|\b(?:sections?|secs?\.|clauses?|paragraphs?|paras?\.))\s*"
    r"(?P<numbers>" + _AT + r"(?:\s?(?:,|and|or|&)\s?" + _AT + r")*)",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"\b(?:article|art\.)\s+(?P<number>[IVXL]+|\d+)\b", re.IGNORECASE)
_OPENING = re.compile(
    r"^[ \t]*(?P<number>\d{1,2}(?:\.\d{1,2}){1,3}(?:\([a-z]{1,3}\))*|\d{1,2}(?=\.\s+[A-Z]))",
    re.MULTILINE,
)
_FEDERAL_DOCKET = re.compile(
    r"\b(?:\d:)?(?P<year>\d{2,4})-?(?P<kind>cv|cr|mc|mj|bk|ap|md)-?0*(?P<number>\d{1,6})",
    re.IGNORECASE,
)
_DOCKET = re.compile(
    r"\b(?:case|docket|civil action|index|cause)\s+(?:no\.?|number)\s*"
    r"(?P<number>[\w:/.-]*\d[\w/-]*)",
    re.IGNORECASE,
)
_EXHIBIT = re.compile(
    r"\b(?i:exhibits?|exh?s?\.)\s+(?P<mark>[A-Z]{1,2}(?:-?\d+)?|\d+(?:[.-]\w+)?)\b"
)
_BATES = re.compile(r"\b(?P<prefix>[A-Z]{2,10})[-_ ]?(?P<number>\d{5,9})\b")
_QUOTED = re.compile(r"[“\"](?P<term>[^”\"\n]{2,80})[”\"]")
