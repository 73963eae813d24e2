"""Locks between processes: one writer a matter.

A lock is a file under ``<home>/locks``, outside of what it guards: a matter's folder may be removed
while others wait. The files stay: removing one would let two processes hold it.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from retrieval.space import make_folder


@contextmanager
def locked(home: Path, name: str) -> Iterator[None]:
    """Holds the lock of this name; waits for it. A process that ends lets go of it.

    Raises:
        IndexUnavailable: the home cannot be written to.
    """
    folder = home / "locks"
    make_folder(folder)
    with (folder / name).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
