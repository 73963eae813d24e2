"""Answers to put into files: a text on passages, checked as ``ask`` checks it."""

from collections.abc import Mapping, Sequence
from typing import Any

from retrieval.documents import Description, Passage
from serving import citations
from serving.answered import Answer
from serving.citations import CheckedSentence
from serving.writing import shown

RECEIPT: dict[str, Any] = {
    "matter": "oven",
    "generation": 3,
    "base": "smollm2-135m",
    "base_sha256": "b" * 64,
    "adapter": "memo-0123abcd",
    "at": "2024-06-26T09:30:00+00:00",
    "prompt": "c" * 64,
    "question_sha256": "d" * 64,
}


def answered(
    text: str,
    given: Sequence[Passage],
    *,
    question: str = "Who pays <b>?",
    described: Mapping[str, Description] | None = None,
    abstained: bool = False,
) -> Answer:
    """Gives the answer that a model with this text would give."""
    checked = citations.check(text, [shown(one) for one in given])
    receipt = {**RECEIPT, "abstained": abstained}
    return Answer(question, text, tuple(given), tuple(checked), receipt, described or {})


def broken_off(text: str, given: Sequence[Passage]) -> Answer:
    """Gives an answer that the model did not finish."""
    sentences = (CheckedSentence(0, len(text), (), "unchecked", "not checked"),)
    return Answer("Who pays?", text, tuple(given), sentences, RECEIPT, {}, "the model stopped")
