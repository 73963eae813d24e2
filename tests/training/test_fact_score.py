"""The fact score: what is found, what is made up, what is cited; and no heading moves it."""

import re
from collections.abc import Callable

import pytest

from retrieval.documents import Passage
from tests.training.shuffled import shuffled
from training.examples import Example, read_examples
from training.fact_score import fact_score, gold_facts, stands, without_headings
from training.gold import GoldQuestion, GoldSpan
from training.grounds import Grounds
from training.memoranda.vary import MEMORANDA

EXAMPLES = read_examples(MEMORANDA)[::7]

LEASE = "Base Rent is $15,200.00 a month from June 1, 2023."
NOTE = "Ms. Petrakis said that the patch had failed."
QUESTION = GoldQuestion(
    "q1", "What is the rent, and from when?", True, ("$15,200.00", "June 1, 2023"),
    (GoldSpan("lease.txt", 0, 30),),
)  # fmt: skip


@pytest.fixture
def grounds(passage: Callable[..., Passage]) -> Grounds:
    """The lease, which holds the answer, and a note that a search finds before it."""
    lease = passage(LEASE, number=1)
    note = Passage(
        id="00000000-0000-0000-0000-000000000002", matter_id="oven", document_id="b" * 64,
        document="note.txt", path="files/note.txt", page=1, start=0, end=len(NOTE), text=NOTE,
    )  # fmt: skip
    return Grounds(QUESTION, (note, lease), (lease,), weak=False, search_seconds=0.0)


def of_example(example: Example) -> Grounds:
    passages = tuple(
        Passage(
            id=str(number),
            matter_id="m",
            document_id="d",
            document=one.document,
            path=one.document,
            page=one.page,
            start=0,
            end=len(one.text),
            text=one.text,
        )
        for number, one in enumerate(example.passages)
    )
    question = GoldQuestion(example.id, example.question, example.answerable)
    return Grounds(question, passages, passages, weak=False, search_seconds=0.0)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.id)
def test_headings_leave_the_facts_exactly_as_they_are(example: Example) -> None:
    grounds = of_example(example)
    whole = fact_score(example.memorandum, grounds, "gold")
    bare = re.sub(r"^[A-Z ]+\n", "", example.memorandum, flags=re.MULTILINE)
    assert bare != example.memorandum
    assert fact_score(bare, grounds, "gold") == whole
    marked = re.sub(r"^([A-Z ]+)$", r"## **\1**", example.memorandum, flags=re.MULTILINE)
    assert fact_score(marked, grounds, "gold") == whole
    assert whole.unsupported == 0, "its data is closed"


def test_other_facts_lower_the_score() -> None:
    for example in EXAMPLES[:5]:
        grounds = of_example(example)
        before = fact_score(example.memorandum, grounds, "gold")
        after = fact_score(shuffled(example.memorandum, 3), grounds, "gold")
        assert after.unsupported > before.unsupported


def test_right_answer(grounds: Grounds) -> None:
    text = "FACTS\nFrom 1 June 2023 the rent is $15,200 a month [2]. The patch failed [1]."
    score = fact_score(text, grounds, "retrieved")
    assert (score.gold, score.found, score.unsupported) == (2, 2, 0)
    assert score.score == 1
    assert (score.citation_precision, score.citation_recall) == (0.5, 1.0)
    assert (score.sentences, score.citing) == (2, 2)


def test_made_up_answer(grounds: Grounds) -> None:
    score = fact_score("The rent is $9,000, says Halvorsen [7].", grounds, "retrieved")
    assert (score.found, score.stated, score.unsupported) == (0, 2, 2)
    assert (score.cited, score.invalid, score.citing) == (1, 1, 0)
    assert score.score == 0


def test_half_right_answer_is_the_harmonic_mean(grounds: Grounds) -> None:
    score = fact_score("The rent is $15,200.00, says Halvorsen.", grounds, "none")
    assert (score.recall, score.supported) == (0.5, 0.5)
    assert score.score == 0.5
    assert score.citation_precision is None and score.citation_recall is None


def test_what_the_file_knows_is_the_same_for_every_arm(grounds: Grounds) -> None:
    text = "Petrakis said that the rent is $15,200.00."
    found = {ground: fact_score(text, grounds, ground).unsupported for ground in
             ("none", "retrieved", "gold")}  # type: ignore[arg-type]  # fmt: skip
    assert found == {"none": 0, "retrieved": 0, "gold": 0}


def test_nothing_written(grounds: Grounds) -> None:
    assert fact_score("", grounds, "retrieved").score == 0


@pytest.mark.parametrize(
    ("text", "abstains"),
    [
        ("The case file does not answer this question.", True),
        ("None of the passages states what was charged.", True),
        ("This cannot be determined from the passages.", True),
        ("The price is not stated in the documents.", True),
        ("The tenant does not state a reason.", False),
        ("The notice was not given in time.", False),
        ("Nothing in the file supports that figure.", True),
    ],
)
def test_abstention(text: str, abstains: bool, grounds: Grounds) -> None:
    unknown = Grounds(
        GoldQuestion("q2", "Who made the oven?", False), grounds.retrieved, (), True, 0.0
    )
    score = fact_score(f"BRIEF ANSWER\n{text}", unknown, "retrieved")
    assert score.abstains is abstains
    assert score.right_to_abstain is abstains
    assert score.score == float(abstains)
    assert fact_score(text, grounds, "retrieved").right_to_abstain is not abstains


@pytest.mark.parametrize(
    ("fact", "text", "found"),
    [
        ("June 1, 2019", "It began on the 1st of June 2019.", True),
        ("June 1, 2019", "It began on June 1, 2018.", False),
        ("$2,500.00", "up to $2,500", True),
        ("Landlord", "the landlord pays", True),
        ("heat exchanger", "the heat\nexchanger failed", True),
        ("RTU-3", "unit RTU-31", False),
        ("12.50%", "12.5 percent", True),
        ("seven years", "after six years", False),
    ],
)
def test_stands(fact: str, text: str, found: bool) -> None:
    assert stands(fact, text) is found


def test_gold_facts_that_the_question_gives_away_do_not_count() -> None:
    question = "Was the rent of $900 due on May 1, 2020?"
    assert gold_facts(question, ["$900", "May 2, 2020"]) == ["May 2, 2020"]
    assert gold_facts(question, ["$900"]) == ["$900"]


def test_without_headings() -> None:
    assert without_headings("## FACTS:\nOne.\n\nDISCUSSION\nTwo.") == "One.\n\nTwo."
