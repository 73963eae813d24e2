"""What the adapter and retrieval do, and how sure that is: paired bootstrap over the questions.

Every question was put to every arm, so that an effect is a mean of differences within a question.
The questions are drawn anew, with replacement, ``DRAWS`` times; the interval holds the middle 95 %
of what comes out (Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13). One
seed: the same figures give the same interval.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from training.arms import Arm

DRAWS = 10_000
SEED = 7

Figures = Mapping[str, Mapping[str, float | None]]
"""A measure by arm's name and question; None where it does not apply."""


@dataclass(frozen=True, slots=True)
class Effect:
    """A mean with its 95 % interval."""

    mean: float
    low: float
    high: float
    questions: int
    """Those that it was measured on: where the measure applies in every arm compared."""

    @property
    def certain(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


Weights = Mapping[Arm, float]
"""By what each arm counts in a comparison; the weights of a difference sum to zero."""

BASE, BASE_RETRIEVED = Arm(False, "none"), Arm(False, "retrieved")
ADAPTER, ADAPTER_RETRIEVED = Arm(True, "none"), Arm(True, "retrieved")

ADAPTER_EFFECT: Weights = {BASE: -0.5, BASE_RETRIEVED: -0.5, ADAPTER: 0.5, ADAPTER_RETRIEVED: 0.5}
"""The main effect of the adapter: with and without passages, on average."""
RETRIEVAL_EFFECT: Weights = {BASE: -0.5, BASE_RETRIEVED: 0.5, ADAPTER: -0.5, ADAPTER_RETRIEVED: 0.5}
"""The main effect of retrieval: of the base and the adapter, on average."""
INTERACTION: Weights = {BASE: 1.0, BASE_RETRIEVED: -1.0, ADAPTER: -1.0, ADAPTER_RETRIEVED: 1.0}
"""By how much retrieval does more with the adapter than with the base."""
ADAPTER_WITH_PASSAGES: Weights = {BASE_RETRIEVED: -1.0, ADAPTER_RETRIEVED: 1.0}
"""What the adapter does where there are passages: the only place where it can cite."""


def difference(before: Arm, after: Arm) -> Weights:
    """Gives the comparison of one arm with another."""
    return {before: -1.0, after: 1.0}


def effect(figures: Figures, weights: Weights, questions: Sequence[str]) -> Effect | None:
    """Gives a comparison of arms over the questions; None where it cannot be made on any."""
    values = np.array(_within(figures, weights, questions), dtype=np.float64)
    if not values.size:
        return None
    draw = np.random.default_rng(SEED)
    drawn = draw.integers(0, values.size, size=(DRAWS, values.size))
    low, high = np.percentile(values[drawn].mean(axis=1), (2.5, 97.5))
    return Effect(float(values.mean()), float(low), float(high), int(values.size))


def mean(figures: Figures, arm: Arm, questions: Sequence[str]) -> Effect | None:
    """Gives the mean of one arm, with its interval."""
    return effect(figures, {arm: 1.0}, questions)


def _within(figures: Figures, weights: Weights, questions: Sequence[str]) -> list[float]:
    """The comparison within each question, where every arm has a figure."""
    found = []
    for question in questions:
        values = [(figures[arm.name].get(question), weight) for arm, weight in weights.items()]
        known = [value * weight for value, weight in values if value is not None]
        if len(known) == len(values):
            found.append(sum(known))
    return found
