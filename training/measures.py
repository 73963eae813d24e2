"""What is measured in every memorandum of an evaluation, and what is concluded from it in words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from training.arms import Arm
from training.effects import (
    ADAPTER_EFFECT,
    ADAPTER_WITH_PASSAGES,
    INTERACTION,
    RETRIEVAL_EFFECT,
    Effect,
    Weights,
    difference,
    effect,
)
from training.fact_score import FactScore
from training.style_score import StyleScore

Measure = Callable[[StyleScore, FactScore], float | None]

MEASURES: Mapping[str, Measure] = {
    "style score": lambda style, fact: style.score,
    "headings": lambda style, fact: style.headings,
    "section lengths": lambda style, fact: style.lengths,
    "register": lambda style, fact: style.register,
    "clean text": lambda style, fact: style.clean,
    "fact score": lambda style, fact: fact.score,
    "gold facts found": lambda style, fact: fact.recall if fact.answerable and fact.gold else None,
    "unsupported facts": lambda style, fact: float(fact.unsupported),
    "facts stated": lambda style, fact: float(fact.stated),
    "citation form": lambda style, fact: style.citation_form if fact.given else None,
    "citing sentences": lambda style, fact: (
        fact.citing / fact.sentences if fact.given and fact.sentences else None
    ),
    "citation precision": lambda style, fact: fact.citation_precision,
    "citation recall": lambda style, fact: fact.citation_recall,
    "citations of no passage": lambda style, fact: float(fact.invalid),
    "rightly declined": lambda style, fact: None if fact.answerable else float(fact.abstains),
    "wrongly declined": lambda style, fact: float(fact.abstains) if fact.answerable else None,
}
"""By name: a number for each memorandum, None where the measure does not apply. Shares, but for the
unsupported facts, the facts stated and the citations of no passage, which are counts."""
COUNTS = frozenset({"unsupported facts", "facts stated", "citations of no passage"})
SCORES = ("style score", "fact score")
PARTS = {
    "style score": ("headings", "section lengths", "register", "clean text"),
    "fact score": ("gold facts found", "unsupported facts", "facts stated"),
}
CITING = (
    "citing sentences",
    "citation form",
    "citation precision",
    "citation recall",
    "citations of no passage",
)
DECLINING = ("rightly declined", "wrongly declined")


FEWEST = 2
"""Questions that an effect is told of, at least: one alone has no interval."""


@dataclass(frozen=True, slots=True)
class EffectRow:
    """One line of the table of effects."""

    what: str
    measure: str
    effect: Effect


def effect_rows(
    figures: Mapping[str, Mapping[str, Mapping[str, float | None]]],
    arms: Sequence[Arm],
    questions: Sequence[str],
) -> list[EffectRow]:
    """Gives every effect that the arms allow; ``figures`` are by measure, arm and question."""
    rows = []

    def add(what: str, weights: Weights, *measures: str) -> None:
        if set(weights) <= {*arms}:
            for measure in measures:
                found = effect(figures[measure], weights, questions)
                if found is not None and found.questions >= FEWEST:
                    rows.append(EffectRow(what, measure, found))

    for score in SCORES:
        add("adapter", ADAPTER_EFFECT, score)
        add("retrieval", RETRIEVAL_EFFECT, score)
        add("interaction", INTERACTION, score)
    parts = [part for score in SCORES for part in PARTS[score]]
    add("adapter", ADAPTER_EFFECT, *parts)
    add("retrieval", RETRIEVAL_EFFECT, *parts)
    add("adapter, where there are passages", ADAPTER_WITH_PASSAGES, *CITING, *DECLINING)
    for adapted, name in ((False, "base"), (True, "adapter")):
        better = difference(Arm(adapted, "retrieved"), Arm(adapted, "gold"))
        add(f"gold for retrieved passages ({name})", better, *SCORES, "gold facts found")
        for variant in ("thorough", "few-shot"):
            asked = difference(Arm(adapted, "retrieved"), Arm(adapted, "retrieved", variant))
            add(f"{variant} prompt ({name})", asked, *SCORES, *CITING[:1], *DECLINING)
    return rows


@dataclass(frozen=True, slots=True)
class Finding:
    """An expectation, and what became of it."""

    expected: str
    outcome: str
    """``confirmed``, ``refuted``, or ``not shown``: the questions are too few to tell."""
    told: str


def findings(rows: Sequence[EffectRow]) -> list[Finding]:
    """Holds the thesis against the effects: the adapter moves style, retrieval moves facts."""
    found = {(row.what, row.measure): row.effect for row in rows}
    expected = (
        ("adapter", "style score", True, "The adapter moves the style"),
        ("adapter", "fact score", False, "The adapter does not move the facts"),
        ("retrieval", "fact score", True, "Retrieval moves the facts"),
        ("retrieval", "style score", False, "Retrieval does not move the style"),
    )
    return [
        Finding(told, *_outcome(found[what, measure], moves=moves))
        for what, measure, moves, told in expected
        if (what, measure) in found
    ]


NEGLIGIBLE = 0.05
"""An effect on a score, of 0 to 1, that no reader would notice."""


def _outcome(one: Effect, *, moves: bool) -> tuple[str, str]:
    told = f"{one.mean:+.2f}, between {one.low:+.2f} and {one.high:+.2f} (95 %)"
    if moves:
        if one.low > 0:
            return "confirmed", told
        return ("refuted" if one.high < NEGLIGIBLE else "not shown"), told
    if one.certain and abs(one.mean) >= NEGLIGIBLE:
        return "refuted", told
    small = max(abs(one.low), abs(one.high)) < NEGLIGIBLE
    return ("confirmed" if small else "not shown"), f"{told}: " + (
        f"less than {NEGLIGIBLE} either way" if small else "an effect may be there"
    )
