"""A memorandum's parts, as ``memo_docx`` and ``memo_markdown`` put them into a file."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retrieval.documents import Passage
from serving.house import house
from serving.outputs import told
from serving.pincites import pin_cites
from serving.questions import UNANSWERED

if TYPE_CHECKING:
    from serving.answered import Answer
    from serving.citations import CheckedSentence


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a memorandum: its heading (empty where none was written) and its span."""

    heading: str
    start: int
    end: int


def sections(memorandum: str) -> list[Section]:
    """Gives the parts of a memorandum in the order written; spans leave the heading out."""
    marks = [
        match
        for match in re.finditer(r"^[ \t*#]*(\S.*?)[ \t*:]*$", memorandum, re.MULTILINE)
        if match.group(1) in house().headings
    ]
    found = []
    opening = marks[0].start() if marks else len(memorandum)
    if memorandum[:opening].strip():
        found.append(Section("", 0, opening))
    for mark, following in zip(marks, [*marks[1:], None], strict=False):
        end = len(memorandum) if following is None else following.start()
        found.append(Section(mark.group(1), mark.end(), end))
    return found


def headings_in_order(memorandum: str) -> bool:
    """Whether the five headings stand in the memorandum, each once, in the house's order."""
    found = tuple(one.heading for one in sections(memorandum) if one.heading)
    return found == house().headings


def headings_written(memorandum: str) -> int:
    """Gives how many of the five headings stand in the house's order, others passed over."""
    expected = iter(house().headings)
    written = [section.heading for section in sections(memorandum)]
    found = 0
    wanted = next(expected)
    for heading in written:
        if heading == wanted:
            found += 1
            wanted = next(expected, "")
    return found


@dataclass(frozen=True, slots=True)
class Words:
    """Words of a sentence, and the passages named by the footnote whose mark stands behind them."""

    text: str
    note: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as it is printed: its words with their footnotes, and why it is in doubt."""

    words: tuple[Words, ...]
    doubt: str
    """Empty where it was verified, or is reasoning that states no fact."""
    change: str
    """What the check corrected in it; else empty."""


@dataclass(frozen=True, slots=True)
class Part:
    """A heading (empty where none was written) with its paragraphs of sentences."""

    heading: str
    paragraphs: tuple[tuple[Sentence, ...], ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A row of the table of sources: a passage that was given, cited or not."""

    number: int
    pin_cite: str
    passage: Passage
    notes: tuple[int, ...]
    """The footnotes that name it, counted from 1 through the memorandum."""


def parts(answer: "Answer") -> list[Part]:
    """Gives the memorandum's parts: citations of given passages have become footnotes."""
    given = len(answer.passages)
    return [
        Part(
            section.heading.title(),
            tuple(
                tuple(_printed(answer.text, sentence, given) for sentence in paragraph)
                for paragraph in _paragraphs(answer, section)
            ),
        )
        for section in sections(answer.text)
    ]


def sources(answer: "Answer") -> list[Source]:
    """Gives the table of sources: the passages in the order of their numbers."""
    cites = pin_cites(answer.passages, answer.described)
    notes = [
        words.note
        for part in parts(answer)
        for paragraph in part.paragraphs
        for sentence in paragraph
        for words in sentence.words
        if words.note
    ]
    return [
        Source(
            number,
            cites[number - 1],
            passage,
            tuple(at for at, named in enumerate(notes, start=1) if number in named),
        )
        for number, passage in enumerate(answer.passages, start=1)
    ]


def marks(sentence: Sentence) -> list[str]:
    """Gives what is printed in brackets behind a sentence: its doubt, and what was corrected."""
    doubt = [f"unverified: {sentence.doubt}"] if sentence.doubt else []
    return [*doubt, sentence.change] if sentence.change else doubt


def note_text(note: Sequence[int], given: Sequence[Source]) -> str:
    """Gives the words of a footnote, as ``Commercial Lease § 4.2, p. 3; File Note, p. 1``."""
    return "; ".join(dict.fromkeys(given[number - 1].pin_cite for number in note)) + "."


