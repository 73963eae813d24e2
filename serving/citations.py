"""Parse the citations of a memorandum and check every sentence against its passages.

The checks are deterministic: a cited number must exist, and the numbers, dates, amounts,
quotations and names of a sentence must stand in a passage that it cites. Training uses the
same ``facts`` to make sure that no target states what its prompt does not hold.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["verified", "unsupported", "uncited", "invalid", "reasoning"]
"""``invalid``: cites a passage that was not given; ``uncited``: states a fact, cites nothing;
``reasoning``: neither cites nor states anything that could be looked up."""


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
    return tuple(dict.fromkeys(int(number) for number in _CITATION.findall(text)))


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


def facts(sentence: str) -> tuple[str, ...]:
    """Gives what can be looked up: quotations, amounts, dates, numbers, and names.

    A name is a capitalised word inside the sentence. A capitalised first word counts only where
    its form shows a name (a possessive, or another capitalised word behind it).
    """
    bare = _CITATION.sub("", sentence)
    found = [match.group(1).strip(" .,;") for match in _QUOTATION.finditer(bare)]
    found += [match.group().rstrip(".,") for match in _NUMBER.finditer(bare)]
    words = list(_WORD.finditer(bare))
    for index, match in enumerate(words):
        word = match.group()
        if not word[0].isupper() or word.lower() in _NOT_NAMES:
            continue
        if _opens(bare, match.start()):
            following = words[index + 1].group() if index + 1 < len(words) else ""
            possessive = word.endswith(("'s", "’s", "s'", "s’"))
            named = following[:1].isupper() and following.lower() not in _NOT_NAMES
            if not possessive and not named:
                continue
        found.append(word)
    return tuple(dict.fromkeys(found))


def missing(sentence: str, sources: Sequence[str]) -> tuple[str, ...]:
    """Gives the facts of the sentence that stand in none of the sources."""
    whole = _normalised("\n".join(sources))
    words = {_stem(word) for word in _WORD.findall(whole)}
    numbers = {_amount(match.group()) for match in _NUMBER.finditer(whole)}
    numbers |= set(re.findall(r"(?<=, )\d{4}\b", whole))  # the year of a date stands alone
    absent = []
    for fact in facts(sentence):
        plain = _normalised(fact)
        if " " in plain:
            # March 1 does not stand in March 10.
            stands = re.search(rf"(?<!\w){re.escape(plain)}(?!\w)", whole) is not None
        elif _NUMBER.fullmatch(plain):
            stands = _amount(plain) in numbers
        else:
            stands = _stem(plain) in words
        if not stands:
            absent.append(fact)
    return tuple(absent)


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


def _opens(text: str, position: int) -> bool:
    """Whether a word at this position opens the sentence or a clause after a colon."""
    before = text[:position].rstrip(" \t\n“\"'(‘")
    return not before or before[-1] in ".:;?!\n"


def _normalised(text: str) -> str:
    text = text.translate(_PLAIN)
    return re.sub(r"\s+", " ", text).lower()


def _amount(number: str) -> str:
    """A number without what follows it in a sentence, and without zero cents."""
    return number.rstrip(".,").removesuffix(".00")


def _stem(word: str) -> str:
    """A word without its possessive, in lower case."""
    return re.sub(r"(?:'s|s')$|'$", "", word.lower().replace("’", "'")) or word.lower()


_CITATION = re.compile(r"\[(\d{1,3})\]")
_SENTENCE_END = re.compile(
    r"(?P<stop>[.?!][”\"’')]*(?:\s?\[\d{1,3}\])*)(?:\s+(?=[“\"‘'(\[A-Z0-9$§])|$)"
)
_QUOTATION = re.compile(r"[“\"]([^”\"]{3,}?)[”\"]")
_NUMBER = re.compile(
    r"\$\d[\d,]*(?:\.\d+)?"
    r"|(?:january|february|march|april|may|june|july|august|september|october|november|december)"
    r" \d{1,2}(?!\d)(?:, \d{4})?"
    r"|\d+(?:[.,:/-]\d+)*(?:\([a-z0-9]{1,3}\))*%?",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z][\w&]*(?:['’-][A-Za-z]+)*['’]?")
_PLAIN = str.maketrans({"“": '"', "”": '"', "’": "'", "‘": "'", "–": "-", "—": "-", "\xa0": " "})
_ABBREVIATIONS = frozenset(
    "no. nos. v. vs. inc. co. corp. ltd. art. sec. secs. cf. id. mr. mrs. ms. dr. jr. sr. st. "
    "p. pp. para. paras. ch. cl. ex. exs. e.g. i.e. etc. approx. dep. tr. u.s. u.s.c. reg. regs. "
    "div. dept. jan. feb. mar. apr. jun. jul. aug. sept. oct. nov. dec. al. assn. bros.".split()
)
_NOT_NAMES = frozenset(
    "i a an the this that these those it its he she they we you his her their our who whose which "
    "what when where whether why how and or but nor so yet for of in on at to by from with without "
    "under over after before between if because while although since until unless as than then "
    "there here no not yes probably likely perhaps both each every any all some none neither "
    "either section sections article articles paragraph clause exhibit page state one two three "
    "question presented brief answer facts discussion conclusion".split()
)
