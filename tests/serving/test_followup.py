"""Follow-up questions stand alone, and questions that stand alone are left as they are."""

import pytest

from serving.followup import Rewritten, standalone
from tests.serving.conversations import DEVELOPED, NAMES, UNSEEN, Turn
from ui.samples import questions


def told(one: Turn) -> str:
    return standalone(one.asked, one.before, NAMES).question


def right(one: Turn) -> bool:
    """Whether a follow-up became what was expected of it."""
    now = told(one)
    if one.becomes:
        return now == one.becomes
    return all(part in now for part in one.holds) and not any(part in now for part in one.lacks)


@pytest.mark.parametrize("one", [*DEVELOPED, *UNSEEN], ids=lambda one: one.asked)
def test_follow_up_stands_alone(one: Turn) -> None:
    assert right(one), told(one)


def test_question_that_stands_alone_is_left_as_it_is() -> None:
    asked = [one.question for one in questions()]
    pairs = [*zip(asked, [*asked[1:], asked[0]], strict=True)]
    assert [now for before, now in pairs if standalone(now, [before], NAMES).done] == []


@pytest.mark.parametrize("earlier", [(), ("",), ("And?",)])
def test_first_question_is_left_as_it_is(earlier: tuple[str, ...]) -> None:
    assert standalone("And the windows?", ()) == Rewritten("And the windows?")
    for question in ("", "ok", "¿Y las ventanas?", "notice of default"):
        assert standalone(question, earlier) == Rewritten(question)


def test_conversation_goes_on_over_several_questions() -> None:
    earlier = ["Does the boiler heat the greenhouse?", "Who owns it?"]
    now = standalone("And when?", earlier)
    assert (
        now.question == "And when? (asked after: Does the boiler heat the greenhouse? Who owns it?)"
    )
    again = [standalone(one, earlier[:at]).question for at, one in enumerate(earlier)]
    assert standalone("And when?", again) == now


def test_each_of_several_questions_is_put_right_where_it_stands() -> None:
    now = standalone("1. When is it due? 2. Who holds it?", ["How much is the deposit?"])
    assert now.question == "1. When is the deposit due? 2. Who holds the deposit?"
    assert now.done == "“it” is the deposit"


def test_several_questions_before_are_followed_one_by_one() -> None:
    now = standalone("And the windows?", ["How much is the rent? Who repairs the roof?"])
    assert now.question == "Who repairs the windows?"


def test_what_was_done_is_told() -> None:
    now = standalone("When was it painted?", ["Does the boiler heat the greenhouse?"])
    assert now.done == ("what “it” stands for is not certain, so the question before is added")
