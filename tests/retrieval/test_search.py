"""Question -> ranked passages, on the real shard; fusion as a table."""

from collections.abc import Callable

import pytest

from retrieval.documents import Passage
from retrieval.errors import UnknownMatter
from retrieval.fusion import fuse
from retrieval.library import Library
from retrieval.search import EmptyQuestion, MatterRetriever, search
from retrieval.store import Hit, Hits

MakePassage = Callable[..., Passage]


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("When does the initial term begin?", "lease.txt"),
        ("How much is the monthly rent?", "lease.txt"),
        ("water coming through the ceiling", "note.txt"),
        ("Petrakis", "note.txt"),
        ("last day for depositions and document requests", "docket.html"),
    ],
)
def test_best_passage(small: Library, question: str, document: str) -> None:
    assert search(small, "oven", question, 1)[0].passage.document == document


def test_ranking(small: Library) -> None:
    ranked = search(small, "oven", "rent and roof", 50)
    scores = [one.score for one in ranked]
    assert len(ranked) == sum(one.passages for one in small.documents("oven"))
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert search(small, "oven", "rent and roof", 2) == ranked[:2]
    assert len({one.passage.id for one in ranked}) == len(ranked)


def test_no_search_crosses_a_matter(small: Library) -> None:
    question = "What is the settlement offer of Halcyon Row?"
    assert {one.passage.matter_id for one in search(small, "oven", question, 50)} == {"oven"}
    assert "$91,250" in search(small, "other", question, 1)[0].passage.text


@pytest.mark.parametrize("question", ["", "  \n", "?!", "—"])
def test_empty_question(small: Library, question: str) -> None:
    with pytest.raises(EmptyQuestion):
        search(small, "oven", question, 3)


@pytest.mark.parametrize("question", ["the of and", "zzqx", "租金", "rent " * 4000, "a\x00b"])
def test_strange_questions_are_answered(small: Library, question: str) -> None:
    assert len(search(small, "oven", question, 2)) == 2


def test_unknown_matter(small: Library) -> None:
    with pytest.raises(UnknownMatter, match="nobody: no such matter"):
        search(small, "nobody", "rent", 3)


@pytest.mark.parametrize(
    ("dense", "sparse", "fused"),
    [
        # (passage number: raw score) of either search, then fused scores, best first
        ({}, {}, []),
        ({1: 0.4}, {}, [(1, 0.6)]),
        ({}, {1: 7.0}, [(1, 0.4)]),
        ({1: 0.4}, {1: 7.0}, [(1, 1.0)]),
        ({1: 0.9, 2: 0.5, 3: 0.1}, {}, [(1, 0.6), (2, 0.3), (3, 0.0)]),
        ({1: 0.9, 2: 0.1}, {2: 8.0, 3: 4.0}, [(1, 0.6), (2, 0.4), (3, 0.0)]),
        ({1: 0.9, 2: 0.85, 3: 0.1}, {2: 8.0, 1: 1.0}, [(2, 0.9625), (1, 0.6), (3, 0.0)]),
        ({2: 0.5, 1: 0.5}, {}, [(1, 0.6), (2, 0.6)]),
        ({1: -0.1, 2: -0.3}, {}, [(1, 0.6), (2, 0.0)]),
    ],
)
def test_fuse(
    passage: MakePassage,
    dense: dict[int, float],
    sparse: dict[int, float],
    fused: list[tuple[int, float]],
) -> None:
    def hits(scores: dict[int, float]) -> list[Hit]:
        return [Hit(passage(f"p{n}", number=n), score) for n, score in scores.items()]

    ranked = fuse(Hits(hits(dense), hits(sparse)))
    assert [one.passage.text for one in ranked] == [f"p{number}" for number, _ in fused]
    assert [one.score for one in ranked] == pytest.approx([score for _, score in fused])


def test_retriever_gives_what_search_gives(small: Library) -> None:
    retriever = MatterRetriever(library=small, matter_id="oven", k=2)
    documents = retriever.invoke("monthly rent")
    ranked = search(small, "oven", "monthly rent", 2)
    assert [document.page_content for document in documents] == [one.passage.text for one in ranked]
    for document, one in zip(documents, ranked, strict=True):
        assert document.id == one.passage.id
        assert document.metadata == {
            "passage_id": one.passage.id,
            "matter_id": "oven",
            "document_id": one.passage.document_id,
            "document": one.passage.document,
            "path": one.passage.path,
            "page": one.passage.page,
            "start": one.passage.start,
            "end": one.passage.end,
            "score": one.score,
        }


def test_retriever_is_called_from_an_async_chain(small: Library) -> None:
    import asyncio

    retriever = MatterRetriever(library=small, matter_id="oven", k=1)
    (document,) = asyncio.run(retriever.ainvoke("monthly rent"))
    assert document.metadata["document"] == "lease.txt"
