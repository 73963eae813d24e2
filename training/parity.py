"""Whether the served adapter is the trained one: PEFT against an engine on the same tokens.

The engine writes greedily; PEFT then reads what was written in one pass and gives its own
log-probabilities at each place. Where PEFT would have written another token for the first time,
there its own greedy text would part: the common prefix is exact without writing twice.
"""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from serving import prompts
from serving.adapters import Adapter
from serving.completion import Completions, Written
from training.examples import Example
from training.scoring import Scorer

TOKENS = 48
"""Written behind each prompt, at most."""

BEST = 20
"""The engine's best tokens at a place, whose log-probabilities are compared."""

PASSAGE_COUNTS = (1, 1, 1, 1, 6)
"""Passages in the prompts, in turn: short ones for speed, long ones for far rotary positions."""


@dataclass(frozen=True, slots=True)
class Nearness:
    """How near one served model is to PEFT's, over its prompts. Differences are in nats."""

    prompts: int
    first_difference: float
    """Mean absolute difference of the log-probabilities of the next token behind the prompt."""
    difference: float
    """The same over all places up to the one where the greedy texts part."""
    greedy_agreement: float
    """Share of the tokens written that stand before that place."""
    same_texts: int
    """Prompts whose greedy texts are the same to the end."""


@dataclass(frozen=True, slots=True)
class Parity:
    """The adapter's nearness, and the base model's on some of the prompts: the engine's rounding.

    llama.cpp rounds what it computes with, vLLM too, PEFT does not; an adapter that is served as
    it was trained is about as near as the base is without one.
    """

    prompt_tokens: int
    same_tokens: bool
    """Whether both tokenise every chat prompt alike."""
    adapter: Nearness
    base: Nearness
    shift: float
    """Mean absolute difference between adapter and base, both served, at the first token."""
    same_as_base: float
    """Share of the adapter's greedy tokens that stand in the base's text before they part."""


@dataclass(frozen=True, slots=True)
class _Text:
    """What was written behind a prompt: differences from PEFT at each place before they part."""

    served: Sequence[Written]
    gaps: Sequence[float]
    common: int


def compare(
    engine: Completions,
    adapter: Adapter,
    scorer: Scorer,
    examples: Sequence[Example],
    *,
    count: int,
    base_count: int,
    tokens: int = TOKENS,
    step: Callable[[], None] = lambda: None,
) -> Parity:
    """Measures ``count`` prompts made from the examples, ``base_count`` of them on the base too.

    At most ``tokens`` are written behind each; ``step`` is told of each prompt that is done.
    """
    same_tokens = True
    read = 0
    adapted: list[_Text] = []
    plain: list[_Text] = []
    for number in range(count):
        messages = asked(examples, number)
        prompt = engine.prompt_tokens(messages)
        same_tokens &= prompt == scorer.tokens(scorer.prompt(messages))
        read += len(prompt)
        adapted.append(_text(engine, adapter, scorer, prompt, tokens))
        if number < base_count:
            with scorer.base():
                plain.append(_text(engine, None, scorer, prompt, tokens))
        step()
    pairs = list(zip(adapted, plain, strict=False))
    shifts = [
        abs(ours.served[0].best[token] - theirs.served[0].best[token])
        for ours, theirs in pairs
        for token in ours.served[0].best.keys() & theirs.served[0].best.keys()
    ]
    same = sum(_common(_tokens(ours), _tokens(theirs)) for ours, theirs in pairs)
    return Parity(
        prompt_tokens=read,
        same_tokens=same_tokens,
        adapter=_nearness(adapted),
        base=_nearness(plain),
        shift=statistics.fmean(shifts) if shifts else math.inf,
        same_as_base=same / sum(len(ours.served) for ours, _ in pairs),
    )


def _text(
    engine: Completions, adapter: Adapter | None, scorer: Scorer, prompt: Sequence[int], most: int
) -> _Text:
    served = engine.write(adapter, prompt, most, BEST)
    tokens = [one.token for one in served]
    expected = scorer.following(prompt, tokens)
    common = _common(tokens, expected.argmax(-1).tolist())
    gaps = [
        statistics.fmean(abs(value - float(row[token])) for token, value in one.best.items())
        for one, row in zip(served, expected, strict=True)
    ]
    return _Text(served, gaps[: common + 1], common)


def _nearness(texts: Sequence[_Text]) -> Nearness:
    return Nearness(
        prompts=len(texts),
        first_difference=statistics.fmean(text.gaps[0] for text in texts),
        difference=statistics.fmean(gap for text in texts for gap in text.gaps),
        greedy_agreement=sum(text.common for text in texts)
        / sum(len(text.served) for text in texts),
        same_texts=sum(text.common == len(text.served) for text in texts),
    )


def _tokens(text: _Text) -> list[int]:
    return [one.token for one in text.served]


def asked(examples: Sequence[Example], number: int) -> list[prompts.Message]:
    """Gives the prompt of that number: the examples' questions in turn, with few passages."""
    example = examples[number % len(examples)]
    shown = PASSAGE_COUNTS[number % len(PASSAGE_COUNTS)]
    turn = number // len(examples)
    passages = [*example.passages[turn:], *example.passages[:turn]][:shown]
    return prompts.messages(example.question, passages)


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two texts share from the start."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
