"""How well passages answer a question whose answering spans are known.

Scored as LegalBench-RAG does (Pipitone and Alami 2024): by character, over the top k passages.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import mean


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a file: ``text[start:end]`` of the document at ``path``."""

    path: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Scores:
    """Figures of one question, or their mean, in [0, 1], at one k."""

    precision: float
    recall: float
    drm: float
    """Document-level retrieval mismatch: the share of passages from a document without gold."""


def scores(retrieved: Sequence[Span], gold: Collection[Span]) -> Scores:
    """Gives precision, recall and DRM of the passages retrieved for one question.

    Nothing retrieved scores 0, 0 and a mismatch of 0. A character counts once, however many
    passages or gold spans hold it.

    Raises:
        ValueError: no gold span, or an empty one.
    """
    if not gold or any(span.end <= span.start for span in gold):
        raise ValueError("a question is scored against gold spans that hold text")
    found, wanted = _characters(retrieved), _characters(gold)
    shared = sum(len(found[path] & wanted[path]) for path in found.keys() & wanted.keys())
    taken = sum(map(len, found.values()))
    strays = sum(span.path not in wanted for span in retrieved)
    return Scores(
        precision=shared / taken if taken else 0.0,
        recall=shared / sum(map(len, wanted.values())),
        drm=strays / len(retrieved) if retrieved else 0.0,
    )


def mean_scores(each: Sequence[Scores]) -> Scores:
    """Gives the means of several scores. Raises ValueError where there are none."""
    if not each:
        raise ValueError("no scores to take the mean of")
    return Scores(
        precision=mean(one.precision for one in each),
        recall=mean(one.recall for one in each),
        drm=mean(one.drm for one in each),
    )


def _characters(spans: Collection[Span]) -> dict[str, set[int]]:
    characters: dict[str, set[int]] = {}
    for span in spans:
        characters.setdefault(span.path, set()).update(range(span.start, span.end))
    return characters
