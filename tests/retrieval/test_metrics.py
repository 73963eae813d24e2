import pytest

from retrieval.metrics import Scores, Span, mean_scores, scores

GOLD = [Span("a.txt", 100, 200), Span("b.txt", 0, 50)]

CASES = [
    ("all of it and nothing else", GOLD, Scores(1.0, 1.0, 0.0)),
    ("nothing", [], Scores(0.0, 0.0, 0.0)),
    ("another document", [Span("c.txt", 100, 200)], Scores(0.0, 0.0, 1.0)),
    ("the right document, another place", [Span("a.txt", 0, 100)], Scores(0.0, 0.0, 0.0)),
    ("half of a span in twice its length", [Span("a.txt", 50, 150)], Scores(0.5, 50 / 150, 0.0)),
    (
        "one passage right, one astray",
        [Span("a.txt", 100, 200), Span("c.txt", 0, 100)],
        Scores(0.5, 100 / 150, 0.5),
    ),
    (
        "overlapping passages count once",
        [Span("a.txt", 100, 200), Span("a.txt", 150, 200)],
        Scores(1.0, 100 / 150, 0.0),
    ),
]


@pytest.mark.parametrize(("case", "retrieved", "expected"), CASES, ids=[case[0] for case in CASES])
def test_scores(case: str, retrieved: list[Span], expected: Scores) -> None:
    found = scores(retrieved, GOLD)
    assert (found.precision, found.recall, found.drm) == pytest.approx(
        (expected.precision, expected.recall, expected.drm)
    )


def test_gold_spans_that_overlap_count_once() -> None:
    gold = [Span("a.txt", 0, 100), Span("a.txt", 50, 100)]
    assert scores([Span("a.txt", 0, 50)], gold).recall == 0.5


@pytest.mark.parametrize("gold", [[], [Span("a.txt", 5, 5)]])
def test_no_gold_is_an_error(gold: list[Span]) -> None:
    with pytest.raises(ValueError, match="gold"):
        scores([], gold)


def test_means() -> None:
    assert mean_scores([Scores(1, 0, 0), Scores(0, 1, 0.5)]) == Scores(0.5, 0.5, 0.25)