def without_emphasis(text: str) -> str:
    """Gives words without the Markdown stars and heading marks that a model may write."""
    return _EMPHASIS.sub("", text)


def tally(answer: "Answer") -> str:
    """Gives in words how far the memorandum may be relied on."""
    if answer.fault:
        return f"Incomplete and not verified: {answer.fault}"
    if answer.abstained:
        return "Not answered: the evidence in the case file is too weak, so no model was asked."
    left_out = "".join(f" {UNANSWERED}{question}" for question in answer.unanswered)
    return (
        f"{answer.verified} of {len(answer.sentences)} sentences verified against the passages "
        f"that they cite. What is marked unverified was not, and must be checked by hand.{left_out}"
    )


def receipt_rows(answer: "Answer") -> list[tuple[str, str]]:
    """Gives what made this answer as (what, value) for the end of a file; hashes, no text."""
    receipt = answer.receipt
    base = f"{receipt.get('base', '-')} (SHA-256 {str(receipt.get('base_sha256', '-'))[:16]})"
    if answer.abstained:
        base = "none was asked"
    generation = receipt.get("generation")
    corrected = sum(bool(sentence.corrected_from) for sentence in answer.sentences)
    return [
        ("Matter", str(receipt.get("matter", "-"))),
        ("Written", str(receipt.get("at", "-"))),
        ("Model", base),
        ("Adapter", str(receipt.get("adapter") or "none")),
        ("Prompt", f"SHA-256 {str(receipt.get('prompt', '-'))[:16]}"),
        ("Question", f"SHA-256 {str(receipt.get('question_sha256', '-'))[:16]}"),
        ("Index generation", "-" if generation is None else str(generation)),
        ("Passages given", str(len(answer.passages))),
        ("Taken out", told(receipt.get("taken_out", {})) or "nothing"),
        *((("Cut short", f"{cut} sentences left out"),) if (cut := receipt.get("cut")) else ()),
        (
            "Sentences",
            ", ".join(f"{count} {verdict}" for verdict, count in answer.verdicts.items()) or "none",
        ),
        *((("Citations corrected", str(corrected)),) if corrected else ()),
    ]


def _paragraphs(answer: "Answer", section: Section) -> list[list["CheckedSentence"]]:
    """The checked sentences of a section by paragraph."""
    inside: Sequence[CheckedSentence] = [
        sentence
        for sentence in answer.sentences
        if section.start <= sentence.start and sentence.end <= section.end
    ]
    paragraphs: list[list[CheckedSentence]] = []
    last_end = None
    for sentence in inside:
        if last_end is None or "\n" in answer.text[last_end : sentence.start]:
            paragraphs.append([])
        paragraphs[-1].append(sentence)
        last_end = sentence.end
    return paragraphs


def _printed(text: str, sentence: "CheckedSentence", given: int) -> Sentence:
    words = without_emphasis(text[sentence.start : sentence.end]).strip()
    return Sentence(tuple(_noted(words, given)), sentence.reason, sentence.change)


def _noted(sentence: str, given: int) -> Iterator[Words]:
    """The sentence cut behind its citations; neighbours share a note, the mark follows the stop.

    A citation of a passage that was not given stays in the words as it was written.
    """
    start = 0
    for match in _CITED.finditer(sentence):
        numbers = dict.fromkeys(int(number) for number in re.findall(r"\d+", match["numbers"]))
        if all(1 <= number <= given for number in numbers):
            yield Words(sentence[start : match.start()] + match["stop"], tuple(numbers))
            start = match.end()
    if sentence[start:]:
        yield Words(sentence[start:])


_CITED = re.compile(r"\s*(?P<numbers>\[\d{1,3}\](?:[ ,;]*\[\d{1,3}\])*)(?P<stop>[.,;:]?)")
_EMPHASIS = re.compile(r"\*\*|^\s*#+\s*")
