"""Parse the citations of a memorandum and check every sentence against its passages.

The checks are deterministic (``verdicts``): a cited number must exist; quotations, numbers, dates,
amounts and names must stand in a passage that is cited, authorities in one that was given; the page
and section that are named must be the passage's; nothing may be turned round; and the passage must
support the sentence. Training uses the same ``facts`` to make sure that no target states what its
prompt does not hold.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from serving.facts import PASSAGE_NUMBER, facts, missing
from serving.house import house
from serving.meaning import Meaning
from serving.sources import Source, Span, source_of
from serving.verdicts import Verdict, judge

__all__ = [
    "CheckedSentence",
    "Verdict",
    "check",
    "citations",
    "corrected",
    "facts",
    "missing",
    "sentences",
]


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """A sentence of a memorandum, ``text[start:end]``, with what the check found."""

    start: int
    end: int
    citations: tuple[int, ...]
    verdict: Verdict
    reason: str
    """Why it failed the check, in words for the reader; else empty."""
    spans: tuple[Span, ...] = ()
    """Where its passages support it, as far as they do."""
    correction: tuple[int, ...] = ()
    """The passages that it should have cited, where others than those cited support it."""
    corrected_from: tuple[int, ...] = ()
    """What the model cited, where ``corrected`` has put the correction in its place."""

    @property
    def change(self) -> str:
        """What was corrected, in words for the reader; else empty."""
        if not self.corrected_from:
            return ""
        before, after = (
            "".join(f"[{number}]" for number in numbers)
            for numbers in (self.corrected_from, self.citations)
        )
        return f"citation corrected from {before} to {after}"


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


def check(
    memorandum: str, passages: Sequence[str] | Sequence[Source], meaning: Meaning | None = None
) -> list[CheckedSentence]:
    """Gives every sentence of the memorandum with its verdict, its citations as they were written.

    ``passages`` are those that the prompt numbered from 1, as texts under their place or with the
    place apart. ``meaning`` is asked where words leave it open whether a passage supports a
    sentence. Headings (lines in capitals, without a number) are not sentences. The question
    presented is no statement where all that it names stands in the passages.
    """
    sources = [one if isinstance(one, Source) else source_of(one) for one in passages]
    checked = []
    heading = ""
    for start, end in sentences(memorandum):
        sentence = memorandum[start:end]
        if sentence.strip().isupper() and not re.search(r"\d", sentence):
            heading = sentence.strip(" *#:\t")
            continue
        cited = citations(sentence)
        if heading == house().headings[0] and not cited and not missing(sentence, _shown(sources)):
            checked.append(CheckedSentence(start, end, cited, "reasoning", ""))
            continue
        found = judge(sentence, cited, sources, meaning)
        checked.append(
            CheckedSentence(
                start, end, cited, found.verdict, found.reason, found.spans, found.correction
            )
        )
    return checked


def corrected(
    memorandum: str, checked: Sequence[CheckedSentence]
) -> tuple[str, list[CheckedSentence]]:
    """Gives the memorandum with its corrections made, and its sentences as they then stand.

    A corrected sentence is verified by the passages that it now cites; ``corrected_from`` keeps
    those that the model had cited.
    """
    parts = []
    done: list[CheckedSentence] = []
    at = shift = 0
    for one in checked:
        text = memorandum[one.start : one.end]
        written = _recited(text, one.correction) if one.correction else text
        parts += [memorandum[at : one.start], written]
        start, at = one.start + shift, one.end
        shift += len(written) - len(text)
        moved = replace(one, start=start, end=one.end + shift)
        if one.correction:
            moved = replace(
                moved,
                citations=citations(written),
                verdict="verified",
                reason="",
                correction=(),
                corrected_from=one.citations,
            )
        done.append(moved)
    return "".join([*parts, memorandum[at:]]), done


def _recited(sentence: str, wanted: Sequence[int]) -> str:
    """The sentence with these citations: those that it has stay, others change in their place."""
    marks = list(PASSAGE_NUMBER.finditer(sentence))
    new = [number for number in wanted if number not in citations(sentence)]
    written = [int(mark[1]) if int(mark[1]) in wanted else 0 for mark in marks]
    # A mark that is wrong takes the next new number; what is left of them stands behind the last.
    written = [number or (new.pop(0) if new else 0) for number in written]
    said, at = "", 0
    for mark, number in zip(marks, written, strict=True):
        before = sentence[at : mark.start()]
        said += before + f"[{number}]" if number else before.rstrip(" ")
        at = mark.end()
    return said + "".join(f"[{number}]" for number in new) + sentence[at:]


def _shown(sources: Sequence[Source]) -> list[str]:
    return [source.shown for source in sources]


_SENTENCE_END = re.compile(
    r"(?P<stop>[.?!][”\"’')]*(?:\s?\[\d{1,3}\])*)(?:\s+(?=[“\"‘'(\[A-Z0-9$§])|$)"
)
_ABBREVIATIONS = frozenset(
    "no. nos. v. vs. inc. co. corp. ltd. art. sec. secs. cf. id. mr. mrs. ms. dr. jr. sr. st. "
    "p. pp. para. paras. ch. cl. ex. exs. e.g. i.e. etc. approx. dep. tr. u.s. u.s.c. reg. regs. "
    "div. dept. jan. feb. mar. apr. jun. jul. aug. sept. oct. nov. dec. al. assn. bros.".split()
)
