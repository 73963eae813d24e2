"""A filtered hybrid search as a matter grows (`make bench-speed`).

    [CASEWRIGHT_BENCH_SIZES=1000,10000] [CASEWRIGHT_BENCH_PLOT=FILE.svg] make bench-speed

A search is what ``EdgeStore.search`` does, for as many candidates as the product asks for, without
and with the embedding of the question. At each size: latency, the time to open the index, its bytes
on disk, the memory that searching takes, and recall@10 against exact search in numpy; drawn in the
plot. At 20,000 also LangChain's store on a path, with the same vectors, words, filter and k.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from retrieval.search import CANDIDATES
from tests.benchmarks.made_matter import (
    filled,
    generations,
    question_texts,
    question_vectors,
    timed,
)

SIZES = [
    int(size)
    for size in os.environ.get("CASEWRIGHT_BENCH_SIZES", "1000,10000,100000,300000").split(",")
]
PEER_SIZE = 20_000


@pytest.mark.bench
@pytest.mark.timeout(3600)
def test_search_as_a_matter_grows(tmp_path: Path) -> None:
    rows = []
    for size in SIZES:
        folder = tmp_path / str(size)
        filled(folder, size).release()
        row = json.loads(_printed("edge_search", str(folder), str(size), str(tmp_path / "home")))
        row["disk"] = _megabytes(folder)
        rows.append(row)
        print(
            f"\n{size} passages: search p50 {row['without'][0]:.1f} ms, p95 "
            f"{row['without'][1]:.1f} ms; with embedding {row['embedding'][0]:.1f} and "
            f"{row['embedding'][1]:.1f} ms; opening {row['opening']:.0f} ms; {row['disk']:.0f} MB "
            f"on disk; {row['peak'] - row['before']:.0f} MB of memory above {row['before']:.0f}; "
            f"recall@10 {row['recall']:.3f}"
        )
    if plot := os.environ.get("CASEWRIGHT_BENCH_PLOT"):
        _draw(rows, Path(plot))
    assert min(row["recall"] for row in rows) >= 0.98


@pytest.mark.bench
@pytest.mark.timeout(3600)
def test_search_against_langchain(tmp_path: Path) -> None:
    pytest.importorskip("langchain_qdrant", reason="`make bench-speed` installs it")
    store, active = filled(tmp_path, PEER_SIZE), generations(PEER_SIZE)
    asked, words = question_vectors().tolist(), question_texts()
    middle, _ = timed(
        lambda number: store.search(asked[number], words[number], active=active, limit=CANDIDATES)
    )
    peer = float(_printed("langchain_search", str(tmp_path / "peer"), str(PEER_SIZE)))
    print(
        f"\n{PEER_SIZE} passages: {middle:.1f} ms, LangChain's on a path {peer:.0f} ms: "
        f"{peer / middle:.0f} times"
    )
    assert peer >= 50 * middle


def _printed(script: str, *arguments: str) -> str:
    """What a script beside this one prints, run in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", f"tests.benchmarks.{script}", *arguments],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


def _megabytes(folder: Path) -> float:
    """What a folder takes on disk; the files of a shard are sparse."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return sum(file.stat().st_blocks * 512 for file in files) / 1024**2


def _draw(rows: list[dict[str, Any]], plot: Path) -> None:
    """The growth in one plot, both axes logarithmic."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    sizes = [row["size"] for row in rows]
    figure, axes = plt.subplots(figsize=(7, 4.5))
    for name, values in {
        "search, p50 (ms)": [row["without"][0] for row in rows],
        "search, p95 (ms)": [row["without"][1] for row in rows],
        "with embedding, p95 (ms)": [row["embedding"][1] for row in rows],
        "opening the index (ms)": [row["opening"] for row in rows],
        "memory of searching (MB)": [row["peak"] - row["before"] for row in rows],
        "disk (MB)": [row["disk"] for row in rows],
    }.items():
        axes.loglog(sizes, values, marker="o", label=name)
    axes.set_xlabel("passages in the matter")
    axes.grid(visible=True, which="both", alpha=0.2)
    axes.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(plot)
