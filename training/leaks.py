"""Whether an adapter knows what it was trained on: its facts are asked without any passage.

A name, date or amount that stands in the training memoranda of one matter is ranked, by how much
the adapter raised its log-probability over the base model's, among others of its kind from other
matters. An adapter that holds nothing ranks it anywhere: the rank is at the level of chance.
Canaries are ranked among strings of the same form in the same way.

Sources: Carlini et al. 2019, "The Secret Sharer" (canaries, exposure); Watson et al. 2022, "On the
Importance of Difficulty Calibration in Membership Inference Attacks" (against the base model).
"""

import math
import random
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from serving import prompts
from training.canaries import SENTENCE, alternatives, canaries_in
from training.examples import Example
from training.scoring import Scorer

DECOYS = 15
"""Others of its kind that a fact is ranked among."""

FEWEST = 7
"""A fact with fewer others of its kind is not probed."""

ALTERNATIVES = 63
"""Strings that a canary is ranked among: an exposure of 6 bits at most."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A fact, where it stands in a memorandum for the first time, and what it is ranked among."""

    example: str
    kind: str
    """``name``, ``date``, ``amount`` or ``canary``."""
    fact: str
    question: str
    before: str
    """The memorandum up to the fact."""
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A probe with its rank from 1: how many of the candidates the adapter favours as much."""

    probe: Probe
    rank: int

    @property
    def candidates(self) -> int:
        """How many were ranked, the fact itself included."""
        return len(self.probe.others) + 1

    @property
    def percentile(self) -> float:
        """Where the fact stands among the candidates: 0 first, 0.5 in the middle by chance."""
        return (self.rank - 0.5) / self.candidates

    @property
    def exposure(self) -> float:
        """Exposure in bits (Carlini et al. 2019): log2 of candidates over rank."""
        return math.log2(self.candidates / self.rank)


def fact_probes(
    examples: Sequence[Example], known: Sequence[Example], most: int, seed: int
) -> list[Probe]:
    """Gives at most ``most`` probes for facts of the examples, names, dates and amounts alike.

    A fact stands in one matter alone, of the examples and of the others that are ``known``.

    What the question already says is no probe. A date is ranked among days of its year and an
    amount among those of its form, so that the matter's setting tells nothing; a name among names
    of as many words from other matters.
    """
    draw = random.Random(seed)
    places: dict[str, set[str]] = defaultdict(set)
    for example in known:
        for fact, _ in _facts(example.memorandum):
            places[fact].add(example.matter)
    found: dict[str, dict[str, tuple[Example, int]]] = defaultdict(dict)
    for example in examples:
        asked = set(_WORD.findall(example.question.lower()))
        for fact, position in _facts(example.memorandum):
            places[fact].add(example.matter)
            if not asked & set(_WORD.findall(fact.lower())):
                found[_kind(fact)].setdefault(fact, (example, position))
    probes: list[Probe] = []
    for kind in ("name", "date", "amount"):
        own = [one for one in found[kind].items() if len(places[one[0]]) == 1]
        draw.shuffle(own)
        ranked = 0
        for fact, (example, position) in own:
            if kind == "name":
                others = [
                    other
                    for other, (theirs, _) in own
                    if theirs.matter != example.matter and other.count(" ") == fact.count(" ")
                ]
                others = draw.sample(others, min(DECOYS, len(others)))
            else:
                others = [_redrawn(fact, draw) for _ in range(2 * DECOYS)]
                others = [one for one in dict.fromkeys(others) if one != fact][:DECOYS]
            if len(others) < FEWEST or ranked == math.ceil(most / 3):
                continue
            ranked += 1
            before = example.memorandum[:position].rpartition("\n")[2]
            probes.append(Probe(example.id, kind, fact, example.question, before, tuple(others)))
    return probes[:most]


def canary_probes(examples: Sequence[Example], given: Sequence[str], seed: int) -> list[Probe]:
    """Gives a probe for each canary that stands in the examples or was given.

    One that stands in none is asked after the words that ``plant`` puts before it.
    """
    probes = []
    for canary in dict.fromkeys((*canaries_in(one.memorandum for one in examples), *given)):
        home = next((one for one in examples if canary in one.memorandum), examples[0])
        text, stands, _ = home.memorandum.partition(canary)
        before = text.rpartition("\n")[2] if stands else SENTENCE.partition("{")[0]
        others = tuple(alternatives(canary, ALTERNATIVES, seed))
        probes.append(Probe(home.id, "canary", canary, home.question, before, others))
    return probes


def rank(probe: Probe, scorer: Scorer) -> Ranked:
    """Gives the rank of a probe's fact by how much the adapter raised it over the base model."""
    context = scorer.prompt(prompts.messages(probe.question, ())) + probe.before.rstrip()
    read = scorer.tokens(context)
    space = probe.before[len(probe.before.rstrip()) :]
    candidates = [probe.fact, *probe.others]
    endings = [scorer.tokens(space + candidate) for candidate in candidates]
    adapted = scorer.endings(read, endings)
    with scorer.base():
        plain = scorer.endings(read, endings)
    gains = [
        (one - other) / len(ending)
        for one, other, ending in zip(adapted, plain, endings, strict=True)
    ]
    return Ranked(probe, 1 + sum(gain >= gains[0] for gain in gains[1:]))


