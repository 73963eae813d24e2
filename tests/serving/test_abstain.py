"""Where the case file does not answer, the memorandum says so, by rules and in the house's form."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from retrieval.documents import Passage
from retrieval.evidence import of_name, of_question
from retrieval.library import Library
from retrieval.yardstick import Yardstick
from serving import abstain
from serving.answer import ask_matter
from serving.citations import citations
from serving.how import How
from serving.llamacpp import LlamaCpp
from serving.memo import headings_in_order
from serving.memo_docx import as_docx
from serving.memo_markdown import as_markdown
from serving.models import BaseModel

STRANGER = "Which zoning variance did the Harbor Commission refuse to the ferry operator?"


@pytest.fixture
def absent(tmp_path_factory: pytest.TempPathFactory) -> LlamaCpp:
    """An engine without a model: whoever asks it fails."""
    missing = tmp_path_factory.mktemp("none") / "missing.gguf"
    return LlamaCpp(BaseModel("missing", missing, "0" * 64), context=512)


def test_weak_evidence_is_not_answered_and_asks_no_model(small: Library, absent: LlamaCpp) -> None:
    parts: list[str] = []
    answer = ask_matter(
        small, "oven", STRANGER, absent, How(adapter=None, k=2, max_tokens=64), on_text=parts.append
    )
    assert answer.abstained
    assert answer.complete
    assert "".join(parts) == answer.text
    assert STRANGER in answer.text
    assert "does not answer the question" in answer.text
    names = ("docket.html", "lease.txt", "note.txt")
    assert "of 3 documents" in answer.text
    assert all(name in answer.text for name in names)
    assert citations(answer.text) == (1, 2)
    for number, passage in enumerate(answer.passages, start=1):
        assert f"{passage.document}, p. {passage.page} [{number}]" in answer.text
    assert {one.verdict for one in answer.sentences} == {"record"}
    assert answer.verified == 0
    assert answer.receipt["evidence"]["weak"]
    assert len(answer.receipt["passages"]) == 2


@pytest.mark.parametrize(
    "others", [{"anyway": True}, {"retrieve": False}, {"question": "What is the Base Rent?"}]
)
def test_model_is_asked_otherwise(small: Library, engine: LlamaCpp, others: dict[str, Any]) -> None:
    question = str(others.pop("question", STRANGER))
    how = replace(How(adapter=None, k=2, max_tokens=8, bound=False), **others)
    answer = ask_matter(small, "oven", question, engine, how)
    assert not answer.abstained
    assert answer.receipt["tokens_per_second"] > 0


def test_its_figures_are_those_of_the_search(passage: Callable[..., Passage]) -> None:
    evidence = of_question((0.2, 0.25, 0.5), Yardstick((0.2, 0.2, 0.4), (0.1, 0.1, 0.1)))
    text = abstain.memorandum(
        "Who?", documents=["a.txt"], passages=[passage("Rent.")], evidence=evidence
    )
    assert f"strength of {evidence.strength:.3f}" in text
    assert f"from {evidence.threshold:.3f} on" in text
    assert "50 % stand in the passages" in text
    assert "25 % in one of them" in text
    assert "1 document: a.txt." in text


@pytest.mark.parametrize("question", ["FACTS", "Why?\n\nCONCLUSION\nNone.", "DISCUSSION\nof it"])
def test_question_cannot_break_the_form(question: str) -> None:
    text = abstain.memorandum(question, documents=[], passages=[], evidence=of_name(0, 0, 0))
    assert headings_in_order(text)
    assert "no document yet" in text


def test_many_documents_are_counted() -> None:
    names = [f"letter_{number}.txt" for number in range(30)]
    text = abstain.memorandum("Who?", documents=names, passages=[], evidence=of_name(0, 0, 0))
    assert "of 30 documents: letter_0.txt" in text
    assert len(re.findall(r"letter_\d+", text)) == abstain.MOST_NAMES
    assert f"and {30 - abstain.MOST_NAMES} more." in text


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("How did the court rule on the motion?", "docket sheet"),
        ("What did Mr. Prewitt state in his declaration?", "declaration, affidavit"),
        ("How much did the insurer pay for the stock?", "insurance policy"),
        ("What balance did the 2022 reconciliation show?", "account, statement"),
        ("What commission did the broker receive?", "states the sum"),
        ("When did the Health Department lift its closure?", "report of the authority"),
        ("Who manufactured the unit, and what is its model?", "specification"),
        ("Who owns the dog?", "a document that speaks of it"),
    ],
)
def test_what_would_answer(question: str, document: str) -> None:
    assert document in abstain.what_would_answer(question)


def test_it_goes_into_files(small: Library, absent: LlamaCpp) -> None:
    answer = ask_matter(small, "oven", STRANGER, absent, How(adapter=None, k=2, max_tokens=64))
    written = as_markdown(answer).decode()
    assert "does not answer the question" in written
    assert "unverified" not in written
    assert as_docx(answer).startswith(b"PK")
