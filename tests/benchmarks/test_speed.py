"""A filtered hybrid search as a matter grows (`make bench-speed`).

    [CASEWRIGHT_BENCH_SIZES=1000,10000,100000,300000] make bench-speed

Passages are of made-up words with random vectors, a hundred a document; the questions likewise. A
search is what ``EdgeStore.search`` does, without the embedding of the question. At each size:
latency, the time to open the index, its bytes on disk, the process's peak memory, and recall@10
against exact search in numpy; at 20,000 also LangChain's store on a path, with the same vectors and
words, filter and k.
"""

import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval.documents import Passage
from retrieval.embed import DIMENSIONS
from retrieval.store import Entry
from retrieval.store_edge import EdgeStore

SIZES = [
    int(size) for size in os.environ.get("CASEWRIGHT_BENCH_SIZES", "1000,10000,100000").split(",")
]
PEER_SIZE = 20_000
A_DOCUMENT = 100
QUESTIONS = 100
BATCH = 2_000
VOCABULARY = [f"word{number}" for number in range(20_000)]


def texts(count: int, words: int, seed: int) -> list[str]:
    """Texts of made-up words, common ones often and rare ones seldom, as in a language."""
    draw = random.Random(seed)
    return [
        " ".join(VOCABULARY[int(len(VOCABULARY) * draw.random() ** 4)] for _ in range(words))
        for _ in range(count)
    ]


def vectors(count: int, seed: int) -> NDArray[np.float32]:
    found = np.random.default_rng(seed).standard_normal((count, DIMENSIONS), np.float32)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return found


def filled(folder: Path, size: int) -> EdgeStore:
    store = EdgeStore(folder / "shard", "bench")
    dense, written = vectors(size, 1), texts(size, 60, 1)
    for first in range(0, size, BATCH):
        store.add(
            [
                Entry(
                    Passage(
                        id=f"00000000-0000-0000-0000-{number:012}",
                        matter_id="bench",
                        document_id="f" * 64,
                        document="bench.txt",
                        path="bench.txt",
                        page=1,
                        start=0,
                        end=9,
                        text=written[number],
                    ),
                    1 + number // A_DOCUMENT,
                    dense[number].tolist(),
                    written[number],
                )
                for number in range(first, min(size, first + BATCH))
            ]
        )
    return store


def timed(work: Callable[[int], object]) -> tuple[float, float]:
    """The median and the 95th percentile over the questions, in milliseconds."""
    work(0)
    seconds = []
    for number in range(QUESTIONS):
        started = time.perf_counter()
        work(number)
        seconds.append(time.perf_counter() - started)
    return 1000 * median(seconds), 1000 * quantiles(seconds, n=20)[-1]


@pytest.mark.bench
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("size", SIZES)
def test_search_as_a_matter_grows(tmp_path: Path, size: int) -> None:
    store = filled(tmp_path, size)
    asked, words = vectors(QUESTIONS, 2), texts(QUESTIONS, 8, 2)
    active = range(1, 1 + size // A_DOCUMENT)

    def search(number: int) -> list[str]:
        hits = store.search(asked[number].tolist(), words[number], active=active, limit=128)
        return [hit.passage.id for hit in hits.dense[:10]]

    middle, slow = timed(search)
    opened, _ = timed(lambda number: store.count(1))
    exact = np.argsort(-(asked @ vectors(size, 1).T), axis=1)[:, :10]
    right = [
        len({f"00000000-0000-0000-0000-{one:012}" for one in exact[number]} & {*search(number)})
        for number in range(QUESTIONS)
    ]
    disk = sum(file.stat().st_blocks * 512 for file in tmp_path.rglob("*") if file.is_file())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"\n{size} passages: search p50 {middle:.1f} ms, p95 {slow:.1f} ms; opening and counting "
        f"{opened:.1f} ms; {disk / 1024**2:.0f} MB on disk, {peak} MB of memory at most; "
        f"recall@10 {sum(right) / (10 * QUESTIONS):.3f}"
    )
    assert sum(right) >= 0.98 * 10 * QUESTIONS


@pytest.mark.bench
@pytest.mark.timeout(3600)
def test_search_against_langchain(tmp_path: Path) -> None:
    pytest.importorskip("langchain_qdrant", reason="`make bench-speed` installs it")
    script = Path(__file__).with_name("langchain_search.py")
    store = filled(tmp_path, PEER_SIZE)
    asked, words = vectors(QUESTIONS, 2), texts(QUESTIONS, 8, 2)
    active = range(1, 1 + PEER_SIZE // A_DOCUMENT)
    middle, _ = timed(
        lambda number: store.search(asked[number].tolist(), words[number], active=active, limit=128)
    )
    peer = float(
        subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.langchain_search", tmp_path / "peer"],
            cwd=script.parents[2],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
    )
    print(
        f"\n{PEER_SIZE} passages: {middle:.1f} ms, LangChain's on a path {peer:.0f} ms: "
        f"{peer / middle:.0f} times"
    )
    assert peer >= 10 * middle
