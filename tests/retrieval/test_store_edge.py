"""What is Qdrant Edge's own: locks, damage, a full disk."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import qdrant_edge

from retrieval import store_edge
from retrieval.errors import IndexUnavailable
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


def test_idle_store_keeps_no_lock(shard: Path) -> None:
    store = EdgeStore(shard, "oven")
    assert store.count(1) == 1
    qdrant_edge.EdgeShard.load(str(shard)).close()
    assert store.count(1) == 1


def test_busy_shard_is_waited_for_then_named(shard: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_edge, "BUSY_SECONDS", 0.2)
    holder = qdrant_edge.EdgeShard.load(str(shard))
    with pytest.raises(IndexUnavailable, match="oven: its index was busy"):
        EdgeStore(shard, "oven").count(1)
    holder.close()
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


def test_full_disk_is_refused_before_writing(
    tmp_path: Path, entry: MakeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_edge, "FREE_BYTES", shutil.disk_usage(tmp_path).total + 1)
    with pytest.raises(IndexUnavailable, match="MB of disk are free"):
        EdgeStore(tmp_path / "new" / "shard", "oven").add([entry("Rent.", 1, 1)])
    assert not (tmp_path / "new").exists()
