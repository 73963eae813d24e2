"""Whether an adapter writes in the house's form, and what it states is no worse founded.

Base and adapter answer the same held-out prompts, greedily. Everything is counted by rule; the
style score is the one of ``evaluate``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from serving import citations, memo, prompts
from serving.adapters import Adapter
from serving.engine import Engine
from serving.house import HEADINGS
from training.examples import Example
from training.house_profile import Profile
from training.style_score import style_score


@dataclass(frozen=True, slots=True)
class Style:
    """What was counted over the memoranda of one model."""

    memoranda: int
    words: int
    """Words of all memoranda."""
    score: float
    """Their mean style score, as ``evaluate`` has it."""
    ordered: int
    """Memoranda with all headings once, in order."""
    headings: float
    """Share of the headings that stand in the house's order."""
    cited: int
    """Passages cited."""
    invalid: int
    """Citations of passages that were not given."""
    cited_sentences: float
    """Share of the sentences that cite a passage that was given."""
    sentences: int
    verified: int
    """Sentences whose facts all stand in a passage that they cite."""
    facts: int
    """Names, dates, amounts, numbers and quotations stated."""
    found: int
    """Those of them that stand somewhere in the prompt."""

    @property
    def verified_share(self) -> float:
        """Share of the sentences that are verified."""
        return self.verified / self.sentences if self.sentences else 0.0

    @property
    def found_share(self) -> float:
        """Share of the facts stated that stand in the prompt."""
        return self.found / self.facts if self.facts else 1.0


def measure(
    engine: Engine,
    adapter: Adapter | None,
    examples: Sequence[Example],
    *,
    house_profile: Profile,
    max_tokens: int,
    step: Callable[[], None] = lambda: None,
) -> Style:
    """Asks one model the examples' questions and counts what it wrote."""
    model = engine.chat_model(adapter, max_tokens=max_tokens)
    words = ordered = headings = cited = invalid = 0
    score = 0.0
    sentences = citing = verified = stated = found = 0
    for example in examples:
        text = model.invoke(prompts.messages(example.question, example.passages)).text
        shown = [one.shown for one in example.passages]
        numbers = citations.citations(text)
        checked = citations.check(text, shown)
        words += len(text.split())
        score += style_score(text, house_profile).score
        ordered += memo.headings_in_order(text)
        headings += memo.headings_written(text)
        cited += len(numbers)
        invalid += sum(not 1 <= number <= len(shown) for number in numbers)
        sentences += len(checked)
        citing += sum(bool(one.citations) and one.verdict != "invalid" for one in checked)
        verified += sum(one.verdict == "verified" for one in checked)
        for one in checked:
            sentence = text[one.start : one.end]
            facts = len(citations.facts(sentence))
            stated += facts
            found += facts - len(citations.missing(sentence, [example.question, *shown]))
        step()
    return Style(
        memoranda=len(examples),
        words=words,
        score=score / len(examples),
        ordered=ordered,
        headings=headings / (len(HEADINGS) * len(examples)),
        cited=cited,
        invalid=invalid,
        cited_sentences=citing / sentences if sentences else 0.0,
        sentences=sentences,
        verified=verified,
        facts=stated,
        found=found,
    )
