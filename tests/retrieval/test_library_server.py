"""The library with its index on a server: the same answers as embedded, and nothing left behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.errors import CasewrightError, IndexUnavailable
from retrieval.library import Library
from retrieval.search import search
from retrieval.store import Entry, ServerAddress
from retrieval.store_server import ServerStore
from tests.conftest import write_files
from tests.retrieval.qdrant_rest import QdrantRest

QUESTIONS = (
    "When does the initial term begin?",
    "How much is the monthly rent?",
    "Petrakis",
    "last day for depositions and document requests",
    "the of and",
)


@pytest.fixture
def rest() -> Iterator[QdrantRest]:
    with QdrantRest() as running:
        yield running


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return write_files(tmp_path / "files")


@pytest.fixture
def library(home: Path, small: Library, rest: QdrantRest, files: Path) -> Iterator[Library]:
    """The small matter on a server."""
    library = Library(home, server=ServerAddress(rest.url, "casewright", timeout=10))
    library.embedder = small.embedder
    library.ingest("oven", [files])
    yield library
    library.close()


def ranked(library: Library, question: str, k: int = 50) -> list[tuple[str, float]]:
    # Scores are single-precision sums in an order of the index's own.
    return [(one.passage.text, round(one.score, 3)) for one in search(library, "oven", question, k)]


@pytest.mark.parametrize("question", QUESTIONS)
def test_search_gives_what_the_embedded_index_gives(
    library: Library, small: Library, question: str
) -> None:
    assert ranked(library, question) == ranked(small, question)


def test_ingest_again_writes_nothing(library: Library, files: Path, rest: QdrantRest) -> None:
    before = sorted(str(point.id) for point in rest.points())
    rest.requests.clear()
    assert {one.verdict for one in library.ingest("oven", [files])} == {"unchanged"}
    assert not any(path.endswith("/points") for _, path, _, _ in rest.requests)
    assert sorted(str(point.id) for point in rest.points()) == before


def test_changed_file_is_replaced(library: Library, files: Path, rest: QdrantRest) -> None:
    old = library.document("oven", "lease.txt")
    (files / "lease.txt").write_text("The initial term begins on July 9, 2031.\n", encoding="utf-8")
    library.ingest("oven", [files])
    assert ranked(library, QUESTIONS[0], 1)[0][0] == "The initial term begins on July 9, 2031.\n"
    held = {(point.payload or {})["generation"] for point in rest.points()}
    assert held == library.active_generations("oven")
    assert old.generation not in held


def test_delete_document(library: Library, rest: QdrantRest) -> None:
    library.delete_document("oven", "note.txt")
    held = {(point.payload or {})["document"] for point in rest.points()}
    assert held == {"lease.txt", "docket.html"}


def test_delete_matter_leaves_the_others(
    library: Library, rest: QdrantRest, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("The settlement offer is $91,250.\n", encoding="utf-8")
    library.ingest("other", [secret])
    library.delete_matter("oven")
    assert [one.id for one in library.matters()] == ["other"]
    assert {(point.payload or {})["matter_id"] for point in rest.points()} == {"other"}
    library.ingest("oven", [tmp_path / "files"])
    assert len(library.documents("oven")) == 3
    assert "$91,250" not in str(ranked(library, "What is the settlement offer?"))


class PowerCut(CasewrightError):
    """The moment at which a test stops an ingest."""


def test_what_a_crash_left_is_swept(
    library: Library, files: Path, rest: QdrantRest, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ranked(library, QUESTIONS[0])
    (files / "new.txt").write_text("The initial term begins never.\n", encoding="utf-8")

    def written_then_cut(store: ServerStore, entries: list[Entry]) -> None:
        add(store, entries)
        raise PowerCut

    add = ServerStore.add
    with monkeypatch.context() as patch:
        patch.setattr(ServerStore, "add", written_then_cut)
        with pytest.raises(PowerCut):
            library.ingest("oven", [files])
    orphans = [p for p in rest.points() if (p.payload or {})["document"] == "new.txt"]
    assert orphans
    assert ranked(library, QUESTIONS[0]) == before
    library.ingest("oven", [files / "lease.txt"])
    assert library.store("oven").generations() == library.active_generations("oven")


def test_server_gone_is_an_error_and_no_empty_answer(library: Library, rest: QdrantRest) -> None:
    rest.failing = (503, b"")
    with pytest.raises(IndexUnavailable, match="503"):
        search(library, "oven", "rent", 3)
    rest.failing = None
    assert search(library, "oven", "rent", 3)


def test_two_homes_on_one_server(library: Library, small: Library, tmp_path: Path) -> None:
    assert library._server is not None
    theirs = Library(tmp_path / "theirs", server=library._server)
    theirs.embedder = small.embedder
    before = ranked(library, QUESTIONS[0])
    with pytest.raises(IndexUnavailable, match="belongs to another CASEWRIGHT_HOME"):
        theirs.ingest("oven", [tmp_path / "files"])
    assert ranked(library, QUESTIONS[0]) == before
    theirs.close()


def test_matter_is_where_its_index_is(library: Library, files: Path, home: Path) -> None:
    """A home that was embedded before a server was named, or the other way round."""
    embedded = Library(home)
    embedded.embedder = library.embedder
    for act in (
        lambda: search(embedded, "oven", "rent", 3),
        lambda: embedded.ingest("oven", [files]),
    ):
        with pytest.raises(IndexUnavailable, match=r"oven: .* QDRANT_URL"):
            act()
    embedded.ingest("here", [files])
    assert len(search(library, "here", "rent", 3)) == 3
    assert {one.verdict for one in library.ingest("here", [files])} == {"unchanged"}
    library.delete_matter("here")
    library.ingest("here", [files])
    with pytest.raises(IndexUnavailable, match=r"here: .* QDRANT_URL"):
        search(embedded, "here", "rent", 3)
    assert len(search(library, "here", "rent", 3)) == 3


def test_index_that_is_lost(library: Library, files: Path, rest: QdrantRest) -> None:
    library.store("oven").drop()
    for act in (
        lambda: search(library, "oven", "rent", 3),
        lambda: library.ingest("oven", [files]),
    ):
        with pytest.raises(IndexUnavailable, match=r"oven: the index has no passage of .* 2 more"):
            act()
