"""Effects and their intervals: known numbers in, known effects out."""

import pytest

from training.arms import ARMS, FOUR
from training.effects import (
    ADAPTER,
    ADAPTER_EFFECT,
    ADAPTER_RETRIEVED,
    BASE,
    BASE_RETRIEVED,
    INTERACTION,
    RETRIEVAL_EFFECT,
    Effect,
    effect,
    mean,
)
from training.measures import EffectRow, findings

QUESTIONS = [f"q{number}" for number in range(20)]


def figures(
    adapter: float, retrieval: float, both: float = 0.0
) -> dict[str, dict[str, float | None]]:
    """Figures of twenty questions that differ much, with the same effects in each."""
    found: dict[str, dict[str, float | None]] = {arm.name: {} for arm in FOUR}
    for number, question in enumerate(QUESTIONS):
        for arm in FOUR:
            adapted, retrieved = arm.adapted, arm.ground == "retrieved"
            found[arm.name][question] = (
                number + adapter * adapted + retrieval * retrieved + both * adapted * retrieved
            )
    return found


@pytest.mark.parametrize(
    ("weights", "expected"),
    [(ADAPTER_EFFECT, 0.35), (RETRIEVAL_EFFECT, 0.15), (INTERACTION, 0.1)],
)
def test_effects_within_questions(weights: object, expected: float) -> None:
    found = effect(figures(0.3, 0.1, both=0.1), weights, QUESTIONS)  # type: ignore[arg-type]
    assert found is not None
    # However much the questions differ, what is the same within each is certain.
    assert (found.mean, found.low, found.high) == pytest.approx((expected,) * 3)
    assert found.questions == 20 and found.certain


def test_interval_holds_the_spread_and_is_the_same_every_time() -> None:
    table = figures(0.0, 0.0)
    for number, question in enumerate(QUESTIONS):
        table[ADAPTER.name][question] = table[BASE.name][question] + (-1) ** number  # type: ignore[operator]
    one = effect(table, {BASE: -1.0, ADAPTER: 1.0}, QUESTIONS)
    assert one == effect(table, {BASE: -1.0, ADAPTER: 1.0}, QUESTIONS)
    assert one is not None and not one.certain
    # The mean of twenty draws of ±1 has a deviation of 1/sqrt(20): 1.96 of them are 0.44.
    assert (one.mean, one.low, one.high) == pytest.approx((0, -0.44, 0.44), abs=0.07)


def test_question_without_a_figure_is_left_out_of_the_pairs() -> None:
    table = figures(0.3, 0.1)
    table[BASE.name]["q0"] = None
    found = effect(table, ADAPTER_EFFECT, QUESTIONS)
    assert found is not None and found.questions == 19
    only = mean(table, ADAPTER_RETRIEVED, QUESTIONS)
    assert only is not None and only.questions == 20
    table[BASE.name] = dict.fromkeys(QUESTIONS)
    assert effect(table, ADAPTER_EFFECT, QUESTIONS) is None
    assert mean(table, BASE_RETRIEVED, QUESTIONS) is not None


@pytest.mark.parametrize(
    ("adapter_style", "adapter_facts", "outcomes"),
    [
        (Effect(0.3, 0.2, 0.4, 20), Effect(0.0, -0.03, 0.03, 20), ["confirmed", "confirmed"]),
        (Effect(0.0, -0.02, 0.02, 20), Effect(0.2, 0.1, 0.3, 20), ["refuted", "refuted"]),
        (Effect(0.2, -0.1, 0.5, 20), Effect(0.1, -0.1, 0.3, 20), ["not shown", "not shown"]),
        (Effect(-0.3, -0.4, -0.2, 20), Effect(-0.2, -0.3, -0.1, 20), ["refuted", "refuted"]),
    ],
)
def test_findings(adapter_style: Effect, adapter_facts: Effect, outcomes: list[str]) -> None:
    rows = [
        EffectRow("adapter", "style score", adapter_style),
        EffectRow("adapter", "fact score", adapter_facts),
    ]
    assert [one.outcome for one in findings(rows)] == outcomes


def test_arms() -> None:
    assert [len(arms) for arms in ARMS.values()] == [4, 8, 18]
    assert all(len({arm.name for arm in arms}) == len(arms) for arms in ARMS.values())
    assert set(ARMS["four"]) < set(ARMS["standard"]) < set(ARMS["all"])
