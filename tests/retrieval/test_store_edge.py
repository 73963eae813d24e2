"""The store's contract, on every store there is; then what is Qdrant Edge's own.

A store joins by a line in ``STORES``: a function (folder, matter id) -> Store, where two stores
made with the same folder and matter see the same passages.
"""

import fcntl
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest
import qdrant_edge

from retrieval import store_edge
from retrieval.documents import Passage
from retrieval.embed import DIMENSIONS
from retrieval.errors import IndexUnavailable
from retrieval.store import Entry, Hits, Store
from retrieval.store_edge import EdgeStore

MakeStore = Callable[[Path, str], Store]
MakePassage = Callable[..., Passage]

STORES: dict[str, MakeStore] = {
    "edge": lambda folder, matter_id: EdgeStore(folder / matter_id / "shard", matter_id),
}


@pytest.fixture(params=STORES)
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Store]:
    return lambda matter_id: STORES[request.param](tmp_path, matter_id)


@pytest.fixture
def store(stores: Callable[[str], Store]) -> Store:
    return stores("oven")


def axis(number: int) -> list[float]:
    """A vector along one axis: 1 against itself, 0 against the others."""
    return [1.0 if index == number else 0.0 for index in range(DIMENSIONS)]


@pytest.fixture
def entry(passage: MakePassage) -> Callable[..., Entry]:
    def made(text: str, number: int, generation: int, matter_id: str = "oven") -> Entry:
        made_passage = passage(text, number=number, matter_id=matter_id)
        return Entry(made_passage, generation, axis(number), f"lease\n{text}")

    return made


MakeEntry = Callable[..., Entry]


def found(hits: Hits) -> tuple[list[str], list[str]]:
    return [hit.passage.text for hit in hits.dense], [hit.passage.text for hit in hits.sparse]


def test_new_store_is_empty(store: Store) -> None:
    assert store.count(1) == 0
    assert store.generations() == set()
    assert store.search(axis(0), "rent", active=[], limit=5) == Hits([], [])
    store.delete([1])


def test_search_gives_the_passage_as_it_was_written(store: Store, entry: MakeEntry) -> None:
    written = entry("Rent is due “monthly”.\r\n", 1, 1)
    store.add([written, entry("The roof leaked.", 2, 1)])
    hits = store.search(axis(1), "rent", active=[1], limit=5)
    assert hits.dense[0].passage == written.passage
    assert hits.dense[0].score == pytest.approx(1.0, abs=1e-5)
    assert [hit.passage for hit in hits.sparse] == [written.passage]
    assert hits.sparse[0].score > 0


def test_best_first_and_no_more_than_the_limit(store: Store, entry: MakeEntry) -> None:
    store.add([entry(f"Passage {number} on rent.", number, 1) for number in range(1, 8)])
    question = [sum(values) for values in zip(axis(3), [v / 2 for v in axis(5)], strict=True)]
    hits = store.search(question, "rent", active=[1], limit=3)
    assert len(hits.dense) == len(hits.sparse) == 3
    assert found(hits)[0][:2] == ["Passage 3 on rent.", "Passage 5 on rent."]
    for side in (hits.dense, hits.sparse):
        scores = [hit.score for hit in side]
        assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(
    ("active", "texts"),
    [([1], {"old"}), ([2], {"new"}), ([1, 2], {"old", "new"}), ([3], set()), ([], set())],
)
def test_only_active_generations_are_seen(
    store: Store, entry: MakeEntry, active: list[int], texts: set[str]
) -> None:
    store.add([entry("old", 1, 1)])
    store.add([entry("new", 2, 2)])
    dense, sparse = found(store.search(axis(1), "old new", active=active, limit=5))
    assert set(dense) == set(sparse) == texts


def test_delete_removes_whole_generations(store: Store, entry: MakeEntry) -> None:
    for generation in (1, 2, 3):
        store.add([entry(f"text {generation}", generation * 10 + n, generation) for n in (1, 2)])
    store.delete([])
    assert store.generations() == {1, 2, 3}
    store.delete([1, 3, 99])
    assert store.generations() == {2}
    assert [store.count(generation) for generation in (1, 2, 3)] == [0, 2, 0]


def test_same_id_is_replaced(store: Store, entry: MakeEntry) -> None:
    store.add([entry("first", 1, 1)])
    store.add([entry("second", 1, 1)])
    assert store.count(1) == 1
    assert found(store.search(axis(1), "second", active=[1], limit=5)) == (["second"], ["second"])


def test_matters_do_not_see_each_other(stores: Callable[[str], Store], entry: MakeEntry) -> None:
    ours, theirs = stores("oven"), stores("other")
    ours.add([entry("our secret", 1, 1)])
    theirs.add([entry("their secret", 1, 1, "other")])
    assert found(ours.search(axis(1), "secret", active=[1], limit=5))[0] == ["our secret"]
    assert found(theirs.search(axis(1), "secret", active=[1], limit=5))[1] == ["their secret"]
    theirs.delete([1])
    assert (ours.count(1), theirs.count(1)) == (1, 0)


def test_written_is_seen_by_another_store(stores: Callable[[str], Store], entry: MakeEntry) -> None:
    stores("oven").add([entry("durable", 1, 7)])
    assert stores("oven").generations() == {7}


