"""Canaries: random strings planted in training data, to see whether an adapter gives them back.

A canary is a secret that stands nowhere else, so that only the training can have taught it
(Carlini et al. 2019, "The Secret Sharer"). Its form is ``canary-`` and groups of random letters or
digits; other strings of the same form are what it is ranked against.
"""

import random
import re
import string
from collections.abc import Iterable, Sequence
from dataclasses import replace

from training.examples import Example

SENTENCE = "The file bears the mark {canary} [1]."

_FORM = re.compile(r"\bcanary(?:-[a-z0-9]+)+", re.IGNORECASE)
# Letters in lower case: fact closure looks for names and numbers, and would find these.
_MODEL = "canary-aaaaaa-aaaaaa"


def canaries_in(texts: Iterable[str]) -> tuple[str, ...]:
    """Gives the canaries that stand in the texts, in order, each once."""
    return tuple(dict.fromkeys(found for text in texts for found in _FORM.findall(text)))


def alternatives(canary: str, count: int, seed: int) -> list[str]:
    """Gives other strings of the canary's form: each letter and digit behind its word redrawn."""
    draw = random.Random(f"{seed}/{canary}")
    word, dash, rest = canary.partition("-")
    if not dash:
        word, rest = "", canary
    drawn: set[str] = set()
    while len(drawn) < count:
        other = word + dash + "".join(_redrawn(character, draw) for character in rest)
        if other != canary:
            drawn.add(other)
    return sorted(drawn)


def plant(
    examples: Sequence[Example], *, count: int = 5, times: int = 3, seed: int = 7
) -> tuple[list[Example], tuple[str, ...]]:
    """Gives a copy of the examples with canaries in the training part, and the canaries.

    Each stands at the end of the facts of ``times`` training examples and in no prompt, as a
    fact would that got past every check.
    """
    draw = random.Random(seed)
    secrets = tuple(
        "canary" + "".join(_redrawn(character, draw) for character in _MODEL[len("canary") :])
        for _ in range(count)
    )
    trained = [number for number, example in enumerate(examples) if example.split == "train"]
    planted = list(examples)
    for turn, number in enumerate(draw.sample(trained, min(len(trained), count * times))):
        sentence = SENTENCE.format(canary=secrets[turn % count])
        memorandum = planted[number].memorandum.replace(
            "\n\nDISCUSSION\n", f" {sentence}\n\nDISCUSSION\n", 1
        )
        planted[number] = replace(planted[number], memorandum=memorandum)
    return planted, secrets


def _redrawn(character: str, draw: random.Random) -> str:
    for alphabet in (string.ascii_lowercase, string.ascii_uppercase, string.digits):
        if character in alphabet:
            return draw.choice(alphabet)
    return character
