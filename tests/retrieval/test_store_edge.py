"""What is Qdrant Edge's own: locks, damage, a full disk."""

import fcntl
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import IO

import pytest
import qdrant_edge as edge

from retrieval import store_edge, store_shard
from retrieval.embed import DIMENSIONS
from retrieval.errors import IndexUnavailable
from retrieval.store import Hits
from retrieval.store_edge import EdgeStore
from tests.retrieval.conftest import MakeEntry, axis, found


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
    shard: Path, entry: MakeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(shard: object) -> None:
        raise RuntimeError

    store = EdgeStore(shard, "oven")
    store.add([entry("A secret.", 2, 2)])
    with monkeypatch.context() as patch, pytest.raises(IndexUnavailable):
        patch.setattr(store_edge, "_rewrite", crash)
        store.delete([2])
    assert store.generations() == {1}
    assert files_with(shard, "A secret.")
    store.delete([])
    assert not files_with(shard, "A secret.")


def test_text_that_a_cut_rewriting_left_leaves_the_disk(shard: Path, entry: MakeEntry) -> None:
    store = EdgeStore(shard, "oven")
    left = shard / "temp_segments" / "segment_builder_x" / "payload_storage" / "page_0.dat"
    left.parent.mkdir(parents=True)
    left.write_text("the lapsed clause", encoding="utf-8")
    store.delete(store.generations())
    assert not left.exists()


def test_settling_writes_much_anew_and_changes_no_answer(
    tmp_path: Path, entry: MakeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_shard, "SETTLED_KILOBYTES", 1)
    store = EdgeStore(tmp_path / "shard", "oven")
    store.add([entry(f"Rent number {number} is due.", number, 1) for number in range(40)])

    def segments() -> set[str]:
        return {segment.name for segment in (tmp_path / "shard" / "segments").iterdir()}

    def answer() -> Hits:
        nearer = [1 / (1 + dimension) for dimension in range(DIMENSIONS)]
        hits = store.search(nearer, "7", active=[1], limit=5)
        store.release()
        return hits

    before, written = answer(), segments()
    monkeypatch.setattr(store_edge, "free_space", lambda folder: 0)
    store.settle()
    assert segments() == written  # no room for a second copy: later will do
    monkeypatch.undo()
    store.settle()
    assert segments() != written
    assert answer() == before


def test_shard_whose_making_was_cut_short_is_made_anew(tmp_path: Path, entry: MakeEntry) -> None:
    (tmp_path / "shard.aside" / "segments").mkdir(parents=True)
    store = EdgeStore(tmp_path / "shard", "oven")
    assert store.generations() == set()
    store.add([entry("Rent is due.", 1, 1)])
    assert store.count(1) == 1
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == ["shard", "shard.lock", "shard.queue"]


def test_drop_removes_a_damaged_index(shard: Path) -> None:
    garble(shard)
    store = EdgeStore(shard, "oven")
    store.drop()
    assert (store.generations(), store.count(1)) == (set(), 0)
    store.drop()


def hold(shard: Path) -> IO[str]:
    """Takes the shard's lock, as another process does while it works on it."""
    holder = shard.with_suffix(".lock").open("a")
    try:
        fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder.close()
        raise
    return holder


def test_idle_store_keeps_no_lock(shard: Path) -> None:
    store = EdgeStore(shard, "oven")
    assert store.count(1) == 1
    hold(shard).close()
    assert store.count(1) == 1


def test_busy_shard_is_waited_for_then_named(shard: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with hold(shard) as holder, monkeypatch.context() as patch:
        patch.setattr(store_shard, "BUSY_SECONDS", 0.2)
        with pytest.raises(IndexUnavailable, match="oven: its index was busy"):
            EdgeStore(shard, "oven").count(1)
        patch.setattr(store_shard, "BUSY_SECONDS", 30)
        threading.Timer(0.3, holder.close).start()
        assert EdgeStore(shard, "oven").count(1) == 1


def test_shard_that_searches_keep_open_is_given_up_to_whoever_wants_it(
    shard: Path, entry: MakeEntry
) -> None:
    reader, writer = EdgeStore(shard, "oven"), EdgeStore(shard, "oven")

    def texts() -> list[str]:
        return found(reader.search(axis(2), "rent", active=[1, 2], limit=9))[0]

    assert texts() == texts() == ["Rent is due."]
    writer.add([entry("Rent was paid.", 2, 2)])
    assert texts() == ["Rent was paid.", "Rent is due."]
    assert writer.search(axis(2), "rent", active=[2], limit=9).dense
    assert writer.search(axis(2), "rent", active=[1], limit=9).dense
    reader.delete([1])
    assert texts() == ["Rent was paid."]
    writer.drop()
    with pytest.raises(IndexUnavailable):
        texts()
    writer.add([entry("Rent is due again.", 2, 1)])
    assert texts() == ["Rent is due again."]


def test_shard_is_opened_once_for_many_searches_and_closed_after_them(
    shard: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    load = edge.EdgeShard.load
    counted = SimpleNamespace(load=lambda at: opened.append(at) or load(at))
    monkeypatch.setattr(store_shard.edge, "EdgeShard", counted)
    monkeypatch.setattr(store_shard, "KEPT_SECONDS", 0.3)
    store = EdgeStore(shard, "oven")
    for _ in range(3):
        store.search(axis(1), "rent", active=[1], limit=5)
    assert len(opened) == 1
    with pytest.raises(BlockingIOError):
        hold(shard)
    time.sleep(1)
    hold(shard).close()
    store.search(axis(1), "rent", active=[1], limit=5)
    assert len(opened) == 2


def test_shard_kept_open_in_one_process_is_written_in_another(
    shard: Path, entry: MakeEntry
) -> None:
    store = EdgeStore(shard, "oven")
    assert store.search(axis(1), "rent", active=[1], limit=5).dense
    counting = (
        "import sys; from pathlib import Path; from retrieval.store_edge import EdgeStore; "
        "print(EdgeStore(Path(sys.argv[1]), 'oven').count(1))"
    )
    done = subprocess.run(
        [sys.executable, "-c", counting, shard], capture_output=True, text=True, check=True
    )
    assert done.stdout == "1\n"
    assert store.search(axis(1), "rent", active=[1], limit=5).dense


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
    with pytest.raises(IndexUnavailable, match=r"oven: its index (cannot be used|is not on this)"):
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
