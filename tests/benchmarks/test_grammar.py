"""What the grammar of a memorandum gives and costs (`make bench-grammar`).

    CASEWRIGHT_STYLE_HOME=<home> [CASEWRIGHT_GRAMMAR_QUESTIONS=<n>] make bench-grammar

The questions of the sample matter, asked of an adapter (the home's newest) with the grammar and
without, the model asked whatever the evidence. Prints, for each: memoranda with the five headings
in order, gold facts, sentences verified, citations of passages that were not given, tokens a
second, and how many memoranda on unanswerable questions, and on others, say themselves that the
file has no answer, or have no verified sentence in the brief answer; and what checking took.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest

from retrieval.library import Library
from serving import adapters, citations, memo
from serving.answer import ask_matter
from serving.answered import Answer
from serving.how import How
from serving.llamacpp import LlamaCpp
from serving.models import DEFAULT_BASE, resolve
from ui.samples import MATTER_ID, Question, questions

PASSAGES, TOKENS = 6, 640
_NO_ANSWER = re.compile(
    r"\b(?:do|does|did|can|could)(?: not|n.t)\b.{0,40}\b(?:answer|say|state|show)"
    r"|cannot be answered|no passage",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Written:
    """A question and what was written on it."""

    question: Question
    answer: Answer

    @property
    def facts(self) -> int:
        plain = " ".join(self.answer.text.split()).lower()
        return sum(fact.lower() in plain for fact in self.question.facts)

    @property
    def invalid(self) -> int:
        cited = citations.citations(self.answer.text)
        return sum(not 1 <= number <= len(self.answer.passages) for number in cited)

    @property
    def brief(self) -> memo.Section:
        """The brief answer; where there is none, the whole."""
        found = [one for one in memo.sections(self.answer.text) if one.heading == "BRIEF ANSWER"]
        return found[0] if found else memo.Section("", 0, len(self.answer.text))

    @property
    def says_no(self) -> bool:
        """Whether the brief answer says that the file does not answer."""
        text = self.answer.text[self.brief.start : self.brief.end]
        return _NO_ANSWER.search(text) is not None

    @property
    def ungrounded(self) -> bool:
        """Whether no sentence of the brief answer is verified."""
        return not any(
            one.verdict == "verified"
            for one in self.answer.sentences
            if self.brief.start <= one.start < self.brief.end
        )


@pytest.mark.bench
@pytest.mark.timeout(7200)
def test_sample_matter_with_and_without(sample: Library) -> None:
    home = os.environ.get("CASEWRIGHT_STYLE_HOME")
    if home is None:
        pytest.skip("CASEWRIGHT_STYLE_HOME names no home with a trained adapter")
    adapter = adapters.adapters(Path(home))[-1]
    threads = int(os.environ.get("CASEWRIGHT_THREADS", "0"))
    engine = LlamaCpp(resolve(DEFAULT_BASE), [adapter], threads=threads)
    asked = questions()[: int(os.environ.get("CASEWRIGHT_GRAMMAR_QUESTIONS", "28"))]
    written: dict[bool, list[Written]] = {True: [], False: []}
    for number, question in enumerate(asked):
        # Who goes second has the prompt in the cache; writing is timed from the first token on.
        for bound in (True, False) if number % 2 else (False, True):
            answer = ask_matter(
                sample,
                MATTER_ID,
                question.question,
                engine,
                How(adapter=adapter.name, k=PASSAGES, max_tokens=TOKENS, bound=bound, anyway=True),
            )
            written[bound].append(Written(question, answer))
            _tell(f"{question.id} {'bound' if bound else 'free '}", [written[bound][-1]])
    engine.close()
    print(f"\n{adapter.name}, {len(asked)} questions, k={PASSAGES}, {TOKENS} tokens")
    for bound, name in ((False, "without the grammar"), (True, "with the grammar")):
        _tell(name, written[bound])
    assert all(one.answer.complete for one in written[True])
    assert not any(one.invalid for one in written[True])


def _tell(name: str, written: Sequence[Written]) -> None:
    sentences = sum(len(one.answer.sentences) for one in written)
    says_no = [one.question.answerable for one in written if one.says_no]
    ungrounded = [one.question.answerable for one in written if one.ungrounded]
    print(
        f"{name}: in order {sum(one.answer.complete for one in written)} of {len(written)}; "
        f"facts {sum(one.facts for one in written)} of "
        f"{sum(len(one.question.facts) for one in written)}; "
        f"verified {sum(one.answer.verified for one in written)} of {sentences} sentences; "
        f"cited {sum(len(citations.citations(one.answer.text)) for one in written)}, "
        f"not given {sum(one.invalid for one in written)}; "
        f"{median(one.answer.receipt['tokens_per_second'] for one in written):.1f} tokens/s, "
        f"{median(_seconds(one.answer) for one in written):.1f} s of writing; "
        f"checked in {100 * median(_check_share(one.answer) for one in written):.1f} % of that "
        f"(at most {100 * max(_check_share(one.answer) for one in written):.1f} %); "
        f"says that the file has no answer: {says_no.count(False)} of "
        f"{sum(not one.question.answerable for one in written)} unanswerable, "
        f"{says_no.count(True)} others; no brief answer verified: {ungrounded.count(False)} and "
        f"{ungrounded.count(True)}",
        flush=True,
    )


def _check_share(answer: Answer) -> float:
    """What the check of the sentences takes, as a share of what writing them took."""
    return float(answer.receipt["check_seconds"]) / float(answer.receipt["seconds"])


def _seconds(answer: Answer) -> float:
    return float(answer.receipt["seconds"]) - float(answer.receipt["first_token_seconds"])
