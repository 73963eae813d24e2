"""The thorough and the few-shot prompt: they tell more, and the plain one stays what it was."""

import pytest

from serving import prompts
from serving.citations import check
from serving.facts import PASSAGE_NUMBER
from serving.house import House
from serving.memo import headings_in_order
from serving.prompts import Excerpt, fingerprint, messages
from serving.shots import SHOTS, Shot

EXCERPTS = [Excerpt("lease.pdf", 3, "Base Rent is $15,200.00.")]


@pytest.mark.parametrize("excerpts", [[], EXCERPTS])
def test_thorough_adds_to_the_system_message_alone(excerpts: list[Excerpt]) -> None:
    plain, thorough = messages("Who?", excerpts), messages("Who?", excerpts, "thorough")
    assert thorough[0]["content"].startswith(plain[0]["content"])
    assert prompts.THOROUGH in thorough[0]["content"]
    assert thorough[1:] == plain[1:]
    assert ("passage" in thorough[0]["content"].lower()) == bool(excerpts)


def test_few_shot_shows_memoranda_before_the_same_question() -> None:
    plain, shown = messages("Who?", EXCERPTS), messages("Who?", EXCERPTS, "few-shot")
    assert (shown[0], shown[-1]) == tuple(plain)
    assert [one["role"] for one in shown[1:-1]] == ["user", "assistant"] * len(SHOTS)
    assert shown[1]["content"].startswith("Passages:\n\n[1] Supply Agreement, p. 4\n")
    assert shown[2]["content"] == SHOTS[0].memorandum


def test_without_passages_no_shot_cites_any() -> None:
    shown = messages("Who?", [], "few-shot")
    assert not any(PASSAGE_NUMBER.search(one["content"]) for one in shown)
    assert "within ten days of receipt, and" in shown[2]["content"]


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.question)
def test_shots_are_what_they_ask_for(shot: Shot) -> None:
    passages = [Excerpt(*passage).shown for passage in shot.passages]
    assert headings_in_order(shot.memorandum)
    verdicts = {one.verdict for one in check(shot.memorandum, passages)}
    assert verdicts == {"verified", "reasoning"}


def test_shots_stand_under_the_names_of_the_house(other_house: House) -> None:
    shown = messages("Who?", EXCERPTS, "few-shot")
    assert all(name in shown[2]["content"] for name in other_house.headings)


def test_each_variant_has_its_fingerprint() -> None:
    variants: list[prompts.Variant] = ["plain", "thorough", "few-shot"]
    assert len({fingerprint(one) for one in variants}) == 3
    assert fingerprint() == fingerprint("plain")
