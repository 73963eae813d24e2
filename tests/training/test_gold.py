"""Questions with gold: as people write them, as rules make them, and as examples give them."""

from pathlib import Path

import pytest

from retrieval.errors import CasewrightError
from retrieval.library import Library
from tests.conftest import SAMPLE_MATTER
from tests.training.conftest import write_short_examples
from training.examples import read_examples
from training.fact_score import stands
from training.gold import GoldQuestion, GoldSpan, read_questions, write_questions
from training.grounds import grounds
from training.jsonl import BadExamples
from training.made_questions import made_questions
from training.set_matter import MATTER, set_matter

QUESTIONS = SAMPLE_MATTER / "questions.jsonl"


def test_sample_matter_is_the_model() -> None:
    questions = read_questions(QUESTIONS)
    assert len(questions) == 28
    assert sum(one.answerable for one in questions) == 20
    assert questions[0].spans[0] == GoldSpan("lease.pdf", 1047, 1081)


def test_written_questions_are_read_again(tmp_path: Path) -> None:
    questions = read_questions(QUESTIONS)
    write_questions(tmp_path / "again.jsonl", questions)
    assert read_questions(tmp_path / "again.jsonl") == questions


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("", "holds no question"),
        ("no JSON", "line 1: not JSON"),
        ('{"id": "a"}', "line 1: question: Field required"),
        ('{"question": ""}', "line 1: question: String should have at least 1"),
        ('{"question": "Who?", "fact": []}', "line 1: fact: Extra inputs"),
        (
            '{"question": "Who?", "spans": [{"document": "a", "start": 9, "end": 9}]}',
            "line 1: spans.0: Value error, the span ends before it begins",
        ),
        ('{"id": "a", "question": "Who?"}\n{"id": "a", "question": "What?"}', "have one id"),
    ],
)
def test_bad_questions_are_told_by_line(tmp_path: Path, line: str, told: str) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(line, encoding="utf-8")
    with pytest.raises(BadExamples, match=r"questions\.jsonl") as caught:
        read_questions(file)
    assert told in str(caught.value)


def test_grounds_hold_the_gold_spans(sample: Library) -> None:
    found = grounds(sample, "quillfeather", read_questions(QUESTIONS), 6)
    for one in found:
        assert len(one.retrieved) == 6
        assert one.given("none") == ()
        for span in one.question.spans:
            assert any(span.within(passage) for passage in one.given("gold"))
        # Where the file does not answer, what was found is the ground for saying so.
        assert one.question.answerable or one.given("gold") == one.retrieved


def test_gold_that_lies_nowhere_is_told(small: Library) -> None:
    question = GoldQuestion("q1", "Who?", True, (), (GoldSpan("gone.txt", 0, 9),))
    with pytest.raises(CasewrightError, match=r"oven: no passage at 0-9 of gone\.txt"):
        grounds(small, "oven", [question], 3)


def test_made_questions_have_their_answers_in_the_file(sample: Library) -> None:
    made = made_questions(sample, "quillfeather")
    assert made == made_questions(sample, "quillfeather")
    assert len(made) == 24 and all(one.made for one in made)
    assert [one.answerable for one in made] == [True] * 18 + [False] * 6
    assert len({one.id for one in made}) == len({one.question for one in made}) == 24
    for one in grounds(sample, "quillfeather", made, 6):
        text = " ".join(passage.text for passage in one.gold)
        for fact in one.question.facts:
            assert stands(fact, text), one.question
            assert not stands(fact, one.question.question) or "parties" in one.question.question


def test_nothing_to_make_a_question_of(small: Library, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("Nothing is known.\n", encoding="utf-8")
    library = Library(tmp_path / "home")
    library.embedder = small.embedder
    library.ingest("empty", [tmp_path / "note.txt"])
    with pytest.raises(CasewrightError, match="write a file of questions"):
        made_questions(library, "empty")


def test_examples_as_a_matter(tmp_path: Path) -> None:
    file = write_short_examples(tmp_path / "set.jsonl", ["weir", "bridge"])
    library, questions = set_matter(tmp_path / "set", read_examples(file), tmp_path / "home")
    found = grounds(library, MATTER, questions, 2)
    for one in found:
        (gold,) = one.gold
        assert gold.text.startswith(f"The Grantee keeps the {one.question.id}")
        assert gold == one.retrieved[0]
    library.close()
