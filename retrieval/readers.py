"""Several readers at once: child processes, each asked by a thread of its own."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType
from typing import TypeVar

from retrieval.reader import Reader

CORES = len(os.sched_getaffinity(0))
WORKERS = min(4, CORES)
"""Files read at once, unless another number is asked for."""

T = TypeVar("T")
R = TypeVar("R")


class Readers:
    """So many readers as there are workers; a context manager. None runs before it is asked.

    ``ocr`` off leaves pages without a text layer unread; ``cores`` is how many the readers share;
    ``reader`` makes one.
    """

    def __init__(
        self, workers: int, *, ocr: bool, cores: int, reader: type[Reader] = Reader
    ) -> None:
        self.workers, self.ocr = workers, ocr
        self._all = [reader(ocr, threads=max(1, cores // workers)) for _ in range(workers)]
        self._idle: SimpleQueue[Reader] = SimpleQueue()
        for one in self._all:
            self._idle.put(one)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="reader")

    def __enter__(self) -> "Readers":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for reader in self._all:
            reader.kill()  # a thread that still waits for it goes on at once
        self._threads.shutdown(wait=True)
        for reader in self._all:
            reader.__exit__(kind, error, trace)

    def submit(self, work: Callable[[Reader], T]) -> "Future[T]":
        """Has some work done with the next reader that is idle."""

        def done() -> T:
            reader = self._idle.get()
            try:
                return work(reader)
            finally:
                self._idle.put(reader)

        return self._threads.submit(done)


def ahead(
    items: Iterable[T], begin: "Callable[[T], Future[R] | None]", most: int
) -> "Iterator[tuple[T, Future[R] | None]]":
    """Gives each item with the work begun for it while the ones before it were worked on.

    ``begin`` gives None for an item without work; ``most`` is how many are begun at a time, so
    that little is held in memory.
    """
    upcoming, begun, running = iter(items), deque[tuple[T, Future[R] | None]](), 0
    while True:
        for item in upcoming:
            begun.append((item, begin(item)))
            running += begun[-1][1] is not None
            if running >= most:
                break
        if not begun:
            return
        running -= begun[0][1] is not None
        yield begun.popleft()
