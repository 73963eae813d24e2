"""The sample matter: its questions point at what its documents say, and it builds anew."""

import json
import re
import shutil
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from retrieval.documents import DocumentText
from retrieval.library import Library
from retrieval.read import read_text
from retrieval.search import search
from tests.conftest import SAMPLE_MATTER

QUESTIONS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (SAMPLE_MATTER / "questions.jsonl").read_text(encoding="utf-8").splitlines()
]
ANSWERABLE = [question for question in QUESTIONS if question["answerable"]]


@cache
def document(name: str) -> DocumentText:
    return read_text(SAMPLE_MATTER / "documents" / name)


def plain(text: str) -> str:
    return " ".join(text.split()).lower()


def test_how_many() -> None:
    assert Counter(question["answerable"] for question in QUESTIONS) == {True: 20, False: 8}
    assert len({question["id"] for question in QUESTIONS}) == 28
    assert len({question["question"] for question in QUESTIONS}) == 28
    assert [q["answerable"] for q in QUESTIONS] == [True] * 20 + [False] * 8


@pytest.mark.parametrize("question", ANSWERABLE, ids=lambda question: question["id"])
def test_answer_stands_where_the_question_says(question: dict[str, Any]) -> None:
    assert question["facts"]
    assert question["spans"]
    for span in question["spans"]:
        read = document(span["document"])
        assert read.text[span["start"] : span["end"]] == span["quote"]
        (page,) = [page for page in read.pages if page.number == span["page"]]
        assert page.start <= span["start"] < span["end"] <= page.end
    quotes = [plain(span["quote"]) for span in question["spans"]]
    for fact in question["facts"]:
        assert any(plain(fact) in quote for quote in quotes), fact


@pytest.mark.parametrize(
    "question", [q for q in QUESTIONS if not q["answerable"]], ids=lambda question: question["id"]
)
def test_unanswerable_question_has_no_answer(question: dict[str, Any]) -> None:
    assert (question["facts"], question["spans"]) == ([], [])


def test_all_documents_are_read(sample: Library) -> None:
    names = {file.name for file in (SAMPLE_MATTER / "documents").iterdir()}
    assert {document.name for document in sample.documents("quillfeather")} == names


def test_most_answers_are_among_the_passages_of_a_question(sample: Library) -> None:
    found = 0
    for question in ANSWERABLE:
        passages = [one.passage for one in search(sample, "quillfeather", question["question"], 8)]
        found += any(
            passage.document == span["document"]
            and passage.start < span["end"]
            and span["start"] < passage.end
            for passage in passages
            for span in question["spans"]
        )
    assert found >= 16


def test_build_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("reportlab")
    from retrieval.sample_matter.source import build

    copied = tmp_path / "sample_matter"
    shutil.copytree(SAMPLE_MATTER / "source", copied / "source")
    monkeypatch.setattr(build, "SOURCE", copied / "source")
    monkeypatch.setattr(build, "DOCUMENTS", copied / "documents")
    build.main()
    for built in [*(copied / "documents").iterdir(), copied / "questions.jsonl"]:
        shipped = SAMPLE_MATTER / built.relative_to(copied)
        assert built.read_bytes() == shipped.read_bytes(), built.name
    names = {file.name for file in (SAMPLE_MATTER / "documents").iterdir()}
    assert {file.name for file in (copied / "documents").iterdir()} == names


def test_notes_are_not_part_of_the_matter() -> None:
    names = [file.name for file in (SAMPLE_MATTER / "documents").iterdir()]
    assert not any(re.search(r"notes|questions|\.py$", name, re.IGNORECASE) for name in names)
