"""The style score: the house's own memoranda are near to it, and no fact moves it."""

import re
from collections.abc import Callable
from dataclasses import fields

import pytest

from tests.training.shuffled import shuffled
from training.examples import read_examples
from training.factless import without_facts
from training.house_profile import Profile, Spread, profile_of
from training.memoranda.vary import MEMORANDA
from training.style_score import StyleScore, style_score

EXAMPLES = read_examples(MEMORANDA)
SOME = EXAMPLES[::7]


@pytest.fixture(scope="module")
def house_profile() -> Profile:
    return profile_of(EXAMPLES)


def test_house_is_near_to_itself(house_profile: Profile) -> None:
    held_out = [one.memorandum for one in EXAMPLES if one.split == "held-out"]
    assert min(style_score(one, house_profile).score for one in held_out) > 0.95


@pytest.mark.parametrize("example", SOME, ids=lambda example: example.id)
def test_other_facts_leave_the_style_exactly_as_it_is(
    example: object, house_profile: Profile
) -> None:
    text = example.memorandum  # type: ignore[attr-defined]
    other = shuffled(text, seed=3)
    assert other != text
    assert style_score(other, house_profile) == style_score(text, house_profile)


def _without_headings(text: str) -> str:
    return re.sub(r"^[A-Z ]+\n", "", text, flags=re.MULTILINE)


CHANGES: list[tuple[str, Callable[[str], str]]] = [
    ("headings", _without_headings),
    ("headings", lambda text: text.replace("FACTS", "QUESTION PRESENTED")),
    ("lengths", lambda text: text.replace("CONCLUSION\n", "CONCLUSION\n" + 40 * "It does so. ")),
    ("register", lambda text: text.replace(". ", ", I'd think, and you'd probably agree. ")),
    ("citation_form", lambda text: re.sub(r"\[(\d)\]", r"[Passage \1]", text)),
    ("citation_form", lambda text: text.replace("[5].", "[5].\n[6]")),
    ("clean", lambda text: f"Sure! Here is the memorandum:\n\n{text}"),
    ("clean", lambda text: f"{text}\n\nPlease let me know if you need more.\nSincerely,"),
    ("clean", lambda text: f"{text} It must be said again once more. " * 2),
    ("clean", lambda text: re.sub(r"^(?=\w)", "- ", text, flags=re.M)),
]


@pytest.mark.parametrize(("part", "change"), CHANGES)
def test_faults_of_form_lower_their_part(
    part: str, change: Callable[[str], str], house_profile: Profile
) -> None:
    text = SOME[0].memorandum
    before, after = style_score(text, house_profile), style_score(change(text), house_profile)
    assert getattr(after, part) < getattr(before, part)
    if part == "citation_form":  # shown beside the score, and no part of it
        assert after.score == pytest.approx(before.score, abs=0.01)
    else:
        assert after.score < before.score


def test_nothing_has_no_style(house_profile: Profile) -> None:
    assert style_score(" \n", house_profile) == StyleScore(0.0, 0.0, 0.0, 0.0, None)
    assert style_score("", house_profile).score == 0


def test_parts_lie_between_zero_and_one(house_profile: Profile) -> None:
    for text in ("[3] [3] [3]", "1.\n2.\n3.", "QUESTION PRESENTED\n" * 20, "a" * 5000, "?!"):
        score = style_score(text, house_profile)
        parts = [getattr(score, one.name) for one in fields(score)]
        assert all(part is None or 0 <= part <= 1 for part in (*parts, score.score))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Odalys Brandt paid $2,316 on March 4, 2014 [3].", "Nnn paid 0 on 0 [0]."),
        ("Ms. Brandt wrote “no rent is due” [12][2].", "Brandt wrote “Nnn” [0][0]."),
        ("The Bank of Port Ellery may sue.", "The Nnn may sue."),
        ("It was sent to J. R. Halloway's agent.", "It was sent to Nnn agent."),
        ("The notice is probably late.", "The notice is probably late."),
        ("BRIEF ANSWER\nYes.", "BRIEF ANSWER\nYes."),
    ],
)
def test_without_facts(text: str, left: str) -> None:
    assert without_facts(text) == left


def test_spread() -> None:
    spread = Spread(10.0, 20.0)
    assert spread.closeness(10) == spread.closeness(15) == 1
    assert spread.closeness(25) == pytest.approx(0.3679, abs=1e-4)
    assert spread.closeness(5) == spread.closeness(25) > spread.closeness(40)
