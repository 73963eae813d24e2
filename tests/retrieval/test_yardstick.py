"""What foreign questions find in a matter, and how a question is measured by it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from retrieval.documents import Passage
from retrieval.library import Library
from retrieval.scope import scope_of
from retrieval.search import find
from retrieval.store import Hit, Hits
from retrieval.yardstick import FLOORS, Yardstick, foreign_questions, found
from tests.benchmarks.made_matters import strangers
from ui.samples import MATTER_ID, questions


def test_forty_questions_each_of_another_case() -> None:
    asked = foreign_questions()
    assert len(asked) == len({*asked}) == 40
    assert all(question and question.strip() == question for question in asked)


def test_of_the_nearest_passages_four_count(passage: Callable[..., Passage]) -> None:
    scores = [0.8, 0.6, 0.6, 0.4, 0.0, 0.0]
    dense = [Hit(passage("roof", number=number), score) for number, score in enumerate(scores)]
    sparse = [Hit(passage("mends", number=9), 3.0)]
    cosine, one, some = found("Who mends the roof?", Hits(dense, sparse))
    assert (cosine, one, some) == pytest.approx((0.6, 0.5, 1.0))


def test_nothing_found_is_nothing() -> None:
    assert found("Who mends the roof?", Hits([], [])) == (0.0, 0.0, 0.0)


def test_measured_in_deviations() -> None:
    rule = Yardstick((0.2, 0.1, 0.3), (0.07, 0.05, 0.15))
    assert rule.measure((0.2, 0.1, 0.3)) == (0.0, 0.0, 0.0)
    above = [
        1 / (deviation + floor) for deviation, floor in zip(rule.deviations, FLOORS, strict=True)
    ]
    assert rule.measure((1.2, 1.1, 1.3)) == pytest.approx(above)


def test_each_set_of_documents_has_its_own_and_is_asked_once(
    library: Library, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(
        "retrieval.library.yardstick",
        lambda store, embedder, active: asked.append(active) or Yardstick((0, 0, 0), (1, 1, 1)),
    )
    lease = scope_of(documents=[str(files / "lease.txt")])
    for _ in range(2):
        find(library, "oven", "Who repairs the roof?", 4)
        find(library, "oven", "Who repairs the roof?", 4, lease)
    assert [len(active) for active in asked] == [3, 1]
    (files / "letter.txt").write_text("The roof was repaired.", encoding="utf-8")
    library.ingest("oven", [files / "letter.txt"])
    find(library, "oven", "Who repairs the roof?", 4)
    assert [len(active) for active in asked] == [3, 1, 4]


def test_sample_matter_answers_its_questions_and_no_other_matter_s(sample: Library) -> None:
    def refused(asked: list[str]) -> int:
        return sum(find(sample, MATTER_ID, question, 6).evidence.weak for question in asked)

    own = [one.question for one in questions() if one.answerable]
    assert refused(own) <= 0.05 * len(own)
    others = strangers(40)
    assert len(others) == 40
    assert refused(others) >= 0.95 * len(others)
