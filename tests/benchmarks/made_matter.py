"""A matter of made-up passages, a hundred a document, and questions to it.

Words are common or rare as in a language; vectors are random, which is the hardest for whatever
does not compare with every one.
"""

import random
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

import numpy as np
from numpy.typing import NDArray

from retrieval.documents import Passage
from retrieval.embed import DIMENSIONS
from retrieval.store import Entry
from retrieval.store_edge import EdgeStore

A_DOCUMENT = 100
QUESTIONS = 100
BATCH = 2_000
_VOCABULARY = [f"word{number}" for number in range(20_000)]


def generations(size: int) -> range:
    """The generations of a matter of so many passages, one a document."""
    return range(1, 1 + size // A_DOCUMENT)


def passage_texts(count: int) -> list[str]:
    """Texts of passages, 60 words each."""
    return _texts(count, 60, 1)


def question_texts() -> list[str]:
    """Texts of questions, eight words each."""
    return _texts(QUESTIONS, 8, 2)


def passage_vectors(count: int) -> NDArray[np.float32]:
    """Vectors of passages, of length 1: (count, DIMENSIONS)."""
    return _vectors(count, 1)


def question_vectors() -> NDArray[np.float32]:
    """Vectors of questions, of length 1: (QUESTIONS, DIMENSIONS)."""
    return _vectors(QUESTIONS, 2)


def passage_id(number: int) -> str:
    """The id of a passage."""
    return f"00000000-0000-0000-0000-{number:012}"


def filled(folder: Path, size: int) -> EdgeStore:
    """The matter's store, in ``folder``."""
    store = EdgeStore(folder / "shard", "bench")
    dense, written = passage_vectors(size), passage_texts(size)
    for first in range(0, size, BATCH):
        store.add(
            [
                Entry(
                    Passage(
                        id=passage_id(number),
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
    store.settle()
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


def _texts(count: int, words: int, seed: int) -> list[str]:
    draw = random.Random(seed)
    return [
        " ".join(_VOCABULARY[int(len(_VOCABULARY) * draw.random() ** 4)] for _ in range(words))
        for _ in range(count)
    ]


def _vectors(count: int, seed: int) -> NDArray[np.float32]:
    found = np.random.default_rng(seed).standard_normal((count, DIMENSIONS), np.float32)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return found
