"""Searches a made matter in a process of its own, so that its memory is that of searching alone.

    python -m tests.benchmarks.edge_search FOLDER SIZE HOME

``HOME`` is where the embedder's files are made. Prints one line of JSON: the time to open the index
(``opening``), the median and the 95th percentile of a search without (``without``) and with
(``embedding``) the embedding of its question, all in milliseconds, memory in MB before and at most
(``before``, ``peak``), and ``recall`` of the ten nearest against exact search.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

from retrieval.embed import Embedder
from retrieval.search import CANDIDATES
from retrieval.store import Hits
from retrieval.store_edge import EdgeStore
from tests.benchmarks.made_matter import (
    QUESTIONS,
    generations,
    passage_id,
    passage_vectors,
    question_texts,
    question_vectors,
    timed,
)


def main(folder: str, size: int, home: str) -> None:
    store, active = EdgeStore(Path(folder) / "shard", "bench"), generations(size)
    asked, words = question_vectors().tolist(), question_texts()
    embedder = Embedder(Path(home))
    embedder.question("The model is loaded.")
    before = _memory()

    def search(number: int) -> Hits:
        return store.search(asked[number], words[number], active=active, limit=CANDIDATES)

    def search_embedded(number: int) -> Hits:
        vector = embedder.question(words[number] + "?")
        return store.search(vector, words[number], active=active, limit=CANDIDATES)

    started = time.perf_counter()
    search(0)
    opening = time.perf_counter() - started
    without, embedding = timed(search), timed(search_embedded)
    peak = _memory()
    found = [{hit.passage.id for hit in search(number).dense[:10]} for number in range(QUESTIONS)]
    exact = np.argsort(-(question_vectors() @ passage_vectors(size).T), axis=1)[:, :10]
    right = sum(
        len({passage_id(int(one)) for one in nearest} & ids)
        for nearest, ids in zip(exact, found, strict=True)
    )
    print(
        json.dumps(
            {
                "size": size,
                "opening": 1000 * opening,
                "without": without,
                "embedding": embedding,
                "before": before,
                "peak": peak,
                "recall": right / (10 * QUESTIONS),
            }
        )
    )


def _memory() -> float:
    """The most memory of this process so far, in MB; ``getrusage`` would tell its parent's, too."""
    line = next(
        one for one in Path("/proc/self/status").read_text().splitlines() if one[:5] == "VmHWM"
    )
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