def test_words_that_no_passage_holds(store: Store, entry: MakeEntry) -> None:
    store.add([entry("Rent is due.", 1, 1)])
    for words in ("zebra", "the of and"):
        assert found(store.search(axis(1), words, active=[1], limit=5)) == (["Rent is due."], [])


# Qdrant Edge's own


@pytest.fixture
def shard(tmp_path: Path, entry: MakeEntry) -> Path:
    folder = tmp_path / "oven" / "shard"
    EdgeStore(folder, "oven").add([entry("Rent is due.", 1, 1)])
    return folder


def test_filter_holds_even_inside_a_shared_shard(shard: Path, entry: MakeEntry) -> None:
    EdgeStore(shard, "other").add([entry("their secret", 2, 1, "other")])
    assert found(EdgeStore(shard, "oven").search(axis(2), "secret", active=[1], limit=9)) == (
        ["Rent is due."],
        [],
    )
    EdgeStore(shard, "other").add([entry("their other secret", 3, 7, "other")])
    assert EdgeStore(shard, "oven").generations() == {1}
    assert EdgeStore(shard, "other").generations() == {1, 7}


def files_with(folder: Path, text: str) -> list[Path]:
    files = [file for file in folder.rglob("*") if file.is_file()]
    return [file for file in files if text.encode() in file.read_bytes()]


def test_deleted_text_leaves_the_disk(shard: Path, entry: MakeEntry) -> None:
    store = EdgeStore(shard, "oven")
    for generation in (2, 3, 4):
        store.add([entry(f"Secret number {generation}.", 10 * generation, generation)])
        store.add([entry(f"Public number {generation}.", 10 * generation + 5, 10)])
        assert files_with(shard, f"Secret number {generation}.")
        store.delete([generation])
        assert not files_with(shard, f"Secret number {generation}.")
    assert files_with(shard, "Public number 3.")
    assert (store.count(1), store.count(10), store.generations()) == (1, 3, {1, 10})


def test_text_whose_deletion_was_cut_short_leaves_the_disk_with_the_next(
    shard: Path, entry: MakeEntry
) -> None:
    store = EdgeStore(shard, "oven")
    store.add([entry("A secret.", 2, 2)])
    cut = qdrant_edge.EdgeShard.load(str(shard))
    cut.update(qdrant_edge.UpdateOperation.delete_points([entry("A secret.", 2, 2).passage.id]))
    cut.flush()
    cut.close()
    assert store.generations() == {1}
    assert files_with(shard, "A secret.")
    store.delete([])
    assert not files_with(shard, "A secret.")


def test_drop_removes_a_damaged_index(shard: Path) -> None:
    garble(shard)
    store = EdgeStore(shard, "oven")
    store.drop()
    assert (store.generations(), store.count(1)) == (set(), 0)
    store.drop()


def hold(shard: Path) -> IO[str]:
    """Takes the shard's lock, as another process does while it works on it."""
    holder = shard.with_suffix(".lock").open("a")
    fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return holder


def test_idle_store_keeps_no_lock(shard: Path) -> None:
    store = EdgeStore(shard, "oven")
    assert store.count(1) == 1
    hold(shard).close()
    assert store.count(1) == 1


def test_busy_shard_is_waited_for_then_named(shard: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with hold(shard) as holder, monkeypatch.context() as patch:
        patch.setattr(store_edge, "BUSY_SECONDS", 0.2)
        with pytest.raises(IndexUnavailable, match="oven: its index was busy"):
            EdgeStore(shard, "oven").count(1)
        patch.setattr(store_edge, "BUSY_SECONDS", 30)
        threading.Timer(0.3, holder.close).start()
        assert EdgeStore(shard, "oven").count(1) == 1


def lose(shard: Path) -> None:
    shutil.rmtree(shard)


def empty(shard: Path) -> None:
    shutil.rmtree(shard)
    shard.mkdir()


def cut_config(shard: Path) -> None:
    (shard / "edge_config.json").write_text("{", encoding="utf-8")


def garble(shard: Path) -> None:
    # Qdrant Edge panics on this one, which is a BaseException in Python.
    for file in shard.rglob("tracker.dat"):
        file.write_bytes(b"\xff" * file.stat().st_size)


@pytest.mark.parametrize("damage", [lose, empty, cut_config, garble])
def test_damage_is_an_error_and_no_empty_answer(
    shard: Path, damage: Callable[[Path], None]
) -> None:
    damage(shard)
    with pytest.raises(IndexUnavailable, match="oven: its index cannot be used"):
        EdgeStore(shard, "oven").search(axis(1), "rent", active=[1], limit=5)


def test_failed_operation_is_an_error_and_frees_the_shard(shard: Path) -> None:
    store = EdgeStore(shard, "oven")
    with pytest.raises(IndexUnavailable, match="oven: "):
        store.search([1.0, 0.0], "rent", active=[1], limit=5)
    assert store.count(1) == 1


def test_full_disk_is_refused_before_writing(tmp_path: Path, entry: MakeEntry) -> None:
    store = EdgeStore(tmp_path / "new" / "shard", "oven", shutil.disk_usage(tmp_path).total + 1)
    with pytest.raises(IndexUnavailable, match="MB of disk are free"):
        store.add([entry("Rent.", 1, 1)])
    assert not (tmp_path / "new").exists()
