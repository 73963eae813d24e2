"""Whether the served adapter is the trained one: PEFT against llama.cpp on the same tokens.

llama.cpp writes greedily; PEFT then reads what was written in one pass and gives its own
log-probabilities at each place. Where PEFT would have written another token for the first time,
there its own greedy text would part: the common prefix is exact without writing twice.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from serving import prompts
from serving.adapters import Adapter
from serving.completion import prompt_tokens, write
from serving.engine import LlamaCpp
from training.examples import Example
from training.scoring import Scorer

TOKENS = 48
"""Written behind each prompt."""

BEST = 20
"""The engine's best tokens at a place, whose log-probabilities are compared."""

PASSAGE_COUNTS = (1, 1, 1, 2, 6)
"""Passages in the prompts, in turn: short ones for speed, long ones for far rotary positions."""


@dataclass(frozen=True, slots=True)
class Parity:
    """How near the served model is to PEFT's, over all prompts. Differences are in nats."""

    prompts: int
    prompt_tokens: int
    same_tokens: bool
    """Whether both tokenise every chat prompt alike."""
    first_difference: float
    """Mean absolute difference of the log-probabilities of the next token behind the prompt."""
    difference: float
    """The same over all places up to the one where the greedy texts part."""
    greedy_agreement: float
    """Share of the tokens written that stand before that place."""
    same_texts: int
    """Prompts whose greedy texts are the same to the end."""
    base_shift: float
    """Mean absolute difference between adapter and base, both served, at the first token."""
    base_agreement: float
    """Share of the adapter's greedy tokens that stand in the base's text before they part."""
    base_prompts: int


def compare(
    engine: LlamaCpp,
    adapter: Adapter,
    scorer: Scorer,
    examples: Sequence[Example],
    *,
    count: int,
    base_count: int,
) -> Parity:
    """Measures ``count`` prompts made from the examples, ``base_count`` of them on the base too."""
    asked = [_asked(examples, number) for number in range(count)]
    same_tokens = True
    first: list[float] = []
    every: list[float] = []
    common = written_tokens = same_texts = read = 0
    shifts: list[float] = []
    base_common = base_written = 0
    for number, messages in enumerate(asked):
        prompt = prompt_tokens(engine, messages)
        same_tokens &= prompt == scorer.tokens(scorer.prompt(messages))
        read += len(prompt)
        served = write(engine, adapter, prompt, TOKENS, BEST)
        tokens = [one.token for one in served]
        expected = scorer.following(prompt, tokens)
        theirs = expected.argmax(-1).tolist()
        same = _common(tokens, theirs)
        gaps = [
            statistics.fmean(abs(value - float(row[token])) for token, value in one.best.items())
            for one, row in zip(served, expected, strict=True)
        ]
        first.append(gaps[0])
        every += gaps[: same + 1]
        common += same
        written_tokens += len(tokens)
        same_texts += same == len(tokens)
        if number < base_count:
            base = write(engine, None, prompt, TOKENS, BEST)
            base_common += _common(tokens, [one.token for one in base])
            base_written += len(tokens)
            both = served[0].best.keys() & base[0].best.keys()
            shifts += [abs(served[0].best[token] - base[0].best[token]) for token in both]
    return Parity(
        prompts=count,
        prompt_tokens=read,
        same_tokens=same_tokens,
        first_difference=statistics.fmean(first),
        difference=statistics.fmean(every),
        greedy_agreement=common / written_tokens,
        same_texts=same_texts,
        base_shift=statistics.fmean(shifts) if shifts else float("inf"),
        base_agreement=base_common / base_written,
        base_prompts=base_count,
    )


def _asked(examples: Sequence[Example], number: int) -> list[prompts.Message]:
    example = examples[number % len(examples)]
    shown = PASSAGE_COUNTS[number % len(PASSAGE_COUNTS)]
    turn = number // len(examples)
    passages = [*example.passages[turn:], *example.passages[:turn]][:shown]
    return prompts.messages(example.question, passages)


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two texts share from the start."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
