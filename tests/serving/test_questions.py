"""Several questions in one text: each is found, searched, and answered or named as unanswered."""

from pathlib import Path

import pytest

from retrieval.documents import RankedPassage
from retrieval.library import Library
from retrieval.search import find
from serving.answer import ask_matter
from serving.how import How
from serving.llamacpp import LlamaCpp
from serving.memo_markdown import as_markdown
from serving.models import BaseModel
from serving.questions import UNANSWERED, questions
from serving.searching import LEAST, MOST, find_each
from tests.serving.scripted import Scripted, says

RENT = "What is the Base Rent?"
TERM = "When does the initial term begin?"
STRANGER = "Which zoning variance did the Harbor Commission refuse to the ferry operator?"
OTHER_STRANGER = "What did the ferry operator pay for its moorings in Lisbon?"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Who repairs the roof?", ["Who repairs the roof?"]),
        ("notice of default", ["notice of default"]),
        ("", [""]),
        ("When is it, and what is due?", ["When is it, and what is due?"]),
        ("Who pays? When?", ["Who pays?", "When?"]),
        ("1. Who pays the tax? 2. When does it end?", ["Who pays the tax?", "When does it end?"]),
        ("Who pays?\nWho signs?\n", ["Who pays?", "Who signs?"]),
        ("Tell us:\n- Who pays\n- When is rent due", ["Who pays", "When is rent due"]),
        ("(a) Who pays? (b) Who signs?", ["Who pays?", "Who signs?"]),
        ("Who pays? Who pays?", ["Who pays? Who pays?"]),
        ("The roof leaked. Who pays? Who signs?", ["The roof leaked. Who pays?", "Who signs?"]),
        ("Is it confirmed? Give the two dates.", ["Is it confirmed? Give the two dates."]),
        ("Under Section 4. What is due?", ["Under Section 4. What is due?"]),
        ("Why? (asked after: Who pays? Who signs?)", ["Why? (asked after: Who pays? Who signs?)"]),
        ("Did he ask “Is it safe?” of her?", ["Did he ask “Is it safe?” of her?"]),
        ("2. Who pays? 3. Who signs?", ["2. Who pays?", "3. Who signs?"]),
    ],
)
def test_questions_of_a_text(text: str, found: list[str]) -> None:
    assert questions(text) == found


def held(passages: list[RankedPassage], facts: tuple[str, ...]) -> list[bool]:
    texts = [" ".join(one.passage.text.split()) for one in passages]
    return [any(fact in text for text in texts) for fact in facts]


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        (
            "How many square feet were unusable according to Brackwater? "
            "When does discovery close under the scheduling order?",
            ("2,850", "September 20, 2024"),
        ),
        (
            "1. What administrative fee may the landlord add to operating expenses? "
            "2. How much time to cure does the notice of default allow?",
            ("ten percent", "five (5) days"),
        ),
        (
            "Which Tenant's Share does the Second Amendment set?\nWhat is the deposit on file?",
            ("12.50%", "$25,080.00"),
        ),
    ],
)
def test_each_question_has_its_passages_where_one_search_misses_some(
    sample: Library, text: str, facts: tuple[str, ...]
) -> None:
    assert False in held(find(sample, "quillfeather", text, 6).passages, facts)
    searched = find_each(sample, "quillfeather", text, 6)
    assert held(searched.passages, facts) == [True, True]
    assert len(searched.passages) == len({one.passage.id for one in searched.passages}) == 6
    assert searched.unanswered == ()


def test_one_question_is_searched_as_before(small: Library) -> None:
    searched, found = find_each(small, "oven", RENT, 3), find(small, "oven", RENT, 3)
    assert (searched.passages, searched.evidence) == (found.passages, found.evidence)
    assert (searched.asked, searched.unanswered) == (RENT, ())


def test_every_question_has_a_least_share_and_many_share_a_search(sample: Library) -> None:
    things = "roof", "rent", "deposit", "notice", "discovery", "oven", "insurance", "parking"
    many = " ".join(f"What does the file say of the {thing}?" for thing in things)
    searched = find_each(sample, "quillfeather", many, 4, anyway=True)
    assert 4 < len(searched.passages) <= LEAST * MOST


def test_later_question_is_searched_with_what_it_speaks_of(sample: Library) -> None:
    text = "What did Stellan Roofing quote for the roof section? When did its quote expire?"
    searched = find_each(sample, "quillfeather", text, 6)
    assert held(searched.passages, ("June 20, 2023",)) == [True]


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    """The model that every engine gives."""
    model = says("BRIEF ANSWER\nBase Rent is $15,200.00 a month [1].")
    monkeypatch.setattr(LlamaCpp, "chat_model", lambda engine, adapter, **options: model)
    return model


@pytest.fixture
def engine(tmp_path: Path) -> LlamaCpp:
    return LlamaCpp(BaseModel("missing", tmp_path / "missing.gguf", "0" * 64), context=512)


def test_question_that_the_file_does_not_answer_is_named_and_not_asked(
    small: Library, engine: LlamaCpp, model: Scripted
) -> None:
    told: list[str] = []
    answer = ask_matter(
        small,
        "oven",
        f"{RENT} {STRANGER}",
        engine,
        How(adapter=None, k=2, max_tokens=64),
        on_unanswered=told.extend,
    )
    assert answer.question == f"{RENT} {STRANGER}"
    assert answer.unanswered == (STRANGER,) == tuple(told)
    assert not answer.abstained and answer.receipt["unanswered"] == 1
    ((_, user),) = model.sent
    assert f"Question: {RENT}\n" in user.text
    assert "zoning" not in user.text
    assert f"{UNANSWERED}{STRANGER}" in as_markdown(answer).decode()


def test_weak_questions_are_asked_anyway(small: Library, engine: LlamaCpp, model: Scripted) -> None:
    asked = f"{RENT} {STRANGER}"
    answer = ask_matter(
        small, "oven", asked, engine, How(adapter=None, k=2, max_tokens=64, anyway=True)
    )
    ((_, user),) = model.sent
    assert f"Question: {asked}\n" in user.text
    assert answer.unanswered == (STRANGER,)


def test_nothing_is_answered_where_all_are_weak(small: Library, engine: LlamaCpp) -> None:
    asked = f"{STRANGER} {OTHER_STRANGER}"
    answer = ask_matter(small, "oven", asked, engine, How(adapter=None, k=2, max_tokens=64))
    assert answer.abstained
    assert answer.unanswered == ()
    assert asked in answer.text
