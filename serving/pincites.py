"""How a memorandum's footnote names a passage: ``Commercial Lease § 4.2(b), p. 3``."""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from retrieval.citing import cited
from retrieval.documents import Description, Passage

LONGEST = 80
"""Characters of a title in a footnote; a longer one is cut at a word."""
_LETTER_TITLE = 40  # a letter's longer title is its subject line: the letter is named by its date


def pin_cites(passages: Sequence[Passage], described: Mapping[str, Description]) -> tuple[str, ...]:
    """Gives the pin cite of each passage: document, section where it has one, and page.

    ``described`` has the documents' descriptions by path. Where two documents have the same name,
    the file's is added; what is not described goes by its file's.
    """
    names = {one.path: source_name(one, described.get(one.path)) for one in passages}
    files = {one.path: one.document for one in passages}
    told = list(names.values())
    full = {
        path: name if told.count(name) == 1 or name == files[path] else f"{name} ({files[path]})"
        for path, name in names.items()
    }
    return tuple(f"{full[one.path]}{_place(one)}" for one in passages)


def source_name(passage: Passage, description: Description | None) -> str:
    """Gives what a lawyer calls the document of a passage: its title, or its kind and date."""
    if description is None:
        return passage.document
    title = " ".join((description.title or "").split())
    dated = in_words(description.date)
    if description.kind == "e-mail" and dated:
        return f"E-mail of {dated}"
    if description.kind == "letter" and dated and not 0 < len(title) <= _LETTER_TITLE:
        return f"Letter of {dated}"
    title = _cut(title_case(title) if title.isupper() else title)
    if title and description.kind == "docket" and "docket" not in title.lower():
        return f"Docket, {title}"
    return title or passage.document


def _place(passage: Passage) -> str:
    section = cited(passage.section)
    page = f", p. {passage.label or passage.page}"
    if not section:
        return page
    return f" {section}{page}" if section.startswith("§") else f", {section}{page}"


def in_words(day: str | None) -> str:
    """Gives 2019-03-14 as March 14, 2019; empty where there is no whole date."""
    try:
        parsed = date.fromisoformat(day or "")
    except ValueError:
        return ""
    return f"{parsed:%B} {parsed.day}, {parsed.year}"


def title_case(title: str) -> str:
    """Gives a title in capitals as prose has it; numerals and words without a vowel stay."""
    words = [
        word if _STAYS.fullmatch(word) else word.capitalize() for word in re.split(r"(\W+)", title)
    ]
    return "".join(
        word.lower() if index and word.lower() in _SMALL else word
        for index, word in enumerate(words)
    )


def _cut(title: str) -> str:
    if len(title) <= LONGEST:
        return title
    return title[:LONGEST].rsplit(None, 1)[0].rstrip(",;:-– ") + " …"


_STAYS = re.compile(r"[^AEIOUY]+|[IVX]+|U|S")
_SMALL = frozenset("a an and as at between by for from in of on or the to v with".split())
