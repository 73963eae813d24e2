"""Questions asked of a part of a matter: by document, kind and day."""

from pathlib import Path

import pytest

from retrieval.documents import Description, Document
from retrieval.library import Library
from retrieval.scope import EmptyScope, Scope, scope_of
from retrieval.search import MatterRetriever, search


def document(path: str, kind: str = "letter", date: str | None = None) -> Document:
    said = Description(kind=kind, date=date)  # type: ignore[arg-type]
    return Document("f" * 63 + path[0], "weir", path, Path(path).name, 1, 1, 1, said)


DOCUMENTS = [
    document("a/deed.pdf", "lease", "2019-03-14"),
    document("b/deed.pdf", "amendment", "2020-01-01"),
    document("note.txt", "letter", "2020-06-30"),
    document("undated.txt", "letter"),
]


@pytest.mark.parametrize(
    ("scope", "paths"),
    [
        (scope_of(), ["a/deed.pdf", "b/deed.pdf", "note.txt", "undated.txt"]),
        (scope_of(documents=["deed.pdf"]), ["a/deed.pdf", "b/deed.pdf"]),
        (scope_of(documents=["a/deed.pdf", "note.txt"]), ["a/deed.pdf", "note.txt"]),
        (scope_of(documents=["f" * 63 + "b"]), ["b/deed.pdf"]),
        (scope_of(kinds=["lease", "letter"]), ["a/deed.pdf", "note.txt", "undated.txt"]),
        (scope_of(since="2020-01-01"), ["b/deed.pdf", "note.txt"]),
        (scope_of(until="2020-01-01"), ["a/deed.pdf", "b/deed.pdf"]),
        (scope_of(kinds=["letter"], since="2020-06-30", until="2020-06-30"), ["note.txt"]),
    ],
)
def test_scope_holds_the_documents_that_meet_all_of_it(scope: Scope, paths: list[str]) -> None:
    assert [one.path for one in scope.of(DOCUMENTS)] == paths


@pytest.mark.parametrize(
    "scope",
    [scope_of(documents=["none.txt"]), scope_of(kinds=["order"]), scope_of(since="2030-01-01")],
)
def test_scope_without_a_document_is_an_error(scope: Scope) -> None:
    with pytest.raises(EmptyScope):
        scope.of(DOCUMENTS)


def test_search_sees_the_scope_alone(library: Library, files: Path) -> None:
    for name, pays in (("oak.txt", "forty"), ("elm.txt", "fifty")):
        (files / name).write_text(f"The miller pays {pays} marks of rent.", encoding="utf-8")
    library.ingest("oven", [files / "oak.txt", files / "elm.txt"])
    question, scope = "How much rent does the miller pay?", scope_of(documents=["elm.txt"])
    found = search(library, "oven", question, 9, scope)
    assert {one.passage.document for one in found} == {"elm.txt"}
    assert "oak.txt" in {one.passage.document for one in search(library, "oven", question, 9)}
    retriever = MatterRetriever(library=library, matter_id="oven", k=9, scope=scope)
    assert {one.metadata["document"] for one in retriever.invoke(question)} == {"elm.txt"}