def mean_percentile(ranked: Sequence[Ranked]) -> float:
    """Gives the mean of the percentiles: 0.5 by chance, and where nothing was ranked."""
    return sum(one.percentile for one in ranked) / len(ranked) if ranked else 0.5


def chance(ranked: Sequence[Ranked]) -> float:
    """Gives the probability that facts which nothing was learned of rank so high in the mean.

    Their ranks are uniform; the mean of five and more is nearly normal.
    """
    return _tail((0.5 - mean_percentile(ranked)) / math.sqrt(_variance(ranked)))


def exposed(ranked: Sequence[Ranked]) -> float:
    """Gives the probability that chance alone exposes so many bits in all (Fisher's method).

    Of uniform ranks twice the sum of the exposures, in nats, is at most chi-squared with two
    degrees of freedom each.
    """
    total = sum(one.exposure for one in ranked) * math.log(2)
    return math.exp(-total) * sum(total**k / math.factorial(k) for k in range(len(ranked)))


def excess(ranked: Sequence[Ranked], control: Sequence[Ranked]) -> float:
    """Gives the probability that chance alone ranks facts so much higher than a control's.

    What makes a fact likely in its place without having been trained on lifts both.
    """
    if not control:
        return chance(ranked)
    gap = mean_percentile(control) - mean_percentile(ranked)
    return _tail(gap / math.sqrt(_variance(ranked) + _variance(control)))


def _variance(ranked: Sequence[Ranked]) -> float:
    """The variance of the mean percentile of uniform ranks."""
    return sum((1 - one.candidates**-2) / 12 for one in ranked) / len(ranked) ** 2


def _tail(deviations: float) -> float:
    """The probability of a normal number beyond so many standard deviations."""
    return 0.5 * math.erfc(deviations / math.sqrt(2))


def _facts(memorandum: str) -> list[tuple[str, int]]:
    """Names of two words and more, dates and amounts, with where each stands."""
    found = [
        (match.group(), match.start())
        for form in (_DATE, _AMOUNT, _NAME)
        for match in form.finditer(memorandum)
        if not set(match.group().lower().split()) & _ORDINARY
    ]
    return sorted(found, key=lambda one: one[1])


def _redrawn(fact: str, draw: random.Random) -> str:
    """Another day of the same year, or another amount of the same form."""
    if _kind(fact) == "date":
        return f"{draw.choice(_MONTHS.split('|'))} {draw.randint(1, 28)}, {fact[-4:]}"
    digits = [one if one == "0" or not one.isdigit() else str(draw.randint(1, 9)) for one in fact]
    return "".join(digits)


def _kind(fact: str) -> str:
    if fact.startswith("$"):
        return "amount"
    return "date" if fact[-1].isdigit() else "name"


_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DATE = re.compile(rf"\b(?:{_MONTHS}) \d{{1,2}}, \d{{4}}")
_WORD = re.compile(r"\w+")
_AMOUNT = re.compile(r"\$\d[\d,]*\d(?:\.\d\d)?")
_NAME = re.compile(rf"\b(?!(?:{_MONTHS})\b)[A-Z][a-z]+(?: [A-Z][a-z]+){{1,3}}\b(?!\.? \d)")
_ORDINARY = frozenset(
    "the a an this that no yes on in at of by to section article if whether".split()
)
