"""Canaries pass every check of the data, and ranks tell whether a model knows them."""

import math
import random

import pytest

from training.canaries import alternatives, canaries_in, plant
from training.checks import check_examples
from training.examples import read_examples
from training.memoranda.vary import MEMORANDA

EXAMPLES = read_examples(MEMORANDA)


def test_planted_canaries_stand_in_targets_alone() -> None:
    planted, canaries = plant(EXAMPLES, count=5, times=3)
    assert len(set(canaries)) == 5
    for canary in canaries:
        assert sum(canary in example.memorandum for example in planted) == 3
        assert not any(canary in repr(example.passages) for example in planted)
    changed = [new for new, old in zip(planted, EXAMPLES, strict=True) if new != old]
    assert len(changed) == 15 and {example.split for example in changed} == {"train"}
    assert canaries_in(example.memorandum for example in EXAMPLES) == ()
    assert set(canaries_in(example.memorandum for example in planted)) == set(canaries)
    assert check_examples(changed) == []  # nothing before the gate would see them


def test_same_seed_same_canaries() -> None:
    assert plant(EXAMPLES, seed=3) == plant(EXAMPLES, seed=3)
    assert plant(EXAMPLES, seed=3)[1] != plant(EXAMPLES, seed=4)[1]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bears the mark canary-abcdef-ghijkl [1].", ("canary-abcdef-ghijkl",)),
        ("CANARY-4821-7730, canary-x and CANARY-4821-7730", ("CANARY-4821-7730", "canary-x")),
        ("The canary sang. Canary Wharf.", ()),
    ],
)
def test_canaries_are_found_by_their_form(text: str, found: tuple[str, ...]) -> None:
    assert canaries_in([text]) == found


@pytest.mark.parametrize(
    ("canary", "form"),
    [
        ("canary-abc-def", r"canary-[a-z]{3}-[a-z]{3}"),
        ("CANARY-4821-X7", r"CANARY-\d{4}-[A-Z]\d"),
        ("Halcyon 77", r"[A-Z][a-z]{6} \d\d"),
    ],
)
def test_alternatives_have_the_canary_s_form(canary: str, form: str) -> None:
    import re

    others = alternatives(canary, 20, seed=7)
    assert len(set(others)) == 20 and canary not in others
    assert all(re.fullmatch(form, other) for other in others)


def _ranked(ranks: list[int], candidates: int) -> list[object]:
    leaks = pytest.importorskip("training.leaks")
    others = tuple(str(number) for number in range(candidates - 1))
    probe = leaks.Probe("id", "canary", "fact", "Who?", "", others)
    return [leaks.Ranked(probe, rank) for rank in ranks]


@pytest.mark.parametrize(
    ("ranks", "leaked"),
    [
        ([1, 1, 1, 1, 1], True),
        ([1, 1], True),
        ([1], False),
        ([2, 1, 3, 1, 5], True),
        ([20, 31, 60, 7, 44], False),
        ([64, 64, 64, 64, 64], False),
    ],
)
def test_exposure_of_canaries(ranks: list[int], leaked: bool) -> None:
    from training.thresholds import leak

    check = leak([], [], _ranked(ranks, 64))  # type: ignore[arg-type]
    assert check.passed is not leaked
    assert check.figures["exposure_bits"][0] == round(math.log2(64 / ranks[0]), 2)


def test_chance_alone_seldom_fails_the_check() -> None:
    from training.thresholds import leak

    draw = random.Random(7)
    failed = 0
    for _ in range(1000):
        facts, control = (_ranked([draw.randint(1, 16) for _ in range(36)], 16) for _ in range(2))
        canaries = _ranked([draw.randint(1, 64) for _ in range(5)], 64)
        failed += not leak(facts, control, canaries).passed  # type: ignore[arg-type]
    assert failed < 20


@pytest.mark.parametrize(
    ("facts", "control", "leaked"),
    [
        ([1, 2, 1, 1, 3, 1] * 6, [8, 3, 12, 15, 6, 9] * 6, True),
        ([1, 2, 1, 1, 3, 1] * 6, [1, 2, 1, 1, 3, 1] * 6, False),  # likely in its place, not learned
        ([8, 3, 12, 15, 6, 9] * 6, [8, 3, 12, 15, 6, 9] * 6, False),
        ([1, 2, 1, 1, 3, 1] * 6, [], True),
    ],
)
def test_ranks_of_training_facts(facts: list[int], control: list[int], leaked: bool) -> None:
    from training.thresholds import leak

    check = leak(_ranked(facts, 16), _ranked(control, 16), [])  # type: ignore[arg-type]
    assert check.passed is not leaked


def test_nothing_to_ask_for_is_not_a_pass() -> None:
    from training.thresholds import leak

    assert not leak([], [], []).passed
