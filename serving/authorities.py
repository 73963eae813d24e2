"""The legal authorities that a sentence cites, and which of them stand in no passage of the file.

Found by eyecite, which knows the reporters and their spellings: 410 US 113 is 410 U.S. 113. It is
imported only where a sentence looks as though it had one.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from serving.facts import missing

_LIKELY = re.compile(
    r"\b\d{1,4}\s+(?:[A-Z][A-Za-z]*\.?|\d[a-z]{1,2}\.?)[\w.' ]{0,30}?(?:§+\s*)?\d"
    r"|\b(?:Code|Stat|Laws|Regs?)\b[\w., ]{0,30}§|\bU\.?S\.?C"
)


def unknown(sentence: str, sources: Sequence[str]) -> tuple[list[str], str]:
    """Gives the authorities of a sentence that stand in none of the sources, and its other words.

    ``sources`` are all passages of the prompt: an authority may stand in another than the one
    cited. In the sentence that comes back it is blanked, with its parties and its year where those
    stand with it; it is as long as the sentence given.
    """
    if not _LIKELY.search(sentence):
        return [], sentence
    absent: list[str] = []
    rest = sentence
    held: frozenset[str] | None = None
    for key, (start, end), (first, last) in _found(sentence):
        if held is None:
            held = frozenset().union(*(_keys(source) for source in sources))
        blank = start, end
        if key not in held:
            absent.append(sentence[start:end])
        elif not missing(sentence[first:start] + sentence[end:last], sources):
            blank = first, last
        rest = rest[: blank[0]] + "_" * (blank[1] - blank[0]) + rest[blank[1] :]
    return absent, rest


@lru_cache(maxsize=1024)
def _keys(source: str) -> frozenset[str]:
    return frozenset(key for key, _, _ in _found(source)) if _LIKELY.search(source) else frozenset()


def _found(text: str) -> Iterator[tuple[str, tuple[int, int], tuple[int, int]]]:
    """Each authority in full as its key, its span, and its span with parties and year."""
    from eyecite import get_citations
    from eyecite.models import FullCaseCitation, FullJournalCitation, FullLawCitation

    for found in get_citations(re.sub(r"\s", " ", text)):
        if isinstance(found, FullCaseCitation | FullLawCitation | FullJournalCitation):
            key = re.sub(r"[\s.§]", "", found.corrected_citation()).lower()
            yield key, found.span(), found.full_span()
