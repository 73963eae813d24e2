"""Parse the citations of a memorandum and check every sentence against its passages.

The checks are deterministic: a cited number must exist, and the numbers, dates, amounts,
quotations and names of a sentence must stand in a passage that it cites. Training uses the
same ``facts`` to make sure that no target states what its prompt does not hold.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from serving.facts import PASSAGE_NUMBER, facts, missing

__all__ = [
    "CheckedSentence",
    "Verdict",
    "check",
    "citations",
    "facts",
    "missing",
    "sentences",
]

Verdict = Literal[
    "verified", "unsupported", "uncited", "invalid", "reasoning", "unchecked", "record"
]
"""``invalid``: cites a passage that was not given; ``uncited``: states a fact, cites nothing;
``reasoning``: neither cites nor states anything that could be looked up; ``unchecked``: of a
memorandum that broke off; ``record``: tells of the search itself, by rule and by no model
(``serving.abstain``)."""


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """A sentence of a memorandum, ``text[start:end]``, with what the check found."""

    start: int
    end: int
    citations: tuple[int, ...]
    verdict: Verdict
    reason: str
    """Why it failed the check, in words for the reader; else empty."""


def citations(text: str) -> tuple[int, ...]:
    """Gives the passage numbers cited in the text, in order, each once."""
    return tuple(dict.fromkeys(int(number) for number in PASSAGE_NUMBER.findall(text)))


def sentences(text: str) -> list[tuple[int, int]]:
    """Gives the spans of the sentences; a line break ends one, trailing citations belong to it."""
    spans = []
    for line in re.finditer(r"[^\n]+", text):
        start = line.start()
        for end in _SENTENCE_END.finditer(text, line.start(), line.end()):
            before = text[start : end.start() + 1].rsplit(None, 1)[-1].lstrip("([“\"'").lower()
            abbreviated = before in _ABBREVIATIONS or re.fullmatch(r"(?:[a-z]\.)+", before)
            if abbreviated and not citations(end["stop"]):
                continue
            spans.append((start, end.end("stop")))
            start = end.end()
        if text[start : line.end()].strip():
            spans.append((start, line.end()))
    return spans


def check(memorandum: str, passages: Sequence[str]) -> list[CheckedSentence]:
    """Gives every sentence of the memorandum with its verdict.

    ``passages`` are the texts that the prompt numbered from 1, each with its document's name.
    Headings (lines in capitals, without a number) are not sentences. A sentence that neither
    cites nor states a fact is reasoning: nothing vouches for it, so it is not verified.
    """
    checked = []
    for start, end in sentences(memorandum):
        sentence = memorandum[start:end]
        if sentence.strip().isupper() and not re.search(r"\d", sentence):
            continue
        cited = citations(sentence)
        verdict, reason = _verdict(sentence, cited, passages)
        checked.append(CheckedSentence(start, end, cited, verdict, reason))
    return checked


def _verdict(sentence: str, cited: tuple[int, ...], passages: Sequence[str]) -> tuple[Verdict, str]:
    absent = [number for number in cited if not 1 <= number <= len(passages)]
    if absent:
        return "invalid", f"cites passage {absent[0]}, which was not given"
    if not cited:
        stated = facts(sentence)
        return ("uncited", "states a fact and cites no passage") if stated else ("reasoning", "")
    lacking = missing(sentence, [passages[number - 1] for number in cited])
    if lacking:
        where = ", ".join(f"[{number}]" for number in cited)
        return "unsupported", f"“{lacking[0]}” does not stand in {where}"
    return "verified", ""


_SENTENCE_END = re.compile(
    r"(?P<stop>[.?!][”\"’')]*(?:\s?\[\d{1,3}\])*)(?:\s+(?=[“\"‘'(\[A-Z0-9$§])|$)"
)
_ABBREVIATIONS = frozenset(
    "no. nos. v. vs. inc. co. corp. ltd. art. sec. secs. cf. id. mr. mrs. ms. dr. jr. sr. st. "
    "p. pp. para. paras. ch. cl. ex. exs. e.g. i.e. etc. approx. dep. tr. u.s. u.s.c. reg. regs. "
    "div. dept. jan. feb. mar. apr. jun. jul. aug. sept. oct. nov. dec. al. assn. bros.".split()
)
