"""Moving a matter's index: the same passages, vectors and answers, and no second copy anywhere."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from retrieval import migrate as migration
from retrieval.errors import CasewrightError, IndexUnavailable, UnknownMatter
from retrieval.library import Library
from retrieval.migrate import Migrated, migrate
from retrieval.search import search
from retrieval.store import ServerAddress, StoredPassage
from retrieval.store_edge import EdgeStore
from retrieval.store_server import ServerStore
from tests.retrieval.qdrant_rest import QdrantRest

QUESTION = "When does the initial term begin?"
Answers = dict[str, float]


class PowerCut(CasewrightError):
    """The moment at which a test stops a migration."""


@pytest.fixture
def rest() -> Iterator[QdrantRest]:
    with QdrantRest() as running:
        yield running


@pytest.fixture
def both(library: Library, home: Path, rest: QdrantRest) -> Iterator[Library]:
    """The small matter with its index here, and a server named."""
    both = Library(home, server=ServerAddress(rest.url, "casewright", timeout=10))
    both.embedder = library.embedder
    yield both
    both.close()


def answers(library: Library) -> Answers:
    return {one.passage.id: one.score for one in search(library, "oven", QUESTION, 50)}


def near(before: Answers) -> Any:
    """A server does its sums in another order than the embedded index, and with more bits."""
    return pytest.approx(before, abs=1e-3)


def test_there_and_back(both: Library, library: Library, rest: QdrantRest) -> None:
    before = answers(library)
    stored = sorted(library.store("oven").read(library.active_generations("oven")), key=point)
    moved: list[tuple[int, int]] = []
    assert migrate(both, "oven", "server", lambda *told: moved.append(told)) == Migrated(
        "oven", True, 3
    )
    assert moved == [(0, 3), (3, 3)]
    assert isinstance(both.store("oven"), ServerStore)
    assert answers(both) == near(before)
    assert [str(point.id) for point in rest.points()] == [one.point_id for one in stored]
    folder = both.case_file("oven").folder
    assert not [one for one in folder.iterdir() if one.name.startswith("shard") and one.is_dir()]
    assert migrate(both, "oven", "server") == Migrated("oven", False, 3)
    assert migrate(both, "oven", "embedded") == Migrated("oven", True, 3)
    assert isinstance(both.store("oven"), EdgeStore)
    assert rest.points() == []
    again = sorted(both.store("oven").read(both.active_generations("oven")), key=point)
    assert again == stored
    assert answers(both) == answers(Library(both.home)) == before
    assert migrate(both, "oven", "embedded") == Migrated("oven", False, 3)
    assert not (folder / "migrating").exists()
    assert not (folder / "coming").exists()


def point(one: StoredPassage) -> str:
    return one.point_id


def test_matter_goes_on_being_written_to(both: Library, files: Path, rest: QdrantRest) -> None:
    migrate(both, "oven", "server")
    (files / "new.txt").write_text("The oven was sold on July 9, 2031.\n", encoding="utf-8")
    assert sorted(one.verdict for one in both.ingest("oven", [files])) == [
        "indexed", "unchanged", "unchanged", "unchanged"
    ]  # fmt: skip
    assert len(rest.points()) == 4
    migrate(both, "oven", "embedded")
    assert search(both, "oven", "When was the oven sold?", 1)[0].passage.document == "new.txt"
    both.delete_document("oven", "new.txt")
    assert len(both.documents("oven")) == 3


@pytest.mark.parametrize("to", ["server", "embedded"])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("then", ["again", "back", "ingest", "delete"])
def test_cut_short(
    both: Library,
    files: Path,
    rest: QdrantRest,
    monkeypatch: pytest.MonkeyPatch,
    to: migration.Place,
    moment: str,
    then: str,
) -> None:
    before = answers(both)
    other: migration.Place = "embedded" if to == "server" else "server"
    if to == "embedded":
        migrate(both, "oven", "server")
    emptied = EdgeStore if to == "server" else ServerStore

    def cut(*given: object) -> None:
        raise PowerCut

    with monkeypatch.context() as patch:
        if moment == "before":  # all is copied, and the old place is the one in use
            patch.setattr(ServerStore if to == "server" else EdgeStore, "generations", cut)
            patch.setattr("retrieval.casefile.CaseFile.sweep", lambda case_file: None)
        else:  # the new place is in use, and the old one not emptied
            patch.setattr(emptied, "drop", aside if to == "server" else cut)
        with pytest.raises(PowerCut):
            migrate(both, "oven", to)
    assert both.is_here("oven") == ((to == "embedded") == (moment == "after"))
    assert answers(both) == near(before)
    if then == "delete":
        assert both.delete_matter("oven").found.files == 0
    elif then == "ingest":
        both.ingest("oven", [files])
        assert answers(both) == near(before)
    else:
        migrate(both, "oven", to if then == "again" else other)
        assert both.is_here("oven") == ((to == "embedded") == (then == "again"))
        assert answers(both) == near(before)
    in_use = 3 if then != "delete" and not both.is_here("oven") else 0
    assert len(rest.points()) == in_use
    matters = both.home / "matters"
    shards = [one for one in matters.rglob("*shard*") if one.is_dir()]
    assert len(shards) == (then != "delete" and both.is_here("oven"))
    assert not [*matters.rglob("migrating"), *matters.rglob("coming")]


def aside(store: EdgeStore) -> None:
    """Begins to drop a shard as ``drop`` does, and is cut."""
    store.release()
    store._folder.replace(store._folder.with_name("shard.aside"))
    raise PowerCut


@pytest.mark.parametrize("to", ["server", "embedded"])
def test_place_that_does_not_keep_what_is_written(
    both: Library, monkeypatch: pytest.MonkeyPatch, to: migration.Place
) -> None:
    if to == "embedded":
        migrate(both, "oven", "server")
    before, target = answers(both), EdgeStore if to == "embedded" else ServerStore
    put = target.put

    def lossy(store: Any, passages: Sequence[StoredPassage]) -> None:
        put(store, [*passages[1:]])

    with monkeypatch.context() as patch:
        patch.setattr(target, "put", lossy)
        with pytest.raises(IndexUnavailable, match="read back are not those that were written"):
            migrate(both, "oven", to)
    assert answers(both) == near(before)
    assert both.is_here("oven") == (to == "server")


def test_server_that_goes_away(both: Library, rest: QdrantRest) -> None:
    before = answers(both)
    rest.failing = (503, b"")
    with pytest.raises(IndexUnavailable, match="503"):
        migrate(both, "oven", "server")
    assert both.is_here("oven")
    assert answers(both) == near(before)


def test_no_server_and_no_matter(library: Library, both: Library) -> None:
    with pytest.raises(IndexUnavailable, match="no server is named; set QDRANT_URL"):
        migrate(library, "oven", "server")
    with pytest.raises(UnknownMatter):
        migrate(both, "none", "server")


def test_deletion_does_not_forget_what_a_cut_migration_left_on_a_server(
    library: Library, home: Path
) -> None:
    marker = library.case_file("oven").migrating
    marker.touch()
    with pytest.raises(IndexUnavailable, match="its server may hold passages still"):
        library.delete_document("oven", "note.txt")
    with pytest.raises(IndexUnavailable, match="its server may hold passages still"):
        library.delete_matter("oven")
    marker.unlink()
    library.delete_matter("oven")
