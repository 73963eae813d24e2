"""The ranking of passages where a question names a document."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from retrieval.documents import Passage, RankedPassage
from retrieval.fusion import fuse_named
from retrieval.store import Hit, Hits

FITS = {"named.txt": 1.0, "other.txt": 0.5}
MakeHit = Callable[..., Hit]


@pytest.fixture
def hit(passage: Callable[..., Passage]) -> MakeHit:
    """Makes a hit on ten characters of a file, from its number on."""

    def made(start: int, score: float, path: str = "named.txt") -> Hit:
        made_passage = passage(f"at {start} of {path}", number=start)
        return Hit(replace(made_passage, path=path, start=start, end=start + 10), score)

    return made


def places(ranked: list[RankedPassage]) -> list[int]:
    return [one.passage.start for one in ranked]


def test_document_that_is_named_comes_first_then_what_answers(hit: MakeHit) -> None:
    dense = [hit(70, 1.0, "other.txt"), hit(20, 0.9), hit(50, 0.3), hit(80, 0.2)]
    ranked = fuse_named(Hits(dense, []), FITS)
    assert places(ranked) == [20, 50, 80, 70]
    assert all(0 <= one.score <= 1 for one in ranked)


def test_words_count_beside_meaning(hit: MakeHit) -> None:
    hits = Hits([hit(20, 0.9), hit(50, 0.8), hit(80, 0.1)], [hit(50, 12.0), hit(20, 2.0)])
    assert places(fuse_named(hits, FITS)) == [50, 20, 80]


@pytest.mark.parametrize("neighbour", [10, 30])
def test_passage_beside_one_that_answers_moves_up(hit: MakeHit, neighbour: int) -> None:
    dense = [hit(20, 0.9), hit(50, 0.31), hit(neighbour, 0.3), hit(80, 0.1)]
    assert places(fuse_named(Hits(dense, []), FITS)) == [20, neighbour, 50, 80]


def test_nothing_found(hit: MakeHit) -> None:
    assert fuse_named(Hits([], []), FITS) == []
    assert places(fuse_named(Hits([hit(20, 0.4)], [hit(20, 0.0)]), {})) == [20]
