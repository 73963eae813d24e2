"""Whether a memorandum states what the file says: deterministic, and blind to its form.

Headings are taken out before anything is counted. What a fact is and where it stands is told by
``serving.facts`` and ``serving.quantities``, as for the check of every answer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from serving.citations import citations, facts, missing, sentences
from serving.house import house
from serving.quantities import quantities, stated
from training.arms import Ground
from training.grounds import Grounds


@dataclass(frozen=True, slots=True)
class FactScore:
    """What was counted in one memorandum."""

    answerable: bool
    gold: int
    """Gold facts that a right answer states and the question does not."""
    found: int
    """Those of them that the memorandum states."""
    stated: int
    """Names, dates, amounts, numbers and quotations in it."""
    unsupported: int
    """Those of them that stand neither in the question nor in what the file has on it: the gold
    passages and those retrieved, whichever of them the model saw."""
    abstains: bool
    """Whether it says that the file does not answer."""
    given: int
    """Passages that the model saw."""
    cited: int
    """Passages cited, each once; those that were not given included."""
    invalid: int
    """Those of them that were not given."""
    cited_gold: int
    """Those of them that hold a gold span."""
    spans: int
    spans_cited: int
    """Gold spans of which a cited passage holds some."""
    sentences: int
    citing: int
    """Sentences that cite a passage that was given."""

    @property
    def supported(self) -> float:
        """Share of the facts stated that the file supports; 0 where none is stated."""
        return 1 - self.unsupported / self.stated if self.stated else 0.0

    @property
    def recall(self) -> float:
        """Share of the gold facts found."""
        return self.found / self.gold if self.gold else 0.0

    @property
    def right_to_abstain(self) -> bool:
        """Whether it abstains just where the file does not answer."""
        return self.abstains != self.answerable

    @property
    def score(self) -> float:
        """The score, 0 to 1.

        Where the file answers: the harmonic mean of the gold facts found and the facts supported.
        Where it does not: 0 unless the memorandum says so, and then the share supported.
        """
        if not self.answerable:
            clean = self.supported if self.stated else 1.0
            return clean if self.abstains else 0.0
        if not self.gold:
            return self.supported
        both = self.recall + self.supported
        return 2 * self.recall * self.supported / both if both else 0.0

    @property
    def citation_precision(self) -> float | None:
        """Share of the passages cited that hold a gold span.

        None where no passage was given or cited, or the file has no such span.
        """
        return self.cited_gold / self.cited if self.given and self.cited and self.spans else None

    @property
    def citation_recall(self) -> float | None:
        """Share of the gold spans that are cited; None where there is no passage or no span."""
        return self.spans_cited / self.spans if self.given and self.spans else None


def fact_score(memorandum: str, grounds: Grounds, ground: Ground) -> FactScore:
    """Gives the score of what was written on a question from one ground."""
    text = without_headings(memorandum)
    question = grounds.question
    given = grounds.given(ground)
    known = [question.question, *(source.shown for source in grounds.known)]
    gold = gold_facts(question.question, question.facts)
    numbers = citations(text)
    cited = [given[number - 1] for number in numbers if 1 <= number <= len(given)]
    written = [text[start:end] for start, end in sentences(text)]
    return FactScore(
        answerable=question.answerable,
        gold=len(gold),
        found=sum(stands(fact, text) for fact in gold),
        stated=sum(len(facts(sentence)) for sentence in written),
        unsupported=sum(_unsupported(sentence, known) for sentence in written),
        abstains=_NO_ANSWER.search(" ".join(text.split())) is not None,
        given=len(given),
        cited=len(numbers),
        invalid=len(numbers) - len(cited),
        cited_gold=sum(any(span.within(one) for span in question.spans) for one in cited),
        spans=len(question.spans),
        spans_cited=sum(any(span.within(one) for one in cited) for span in question.spans),
        sentences=len(written),
        citing=sum(
            any(1 <= number <= len(given) for number in citations(sentence)) for sentence in written
        ),
    )


def gold_facts(question: str, found: Sequence[str]) -> list[str]:
    """Gives the gold facts that the question does not give away; all where it gives all."""
    return [fact for fact in found if not stands(fact, question)] or list(found)


def stands(fact: str, text: str) -> bool:
    """Whether a text states a fact: in the same words, or a quantity in any of its forms."""
    words = re.escape(_plain(fact))
    if re.search(rf"(?<!\w){words}(?!\w)", _plain(text)):
        return True
    counted = quantities(fact)
    whole = sum(one.end - one.start for one in counted) >= len(fact.strip()) - 1
    return whole and all(
        any(reading <= stated(text) for reading in one.readings) for one in counted
    )


def without_headings(memorandum: str) -> str:
    """Gives a memorandum without the lines that are its headings."""
    lines = memorandum.splitlines(keepends=True)
    return "".join(line for line in lines if line.strip(" \t*#:\r\n") not in house().headings)


def _unsupported(sentence: str, known: Sequence[str]) -> int:
    # A pair of names that stand apart in the file is missing, though either name is known.
    return min(len(missing(sentence, known)), len(facts(sentence)))


def _plain(text: str) -> str:
    return " ".join(text.split()).lower().replace("’", "'")


_FILE = r"(?:case files?|files?|passages?|documents?|records?|excerpts?)"
_NO_ANSWER = re.compile(
    rf"\b{_FILE}(?: \w+)? (?:do|does|did)(?: not|n.t) "
    r"(?:\w+ )?(?:answer|say|state|show|settle|address|mention|contain|specify|provide|disclose)"
    rf"|\b(?:cannot|can ?not|can.t) be (?:answered|determined|told)\b"
    rf"|\b(?:no|none of the) (?:of the )?{_FILE} (?:\w+ )?"
    r"(?:answers?|says?|states?|shows?|settles?|addresses|mentions?|specif(?:y|ies))"
    rf"|\bnot (?:stated|answered|shown|specified|disclosed) (?:in|by) (?:the|any) {_FILE}"
    rf"|\bnothing in the {_FILE}\b",
    re.IGNORECASE,
)
