"""The packaged embedder: its vectors, their order, and its refusal of altered files."""

import math
from pathlib import Path

import pytest

from retrieval import embed
from retrieval.embed import DIMENSIONS, Embedder, headed
from retrieval.errors import ModelUnavailable
from retrieval.library import Library
from retrieval.packaged import PackagedFile

TEXTS = [
    "The roof leaked in September and water came through the ceiling of the unit. " * 3,
    "Rent.",
    "The tenant must give written notice to renew the lease.",
]


def cosine(one: list[float], two: list[float]) -> float:
    return sum(a * b for a, b in zip(one, two, strict=True))


def test_vectors_have_length_one(small: Library) -> None:
    for vector in [small.embedder.question("Who pays?"), *small.embedder.passages(TEXTS)]:
        assert len(vector) == DIMENSIONS
        assert math.isclose(math.hypot(*vector), 1.0, abs_tol=1e-5)


def test_passages_keep_their_order(small: Library) -> None:
    together = small.embedder.passages(TEXTS)
    for text, vector in zip(TEXTS, together, strict=True):
        assert tuple(vector.tolist()) == small.embedder.question(text)


@pytest.mark.parametrize(
    ("question", "nearest"),
    [("Was there a leak?", 0), ("How is the option to extend exercised?", 2)],
)
def test_nearest_means_closest_in_meaning(small: Library, question: str, nearest: int) -> None:
    asked = small.embedder.question(question)
    scores = [cosine(asked, vector.tolist()) for vector in small.embedder.passages(TEXTS)]
    assert scores.index(max(scores)) == nearest


def test_a_headed_passage_is_near_its_document_and_its_own_words(small: Library) -> None:
    lease, notice, roof, rent = small.embedder.passages(
        [
            "Lease of Unit 4, Quillfeather and Ostrow, 2019",
            "Notice of default, 7 May 2023",
            "The roof leaked and water came through the ceiling.",
            "Rent is due on the first day of each month.",
        ]
    )
    asked = small.embedder.question("What does the lease of Unit 4 say of rent?")
    passages = [headed(text, header) for text in (roof, rent) for header in (notice, lease)]
    scores = [cosine(asked, vector) for vector in passages]
    assert scores.index(max(scores)) == 3
    assert scores.index(min(scores)) == 0
    assert all(math.isclose(math.hypot(*vector), 1.0, abs_tol=1e-6) for vector in passages)


def test_no_passages_no_vectors(small: Library) -> None:
    assert list(small.embedder.passages([])) == []


def test_model_folder_is_whole_or_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    altered = [PackagedFile(file.package, file.file, "0" * 64) for file in embed._FILES]
    monkeypatch.setattr(embed, "_FILES", tuple(altered))
    embedder = Embedder(tmp_path)
    for use in (embedder.check, lambda: embedder.question("Who pays?")):
        with pytest.raises(ModelUnavailable, match="missing or altered"):
            use()
    assert list(tmp_path.rglob("*.onnx")) == []
